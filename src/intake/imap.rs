//! The IMAP door: reads a mailbox, moves what was taken, watches for more.
//!
//! Every failure ends the connection; the next one finds out by UID what is still to be done. A
//! crash between accepting and moving makes the message come a second time; that it was taken is
//! recognized when it is decided.
//! Standards: RFC 3501 and those of `imap_session.rs`.
//! Deliberately absent: several folders to one door, flags (nothing is marked as read), deleting.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use super::imap_connect::open;
pub use super::imap_error::DoorError;
pub use super::imap_health::{DoorHealth, DoorReport};
use super::imap_junk;
use super::imap_session::{Link, Wake, stopped};
use super::imap_settings::unsigned;
pub use super::imap_settings::{Backlog, ImapSettings, Tls};
pub use super::imap_state::{FileState, FolderMark, FolderState};
pub use super::imap_survey::{Arrival, Survey, Visit, survey};
use super::imap_take::{Folder, Suspects, mark_of};
use crate::intake::{Spool, SpoolError};

/// The longest wait between two tries.
const RETRY_SPAN_MAX: Duration = Duration::from_secs(60);
/// The longest wait after a refused login: servers lock out who asks too often.
const LOGIN_SPAN_MAX: Duration = Duration::from_secs(300);

/// A door to one mailbox, ready to be served.
pub struct ImapDoor<S, F> {
    run: Run<S, F>,
}

impl<S: fmt::Debug, F: fmt::Debug> fmt::Debug for ImapDoor<S, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ImapDoor").field("settings", &self.run.settings).finish_non_exhaustive()
    }
}

/// Whether a header section carries a key of ours.
pub(super) type CarriesKey = Arc<dyn Fn(&[u8]) -> bool + Send + Sync>;

/// What outlives a connection.
pub(super) struct Run<S, F> {
    pub(super) settings: ImapSettings,
    pub(super) spool: S,
    pub(super) state: F,
    pub(super) health: DoorHealth,
    pub(super) carries_key: CarriesKey,
    pub(super) suspects: Suspects,
    pub(super) junk_suspects: Suspects,
    shutdown: watch::Receiver<bool>,
    failures: u32,
}

impl<S: Spool, F: FolderState> Run<S, F> {
    pub(super) fn is_stopping(&self) -> bool {
        *self.shutdown.borrow()
    }

    /// Notes that the server does what it should.
    pub(super) fn contact(&mut self) {
        self.failures = 0;
        self.health.contact(&self.settings.door(), self.spool.now());
    }

    /// Notes a failure and says how long to wait.
    fn failure(&mut self, error: &DoorError) -> Duration {
        let silence = (self.spool.now(), self.settings.alarm_span);
        self.health.failure(&self.settings.door(), error.to_string(), silence);
        let longest = match error {
            DoorError::Login { .. } => LOGIN_SPAN_MAX,
            _ => RETRY_SPAN_MAX,
        };
        let doubled = 2u32.saturating_pow(self.failures);
        self.failures = self.failures.saturating_add(1);
        unsigned(self.settings.retry_span).saturating_mul(doubled).min(longest)
    }
}

impl<S: Spool, F: FolderState> ImapDoor<S, F> {
    /// A door with these settings, which must be free of problems.
    ///
    /// `carries_key` says of a header section in the junk folder whether it carries a key of ours.
    /// The door ends when `shutdown` holds true.
    pub fn new(
        settings: ImapSettings,
        spool: S,
        state: F,
        carries_key: impl Fn(&[u8]) -> bool + Send + Sync + 'static,
        shutdown: watch::Receiver<bool>,
    ) -> Self {
        Self {
            run: Run {
                settings,
                spool,
                state,
                health: DoorHealth::default(),
                carries_key: Arc::new(carries_key),
                suspects: Suspects::default(),
                junk_suspects: Suspects::default(),
                shutdown,
                failures: 0,
            },
        }
    }

    /// How the door is; may be read while it is served.
    pub fn health(&self) -> DoorHealth {
        self.run.health.clone()
    }

    /// Serves the mailbox until the shutdown. No server and no message makes it return.
    ///
    /// # Errors
    /// [`SpoolError::Poisoned`]: the daemon must end.
    pub async fn serve(mut self) -> Result<(), SpoolError> {
        loop {
            let error = match attend(&mut self.run).await {
                Ok(()) | Err(DoorError::Spool(SpoolError::Closing)) => return Ok(()),
                Err(DoorError::Spool(error @ SpoolError::Poisoned(_))) => return Err(error),
                Err(error) => error,
            };
            let span = self.run.failure(&error);
            tokio::select! {
                () = tokio::time::sleep(span) => {}
                () = stopped(&mut self.run.shutdown) => return Ok(()),
            }
        }
    }
}

/// Attends to the mailbox over one connection. `Ok` means that the daemon shuts down.
async fn attend<S: Spool, F: FolderState>(run: &mut Run<S, F>) -> Result<(), DoorError> {
    let mut shutdown = run.shutdown.clone();
    let mut link = tokio::select! {
        link = open(&run.settings) => link?,
        () = stopped(&mut shutdown) => return Ok(()),
    };
    let done = link.ensure(&run.settings.done).await?;
    let failed = link.ensure(&run.settings.failed).await?;
    let mut mark = enter(run, &mut link).await?;
    let mut wake = Wake::Time;
    loop {
        let mut folder =
            Folder { run: &mut *run, mark, done: done.clone(), failed: failed.clone() };
        folder.look(&mut link).await?;
        mark = folder.mark;
        if wake == Wake::Time
            && let Some(junk) = run.settings.junk.clone()
        {
            imap_junk::look(run, &mut link, &junk).await?;
            // Opening the folder again hides what came meanwhile: look before waiting.
            mark = enter(run, &mut link).await?;
            wake = Wake::News;
            continue;
        }
        if wake == Wake::Shutdown || run.is_stopping() {
            link.close().await;
            return Ok(());
        }
        (link, wake) = link.wait(run.settings.watch_span(), &mut shutdown).await?;
    }
}

/// Opens the folder and finds out how far it was read.
async fn enter<S: Spool, F: FolderState>(
    run: &mut Run<S, F>,
    link: &mut Link,
) -> Result<FolderMark, DoorError> {
    let folder = run.settings.folder.clone();
    let key = run.settings.key(&folder);
    let opened = link.select(&folder).await?;
    let is_first = run.state.load(&key).await.map_err(DoorError::State)?.is_none();
    let (mark, is_new) = mark_of(run, link, &key, opened).await?;
    if is_new {
        run.suspects.clear();
        run.state.keep(&key, &mark).await.map_err(DoorError::State)?;
    }
    let left = u64::from(opened.messages);
    if is_first {
        let door = run.settings.door();
        match run.settings.backlog {
            Backlog::Leave => {
                run.health.change(|report| report.left = left);
                tracing::info!(door, left, "first contact: what waits in the folder stays there");
            }
            Backlog::Take => {
                tracing::info!(door, waiting = left, "first contact: what waits is filed silently");
            }
        }
    }
    Ok(mark)
}
