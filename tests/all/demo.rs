//! `lotse demo`, run as a newcomer runs it: in an empty home, by the program itself.

use std::io::Write;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use lotse::mail::{Message, ReversePath, parse};

use crate::parts::wait_for;

/// Columns of a terminal.
const COLUMNS: usize = 80;

/// Runs the program with nothing of ours around it; `home` is also where temporary files go.
fn lotse(home: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_lotse"))
        .args(arguments)
        .current_dir(home)
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .env("HOME", home)
        .env("TMPDIR", home)
        .output()
        .unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn mails(folder: &Path) -> Vec<Message> {
    let entries = std::fs::read_dir(folder.join("outgoing/new")).unwrap();
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let read = |path| parse(&std::fs::read(path).unwrap(), &ReversePath::Unknown);
    paths.iter().map(read).collect()
}

#[test]
fn demo_plays_in_an_empty_home_and_leaves_nothing_behind() {
    let home = tempfile::tempdir().unwrap();
    let output = lotse(home.path(), &["demo"]);
    let said = text(&output.stdout);
    assert!(output.status.success(), "{said}{}", text(&output.stderr));
    assert_eq!(text(&output.stderr), "");
    assert_eq!(std::fs::read_dir(home.path()).unwrap().count(), 0);
    assert!(!said.contains('\u{1b}'), "colors where there is no terminal");
    let story = said.split("What to try next").next().unwrap();
    let long: Vec<&str> = story.lines().filter(|line| line.chars().count() > COLUMNS).collect();
    assert!(long.is_empty(), "{long:#?}");
}

#[test]
fn kept_demo_holds_what_the_transcript_tells() {
    let home = tempfile::tempdir().unwrap();
    let output = lotse(home.path(), &["demo", "--keep", "kept"]);
    let said = text(&output.stdout);
    assert!(output.status.success(), "{said}{}", text(&output.stderr));
    let folder = home.path().join("kept");
    let mails = mails(&folder);
    assert!(said.contains(&format!("{} went out", mails.len())), "{said}");
    let to = |address: &str| -> Vec<&Message> {
        let is_to = |mail: &&Message| mail.to.iter().any(|to| to.address.as_str() == address);
        mails.iter().filter(is_to).collect()
    };
    let otto = to("otto@outside.example");
    assert_eq!(otto.len(), 2, "a receipt and an answer, nothing else");
    assert!(otto[0].reply_to[0].address.local().starts_with("desk+"));
    assert_eq!(otto[1].in_reply_to.len(), 1);
    assert!(otto[1].text.contains("Café Beispiel") && !otto[1].text.contains("erledigt"));
    assert!(to("robin@elsewhere.example").is_empty(), "a claim is not answered by machine");
}

#[test]
fn request_of_the_demo_changes_the_register() {
    let home = tempfile::tempdir().unwrap();
    assert!(lotse(home.path(), &["demo", "--keep", "kept"]).status.success());
    let look = ["access", "--json", "--config", "kept/lotse.toml", "raum", "kim"];
    let access = text(&lotse(home.path(), &look).stdout);
    let access: serde_json::Value = serde_json::from_str(&access).unwrap();
    assert!(access["access"].is_string(), "{access}");
    let mails = mails(&home.path().join("kept"));
    let posts: Vec<&Message> = mails
        .iter()
        .filter(|mail| mail.to.iter().any(|to| to.address.domain() == "lists.nrw.example"))
        .collect();
    assert_eq!(posts.len(), 3, "opened, stopped with the word that it may begin anew, decided");
    let is_bare = |mail: &&Message| {
        mail.reply_to.iter().chain(&mail.from).all(|to| !to.address.local().contains('+'))
    };
    assert!(posts.iter().all(is_bare), "a list never carries a key");
}

#[test]
fn commands_that_the_demo_names_work_on_what_it_kept() {
    let home = tempfile::tempdir().unwrap();
    let output = lotse(home.path(), &["demo", "--keep", "kept"]);
    let said = text(&output.stdout);
    let looks = said.split("Look at it").nth(1).unwrap().split("Go on").next().unwrap();
    let commands: Vec<&str> = looks.lines().filter(|line| line.contains("--config")).collect();
    assert!(commands.len() > 3, "{looks}");
    for command in commands {
        let arguments: Vec<&str> = command.split_whitespace().skip(1).collect();
        let output = lotse(home.path(), &arguments);
        assert!(output.status.success(), "{command}: {}", text(&output.stderr));
        assert!(!output.stdout.is_empty(), "{command}");
    }
    let audit = lotse(home.path(), &["audit", "--config", "kept/lotse.toml"]);
    assert!(audit.status.success(), "{}", text(&audit.stdout));
}

/// A process that ends with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

/// Returns once the daemon answers those who look.
fn await_daemon(home: &Path) {
    let looks = || lotse(home, &["clock", "--config", "kept/lotse.toml", "+0s"]).status.success();
    wait_for("the daemon's answer", Duration::from_secs(60), || looks().then_some(()));
}

/// Hands over what the demo proposes.
fn deliver(home: &Path) {
    let letter = "From: you@outside.example\nSubject: Hallo\n\nGuten Tag\n";
    let arguments = ["deliver", "--config", "kept/lotse.toml", "kontakt@nrw.example"];
    let mut deliver = Command::new(env!("CARGO_BIN_EXE_lotse"));
    let mut child =
        deliver.args(arguments).current_dir(home).stdin(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(letter.as_bytes()).unwrap();
    assert!(child.wait().unwrap().success());
}

#[test]
fn story_goes_on_where_the_demo_ended() {
    let home = tempfile::tempdir().unwrap();
    assert!(lotse(home.path(), &["demo", "--keep", "kept"]).status.success());
    let folder = home.path().join("kept");
    let before = mails(&folder).len();
    let mut serve = Command::new(env!("CARGO_BIN_EXE_lotse"));
    let serve = serve.args(["serve", "--config", "kept/lotse.toml"]).current_dir(home.path());
    let _daemon = Running(serve.stderr(Stdio::null()).spawn().unwrap());
    await_daemon(home.path());
    deliver(home.path());
    let moved = lotse(home.path(), &["clock", "--config", "kept/lotse.toml", "+2d"]);
    assert!(moved.status.success(), "{}", text(&moved.stderr));
    let mails = mails(&folder);
    let new: Vec<&Message> = mails.iter().skip(before).collect();
    let tells = |word: &str| new.iter().any(|mail| mail.subject.contains(word));
    assert!(tells("Re: [nrw #") && tells("Hallo"), "{new:#?}");
    assert!(tells("3. Dezember"), "the digest of the morning after it waited a day: {new:#?}");
}

#[test]
fn folder_with_files_is_never_written_into() {
    let home = tempfile::tempdir().unwrap();
    std::fs::write(home.path().join("letter.txt"), "mine").unwrap();
    let output = lotse(home.path(), &["demo", "--keep", "."]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("empty"), "{}", text(&output.stderr));
    assert_eq!(std::fs::read_dir(home.path()).unwrap().count(), 1);
}
