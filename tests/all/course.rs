//! The course of requests as `explain` and `simulate --requests` tell it.
//!
//! Deliberately absent: the mails of these plays (`scenario`).

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use lotse::config;
use lotse::daemon::rehearse;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_path_buf()
}

fn lotse(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_lotse")).args(arguments).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{arguments:?}: {said}");
    String::from_utf8(output.stdout).unwrap()
}

#[expect(clippy::disallowed_methods, reason = "how a test run is asked to write files anew")]
fn is_updating() -> bool {
    std::env::var_os("UPDATE").is_some()
}

/// Three weeks of two requests, with objections and a meeting, on one page.
#[test]
fn course_of_requests_is_told_step_by_step() {
    let settings = root().join("contrib/nrw/lotse.toml");
    let folder = root().join("fixtures/scenarios/nrw/queue-decided");
    let scenario = folder.join("scenario.txt");
    let (settings, scenario) = (settings.to_str().unwrap(), scenario.to_str().unwrap());
    let found = lotse(&["simulate", "--requests", "--config", settings, scenario]);
    let golden = folder.join("course.txt");
    if is_updating() {
        fs::write(&golden, &found).unwrap();
    }
    assert_eq!(found, fs::read_to_string(&golden).unwrap_or_default());
    let rows = lotse(&["simulate", "--requests", "--json", "--config", settings, scenario]);
    let rows: Vec<Value> = rows.lines().map(|row| serde_json::from_str(row).unwrap()).collect();
    assert!(rows.len() > 30 && rows.iter().all(|row| row["procedure"] == "queue"), "{rows:?}");
}

/// A block that says `signed` is the mail of a proven author; without it, it is a claim.
#[tokio::test(flavor = "multi_thread")]
async fn signed_block_proves_its_author() {
    let config = config::load(&root().join("contrib/nrw/lotse.toml")).unwrap();
    for (signed, rung) in [(" signed", 1), ("", 0)] {
        let scenario = format!(
            "## at 2026-11-22T15:00:00+01:00 from <robin@members.example> to \
             <rt-admin@nrw.example>{signed}\nFrom: Robin Muster <robin@members.example>\n\
             To: rt-admin@nrw.example\nSubject: Neue Queue\nMessage-ID: <r1@members.example>\n\n\
             Die AG Bildung braucht eine Queue \"bildung\".\n"
        );
        let play = rehearse::play(&config, scenario.as_bytes()).await.unwrap();
        let received = play.tickets[0]["transactions"].as_array().unwrap().iter();
        let rungs: Vec<&Value> =
            received.filter(|one| one["kind"] == "receive").map(|one| &one["rung"]).collect();
        assert_eq!(rungs, [rung], "{signed}");
    }
}

/// What a first mail to a procedure would lead to, in the words of the procedure.
#[test]
fn explanation_names_facts_steps_and_what_is_missing() {
    let folder = tempfile::tempdir().unwrap();
    let settings = folder.path().join("lotse.toml");
    for name in ["lotse.toml", "organization.toml"] {
        fs::copy(root().join("contrib/nrw").join(name), folder.path().join(name)).unwrap();
    }
    for below in ["procedures", "texts"] {
        fs::create_dir(folder.path().join(below)).unwrap();
        for entry in fs::read_dir(root().join("contrib/nrw").join(below)).unwrap() {
            let from = entry.unwrap().path();
            fs::copy(&from, folder.path().join(below).join(from.file_name().unwrap())).unwrap();
        }
    }
    let mail = folder.path().join("kim.eml");
    fs::write(
        &mail,
        "From: Kim Sommer <kim.sommer@mail.example>\r\nTo: rt-admin@nrw.example\r\n\
         Subject: RT zugang\r\nMessage-ID: <k1@mail.example>\r\n\r\n\
         Ich brauche Zugang zur Queue presse. Benutzername: kimso\r\n",
    )
    .unwrap();
    let (settings, mail) = (settings.to_str().unwrap(), mail.to_str().unwrap());
    let said = lotse(&["explain", "--config", settings, "--to", "rt-admin@nrw.example", mail]);
    for sentence in [
        "Request #1: a request of `account` begins: collect, review, confirm, apply, apply, tell.",
        "Request #1: user is kimso.",
        "Request #1 of `account` stands at step 1 of 6, collect; known: ",
        "; then it asks for what is missing, or goes on.",
    ] {
        assert!(said.contains(sentence), "{sentence}: {said}");
    }
}
