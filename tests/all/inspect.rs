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
        let at = line[from..].find(&format!("\"{member}\":"));
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
