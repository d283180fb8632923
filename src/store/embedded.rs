//! Store: embedded.
