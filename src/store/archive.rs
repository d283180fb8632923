//! Store: archive.
