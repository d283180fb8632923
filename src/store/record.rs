//! Store: record.
