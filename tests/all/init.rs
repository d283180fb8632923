//! `lotse init`: what it writes passes the check, what is there stays.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

fn lotse(folder: &Path, arguments: &[&str], input: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lotse"));
    command.current_dir(folder).args(arguments).stdin(Stdio::piped());
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

fn said(output: &Output) -> String {
    let both = [output.stdout.as_slice(), output.stderr.as_slice()].concat();
    String::from_utf8(both).unwrap()
}

#[test]
fn folder_that_is_begun_passes_the_check_and_is_not_written_over() {
    let folder = tempfile::tempdir().unwrap();
    let flags = ["--address", "kontakt@example.org", "--admin", "anna@members.example"];
    let more = ["--name", "Anna \"Ann\" Muster", "--locale", "fi", "--lmtp", "unix:lmtp.sock"];
    let arguments = [["init"].as_slice(), &flags, &more].concat();
    let done = lotse(folder.path(), &arguments, "");
    assert!(done.status.success(), "{}", said(&done));
    let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
    assert!(read("organization.toml").contains("name = 'Anna \"Ann\" Muster'"));
    let check = lotse(folder.path(), &["check"], "");
    assert_eq!(said(&check), "lotse.toml: ok, queues: 1, people: 1\n");
    let before = read("lotse.toml");
    let again = lotse(folder.path(), &["init", "--address", "x@y.example"], "");
    assert_eq!(again.status.code(), Some(1));
    assert!(said(&again).contains("lotse.toml is there already"), "{}", said(&again));
    assert_eq!(read("lotse.toml"), before);
}

#[test]
fn what_is_not_said_is_asked_and_a_mailbox_is_its_own_address() {
    let folder = tempfile::tempdir().unwrap();
    let answers = "kontakt@example.org\nanna@members.example\n\nde\nimap.example.org\n\
                   post@example.org\n";
    let done = lotse(folder.path(), &["init", "site"], answers);
    assert!(done.status.success(), "{}", said(&done));
    let settings = std::fs::read_to_string(folder.path().join("site/lotse.toml")).unwrap();
    for line in ["address = \"post@example.org\"", "kind = \"imap\"", "locale = \"de\""] {
        assert!(settings.contains(line), "{line} in {settings}");
    }
    let unanswered = lotse(folder.path(), &["init", "other"], "kontakt@example.org\n");
    assert!(said(&unanswered).contains("--admin is needed"), "{}", said(&unanswered));
    let circle = ["init", "other", "--address", "a@b.example", "--admin", "a@b.example"];
    let refused = lotse(folder.path(), &circle, "\n\n\n");
    assert!(said(&refused).contains("in a circle"), "{}", said(&refused));
    assert!(!folder.path().join("other").exists());
}
