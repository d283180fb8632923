//! Questions and answers of the IMAP dialog, one at a time.
//!
//! The client library takes the end of a connection for the end of an answer where it reads SEARCH
//! and FETCH: a cut connection would look like an empty folder. So these are read here, to the
//! tagged line that ends them.
//! Deliberately absent: deciding what to ask (`imap_session.rs`).

use std::fmt;
use std::future::Future;
use std::time::Duration;

use async_imap::error::Error as ImapError;
use async_imap::imap_proto::{
    AttributeValue, MailboxDatum, MessageSection, Response, SectionPath, Status,
};
use futures_util::TryStreamExt;
use jiff::Timestamp;
use jiff::fmt::strtime;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::timeout;

use super::imap_error::DoorError;

/// The longest line that a server may answer to NAMESPACE.
const LINE_BYTES_MAX: usize = 8 << 10;

/// A byte stream to a server, with or without TLS.
pub(super) trait Wire: AsyncRead + AsyncWrite + Unpin + Send + fmt::Debug {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send + fmt::Debug> Wire for T {}

/// A session of the client library over any wire.
pub(super) type Session = async_imap::Session<Box<dyn Wire>>;

/// What an answer tells, beside what was asked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Aside {
    /// The server said how many messages there are: perhaps more than a moment ago.
    pub(super) has_news: bool,
}

/// Asks, reads every answer, and comes back with the tagged line that ends them.
pub(super) async fn ask(
    session: &mut Session,
    command: &str,
    mut read: impl FnMut(&Response<'_>),
) -> Result<Aside, ImapError> {
    let mut aside = Aside::default();
    let asked = session.run_command(command).await?;
    while let Some(answer) = session.read_response().await? {
        match answer.parsed() {
            Response::Done { tag, status, outcome } if *tag == asked => {
                let words = outcome.information.as_deref().unwrap_or_default().to_owned();
                return match status {
                    Status::Ok => Ok(aside),
                    Status::No => Err(ImapError::No(words)),
                    _ => Err(ImapError::Bad(words)),
                };
            }
            Response::MailboxData(MailboxDatum::Exists(_)) => aside.has_news = true,
            other => read(other),
        }
    }
    Err(ImapError::ConnectionLost)
}

/// The numbers of an answer to SEARCH.
pub(super) fn searched<'a>(answer: &'a Response<'_>) -> &'a [u32] {
    match answer {
        Response::MailboxData(MailboxDatum::Search(uids)) => uids,
        _ => &[],
    }
}

/// What an answer to FETCH tells of one message. Octets are there only if they were asked for.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Fetched {
    pub(super) uid: u32,
    pub(super) size: Option<u64>,
    pub(super) internal_at: Option<Timestamp>,
    pub(super) bytes: Option<Vec<u8>>,
}

/// Reads one answer to FETCH, if it is one and says of which message.
pub(super) fn fetched(answer: &Response<'_>) -> Option<Fetched> {
    let Response::Fetch(_, attributes) = answer else { return None };
    let (mut found, mut has_uid) = (Fetched::default(), false);
    for attribute in attributes {
        match attribute {
            AttributeValue::Uid(uid) => (found.uid, has_uid) = (*uid, true),
            AttributeValue::Rfc822Size(size) => found.size = Some(u64::from(*size)),
            AttributeValue::InternalDate(text) => found.internal_at = internal_date(text),
            AttributeValue::BodySection {
                section: None | Some(SectionPath::Full(MessageSection::Header)),
                data: Some(bytes),
                ..
            } => found.bytes = Some(bytes.to_vec()),
            _ => {}
        }
    }
    has_uid.then_some(found)
}

/// Reads ` 7-Nov-2026 10:00:00 +0100` (RFC 3501 section 9, `date-time`).
fn internal_date(text: &str) -> Option<Timestamp> {
    strtime::parse("%d-%b-%Y %H:%M:%S %z", text.trim_start()).ok()?.to_timestamp().ok()
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

/// A set in the words of IMAP: `3:5,9`. The UIDs must ascend.
pub(super) fn set_of(uids: &[u32]) -> String {
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
pub(super) async fn delimiter(session: &mut Session) -> Result<String, ImapError> {
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
pub(super) async fn personal_namespace(
    session: &mut Session,
) -> Result<(String, String), DoorError> {
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
    fn dates_of_arrival_are_read() {
        let at = Some("2026-11-07T09:00:00Z".parse().unwrap());
        assert_eq!(internal_date(" 7-Nov-2026 10:00:00 +0100"), at);
        assert_eq!(internal_date("07-Nov-2026 04:30:00 -0430"), at);
        assert_eq!(internal_date("soon"), None);
    }

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
}
