//! Submission by smtp.
