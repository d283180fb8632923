//! Every answer of the LMTP door: reply code (RFC 5321), status code (RFC 3463), words.
//!
//! A fault of ours is always 4yz, so that the sender keeps the message and comes again.
//! Deliberately absent: when they are said, and the few that hold a number.

/// RSET, NOOP.
pub const DONE: &str = "250 2.0.0 done";
/// MAIL.
pub const SENDER_TAKEN: &str = "250 2.1.0 sender taken";
/// RCPT.
pub const RECIPIENT_TAKEN: &str = "250 2.1.5 recipient taken";
/// BDAT that is not the last.
pub const CHUNK_TAKEN: &str = "250 2.0.0 octets taken";
/// VRFY: a verdict is given at RCPT only.
pub const NOT_VERIFIED: &str = "252 2.1.5 not verified, send the mail to find out";
/// HELP.
pub const HELP: &str = "214 2.0.0 this is LMTP as RFC 2033 has it";
/// QUIT.
pub const BYE: &str = "221 2.0.0 closing";
/// DATA.
pub const GIVE_DATA: &str = "354 send the message, end it with a line that holds only a dot";
/// The daemon drains.
pub const CLOSING: &str = "421 4.3.2 shutting down, try again";
/// More connections than allowed.
pub const TOO_MANY_CONNECTIONS: &str = "421 4.3.2 too many connections, try again";
/// Nothing came for too long.
pub const IDLE: &str = "421 4.4.2 nothing came for too long";
/// The session brought too many faulty commands.
pub const TOO_MANY_FAULTS: &str = "421 4.7.0 too many faulty commands";
/// The register's addresses are not read yet.
pub const REGISTER_NOT_READ: &str = "451 4.3.0 still starting, try again";
/// A write or sync failed.
pub const ARCHIVE_FAILED: &str = "451 4.3.0 storing it did not succeed, try again";
/// Below the floor of free space.
pub const NO_ROOM: &str = "452 4.3.1 not enough free space, try again";
/// More recipients than one transaction may have (RFC 5321 section 4.5.3.1.10).
pub const TOO_MANY_RECIPIENTS: &str = "452 4.5.3 too many recipients, send the rest anew";
/// No such command.
pub const COMMAND_UNKNOWN: &str = "500 5.5.2 no such command";
/// A command line over the limit.
pub const LINE_TOO_LONG: &str = "500 5.5.2 line too long";
/// HELO and EHLO must be refused with 500 (RFC 2033 section 4.1).
pub const SAY_LHLO: &str = "500 5.5.1 this is LMTP: say LHLO";
/// A known command in a wrong form.
pub const SYNTAX: &str = "501 5.5.2 wrong syntax";
/// A parameter of MAIL or RCPT in a wrong form.
pub const PARAMETER_BROKEN: &str = "501 5.5.4 wrong parameter";
/// A reverse-path that is none.
pub const SENDER_BROKEN: &str = "501 5.1.7 the sender is no address";
/// A forward-path that is none, or has no domain.
pub const RECIPIENT_BROKEN: &str = "501 5.1.3 the recipient is no address with a domain";
/// A command that exists and is not for this door.
pub const NOT_OFFERED: &str = "502 5.5.1 not offered here";
/// MAIL before LHLO.
pub const LHLO_FIRST: &str = "503 5.5.1 LHLO first";
/// MAIL within a transaction.
pub const MAIL_TWICE: &str = "503 5.5.1 a transaction is already open";
/// RCPT, DATA or BDAT without MAIL.
pub const MAIL_FIRST: &str = "503 5.5.1 MAIL first";
/// DATA or BDAT without an accepted RCPT (RFC 2033 section 4.2).
pub const NO_RECIPIENTS: &str = "503 5.5.1 no recipient was taken";
/// RCPT or DATA after the first BDAT (RFC 3030 section 2).
pub const DATA_BEGUN: &str = "503 5.5.1 chunks were begun: BDAT or RSET";
/// A domain of ours, and nobody there.
pub const NO_SUCH_USER: &str = "550 5.1.1 no such recipient here";
/// Not a domain of ours.
pub const NO_RELAY: &str = "550 5.7.1 not a domain of this server";
/// Over the limit, by SIZE or by count.
pub const TOO_BIG: &str = "552 5.3.4 message too big";
/// A parameter of MAIL or RCPT that was not offered.
pub const PARAMETER_UNKNOWN: &str = "555 5.5.4 parameter not offered";
