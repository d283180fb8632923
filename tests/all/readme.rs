//! README.md, `contrib/lotse.toml` and the map in `src/lib.rs` say what is so.
//!
//! The tables of the README stand between marks and are made here from the program's own help, from
//! the shipped settings and from the table of keywords; `UPDATE=1 cargo test --test all readme`
//! writes them anew. Deliberately absent: the table of standards, which the tidy test keeps.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};

use lotse::config;
use lotse::intake::imap::ImapSettings;
use lotse::intake::lmtp::LmtpSettings;
use lotse::notice::purpose::said_of;
use lotse::store::StoreSettings;
use lotse::submit::settings::{CONNECTIONS, MAILDIR_PATH, SENDMAIL_PROGRAM, SubmitSettings, Tls};
use lotse::ticket::command::keywords;
use lotse::ticket::proof::Purpose;
use lotse::types::Locale;
use toml::{Table, Value};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap()
}

/// Files are written by one test at a time.
static WRITING: Mutex<()> = Mutex::new(());

/// Compares what stands in a file between the marks `name` with `expected`, or writes it there.
pub(crate) fn hold(path: &str, name: &str, expected: &str) {
    let _one = WRITING.lock().unwrap_or_else(PoisonError::into_inner);
    let file = read(path);
    let margin = if path.ends_with(".rs") { "//! " } else { "" };
    let begin = format!("{margin}<!-- {name}: made by tests/all/readme.rs -->\n");
    let end = format!("{margin}<!-- end of {name} -->\n");
    let (before, rest) = file.split_once(&begin).unwrap();
    let (found, after) = rest.split_once(&end).unwrap();
    if is_updating() {
        let text = format!("{before}{begin}{expected}{end}{after}");
        std::fs::write(root().join(path), text).unwrap();
    } else {
        assert_eq!(found, expected, "UPDATE=1 cargo test --test all readme writes it anew");
    }
}

#[expect(clippy::disallowed_methods, reason = "how a test run is asked to write files anew")]
fn is_updating() -> bool {
    std::env::var_os("UPDATE").is_some()
}

fn help(arguments: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lotse"));
    let output = command.args(arguments).arg("--help").output().unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap()
}

/// The lines of a section of a help text.
fn section<'a>(help: &'a str, name: &str) -> impl Iterator<Item = &'a str> {
    let heading = format!("{name}:");
    let lines = help.lines().skip_while(move |line| *line != heading).skip(1);
    lines.take_while(|line| !line.is_empty())
}

/// The commands below a command; what wraps is indented deeper.
fn below(help: &str) -> Vec<&str> {
    let lines = section(help, "Commands").filter_map(|line| line.strip_prefix("  "));
    let names = lines.filter(|line| !line.starts_with(' '));
    names.filter_map(|line| line.split_whitespace().next()).collect()
}

/// One line a command: how it is called, what it does.
fn commands(path: &[&str], rows: &mut Vec<String>) {
    let help = help(path);
    let below = below(&help);
    if below.is_empty() {
        let about: Vec<&str> = help.lines().take_while(|line| !line.is_empty()).collect();
        let usage = help.lines().find_map(|line| line.strip_prefix("Usage: ")).unwrap();
        let options: Vec<String> = section(&help, "Options")
            .filter_map(|line| line.split_once("--").map(|(_, rest)| rest))
            .map(|rest| rest.split("  ").next().unwrap())
            .filter(|option| *option != "help" && !usage.contains(&format!("--{option}")))
            .map(|option| format!("[--{option}]"))
            .collect();
        let usage = usage.replace("[OPTIONS]", &options.join(" "));
        rows.push(format!("| `{usage}` | {} |\n", about.join(" ")));
        return;
    }
    for name in below {
        if name != "help" {
            commands(&[path, &[name]].concat(), rows);
        }
    }
}

#[test]
fn readme_names_every_command() {
    let mut rows = Vec::new();
    commands(&[], &mut rows);
    assert!(rows.len() > 15, "{rows:?}");
    hold("README.md", "commands", &format!("| command | does |\n|---|---|\n{}", rows.concat()));
}

/// A setting of the shipped file.
struct Setting {
    section: String,
    key: String,
    value: String,
    text: String,
    is_marked: bool,
}

impl Setting {
    fn holds(&self) -> bool {
        !self.text.starts_with("Required: ") && !self.text.starts_with("Optional: ")
    }
}

/// Every setting of `contrib/lotse.toml` with the comment above it.
fn settings() -> Vec<Setting> {
    let (mut section, mut text, mut found) = (String::new(), String::new(), Vec::new());
    for line in read("contrib/lotse.toml").lines() {
        if let Some(comment) = line.strip_prefix("# ") {
            text = comment.to_owned();
            continue;
        }
        let plain = line.trim_start_matches('#');
        if let Some((key, value)) = plain.split_once(" = ") {
            if key == "kind" && section.starts_with("[[door]]") {
                section = format!("[[door]] {}", value.trim_matches('"'));
            } else {
                let (key, value) = (key.to_owned(), value.to_owned());
                let is_marked = line.starts_with('#');
                let text = std::mem::take(&mut text);
                found.push(Setting { section: section.clone(), key, value, text, is_marked });
            }
        } else if plain.starts_with('[') {
            plain.clone_into(&mut section);
        }
    }
    found
}

#[test]
fn readme_names_every_setting() {
    let mut table =
        "| section | setting | if not set | what it is |\n|---|---|---|---|\n".to_owned();
    for Setting { section, key, value, text, .. } in settings() {
        let (default, text) = match text.split_once(": ") {
            Some(("Required", rest)) => ("must be set".to_owned(), rest),
            Some(("Optional", rest)) => ("none".to_owned(), rest),
            _ => (format!("`{value}`"), text.as_str()),
        };
        table.push_str(&format!("| `{section}` | `{key}` | {default} | {text} |\n"));
    }
    hold("README.md", "settings", &table);
}

/// The settings as the daemon has them.
fn loaded(text: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("lotse.toml");
    std::fs::write(&path, text).unwrap();
    let mut config = config::load(&path).unwrap();
    // As they are written they differ: what matters is what holds.
    config.site.settings.clear();
    format!("{config:#?}").replace(folder.path().to_str().unwrap(), "")
}

#[test]
fn shipped_settings_are_the_defaults() {
    let least = "[site]\nname = \"nrw\"\naddress = \"desk@nrw.example\"\ndispatcher = \"kontakt\"\n\
                 [[door]]\nkind = \"lmtp\"\n";
    assert_eq!(loaded(&read("contrib/lotse.toml")), loaded(least));
}

/// The settings of a section, marked ones too, as TOML.
fn table_of(section: &str, takes: impl Fn(&Setting) -> bool) -> Table {
    let settings = settings();
    let lines = settings
        .iter()
        .filter(|setting| setting.section == section && takes(setting))
        .map(|setting| format!("{} = {}\n", setting.key, setting.value));
    lines.collect::<String>().parse().unwrap()
}

#[test]
fn marked_settings_of_the_imap_door_are_its_defaults() {
    let needed = |key: &str| ["host", "user", "password_file"].contains(&key);
    let door = |takes: &dyn Fn(&Setting) -> bool| -> String {
        let table = table_of("[[door]] imap", takes);
        format!("{:#?}", table.try_into::<ImapSettings>().unwrap())
    };
    let least = door(&|setting| needed(&setting.key));
    assert_eq!(door(&|setting| needed(&setting.key) || setting.holds()), least);
}

#[test]
fn marked_settings_of_the_way_out_are_its_defaults() {
    let table = table_of("[submit]", |setting| setting.is_marked && setting.holds());
    let expected: Table = [
        ("path", Value::from(MAILDIR_PATH)),
        ("tls", Value::try_from(Tls::default()).unwrap()),
        ("program", Value::from(SENDMAIL_PROGRAM)),
        ("connections", Value::from(i64::from(CONNECTIONS))),
    ]
    .map(|(key, value)| (key.to_owned(), value))
    .into_iter()
    .collect();
    assert_eq!(table, expected);
}

/// The keys that a section knows, from its own refusal of one that it does not.
fn known(refusal: &str) -> Vec<String> {
    assert!(refusal.contains("unknown field `zz`"), "{refusal}");
    let mut keys: Vec<String> = refusal
        .split("expected")
        .nth(1)
        .unwrap()
        .split('`')
        .skip(1)
        .step_by(2)
        .map(str::to_owned)
        .collect();
    keys.sort();
    keys
}

fn shipped(section: &str) -> Vec<String> {
    let settings = settings();
    let of_section = settings.iter().filter(|setting| setting.section == section);
    let mut keys: Vec<String> = of_section.map(|setting| setting.key.clone()).collect();
    keys.sort();
    keys
}

/// What the settings file says to `zz = 1` in a section.
fn refusal(section: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("lotse.toml");
    let text = read("contrib/lotse.toml");
    let text = text.replace(&format!("{section}\n"), &format!("{section}\nzz = 1\n"));
    std::fs::write(&path, text).unwrap();
    config::load(&path).unwrap_err().iter().map(ToString::to_string).collect()
}

#[test]
fn every_setting_is_shipped() {
    let refused = |error: toml::de::Error| error.to_string();
    let lmtp = toml::from_str::<LmtpSettings>("zz = 1").map_err(refused).unwrap_err();
    let imap = toml::from_str::<ImapSettings>("zz = 1").map_err(refused).unwrap_err();
    let store = toml::from_str::<StoreSettings>("zz = 1").map_err(refused).unwrap_err();
    let submit = toml::from_str::<SubmitSettings>("zz = 1").map_err(refused).unwrap_err();
    for (section, refusal) in [
        ("[[door]] lmtp", lmtp),
        ("[[door]] imap", imap),
        ("[store]", store),
        ("[submit]", submit),
        ("[site]", refusal("[site]")),
        ("[authentication]", refusal("[authentication]")),
    ] {
        assert_eq!(shipped(section), known(&refusal), "{section}");
    }
}

#[test]
fn readme_names_every_keyword() {
    let mut table = "| English | German | Finnish | Swedish | who | does | undone |\n\
                     |---|---|---|---|---|---|---|\n"
        .to_owned();
    for keyword in keywords() {
        let names = |locale| {
            let names = keyword.names_in(locale).iter().map(|name| format!("`!{name}`"));
            names.collect::<Vec<_>>().join(" ")
        };
        let who = match (keyword.member, keyword.requestor) {
            (Some(_), true) => "both",
            (Some(_), false) => "members",
            (None, _) => "requestors",
        };
        table.push_str(&format!(
            "| {} | {} | {} | {} | {who} | {} | {} |\n",
            names(Locale::En),
            names(Locale::De),
            names(Locale::Fi),
            names(Locale::Sv),
            keyword.help_in(Locale::En),
            keyword.undo.name()
        ));
    }
    hold("README.md", "keywords", &table);
}

#[test]
fn readme_names_every_purpose_of_proof() {
    let mut table = "| name | rung | what for |\n|---|---|---|\n".to_owned();
    for purpose in Purpose::ALL {
        let said = said_of(Locale::En, purpose, "");
        table.push_str(&format!("| `{}` | {} | {said} |\n", purpose.name(), purpose.rung()));
    }
    hold("README.md", "purposes", &table);
}

/// Every file below a folder of `src`, without its ending.
fn sources(folder: &Path, below: &str, found: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        if entry.file_type().unwrap().is_dir() {
            sources(&entry.path(), &format!("{below}{name}/"), found);
        } else {
            found.push(format!("{below}{}", name.trim_end_matches(".rs")));
        }
    }
}

/// The first sentence of a file's head, links taken out.
fn first_sentence(file: &str) -> String {
    let text = read(&format!("src/{file}.rs"));
    let head = text.lines().map_while(|line| line.strip_prefix("//!")).map(str::trim);
    let words: Vec<&str> = head.take_while(|line| !line.is_empty()).collect();
    let head = words.join(" ").replace("[`", "`").replace("`]", "`");
    let mut sentence = String::new();
    for part in head.split_inclusive(". ") {
        sentence.push_str(part);
        // Two dots stand for words left out and end nothing.
        if !part.ends_with(".. ") {
            break;
        }
    }
    sentence.trim_end().to_owned()
}

/// `text` as lines of a head, those after the first indented.
fn wrapped(text: &str) -> String {
    let (mut lines, mut line) = (String::new(), "//!".to_owned());
    for word in text.split(' ') {
        if line.chars().count() + 1 + word.chars().count() > 100 {
            lines.push_str(&format!("{line}\n"));
            "//!  ".clone_into(&mut line);
        }
        line.push_str(&format!(" {word}"));
    }
    format!("{lines}{line}\n")
}

#[test]
fn map_for_developers_names_every_file() {
    let mut files = Vec::new();
    sources(&root().join("src"), "", &mut files);
    files.sort();
    let is_mapped = |file: &&String| !["lib", "main"].contains(&file.as_str());
    let lines = files
        .iter()
        .filter(is_mapped)
        .map(|file| wrapped(&format!("- `{file}`: {}", first_sentence(file))));
    hold("src/lib.rs", "map", &lines.collect::<String>());
}

#[test]
fn shipped_organization_is_sound() {
    let path = root().join("contrib/example/lotse.toml");
    assert!(config::load(&path).is_ok(), "{:?}", config::load(&path));
}
