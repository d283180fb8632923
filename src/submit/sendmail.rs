//! Submission by sendmail.
