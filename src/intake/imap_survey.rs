//! A look at a mailbox before a door is opened for good: what is there, and what comes meanwhile.
//!
//! Deliberately absent: taking mail. A visit moves only what its caller says is its own.

use super::imap_connect::open;
use super::imap_envelope::recipients;
use super::imap_error::DoorError;
use super::imap_session::Link;
use super::imap_settings::ImapSettings;
use crate::types::Address;

/// What a look at the server says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Survey {
    /// Messages that wait in the folder.
    pub waiting: u32,
    /// The folder of taken mail, as the server names it.
    pub done: String,
    /// The folder of mail that cannot be fetched, as the server names it.
    pub failed: String,
    /// Whether the junk folder of the settings is there; nothing if they name none.
    pub has_junk: Option<bool>,
}

/// A message that came while a visit lasted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arrival {
    /// For whom the mailbox says it was.
    pub recipients: Vec<Address>,
    /// The message.
    pub bytes: Vec<u8>,
}

/// A connection that looks for what comes.
pub struct Visit {
    link: Link,
    settings: ImapSettings,
    done: String,
    next: u32,
}

impl std::fmt::Debug for Visit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Visit").field("door", &self.settings.door()).finish_non_exhaustive()
    }
}

/// Logs in, makes the folders, counts what waits, and takes nothing.
///
/// # Errors
/// [`DoorError`] says what the server does not let us do.
pub async fn survey(settings: &ImapSettings) -> Result<Survey, DoorError> {
    let (visit, survey) = Visit::open(settings).await?;
    visit.close().await;
    Ok(survey)
}

impl Visit {
    /// Logs in, makes the folders, counts what waits; from now on it sees what comes.
    ///
    /// # Errors
    /// [`DoorError`] says what the server does not let us do.
    pub async fn open(settings: &ImapSettings) -> Result<(Self, Survey), DoorError> {
        let mut link = open(settings).await?;
        let done = link.ensure(&settings.done).await?;
        let failed = link.ensure(&settings.failed).await?;
        let mut has_junk = None;
        if let Some(junk) = &settings.junk {
            has_junk = Some(match link.examine(junk).await {
                Ok(_) => true,
                Err(DoorError::Refused { .. }) => false,
                Err(error) => return Err(error),
            });
        }
        let opened = link.examine(&settings.folder).await?;
        let survey = Survey { waiting: opened.messages, done: done.clone(), failed, has_junk };
        let next = opened.uid_last.saturating_add(1);
        Ok((Self { link, settings: settings.clone(), done, next }, survey))
    }

    /// What came since the last look and `is_ours`; it is moved to the folder of taken mail.
    /// Everything else stays as it is.
    ///
    /// # Errors
    /// [`DoorError`]: the visit is over.
    pub async fn look(
        &mut self,
        is_ours: impl Fn(&[u8]) -> bool,
    ) -> Result<Vec<Arrival>, DoorError> {
        self.link.select(&self.settings.folder).await?;
        let mut found = Vec::new();
        for uid in self.link.search_from(self.next).await? {
            self.next = uid.saturating_add(1);
            for letter in self.link.messages(&[uid], self.settings.message_bytes_max).await? {
                if is_ours(&letter.bytes) {
                    self.link.move_to(&[uid], &self.done).await?;
                    found.push(Arrival {
                        recipients: recipients(&letter.bytes, &self.settings.recipient_fields),
                        bytes: letter.bytes,
                    });
                }
            }
        }
        Ok(found)
    }

    /// Says goodbye.
    pub async fn close(self) {
        self.link.close().await;
    }
}
