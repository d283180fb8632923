//! Store: view.
