//! `lotse.toml`: the settings that each edge declares for itself, composed; all problems at once.
//!
//! Unknown keys are refused. Paths are relative to the file. Deliberately absent: what settings
//! mean (`desk`, the edges), looking at servers (`check --live`).

pub mod secrets;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::tz::TimeZone;
use serde::Deserialize;

use crate::desk::{Calendar, Organization, Procedure, Register, Site};
use crate::intake::imap::ImapSettings;
use crate::intake::lmtp::{Listen, LmtpSettings};
use crate::intake::pipe::{self, PipeSettings};
use crate::notice::Renderer;
use crate::store::StoreSettings;
use crate::submit::settings::{Kind, SubmitSettings};
use crate::types::{Address, Locale, QueueName};

/// The file as it is written.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    site: SiteFile,
    #[serde(default)]
    store: StoreSettings,
    #[serde(default, rename = "door")]
    doors: Vec<Door>,
    #[serde(default)]
    submit: SubmitSettings,
    #[serde(default)]
    authentication: Authentication,
    #[serde(default)]
    calendar: Calendar,
}

/// The section `[site]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct SiteFile {
    name: String,
    address: Address,
    #[serde(default = "plus")]
    separator: String,
    #[serde(default)]
    domains: Vec<String>,
    dispatcher: QueueName,
    #[serde(default)]
    control: Option<Address>,
    #[serde(default)]
    locale: Locale,
    #[serde(default = "utc")]
    time_zone: String,
    #[serde(default)]
    organization: Option<PathBuf>,
    #[serde(default)]
    procedures: Option<PathBuf>,
    #[serde(default)]
    templates: Option<PathBuf>,
    #[serde(default)]
    clock: ClockKind,
    #[serde(default)]
    privacy_url: Option<String>,
    #[serde(default = "eight")]
    digest_hour: i8,
}

fn plus() -> String {
    "+".into()
}

fn utc() -> String {
    "UTC".into()
}

const fn eight() -> i8 {
    8
}

/// The section `[authentication]`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Authentication {
    #[serde(default)]
    authserv_ids: Vec<String>,
}

/// Which clock the daemon goes by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ClockKind {
    /// The machine's.
    #[default]
    Real,
    /// It stands still until `lotse clock`.
    Moved,
}

/// A way in.
#[derive(Debug, Clone, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Door {
    /// A mail server hands over by LMTP.
    Lmtp(LmtpSettings),
    /// A mailbox is read over IMAP.
    Imap(Box<ImapSettings>),
    /// A program hands over by `lotse deliver`; open in any case, here are its socket and mode.
    Pipe(PipeSettings),
}

impl Door {
    /// Its name in log and `trace`.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::Lmtp(door) => door.name.clone(),
            Self::Imap(door) => door.door(),
            Self::Pipe(_) => pipe::NAME.to_owned(),
        }
    }

    fn check(&self) -> Vec<String> {
        match self {
            Self::Lmtp(door) => door.check(),
            Self::Imap(door) => door.check(),
            Self::Pipe(door) => door.check(),
        }
    }

    /// Paths as they are from the working folder.
    fn below(&self, folder: &Path) -> Self {
        let mut door = self.clone();
        match &mut door {
            Self::Lmtp(LmtpSettings { listen: Listen::Unix(path), .. }) => {
                *path = folder.join(&*path);
            }
            Self::Lmtp(_) => {}
            Self::Pipe(pipe) => {
                if let Some(path) = &mut pipe.socket {
                    *path = folder.join(&*path);
                }
            }
            Self::Imap(imap) => {
                for path in [&mut imap.password_file, &mut imap.ca_file].into_iter().flatten() {
                    *path = folder.join(&*path);
                }
            }
        }
        door
    }
}

/// A problem of the settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// In which file.
    pub file: PathBuf,
    /// What is wrong, where, and what to do.
    pub sentence: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.file.display(), self.sentence)
    }
}

/// Everything that a daemon needs to begin.
#[derive(Debug, Clone)]
pub struct Config {
    /// The folder that paths are relative to.
    pub folder: PathBuf,
    /// The settings of the site.
    pub site: Site,
    /// Where and how records are kept; the path is absolute or relative to the working folder.
    pub store: StoreSettings,
    /// The ways in.
    pub doors: Vec<Door>,
    /// The way out.
    pub submit: SubmitSettings,
    /// Which clock.
    pub clock: ClockKind,
    /// The file with people and queues, if there is one.
    pub organization: Option<Organization>,
    /// Procedures by name.
    pub procedures: BTreeMap<String, Arc<Procedure>>,
    /// The site's own texts by name, such as `de/receipt.txt`.
    pub templates: BTreeMap<String, String>,
}

impl Config {
    /// Domains of ours.
    #[must_use]
    pub fn domains(&self) -> BTreeSet<String> {
        self.site.domains.iter().cloned().collect()
    }

    /// The socket that only takes messages.
    #[must_use]
    pub fn mail_socket(&self) -> PathBuf {
        socket(&self.doors, &self.store.path)
    }

    /// The socket that looks, and moves a moved clock.
    #[must_use]
    pub fn look_socket(&self) -> PathBuf {
        self.store.path.join("look.sock")
    }
}

fn socket(doors: &[Door], data: &Path) -> PathBuf {
    let named = doors.iter().find_map(|door| match door {
        Door::Pipe(pipe) => pipe.socket.clone(),
        Door::Lmtp(_) | Door::Imap(_) => None,
    });
    named.unwrap_or_else(|| data.join("mail.sock"))
}

/// Where the daemon of these settings takes messages. Reads one file and nothing that it names:
/// whoever delivers may not be allowed to, and each mail asks.
///
/// # Errors
/// Why the file cannot be read.
pub fn mail_socket(path: &Path) -> Result<PathBuf, Vec<Problem>> {
    let mut problems = Problems { found: Vec::new() };
    let file = problems.read(path).and_then(|text| problems.parse::<File>(path, &text));
    let Some(file) = file else { return Err(problems.found) };
    let folder = path.parent().map(Path::to_path_buf).unwrap_or_default();
    let doors: Vec<Door> = file.doors.iter().map(|door| door.below(&folder)).collect();
    Ok(socket(&doors, &folder.join(&file.store.path)))
}

/// Reads the settings and everything that they name.
///
/// # Errors
/// All problems that were found, in the order of the files.
pub fn load(path: &Path) -> Result<Config, Vec<Problem>> {
    let mut problems = Problems { found: Vec::new() };
    let Some(text) = problems.read(path) else { return Err(problems.found) };
    let Some(file) = problems.parse::<File>(path, &text) else { return Err(problems.found) };
    let folder = path.parent().map(Path::to_path_buf).unwrap_or_default();
    let mut config = compose(&mut problems, path, &folder, &file);
    config.organization = file.site.organization.as_ref().and_then(|name| {
        let path = folder.join(name);
        let organization =
            problems.read(&path).and_then(|text| problems.parse::<Organization>(&path, &text))?;
        for sentence in organization.check() {
            problems.add(&path, sentence);
        }
        Some(organization)
    });
    if let Some(name) = &file.site.procedures {
        config.procedures = procedures(&mut problems, &folder.join(name));
    }
    if let Some(name) = &file.site.templates {
        config.templates = templates(&mut problems, &folder.join(name));
    }
    check(&mut problems, path, &config);
    if problems.found.is_empty() { Ok(config) } else { Err(problems.found) }
}

fn compose(problems: &mut Problems, path: &Path, folder: &Path, file: &File) -> Config {
    let site = &file.site;
    let time_zone = TimeZone::get(&site.time_zone).unwrap_or_else(|error| {
        let remedy = "write a name such as Europe/Berlin";
        problems.add(path, format!("time_zone = \"{}\": {error}; {remedy}", site.time_zone));
        TimeZone::UTC
    });
    let mut domains: Vec<String> = site.domains.iter().map(|name| name.to_lowercase()).collect();
    if domains.is_empty() {
        domains.push(site.address.domain().to_owned());
    }
    let mut store = file.store.clone();
    store.path = folder.join(&store.path);
    let mut submit = file.submit.clone();
    if submit.kind == Kind::Smtp {
        submit.helo = submit.helo.or_else(|| Some(site.address.domain().to_owned()));
    }
    Config {
        folder: folder.to_path_buf(),
        site: Site {
            name: site.name.clone(),
            address: site.address.clone(),
            separator: site.separator.clone(),
            domains,
            dispatcher: site.dispatcher.clone(),
            control: site.control.clone(),
            locale: site.locale,
            time_zone,
            calendar: file.calendar.clone(),
            authserv_ids: file.authentication.authserv_ids.clone(),
            privacy_url: site.privacy_url.clone(),
            digest_hour: site.digest_hour,
            outgoing_bytes_max: submit.message_bytes_max,
        },
        store,
        doors: file.doors.iter().map(|door| door.below(folder)).collect(),
        submit,
        clock: site.clock,
        organization: None,
        procedures: BTreeMap::new(),
        templates: BTreeMap::new(),
    }
}

fn check(problems: &mut Problems, path: &Path, config: &Config) {
    let site = &config.site;
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if site.name.is_empty() || !site.name.chars().all(is_word) {
        let remedy = "use letters, digits and hyphens, because it stands in subjects as [name #17]";
        problems.add(path, format!("name = \"{}\": {remedy}", site.name));
    }
    if !["", "+", "-", "=", "_"].contains(&site.separator.as_str()) {
        let remedy = "use \"+\" or \"-\", or \"\" where the provider knows no subaddresses";
        problems.add(path, format!("separator = \"{}\": {remedy}", site.separator));
    }
    for sentence in site.calendar.check() {
        problems.add(path, format!("[calendar] {sentence}"));
    }
    if !(0..=23).contains(&site.digest_hour) {
        problems.add(path, format!("digest_hour = {}: an hour is 0 to 23", site.digest_hour));
    }
    if config.clock == ClockKind::Moved && config.submit.kind != Kind::Maildir {
        problems
            .add(path, "clock = \"moved\" is for rehearsals: it needs [submit] kind = \"maildir\"");
    }
    let mut names = BTreeSet::new();
    for door in &config.doors {
        let name = door.name();
        for sentence in door.check() {
            problems.add(path, format!("[[door]] {name}: {sentence}"));
        }
        if !names.insert(name.clone()) {
            let remedy = "every door needs its own name, for trace and for silence that counts";
            problems.add(path, format!("two doors are called `{name}`: {remedy}"));
        }
    }
    for sentence in config.submit.check() {
        problems.add(path, format!("[submit]: {sentence}"));
    }
    if let Some(organization) = &config.organization {
        let mut register = Register::default();
        organization.changes(&register).iter().for_each(|change| register.apply(change));
        for procedure in config.procedures.values() {
            for sentence in procedure.check(site.locale, &register) {
                problems.add(path, format!("procedure {}: {sentence}", procedure.name));
            }
        }
        if register.queue(&site.dispatcher).is_none() {
            let remedy = "name a queue of the organization, because what fits nowhere goes there";
            problems.add(path, format!("dispatcher = \"{}\": {remedy}", site.dispatcher));
        }
        if let Some(person) = register.person_at(&site.address) {
            let remedy = "the site cannot write to itself; take one of the two elsewhere";
            let sentence =
                format!("{} is also an address of `{}`: {remedy}", site.address, person.id);
            problems.add(path, sentence);
        }
    }
    if let Err(found) = Renderer::new(&config.templates) {
        for problem in found {
            problems.add(path, format!("templates: {problem}"));
        }
    }
}

fn procedures(problems: &mut Problems, folder: &Path) -> BTreeMap<String, Arc<Procedure>> {
    let mut found = BTreeMap::new();
    for path in problems.files(folder, "toml") {
        let Some(text) = problems.read(&path) else { continue };
        match Procedure::parse(&text) {
            Ok(procedure) => {
                found.insert(procedure.name.clone(), Arc::new(procedure));
            }
            Err(sentence) => problems.add(&path, sentence),
        }
    }
    found
}

fn templates(problems: &mut Problems, folder: &Path) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for locale in Locale::ALL {
        let below = folder.join(locale.code());
        if !below.exists() {
            continue;
        }
        for path in problems.files(&below, "") {
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
            if let (Some(name), Some(text)) = (name, problems.read(&path)) {
                found.insert(format!("{}/{name}", locale.code()), text);
            }
        }
    }
    found
}

/// Problems while they are being found.
struct Problems {
    found: Vec<Problem>,
}

impl Problems {
    fn add(&mut self, file: &Path, sentence: impl Into<String>) {
        self.found.push(Problem { file: file.to_path_buf(), sentence: sentence.into() });
    }

    fn read(&mut self, path: &Path) -> Option<String> {
        match std::fs::read_to_string(path) {
            Ok(text) => Some(text),
            Err(error) => {
                self.add(path, format!("it cannot be read: {error}"));
                None
            }
        }
    }

    fn parse<T: for<'de> Deserialize<'de>>(&mut self, path: &Path, text: &str) -> Option<T> {
        match toml::from_str(text) {
            Ok(value) => Some(value),
            Err(error) => {
                self.add(path, error.to_string().trim_end().to_owned());
                None
            }
        }
    }

    fn files(&mut self, folder: &Path, extension: &str) -> Vec<PathBuf> {
        let entries = match std::fs::read_dir(folder) {
            Ok(entries) => entries,
            Err(error) => {
                self.add(folder, format!("the folder cannot be read: {error}"));
                return Vec::new();
            }
        };
        let mut files: Vec<PathBuf> = entries
            .filter_map(Result::ok)
            .map(|entry| entry.path())
            .filter(|path| {
                let has = path.extension().is_some_and(|found| found == extension);
                path.is_file() && (extension.is_empty() || has)
            })
            .collect();
        files.sort();
        files
    }
}
