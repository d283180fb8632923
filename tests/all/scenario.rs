//! Conversations of `fixtures/scenarios` and `contrib/examples`, played with a clock that is moved;
//! whole transcripts are compared. `UPDATE=1 cargo test --test all scenario` writes them anew: read
//! them before use.
//!
//! A folder holds `scenario.txt` and `transcript.txt`, and its own `lotse.toml` where it is not
//! about the site that stands beside the folders; or its remark names a folder of settings in a
//! line `Settings: contrib/nrw`. Lines ``Before: FILE `OLD` was `OTHER` `` play it on a site that
//! was served before with settings in which OTHER stood. A folder without either holds such
//! folders. Deliberately absent: how mails are encoded.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use jiff::tz::TimeZone;
use lotse::config::{self, Config};
use lotse::daemon::rehearse::{self, Play, Step, Taken};
use lotse::daemon::scenario::{Block, shown};
use lotse::mail::{self, ReversePath};
use lotse::types::Address;
use regex::Regex;
use serde_json::Value;
use tokio::task::JoinSet;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/scenarios")
}

fn folders() -> Vec<PathBuf> {
    let below = |folder: &Path| {
        let entries = std::fs::read_dir(folder).unwrap();
        let folders = entries.map(|entry| entry.unwrap().path()).filter(|path| path.is_dir());
        folders.collect::<Vec<PathBuf>>()
    };
    let is_scenario = |folder: &PathBuf| folder.join("scenario.txt").exists();
    let (mut folders, groups): (Vec<_>, Vec<_>) = below(&root()).into_iter().partition(is_scenario);
    folders.extend(groups.iter().flat_map(|group| below(group)));
    folders.extend(below(&Path::new(env!("CARGO_MANIFEST_DIR")).join("contrib/examples")));
    folders.sort();
    folders
}

/// The folder of settings that the remark of a scenario names.
fn named(folder: &Path) -> Option<PathBuf> {
    let scenario = std::fs::read_to_string(folder.join("scenario.txt")).ok()?;
    let mut remark = scenario.lines().take_while(|line| !line.starts_with("## "));
    let name = remark.find_map(|line| line.strip_prefix("Settings: "))?;
    Some(Path::new(env!("CARGO_MANIFEST_DIR")).join(name.trim()))
}

fn settings(folder: &Path) -> Config {
    let own = Some(folder.join("lotse.toml")).filter(|own| own.exists());
    let own = own.or_else(|| Some(named(folder)?.join("lotse.toml")));
    let path = own.unwrap_or_else(|| root().join("lotse.toml"));
    config::load(&path).unwrap_or_else(|problems| panic!("{problems:?}"))
}

/// The settings that the site was served with before, if the remark says in what they differed.
fn before(folder: &Path) -> Option<Config> {
    let scenario = std::fs::read_to_string(folder.join("scenario.txt")).ok()?;
    let remark = scenario.lines().take_while(|line| !line.starts_with("## "));
    let lines: Vec<&str> = remark.filter_map(|line| line.strip_prefix("Before: ")).collect();
    if lines.is_empty() {
        return None;
    }
    let copy = tempfile::tempdir().unwrap();
    copy_files(&named(folder).expect("a folder of settings"), copy.path());
    for line in lines {
        let [file, now, _, was, _] = line.split('`').collect::<Vec<_>>()[..] else {
            panic!("{}: {line}", folder.display());
        };
        let path = copy.path().join(file.trim());
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains(now), "{}: {now}", folder.display());
        std::fs::write(&path, text.replace(now, &was.replace("\\n", "\n"))).unwrap();
    }
    let config = config::load(&copy.path().join("lotse.toml"));
    Some(config.unwrap_or_else(|problems| panic!("{problems:?}")))
}

fn copy_files(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let (path, name) = entry.map(|entry| (entry.path(), entry.file_name())).unwrap();
        if path.is_dir() {
            copy_files(&path, &to.join(name));
        } else {
            std::fs::copy(&path, to.join(name)).unwrap();
        }
    }
}

async fn transcript(folder: PathBuf) -> (PathBuf, String) {
    let config = settings(&folder);
    let scenario = std::fs::read(folder.join("scenario.txt")).unwrap();
    let before = before(&folder);
    let play = rehearse::play_after(before.as_ref(), &config, &scenario).await;
    let play = play.unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    (folder, written(&play, &config.site.time_zone))
}

#[tokio::test(flavor = "multi_thread")]
async fn scenario_transcripts_are_as_they_were_read() {
    let mut plays: JoinSet<_> = folders().into_iter().map(transcript).collect();
    let mut wrong = Vec::new();
    while let Some(played) = plays.join_next().await {
        let (folder, found) = played.unwrap();
        let golden = folder.join("transcript.txt");
        if std::env::vars().any(|(name, _)| name == "UPDATE") {
            std::fs::write(&golden, found).unwrap();
        } else {
            let expected = std::fs::read_to_string(&golden).unwrap_or_default();
            if found != expected {
                wrong.push(format!("{}\n{}", golden.display(), difference(&expected, &found)));
            }
        }
    }
    wrong.sort();
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// The first lines that differ, with some before.
fn difference(expected: &str, found: &str) -> String {
    let (expected, found): (Vec<&str>, Vec<&str>) =
        (expected.lines().collect(), found.lines().collect());
    let same = expected.iter().zip(&found).take_while(|(one, other)| one == other).count();
    let mut shown = String::new();
    for line in expected.iter().take(same).skip(same.saturating_sub(6)) {
        writeln!(shown, "  {line}").unwrap();
    }
    for line in expected.iter().skip(same).take(8) {
        writeln!(shown, "- {line}").unwrap();
    }
    for line in found.iter().skip(same).take(8) {
        writeln!(shown, "+ {line}").unwrap();
    }
    shown
}

fn written(play: &Play, zone: &TimeZone) -> String {
    let mut text = String::new();
    for step in &play.steps {
        match step {
            Step::Taken(taken) => taken_for(&mut text, taken, zone),
            Step::Sent(block) => sent(&mut text, block, zone),
        }
        text.push('\n');
    }
    play.tickets.iter().for_each(|ticket| history(&mut text, ticket));
    let position = Regex::new(r#"(position |"(?:about|message)":)\d+"#).unwrap();
    let text = position.replace_all(&text, "${1}..");
    // Sums over histories stand over positions of messages too.
    let sums =
        r#"("(?:head|root)":"|(?:Prüfsumme|Sum|Tarkistussumma|Kontrollsumma) )[0-9a-f]{12,64}"#;
    Regex::new(sums).unwrap().replace_all(&text, "${1}..").into_owned()
}

fn taken_for(text: &mut String, taken: &Taken, zone: &TimeZone) {
    let to: Vec<String> = taken.to.iter().map(|to: &Address| format!("<{to}>")).collect();
    let at = shown(taken.at, zone);
    writeln!(text, "## in {at} from <{}> to {}", taken.from, to.join(" ")).unwrap();
    let message = mail::parse(&taken.message, &ReversePath::Unknown);
    if !message.subject.is_empty() {
        writeln!(text, "Subject: {}", message.subject).unwrap();
    }
    if let Some(refusal) = &taken.refusal {
        writeln!(text, "= refused: {refusal}").unwrap();
    }
    if let Some(filing) = &taken.filing {
        let tickets: Vec<String> = filing.tickets.iter().map(|id| format!(" #{id}")).collect();
        writeln!(text, "= {}{}: {}", filing.taken_for, tickets.concat(), filing.why).unwrap();
    }
}

fn sent(text: &mut String, block: &Block, zone: &TimeZone) {
    let head = block.head(zone);
    writeln!(text, "## out {} {}", block.number, head.trim_start_matches("## at ")).unwrap();
    let raw = String::from_utf8(block.message.clone()).unwrap().replace("\r\n", "\n");
    let (fields, _) = raw.split_once("\n\n").unwrap();
    let boundary = Regex::new(r#"boundary="[^"]*""#).unwrap();
    writeln!(text, "{}", boundary.replace_all(fields, "boundary=\"..\"")).unwrap();
    let message = mail::parse(&block.message, &ReversePath::Unknown);
    assert!(message.defects.is_empty(), "{:?}\n{raw}", message.defects);
    for field in &message.fields {
        if raw_field(fields, &field.name).contains("=?") {
            writeln!(text, "({}: {})", field.name, field.value).unwrap();
        }
    }
    writeln!(text, "\n{}", message.text.trim_end()).unwrap();
    if let Some(html) = &message.html {
        let link = Regex::new(r#"(?s)<a [^>]*href="([^"]*)"[^>]*>(.*?)</a>"#).unwrap();
        let links: Vec<String> = link
            .captures_iter(html)
            .map(|found| format!("[html: {} -> {}]", found[2].trim(), plain(&found[1])))
            .collect();
        let links = if links.is_empty() { "[html]".to_owned() } else { links.join("\n") };
        writeln!(text, "{links}").unwrap();
    }
    for part in &message.attachments {
        writeln!(text, "[{} {}, {} octets]", part.media_type, part.name, part.bytes).unwrap();
    }
}

/// The field with its folded lines, as it is written.
fn raw_field(fields: &str, name: &str) -> String {
    let is_folded = |line: &&str| line.starts_with([' ', '\t']);
    let mut lines = fields.lines().skip_while(|line| !line.starts_with(name));
    let first = lines.next().unwrap();
    lines.take_while(is_folded).fold(first.to_owned(), |field, line| field + line)
}

fn plain(link: &str) -> String {
    let link = link.replace("&amp;", "&");
    let mut bytes = Vec::new();
    let mut rest = link.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let code = (*first == b'%').then(|| std::str::from_utf8(&after[..2]).unwrap());
        match code {
            Some(code) => {
                bytes.push(u8::from_str_radix(code, 16).unwrap());
                rest = &after[2..];
            }
            None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8(bytes).unwrap()
}

fn history(text: &mut String, ticket: &Value) {
    let member = |value: &Value, name: &str| match &value[name] {
        Value::String(text) => text.clone(),
        Value::Array(items) => {
            items.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", ")
        }
        other => other.to_string(),
    };
    let show = |name: &str| member(ticket, name);
    writeln!(
        text,
        "#{} {}, {}, {}, owner {}: {}",
        show("ticket"),
        show("queue"),
        show("status"),
        show("requestors"),
        show("owner"),
        show("subject")
    )
    .unwrap();
    for transaction in ticket["transactions"].as_array().unwrap() {
        let show = |name: &str| member(transaction, name);
        let inside = if transaction["internal"] == true { ", inside" } else { "" };
        let (at, kind, by, rung) = (show("at"), show("kind"), show("by"), show("rung"));
        writeln!(text, "  {at} {kind} by {by}, rung {rung}{inside}").unwrap();
        for line in show("text").lines() {
            writeln!(text, "    {line}").unwrap();
        }
    }
    text.push('\n');
}

async fn played(scenario: &str) -> Play {
    rehearse::play(&settings(&root()), scenario.as_bytes()).await.unwrap()
}

/// Failure 35: what is too big is refused while the sender's server still listens, with a status
/// that says so, and nothing of it is kept.
#[tokio::test(flavor = "multi_thread")]
async fn failure_35_too_big_a_mail_is_refused_at_the_door() {
    let most = lotse::intake::lmtp::LmtpSettings::default().message_bytes_max;
    let line = "x".repeat(75) + "\n";
    let body = line.repeat(most / line.len() + 1);
    let play = played(&format!(
        "## at 2026-11-21T10:00:00+01:00 from <otto@outside.example> to <kontakt@nrw.example>\n\
         From: otto@outside.example\nSubject: big\n\n{body}"
    ))
    .await;
    let Some(Step::Taken(taken)) = play.steps.first() else { panic!("{:?}", play.steps.len()) };
    assert!(taken.refusal.as_ref().unwrap().contains("552 5.3.4"), "{:?}", taken.refusal);
    assert_eq!((taken.filing.as_ref(), play.steps.len(), play.tickets.len()), (None, 1, 0));
}

/// Failure 7: nothing of ours calls itself bulk, least of all what waits for an answer.
#[test]
fn failure_7_no_mail_of_ours_calls_itself_bulk() {
    let mut mails = 0;
    for folder in folders() {
        let transcript = std::fs::read_to_string(folder.join("transcript.txt")).unwrap();
        mails += transcript.lines().filter(|line| line.starts_with("## out ")).count();
        assert!(!transcript.lines().any(|line| line.starts_with("Precedence:")), "{folder:?}");
    }
    assert!(mails > 20, "{mails}");
}

/// Failure 5: a person's address that is also a queue's makes the tracker talk to itself.
#[test]
fn failure_5_an_address_of_two_owners_is_refused_by_the_settings() {
    let folder = tempfile::tempdir().unwrap();
    let site = std::fs::read_to_string(root().join("lotse.toml")).unwrap();
    let people = std::fs::read_to_string(root().join("organization.toml")).unwrap();
    let people = people.replace("anna@members.example", "kontakt@nrw.example");
    std::fs::write(folder.path().join("lotse.toml"), site).unwrap();
    std::fs::write(folder.path().join("organization.toml"), people).unwrap();
    let problems = config::load(&folder.path().join("lotse.toml")).unwrap_err();
    assert!(problems.iter().any(|problem| problem.sentence.contains("kontakt@nrw.example")));
}
