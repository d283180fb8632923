//! Submission to a program beside us, such as `/usr/sbin/sendmail`.
//!
//! The program gets `-i -f reverse-path -- forward-path` and the message with LF line ends, as
//! programs of this kind expect it on this machine; no shell is between. Deliberately absent: DSN
//! flags.

use std::path::{Path, PathBuf};
use std::pin::pin;
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, ChildStdin, Command};
use tokio::sync::Semaphore;
use tokio::time::timeout;

use super::reply::one_line;
use super::settings::{SENDMAIL_PROGRAM, SubmitSettings};
use super::{Outcome, Parcel};

/// How long a program may take for one parcel.
const RUN_SPAN: Duration = Duration::from_secs(120);
/// How long its words are awaited after its end.
const LAST_WORDS_SPAN: Duration = Duration::from_secs(1);
/// Octets of its standard error that are kept.
const WORDS_BYTES_MAX: u64 = 4096;

/// `EX_NOUSER` of sysexits.h.
const EX_NOUSER: i32 = 67;
/// `EX_NOHOST` of sysexits.h.
const EX_NOHOST: i32 = 68;

/// The program and how often it may run at once.
#[derive(Debug, Clone)]
pub struct Sendmail {
    program: Arc<PathBuf>,
    slots: Arc<Semaphore>,
    run_span: Duration,
}

impl Sendmail {
    /// Takes the program of the settings; whether it can run is met at the first parcel.
    #[must_use]
    pub fn open(settings: &SubmitSettings, base_folder: &Path) -> Self {
        let program = settings.program.as_deref().unwrap_or_else(|| Path::new(SENDMAIL_PROGRAM));
        Self {
            program: Arc::new(base_folder.join(program)),
            slots: Arc::new(Semaphore::new(settings.connections_or_usual())),
            run_span: RUN_SPAN,
        }
    }

    pub(super) fn survey(&self) -> Result<String, String> {
        use std::os::unix::fs::PermissionsExt;
        let found = std::fs::metadata(self.program.as_path());
        match found.map(|found| found.is_file() && found.permissions().mode() & 0o111 != 0) {
            Ok(true) => Ok(format!("{} is there", self.name())),
            Ok(false) => Err(format!("{} is no program that may be run", self.name())),
            Err(error) => Err(format!("{}: {error}: correct `program`", self.name())),
        }
    }

    pub(super) async fn submit(&self, parcel: &Parcel) -> Outcome {
        let Ok(_slot) = self.slots.acquire().await else {
            return Outcome::Transient("the way out is closed".to_owned());
        };
        let mut child = match self.start(parcel) {
            Ok(child) => child,
            Err(error) => return Outcome::Transient(format!("{}: {error}", self.name())),
        };
        let stdin = child.stdin.take();
        let mut is_fed = false;
        match timeout(self.run_span, converse(&mut child, stdin, parcel, &mut is_fed)).await {
            Ok(Ok((status, words))) => self.judge(status, is_fed, &words),
            Ok(Err(error)) => self.unheard(is_fed, &error.to_string()),
            // Dropping the child kills it.
            Err(_) => self.unheard(is_fed, "no end within its time"),
        }
    }

    fn start(&self, parcel: &Parcel) -> std::io::Result<Child> {
        Command::new(self.program.as_path())
            .args(["-i", "-f", parcel.reverse_path_text(), "--", parcel.forward_path.as_str()])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
    }

    /// What an exit means (sysexits.h); a program ended by a signal may have taken what it was fed.
    fn judge(&self, status: ExitStatus, is_fed: bool, words: &str) -> Outcome {
        let said = one_line(&format!("{}: {status} {words}", self.name()));
        match status.code() {
            Some(0) => Outcome::Sent(said),
            Some(EX_NOUSER | EX_NOHOST) => {
                Outcome::Permanent { status: "5.1.1".to_owned(), diagnostic: said }
            }
            Some(_) => Outcome::Transient(said),
            None if is_fed => Outcome::Uncertain(said),
            None => Outcome::Transient(said),
        }
    }

    fn unheard(&self, is_fed: bool, reason: &str) -> Outcome {
        let said = one_line(&format!("{}: {reason}", self.name()));
        if is_fed { Outcome::Uncertain(said) } else { Outcome::Transient(said) }
    }

    fn name(&self) -> std::path::Display<'_> {
        self.program.display()
    }
}

/// Feeds the message, reads what the program says, waits for its end.
///
/// `is_fed` is set once the end of the message was shown: from then on it may have been taken.
async fn converse(
    child: &mut Child,
    stdin: Option<ChildStdin>,
    parcel: &Parcel,
    is_fed: &mut bool,
) -> std::io::Result<(ExitStatus, String)> {
    let stderr = child.stderr.take();
    let feed = async {
        let Some(mut stdin) = stdin else { return };
        // A program that ends before it has read everything says by its exit why.
        if stdin.write_all(&with_lf(&parcel.bytes)).await.is_ok() {
            drop(stdin);
            *is_fed = true;
        }
    };
    let listen = async {
        let mut words = Vec::new();
        if let Some(stderr) = stderr {
            let mut stderr = stderr.take(WORDS_BYTES_MAX);
            stderr.read_to_end(&mut words).await?;
            // What is over is read and dropped, so that the program never blocks on it.
            tokio::io::copy(&mut stderr.into_inner(), &mut tokio::io::sink()).await?;
        }
        std::io::Result::Ok(String::from_utf8_lossy(&words).into_owned())
    };
    let mut listen = pin!(listen);
    let mut run = pin!(async {
        feed.await;
        child.wait().await
    });
    // A program may leave one behind that holds its standard error open; its exit is what counts.
    tokio::select! {
        status = &mut run => {
            let words = timeout(LAST_WORDS_SPAN, listen).await;
            Ok((status?, words.unwrap_or_else(|_| Ok(String::new()))?))
        }
        words = &mut listen => Ok((run.await?, words?)),
    }
}

fn with_lf(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut rest = bytes.iter().copied().peekable();
    while let Some(byte) = rest.next() {
        if byte != b'\r' || rest.peek() != Some(&b'\n') {
            out.push(byte);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::submit::settings::Kind;
    use crate::types::{Address, OutboxId};

    /// What comes of a program that never ends.
    async fn outcome_of_endless(program: &str, octets: usize) -> Outcome {
        let settings =
            SubmitSettings { program: Some(program.into()), ..SubmitSettings::new(Kind::Sendmail) };
        let mut sendmail = Sendmail::open(&settings, Path::new("/"));
        sendmail.run_span = Duration::from_millis(200);
        let parcel = Parcel {
            id: OutboxId(1),
            reverse_path: None,
            forward_path: Address::parse("otto@outside.example").unwrap(),
            bytes: vec![b'x'; octets],
        };
        sendmail.submit(&parcel).await
    }

    #[tokio::test]
    async fn a_program_without_end_is_uncertain_once_it_was_fed() {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("endless");
        let draft = folder.path().join("draft");
        std::fs::write(&draft, "#!/bin/sh\nexec sleep 300\n").unwrap();
        // Not by our own hands: what another test's child inherits open for writing cannot be run.
        let install =
            std::process::Command::new("install").arg("-m755").args([&draft, &program]).status();
        assert!(install.unwrap().success());
        let program = program.to_str().unwrap();
        let outcome = outcome_of_endless(program, 100).await;
        assert!(matches!(outcome, Outcome::Uncertain(_)), "{outcome:?}");
        let outcome = outcome_of_endless(program, 10_000_000).await;
        assert!(matches!(outcome, Outcome::Transient(_)), "{outcome:?}");
    }

    #[test]
    fn line_ends_become_those_of_the_machine() {
        assert_eq!(with_lf(b"a\r\n\r\nb\rc\nd\r"), b"a\n\nb\rc\nd\r");
    }
}
