//! One SMTP connection: commands out, replies in, and exactly how much of a message went out.
//!
//! lettre gives the commands and the login; the socket is ours, because its connection cannot say
//! whether an answer came: a reply in Latin-1 is a network error there, as a dead line is, and
//! would have a mail sent twice. Ours also drops what a stranger put behind the answer to STARTTLS
//! and sends MAIL, RCPT and DATA at once (RFC 2920). Deliberately absent: what a reply means
//! (`reply`), when to connect (`smtp`).

use std::fmt::Display;
use std::io;
use std::time::Duration;

use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::commands::{Auth, Ehlo};
use lettre::transport::smtp::extension::ClientId;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::time::error::Elapsed;
use tokio::time::timeout;

use super::reply::Reply;

/// Octets of a reply line (RFC 5321 section 4.5.3.1.5 asks for 512; some say more).
const LINE_BYTES_MAX: u64 = 4096;
/// Lines of a reply.
const LINES_MAX: usize = 128;

/// How long things may take (answers: RFC 5321 section 4.5.3.2).
#[derive(Debug, Clone, Copy)]
pub(super) struct Patience {
    /// Until a connection stands, TLS included.
    pub(super) connect: Duration,
    /// Until a command is answered, or some of the data is taken.
    pub(super) answer: Duration,
    /// Until the end of the data is answered: the server stores the message meanwhile.
    pub(super) end: Duration,
    /// Until a connection that nobody uses is closed; it may take twice as long.
    pub(super) idle: Duration,
}

impl Patience {
    /// What RFC 5321 asks for, and an idle time that servers of hosters bear.
    pub(super) const STANDARD: Self = Self {
        connect: Duration::from_secs(30),
        answer: Duration::from_secs(300),
        end: Duration::from_secs(600),
        idle: Duration::from_secs(30),
    };
}

/// Why a connection is of no more use.
#[derive(Debug, thiserror::Error)]
pub(super) enum WireError {
    #[error("{0}")]
    Io(#[from] io::Error),
    #[error("the server closed the connection")]
    Closed,
    #[error("the server did not answer in time")]
    Silent(#[from] Elapsed),
    #[error("the server's answer is not SMTP: {0}")]
    Garbled(String),
    /// It stands, but cannot be used with these settings.
    #[error("{0}")]
    Refused(String),
}

/// What EHLO promised: one list of words in capitals for each extension.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Offers {
    extensions: Vec<Vec<String>>,
}

/// A stream that TLS may lie on.
pub(super) trait Channel: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Channel for T {}

/// A connection with whatever protection it has.
pub(super) type Line = Wire<Box<dyn Channel>>;

/// How far a message came.
#[derive(Debug)]
pub(super) enum Written {
    /// The system took all of it: the server may have it.
    Whole,
    /// Its end did not leave this machine: the server cannot have it.
    Part(WireError),
}

/// One connection.
pub(super) struct Wire<S> {
    stream: BufReader<S>,
    patience: Patience,
    offers: Offers,
}

impl<S: Channel> Wire<S> {
    pub(super) fn new(stream: S, patience: Patience) -> Self {
        Self { stream: BufReader::new(stream), patience, offers: Offers::default() }
    }

    pub(super) const fn offers(&self) -> &Offers {
        &self.offers
    }

    /// The stream alone, if the server said nothing that was not asked for.
    ///
    /// What stands behind the answer to STARTTLS came without TLS, from anybody on the way.
    pub(super) fn into_stream(self) -> Result<S, WireError> {
        if self.stream.buffer().is_empty() {
            Ok(self.stream.into_inner())
        } else {
            Err(WireError::Garbled("words behind the answer to STARTTLS".to_owned()))
        }
    }

    /// Reads the greeting.
    pub(super) async fn greet(&mut self) -> Result<(), WireError> {
        let greeting = self.reply().await?;
        if greeting.is_positive() { Ok(()) } else { Err(WireError::Refused(greeting.words())) }
    }

    /// Says EHLO and notes what the server offers.
    pub(super) async fn hello(&mut self, name: &str) -> Result<(), WireError> {
        let reply = self.command(Ehlo::new(ClientId::Domain(name.to_owned()))).await?;
        if !reply.is_positive() {
            return Err(WireError::Refused(reply.words()));
        }
        self.offers = Offers::parse(&reply);
        Ok(())
    }

    /// Logs in, PLAIN (RFC 4616) before LOGIN.
    pub(super) async fn login(&mut self, credentials: Credentials) -> Result<(), WireError> {
        let reply = if self.offers.has_login("PLAIN") {
            self.auth(Mechanism::Plain, &credentials, None).await?
        } else if self.offers.has_login("LOGIN") {
            self.login_in_steps(&credentials).await?
        } else {
            let reason = "the server offers no login that is known here (PLAIN, LOGIN)";
            return Err(WireError::Refused(reason.to_owned()));
        };
        if reply.has_code(235) { Ok(()) } else { Err(WireError::Refused(reply.words())) }
    }

    /// LOGIN asks for user and password in this order, in whatever words.
    async fn login_in_steps(&mut self, credentials: &Credentials) -> Result<Reply, WireError> {
        let mut reply = self.auth(Mechanism::Login, credentials, None).await?;
        for challenge in ["Username", "Password"] {
            if !reply.has_code(334) {
                break;
            }
            reply = self.auth(Mechanism::Login, credentials, Some(challenge)).await?;
        }
        Ok(reply)
    }

    async fn auth(
        &mut self,
        mechanism: Mechanism,
        credentials: &Credentials,
        challenge: Option<&str>,
    ) -> Result<Reply, WireError> {
        let auth = Auth::new(mechanism, credentials.clone(), challenge.map(str::to_owned))
            .map_err(|error| WireError::Refused(error.to_string()))?;
        self.command(auth).await
    }

    /// Sends a command and reads its reply.
    pub(super) async fn command(&mut self, command: impl Display) -> Result<Reply, WireError> {
        self.send(&command.to_string()).await?;
        self.reply().await
    }

    /// Sends commands, each with its line end, without waiting for replies.
    pub(super) async fn send(&mut self, commands: &str) -> Result<(), WireError> {
        let stream = self.stream.get_mut();
        let write = async {
            stream.write_all(commands.as_bytes()).await?;
            stream.flush().await
        };
        let written = timeout(self.patience.answer, write).await;
        Ok(written??)
    }

    /// Sends the data and counts what the system took of it.
    pub(super) async fn send_data(&mut self, data: &[u8]) -> Written {
        let mut rest = data;
        while !rest.is_empty() {
            let step = timeout(self.patience.answer, self.stream.get_mut().write(rest)).await;
            match step {
                Ok(Ok(0)) => return Written::Part(WireError::Closed),
                Ok(Ok(count)) => rest = rest.get(count..).unwrap_or_default(),
                Ok(Err(error)) => return Written::Part(error.into()),
                Err(elapsed) => return Written::Part(elapsed.into()),
            }
        }
        // If the rest of it cannot be flushed, the answer does not come, which is what counts.
        drop(timeout(self.patience.answer, self.stream.get_mut().flush()).await);
        Written::Whole
    }

    /// Reads the reply to a command.
    pub(super) async fn reply(&mut self) -> Result<Reply, WireError> {
        self.reply_within(self.patience.answer).await
    }

    /// Reads the reply to the end of the data.
    pub(super) async fn reply_to_end(&mut self) -> Result<Reply, WireError> {
        self.reply_within(self.patience.end).await
    }

    async fn reply_within(&mut self, span: Duration) -> Result<Reply, WireError> {
        timeout(span, self.read_reply()).await?
    }

    async fn read_reply(&mut self) -> Result<Reply, WireError> {
        let mut lines = Vec::new();
        loop {
            let line = self.read_line().await?;
            let (code, is_last, text) = split_line(&line)?;
            lines.push(text.to_owned());
            if is_last {
                return Ok(Reply::new(code, lines));
            }
            if lines.len() == LINES_MAX {
                return Err(WireError::Garbled("a reply without end".to_owned()));
            }
        }
    }

    async fn read_line(&mut self) -> Result<String, WireError> {
        let mut line = Vec::new();
        (&mut self.stream).take(LINE_BYTES_MAX).read_until(b'\n', &mut line).await?;
        match line.last() {
            None => Err(WireError::Closed),
            Some(b'\n') => Ok(String::from_utf8_lossy(&line).into_owned()),
            Some(_) if line.len() < 512 => Err(WireError::Closed),
            Some(_) => Err(WireError::Garbled("a line without end".to_owned())),
        }
    }
}

/// Code, whether it is the last line of its reply, and text.
fn split_line(line: &str) -> Result<(u16, bool, &str), WireError> {
    let line = line.trim_end();
    let garbled = || WireError::Garbled(line.chars().take(80).collect());
    let digits = line.get(..3).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()));
    let code = digits.and_then(|digits| digits.parse().ok()).ok_or_else(garbled)?;
    let rest = line.get(3..).unwrap_or_default();
    match rest.strip_prefix('-') {
        Some(text) => Ok((code, false, text)),
        None if rest.is_empty() || rest.starts_with(' ') => Ok((code, true, rest.trim_start())),
        None => Err(garbled()),
    }
}

impl Offers {
    /// The first line of the reply is the server's name, whatever it looks like.
    fn parse(reply: &Reply) -> Self {
        let words = |line: &str| {
            let line = line.to_ascii_uppercase();
            // `AUTH=LOGIN` is how some servers still write it.
            line.split([' ', '=']).filter(|word| !word.is_empty()).map(str::to_owned).collect()
        };
        Self { extensions: reply.lines().skip(1).map(words).collect() }
    }

    /// Whether an extension is offered.
    pub(super) fn has(&self, name: &str) -> bool {
        self.named(name).next().is_some()
    }

    /// Whether a login (SASL mechanism) is offered.
    pub(super) fn has_login(&self, mechanism: &str) -> bool {
        self.named("AUTH").flatten().any(|word| word == mechanism)
    }

    /// The most octets that a message may have, if the server tells (RFC 1870 section 4).
    pub(super) fn size_max(&self) -> Option<u64> {
        let told = self.named("SIZE").flatten().next()?;
        told.parse().ok().filter(|size| *size > 0)
    }

    /// The parameters of an extension, once for each line that names it.
    fn named(&self, name: &str) -> impl Iterator<Item = &[String]> {
        self.extensions.iter().filter_map(move |words| match words.split_first() {
            Some((first, parameters)) if first == name => Some(parameters),
            _ => None,
        })
    }
}
