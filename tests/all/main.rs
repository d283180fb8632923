//! The one integration test program: linked once, one module per subject.
//!
//! Deliberately absent: tests of small things, which stand beside what they test.

#[cfg(test)]
mod anchor;
#[cfg(test)]
mod arrival;
#[cfg(test)]
mod away;
#[cfg(test)]
mod beside;
#[cfg(test)]
mod bonds;
#[cfg(test)]
mod breaches;
#[cfg(test)]
mod busy_day;
#[cfg(test)]
mod calendar;
#[cfg(test)]
mod canned;
#[cfg(test)]
mod changes;
#[cfg(test)]
mod command;
#[cfg(test)]
mod control;
#[cfg(test)]
mod core;
#[cfg(test)]
mod course;
#[cfg(test)]
mod crash;
#[cfg(test)]
mod daemon;
#[cfg(test)]
mod declarations;
#[cfg(test)]
mod deliver;
#[cfg(test)]
mod demo;
#[cfg(test)]
mod digest;
#[cfg(test)]
mod digest_layouts;
#[cfg(test)]
mod digest_mail;
#[cfg(test)]
mod dkim;
#[cfg(test)]
mod dovecot;
#[cfg(test)]
mod erase;
#[cfg(test)]
mod erase_whole;
#[cfg(test)]
mod failures;
#[cfg(test)]
mod full_disk;
#[cfg(test)]
mod fuzz;
#[cfg(test)]
mod handover;
#[cfg(test)]
mod held;
#[cfg(test)]
mod hold;
#[cfg(test)]
mod imap;
#[cfg(test)]
mod init;
#[cfg(test)]
mod inspect;
#[cfg(test)]
mod keep;
#[cfg(test)]
mod liaison;
#[cfg(test)]
mod life;
#[cfg(test)]
mod live;
#[cfg(test)]
mod lmtp;
#[cfg(test)]
mod lmtp_dialog;
#[cfg(test)]
mod loops;
#[cfg(test)]
mod mail;
#[cfg(test)]
mod memory_spool;
#[cfg(test)]
mod neglect;
#[cfg(test)]
mod nrw;
#[cfg(test)]
mod nrw_month;
#[cfg(test)]
mod parts;
#[cfg(test)]
mod postfix;
#[cfg(test)]
mod powercut;
#[cfg(test)]
mod powercut_keeper;
#[cfg(test)]
mod practice;
#[cfg(test)]
mod procedure;
#[cfg(test)]
mod proof;
#[cfg(test)]
mod proofs;
#[cfg(test)]
mod quarantine;
#[cfg(test)]
mod reading;
#[cfg(test)]
mod readme;
#[cfg(test)]
mod register_mail;
#[cfg(test)]
mod registers;
#[cfg(test)]
mod renewals;
#[cfg(test)]
mod requests;
#[cfg(test)]
mod rest;
#[cfg(test)]
mod rungs;
#[cfg(test)]
mod scenario;
#[cfg(test)]
mod search;
#[cfg(test)]
mod secrets_in_log;
#[cfg(test)]
mod servers;
#[cfg(test)]
mod servers_hoster;
#[cfg(test)]
mod servers_lotse;
#[cfg(test)]
mod servers_mailbox;
#[cfg(test)]
mod servers_matrix;
#[cfg(test)]
mod servers_nrw;
#[cfg(test)]
mod servers_proxy;
#[cfg(test)]
mod servers_reader;
#[cfg(test)]
mod servers_world;
#[cfg(test)]
mod settings;
#[cfg(test)]
mod simulate;
#[cfg(test)]
mod steps;
#[cfg(test)]
mod store;
#[cfg(test)]
mod submit;
#[cfg(test)]
mod templates;
#[cfg(test)]
mod tidy;
#[cfg(test)]
mod undo;
