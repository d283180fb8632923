//! Mails as the people of the story write them, and answers as their programs make them.
//!
//! An answer is made from the mail that it answers, with nothing of the story's own knowledge:
//! it goes where `Reply-To` points, names its Message-ID and quotes its text.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::cli::demo::site::Received;
use crate::mail::{Message, Outgoing, compose};
use crate::types::{Address, Mailbox};

/// Somebody who writes mail, and how their program answers.
#[derive(Debug, Clone, Copy)]
pub(super) struct Writer {
    /// The name in `From`.
    pub(super) name: &'static str,
    /// The address in `From`.
    pub(super) address: &'static str,
    /// What the program does to the mail that is answered.
    pub(super) program: Program,
}

/// How a mail program shows what it answers.
#[derive(Debug, Clone, Copy)]
pub(super) enum Program {
    /// As Outlook does: below a rule, a header block and no quote marks, in German.
    Unmarked,
    /// Below an attribution line, every line behind `>`.
    Marked,
    /// Not at all.
    Bare,
}

/// A mail on its way to the site.
#[derive(Debug)]
pub(super) struct Letter {
    /// The reverse-path; empty for the null reverse-path.
    pub(super) from: String,
    /// The forward-path.
    pub(super) to: Address,
    /// To whom, as the author's program shows it.
    pub(super) shown: String,
    /// The message.
    pub(super) bytes: Vec<u8>,
    /// The words that were typed, without what a program put below them.
    pub(super) said: String,
}

impl Writer {
    fn mailbox(&self) -> Result<Mailbox, String> {
        let address = Address::parse(self.address).map_err(|error| error.to_string())?;
        Ok(Mailbox::new(self.name, address))
    }

    fn draft(&self, at: Timestamp, to: Mailbox, subject: &str) -> Result<Outgoing, String> {
        let from = self.mailbox()?;
        let message_id =
            format!("{}.{}@{}", at.as_second(), from.address.local(), from.address.domain());
        Ok(Outgoing {
            from,
            to,
            reply_to: None,
            subject: subject.to_owned(),
            message_id,
            in_reply_to: None,
            references: Vec::new(),
            date: at,
            fields: Vec::new(),
            text: String::new(),
            html: None,
            pictures: Vec::new(),
            attachments: Vec::new(),
        })
    }

    /// A first mail in plain text.
    pub(super) fn writes(
        &self,
        at: Timestamp,
        to: &str,
        subject: &str,
        text: &str,
    ) -> Result<Letter, String> {
        let to = Address::parse(to).map_err(|error| error.to_string())?;
        let mut outgoing = self.draft(at, Mailbox::new("", to), subject)?;
        text.clone_into(&mut outgoing.text);
        Ok(self.letter(&outgoing, text))
    }

    /// An answer to `mail`.
    pub(super) fn answers(
        &self,
        at: Timestamp,
        mail: &Received,
        text: &str,
    ) -> Result<Letter, String> {
        let answered = &mail.message;
        let to = answered.reply_to.first().or_else(|| answered.author());
        let to = to.ok_or("a mail without an author cannot be answered")?;
        let subject = match self.program {
            Program::Unmarked => prefixed("AW", &answered.subject),
            Program::Marked | Program::Bare => prefixed("Re", &answered.subject),
        };
        let mut outgoing = self.draft(at, to.clone(), &subject)?;
        outgoing.in_reply_to.clone_from(&answered.message_id);
        outgoing.references.clone_from(&answered.references);
        outgoing.references.extend(answered.message_id.clone());
        outgoing.text = format!("{text}\n{}", self.history(answered));
        Ok(self.letter(&outgoing, text))
    }

    /// What the program says by itself while its owner is away (RFC 3834): to the reverse-path,
    /// with a null one of its own.
    pub(super) fn is_away(
        &self,
        at: Timestamp,
        mail: &Received,
        text: &str,
    ) -> Result<Letter, String> {
        let answered = &mail.message;
        let back = answered.field("Return-Path").unwrap_or_default().trim_matches(['<', '>', ' ']);
        let back = Address::parse(back).map_err(|error| error.to_string())?;
        let subject = format!("Automatic reply: {}", answered.subject);
        let mut outgoing = self.draft(at, Mailbox::new("", back), &subject)?;
        outgoing.in_reply_to.clone_from(&answered.message_id);
        outgoing.fields.push(("Auto-Submitted".into(), "auto-replied".into()));
        text.clone_into(&mut outgoing.text);
        let shown = "the envelope sender of that mail".to_owned();
        Ok(Letter { from: String::new(), shown, ..self.letter(&outgoing, text) })
    }

    fn letter(&self, outgoing: &Outgoing, said: &str) -> Letter {
        Letter {
            from: self.address.to_owned(),
            to: outgoing.to.address.clone(),
            shown: match outgoing.to.name.as_str() {
                "" => outgoing.to.address.to_string(),
                name => format!("\"{name}\""),
            },
            bytes: compose(outgoing),
            said: said.to_owned(),
        }
    }

    fn history(&self, answered: &Message) -> String {
        let author = answered.author().map_or("", Mailbox::shown);
        let date = answered.date.unwrap_or_default().to_zoned(TimeZone::UTC);
        match self.program {
            Program::Bare => String::new(),
            Program::Unmarked => format!(
                "\nOutlook für Android herunterladen\n________________________________\n\
                 Von: {author}\nGesendet: {}\nAn: {}\nBetreff: {}\n\n{}",
                date.strftime("%d.%m.%Y %H:%M"),
                self.name,
                answered.subject,
                answered.text
            ),
            Program::Marked => {
                let quoted = answered.text.lines().map(|line| format!("> {line}\n"));
                let quoted: String = quoted.collect();
                format!(
                    "\nOn {}, {author} wrote:\n{quoted}",
                    date.strftime("%a, %d %b %Y at %H:%M")
                )
            }
        }
    }
}

fn prefixed(prefix: &str, subject: &str) -> String {
    let has = subject.get(..3).is_some_and(|start| start.eq_ignore_ascii_case("re:"));
    if has { subject.to_owned() } else { format!("{prefix}: {subject}") }
}

/// A mail as a telephone writes it: HTML only, no subject, no line of text.
pub(super) fn from_phone(
    writer: &Writer,
    at: Timestamp,
    to: &str,
    paragraphs: &[&str],
) -> Result<Letter, String> {
    let mailbox = writer.mailbox()?;
    let date = at.to_zoned(TimeZone::UTC).strftime("%a, %d %b %Y %H:%M:%S +0000");
    let body: String = paragraphs.iter().map(|text| format!("<div>{text}</div>\r\n")).collect();
    let head = format!(
        "From: {} <{}>\r\nTo: {to}\r\nSubject:\r\nDate: {date}\r\nMessage-ID: <{}.phone@{}>\r\n\
         MIME-Version: 1.0\r\nContent-Type: text/html; charset=utf-8\r\n\
         Content-Transfer-Encoding: 8bit\r\n\r\n",
        mailbox.name,
        mailbox.address,
        at.as_second(),
        mailbox.address.domain()
    );
    Ok(Letter {
        from: writer.address.to_owned(),
        to: Address::parse(to).map_err(|error| error.to_string())?,
        shown: to.to_owned(),
        bytes: format!("{head}{body}").into_bytes(),
        said: paragraphs.join("\n"),
    })
}
