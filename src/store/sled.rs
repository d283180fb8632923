//! Store: sled.
