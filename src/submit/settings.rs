//! The `[submit]` table of `lotse.toml`.
//!
//! Deliberately absent: line numbers of problems (`config` knows the file), a look at the server.

use std::net::IpAddr;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// Where the maildir lies if nothing else is said.
pub const MAILDIR_PATH: &str = "outgoing";
/// The program if nothing else is said.
pub const SENDMAIL_PROGRAM: &str = "/usr/sbin/sendmail";
/// Connections, or programs, at once if nothing else is said.
pub const CONNECTIONS: u16 = 4;
/// The most that may be set: more is taken for an attack by the servers of hosters.
pub const CONNECTIONS_MAX: u16 = 256;

/// How mail leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Into a folder; nothing leaves the machine.
    Maildir,
    /// To a submission server (RFC 6409).
    Smtp,
    /// To a program beside us.
    Sendmail,
}

/// How the connection to the submission server is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "lowercase")]
pub enum Tls {
    /// TLS from the first octet (RFC 8314), port 465.
    #[default]
    Implicit,
    /// TLS by STARTTLS (RFC 3207), port 587; without it nothing is sent.
    StartTls,
    /// None, port 25: only to this machine.
    None,
}

/// The `[submit]` table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SubmitSettings {
    /// How mail leaves.
    pub kind: Kind,
    /// `maildir`: the folder, `outgoing` if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<PathBuf>,
    /// `smtp`: name or IP address of the server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// `smtp`: the port; if absent, what is usual for `tls`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    /// `smtp`: protection of the connection, implicit TLS if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tls: Option<Tls>,
    /// `smtp`: who logs in; nobody if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// `smtp`: the file with the password; read at each connection, so that it may change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password_file: Option<PathBuf>,
    /// `smtp`: certificate authorities (PEM) instead of the machine's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca_file: Option<PathBuf>,
    /// `smtp`: the name said in EHLO; `config` fills in the site's domain, else `localhost`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub helo: Option<String>,
    /// `sendmail`: the program, `/usr/sbin/sendmail` if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub program: Option<PathBuf>,
    /// `smtp` and `sendmail`: how many parcels leave at once, 4 if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connections: Option<u16>,
    /// Parcels a day for the whole site; 0 is no bound. The outbox keeps it.
    #[serde(default)]
    pub per_day: u32,
    /// Parcels an hour for the whole site; 0 is no bound. The outbox keeps it.
    #[serde(default)]
    pub per_hour: u32,
    /// Octets that a mail may have: what the way out takes. What is bigger is not queued.
    #[serde(default = "message_bytes_max")]
    pub message_bytes_max: u64,
}

/// 25 MiB, as most servers take.
const fn message_bytes_max() -> u64 {
    26_214_400
}

impl Default for SubmitSettings {
    fn default() -> Self {
        Self::new(Kind::Maildir)
    }
}

impl SubmitSettings {
    /// The settings of a kind with nothing else said.
    #[must_use]
    pub const fn new(kind: Kind) -> Self {
        Self {
            kind,
            path: None,
            host: None,
            port: None,
            tls: None,
            user: None,
            password_file: None,
            ca_file: None,
            helo: None,
            program: None,
            connections: None,
            per_day: 0,
            per_hour: 0,
            message_bytes_max: message_bytes_max(),
        }
    }

    /// Every problem of the settings, one sentence each; none if they can be opened.
    #[must_use]
    pub fn check(&self) -> Vec<String> {
        let mut problems = self.strays();
        if let Some(connections) = self.connections
            && !(1..=CONNECTIONS_MAX).contains(&connections)
        {
            problems.push(format!(
                "`connections` is {connections}; it must lie between 1 and {CONNECTIONS_MAX}"
            ));
        }
        if self.kind == Kind::Smtp {
            self.check_smtp(&mut problems);
        }
        problems
    }

    /// The port of the server.
    #[must_use]
    pub fn port_or_usual(&self) -> u16 {
        match (self.port, self.tls.unwrap_or_default()) {
            (Some(port), _) => port,
            (None, Tls::Implicit) => 465,
            (None, Tls::StartTls) => 587,
            (None, Tls::None) => 25,
        }
    }

    /// How many parcels leave at once.
    #[must_use]
    pub fn connections_or_usual(&self) -> usize {
        usize::from(self.connections.unwrap_or(CONNECTIONS))
    }

    /// Keys that have no meaning for the kind: set by mistake, or the kind is the mistake.
    fn strays(&self) -> Vec<String> {
        let keys = [
            ("path", self.path.is_some(), &[Kind::Maildir] as &[Kind]),
            ("host", self.host.is_some(), &[Kind::Smtp]),
            ("port", self.port.is_some(), &[Kind::Smtp]),
            ("tls", self.tls.is_some(), &[Kind::Smtp]),
            ("user", self.user.is_some(), &[Kind::Smtp]),
            ("password_file", self.password_file.is_some(), &[Kind::Smtp]),
            ("ca_file", self.ca_file.is_some(), &[Kind::Smtp]),
            ("helo", self.helo.is_some(), &[Kind::Smtp]),
            ("program", self.program.is_some(), &[Kind::Sendmail]),
            ("connections", self.connections.is_some(), &[Kind::Smtp, Kind::Sendmail]),
        ];
        let kind = self.kind.as_str();
        keys.into_iter()
            .filter(|(_, is_set, kinds)| *is_set && !kinds.contains(&self.kind))
            .map(|(key, _, _)| format!("`{key}` has no meaning with kind = \"{kind}\""))
            .collect()
    }

    fn check_smtp(&self, problems: &mut Vec<String>) {
        let mut refuse = |sentence: &str| problems.push(sentence.to_owned());
        let tls = self.tls.unwrap_or_default();
        match self.host.as_deref() {
            None => refuse("kind = \"smtp\" needs `host`, the name of the submission server"),
            Some(host) if !is_word(host) => refuse("`host` is not the name of a server"),
            Some(host) if tls == Tls::None && !is_loopback(host) => refuse(
                "`tls = \"none\"` is only for this machine (localhost, 127.0.0.1, ::1); \
                 use \"implicit\" or \"starttls\"",
            ),
            Some(_) => {}
        }
        match (&self.user, &self.password_file) {
            (Some(_), None) => refuse("`user` needs `password_file`"),
            (None, Some(_)) => refuse("`password_file` needs `user`"),
            (Some(user), _) if user.is_empty() || user.chars().any(char::is_control) => {
                refuse("`user` is empty or holds a character that no user name may hold");
            }
            _ => {}
        }
        if self.ca_file.is_some() && tls == Tls::None {
            refuse("`ca_file` has no meaning with tls = \"none\"");
        }
        if self.port == Some(0) {
            refuse("`port` must not be 0");
        }
        if self.helo.as_deref().is_some_and(|helo| !is_word(helo)) {
            refuse("`helo` must be a domain name such as `mail.nrw.example`");
        }
    }
}

impl Kind {
    /// The kind as it stands in the settings.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Maildir => "maildir",
            Self::Smtp => "smtp",
            Self::Sendmail => "sendmail",
        }
    }
}

fn is_word(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "-._:[]".contains(c))
}

fn is_loopback(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost")
        || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(text: &str) -> Vec<String> {
        toml::from_str::<SubmitSettings>(text).unwrap().check()
    }

    #[test]
    fn settings_of_the_three_kinds_are_understood() {
        for text in [
            "kind = \"maildir\"\npath = \"outgoing\"",
            "kind = \"maildir\"\nper_day = 20\nper_hour = 5",
            "kind = \"sendmail\"\nprogram = \"/usr/sbin/sendmail\"",
            "kind = \"smtp\"\nhost = \"mail.nrw.example\"",
            "kind = \"smtp\"\nhost = \"127.0.0.1\"\nport = 2525\ntls = \"none\"",
            "kind = \"smtp\"\nhost = \"mail.nrw.example\"\ntls = \"starttls\"\nuser = \"desk\"\n\
             password_file = \"smtp.password\"\nper_day = 0\nper_hour = 0\nconnections = 4",
        ] {
            assert_eq!(problems(text), Vec::<String>::new(), "{text}");
        }
    }

    #[test]
    fn wrong_combinations_are_named() {
        for (text, word) in [
            ("kind = \"maildir\"\nhost = \"x\"", "`host` has no meaning"),
            ("kind = \"sendmail\"\npath = \"x\"", "`path` has no meaning"),
            ("kind = \"maildir\"\nconnections = 3", "`connections` has no meaning"),
            ("kind = \"smtp\"", "needs `host`"),
            ("kind = \"smtp\"\nhost = \"a b\"", "not the name"),
            ("kind = \"smtp\"\nhost = \"mail.nrw.example\"\ntls = \"none\"", "only for this"),
            ("kind = \"smtp\"\nhost = \"x\"\nuser = \"desk\"", "needs `password_file`"),
            ("kind = \"smtp\"\nhost = \"x\"\npassword_file = \"p\"", "needs `user`"),
            ("kind = \"smtp\"\nhost = \"x\"\nconnections = 0", "between 1 and"),
            ("kind = \"smtp\"\nhost = \"x\"\nhelo = \"a\\r\\nRSET\"", "domain name"),
            ("kind = \"smtp\"\nhost = \"::1\"\ntls = \"none\"\nca_file = \"p\"", "`ca_file`"),
        ] {
            let found = problems(text);
            assert_eq!(found.len(), 1, "{text}: {found:?}");
            assert!(found[0].contains(word), "{text}: {found:?}");
        }
    }

    #[test]
    fn unknown_keys_are_refused() {
        let error = toml::from_str::<SubmitSettings>("kind = \"smtp\"\nhots = \"x\"").unwrap_err();
        assert!(error.to_string().contains("hots"), "{error}");
    }

    #[test]
    fn usual_ports_follow_the_protection() {
        for (text, port) in [
            ("kind = \"smtp\"", 465),
            ("kind = \"smtp\"\ntls = \"starttls\"", 587),
            ("kind = \"smtp\"\ntls = \"none\"", 25),
            ("kind = \"smtp\"\ntls = \"none\"\nport = 2525", 2525),
        ] {
            let settings: SubmitSettings = toml::from_str(text).unwrap();
            assert_eq!(settings.port_or_usual(), port, "{text}");
        }
    }
}
