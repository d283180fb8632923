//! The one integration test program: linked once, one module per subject.
//!
//! Deliberately absent: tests of small things, which stand beside what they test.

#[cfg(test)]
mod parts;
#[cfg(test)]
mod postfix;
#[cfg(test)]
mod powercut;
#[cfg(test)]
mod tidy;
