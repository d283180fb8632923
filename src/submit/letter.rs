//! One SMTP transaction: a parcel goes over a connection that stands.
//!
//! Deliberately absent: connections (`smtp`), octets (`wire`), the meaning of replies (`reply`).

use std::time::Duration;

use lettre::address::Address as Path5321;
use lettre::transport::smtp::commands::{Data, Mail, Rcpt, Rset};
use lettre::transport::smtp::extension::{MailBodyParameter, MailParameter};
use tokio::time::timeout;

use super::reply::{Reply, Stage};
use super::wire::{Line, Offers, WireError, Written};
use super::{Outcome, Parcel};
use crate::types::Address;

/// How long the words of a server that closed in the middle of the data are awaited.
const LAST_WORDS_SPAN: Duration = Duration::from_secs(1);

/// What becomes of a connection after a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// It is fit for the next parcel.
    Keep,
    /// It is not.
    Drop,
    /// It was gone before MAIL was answered: nothing was taken.
    Stale,
}

/// A parcel in the form in which it crosses the wire.
pub(super) struct Letter<'a> {
    parcel: &'a Parcel,
    /// Dot-stuffed, with its end.
    data: Vec<u8>,
    /// Octets of the message itself, as RFC 1870 section 3 counts them.
    size: usize,
    is_ascii: bool,
    needs_utf8: bool,
}

/// The replies to MAIL, RCPT and DATA, as far as they came.
#[derive(Default)]
struct Replies {
    mail: Option<Reply>,
    rcpt: Option<Reply>,
    data: Option<Reply>,
    error: Option<WireError>,
}

impl<'a> Letter<'a> {
    pub(super) fn new(parcel: &'a Parcel) -> Self {
        let (data, size) = stuff(&parcel.bytes);
        let needs_utf8 =
            !(parcel.reverse_path_text().is_ascii() && parcel.forward_path.as_str().is_ascii());
        Self { parcel, data, size, is_ascii: parcel.bytes.is_ascii(), needs_utf8 }
    }

    /// Carries out one transaction.
    pub(super) async fn transact(&self, line: &mut Line) -> (Fate, Outcome) {
        if let Some(outcome) = self.beyond(line.offers()) {
            return (Fate::Keep, outcome);
        }
        let mut replies = self.open(line).await;
        let died = replies.error.take().map(|error| error.to_string());
        let lost = || Outcome::Transient(died.clone().unwrap_or_default());
        let Some(mail) = &replies.mail else { return (Fate::Stale, lost()) };
        if mail.is_closing() {
            return (Fate::Stale, mail.refusal(Stage::Mail));
        }
        let refusal = if !mail.is_positive() {
            mail.refusal(Stage::Mail)
        } else if let Some(rcpt) = replies.rcpt.as_ref().filter(|rcpt| !rcpt.is_positive()) {
            rcpt.refusal(Stage::Rcpt)
        } else {
            match &replies.data {
                None => return (Fate::Drop, lost()),
                Some(data) if data.has_code(354) => return self.hand_over(line).await,
                Some(data) => data.refusal(Stage::Data),
            }
        };
        if died.is_some() {
            return (Fate::Drop, refusal);
        }
        (clear(line, replies.data.as_ref()).await, refusal)
    }

    /// What the server cannot take, as it said itself.
    fn beyond(&self, offers: &Offers) -> Option<Outcome> {
        let refuse = |status: &str, reason: String| {
            Some(Outcome::Permanent { status: status.to_owned(), diagnostic: reason })
        };
        let size = u64::try_from(self.size).unwrap_or(u64::MAX);
        if let Some(limit) = offers.size_max()
            && size > limit
        {
            return refuse("5.3.4", format!("{size} octets; the server takes {limit}"));
        }
        if self.needs_utf8 && !offers.has("SMTPUTF8") {
            let reason = "the address needs SMTPUTF8, which the server does not offer";
            return refuse("5.6.7", reason.to_owned());
        }
        if !self.is_ascii && !offers.has("8BITMIME") {
            let reason = "the message needs 8BITMIME, which the server does not offer";
            return refuse("5.6.3", reason.to_owned());
        }
        None
    }

    /// MAIL, RCPT and DATA: at once where the server allows it (RFC 2920), else one by one.
    async fn open(&self, line: &mut Line) -> Replies {
        let mut replies = Replies::default();
        let offers = line.offers();
        let (mail, rcpt) = (self.mail(offers), self.rcpt());
        let result = if offers.has("PIPELINING") {
            self.open_at_once(line, &format!("{mail}{rcpt}{Data}"), &mut replies).await
        } else {
            self.open_by_steps(line, (mail, rcpt), &mut replies).await
        };
        replies.error = result.err();
        replies
    }

    async fn open_at_once(
        &self,
        line: &mut Line,
        commands: &str,
        replies: &mut Replies,
    ) -> Result<(), WireError> {
        line.send(commands).await?;
        replies.mail = Some(line.reply().await?);
        replies.rcpt = Some(line.reply().await?);
        replies.data = Some(line.reply().await?);
        Ok(())
    }

    async fn open_by_steps(
        &self,
        line: &mut Line,
        (mail, rcpt): (Mail, Rcpt),
        replies: &mut Replies,
    ) -> Result<(), WireError> {
        if !replies.mail.insert(line.command(mail).await?).is_positive() {
            return Ok(());
        }
        if !replies.rcpt.insert(line.command(rcpt).await?).is_positive() {
            return Ok(());
        }
        replies.data = Some(line.command(Data).await?);
        Ok(())
    }

    fn mail(&self, offers: &Offers) -> Mail {
        let mut parameters = Vec::new();
        if offers.has("SIZE") {
            parameters.push(MailParameter::Size(self.size));
        }
        if !self.is_ascii {
            parameters.push(MailParameter::Body(MailBodyParameter::EightBitMime));
        }
        if self.needs_utf8 {
            parameters.push(MailParameter::SmtpUtfEight);
        }
        Mail::new(self.parcel.reverse_path.as_ref().map(path_of), parameters)
    }

    fn rcpt(&self) -> Rcpt {
        Rcpt::new(path_of(&self.parcel.forward_path), Vec::new())
    }

    /// Sends the data. From its last octet on, only an answer tells what became of it.
    async fn hand_over(&self, line: &mut Line) -> (Fate, Outcome) {
        match line.send_data(&self.data).await {
            Written::Part(error) => match timeout(LAST_WORDS_SPAN, line.reply()).await {
                Ok(Ok(reply)) if !reply.is_positive() => (Fate::Drop, reply.refusal(Stage::Data)),
                _ => (Fate::Drop, Outcome::Transient(error.to_string())),
            },
            Written::Whole => match line.reply_to_end().await {
                Ok(reply) if reply.is_positive() => (Fate::Keep, Outcome::Sent(reply.words())),
                Ok(reply) if reply.is_closing() => (Fate::Drop, reply.refusal(Stage::Data)),
                Ok(reply) => (Fate::Keep, reply.refusal(Stage::Data)),
                Err(error) => (Fate::Drop, Outcome::Uncertain(error.to_string())),
            },
        }
    }
}

/// Makes a connection fit for the next transaction after a refusal.
async fn clear(line: &mut Line, data: Option<&Reply>) -> Fate {
    let is_open = data.is_some_and(|data| data.has_code(354));
    let result = if is_open {
        // DATA was sent along and granted without a recipient: an empty message ends it
        // (RFC 2920 section 3.1). What comes in answer concerns nobody.
        line.command(".\r\n").await.map(|_| true)
    } else {
        line.command(Rset).await.map(|reply| reply.is_positive())
    };
    if matches!(result, Ok(true)) { Fate::Keep } else { Fate::Drop }
}

/// Our addresses were checked when they were parsed; another check could only refuse good ones.
fn path_of(address: &Address) -> Path5321 {
    Path5321::new_dangerous(address.local(), address.domain())
}

/// The data with doubled dots and its end (RFC 5321 section 4.5.2), and the size before that.
///
/// A bare CR or LF becomes CRLF: it must not be sent (section 2.3.8), and around a dot one server
/// may take it for the end of the data where another does not.
fn stuff(message: &[u8]) -> (Vec<u8>, usize) {
    let mut data = Vec::with_capacity(message.len() + message.len() / 32 + 16);
    let mut size = 0;
    let mut rest = message;
    while !rest.is_empty() {
        let end = rest.iter().position(|byte| matches!(byte, b'\r' | b'\n'));
        let (text, behind) =
            rest.split_at_checked(end.unwrap_or(rest.len())).unwrap_or((rest, &[]));
        if text.first() == Some(&b'.') {
            data.push(b'.');
        }
        data.extend_from_slice(text);
        data.extend_from_slice(b"\r\n");
        size += text.len() + 2;
        rest = behind
            .strip_prefix(b"\r\n")
            .or_else(|| behind.strip_prefix(b"\r"))
            .or_else(|| behind.strip_prefix(b"\n"))
            .unwrap_or_default();
    }
    data.extend_from_slice(b".\r\n");
    (data, size)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_line_of_the_data_is_its_end() {
        for (message, data, size) in [
            ("", ".\r\n", 0),
            ("a", "a\r\n.\r\n", 3),
            (".\r\n", "..\r\n.\r\n", 3),
            ("a\r\n.b\r\n", "a\r\n..b\r\n.\r\n", 7),
            ("a\n.\nb\r.\rc", "a\r\n..\r\nb\r\n..\r\nc\r\n.\r\n", 15),
            ("a\r\r\n\n", "a\r\n\r\n\r\n.\r\n", 7),
        ] {
            let (found, found_size) = stuff(message.as_bytes());
            assert_eq!(String::from_utf8(found).unwrap(), data, "{message:?}");
            assert_eq!(found_size, size, "{message:?}");
        }
    }
}
