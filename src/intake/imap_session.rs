//! One connection to an IMAP server: opened, logged in, asked with a deadline for every answer.
//!
//! Standards: RFC 3501; IDLE (2177), NAMESPACE (2342), MOVE (6851), UIDPLUS (4315), TLS (8314).
//! Deliberately absent: going on after an answer that made no sense. Every error ends the
//! connection, and the next one finds out by UID what is still to be done. No ESEARCH, NOTIFY or
//! QRESYNC: the client library gives up on their answers.

use std::collections::BTreeMap;
use std::time::Duration;

use async_imap::error::Error as ImapError;
use async_imap::types::{Capabilities, UnsolicitedResponse};
use jiff::Timestamp;
use tokio::sync::watch;
use tokio::time::timeout;

use super::imap_answer::{
    Fetched, Session, answered, ask, delimiter, fetched, personal_namespace, searched, set_of,
};
use super::imap_error::DoorError;
use super::imap_name;
use super::imap_settings::ImapSettings;

/// How long the end of an IDLE may take: longer, and the connection is dead.
const DONE_SPAN: Duration = Duration::from_secs(15);

/// A message that waits in a folder.
#[derive(Debug, Clone, Copy)]
pub(super) struct Outline {
    pub(super) uid: u32,
    pub(super) bytes: u64,
}

/// A message, or its header section, as the server gave it.
pub(super) struct Letter {
    pub(super) uid: u32,
    pub(super) internal_at: Option<Timestamp>,
    pub(super) bytes: Vec<u8>,
}

impl Letter {
    fn new(found: Fetched) -> Option<Self> {
        Some(Self { uid: found.uid, internal_at: found.internal_at, bytes: found.bytes? })
    }
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
    has_news: bool,
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
        let settings = settings.clone();
        Ok(Self { session, capabilities, prefix, delimiter, settings, has_news: false })
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
        let mut uids = Vec::new();
        let command = format!("UID SEARCH UID {set}");
        let limit = self.settings.answer_span(0);
        let answer = ask(&mut self.session, &command, |answer| uids.extend(searched(answer)));
        let aside = answered("SEARCH", limit, answer).await?;
        self.has_news |= aside.has_news;
        uids.sort_unstable();
        uids.dedup();
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
        let found = self.fetch(uids, "(UID RFC822.SIZE)", 0).await?;
        let outline = |found: Fetched| Some(Outline { uid: found.uid, bytes: found.size? });
        Ok(found.into_iter().filter_map(outline).collect())
    }

    /// When these messages came, ascending by UID; where the server knows no date, it is missing.
    pub(super) async fn dates(&mut self, uids: &[u32]) -> Result<Vec<(u32, Timestamp)>, DoorError> {
        let found = self.fetch(uids, "(UID INTERNALDATE)", 0).await?;
        Ok(found.into_iter().filter_map(|found| Some((found.uid, found.internal_at?))).collect())
    }

    /// These messages, ascending by UID; their sum must fit into memory.
    pub(super) async fn messages(
        &mut self,
        uids: &[u32],
        bytes: u64,
    ) -> Result<Vec<Letter>, DoorError> {
        let found = self.fetch(uids, "(UID INTERNALDATE BODY.PEEK[])", bytes).await?;
        Ok(found.into_iter().filter_map(Letter::new).collect())
    }

    /// The header sections of these messages, ascending by UID.
    pub(super) async fn headers(&mut self, uids: &[u32]) -> Result<Vec<Letter>, DoorError> {
        let found = self.fetch(uids, "(UID INTERNALDATE BODY.PEEK[HEADER])", 1 << 20).await?;
        Ok(found.into_iter().filter_map(Letter::new).collect())
    }

    /// What the server tells of these messages. It may tell of others, or of these once more
    /// because their flags changed: the later answer adds to the earlier.
    ///
    /// NO is an answer, too: some of the messages are gone, and the others may have come.
    async fn fetch(
        &mut self,
        uids: &[u32],
        items: &str,
        bytes: u64,
    ) -> Result<Vec<Fetched>, DoorError> {
        let mut found: BTreeMap<u32, Fetched> = BTreeMap::new();
        let command = format!("UID FETCH {} {items}", set_of(uids));
        let limit = self.settings.answer_span(bytes);
        let answer = ask(&mut self.session, &command, |answer| {
            if let Some(more) = fetched(answer)
                && uids.contains(&more.uid)
            {
                let one = found.entry(more.uid).or_default();
                one.uid = more.uid;
                one.size = more.size.or(one.size);
                one.internal_at = more.internal_at.or(one.internal_at);
                one.bytes = more.bytes.or_else(|| one.bytes.take());
            }
        });
        match timeout(limit, answer).await {
            Ok(Ok(aside)) => self.has_news |= aside.has_news,
            Ok(Err(ImapError::No(words))) => tracing::debug!(words, "FETCH answered in part"),
            Ok(Err(error)) => return Err(DoorError::new("FETCH", error)),
            Err(_elapsed) => return Err(DoorError::Silent { doing: "FETCH" }),
        }
        Ok(found.into_values().collect())
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
        let flag = format!("UID STORE {set} +FLAGS.SILENT (\\Deleted)");
        answered("STORE", limit, ask(&mut self.session, &flag, |_| ())).await?;
        let expunge = match self.capabilities.has_str("UIDPLUS") {
            true => format!("UID EXPUNGE {set}"),
            false => "EXPUNGE".to_owned(),
        };
        answered("EXPUNGE", limit, ask(&mut self.session, &expunge, |_| ())).await?;
        Ok(())
    }

    /// Forgets what the server said in passing, because the folder is about to be read.
    pub(super) fn forget_news(&mut self) {
        self.has_news = false;
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
        let mut wake = self.has_news.then_some(Wake::News);
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

/// Returns when the daemon shuts down.
pub(super) async fn stopped(shutdown: &mut watch::Receiver<bool>) {
    // Whoever could say so is gone: that is an end, too.
    if let Err(error) = shutdown.wait_for(|is_stopping| *is_stopping).await {
        tracing::debug!(%error, "nobody is left to stop the door");
    }
}
