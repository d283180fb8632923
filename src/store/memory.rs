//! Store: memory.
