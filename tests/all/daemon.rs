//! A real daemon in a temporary folder: started, written to by LMTP, looked at, killed.
//!
//! Deliberately absent: what mails say and what should come of them; the tests that use it know.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

/// How long anything that should happen may take on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);
/// How often it is looked at meanwhile.
const LOOK_SPAN: Duration = Duration::from_millis(10);
const LOTSE: &str = env!("CARGO_BIN_EXE_lotse");

/// Looks until `found` finds something.
pub(crate) fn await_some<T>(what: &str, mut found: impl FnMut() -> Option<T>) -> T {
    let mut some = None;
    let look = || {
        some = found();
        some.is_some().then_some(())
    };
    assert!(await_or(PATIENCE, look), "waited {PATIENCE:?} for {what}");
    some.unwrap()
}

/// Looks until `found` finds it, or the span is over: false.
pub(crate) fn await_or(span: Duration, mut found: impl FnMut() -> Option<()>) -> bool {
    let started = now();
    while now() - started < span {
        if found().is_some() {
            return true;
        }
        pause(LOOK_SPAN);
    }
    false
}

#[expect(clippy::disallowed_methods, reason = "another process lives in real time")]
fn now() -> Instant {
    Instant::now()
}

/// Waits; only between two looks, or where the length of a wait is what a seed chose.
#[expect(clippy::disallowed_methods, reason = "another process is looked at, which tells nobody")]
pub(crate) fn pause(span: Duration) {
    std::thread::sleep(span);
}

/// A site that a test describes.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    pub(crate) name: &'static str,
    pub(crate) engine: &'static str,
    pub(crate) clock: &'static str,
    /// More lines for `[store]`.
    pub(crate) store: String,
    /// Members of the queue kontakt: name and address.
    pub(crate) members: Vec<(&'static str, String)>,
    /// Lists that the queue notifies.
    pub(crate) notify: Vec<String>,
}

impl Plan {
    /// A site `name` at `name.example` with the queue `kontakt@`, served by two members.
    pub(crate) fn new(name: &'static str, engine: &'static str) -> Self {
        let members =
            ["anna", "bruno"].map(|id| (id, format!("{id}@members.{name}.example"))).to_vec();
        Self { name, engine, clock: "moved", store: String::new(), members, notify: Vec::new() }
    }

    pub(crate) fn queue(&self) -> String {
        format!("kontakt@{}.example", self.name)
    }

    fn settings(&self, folder: &Path) -> String {
        let Self { name, engine, clock, store, .. } = self;
        let socket = folder.join("door.sock");
        let data = folder.join("data");
        format!(
            "[site]\nname = \"{name}\"\naddress = \"desk@{name}.example\"\n\
             domains = [\"{name}.example\"]\ndispatcher = \"kontakt\"\nlocale = \"de\"\n\
             time_zone = \"Europe/Berlin\"\norganization = \"organization.toml\"\n\
             clock = \"{clock}\"\nmails_per_day = 65535\n\n\
             [store]\npath = \"{}\"\nengine = \"{engine}\"\n{store}\n\n\
             [[door]]\nkind = \"lmtp\"\nlisten = \"unix:{}\"\n\n\
             [submit]\nkind = \"maildir\"\npath = \"outgoing\"\n",
            data.display(),
            socket.display()
        )
    }

    fn organization(&self) -> String {
        let mut text = String::new();
        for (id, address) in &self.members {
            text += &format!(
                "[[person]]\nid = \"{id}\"\nname = \"{id}\"\naddresses = [\"{address}\"]\n\n"
            );
        }
        text += &format!(
            "[[queue]]\nname = \"kontakt\"\naddresses = [\"{}\"]\nnotify = {:?}\n",
            self.queue(),
            self.notify
        );
        for (id, _) in &self.members {
            text += &format!("[[queue.member]]\nperson = \"{id}\"\naccess = \"write\"\n");
        }
        text
    }
}

/// A site with its folder, and its daemon while that runs.
#[derive(Debug)]
pub(crate) struct Site {
    pub(crate) plan: Plan,
    folder: TempDir,
    child: Option<Child>,
}

impl Site {
    /// Writes the settings; starts nothing.
    pub(crate) fn new(plan: Plan) -> Self {
        let site = Self { plan, folder: tempfile::tempdir().unwrap(), child: None };
        site.write_settings();
        fs::write(site.path("organization.toml"), site.plan.organization()).unwrap();
        site
    }

    /// A site whose daemon takes mail.
    pub(crate) fn started(plan: Plan) -> Self {
        let mut site = Self::new(plan);
        site.start().unwrap();
        site
    }

    /// Writes `lotse.toml` as the plan now says.
    pub(crate) fn write_settings(&self) {
        fs::write(self.path("lotse.toml"), self.plan.settings(self.folder.path())).unwrap();
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.path("door.sock")
    }

    /// The process number of the daemon.
    pub(crate) fn id(&self) -> u32 {
        self.child.as_ref().unwrap().id()
    }

    /// Starts the daemon without waiting for it.
    pub(crate) fn spawn(&mut self) {
        let log = File::options().create(true).append(true).open(self.path("log")).unwrap();
        let child = Command::new(LOTSE)
            .arg("serve")
            .arg("--config")
            .arg(self.path("lotse.toml"))
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap();
        self.child = Some(child);
    }

    /// Starts the daemon and waits until it takes mail, or ends.
    pub(crate) fn start(&mut self) -> Result<(), String> {
        self.spawn();
        self.await_ready()
    }

    /// Waits until the daemon takes mail and can be looked at, or ends.
    pub(crate) fn await_ready(&mut self) -> Result<(), String> {
        let (socket, queue) = (self.socket(), self.plan.queue());
        let look = self.path("data/look.sock");
        let ready = await_some("a daemon that takes mail", || {
            if let Some(status) = self.child.as_mut().unwrap().try_wait().unwrap() {
                return Some(Err(status));
            }
            let is_open = Lmtp::connect(&socket).is_ok_and(|mut door| door.takes(&queue));
            (is_open && UnixStream::connect(&look).is_ok()).then_some(Ok(()))
        });
        ready.map_err(|status| {
            self.child = None;
            format!("{status}: {}", self.log())
        })
    }

    /// Everything that daemons of this site logged.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.path("log")).unwrap_or_default()
    }

    /// `kill -9`.
    pub(crate) fn kill(&mut self) {
        let mut child = self.child.take().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
    }

    /// Sends a signal by its name.
    pub(crate) fn signal(&self, name: &str) {
        let id = self.id().to_string();
        let status = Command::new("kill").args(["-s", name, &id]).status().unwrap();
        assert!(status.success(), "kill -s {name} {id}");
    }

    /// How the daemon ended, if it did.
    pub(crate) fn try_end(&mut self) -> Option<ExitStatus> {
        self.child.as_mut().unwrap().try_wait().unwrap()
    }

    /// Waits until the daemon has ended by itself.
    pub(crate) fn await_end(&mut self) -> ExitStatus {
        let mut child = self.child.take().unwrap();
        await_some("the daemon's end", || child.try_wait().unwrap())
    }

    /// Drains the daemon as systemd does.
    pub(crate) fn stop(&mut self) -> ExitStatus {
        self.signal("TERM");
        self.await_end()
    }

    /// Runs another command of the program on this site.
    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(LOTSE);
        command.args(arguments).arg("--config").arg(self.path("lotse.toml"));
        command.stdin(Stdio::null()).output().unwrap()
    }

    /// The objects that a looking command prints.
    pub(crate) fn look(&self, arguments: &[&str]) -> Vec<Value> {
        let output = self.run(&[arguments, &["--json"]].concat());
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {said}");
        let text = String::from_utf8(output.stdout).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// Asks the running daemon over its socket, as `lotse` itself does.
    pub(crate) fn ask(&self, request: &Value) -> Vec<Value> {
        let mut stream = UnixStream::connect(self.path("data/look.sock")).unwrap();
        writeln!(stream, "{request}").unwrap();
        let mut rows = Vec::new();
        for line in BufReader::new(stream).lines() {
            let row: Value = serde_json::from_str(&line.unwrap()).unwrap();
            assert_eq!(row.get("refused"), None, "{request}");
            if row.get("done").is_some() {
                return rows;
            }
            rows.push(row);
        }
        panic!("the daemon ended before it answered {request}");
    }

    /// Every ticket with its history, by number.
    pub(crate) fn tickets(&self) -> BTreeMap<u64, Value> {
        let list = self.ask(&"tickets".into());
        let numbers = list.iter().map(|line| line["ticket"].as_u64().unwrap());
        numbers
            .map(|number| {
                let shown = self.ask(&serde_json::json!({ "ticket": number }));
                (number, shown.into_iter().next().unwrap())
            })
            .collect()
    }

    /// Moves the clock, and so waits until everything is decided, durable and submitted.
    pub(crate) fn move_clock(&self, to: &str) {
        let output = self.run(&["clock", to]);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "clock {to}: {said}");
    }

    /// Hands over one message for one recipient; the code of the last answer.
    pub(crate) fn deliver(&self, from: &str, to: &str, message: &str) -> io::Result<u16> {
        Lmtp::connect(&self.socket())?.send(from, to, message)
    }

    /// How many messages left.
    pub(crate) fn count_outgoing(&self) -> usize {
        fs::read_dir(self.path("outgoing/new")).map_or(0, Iterator::count)
    }

    /// Everything that left, by file name.
    pub(crate) fn outgoing(&self) -> BTreeMap<String, Sent> {
        let entries = match fs::read_dir(self.path("outgoing/new")) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return BTreeMap::new(),
            Err(error) => panic!("{error}"),
        };
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names
            .map(|name| {
                let bytes = fs::read(self.path("outgoing/new").join(&name)).unwrap();
                (name, Sent::read(&bytes))
            })
            .collect()
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            // It may have ended already, which is no fault of this site any more.
            drop(child.kill());
            drop(child.wait());
        }
        if std::thread::panicking() {
            eprintln!("--- log of {}\n{}", self.plan.name, self.log());
        }
    }
}

/// A message in the maildir.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sent {
    pub(crate) reverse_path: String,
    pub(crate) forward_path: String,
    /// Header and body as they would be sent.
    pub(crate) message: String,
}

impl Sent {
    fn read(bytes: &[u8]) -> Self {
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        let (first, rest) = text.split_once("\r\n").unwrap();
        let (second, message) = rest.split_once("\r\n").unwrap();
        let reverse_path = first.strip_prefix("Return-Path: <").unwrap().trim_end_matches('>');
        Self {
            reverse_path: reverse_path.to_owned(),
            forward_path: second.strip_prefix("Delivered-To: ").unwrap().to_owned(),
            message: message.to_owned(),
        }
    }

    /// A header field, unfolded.
    pub(crate) fn field(&self, name: &str) -> Option<String> {
        let header = self.message.split("\r\n\r\n").next()?.replace("\r\n ", " ");
        let header = header.replace("\r\n\t", " ");
        header.split("\r\n").find_map(|line| {
            let (found, value) = line.split_once(':')?;
            found.eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
        })
    }
}

/// A mail server that hands over to a door.
#[derive(Debug)]
pub(crate) struct Lmtp {
    stream: BufReader<UnixStream>,
}

impl Lmtp {
    /// Connects and greets.
    pub(crate) fn connect(socket: &Path) -> io::Result<Self> {
        let stream = UnixStream::connect(socket)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        let mut lmtp = Self { stream: BufReader::new(stream) };
        lmtp.expect(220)?;
        lmtp.command("LHLO mx.example")?;
        lmtp.expect(250)?;
        Ok(lmtp)
    }

    /// Whether the recipient is taken now, but for lack of room.
    fn takes(&mut self, recipient: &str) -> bool {
        let mut ask = || {
            self.command("MAIL FROM:<>")?;
            if self.answer()? == 452 {
                return Ok(());
            }
            self.command(&format!("RCPT TO:<{recipient}>"))?;
            self.expect(250)
        };
        ask().is_ok()
    }

    /// Hands over one message; the code that ended it. An error is a lost connection.
    pub(crate) fn send(&mut self, from: &str, to: &str, message: &str) -> io::Result<u16> {
        for command in [
            format!("MAIL FROM:<{from}> SIZE={}", message.len()),
            format!("RCPT TO:<{to}>"),
            "DATA".to_owned(),
        ] {
            self.command(&command)?;
            let code = self.answer()?;
            if code >= 400 {
                self.command("RSET")?;
                self.answer()?;
                return Ok(code);
            }
        }
        let stuffed = message.replace("\r\n.", "\r\n..");
        self.command(&format!("{stuffed}\r\n."))?;
        self.answer()
    }

    fn command(&mut self, line: &str) -> io::Result<()> {
        self.stream.get_mut().write_all(format!("{line}\r\n").as_bytes())
    }

    fn expect(&mut self, code: u16) -> io::Result<()> {
        let said = self.answer()?;
        if said == code { Ok(()) } else { Err(io::Error::other(said.to_string())) }
    }

    /// The code of the next answer.
    fn answer(&mut self) -> io::Result<u16> {
        loop {
            let mut line = String::new();
            if self.stream.read_line(&mut line)? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            let code = line.get(..3).and_then(|code| code.parse().ok());
            let code = code.ok_or_else(|| io::Error::other(line.clone()))?;
            if line.as_bytes().get(3) != Some(&b'-') {
                return Ok(code);
            }
        }
    }
}
