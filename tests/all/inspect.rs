//! `lotse inspect`: the members of its JSON and their order, exit codes, standard input.

use std::io::Write;
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};

fn inspect(arguments: &[&str], input: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_lotse"))
        .arg("inspect")
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

const ANSWER: &str = "From: Anna Muster <anna@members.example>\n\
    To: Antwort <desk+17.k3f9w2hq7mza@nrw.example>, otto@outside.example\n\
    Subject: AW: [nrw #17] Stammtisch\n\
    Message-ID: <a1@members.example>\n\
    In-Reply-To: <17.2.4.x@nrw.example>\n\
    References: <17.0.0.x@nrw.example> <17.2.4.x@nrw.example>\n\
    \n\
    Am Dienstag um 19 Uhr.\n\
    !erledigt\n\
    !!! wirklich\n\
    > !spam\n\
    \n\
    -- \n\
    Anna\n";

#[test]
fn json_has_every_member_in_the_order_of_the_contract() {
    let output = inspect(&["--json", "-"], ANSWER);
    assert!(output.status.success());
    let line = String::from_utf8(output.stdout).unwrap();
    assert_eq!(line.lines().count(), 1);
    let mut from = 0;
    for member in [
        "file",
        "message_id",
        "kind",
        "may_answer",
        "via_list",
        "from",
        "to",
        "subject",
        "subject_tag",
        "in_reply_to",
        "references",
        "is_forward",
        "text",
        "reply",
        "signature",
        "keywords",
        "bounce",
        "attachments",
        "defects",
    ] {
        let at = line.get(from..).unwrap().find(&format!("\"{member}\":"));
        from += at.unwrap_or_else(|| panic!("{member} is missing or out of order: {line}"));
    }
    let found: Value = serde_json::from_str(&line).unwrap();
    assert_eq!(found["file"], "-");
    assert_eq!(found["kind"], "human");
    assert_eq!(found["subject_tag"], json!({"site": "nrw", "ticket": 17}));
    assert_eq!(found["keywords"], json!(["!erledigt"]));
    assert_eq!(found["reply"], "Am Dienstag um 19 Uhr.\n!erledigt\n!!! wirklich");
    assert_eq!(found["via_list"], Value::Null);
    assert_eq!(found["bounce"], Value::Null);
    assert_eq!(found["from"], "Anna Muster <anna@members.example>");
    assert_eq!(found["to"][1], "otto@outside.example");
}

#[test]
fn a_file_that_cannot_be_read_ends_with_1_and_the_rest_is_shown() {
    let output = inspect(&["--json", "no-such-file.eml", "-"], ANSWER);
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.starts_with("lotse: no-such-file.eml: "), "{said}");
    assert_eq!(String::from_utf8(output.stdout).unwrap().lines().count(), 1);
}

#[test]
fn a_person_reads_who_wrote_what() {
    let output = inspect(&["-"], ANSWER);
    let shown = String::from_utf8(output.stdout).unwrap();
    for line in ["  from         Anna Muster <anna@members.example>", "  subject tag  nrw #17"] {
        assert!(shown.lines().any(|shown| shown == line), "{line}\n{shown}");
    }
    assert!(
        shown.ends_with("\n\n  Am Dienstag um 19 Uhr.\n  !erledigt\n  !!! wirklich\n"),
        "{shown}"
    );
}

const QUESTION: &str = "From: Otto Normal <otto@outside.example>\n\
    To: kontakt@nrw.example\n\
    Subject: Stammtisch\n\
    Message-ID: <o1@outside.example>\n\
    \n\
    Wann ist der Stammtisch?\n";

/// The site of the scenarios in a folder of its own.
fn site() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/scenarios");
    for name in ["lotse.toml", "organization.toml"] {
        std::fs::copy(root.join(name), folder.path().join(name)).unwrap();
    }
    std::fs::write(folder.path().join("question.eml"), QUESTION).unwrap();
    folder
}

fn lotse(folder: &std::path::Path, command: &str) -> Command {
    let mut lotse = Command::new(env!("CARGO_BIN_EXE_lotse"));
    lotse.current_dir(folder).arg(command).args(["--config", "lotse.toml"]);
    lotse
}

fn explained(folder: &std::path::Path, to: &str) -> Value {
    let output = lotse(folder, "explain")
        .args(["--json", "--from", "otto@outside.example", "--to", to, "question.eml"])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// What is explained without a daemon, by one, and again: the same, because nothing is done.
#[tokio::test]
async fn a_message_is_explained_and_nothing_is_done() {
    let site = site();
    let before = explained(site.path(), "kontakt@nrw.example");
    assert_eq!(before["taken_for"], "new");
    assert_eq!(before["tickets"], json!([1]));
    assert_eq!(before["author"]["rung"], 0);
    let matters = |told: &Value| -> Vec<String> {
        let sends = told["sends"].as_array().unwrap();
        sends.iter().map(|send| format!("{} {}", send["matter"], send["to"])).collect()
    };
    let both = ["\"copy\" \"anna@members.example\"", "\"receipt\" \"otto@outside.example\""];
    assert_eq!(matters(&before), both);
    let sentences = before["sentences"].to_string();
    for words in [
        "A person wrote it; a machine may answer it.",
        "Taken for new: it went to the address of the queue.",
        "rung 0, claimed only: nobody is registered with this address",
        "Recorded on #1: receive by otto@outside.example.",
        "answers go to Antwort an Otto Normal <desk+1.",
    ] {
        assert!(sentences.contains(words), "{words}\n{sentences}");
    }
    let mut daemon = lotse(site.path(), "serve").stderr(Stdio::null()).spawn().unwrap();
    let by_daemon = until_answered(site.path()).await;
    daemon.kill().unwrap();
    daemon.wait().unwrap();
    assert_eq!(by_daemon["sends"][0]["subject"], before["sends"][0]["subject"]);
    assert_eq!(matters(&by_daemon), both);
    let tickets = Command::new(env!("CARGO_BIN_EXE_lotse"))
        .current_dir(site.path())
        .args(["ticket", "list", "--json", "--config", "lotse.toml"])
        .output()
        .unwrap();
    assert!(tickets.status.success(), "{}", String::from_utf8_lossy(&tickets.stderr));
    assert_eq!(String::from_utf8_lossy(&tickets.stdout), "");
}

/// Asks until the daemon has its socket: before that the store is locked or the register empty.
async fn until_answered(folder: &std::path::Path) -> Value {
    let socket = folder.join("data/look.sock");
    for _ in 0..600 {
        if std::os::unix::net::UnixStream::connect(&socket).is_ok() {
            return explained(folder, "kontakt@nrw.example");
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("the daemon does not answer at {}", socket.display());
}
