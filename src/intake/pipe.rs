//! The pipe door.
