//! One LMTP session (RFC 2033) as a state machine: octets in, answers and wishes out.
//!
//! The extensions are PIPELINING (RFC 2920), SIZE (RFC 1870), 8BITMIME (RFC 6152), SMTPUTF8
//! (RFC 6531), ENHANCEDSTATUSCODES (RFC 2034) and CHUNKING (RFC 3030), and one of our own:
//! `MAIL FROM:<> XUNKNOWN` says that the reverse-path is not known, which is not the null one.
//! Deliberately absent: sockets, clocks, the spool. [`Session::step`] says what it needs, and the
//! caller brings the answer; it reads nothing while an answer is due.

use smtp_proto::{Error, MAIL_BODY_BINARYMIME, MAIL_REQUIRETLS, MailFrom, RcptTo, Request};

use super::data::{Body, DataReader};
use super::lmtp_reply as reply;
use super::{Envelope, RecipientVerdict, SpoolError};
use crate::mail::ReversePath;
use crate::types::{Address, Position};

/// Octets of a command line, its end included; RFC 5321 section 4.5.3.1.4 asks for 512 and more.
pub const LINE_BYTES_MAX: usize = 4096;
/// Faulty commands after which the session ends; an accepted message forgives them.
pub const FAULTS_MAX: u32 = 20;
/// Memory made ready for a message before its first octet came, however large it claims to be.
const BODY_BYTES_READY: usize = 1 << 20;

/// What a session must know of its door.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules {
    /// The name in greeting and answer to LHLO.
    pub host: String,
    /// The door's name in envelopes.
    pub door: String,
    /// Octets a message may have, as RFC 1870 counts them.
    pub message_bytes_max: usize,
    /// Recipients one transaction may have.
    pub recipients_max: usize,
}

/// A sender that offers a message, and how large it says the message is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    reverse_path: ReversePath,
    bytes: usize,
}

impl Offer {
    /// The size announced (RFC 1870), or 0 if none was.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.bytes
    }
}

/// What the session needs next.
#[derive(Debug)]
pub enum Step {
    /// Everything given was read: send the answers, bring more octets.
    More,
    /// Is there room for this message? [`Session::offered`] takes the answer.
    Room(Offer),
    /// May this recipient be taken? [`Session::judged`] takes the answer.
    Recipient(Address),
    /// The transaction is complete: store it, then call [`Session::accepted`].
    Accept(Envelope, Vec<u8>),
    /// Send the answers and close.
    Close,
}

/// One transaction, from MAIL to the last answer.
#[derive(Debug)]
struct Transaction {
    reverse_path: ReversePath,
    recipients: Vec<Address>,
    /// RCPT commands answered 250: as many answers follow the data (RFC 2033 section 4.2).
    answers: usize,
    body: Body,
    has_chunks: bool,
}

/// A chunk of RFC 3030 that is being read.
#[derive(Debug)]
struct Chunk {
    octets_left: usize,
    is_last: bool,
    /// Why the chunk is thrown away, said once after its last octet.
    refusal: Option<&'static str>,
}

#[derive(Debug)]
enum Phase {
    Command,
    LineTooLong,
    Data(DataReader),
    Chunk(Chunk),
    Closed,
}

/// The state of one connection.
#[derive(Debug)]
pub struct Session {
    rules: Rules,
    phase: Phase,
    has_greeted: bool,
    is_draining: bool,
    line: Vec<u8>,
    transaction: Option<Transaction>,
    /// Answers due after [`Step::Accept`].
    answers_due: usize,
    faults: u32,
    output: Vec<u8>,
}

impl Session {
    /// A new session, its greeting ready to be sent.
    #[must_use]
    pub fn new(rules: Rules) -> Self {
        let output = format!("220 {} LMTP lotse\r\n", rules.host).into_bytes();
        Self {
            rules,
            phase: Phase::Command,
            has_greeted: false,
            is_draining: false,
            line: Vec::new(),
            transaction: None,
            answers_due: 0,
            faults: 0,
            output,
        }
    }

    /// The answers not sent yet. Who sends them clears the buffer.
    #[must_use]
    pub fn output(&mut self) -> &mut Vec<u8> {
        &mut self.output
    }

    /// Reads from the front of `input` until something is needed.
    pub fn step(&mut self, input: &mut &[u8]) -> Step {
        loop {
            let wish = match self.phase {
                Phase::Command => self.read_command(input),
                Phase::LineTooLong => self.skip_line(input),
                Phase::Data(_) => self.read_data(input),
                Phase::Chunk(_) => self.read_chunk(input),
                Phase::Closed => Some(Step::Close),
            };
            if let Some(step) = wish {
                return step;
            }
        }
    }

    /// Takes the answer to [`Step::Room`].
    pub fn offered(&mut self, offer: Offer, has_room: bool) {
        if !has_room {
            return self.say(reply::NO_ROOM);
        }
        self.transaction = Some(Transaction {
            reverse_path: offer.reverse_path,
            recipients: Vec::new(),
            answers: 0,
            body: Body::new(self.rules.message_bytes_max, offer.bytes.min(BODY_BYTES_READY)),
            has_chunks: false,
        });
        self.say(reply::SENDER_TAKEN);
    }

    /// Takes the answer to [`Step::Recipient`].
    pub fn judged(&mut self, address: Address, verdict: RecipientVerdict) {
        match verdict {
            RecipientVerdict::Accept => self.take_recipient(address),
            RecipientVerdict::Unknown => self.say(reply::NO_SUCH_USER),
            RecipientVerdict::Relay => self.say(reply::NO_RELAY),
            RecipientVerdict::TryAgain => self.say(reply::REGISTER_NOT_READ),
        }
    }

    /// Takes the outcome of [`Step::Accept`]: one answer for each recipient.
    pub fn accepted(&mut self, outcome: &Result<Position, SpoolError>) {
        let answers = std::mem::take(&mut self.answers_due);
        match outcome {
            Ok(position) => {
                self.faults = 0;
                let line = format!("250 2.0.0 accepted as {position}");
                self.say_times(&line, answers);
            }
            Err(SpoolError::Full) => self.say_times(reply::NO_ROOM, answers),
            Err(SpoolError::Poisoned(_)) => self.say_times(reply::ARCHIVE_FAILED, answers),
            Err(SpoolError::Closing) => {
                self.say_times(reply::CLOSING, answers);
                self.phase = Phase::Closed;
            }
        }
    }

    /// Ends the session as soon as no transaction is open.
    pub fn drain(&mut self) {
        self.is_draining = true;
    }

    /// Ends the session because nothing came for too long.
    pub fn expire(&mut self) {
        self.close(reply::IDLE);
    }

    fn read_command(&mut self, input: &mut &[u8]) -> Option<Step> {
        if self.is_draining && self.transaction.is_none() {
            self.close(reply::CLOSING);
            return None;
        }
        let end = memchr::memchr(b'\n', input);
        let length = end.map_or(input.len(), |at| at + 1);
        let (part, rest) = input.split_at_checked(length).unwrap_or((input, &[]));
        *input = rest;
        if self.line.len() + part.len() > LINE_BYTES_MAX {
            self.line.clear();
            if end.is_none() {
                self.phase = Phase::LineTooLong;
            } else {
                self.fault(reply::LINE_TOO_LONG);
            }
            return None;
        }
        if end.is_none() {
            self.line.extend_from_slice(part);
            return Some(Step::More);
        }
        if self.line.is_empty() {
            return self.obey(part);
        }
        let mut line = std::mem::take(&mut self.line);
        line.extend_from_slice(part);
        self.obey(&line)
    }

    fn skip_line(&mut self, input: &mut &[u8]) -> Option<Step> {
        let Some(at) = memchr::memchr(b'\n', input) else {
            *input = &[];
            return Some(Step::More);
        };
        *input = input.get(at + 1..).unwrap_or_default();
        self.phase = Phase::Command;
        self.fault(reply::LINE_TOO_LONG);
        None
    }

    fn obey(&mut self, line: &[u8]) -> Option<Step> {
        let (line, is_unknown) = without_unknown(line);
        match Request::parse(&mut line.iter()) {
            Ok(Request::Lhlo { .. }) => self.greet(),
            Ok(Request::Mail { from }) => return self.begin(&from, is_unknown),
            Ok(Request::Rcpt { to }) => return self.ask_recipient(&to),
            Ok(Request::Data) => self.begin_data(),
            Ok(Request::Bdat { chunk_size, is_last }) => self.begin_chunk(chunk_size, is_last),
            Ok(Request::Rset) => {
                self.transaction = None;
                self.say(reply::DONE);
            }
            Ok(Request::Noop { .. }) => self.say(reply::DONE),
            Ok(Request::Vrfy { .. }) => self.say(reply::NOT_VERIFIED),
            Ok(Request::Help { .. }) => self.say(reply::HELP),
            Ok(Request::Quit) => self.close(reply::BYE),
            Ok(Request::Helo { .. } | Request::Ehlo { .. }) => self.fault(reply::SAY_LHLO),
            Ok(
                Request::Auth { .. }
                | Request::Expn { .. }
                | Request::Etrn { .. }
                | Request::Atrn { .. }
                | Request::Burl { .. }
                | Request::StartTls,
            ) => self.fault(reply::NOT_OFFERED),
            Err(error) => self.fault(refusal(&error)),
        }
        None
    }

    fn greet(&mut self) {
        self.has_greeted = true;
        self.transaction = None;
        let (host, size) = (&self.rules.host, self.rules.message_bytes_max);
        let answer = format!(
            "250-{host}\r\n250-PIPELINING\r\n250-SIZE {size}\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n\
             250-ENHANCEDSTATUSCODES\r\n250-XUNKNOWN\r\n250 CHUNKING"
        );
        self.say(&answer);
    }

    fn begin(&mut self, from: &MailFrom<std::borrow::Cow<'_, str>>, unknown: bool) -> Option<Step> {
        let refusal = if !self.has_greeted {
            Some(reply::LHLO_FIRST)
        } else if self.transaction.is_some() {
            Some(reply::MAIL_TWICE)
        } else if from.flags & (MAIL_BODY_BINARYMIME | MAIL_REQUIRETLS) != 0 {
            Some(reply::PARAMETER_UNKNOWN)
        } else {
            None
        };
        if let Some(refusal) = refusal {
            self.fault(refusal);
            return None;
        }
        if from.size > self.rules.message_bytes_max {
            self.say(reply::TOO_BIG);
            return None;
        }
        // A reverse-path that no address of ours can hold, such as a rewritten one of 70 octets
        // before the @, is no reason to refuse a mail: it is not known, and nothing is sent to it.
        let reverse_path = match from.address.as_ref() {
            "" if unknown => ReversePath::Unknown,
            "" => ReversePath::Null,
            text => unquoted(text).map_or(ReversePath::Unknown, ReversePath::Address),
        };
        Some(Step::Room(Offer { reverse_path, bytes: from.size }))
    }

    fn ask_recipient(&mut self, to: &RcptTo<std::borrow::Cow<'_, str>>) -> Option<Step> {
        let refusal = match &self.transaction {
            None => reply::MAIL_FIRST,
            Some(transaction) if transaction.has_chunks => reply::DATA_BEGUN,
            Some(transaction) if transaction.answers >= self.rules.recipients_max => {
                reply::TOO_MANY_RECIPIENTS
            }
            Some(_) => match unquoted(&to.address) {
                Some(address) => return Some(Step::Recipient(address)),
                None => reply::RECIPIENT_BROKEN,
            },
        };
        self.say(refusal);
        None
    }

    fn take_recipient(&mut self, address: Address) {
        if let Some(transaction) = &mut self.transaction {
            transaction.answers += 1;
            // Named twice it is answered twice, and stored once.
            if !transaction.recipients.contains(&address) {
                transaction.recipients.push(address);
            }
            self.say(reply::RECIPIENT_TAKEN);
        }
    }

    fn begin_data(&mut self) {
        match &self.transaction {
            None => self.say(reply::MAIL_FIRST),
            Some(transaction) if transaction.answers == 0 => self.say(reply::NO_RECIPIENTS),
            Some(transaction) if transaction.has_chunks => self.say(reply::DATA_BEGUN),
            Some(_) => {
                self.phase = Phase::Data(DataReader::default());
                self.say(reply::GIVE_DATA);
            }
        }
    }

    fn read_data(&mut self, input: &mut &[u8]) -> Option<Step> {
        if let (Phase::Data(reader), Some(transaction)) = (&mut self.phase, &mut self.transaction)
            && !reader.read(input, &mut transaction.body)
        {
            return Some(Step::More);
        }
        self.phase = Phase::Command;
        self.complete()
    }

    fn begin_chunk(&mut self, octets_left: usize, is_last: bool) {
        let refusal = match &mut self.transaction {
            None => Some(reply::MAIL_FIRST),
            Some(transaction) if transaction.answers == 0 => Some(reply::NO_RECIPIENTS),
            Some(transaction) => {
                transaction.has_chunks = true;
                transaction.body.announce(octets_left);
                None
            }
        };
        self.phase = Phase::Chunk(Chunk { octets_left, is_last, refusal });
    }

    fn read_chunk(&mut self, input: &mut &[u8]) -> Option<Step> {
        let Phase::Chunk(chunk) = &mut self.phase else {
            return None;
        };
        let (part, rest) = input.split_at_checked(chunk.octets_left).unwrap_or((input, &[]));
        chunk.octets_left -= part.len();
        *input = rest;
        if let (None, Some(transaction)) = (chunk.refusal, &mut self.transaction) {
            transaction.body.append(part);
        }
        if chunk.octets_left > 0 {
            return Some(Step::More);
        }
        let (is_last, refusal) = (chunk.is_last, chunk.refusal);
        self.phase = Phase::Command;
        match (refusal, &self.transaction) {
            (Some(refusal), _) => self.say(refusal),
            (None, _) if is_last => return self.complete(),
            (None, Some(transaction)) if transaction.body.is_too_big() => self.say(reply::TOO_BIG),
            (None, _) => self.say(reply::CHUNK_TAKEN),
        }
        None
    }

    fn complete(&mut self) -> Option<Step> {
        let transaction = self.transaction.take()?;
        if transaction.body.is_too_big() {
            self.say_times(reply::TOO_BIG, transaction.answers);
            return None;
        }
        self.answers_due = transaction.answers;
        let envelope = Envelope {
            reverse_path: transaction.reverse_path,
            recipients: transaction.recipients,
            door: self.rules.door.clone(),
            received_at: None,
            is_backlog: false,
            whole_bytes: None,
        };
        Some(Step::Accept(envelope, transaction.body.into_bytes()))
    }

    /// Commands that only come too early are no faults: a client that pipelines (RFC 2920) sends
    /// them behind a MAIL that was refused.
    fn fault(&mut self, line: &str) {
        self.say(line);
        self.faults += 1;
        if self.faults >= FAULTS_MAX {
            self.close(reply::TOO_MANY_FAULTS);
        }
    }

    fn close(&mut self, line: &str) {
        self.say(line);
        self.transaction = None;
        self.phase = Phase::Closed;
    }

    fn say(&mut self, line: &str) {
        self.say_times(line, 1);
    }

    fn say_times(&mut self, line: &str, times: usize) {
        for _ in 0..times {
            self.output.extend_from_slice(line.as_bytes());
            self.output.extend_from_slice(b"\r\n");
        }
    }
}

/// The line without our own parameter, and whether it stood there.
fn without_unknown(line: &[u8]) -> (&[u8], bool) {
    let command: &[u8] = b"MAIL FROM:<> XUNKNOWN";
    match line.split_at_checked(command.len()) {
        Some((front, b"\r\n" | b"\n")) if front.eq_ignore_ascii_case(command) => {
            (b"MAIL FROM:<>\r\n", true)
        }
        _ => (line, false),
    }
}

/// An address whose quotation marks the command parser took away.
fn unquoted(text: &str) -> Option<Address> {
    if let Ok(address) = Address::parse(text) {
        return Some(address);
    }
    let (local, domain) = text.rsplit_once('@')?;
    let local = local.replace('\\', r"\\").replace('"', "\\\"");
    Address::parse(&format!("\"{local}\"@{domain}")).ok()
}

fn refusal(error: &Error) -> &'static str {
    match error {
        Error::UnknownCommand => reply::COMMAND_UNKNOWN,
        Error::InvalidSenderAddress => reply::SENDER_BROKEN,
        Error::InvalidRecipientAddress => reply::RECIPIENT_BROKEN,
        Error::InvalidParameter { .. } => reply::PARAMETER_BROKEN,
        Error::UnsupportedParameter { .. } => reply::PARAMETER_UNKNOWN,
        Error::NeedsMoreData { .. }
        | Error::SyntaxError { .. }
        | Error::ResponseTooLong
        | Error::InvalidResponse { .. } => reply::SYNTAX,
    }
}
