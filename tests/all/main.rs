//! The one integration test program: linked once, one module per subject.
//!
//! Deliberately absent: tests of small things, which stand beside what they test.

#[cfg(test)]
mod deliver;
#[cfg(test)]
mod lmtp;
#[cfg(test)]
mod lmtp_dialog;
#[cfg(test)]
mod memory_spool;
#[cfg(test)]
mod procedure;
#[cfg(test)]
mod reading;
#[cfg(test)]
mod submit;
