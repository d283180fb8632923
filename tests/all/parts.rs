//! The server parts below `target/parts`, and what it takes to run a server beside a test.
//!
//! Deliberately absent: configurations, which stand with the tests of each server.

use std::net::{TcpListener, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::time::{Duration, Instant};

/// The folder with the unpacked servers; `contrib/parts` is run if something is missing.
pub(crate) fn folder() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let output = Command::new(root.join("contrib/parts")).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    root.join("target/parts")
}

/// A command of the unpacked servers, such as `usr/sbin/dovecot`, which finds its libraries.
pub(crate) fn command(program: &str) -> Command {
    let mut command = Command::new(folder().join(program));
    command.env("LD_LIBRARY_PATH", libraries());
    command
}

/// What stands in `LD_LIBRARY_PATH` of the unpacked servers.
pub(crate) fn libraries() -> String {
    std::fs::read_to_string(folder().join("libraries")).unwrap().trim().to_owned()
}

/// Whether the test runs as root.
pub(crate) fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata("/proc/self").unwrap().uid() == 0
}

/// What makes a server believe that it is root where we are not: it may change users and owners,
/// and nothing of it is so.
#[derive(Debug)]
pub(crate) struct Guise {
    key: String,
    /// Remembers what was pretended; ended with us.
    memory: Option<Server>,
}

impl Guise {
    /// Needs nothing where we are root.
    pub(crate) fn new() -> Self {
        if is_root() {
            return Self { key: String::new(), memory: None };
        }
        static NEXT: AtomicU32 = AtomicU32::new(1);
        // It takes the next two numbers as well.
        let own = std::process::id() % 1_000_000 * 2048;
        let key = (own + NEXT.fetch_add(1, SeqCst) % 512 * 4).to_string();
        let mut memory = command("usr/bin/faked-sysv");
        memory.args(["--foreground", "--key", &key]).stdout(Stdio::null());
        Self { memory: Some(Server::start(&mut memory)), key }
    }

    /// The variables of a program in this guise, by name and value.
    pub(crate) fn variables(&self) -> Vec<(&'static str, String)> {
        if self.memory.is_none() {
            return Vec::new();
        }
        let named = |folder: &&str| folder.ends_with("-linux-gnu") && folder.contains("/usr/lib/");
        let libraries = libraries();
        let libraries = libraries.split(':').find(named).unwrap();
        let library = format!("{libraries}/libfakeroot/libfakeroot-sysv.so");
        vec![("LD_PRELOAD", library), ("FAKEROOTKEY", self.key.clone())]
    }
}

/// A port of 127.0.0.1 that nobody uses, and that is given to no other test of this run.
///
/// Taken from below the range out of which the system gives ports to connections.
pub(crate) fn free_port() -> u16 {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let start = std::process::id() * 16;
    let ports = std::iter::repeat_with(|| 12_000 + (start + NEXT.fetch_add(1, SeqCst)) % 20_000);
    let mut ports = ports.map(|port| u16::try_from(port).unwrap());
    ports.find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok()).unwrap()
}

/// Looks again and again until something is there; ends the test if it takes too long.
pub(crate) fn wait_for<T>(what: &str, span: Duration, mut look: impl FnMut() -> Option<T>) -> T {
    #[expect(clippy::disallowed_methods, reason = "other programs are awaited in real time")]
    let now = Instant::now;
    #[expect(clippy::disallowed_methods, reason = "nothing tells when another program is ready")]
    let pause = || std::thread::sleep(Duration::from_millis(10));
    let started = now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(now() - started < span, "waited {span:?} in vain for {what}");
        pause();
    }
}

/// A running server; it is ended with all its children when this is dropped.
#[derive(Debug)]
pub(crate) struct Server {
    child: Child,
    /// Ends the server when the test program dies and with it the pipe to here.
    guard: Child,
}

impl Server {
    /// Starts a server in a process group of its own.
    pub(crate) fn start(command: &mut Command) -> Self {
        let child = command.stdin(Stdio::null()).process_group(0).spawn().unwrap();
        let line = format!("read -r _; kill -TERM -{}", child.id());
        let mut guard = Command::new("sh");
        guard.args(["-c", &line]).stdin(Stdio::piped()).stdout(Stdio::null());
        let guard = guard.stderr(Stdio::null()).process_group(0).spawn().unwrap();
        Self { child, guard }
    }

    /// Waits until it takes connections; ends the test if the server ends before.
    pub(crate) fn wait_until_open(&mut self, port: u16, log: impl Fn() -> String) {
        wait_for(&format!("port {port}"), Duration::from_secs(30), || {
            let ended = self.child.try_wait().unwrap();
            assert!(ended.is_none(), "the server ended with {ended:?}:\n{}", log());
            TcpStream::connect(("127.0.0.1", port)).ok()
        });
    }

    /// Sends a signal, such as `TERM` or `KILL`, to the server and all its children.
    pub(crate) fn signal(&self, name: &str) {
        let line = format!("kill -{name} -{}", self.child.id());
        let _ended_already = Command::new("sh").args(["-c", &line]).output();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.signal("TERM");
        let mut waited = 0;
        wait_for("the server's end", Duration::from_secs(10), || {
            waited += 1;
            if waited == 300 {
                self.signal("KILL");
            }
            self.child.try_wait().ok().flatten()
        });
        self.signal("KILL");
        let _guard_has_ended = self.guard.kill().and_then(|()| self.guard.wait());
    }
}
