//! The settings of an IMAP door, and every problem that can be seen without a server.
//!
//! Deliberately absent: reading the file they stand in (`config`), passwords: they stand in a file
//! of their own or come from a program, and are read anew at each login.

use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use jiff::SignedDuration;
use serde::Deserialize;

/// The longest time that an IDLE is left alone: middle boxes forget silent connections.
const IDLE_SPAN_MAX: SignedDuration = SignedDuration::from_mins(5);

/// How the connection is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tls {
    /// TLS from the first byte (RFC 8314), port 993.
    #[default]
    Implicit,
    /// TLS after `STARTTLS`, port 143. A server that does not offer it is not used.
    Starttls,
    /// No TLS, port 143; for this machine only.
    None,
}

/// What happens to mail that lay in the folder before lotse came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Backlog {
    /// It stays untouched.
    #[default]
    Leave,
    /// It is taken, marked so that it causes no automatic mail.
    Take,
}

/// One mailbox to read.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImapSettings {
    /// The server's name or address; its certificate must be for this.
    pub host: String,
    /// The port; without one, what [`Tls`] says.
    pub port: Option<u16>,
    /// How the connection is protected.
    #[serde(default)]
    pub tls: Tls,
    /// Certificates (PEM) to trust instead of the machine's.
    pub ca_file: Option<PathBuf>,
    /// The login name.
    pub user: String,
    /// A file whose first line is the password.
    pub password_file: Option<PathBuf>,
    /// A program and its arguments that print an access token for XOAUTH2.
    pub token_command: Option<Vec<String>>,
    /// The name in log and `trace`; without one it is made of login name and folder.
    pub name: Option<String>,
    /// The folder to read.
    #[serde(default = "inbox")]
    pub folder: String,
    /// Where taken mail goes.
    #[serde(default = "done")]
    pub done: String,
    /// Where mail goes that could not be fetched.
    #[serde(default = "failed")]
    pub failed: String,
    /// What happens to mail that lay in the folder before.
    #[serde(default)]
    pub backlog: Backlog,
    /// A folder that is read and left as it is: only what carries a key of ours is taken.
    pub junk: Option<String>,
    /// Header fields that tell the recipient; only the topmost of each name counts.
    #[serde(default = "recipient_fields")]
    pub recipient_fields: Vec<String>,
    /// How often the folder is looked at, whatever IDLE says.
    #[serde(default = "poll_span")]
    pub poll_span: SignedDuration,
    /// How long one IDLE lasts at most; never more than 5 minutes.
    #[serde(default = "idle_span")]
    pub idle_span: SignedDuration,
    /// How long a server may take to answer, beside the time that the octets need.
    #[serde(default = "answer_span")]
    pub answer_span: SignedDuration,
    /// The wait before the first new try; it doubles with each failure up to a minute.
    #[serde(default = "retry_span")]
    pub retry_span: SignedDuration,
    /// After how long without a word from the server the alarm is raised.
    #[serde(default = "alarm_span")]
    pub alarm_span: SignedDuration,
    /// The largest message that is taken, in octets; a larger one goes to the failed folder.
    #[serde(default = "message_bytes_max")]
    pub message_bytes_max: u64,
}

fn inbox() -> String {
    "INBOX".to_owned()
}

fn done() -> String {
    "Done".to_owned()
}

fn failed() -> String {
    "Failed".to_owned()
}

fn recipient_fields() -> Vec<String> {
    ["Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To"].map(str::to_owned).to_vec()
}

const fn poll_span() -> SignedDuration {
    SignedDuration::from_secs(60)
}

const fn idle_span() -> SignedDuration {
    IDLE_SPAN_MAX
}

const fn answer_span() -> SignedDuration {
    SignedDuration::from_secs(30)
}

const fn retry_span() -> SignedDuration {
    SignedDuration::from_secs(5)
}

const fn alarm_span() -> SignedDuration {
    SignedDuration::from_mins(5)
}

const fn message_bytes_max() -> u64 {
    64 << 20
}

impl ImapSettings {
    /// The port to connect to.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port.unwrap_or(match self.tls {
            Tls::Implicit => 993,
            Tls::Starttls | Tls::None => 143,
        })
    }

    /// The door's name in log and `trace`: the same whatever other doors there are.
    #[must_use]
    pub fn door(&self) -> String {
        self.name.clone().unwrap_or_else(|| self.named(&self.folder))
    }

    /// The name of what comes from another folder of this mailbox.
    pub(super) fn door_of(&self, folder: &str) -> String {
        self.name.as_ref().map_or_else(|| self.named(folder), |name| format!("{name}/{folder}"))
    }

    fn named(&self, folder: &str) -> String {
        format!("imap:{}/{folder}", self.user)
    }

    /// What distinguishes a folder of this mailbox from all others.
    pub(super) fn key(&self, folder: &str) -> String {
        format!("{}@{}:{}/{folder}", self.user, self.host, self.port())
    }

    /// How long to wait for mail before looking anyway.
    pub(super) fn watch_span(&self) -> Duration {
        unsigned(self.poll_span.min(self.idle_span).min(IDLE_SPAN_MAX))
    }

    /// How long a server may take for an answer of this many octets: 16 KiB a second are a link
    /// on which a mailbox can be read at all.
    pub(super) fn answer_span(&self, bytes: u64) -> Duration {
        unsigned(self.answer_span).saturating_add(Duration::from_secs(bytes >> 14))
    }

    /// Every problem with its remedy; none means that only the server can say more.
    #[must_use]
    pub fn check(&self) -> Vec<String> {
        let mut problems = Vec::new();
        self.check_connection(&mut problems);
        self.check_folders(&mut problems);
        self.check_rest(&mut problems);
        problems
    }

    fn check_connection(&self, problems: &mut Vec<String>) {
        if self.host.trim().is_empty() {
            problems.push("host is empty: name the IMAP server".to_owned());
        }
        if self.tls == Tls::None && !is_loopback(&self.host) {
            problems.push(format!(
                "tls = \"none\" would send the password to {} in the clear: use \"implicit\" or \
                 \"starttls\"; \"none\" is for 127.0.0.1, ::1 and localhost",
                self.host
            ));
        }
        if self.user.is_empty() || self.user.chars().any(char::is_control) {
            problems.push("user is no login name: write it as the server knows it".to_owned());
        }
        match (&self.password_file, &self.token_command) {
            (None, None) => problems.push(
                "neither password_file nor token_command is given: lotse needs one to log in"
                    .to_owned(),
            ),
            (Some(_), Some(_)) => problems.push(
                "password_file and token_command are both given: keep the one to log in with"
                    .to_owned(),
            ),
            (None, Some(words)) if words.is_empty() => problems
                .push("token_command is empty: name the program and its arguments".to_owned()),
            _ => {}
        }
    }

    fn check_folders(&self, problems: &mut Vec<String>) {
        let named = [
            ("folder", Some(&self.folder)),
            ("done", Some(&self.done)),
            ("failed", Some(&self.failed)),
            ("junk", self.junk.as_ref()),
        ];
        let mut seen: Vec<(&str, String)> = Vec::new();
        for (setting, name) in named {
            let Some(name) = name else { continue };
            if name.is_empty() || name.chars().any(char::is_control) {
                problems.push(format!("{setting} is no folder name: write one without line ends"));
            }
            let folded = name.to_lowercase();
            if let Some((other, _)) = seen.iter().find(|(_, taken)| *taken == folded) {
                problems.push(format!(
                    "{setting} and {other} are both \"{name}\": mail would go round in circles; \
                     give each a folder of its own"
                ));
            }
            seen.push((setting, folded));
        }
    }

    fn check_rest(&self, problems: &mut Vec<String>) {
        for field in &self.recipient_fields {
            if field.is_empty()
                || !field.bytes().all(|byte| byte.is_ascii_graphic() && byte != b':')
            {
                problems.push(format!(
                    "recipient_fields holds \"{field}\", which is no header field: write its name \
                     without the colon"
                ));
            }
        }
        if self.name.as_ref().is_some_and(|name| name.is_empty() || name.contains(char::is_control))
        {
            problems.push("name is empty or no word: write one such as \"imap\"".to_owned());
        }
        for (setting, span) in [
            ("poll_span", self.poll_span),
            ("idle_span", self.idle_span),
            ("answer_span", self.answer_span),
            ("retry_span", self.retry_span),
            ("alarm_span", self.alarm_span),
        ] {
            if span <= SignedDuration::ZERO {
                problems.push(format!("{setting} is not longer than nothing: write \"60 s\""));
            }
        }
        if self.idle_span > IDLE_SPAN_MAX {
            problems.push(
                "idle_span is over 5 minutes: a connection may die unseen; write \"5 min\" or less"
                    .to_owned(),
            );
        }
        if self.message_bytes_max == 0 {
            problems.push("message_bytes_max is 0: no message would be taken".to_owned());
        }
    }
}

/// The span without its sign; settings hold none that is negative.
pub(super) fn unsigned(span: SignedDuration) -> Duration {
    Duration::try_from(span).unwrap_or_default()
}

fn is_loopback(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost")
        || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(text: &str) -> ImapSettings {
        toml::from_str(text).unwrap()
    }

    #[test]
    fn defaults_are_the_documented_ones() {
        let door = settings("host = \"imap.example\"\nuser = \"desk\"\npassword_file = \"p\"");
        assert_eq!((door.tls, door.port()), (Tls::Implicit, 993));
        assert_eq!((door.folder.as_str(), door.done.as_str()), ("INBOX", "Done"));
        assert_eq!((door.failed.as_str(), door.backlog), ("Failed", Backlog::Leave));
        assert_eq!(door.watch_span(), Duration::from_secs(60));
        assert_eq!(door.check(), Vec::<String>::new());
    }

    #[test]
    fn every_mistake_is_named_with_its_remedy() {
        let base = "host = \"h.example\"\nuser = \"desk\"\npassword_file = \"p\"\n";
        for (text, said) in [
            (format!("{base}tls = \"none\""), "in the clear"),
            (format!("{base}token_command = [\"token\"]"), "both given"),
            ("host = \"h.example\"\nuser = \"desk\"".to_owned(), "neither"),
            ("host = \"\"\nuser = \"u\"\npassword_file = \"p\"".to_owned(), "host is empty"),
            ("host = \"h\"\nuser = \"\"\npassword_file = \"p\"".to_owned(), "no login name"),
            ("host = \"h\"\nuser = \"u\"\ntoken_command = []".to_owned(), "token_command is empty"),
            (format!("{base}done = \"inbox\""), "round in circles"),
            (format!("{base}junk = \"Failed\""), "round in circles"),
            (format!("{base}done = \"a\\nb\""), "no folder name"),
            (format!("{base}recipient_fields = [\"To:\"]"), "without the colon"),
            (format!("{base}idle_span = \"29 min\""), "over 5 minutes"),
            (format!("{base}poll_span = \"0 s\""), "not longer than nothing"),
            (format!("{base}message_bytes_max = 0"), "no message would be taken"),
        ] {
            let problems = settings(&text).check();
            assert_eq!(problems.len(), 1, "{text}: {problems:?}");
            assert!(problems.concat().contains(said), "{text}: {problems:?}");
        }
        assert!(settings(&format!("{base}tls = \"starttls\"")).check().is_empty());
        let here = base.replace("h.example", "::1");
        assert!(settings(&format!("{here}tls = \"none\"")).check().is_empty());
    }
}
