//! A real Dovecot for one test: private folder, private ports on loopback, killed at the end.
//!
//! It runs from target/parts, where `contrib/parts` unpacks it; nothing of the machine is touched.
//! Two paths are compiled into Dovecot. Its settings reader is started by hand, and a copy of its
//! library looks for modules (TLS is one) in this test's folder.

use std::fs::{self, File, FileTimes, Permissions};
use std::os::unix::fs::FileTypeExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, SystemTime};

use tempfile::TempDir;
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;

/// The password of every user.
pub(super) const PASSWORD: &str = "Schlüssel-17";
/// The user of the operating system that owns the mail when the test runs as root.
const NOBODY: u32 = 65534;
const MODULES: &[u8] = b"/usr/lib/dovecot/modules\0";

/// What a test wants otherwise than usual.
#[derive(Debug, Clone, Default)]
pub(super) struct Wish {
    /// Folders are named as many hosters do it: `INBOX.Done`.
    pub(super) has_inbox_prefix: bool,
    /// Certificate and key; without them there is no TLS.
    pub(super) certificate: Option<(String, String)>,
    /// The only capabilities that the server admits to have.
    pub(super) capability: Option<&'static str>,
    /// Login names, each with a mailbox of its own; others are unknown, and LMTP is open. Without
    /// any there is one mailbox for whoever logs in.
    pub(super) accounts: &'static [&'static str],
}

/// A running Dovecot with one mailbox.
#[derive(Debug)]
pub(super) struct Dovecot {
    home: TempDir,
    server: Option<Child>,
    /// The port of IMAP without TLS, or with STARTTLS.
    pub(super) port: u16,
    /// The port of IMAP inside TLS.
    pub(super) tls_port: u16,
    /// The port of LMTP, where there are accounts.
    pub(super) lmtp_port: u16,
    delivered: u32,
}

impl Dovecot {
    /// Starts a server and waits until it answers.
    pub(super) async fn start(wish: &Wish) -> Self {
        let home = tempfile::Builder::new().prefix("l").rand_bytes(8).tempdir_in("/tmp").unwrap();
        fs::set_permissions(home.path(), Permissions::from_mode(0o755)).unwrap();
        let [port, tls_port, lmtp_port] = free_ports();
        let mut dovecot = Self { home, server: None, port, tls_port, lmtp_port, delivered: 0 };
        dovecot.furnish(wish);
        dovecot.restart().await;
        dovecot
    }

    /// Starts it again, on the same ports.
    pub(super) async fn restart(&mut self) {
        let parts = parts();
        self.clear_away();
        let libraries = fs::read_to_string(parts.join("libraries")).unwrap();
        let library_path = format!("{}:{}", self.home.path().display(), libraries.trim());
        let server = Command::new(parts.join("usr/bin/doveconf"))
            .args(["-f", "service=master", "-m", "master", "-c"])
            .arg(self.path("dovecot.conf"))
            .arg("-e")
            .arg(parts.join("usr/sbin/dovecot"))
            .args(["-F", "-c"])
            .arg(self.path("dovecot.conf"))
            .env("LD_LIBRARY_PATH", library_path)
            .stdin(Stdio::null())
            .stdout(File::create(self.path("output")).unwrap())
            .stderr(File::create(self.path("errors")).unwrap())
            .process_group(0)
            .spawn()
            .unwrap();
        self.server = Some(server);
        let answers = tokio::time::timeout(Duration::from_secs(20), async {
            while !self.is_answering().await {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        });
        assert!(answers.await.is_ok(), "Dovecot does not answer: {}", self.words());
    }

    /// Kills it and all its processes at once, as a power cut would.
    pub(super) fn kill(&mut self) {
        let Some(mut server) = self.server.take() else { return };
        let words = format!("kill -9 -{}", server.id());
        let killed = Command::new("sh").args(["-c", &words]).status().unwrap();
        server.wait().unwrap();
        let is_failing = std::thread::panicking();
        assert!(is_failing || killed.success(), "Dovecot was gone already: {}", self.words());
    }

    /// Where the mail lies.
    pub(super) fn maildir(&self) -> PathBuf {
        self.path("mail/Maildir")
    }

    /// Drops a message into a folder of the maildir (`""` is INBOX).
    pub(super) fn deliver(&mut self, folder: &str, message: &str) -> PathBuf {
        self.delivered += 1;
        let folder = self.maildir().join(folder);
        for name in ["", "tmp", "new", "cur"] {
            let path = folder.join(name);
            if !path.exists() {
                fs::create_dir_all(&path).unwrap();
                give_away(&path);
            }
        }
        // Dovecot numbers new mail in the order of these names.
        let name = format!("{}.M{}P1.test", 1_700_000_000 + self.delivered, self.delivered);
        let (draft, path) = (folder.join("tmp").join(&name), folder.join("new").join(&name));
        fs::write(&draft, message).unwrap();
        give_away(&draft);
        fs::rename(&draft, &path).unwrap();
        path
    }

    /// The same, but it came at this second since 1970 by the server's clock.
    pub(super) fn deliver_at(&mut self, second: u64, message: &str) {
        let path = self.deliver("", message);
        let came_at = SystemTime::UNIX_EPOCH + Duration::from_secs(second);
        let times = FileTimes::new().set_modified(came_at);
        File::options().write(true).open(path).unwrap().set_times(times).unwrap();
    }

    /// The mail files of a folder of the maildir.
    pub(super) fn files(&self, folder: &str) -> Vec<PathBuf> {
        let folder = self.maildir().join(folder);
        ["new", "cur"]
            .iter()
            .filter_map(|name| fs::read_dir(folder.join(name)).ok())
            .flatten()
            .map(|entry| entry.unwrap().path())
            .collect()
    }

    /// Makes the server forget all UIDs of INBOX and begin anew under another UIDVALIDITY.
    pub(super) fn renumber(&self, uid_validity: u32) {
        assert!(self.server.is_none(), "a running server would remember");
        for entry in fs::read_dir(self.maildir()).unwrap() {
            let path = entry.unwrap().path();
            if path.file_name().unwrap().to_string_lossy().starts_with("dovecot.index") {
                fs::remove_file(path).unwrap();
            }
        }
        let list = self.maildir().join("dovecot-uidlist");
        fs::write(&list, format!("3 V{uid_validity} N1\n")).unwrap();
        give_away(&list);
    }

    /// A path in the server's folder.
    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    /// What a killed server left behind: its pid would be taken for a running one's, as would a
    /// socket that a process of its still holds while it dies, and for its locks the new one would
    /// wait two minutes.
    fn clear_away(&self) {
        let mut left = vec![self.path("run/master.pid")];
        let mut folders = vec![self.path("mail")];
        folders.extend(Some(self.path("run")).filter(|run| run.exists()));
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let entry = entry.unwrap();
                let (path, is_socket) = (entry.path(), entry.file_type().unwrap().is_socket());
                if path.is_dir() {
                    folders.push(path);
                } else if is_socket || path.extension().is_some_and(|end| end == "lock") {
                    left.push(path);
                }
            }
        }
        for path in left.into_iter().filter(|path| path.exists()) {
            fs::remove_file(path).unwrap();
        }
    }

    async fn is_answering(&self) -> bool {
        let Ok(mut stream) = TcpStream::connect(("127.0.0.1", self.port)).await else {
            return false;
        };
        stream.read_u8().await.is_ok()
    }

    fn words(&self) -> String {
        ["output", "errors", "log"]
            .map(|name| fs::read_to_string(self.path(name)).unwrap_or_default())
            .concat()
    }

    fn furnish(&self, wish: &Wish) {
        for name in ["run", "mail", "mail/Maildir"] {
            fs::create_dir(self.path(name)).unwrap();
            give_away(&self.path(name));
        }
        let modules = parts().join("usr/lib/dovecot/modules");
        symlink(modules, self.path("m")).unwrap();
        let library = fs::read(parts().join("usr/lib/dovecot/libdovecot.so.0")).unwrap();
        let found = library.windows(MODULES.len()).position(|bytes| bytes == MODULES).unwrap();
        let mut path = self.path("m").into_os_string().into_encoded_bytes();
        path.resize(MODULES.len(), 0);
        let mut patched = library;
        patched[found..found + path.len()].copy_from_slice(&path);
        fs::write(self.path("libdovecot.so.0"), patched).unwrap();
        if let Some((certificate, key)) = &wish.certificate {
            fs::write(self.path("certificate.pem"), certificate).unwrap();
            fs::write(self.path("key.pem"), key).unwrap();
        }
        let mut settings = self.settings(wish);
        if !wish.accounts.is_empty() {
            settings += &self.account_settings(wish);
        }
        fs::write(self.path("dovecot.conf"), settings).unwrap();
    }

    /// Accounts and mailbox as `contrib/dovecot` ships them, beside the users of a whole server.
    fn account_settings(&self, wish: &Wish) -> String {
        let home = self.home.path().display().to_string();
        let (_, _, uid, gid) = owner();
        let shipped = |name: &str| {
            let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("contrib/dovecot").join(name);
            fs::read_to_string(path).unwrap()
        };
        let mut users = String::new();
        for account in wish.accounts {
            let folder = self.path("mail").join(account);
            fs::create_dir(&folder).unwrap();
            give_away(&folder);
            let template = shipped("users");
            let line = template.lines().rfind(|line| !line.starts_with('#')).unwrap();
            let line = line
                .replace("desk@nrw.example", account)
                .replace("{SHA512-CRYPT}PUT-THE-HASH-HERE", &format!("{{PLAIN}}{PASSWORD}"))
                .replace("vmail:vmail", &format!("{uid}:{gid}"))
                .replace("/var/vmail/desk", &folder.display().to_string());
            users += &format!("{line}\n");
        }
        fs::write(self.path("users"), users).unwrap();
        let mailbox =
            shipped("mailbox.conf").replace("/etc/dovecot/lotse-users", &format!("{home}/users"));
        format!(
            "{mailbox}\nprotocols = imap lmtp\npostmaster_address = postmaster@mx.nrw.example\n\
             service lmtp {{\n inet_listener lmtp {{\n address = 127.0.0.1\n \
             port = {port}\n }}\n}}\n",
            port = self.lmtp_port
        )
    }

    fn settings(&self, wish: &Wish) -> String {
        let home = self.home.path().display();
        let libraries = parts().join("usr/lib/dovecot");
        let libraries = libraries.display();
        let (user, group, uid, gid) = owner();
        let (port, tls_port) = (self.port, self.tls_port);
        let tls = match wish.certificate {
            Some(_) => format!(
                "ssl = yes\nssl_cert = <{home}/certificate.pem\nssl_key = <{home}/key.pem\n"
            ),
            None => "ssl = no\n".to_owned(),
        };
        let (prefix, separator) = if wish.has_inbox_prefix { ("INBOX.", ".") } else { ("", "/") };
        let capability = wish.capability.map(|words| format!("imap_capability = {words}\n"));
        let capability = capability.unwrap_or_default();
        let anybody = match wish.accounts {
            [] => format!(
                "passdb {{\n driver = static\n args = password={PASSWORD}\n}}\n\
                 userdb {{\n driver = static\n args = uid={uid} gid={gid} home={home}/mail\n}}\n"
            ),
            _ => String::new(),
        };
        format!(
            "base_dir = {home}/run\nstate_dir = {home}/run\nlog_path = {home}/log\n\
             libexec_dir = {libraries}\nmail_plugin_dir = {libraries}/modules\n\
             login_plugin_dir = {libraries}/modules/login\n\
             default_internal_user = {user}\ndefault_internal_group = {group}\n\
             default_login_user = {user}\nfirst_valid_uid = 0\nfirst_valid_gid = 0\n\
             import_environment = LD_LIBRARY_PATH\n\
             protocols = imap\nlisten = 127.0.0.1\nauth_failure_delay = 0\n\
             disable_plaintext_auth = no\nmail_location = maildir:{home}/mail/Maildir\n\
             {tls}{capability}{anybody}\
             namespace inbox {{\n inbox = yes\n prefix = {prefix}\n separator = {separator}\n}}\n\
             service imap-login {{\n chroot =\n inet_listener imap {{\n port = {port}\n }}\n \
             inet_listener imaps {{\n port = {tls_port}\n ssl = yes\n }}\n}}\n\
             service anvil {{\n chroot =\n unix_listener anvil-auth-penalty {{\n mode = 0\n \
             }}\n}}\nservice stats {{\n chroot =\n}}\n"
        )
    }
}

impl Drop for Dovecot {
    fn drop(&mut self) {
        self.kill();
        if std::thread::panicking() {
            println!("Dovecot said:\n{}", self.words());
        }
    }
}

fn parts() -> PathBuf {
    crate::parts::folder()
}

/// Ports that nobody uses.
fn free_ports() -> [u16; 3] {
    [(); 3].map(|()| crate::parts::free_port())
}

/// Who owns the mail: whoever runs the test, but never root. Name, group, and their numbers.
fn owner() -> (String, String, u32, u32) {
    let me = fs::metadata("/proc/self").unwrap();
    if me.uid() == 0 {
        return ("nobody".to_owned(), "nogroup".to_owned(), NOBODY, NOBODY);
    }
    let name = |option| {
        let output = Command::new("id").arg(option).output().unwrap();
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    };
    (name("-un"), name("-gn"), me.uid(), me.gid())
}

fn give_away(path: &Path) {
    let (_, _, uid, gid) = owner();
    chown(path, Some(uid), Some(gid)).unwrap();
}
