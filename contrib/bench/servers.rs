//! The servers that are measured, each in a folder of its own, on loopback, ended when dropped.
//!
//! Deliberately absent: anything of the machine's own servers; Dovecot and `smtp-sink` come from
//! `target/parts` (`contrib/parts`).

use std::fs::{self, File, Permissions};
use std::io::{self, BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::{PermissionsExt, chown, symlink};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

use crate::machine;

/// How long a server may take to start or to end.
const PATIENCE: Duration = Duration::from_secs(60);
/// The user who owns Dovecot's mail when this runs as root.
const NOBODY: (&str, &str, u32, u32) = ("nobody", "nogroup", 65534, 65534);
/// Where ordinary mails go.
pub(crate) const QUEUE: &str = "kontakt@nrw.example";
/// Where requests go.
pub(crate) const REQUESTS: &str = "antrag@nrw.example";
/// Where Dovecot's library looks for modules: compiled in.
const MODULES: &[u8] = b"/usr/lib/dovecot/modules\0";

/// A running server.
#[derive(Debug)]
pub(crate) struct Server {
    child: Child,
    /// Where it takes mail.
    pub(crate) port: u16,
    folder: PathBuf,
    has_group: bool,
    /// Dropped with the server that uses it.
    library: Option<TempDir>,
}

/// What takes what lotse sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Out {
    /// A server that takes connections and never says a word: nothing leaves, all rows wait.
    Silent,
    /// Nobody listens: each row is tried, and waits for its next time.
    Closed,
    /// Postfix's smtp-sink.
    Sink,
}

/// The way out of a run, kept open as long as this lives.
#[derive(Debug)]
pub(crate) struct WayOut {
    port: u16,
    _silent: Option<TcpListener>,
    sink: Option<Server>,
}

impl WayOut {
    /// Opens it; what a sink needs stands in `folder`.
    ///
    /// # Errors
    /// The sink cannot be started.
    pub(crate) fn open(out: Out, folder: &Path) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let port = listener.local_addr()?.port();
        Ok(match out {
            Out::Silent => Self { port, _silent: Some(listener), sink: None },
            Out::Closed => Self { port, _silent: None, sink: None },
            Out::Sink => {
                drop(listener);
                Self { port, _silent: None, sink: Some(start_sink(port, folder)?) }
            }
        })
    }

    /// The process of the sink.
    pub(crate) fn pid(&self) -> Option<u32> {
        self.sink.as_ref().map(Server::pid)
    }
}

fn start_sink(port: u16, folder: &Path) -> io::Result<Server> {
    let mut command = part("usr/sbin/smtp-sink")?;
    let (user, ..) = owner()?;
    command.args(["-u", &user]);
    command.arg(format!("127.0.0.1:{port}")).arg("2048");
    fs::create_dir_all(folder)?;
    let mut server = start(command, port, folder)?;
    server.await_greeting()?;
    Ok(server)
}

/// Writes what a daemon needs into a folder: a queue with three members who get each mail.
///
/// # Errors
/// The folder cannot be written to.
pub(crate) fn furnish_lotse(folder: &Path, engine: &str, way_out: &WayOut) -> io::Result<u16> {
    fs::create_dir_all(folder)?;
    let (port, out) = (free_port()?, way_out.port);
    let settings = format!(
        "[site]\nname = \"nrw\"\naddress = \"desk@nrw.example\"\nseparator = \"+\"\n\
         domains = [\"nrw.example\"]\ndispatcher = \"kontakt\"\nlocale = \"de\"\n\
         time_zone = \"Europe/Berlin\"\norganization = \"organization.toml\"\n\
         mails_per_day = 65535\n\
         [store]\npath = \"data\"\nengine = \"{engine}\"\n\
         [[door]]\nkind = \"lmtp\"\nlisten = \"127.0.0.1:{port}\"\n\
         [submit]\nkind = \"smtp\"\nhost = \"127.0.0.1\"\nport = {out}\ntls = \"none\"\n\
         connections = 8\n"
    );
    fs::write(folder.join("lotse.toml"), settings)?;
    let mut organization = String::new();
    for (id, name, locale) in
        [("anna", "Anna Muster", "de"), ("ben", "Ben Example", "en"), ("ida", "Ida Malli", "fi")]
    {
        organization.push_str(&format!(
            "[[person]]\nid = \"{id}\"\nname = \"{name}\"\nlocale = \"{locale}\"\n\
             addresses = [\"{id}@members.example\"]\n"
        ));
    }
    organization.push_str("[[queue]]\nname = \"kontakt\"\naddresses = [\"kontakt@nrw.example\"]\n");
    for id in ["anna", "ben", "ida"] {
        organization.push_str(&format!(
            "[[queue.member]]\nperson = \"{id}\"\naccess = \"write\"\nnotify = \"each\"\n"
        ));
    }
    fs::write(folder.join("organization.toml"), organization)?;
    Ok(port)
}

/// Adds a procedure to a furnished folder, which waits so long after a request's last mail and then
/// asks for what is missing.
///
/// # Errors
/// The folder cannot be written to.
pub(crate) fn add_procedure(folder: &Path, settle_span: &str) -> io::Result<()> {
    let settings = fs::read_to_string(folder.join("lotse.toml"))?;
    let settings = settings.replace("[store]\n", "procedures = \"procedures\"\n[store]\n");
    fs::write(folder.join("lotse.toml"), settings)?;
    fs::create_dir_all(folder.join("procedures"))?;
    fs::write(folder.join("procedures/boat.toml"), procedure(settle_span))
}

/// A procedure of three facts that are collected.
pub(crate) fn procedure(settle_span: &str) -> String {
    let mut procedure = format!(
        "name = \"boat\"\naddresses = [\"{REQUESTS}\"]\nsettle_span = \"{settle_span}\"\n\
         title.de = \"Boot leihen\"\ntitle.en = \"Loan of a boat\"\n\
         title.fi = \"Veneen laina\"\ntitle.sv = \"Lån av båten\"\n"
    );
    for (name, labels) in [
        ("boat", ["Boot", "boat", "vene", "båt"]),
        ("harbour", ["Hafen", "harbour", "satama", "hamn"]),
        ("skipper", ["Schiffer", "skipper", "kippari", "skeppare"]),
    ] {
        procedure.push_str(&format!(
            "[[fact]]\nname = \"{name}\"\ntype = \"text\"\nneed = \"required\"\n"
        ));
        for (locale, label) in ["de", "en", "fi", "sv"].iter().zip(labels) {
            procedure.push_str(&format!("label.{locale} = [\"{label}\"]\n"));
        }
    }
    procedure.push_str("[[step]]\nkind = \"collect\"\n[[step]]\nkind = \"tell\"\n");
    procedure
}

/// Starts the daemon of a furnished folder; does not wait.
///
/// # Errors
/// The program cannot be started.
pub(crate) fn start_lotse(program: &Path, folder: &Path, port: u16) -> io::Result<Server> {
    let mut command = Command::new(program);
    command.arg("serve").arg("--config").arg(folder.join("lotse.toml"));
    start(command, port, folder)
}

/// Starts Dovecot's LMTP server with one mailbox, as its manual says and with its usual syncs.
///
/// # Errors
/// The parts are missing, or it does not answer.
pub(crate) fn start_dovecot(folder: &Path) -> io::Result<Server> {
    let (user, group, uid, gid) = owner()?;
    for name in ["", "run", "mail"] {
        let path = folder.join(name);
        fs::create_dir_all(&path)?;
        fs::set_permissions(&path, Permissions::from_mode(0o755))?;
    }
    chown(folder.join("mail"), Some(uid), Some(gid))?;
    let (port, home) = (free_port()?, folder.display());
    let settings = format!(
        "base_dir = {home}/run\nstate_dir = {home}/run\nlog_path = {home}/log\n\
         libexec_dir = {parts}/usr/lib/dovecot\nmail_plugin_dir = {parts}/usr/lib/dovecot/modules\n\
         default_internal_user = {user}\ndefault_internal_group = {group}\n\
         default_login_user = {user}\nfirst_valid_uid = 0\nfirst_valid_gid = 0\n\
         import_environment = LD_LIBRARY_PATH\nprotocols = lmtp\nlisten = 127.0.0.1\nssl = no\n\
         hostname = mx.nrw.example\nmail_location = maildir:{home}/mail/Maildir\n\
         passdb {{\n driver = static\n args = nopassword=y\n}}\n\
         userdb {{\n driver = static\n args = uid={uid} gid={gid} home={home}/mail\n}}\n\
         service lmtp {{\n process_min_avail = 4\n process_limit = 100\n client_limit = 1\n \
         inet_listener lmtp {{\n  address = 127.0.0.1\n  port = {port}\n }}\n}}\n\
         service anvil {{\n chroot =\n client_limit = 500\n unix_listener anvil-auth-penalty \
         {{\n  mode = 0\n }}\n}}\nservice stats {{\n chroot =\n}}\n",
        parts = parts()?.display()
    );
    fs::write(folder.join("dovecot.conf"), settings)?;
    let library = patched_library()?;
    let mut command = part("usr/bin/doveconf")?;
    let libraries = fs::read_to_string(parts()?.join("libraries"))?;
    let found_first = format!("{}:{}", library.path().display(), libraries.trim());
    command.env("LD_LIBRARY_PATH", found_first);
    command.args(["-f", "service=master", "-m", "master", "-c"]);
    command.arg(folder.join("dovecot.conf")).arg("-e").arg(parts()?.join("usr/sbin/dovecot"));
    command.args(["-F", "-c"]).arg(folder.join("dovecot.conf"));
    let mut server = start(command, port, folder)?;
    server.has_group = true;
    server.library = Some(library);
    server.await_greeting()?;
    Ok(server)
}

/// Dovecot's library with the path to its modules changed to one of the same length at most, which
/// is why it lies below `/tmp`.
fn patched_library() -> io::Result<TempDir> {
    let folder = tempfile::Builder::new().prefix("l").rand_bytes(8).tempdir_in("/tmp")?;
    fs::set_permissions(folder.path(), Permissions::from_mode(0o755))?;
    symlink(parts()?.join("usr/lib/dovecot/modules"), folder.path().join("m"))?;
    let mut library = fs::read(parts()?.join("usr/lib/dovecot/libdovecot.so.0"))?;
    let mut path = folder.path().join("m").into_os_string().into_encoded_bytes();
    path.resize(MODULES.len(), 0);
    let found = library.windows(MODULES.len()).position(|bytes| bytes == MODULES);
    let place = found.and_then(|at| library.get_mut(at..at + MODULES.len()));
    match place {
        Some(place) => place.copy_from_slice(&path),
        None => return Err(io::Error::other("this Dovecot looks for modules elsewhere")),
    }
    fs::write(folder.path().join("libdovecot.so.0"), library)?;
    Ok(folder)
}

fn start(mut command: Command, port: u16, folder: &Path) -> io::Result<Server> {
    let child = command
        .stdin(Stdio::null())
        .stdout(File::create(folder.join("output"))?)
        .stderr(File::create(folder.join("errors"))?)
        .process_group(0)
        .spawn()?;
    Ok(Server { child, port, folder: folder.to_owned(), has_group: false, library: None })
}

impl Server {
    /// Its process.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Returns once it greets whoever connects.
    ///
    /// # Errors
    /// It ended, or it takes too long; with its own words.
    pub(crate) fn await_greeting(&mut self) -> io::Result<()> {
        let started = machine::now();
        while !is_greeting(self.port) {
            if self.child.try_wait()?.is_some() || started.elapsed() > PATIENCE {
                let words = ["output", "errors", "log"]
                    .map(|name| fs::read_to_string(self.folder.join(name)).unwrap_or_default());
                return Err(io::Error::other(format!("no greeting: {}", words.concat())));
            }
            machine::pause(Duration::from_millis(1));
        }
        Ok(())
    }

    /// How far a lotse daemon has come (`Request::Progress`).
    ///
    /// # Errors
    /// It does not answer.
    pub(crate) fn progress(&self) -> io::Result<Progress> {
        let mut stream = UnixStream::connect(self.folder.join("data/look.sock"))?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.write_all(b"\"progress\"\n")?;
        let mut line = String::new();
        BufReader::new(stream).read_line(&mut line)?;
        let value: Value = serde_json::from_str(&line)?;
        let number = |name: &str| {
            let found = value.get(name).and_then(Value::as_u64);
            found.ok_or_else(|| io::Error::other(format!("no progress: {line}")))
        };
        let is_decided = number("decided")? >= number("newest")?;
        let is_durable = number("durable")? >= number("handed_over")?;
        Ok(Progress {
            batches: number("durable")?,
            is_decided: is_decided && is_durable,
            is_settled: value.get("settled").and_then(Value::as_bool).unwrap_or_default(),
        })
    }

    /// Asks it to end and waits until it has.
    ///
    /// # Errors
    /// It does not end in time.
    pub(crate) fn end(&mut self) -> io::Result<()> {
        self.signal("-TERM")?;
        let started = machine::now();
        while self.child.try_wait()?.is_none() {
            if started.elapsed() > PATIENCE {
                return Err(io::Error::other("a server does not end"));
            }
            machine::pause(Duration::from_millis(5));
        }
        Ok(())
    }

    /// Ends it as a power cut would.
    ///
    /// # Errors
    /// It is gone already.
    pub(crate) fn kill(&mut self) -> io::Result<()> {
        self.signal("-KILL")?;
        self.child.wait().map(drop)
    }

    fn signal(&self, signal: &str) -> io::Result<()> {
        let whom = i64::from(self.pid()) * if self.has_group { -1 } else { 1 };
        let status = Command::new("kill").args([signal, "--", &whom.to_string()]).status()?;
        if status.success() { Ok(()) } else { Err(io::Error::other("nothing to signal")) }
    }
}

/// How far a daemon has come.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Progress {
    /// Batches that are durable.
    pub(crate) batches: u64,
    /// Every accepted mail is decided, and all that follows is durable.
    pub(crate) is_decided: bool,
    /// Nothing at all is left to do, the outbox is empty.
    pub(crate) is_settled: bool,
}

impl Drop for Server {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            let killed = self.kill();
            if let Err(error) = killed {
                let _nobody_reads = writeln!(io::stderr(), "a server is left behind: {error}");
            }
        }
    }
}

fn is_greeting(port: u16) -> bool {
    let Ok(stream) = TcpStream::connect(("127.0.0.1", port)) else { return false };
    let mut line = String::new();
    let patience = stream.set_read_timeout(Some(Duration::from_secs(5)));
    patience.is_ok()
        && BufReader::new(stream).read_line(&mut line).is_ok()
        && line.starts_with("220")
}

fn free_port() -> io::Result<u16> {
    TcpListener::bind("127.0.0.1:0")?.local_addr().map(|address| address.port())
}

fn parts() -> io::Result<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/parts");
    if folder.join("stamp").exists() {
        return Ok(folder);
    }
    Err(io::Error::other(
        "Dovecot and smtp-sink are missing; this command brings them: contrib/parts",
    ))
}

fn part(program: &str) -> io::Result<Command> {
    let parts = parts()?;
    let mut command = Command::new(parts.join(program));
    command.env("LD_LIBRARY_PATH", fs::read_to_string(parts.join("libraries"))?.trim());
    Ok(command)
}

/// Who owns Dovecot's mail: whoever runs this, but never root.
fn owner() -> io::Result<(String, String, u32, u32)> {
    let ask = |option: &str| -> io::Result<String> {
        let output = Command::new("id").arg(option).output()?;
        Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    let number = |text: String| text.parse::<u32>().map_err(io::Error::other);
    let (uid, gid) = (number(ask("-u")?)?, number(ask("-g")?)?);
    if uid == 0 {
        let (user, group, uid, gid) = NOBODY;
        return Ok((user.to_owned(), group.to_owned(), uid, gid));
    }
    Ok((ask("-un")?, ask("-gn")?, uid, gid))
}
