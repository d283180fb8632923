//! The page for hosters' mailboxes, followed: its files, its crontab, a user who is not root.
//!
//! Deliberately absent: how hosters rewrite mail (`servers`).

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::dovecot::PASSWORD;
use crate::parts::wait_for;
use crate::servers::{check_conversation, converse, is_ours};
use crate::servers_lotse::{Lotse, PROGRAM};
use crate::servers_proxy::{self, Rules};
use crate::servers_reader::{Imap, PATIENCE};
use crate::servers_world::{DESK, Ports, Town, Way, World};

/// A user of every Debian who owns nothing.
const NOBODY: u32 = 65534;

fn shipped(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("contrib/hoster");
    fs::read_to_string(folder.join(name)).unwrap()
}

/// The shipped settings with this machine's servers in the place of the hoster's.
fn settings(ports: &Ports) -> String {
    let server = |port: u16| format!("host = \"127.0.0.1\"\nport = {port}\ntls = \"none\"\n");
    shipped("lotse.toml")
        .replace("host = \"imap.hoster.example\"", &server(ports.imap))
        .replace("host = \"smtp.hoster.example\"", &server(ports.submit))
        .replace("junk =", "poll_span = \"200 ms\"\njunk =")
        // The stand-in for the hoster's server asks for no login; `submit` tests cover it.
        .replacen(
            "user = \"desk@nrw.example\"\npassword_file = \"password\"\nper_day",
            "per_day",
            1,
        )
}

/// The commands of the shipped crontab, by when they run.
fn crontab() -> Vec<(String, String)> {
    let text = shipped("crontab");
    let lines = text.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    let parted = lines.map(|line| line.split_once("  ").unwrap());
    parted.map(|(when, what)| (when.to_owned(), what.trim().to_owned())).collect()
}

/// A command as cron would run it for that user.
fn by_cron(home: &Path, line: &str) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", line]).env("HOME", home).current_dir(home).stdout(Stdio::null());
    if fs::metadata("/proc/self").unwrap().uid() == 0 {
        command.uid(NOBODY).gid(NOBODY);
    }
    command
}

fn give_away(path: PathBuf) {
    if fs::metadata("/proc/self").unwrap().uid() == 0 {
        chown(path, Some(NOBODY), Some(NOBODY)).unwrap();
    }
}

/// What the page says under "Install".
fn install(ports: &Ports) -> Lotse {
    let lotse = Lotse::furnish_in("lotse", &settings(ports), &shipped("organization.toml"));
    let home = lotse.home().to_owned();
    fs::create_dir_all(home.join(".local/bin")).unwrap();
    symlink(PROGRAM, home.join(".local/bin/lotse")).unwrap();
    fs::write(lotse.path("password"), format!("{PASSWORD}\n")).unwrap();
    fs::set_permissions(lotse.path("password"), fs::Permissions::from_mode(0o600)).unwrap();
    for name in ["lotse", "lotse/password"] {
        give_away(home.join(name));
    }
    let (code, said) = lotse.run(&["check"]);
    assert_eq!(code, 0, "{said}");
    lotse
}

#[test]
fn page_for_hosters_leads_to_a_conversation() {
    let world = World { way: Way::Imap, has_inbox_prefix: true, ..World::default() };
    let rules = Rules { refuses_null: true, refuses_foreign: true, ..Rules::default() };
    let lines = crontab();
    let mut town = Town::start_around(
        &world,
        |port| servers_proxy::start(rules, port).0,
        |ports| {
            let mut lotse = install(ports);
            let serve = by_cron(lotse.home(), &lines[0].1);
            lotse.serve_by(serve);
            lotse
        },
    );
    assert_eq!((lines[0].0.as_str(), lines[1].0.as_str()), ("@reboot", "*/5 * * * *"));
    let again = by_cron(town.lotse.home(), &lines[1].1).status().unwrap();
    assert_eq!(again.code(), Some(1), "it runs already");

    converse(&mut town);
    check_conversation(&town);
    for letter in town.otto.letters().iter().filter(|letter| is_ours(letter)) {
        assert_eq!(letter.from(), "desk@nrw.example", "{}", letter.raw);
        assert_eq!(letter.message.from[0].name, "Kontakt NRW", "{}", letter.raw);
        assert_eq!(letter.answers_to(), "kontakt@nrw.example", "{}", letter.raw);
    }
    let mut mailbox = Imap::login(town.dovecot.port, DESK);
    wait_for("five moved mails", PATIENCE, || {
        let status = mailbox.say("STATUS INBOX.Done (MESSAGES)");
        status.lines.iter().any(|line| line.ends_with("(MESSAGES 5)")).then_some(())
    });
}
