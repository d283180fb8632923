//! Every integration test: one binary, so that it links once.

#[cfg(test)]
#[path = "all/dovecot.rs"]
mod dovecot;
#[cfg(test)]
#[path = "all/imap.rs"]
mod imap;
