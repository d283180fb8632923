//! Submission by maildir.
