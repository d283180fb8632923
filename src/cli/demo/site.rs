//! The played site: its folder, its daemon as a process of its own, its moved clock, its mail.
//!
//! Everything is asked of the daemon as anybody would: mail by LMTP, the rest by the looking
//! socket. Deliberately absent: what is played (`story`), how it is shown (`transcript`).

use std::collections::BTreeSet;
use std::fs::{self, DirBuilder, File};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;
use tokio::process::{Child, Command};
use tokio::time::{interval, timeout};

use crate::cli::demo::postman::{self, Envelope};
use crate::daemon::clock;
use crate::daemon::control;
use crate::daemon::look::Request;
use crate::mail::{self, Message, ReversePath};

/// The organization that is played: the one that is shipped to begin with.
const FILES: [(&str, &str); 3] = [
    ("lotse.toml", include_str!("../../../contrib/example/lotse.toml")),
    ("organization.toml", include_str!("../../../contrib/example/organization.toml")),
    ("procedures/club-key.toml", include_str!("../../../contrib/example/procedures/club-key.toml")),
];
/// How long the daemon may take to begin.
const START_SPAN: Duration = Duration::from_secs(20);
/// How often it is asked meanwhile.
const ASK_SPAN: Duration = Duration::from_millis(25);
/// How long one answer of it may take.
const ANSWER_SPAN: Duration = Duration::from_secs(20);

/// A mail that the daemon wrote.
#[derive(Debug, Clone)]
pub(super) struct Received {
    /// What it says.
    pub(super) message: Message,
    /// What it is about: `receipt`, `copy`, `answer`, ..
    pub(super) matter: String,
}

/// A running site.
#[derive(Debug)]
pub(super) struct Played {
    /// Where everything lies.
    pub(super) folder: PathBuf,
    door: SocketAddr,
    daemon: Child,
    read: BTreeSet<PathBuf>,
}

impl Played {
    /// Writes the settings into `folder`, starts the daemon and waits until it takes mail.
    ///
    /// # Errors
    /// A sentence with what could not be made.
    pub(super) async fn open(folder: &Path, begin: Timestamp) -> Result<Self, String> {
        let port = free_port().map_err(|error| format!("no free port: {error}"))?;
        let door = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let procedures = folder.join("procedures");
        fs::create_dir(&procedures).map_err(|error| at(&procedures, &error))?;
        for (name, text) in FILES {
            let path = folder.join(name);
            let text = if name == "lotse.toml" { settings(text, door)? } else { text.to_owned() };
            write(&path, &text)?;
        }
        let data = folder.join("data");
        DirBuilder::new().mode(0o700).create(&data).map_err(|error| at(&data, &error))?;
        clock::keep_time(&data, begin).map_err(|error| at(&data, &error))?;
        let daemon = serve(folder)?;
        let mut played = Self { folder: folder.to_path_buf(), door, daemon, read: BTreeSet::new() };
        match timeout(START_SPAN, played.begun()).await {
            Ok(begun) => begun?,
            Err(_elapsed) => return Err(played.trouble("the daemon did not begin in 20 seconds")),
        }
        Ok(played)
    }

    /// The file with the settings.
    pub(super) fn config(&self) -> PathBuf {
        self.folder.join("lotse.toml")
    }

    async fn begun(&mut self) -> Result<(), String> {
        let mut pause = interval(ASK_SPAN);
        loop {
            pause.tick().await;
            if let Ok(Some(status)) = self.daemon.try_wait() {
                return Err(self.trouble(&format!("the daemon ended at once ({status})")));
            }
            if let Ok(Some(_)) = control::ask(&self.socket(), &Request::Queues).await {
                return Ok(());
            }
        }
    }

    fn socket(&self) -> PathBuf {
        self.folder.join("data").join("look.sock")
    }

    /// A problem, with what the daemon logged last.
    fn trouble(&self, sentence: &str) -> String {
        let log = fs::read_to_string(self.folder.join("lotse.log")).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        let last = lines.get(lines.len().saturating_sub(5)..).unwrap_or_default();
        format!("{sentence}; it said:\n{}", last.join("\n"))
    }

    /// Asks the daemon what an administrator may ask.
    ///
    /// # Errors
    /// A sentence with the refusal.
    pub(super) async fn ask(&self, request: &Request) -> Result<Vec<Value>, String> {
        match timeout(ANSWER_SPAN, control::ask(&self.socket(), request)).await {
            Ok(Ok(Some(rows))) => Ok(rows),
            Ok(Ok(None)) => Err(self.trouble("the daemon is gone")),
            Ok(Err(error)) => Err(self.trouble(&error.to_string())),
            Err(_elapsed) => Err(self.trouble("the daemon did not answer within 20 seconds")),
        }
    }

    /// Moves the clock; returns when all work then due is done.
    ///
    /// # Errors
    /// A sentence with the refusal.
    pub(super) async fn move_clock(&self, to: Timestamp) -> Result<(), String> {
        self.ask(&Request::Clock(to.to_string())).await.map(|_| ())
    }

    /// Hands a mail over and waits until all that follows from it is done.
    ///
    /// # Errors
    /// A sentence with the refusal.
    pub(super) async fn deliver(
        &self,
        envelope: &Envelope<'_>,
        message: &[u8],
    ) -> Result<(), String> {
        postman::deliver(self.door, envelope, message).await?;
        self.ask(&Request::Clock("+0s".into())).await.map(|_| ())
    }

    /// What the daemon took a message for: the sentence of `lotse trace`, and the tickets.
    ///
    /// # Errors
    /// A sentence with the refusal, or that it knows nothing of it.
    pub(super) async fn taken_for(&self, message_id: &str) -> Result<(String, String), String> {
        let rows = self.ask(&Request::Trace(message_id.to_owned())).await?;
        let filing = rows.iter().find_map(|row| row.get("in"));
        let filing = filing.ok_or("the daemon does not know a mail that it took")?;
        let word = |name: &str| {
            filing.get(name).and_then(Value::as_str).map(str::to_owned).unwrap_or_default()
        };
        Ok((word("taken_for"), word("why")))
    }

    /// The mails that came into the maildir since this was asked last, in the order of the outbox.
    ///
    /// # Errors
    /// A sentence with the file that could not be read.
    pub(super) async fn collect(&mut self) -> Result<Vec<Received>, String> {
        let rows = self.ask(&Request::Outbox { all: true }).await?;
        let matter = |message: &Message| {
            let id = message.message_id.as_deref().unwrap_or_default();
            let is_it = |row: &&Value| row.get("message_id").and_then(Value::as_str) == Some(id);
            let found = rows.iter().find(is_it).and_then(|row| row.get("matter"));
            found.and_then(Value::as_str).unwrap_or("mail").to_owned()
        };
        let new = self.folder.join("outgoing").join("new");
        let entries = fs::read_dir(&new).map_err(|error| at(&new, &error))?;
        let paths: BTreeSet<PathBuf> =
            entries.filter_map(Result::ok).map(|entry| entry.path()).collect();
        let mut received = Vec::new();
        for path in paths {
            if self.read.contains(&path) {
                continue;
            }
            let bytes = fs::read(&path).map_err(|error| at(&path, &error))?;
            let message = mail::parse(&bytes, &ReversePath::Unknown);
            received.push(Received { matter: matter(&message), message });
            self.read.insert(path);
        }
        Ok(received)
    }

    /// Ends the daemon as an administrator would: it finishes what it is in.
    ///
    /// # Errors
    /// A sentence that says how it ended instead.
    pub(super) async fn close(&mut self) -> Result<(), String> {
        let Some(process) = self.daemon.id() else {
            return Err(self.trouble("the daemon ended before the demo did"));
        };
        // A shell has `kill` built in; the program of that name is not on every machine.
        let mut signal = Command::new("sh");
        let sent = signal.args(["-c", "kill \"$0\"", &process.to_string()]).status().await;
        sent.map_err(|error| format!("sh: {error}"))?;
        match timeout(ANSWER_SPAN, self.daemon.wait()).await {
            Ok(Ok(status)) if status.success() => Ok(()),
            Ok(Ok(status)) => Err(self.trouble(&format!("the daemon ended with {status}"))),
            Ok(Err(error)) => Err(error.to_string()),
            Err(_elapsed) => Err(self.trouble("the daemon did not end within 20 seconds")),
        }
    }
}

fn at(path: &Path, error: &std::io::Error) -> String {
    format!("{}: {error}", path.display())
}

fn write(path: &Path, text: &str) -> Result<(), String> {
    fs::write(path, text).map_err(|error| at(path, &error))
}

/// The shipped settings with a free port and a clock that stands still.
fn settings(text: &str, door: SocketAddr) -> Result<String, String> {
    let listen = format!("listen = \"{door}\"");
    let clock = "clock = \"moved\"                     # time stands still until `lotse clock`";
    let changed = text.replace("listen = \"127.0.0.1:2424\"", &listen).replace(
        "time_zone = \"Europe/Berlin\"\n",
        &format!("time_zone = \"Europe/Berlin\"\n{clock}\n"),
    );
    if changed.contains(&listen) && changed.contains(clock) {
        Ok(changed)
    } else {
        Err("the shipped settings have lost the lines that the demo changes".into())
    }
}

/// A port of the loopback that nobody has now. Another program may take it before the daemon
/// does; then the daemon says so and the demo ends.
fn free_port() -> std::io::Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}

/// Starts this very program as the daemon, its log in a file.
fn serve(folder: &Path) -> Result<Child, String> {
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    let log = folder.join("lotse.log");
    let log = File::create(&log).map_err(|error| at(&log, &error))?;
    Command::new(program)
        .arg("serve")
        .arg("--config")
        .arg(folder.join("lotse.toml"))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(log)
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| format!("the daemon could not be started: {error}"))
}
