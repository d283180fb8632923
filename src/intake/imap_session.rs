//! One connection to an IMAP server: opened, logged in, asked with a deadline for every answer.
//!
//! Standards: RFC 3501; IDLE (2177), NAMESPACE (2342), MOVE (6851), UIDPLUS (4315), TLS (8314).
//! Deliberately absent: going on after an answer that made no sense. Every error ends the
//! connection, and the next one finds out by UID what is still to be done. No ESEARCH, NOTIFY or
//! QRESYNC: the client library gives up on their answers.

use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::time::Duration;

use async_imap::error::Error as ImapError;
use async_imap::types::{Capabilities, Fetch, UnsolicitedResponse};
use futures_util::{Stream, TryStreamExt};
use jiff::Timestamp;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::watch;
use tokio::time::timeout;

use super::imap_name;
use super::imap_settings::ImapSettings;
use crate::intake::SpoolError;

/// How long the end of an IDLE may take: longer, and the connection is dead.
const DONE_SPAN: Duration = Duration::from_secs(15);
/// The longest line that a server may answer to NAMESPACE.
const LINE_BYTES_MAX: usize = 8 << 10;
/// How much of a server's words is worth a log line.
const WORDS_MAX: usize = 200;

/// Why a connection ended.
#[derive(Debug, thiserror::Error)]
pub enum DoorError {
    /// Something of ours is missing: a password file, a token, a certificate.
    #[error("{0}")]
    Settings(String),
    /// There is no connection to be had.
    #[error("no connection to {server}: {words}")]
    Connect {
        /// Host and port.
        server: String,
        /// Why.
        words: String,
    },
    /// The server does not let us in.
    #[error("the server refuses the login of {user}: {words}")]
    Login {
        /// The login name.
        user: String,
        /// The server's words.
        words: String,
    },
    /// The server answered NO or BAD.
    #[error("the server refuses {doing}: {words}")]
    Refused {
        /// The command.
        doing: &'static str,
        /// The server's words.
        words: String,
    },
    /// The server's answer could not be read.
    #[error("the server's answer to {doing} cannot be read")]
    Unreadable {
        /// The command.
        doing: &'static str,
    },
    /// The connection broke.
    #[error("the connection was lost during {doing}: {words}")]
    Lost {
        /// The command.
        doing: &'static str,
        /// Why.
        words: String,
    },
    /// No answer in time.
    #[error("no answer to {doing}: the connection is dead")]
    Silent {
        /// The command.
        doing: &'static str,
    },
    /// The server left out a message that is there.
    #[error("the server did not send the message of UID {0}")]
    Incomplete(u32),
    /// What was taken could not be noted.
    #[error("the state of a folder cannot be kept: {0}")]
    State(std::io::Error),
    /// The daemon did not take the message.
    #[error(transparent)]
    Spool(#[from] SpoolError),
}

impl DoorError {
    fn new(doing: &'static str, error: ImapError) -> Self {
        tracing::debug!(doing, error = shortened(&error.to_string()), "answer of the IMAP server");
        match error {
            ImapError::No(words) | ImapError::Bad(words) => {
                Self::Refused { doing, words: said(&words) }
            }
            // The library reports what it could not parse as an input error of no kind.
            ImapError::Io(error) if error.kind() != std::io::ErrorKind::Other => {
                Self::Lost { doing, words: error.to_string() }
            }
            ImapError::ConnectionLost => {
                Self::Lost { doing, words: "closed by the server".to_owned() }
            }
            _ => Self::Unreadable { doing },
        }
    }

    /// Whether trying again may help; otherwise the daemon is about to end.
    #[must_use]
    pub const fn is_transient(&self) -> bool {
        !matches!(self, Self::Spool(SpoolError::Poisoned(_) | SpoolError::Closing))
    }

    /// Whether the connection was cut, which need not be the fault of what was asked for.
    pub(super) const fn is_cut(&self) -> bool {
        matches!(self, Self::Lost { .. } | Self::Silent { .. } | Self::Connect { .. })
    }
}

/// The server's own words out of the library's description of an answer.
fn said(description: &str) -> String {
    let words = description
        .split_once("info: Some(\"")
        .or_else(|| description.split_once("information: Some(\""))
        .and_then(|(_, rest)| rest.rsplit_once("\")"))
        .map_or(description, |(words, _)| words);
    shortened(words)
}

fn shortened(words: &str) -> String {
    words.chars().filter(|character| !character.is_control()).take(WORDS_MAX).collect()
}

/// A byte stream to a server, with or without TLS.
pub(super) trait Wire: AsyncRead + AsyncWrite + Unpin + Send + fmt::Debug {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send + fmt::Debug> Wire for T {}

/// A session of the client library over any wire.
pub(super) type Session = async_imap::Session<Box<dyn Wire>>;

/// A message that waits in a folder.
#[derive(Debug, Clone, Copy)]
pub(super) struct Outline {
    pub(super) uid: u32,
    pub(super) bytes: u64,
}

/// A message, or its header section, as the server gave it.
pub(super) struct Fetched {
    pub(super) uid: u32,
    pub(super) internal_at: Option<Timestamp>,
    pub(super) bytes: Vec<u8>,
}

/// What a FETCH asks for, and how long the answer may take.
struct Question {
    doing: &'static str,
    items: &'static str,
    limit: Duration,
}

/// A folder as it was when it was opened.
#[derive(Debug, Clone, Copy)]
pub(super) struct Opened {
    pub(super) uid_validity: u32,
    pub(super) uid_last: u32,
    pub(super) messages: u32,
}

/// Why waiting ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wake {
    /// The server said that something changed.
    News,
    /// It is time to look.
    Time,
    /// The daemon shuts down.
    Shutdown,
}

/// A connection that is logged in.
pub(super) struct Link {
    session: Session,
    capabilities: Capabilities,
    prefix: String,
    delimiter: String,
    settings: ImapSettings,
}

impl Link {
    /// Asks a fresh session what the server can do and where its folders are.
    pub(super) async fn new(
        mut session: Session,
        settings: &ImapSettings,
    ) -> Result<Self, DoorError> {
        let limit = settings.answer_span(0);
        let capabilities = answered("CAPABILITY", limit, session.capabilities()).await?;
        let (prefix, delimiter) = if capabilities.has_str("NAMESPACE") {
            timeout(limit, personal_namespace(&mut session))
                .await
                .map_err(|_elapsed| DoorError::Silent { doing: "NAMESPACE" })??
        } else {
            (String::new(), answered("LIST", limit, delimiter(&mut session)).await?)
        };
        Ok(Self { session, capabilities, prefix, delimiter, settings: settings.clone() })
    }

    /// A folder's name as this server wants it: in its namespace, in modified UTF-7.
    pub(super) fn mailbox(&self, folder: &str) -> String {
        let is_inbox = folder.eq_ignore_ascii_case("INBOX");
        if is_inbox || (!self.prefix.is_empty() && folder.starts_with(&self.prefix)) {
            return imap_name::encode(folder);
        }
        imap_name::encode(&format!("{}{folder}", self.prefix))
    }

    /// Makes the folder unless it is there, and gives its name.
    ///
    /// A server that tells no namespace and refuses the name gets it below INBOX.
    pub(super) async fn ensure(&mut self, folder: &str) -> Result<String, DoorError> {
        let plain = self.mailbox(folder);
        let below = imap_name::encode(&format!("INBOX{}{folder}", self.delimiter));
        let mut refusal = None;
        for name in [plain, below] {
            if self.has(&name).await? {
                return Ok(name);
            }
            let limit = self.settings.answer_span(0);
            match answered("CREATE", limit, self.session.create(&name)).await {
                Ok(()) => {
                    // A folder that nobody subscribed to is a folder all the same.
                    if let Err(error) =
                        answered("SUBSCRIBE", limit, self.session.subscribe(&name)).await
                        && !matches!(error, DoorError::Refused { .. })
                    {
                        return Err(error);
                    }
                    return Ok(name);
                }
                Err(error @ DoorError::Refused { .. }) => refusal = refusal.or(Some(error)),
                Err(error) => return Err(error),
            }
        }
        Err(refusal.unwrap_or(DoorError::Unreadable { doing: "CREATE" }))
    }

    async fn has(&mut self, name: &str) -> Result<bool, DoorError> {
        let limit = self.settings.answer_span(0);
        match answered("STATUS", limit, self.session.status(name, "(MESSAGES)")).await {
            Ok(_) => Ok(true),
            Err(DoorError::Refused { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Opens a folder for reading and moving.
    pub(super) async fn select(&mut self, folder: &str) -> Result<Opened, DoorError> {
        let (name, limit) = (self.mailbox(folder), self.settings.answer_span(0));
        let found = answered("SELECT", limit, self.session.select(name)).await?;
        self.opened("SELECT", &found).await
    }

    /// Opens a folder for reading only.
    pub(super) async fn examine(&mut self, folder: &str) -> Result<Opened, DoorError> {
        let (name, limit) = (self.mailbox(folder), self.settings.answer_span(0));
        let found = answered("EXAMINE", limit, self.session.examine(name)).await?;
        self.opened("EXAMINE", &found).await
    }

    async fn opened(
        &mut self,
        doing: &'static str,
        found: &async_imap::types::Mailbox,
    ) -> Result<Opened, DoorError> {
        let uid_validity = found.uid_validity.ok_or(DoorError::Unreadable { doing })?;
        let uid_last = match found.uid_next {
            Some(uid) => uid.saturating_sub(1),
            // UIDNEXT may be left out (RFC 3501 section 6.3.1): then the last message tells.
            None => self.search("1:*").await?.last().copied().unwrap_or(0),
        };
        Ok(Opened { uid_validity, uid_last, messages: found.exists })
    }

    /// The UIDs of a set that are there, ascending.
    pub(super) async fn search(&mut self, set: &str) -> Result<Vec<u32>, DoorError> {
        let limit = self.settings.answer_span(0);
        let query = format!("UID {set}");
        let found = answered("SEARCH", limit, self.session.uid_search(query)).await?;
        let mut uids: Vec<u32> = found.into_iter().collect();
        uids.sort_unstable();
        Ok(uids)
    }

    /// Those of these messages that are there.
    pub(super) async fn search_among(&mut self, uids: &[u32]) -> Result<Vec<u32>, DoorError> {
        if uids.is_empty() {
            return Ok(Vec::new());
        }
        self.search(&set_of(uids)).await
    }

    /// The UIDs from this one on, ascending. (`9:*` also names a last message below 9.)
    pub(super) async fn search_from(&mut self, uid: u32) -> Result<Vec<u32>, DoorError> {
        let mut uids = self.search(&format!("{uid}:*")).await?;
        uids.retain(|found| *found >= uid);
        Ok(uids)
    }

    /// How large these messages are, ascending by UID; what is gone is missing.
    pub(super) async fn outlines(&mut self, uids: &[u32]) -> Result<Vec<Outline>, DoorError> {
        let limit = self.settings.answer_span(0);
        let question = Question { doing: "FETCH of sizes", items: "(UID RFC822.SIZE)", limit };
        let found = self.fetch(question, uids, |fetch| Some(u64::from(fetch.size?))).await?;
        Ok(found.into_iter().map(|(uid, bytes)| Outline { uid, bytes }).collect())
    }

    /// When these messages came, ascending by UID; where the server knows no date, it is missing.
    pub(super) async fn dates(&mut self, uids: &[u32]) -> Result<Vec<(u32, Timestamp)>, DoorError> {
        let limit = self.settings.answer_span(0);
        let question = Question { doing: "FETCH of dates", items: "(UID INTERNALDATE)", limit };
        self.fetch(question, uids, internal_at).await
    }

    /// These messages, ascending by UID; their sum must fit into memory.
    pub(super) async fn messages(
        &mut self,
        uids: &[u32],
        bytes: u64,
    ) -> Result<Vec<Fetched>, DoorError> {
        let limit = self.settings.answer_span(bytes);
        let items = "(UID INTERNALDATE BODY.PEEK[])";
        let question = Question { doing: "FETCH of messages", items, limit };
        self.fetch(question, uids, |fetch| fetched(fetch, fetch.body()?)).await.map(values)
    }

    /// The header sections of these messages, ascending by UID.
    pub(super) async fn headers(&mut self, uids: &[u32]) -> Result<Vec<Fetched>, DoorError> {
        let limit = self.settings.answer_span(1 << 20);
        let items = "(UID INTERNALDATE BODY.PEEK[HEADER])";
        let question = Question { doing: "FETCH of headers", items, limit };
        self.fetch(question, uids, |fetch| fetched(fetch, fetch.header()?)).await.map(values)
    }

    /// What `read` finds in the answers that hold it. A server may tell of other messages, or of
    /// these once more because their flags changed: such answers are passed over.
    async fn fetch<T>(
        &mut self,
        Question { doing, items, limit }: Question,
        uids: &[u32],
        read: impl Fn(&Fetch) -> Option<T>,
    ) -> Result<Vec<(u32, T)>, DoorError> {
        let mut found = BTreeMap::new();
        let reading = async {
            let mut answers = self.session.uid_fetch(set_of(uids), items).await?;
            while let Some(fetch) = answers.try_next().await? {
                if let Some((uid, value)) = fetch.uid.zip(read(&fetch))
                    && uids.contains(&uid)
                {
                    found.insert(uid, value);
                }
            }
            Ok(())
        };
        answered(doing, limit, reading).await?;
        Ok(found.into_iter().collect())
    }

    /// Moves messages; those that are gone are passed over.
    ///
    /// Without MOVE they are copied, flagged and expunged; without UIDPLUS too, `EXPUNGE` also
    /// removes what somebody else flagged as deleted in this folder.
    pub(super) async fn move_to(&mut self, uids: &[u32], name: &str) -> Result<(), DoorError> {
        if uids.is_empty() {
            return Ok(());
        }
        let (set, limit) = (set_of(uids), self.settings.answer_span(0));
        if self.capabilities.has_str("MOVE") {
            return answered("MOVE", limit, self.session.uid_mv(set, name)).await;
        }
        answered("COPY", limit, self.session.uid_copy(&set, name)).await?;
        let flagging =
            async { drain(self.session.uid_store(&set, "+FLAGS.SILENT (\\Deleted)").await?).await };
        answered("STORE", limit, flagging).await?;
        let has_uid_plus = self.capabilities.has_str("UIDPLUS");
        let expunging = async {
            if has_uid_plus {
                drain(self.session.uid_expunge(&set).await?).await
            } else {
                drain(self.session.expunge().await?).await
            }
        };
        answered("EXPUNGE", limit, expunging).await
    }

    /// Forgets what the server said in passing, because the folder is about to be read.
    pub(super) fn forget_news(&self) {
        while self.session.unsolicited_responses.try_recv().is_ok() {}
    }

    /// Waits for news, for the time to look, or for the end, and proves that the server answers.
    pub(super) async fn wait(
        mut self,
        span: Duration,
        shutdown: &mut watch::Receiver<bool>,
    ) -> Result<(Self, Wake), DoorError> {
        if !self.capabilities.has_str("IDLE") {
            let wake = tokio::select! {
                () = tokio::time::sleep(span) => Wake::Time,
                () = stopped(shutdown) => Wake::Shutdown,
            };
            answered("NOOP", DONE_SPAN, self.session.noop()).await?;
            return Ok((self, wake));
        }
        let news = self.session.unsolicited_responses.clone();
        let mut idle = self.session.idle();
        answered("IDLE", DONE_SPAN, idle.init()).await?;
        let mut wake = None;
        // A mail that came between the last look and IDLE is told before IDLE begins.
        while let Ok(response) = news.try_recv() {
            if matches!(response, UnsolicitedResponse::Exists(_)) {
                wake = Some(Wake::News);
            }
        }
        let wake = match wake {
            Some(wake) => wake,
            None => {
                // The library's own span starts anew with every word; ours does not.
                let (answer, _interrupt) = idle.wait_with_timeout(span.saturating_mul(2));
                tokio::select! {
                    answer = timeout(span, answer) => match answer {
                        Ok(answer) => answer
                            .map(|_| Wake::News)
                            .map_err(|error| DoorError::new("IDLE", error))?,
                        Err(_elapsed) => Wake::Time,
                    },
                    () = stopped(shutdown) => Wake::Shutdown,
                }
            }
        };
        self.session = answered("DONE", DONE_SPAN, idle.done()).await?;
        Ok((self, wake))
    }

    /// Says goodbye; whether the server hears it does not matter.
    pub(super) async fn close(mut self) {
        if let Err(error) = answered("LOGOUT", DONE_SPAN, self.session.logout()).await {
            tracing::debug!(%error, "goodbye unheard");
        }
    }
}

fn fetched(fetch: &Fetch, bytes: &[u8]) -> Option<Fetched> {
    Some(Fetched { uid: fetch.uid?, internal_at: internal_at(fetch), bytes: bytes.to_vec() })
}

fn values<T>(found: Vec<(u32, T)>) -> Vec<T> {
    found.into_iter().map(|(_, value)| value).collect()
}

fn internal_at(fetch: &Fetch) -> Option<Timestamp> {
    Timestamp::from_second(fetch.internal_date()?.timestamp()).ok()
}

async fn drain<T>(answers: impl Stream<Item = Result<T, ImapError>>) -> Result<(), ImapError> {
    answers.try_for_each(|_| std::future::ready(Ok(()))).await
}

/// Waits for an answer, but not for ever.
pub(super) async fn answered<T>(
    doing: &'static str,
    limit: Duration,
    answer: impl Future<Output = Result<T, ImapError>>,
) -> Result<T, DoorError> {
    match timeout(limit, answer).await {
        Ok(answer) => answer.map_err(|error| DoorError::new(doing, error)),
        Err(_elapsed) => Err(DoorError::Silent { doing }),
    }
}

/// Returns when the daemon shuts down.
pub(super) async fn stopped(shutdown: &mut watch::Receiver<bool>) {
    // Whoever could say so is gone: that is an end, too.
    if let Err(error) = shutdown.wait_for(|is_stopping| *is_stopping).await {
        tracing::debug!(%error, "nobody is left to stop the door");
    }
}

/// A set in the words of IMAP: `3:5,9`. The UIDs must ascend.
fn set_of(uids: &[u32]) -> String {
    let mut ranges: Vec<(u32, u32)> = Vec::new();
    for uid in uids {
        match ranges.last_mut() {
            Some((_, last)) if last.checked_add(1) == Some(*uid) => *last = *uid,
            _ => ranges.push((*uid, *uid)),
        }
    }
    let texts: Vec<String> = ranges
        .into_iter()
        .map(|(first, last)| match first == last {
            true => first.to_string(),
            false => format!("{first}:{last}"),
        })
        .collect();
    texts.join(",")
}

/// What stands between the names of a folder and its parent (RFC 3501 section 6.3.8).
async fn delimiter(session: &mut Session) -> Result<String, ImapError> {
    let mut names = session.list(None, None).await?;
    let mut found = None;
    while let Some(name) = names.try_next().await? {
        found = found.or_else(|| name.delimiter().map(str::to_owned));
    }
    Ok(found.unwrap_or_else(|| "/".to_owned()))
}

/// Prefix and delimiter of the personal namespace (RFC 2342).
///
/// The client library cannot read this answer, so the dialog is held on the wire itself; nothing
/// is selected yet, and the server has no reason to say anything else.
async fn personal_namespace(session: &mut Session) -> Result<(String, String), DoorError> {
    let doing = "NAMESPACE";
    let lost = |error: std::io::Error| DoorError::Lost { doing, words: error.to_string() };
    let wire = session.get_mut();
    wire.write_all(b"LNS NAMESPACE\r\n").await.map_err(lost)?;
    wire.flush().await.map_err(lost)?;
    let mut found = (String::new(), "/".to_owned());
    loop {
        let mut line = Vec::new();
        while !line.ends_with(b"\n") {
            if line.len() >= LINE_BYTES_MAX {
                return Err(DoorError::Unreadable { doing });
            }
            line.push(wire.read_u8().await.map_err(lost)?);
        }
        let line = String::from_utf8_lossy(&line).into_owned();
        if let Some(rest) = line.strip_prefix("* NAMESPACE ((") {
            found = first_namespace(rest).unwrap_or(found);
        } else if line.starts_with("LNS ") {
            return Ok(found);
        }
    }
}

/// Reads `"INBOX." "."` and what may follow.
fn first_namespace(text: &str) -> Option<(String, String)> {
    let mut quoted = text.split('"');
    let (before, prefix, between) = (quoted.next()?, quoted.next()?, quoted.next()?);
    let delimiter = match between.trim() {
        "" => quoted.next()?,
        _ => "",
    };
    before.trim().is_empty().then(|| (prefix.to_owned(), delimiter.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_are_written_as_ranges() {
        assert_eq!(set_of(&[3, 4, 5, 9, 11, 12]), "3:5,9,11:12");
        assert_eq!(set_of(&[u32::MAX]), "4294967295");
    }

    #[test]
    fn first_personal_namespace_is_read() {
        for (text, prefix, delimiter) in [
            ("\"INBOX.\" \".\")) NIL NIL\r\n", "INBOX.", "."),
            ("\"\" \"/\")(\"#mh/\" \"/\")) NIL NIL\r\n", "", "/"),
            ("\"\" NIL)) NIL NIL\r\n", "", ""),
        ] {
            let expected = Some((prefix.to_owned(), delimiter.to_owned()));
            assert_eq!(first_namespace(text), expected, "{text}");
        }
        assert_eq!(first_namespace("garbage"), None);
    }

    #[test]
    fn server_words_are_told_and_mails_are_not() {
        let refused = ImapError::No("code: None, info: Some(\"[AUTH] wrong\")".to_owned());
        let error = DoorError::new("LOGIN", refused);
        assert_eq!(error.to_string(), "the server refuses LOGIN: [AUTH] wrong");
        let unread = std::io::Error::other("Error during parsing of \"* 1 FETCH secret words\"");
        let error = DoorError::new("FETCH", ImapError::Io(unread));
        assert!(!error.to_string().contains("secret"), "{error}");
        assert!(!error.is_cut() && error.is_transient());
    }
}
