//! A real Postfix on loopback, with the lines of `contrib/postfix` as they are shipped.
//!
//! It runs in a temporary folder, with its own queue, ports and users that every Debian has.
//! Deliberately absent: chroots, TLS, the machine's own Postfix.

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use tempfile::TempDir;

use crate::parts::{self, Guise, Server, free_port, wait_for};

const QUEUES: [&str; 13] = [
    "active", "bounce", "corrupt", "defer", "deferred", "flush", "hold", "incoming", "maildrop",
    "pid", "private", "public", "trace",
];

/// Services that every Postfix has; `PORT` is where it takes mail.
const SERVICES: &str = "\
127.0.0.1:PORT inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
local unix - n n - - local
lmtp unix - - n - - lmtp
mailbox unix - - n - - lmtp flags=O
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
";

/// What a test asks of Postfix.
#[derive(Debug, Default)]
pub(crate) struct Setup<'a> {
    /// Where lotse, or what stands for it, takes LMTP.
    pub(crate) lmtp_port: u16,
    /// Where everything for other domains goes by SMTP.
    pub(crate) outside_port: u16,
    /// Stands for `/usr/bin/lotse` in pipe and alias.
    pub(crate) program: &'a str,
    /// Stands for `/etc/lotse/lotse.toml`.
    pub(crate) config: &'a str,
    /// More lines for `main.cf`; they win over the shipped ones.
    pub(crate) lines: &'a str,
}

/// A running Postfix; ends when dropped.
#[derive(Debug)]
pub(crate) struct Postfix {
    /// Takes mail as from the internet.
    pub(crate) smtp_port: u16,
    /// Takes mail from lotse, to anywhere.
    pub(crate) submit_port: u16,
    server: Server,
    folder: TempDir,
    /// Kept as long as the server runs.
    _guise: Guise,
}

impl Postfix {
    /// Starts Postfix and waits until it takes mail.
    pub(crate) fn start(setup: &Setup<'_>) -> Self {
        let folder = TempDir::with_prefix("lotse-postfix-").unwrap();
        let (smtp_port, submit_port) = (free_port(), free_port());
        let guise = Guise::new();
        write_settings(folder.path(), setup, (smtp_port, submit_port), &guise);
        let etc = folder.path().join("etc");
        let errors = fs::File::create(folder.path().join("errors")).unwrap();
        let mut master = parts::command("usr/lib/postfix/sbin/master");
        master.args(["-d", "-c"]).arg(&etc).env("MAIL_CONFIG", &etc).envs(guise.variables());
        let server = Server::start(master.stdout(Stdio::null()).stderr(errors));
        let mut postfix = Self { smtp_port, submit_port, server, folder, _guise: guise };
        for port in [smtp_port, submit_port] {
            let path = postfix.folder.path().to_owned();
            postfix.server.wait_until_open(port, || read_log(&path));
        }
        postfix
    }

    /// What Postfix logged so far.
    pub(crate) fn log(&self) -> String {
        read_log(self.folder.path())
    }

    /// Whether no mail waits in any of its queues, looked at in the order in which mail moves.
    pub(crate) fn is_idle(&self) -> bool {
        ["maildrop", "deferred", "incoming", "active", "deferred"].iter().all(|queue| {
            let output = Command::new("find")
                .arg(self.folder.path().join("queue").join(queue))
                .args(["-type", "f"])
                .output()
                .unwrap();
            output.stdout.is_empty()
        })
    }

    /// Tries all waiting mail now.
    pub(crate) fn flush(&self) {
        let mut flush = parts::command("usr/sbin/postqueue");
        flush.arg("-c").arg(self.folder.path().join("etc")).arg("-f");
        let output = flush.output().unwrap();
        assert!(output.status.success(), "{output:?}");
    }
}

impl Drop for Postfix {
    fn drop(&mut self) {
        if thread::panicking() {
            eprintln!("Postfix said:\n{}", self.log());
        }
    }
}

fn read_log(folder: &Path) -> String {
    ["errors", "log"].map(|name| fs::read_to_string(folder.join(name)).unwrap_or_default()).concat()
}

/// The lines of `main` whose settings `lines` does not name.
///
/// A setting given twice is a warning, and `postlogd` waits for itself when it warns at its start.
fn without_named(main: &str, lines: &str) -> String {
    let name = |line: &str| line.split_once('=').map(|(name, _)| name.trim().to_owned());
    let named: BTreeSet<String> = lines.lines().filter_map(name).collect();
    let is_kept = |line: &&str| name(line).is_none_or(|name| !named.contains(&name));
    main.lines().filter(is_kept).map(|line| format!("{line}\n")).collect()
}

fn write_settings(
    folder: &Path,
    setup: &Setup<'_>,
    (smtp_port, submit_port): (u16, u16),
    guise: &Guise,
) {
    let etc = folder.join("etc");
    for name in QUEUES {
        fs::create_dir_all(folder.join("queue").join(name)).unwrap();
    }
    fs::create_dir_all(folder.join("data")).unwrap();
    fs::create_dir(&etc).unwrap();
    fs::set_permissions(folder, fs::Permissions::from_mode(0o755)).unwrap();
    let shipped = |name: &str| {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("contrib/postfix").join(name);
        fs::read_to_string(path)
            .unwrap()
            .replace("/etc/postfix", etc.to_str().unwrap())
            .replace("127.0.0.1:2424", &format!("127.0.0.1:{}", setup.lmtp_port))
            .replace("127.0.0.1:2587", &format!("127.0.0.1:{submit_port}"))
            .replace("/usr/bin/lotse", setup.program)
            .replace("/etc/lotse/lotse.toml", setup.config)
            .replace("user=lotse", "user=nobody")
    };
    let own_services = SERVICES.replace("PORT", &smtp_port.to_string());
    let main = own_main(folder, setup, guise) + &shipped("main.cf");
    let main = without_named(&main, setup.lines) + setup.lines + "\n";
    fs::write(etc.join("main.cf"), main).unwrap();
    fs::write(etc.join("master.cf"), own_services + &shipped("master.cf")).unwrap();
    fs::write(etc.join("lotse-transport"), shipped("transport")).unwrap();
    fs::write(etc.join("aliases"), shipped("aliases")).unwrap();
    let mut aliases = parts::command("usr/sbin/postalias");
    aliases.arg("-c").arg(&etc).arg(format!("hash:{}", etc.join("aliases").display()));
    assert!(aliases.output().unwrap().status.success());
    let mut owner = Command::new("sh");
    owner.args(["-c", "chown -R daemon queue data && chown root queue"]).current_dir(folder);
    owner.envs(guise.variables());
    assert!(owner.status().unwrap().success());
}

/// What a Postfix needs that lives in a folder and not on a machine.
fn own_main(folder: &Path, setup: &Setup<'_>, guise: &Guise) -> String {
    let (folder, parts) = (folder.display(), parts::folder());
    let parts = parts.display();
    format!(
        "compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
command_directory = {parts}/usr/sbin
daemon_directory = {parts}/usr/lib/postfix/sbin
shlib_directory = {parts}/usr/lib/postfix
meta_directory = {folder}/etc
import_environment = MAIL_CONFIG={folder}/etc LD_LIBRARY_PATH={libraries} LANG=C TZ=UTC{guise}
maillog_file = {folder}/log
maillog_file_prefixes = {folder}
mail_owner = daemon
setgid_group = mail
default_privs = nobody
myhostname = mx.nrw.example
mydestination = local.example
mynetworks =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
alias_maps = hash:{folder}/etc/aliases
fast_flush_domains =
local_recipient_maps =
default_transport = smtp:[127.0.0.1]:{outside}
smtp_dns_support_level = disabled
smtpd_peername_lookup = no
",
        libraries = parts::libraries(),
        guise = guise
            .variables()
            .iter()
            .fold(String::new(), |all, (name, value)| { format!("{all} {name}={value}") }),
        outside = setup.outside_port,
    )
}

/// A mail as the far end got it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Received {
    /// The argument of MAIL FROM without its parameters.
    pub(crate) reverse_path: String,
    /// The arguments of RCPT TO without their parameters.
    pub(crate) recipients: Vec<String>,
    /// The message with LF line ends, dots unstuffed.
    pub(crate) message: String,
}

/// A far end that takes every mail: LMTP to who says LHLO, SMTP to others.
#[derive(Debug)]
pub(crate) struct FarEnd {
    /// Where it listens on 127.0.0.1.
    pub(crate) port: u16,
    /// What it took, in order.
    pub(crate) mails: Receiver<Received>,
    /// Recipients that are refused with 550, as RCPT TO writes them.
    pub(crate) unknown: Arc<Mutex<BTreeSet<String>>>,
}

impl FarEnd {
    /// Listens on a port of its own until the test program ends.
    pub(crate) fn start() -> Self {
        Self::listen(TcpListener::bind("127.0.0.1:0").unwrap())
    }

    /// Listens where it is told to.
    pub(crate) fn listen(listener: TcpListener) -> Self {
        let port = listener.local_addr().unwrap().port();
        let unknown = Arc::new(Mutex::new(BTreeSet::new()));
        let (sender, mails) = channel();
        let refused = Arc::clone(&unknown);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (sender, refused) = (sender.clone(), Arc::clone(&refused));
                thread::spawn(move || converse(&stream.unwrap(), &sender, &refused));
            }
        });
        Self { port, mails, unknown }
    }
}

/// One connection, until the peer ends it.
fn converse(stream: &TcpStream, mails: &Sender<Received>, unknown: &Mutex<BTreeSet<String>>) {
    let answer = |line: &str| {
        let mut writer = stream;
        let _peer_left = writer.write_all(format!("{line}\r\n").as_bytes());
    };
    let mut lines = BufReader::new(stream).lines().map_while(Result::ok);
    let (mut reverse_path, mut recipients) = (String::new(), Vec::new());
    let mut is_lmtp = false;
    answer("220 far end");
    while let Some(line) = lines.next() {
        let (verb, rest) = line.split_once([' ', ':']).unwrap_or((&line, ""));
        let path = rest.split_once(':').map_or("", |(_, path)| path);
        let path = path.split(' ').next().unwrap_or_default().to_owned();
        match verb.to_ascii_uppercase().as_str() {
            "LHLO" => {
                is_lmtp = true;
                answer("250 far end");
            }
            "MAIL" => {
                reverse_path = path;
                answer("250 2.1.0 ok");
            }
            "RCPT" if unknown.lock().unwrap().contains(&path) => answer("550 5.1.1 nobody there"),
            "RCPT" => {
                recipients.push(path);
                answer("250 2.1.5 ok");
            }
            "DATA" => {
                answer("354 go on");
                let data: Vec<String> = lines.by_ref().take_while(|line| line != ".").collect();
                let unstuffed = data.iter().map(|line| line.strip_prefix('.').unwrap_or(line));
                let message: String = unstuffed.map(|line| format!("{line}\n")).collect();
                let count = if is_lmtp { recipients.len() } else { 1 };
                let recipients = std::mem::take(&mut recipients);
                let _test_over = mails.send(Received {
                    reverse_path: reverse_path.clone(),
                    recipients,
                    message,
                });
                (0..count).for_each(|_| answer("250 2.0.0 kept"));
            }
            "RSET" => {
                recipients.clear();
                answer("250 2.0.0 ok");
            }
            "QUIT" => return answer("221 2.0.0 bye"),
            _ => answer("250 2.0.0 ok"),
        }
    }
}

/// Says lines one after the other and returns the last line of each answer, greeting first.
pub(crate) fn say(port: u16, lines: &[&str]) -> Vec<String> {
    let stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    let mut answers = BufReader::new(&stream).lines();
    let mut last_line = || {
        let is_last = |line: &String| line.as_bytes().get(3) != Some(&b'-');
        answers.by_ref().map_while(Result::ok).find(is_last).unwrap_or_default()
    };
    let mut said = vec![last_line()];
    for line in lines {
        (&stream).write_all(format!("{line}\r\n").as_bytes()).unwrap();
        said.push(last_line());
    }
    said
}

/// Offers one mail and returns the answer to RCPT if that is a refusal, else to the message.
pub(crate) fn send(port: u16, from: &str, to: &str, message: &str) -> String {
    let (mail, recipient) = (format!("MAIL FROM:<{from}>"), format!("RCPT TO:<{to}>"));
    let data = format!("{}\r\n.", message.replace("\n.", "\n..").replace('\n', "\r\n"));
    let said = say(port, &["EHLO client.example", &mail, &recipient, "DATA", &data]);
    let [.., recipient, _, message] = said.as_slice() else { return String::new() };
    if recipient.starts_with('2') { message.clone() } else { recipient.clone() }
}

const MAIL: &str = "From: otto@outside.example\nSubject: Guten Tag\n\nEine Frage.\n.\n";
const PATIENCE: Duration = Duration::from_secs(30);

/// What the shipped lines do within 30 seconds, within two.
const SOONER: &str = "address_verify_negative_expire_time = 2s
address_verify_negative_refresh_time = 1s";

fn start(lotse: &FarEnd, outside: &FarEnd, lines: &str) -> Postfix {
    let (lmtp_port, outside_port) = (lotse.port, outside.port);
    let (program, config) = ("/bin/cat", "lotse.toml");
    Postfix::start(&Setup { lmtp_port, outside_port, program, config, lines })
}

#[test]
fn mail_travels_in_by_lmtp_and_out_by_submission() {
    let (lotse, outside) = (FarEnd::start(), FarEnd::start());
    let postfix = start(&lotse, &outside, "");

    let answer = send(postfix.smtp_port, "otto@outside.example", "desk+17.k3@nrw.example", MAIL);
    assert!(answer.starts_with("250 "), "{answer}\n{}", postfix.log());
    let mail = lotse.mails.recv_timeout(PATIENCE).unwrap();
    assert_eq!(mail.reverse_path, "<otto@outside.example>");
    assert_eq!(mail.recipients, ["<desk+17.k3@nrw.example>"]);
    assert!(mail.message.ends_with("\n\nEine Frage.\n.\n\n"), "{}", mail.message);

    let from = "desk+v17@nrw.example";
    let answer = send(postfix.submit_port, from, "otto@outside.example", MAIL.trim_end());
    assert!(answer.starts_with("250 "), "{answer}\n{}", postfix.log());
    let mail = outside.mails.recv_timeout(PATIENCE).unwrap();
    assert_eq!(mail.reverse_path, format!("<{from}>"));
    assert_eq!(mail.recipients, ["<otto@outside.example>"]);
    wait_for("empty queues", PATIENCE, || postfix.is_idle().then_some(()));

    let answer = send(postfix.smtp_port, "otto@outside.example", "x@elsewhere.example", MAIL);
    assert!(answer.starts_with("454 ") || answer.starts_with("554 "), "no open relay: {answer}");
}

#[test]
fn a_new_address_is_let_in_when_the_refusal_is_forgotten() {
    let (lotse, outside) = (FarEnd::start(), FarEnd::start());
    let postfix = start(&lotse, &outside, SOONER);
    let offer = || send(postfix.smtp_port, "otto@outside.example", "neu@nrw.example", MAIL);

    lotse.unknown.lock().unwrap().insert("<neu@nrw.example>".to_owned());
    let answer = offer();
    assert!(answer.starts_with("550 5.1.1 "), "{answer}\n{}", postfix.log());
    lotse.unknown.lock().unwrap().clear();
    wait_for("the new address", PATIENCE, || offer().starts_with("250 ").then_some(()));
    assert_eq!(lotse.mails.recv_timeout(PATIENCE).unwrap().recipients, ["<neu@nrw.example>"]);
}

#[test]
fn while_lotse_is_down_senders_are_asked_to_come_again() {
    let port = free_port();
    let setup = Setup { lmtp_port: port, lines: SOONER, ..Setup::default() };
    let postfix = Postfix::start(&setup);
    let offer = || send(postfix.smtp_port, "otto@outside.example", "kontakt@nrw.example", MAIL);

    let answer = offer();
    assert!(answer.starts_with("450 "), "{answer}\n{}", postfix.log());
    let lotse = FarEnd::listen(TcpListener::bind(("127.0.0.1", port)).unwrap());
    wait_for("lotse", PATIENCE, || offer().starts_with("250 ").then_some(()));
    assert_eq!(lotse.mails.recv_timeout(PATIENCE).unwrap().recipients, ["<kontakt@nrw.example>"]);
}

/// Stands for `lotse deliver`: notes its arguments, or says 75 while a file `down` lies beside it.
const PROGRAM: &str = "#!/bin/sh
cd \"$(dirname \"$0\")\"
[ ! -e down ] || exit 75
said=$(printf '%s|' \"$@\"; grep -c '^Eine Frage')
echo \"$said\" >>said
";

#[test]
fn pipe_and_alias_name_sender_and_recipient_and_wait_while_lotse_is_down() {
    let folder = TempDir::with_prefix("lotse-program-").unwrap();
    let program = folder.path().join("lotse");
    fs::write(&program, PROGRAM).unwrap();
    for path in [folder.path(), &program] {
        fs::set_permissions(path, fs::Permissions::from_mode(0o777)).unwrap();
    }
    let said = || fs::read_to_string(folder.path().join("said")).unwrap_or_default();
    let program = program.to_str().unwrap();
    let postfix = Postfix::start(&Setup { program, config: "l.toml", ..Setup::default() });

    let answer = send(postfix.submit_port, "", "a b@pipe.nrw.example", MAIL);
    assert!(answer.starts_with('5'), "an address with a space is refused: {answer}");
    fs::write(folder.path().join("down"), "").unwrap();
    let recipients = ["desk+17.k3@pipe.nrw.example", "kontakt+x@local.example"];
    for (from, to) in ["", "otto@outside.example"].iter().zip(recipients) {
        let answer = send(postfix.submit_port, from, to, MAIL);
        assert!(answer.starts_with("250 "), "{answer}\n{}", postfix.log());
    }
    wait_for("two refusals", PATIENCE, || {
        (postfix.log().matches("status=deferred").count() == 2).then_some(())
    });
    assert_eq!(said(), "");
    fs::remove_file(folder.path().join("down")).unwrap();
    postfix.flush();
    wait_for("two deliveries", PATIENCE, || postfix.is_idle().then_some(()));
    let text = said();
    let mut lines: Vec<&str> = text.lines().collect();
    lines.sort_unstable();
    assert_eq!(
        lines,
        [
            "deliver|--config|l.toml|--from|otto@outside.example|--|kontakt+x@local.example|1",
            "deliver|--config|l.toml|--from||--|desk+17.k3@pipe.nrw.example|1",
        ],
        "{}",
        postfix.log()
    );
}
