//! The real binary for one test: a folder of its own, `lotse serve` in it, and its looking
//! commands.
//!
//! Deliberately absent: servers around it (`servers_world`), what is said to it.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

use crate::parts::{Server, wait_for};

/// The program under test.
pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_lotse");

/// A running daemon; ends when dropped.
#[derive(Debug)]
pub(crate) struct Lotse {
    server: Option<Server>,
    folder: TempDir,
    /// Where its files are, below the folder.
    place: &'static str,
}

impl Lotse {
    /// Writes the two files and starts the daemon.
    pub(crate) fn start(settings: &str, organization: &str) -> Self {
        let mut lotse = Self::furnish(settings, organization);
        lotse.serve();
        lotse
    }

    /// Writes the two files and starts nothing.
    pub(crate) fn furnish(settings: &str, organization: &str) -> Self {
        Self::furnish_in("", settings, organization)
    }

    /// The same in a folder below the test's own.
    pub(crate) fn furnish_in(place: &'static str, settings: &str, organization: &str) -> Self {
        let folder = TempDir::with_prefix("lotse-daemon-").unwrap();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let lotse = Self { server: None, folder, place };
        fs::create_dir_all(lotse.path("")).unwrap();
        fs::write(lotse.config(), settings).unwrap();
        fs::write(lotse.path("organization.toml"), organization).unwrap();
        lotse
    }

    /// Starts the daemon and waits until its register is read and its doors are open.
    pub(crate) fn serve(&mut self) {
        let log = fs::File::options().create(true).append(true).open(self.path("log")).unwrap();
        let mut serve = Command::new(PROGRAM);
        serve.args(["serve", "--config"]).arg(self.config()).current_dir(self.folder.path());
        serve.env("RUST_LOG", "info").stdout(Stdio::null()).stderr(log);
        self.serve_by(serve);
    }

    /// The same by another command.
    pub(crate) fn serve_by(&mut self, mut serve: Command) {
        self.server = Some(Server::start(&mut serve));
        let socket = self.path("data/look.sock");
        wait_for("the daemon", Duration::from_secs(20), || UnixStream::connect(&socket).ok());
        // It is bound first of all, and answers once the register is read.
        self.look(&["queue"]);
    }

    /// Whether the daemon was started.
    pub(crate) const fn is_running(&self) -> bool {
        self.server.is_some()
    }

    /// Ends the daemon as SIGTERM does, and waits for it.
    pub(crate) fn end(&mut self) {
        self.server = None;
    }

    /// The file with the settings.
    pub(crate) fn config(&self) -> PathBuf {
        self.path("lotse.toml")
    }

    /// The folder around everything.
    pub(crate) fn home(&self) -> &Path {
        self.folder.path()
    }

    /// A path in the daemon's folder.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(self.place).join(name)
    }

    /// What the daemon logged so far.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.path("log")).unwrap_or_default()
    }

    /// The exit code of a command and everything it printed.
    pub(crate) fn run(&self, words: &[&str]) -> (i32, String) {
        let mut command = Command::new(PROGRAM);
        command.args(words).arg("--config").arg(self.config());
        let output = command.stdin(Stdio::null()).output().unwrap();
        let said = [output.stdout, output.stderr].concat();
        (output.status.code().unwrap_or(-1), String::from_utf8_lossy(&said).into_owned())
    }

    /// What a looking command prints with `--json`.
    pub(crate) fn look(&self, words: &[&str]) -> Vec<Value> {
        let (code, said) = self.run(&[words, &["--json"]].concat());
        assert_eq!(code, 0, "{words:?}: {said}\n{}", self.log());
        said.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// How many tickets there are.
    pub(crate) fn tickets(&self) -> usize {
        self.look(&["ticket", "list"]).len()
    }

    /// A ticket with its history.
    pub(crate) fn ticket(&self, number: u64) -> Value {
        self.look(&["ticket", "show", &number.to_string()]).remove(0)
    }

    /// The kinds of the transactions of a ticket, in order.
    pub(crate) fn history(&self, number: u64) -> Vec<String> {
        let ticket = self.ticket(number);
        let transactions = ticket["transactions"].as_array().unwrap().iter();
        transactions.map(|one| one["kind"].as_str().unwrap().to_owned()).collect()
    }

    /// Every row of the outbox, also what has left.
    pub(crate) fn outbox(&self) -> Vec<Value> {
        self.look(&["outbox", "--all"])
    }

    /// Waits until `count` messages of a state stand in the outbox.
    pub(crate) fn wait_for_rows(&self, state: &str, count: usize) {
        wait_for(&format!("{count} rows {state}"), Duration::from_secs(30), || {
            let rows = self.outbox();
            (rows.iter().filter(|row| row["state"] == state).count() >= count).then_some(())
        });
    }
}

impl Drop for Lotse {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let (_, rows) = self.run(&["outbox", "--all"]);
            let (_, traced) = self.run(&["trace", "#1"]);
            eprintln!("lotse said:\n{}\n{rows}\n{traced}", self.log());
        }
    }
}
