//! Why a connection ended, in words for the log: never a mail's content, never a password.
//!
//! Deliberately absent: going on. Every error ends the connection.

use async_imap::error::Error as ImapError;

use crate::intake::SpoolError;

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
    pub(super) fn new(doing: &'static str, error: ImapError) -> Self {
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

    /// What to do about it, where that can be said; else nothing.
    #[must_use]
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::Connect { words, .. } if words.contains("STARTTLS") => {
                "most servers offer tls = \"implicit\" on port 993"
            }
            Self::Connect { words, .. } if words.contains("certificate") => {
                "`host` must be the name in the server's certificate; `ca_file` names other \
                 authorities"
            }
            Self::Connect { .. } | Self::Silent { .. } | Self::Lost { .. } => {
                "is the server running, and are `host`, `port` and `tls` right?"
            }
            Self::Login { .. } => {
                "correct `user`, or what `password_file` or `token_command` gives"
            }
            Self::Refused { doing: "EXAMINE" | "SELECT", .. } => {
                "write `folder` as the server names it"
            }
            Self::Refused { doing: "CREATE", .. } => {
                "make the folders of `done` and `failed` yourself, or name others"
            }
            Self::Settings(_)
            | Self::Refused { .. }
            | Self::Unreadable { .. }
            | Self::Incomplete(_)
            | Self::State(_)
            | Self::Spool(_) => "",
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn server_words_are_told_and_mails_are_not() {
        let refused = ImapError::No("code: None, info: Some(\"[AUTH] wrong\")".to_owned());
        let error = DoorError::new("LOGIN", refused);
        assert_eq!(error.to_string(), "the server refuses LOGIN: [AUTH] wrong");
        let unread = std::io::Error::other("Error during parsing of \"* 1 FETCH secret words\"");
        let error = DoorError::new("FETCH", ImapError::Io(unread));
        assert!(!error.to_string().contains("secret"), "{error}");
        assert!(!error.is_cut());
    }
}
