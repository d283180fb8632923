//! Ways out: one message to one recipient, and what became of it.
//!
//! Deliberately absent: retries, caps and deadlines (the outbox decides them), templates.

mod letter;
pub mod maildir;
mod reply;
pub mod sendmail;
pub mod settings;
pub mod smtp;
mod wire;

use std::io;
use std::path::{Path, PathBuf};

use tokio_rustls::rustls::pki_types::InvalidDnsNameError;

pub use self::maildir::Maildir;
pub use self::sendmail::Sendmail;
pub use self::settings::SubmitSettings;
use self::settings::{Kind, MAILDIR_PATH};
pub use self::smtp::Smtp;
use crate::types::{Address, OutboxId};

/// One message to one recipient, ready to leave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parcel {
    /// Its outbox row; the file name of the maildir is made from it.
    pub id: OutboxId,
    /// Where delivery reports go; `None` is the null reverse-path.
    pub reverse_path: Option<Address>,
    /// Where it goes.
    pub forward_path: Address,
    /// The message with CRLF line ends.
    pub bytes: Vec<u8>,
}

impl Parcel {
    /// The reverse-path as it stands between angle brackets: empty for the null reverse-path.
    #[must_use]
    pub fn reverse_path_text(&self) -> &str {
        self.reverse_path.as_ref().map_or("", Address::as_str)
    }
}

/// What became of a parcel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The next server took it; its words, which may hold its own id for the message.
    Sent(String),
    /// Not now (4yz, no connection): the outbox tries again. Nothing was taken.
    Transient(String),
    /// Never (5yz): status code if given, and the server's words.
    Permanent {
        /// RFC 3463 code such as `5.1.1`, or empty.
        status: String,
        /// The server's words in one line.
        diagnostic: String,
    },
    /// Never under this reverse-path or From: another one may pass. Says nothing of the recipient.
    RefusedSender {
        /// The server's words in one line.
        diagnostic: String,
    },
    /// The end of the data went out and no answer came: it may have been taken.
    Uncertain(String),
}

/// Why no way out could be opened.
#[derive(Debug, thiserror::Error)]
pub enum SubmitError {
    /// The settings contradict each other; each sentence is one problem.
    #[error("{}", .0.join("; "))]
    Settings(Vec<String>),
    /// A folder of the maildir cannot be made or opened.
    #[error("the folder `{}` cannot be used: {source}", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file that a setting names cannot be read.
    #[error("the file `{}` cannot be read: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// There is no certificate authority to verify the server with.
    #[error("no certificate authority was found: {0}")]
    Authorities(String),
    /// The host is neither a domain name nor an IP address.
    #[error("`{host}` is not the name of a server: {source}")]
    Host {
        /// What the setting says.
        host: String,
        /// What is wrong with it.
        source: InvalidDnsNameError,
    },
}

impl SubmitError {
    /// Whether a later attempt may pass without a change of the settings.
    #[must_use]
    pub const fn is_transient(&self) -> bool {
        matches!(self, Self::Folder { .. } | Self::File { .. })
    }
}

/// The opened way out. Clones share their connections and limits.
#[derive(Debug, Clone)]
pub enum Submit {
    /// Into a folder: nothing leaves the machine.
    Maildir(Maildir),
    /// To a submission server.
    Smtp(Smtp),
    /// To a program that takes mail on its standard input.
    Sendmail(Sendmail),
}

impl Submit {
    /// Opens the way out; relative paths are relative to `base_folder`.
    ///
    /// Connects to nobody yet: a server that is down at start is met at the first parcel.
    ///
    /// # Errors
    /// [`SubmitError`] says which setting, folder or file is in the way.
    pub fn open(settings: &SubmitSettings, base_folder: &Path) -> Result<Self, SubmitError> {
        let problems = settings.check();
        if !problems.is_empty() {
            return Err(SubmitError::Settings(problems));
        }
        match settings.kind {
            Kind::Maildir => {
                let path = settings.path.as_deref().unwrap_or_else(|| Path::new(MAILDIR_PATH));
                Ok(Self::Maildir(Maildir::open(&base_folder.join(path))?))
            }
            Kind::Smtp => Ok(Self::Smtp(Smtp::open(settings, base_folder)?)),
            Kind::Sendmail => Ok(Self::Sendmail(Sendmail::open(settings, base_folder))),
        }
    }

    /// Submits one parcel once and says what became of it.
    ///
    /// May be called many times at once; what the settings do not allow at once waits here.
    pub async fn submit(&self, parcel: Parcel) -> Outcome {
        match self {
            Self::Maildir(maildir) => maildir.submit(parcel).await,
            Self::Smtp(smtp) => smtp.submit(&parcel).await,
            Self::Sendmail(sendmail) => sendmail.submit(&parcel).await,
        }
    }

    /// Looks at the way out without sending anything; what is there, in a sentence.
    ///
    /// # Errors
    /// A sentence that says what is in the way, and what to do.
    pub async fn survey(&self) -> Result<String, String> {
        match self {
            Self::Maildir(_) => Ok("mail is written into a folder; nothing leaves".to_owned()),
            Self::Smtp(smtp) => smtp.survey().await,
            Self::Sendmail(sendmail) => sendmail.survey(),
        }
    }
}
