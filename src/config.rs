//! `lotse.toml`: the settings that each edge declares for itself, composed; all problems at once.
//!
//! Unknown keys are refused. Paths are relative to the file. Deliberately absent: what settings
//! mean (`desk`, the edges), looking at servers (`check --live`).

mod authentication;
mod canned;
mod circles;
mod meetings;
mod places;
mod playbook;
mod problem;
mod rule_text;
pub mod secrets;
mod source;
mod written;

pub use authentication::Resolver;
pub use problem::Problem;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::SignedDuration;
use jiff::tz::TimeZone;
use serde::Deserialize;

use crate::config::authentication::Authentication;
use crate::config::meetings::check as check_meetings;
use crate::config::problem::Problems;
use crate::config::source::Within;
use crate::desk::breach;
use crate::desk::canned::Canned;
use crate::desk::{Calendar, Liaison, Meeting, Organization, Procedure, Register, Site};
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
    #[serde(default, rename = "meeting")]
    meetings: Vec<Meeting>,
    #[serde(default)]
    breaches: breach::Settings,
    #[serde(default, rename = "liaison")]
    liaisons: Vec<Liaison>,
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
    mails_per_day: Option<u16>,
    #[serde(default = "a_day")]
    undo_hours: u16,
    #[serde(default)]
    changes: Option<QueueName>,
}

fn plus() -> String {
    "+".into()
}

fn utc() -> String {
    "UTC".into()
}

const fn a_day() -> u16 {
    24
}

const fn eight() -> i8 {
    8
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
    /// Which name server is asked for the keys of signatures.
    pub resolver: Resolver,
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
    let mut problems = Problems::default();
    let Some(file) = problems.parse::<File>(path) else { return Err(problems.found) };
    let folder = path.parent().map(Path::to_path_buf).unwrap_or_default();
    let doors: Vec<Door> = file.doors.iter().map(|door| door.below(&folder)).collect();
    Ok(socket(&doors, &folder.join(&file.store.path)))
}

/// Reads the settings and everything that they name.
///
/// # Errors
/// All problems that were found, in the order of the files.
pub fn load(path: &Path) -> Result<Config, Vec<Problem>> {
    let mut problems = Problems::default();
    let folder = path.parent().map(Path::to_path_buf).unwrap_or_default();
    let file = problems.parse::<File>(path);
    let names = match &file {
        Some(file) => file.site.names(),
        None => Names::of(problems.text(path).unwrap_or_default()),
    };
    let named = |name: &Option<PathBuf>| name.as_ref().map(|name| folder.join(name));
    let organization = named(&names.organization)
        .and_then(|path| Some((parse_organization(&mut problems, &path)?, path)));
    let mut procedures = BTreeMap::new();
    if let Some(below) = named(&names.procedures) {
        for path in problems.files(&below, "toml") {
            if let Some(mut procedure) = problems.parse::<Procedure>(&path) {
                playbook::read(&mut problems, (&folder, &path), &mut procedure);
                procedures.insert(procedure.name.clone(), (path, Arc::new(procedure)));
            }
        }
    }
    let Some(file) = file else { return Err(problems.in_order()) };
    let mut config = compose(&mut problems, path, &folder, &file);
    if let Some(below) = named(&names.templates) {
        config.templates = templates(&mut problems, &below);
        check_templates(&mut problems, &below, &config);
        config.site.settings.extend(written::sums(&config.templates));
        config.site.canned = canned::read(&mut problems, &below);
    }
    check(&mut problems, path, &config);
    for sentence in file.authentication.check() {
        problems.add(path, Within::Table("authentication"), sentence);
    }
    config.procedures = procedures
        .iter()
        .map(|(name, (_, procedure))| (name.clone(), Arc::clone(procedure)))
        .collect();
    let mut register = Register::default();
    if let Some((organization, _)) = &organization {
        organization.changes(&register).iter().for_each(|change| register.apply(change));
        for (path, procedure) in procedures.values() {
            let mut said = procedure.check(config.site.locale, &register);
            said.extend(procedure.meeting_problems(&config.site.meetings));
            said.extend(procedure.people_problem(&config.site.dispatcher, &register));
            let others = procedures.values().filter(|(_, other)| other.name != procedure.name);
            said.extend(others.filter_map(|(_, other)| procedure.words_problem(other)));
            said.into_iter().for_each(|sentence| problems.add(path, Within::File, sentence));
        }
        places::check(&mut problems, path, &config, &register);
        check_meetings(&mut problems, path, &config, Some(&register));
    } else {
        check_meetings(&mut problems, path, &config, None);
    }
    if let Some((organization, path)) = &organization {
        let paths = procedures.iter().map(|(name, (path, _))| (name.as_str(), path.as_path()));
        circles::check(&mut problems, (path, &paths.collect()), organization, &config);
    }
    config.organization = organization.map(|(organization, _)| organization);
    if problems.found.is_empty() { Ok(config) } else { Err(problems.in_order()) }
}

/// Reads people and queues from a file.
///
/// # Errors
/// All problems that were found.
pub fn organization(path: &Path) -> Result<Organization, Vec<Problem>> {
    let mut problems = Problems::default();
    let organization = parse_organization(&mut problems, path);
    organization.filter(|_| problems.found.is_empty()).ok_or_else(|| problems.in_order())
}

fn parse_organization(problems: &mut Problems, path: &Path) -> Option<Organization> {
    let mut organization = problems.parse::<Organization>(path)?;
    rule_text::read(problems, path, &mut organization);
    for sentence in organization.check() {
        problems.add(path, Within::File, sentence);
    }
    Some(organization)
}

/// The other files that `[site]` names.
#[derive(Debug, Default, Deserialize)]
struct Names {
    organization: Option<PathBuf>,
    procedures: Option<PathBuf>,
    templates: Option<PathBuf>,
}

impl Names {
    /// As far as they can be read where the settings as a whole cannot.
    fn of(text: &str) -> Self {
        let root: toml::Table = text.parse().unwrap_or_default();
        let site = root.get("site").cloned();
        site.and_then(|site| site.try_into().ok()).unwrap_or_default()
    }
}

impl SiteFile {
    fn names(&self) -> Names {
        Names {
            organization: self.organization.clone(),
            procedures: self.procedures.clone(),
            templates: self.templates.clone(),
        }
    }
}

fn compose(problems: &mut Problems, path: &Path, folder: &Path, file: &File) -> Config {
    let site = &file.site;
    let time_zone = TimeZone::get(&site.time_zone).unwrap_or_else(|error| {
        let remedy = "write a name such as Europe/Berlin";
        let sentence = format!("time_zone = \"{}\": {error}; {remedy}", site.time_zone);
        problems.add(path, SITE, sentence);
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
            rungs: file.authentication.rungs.clone(),
            privacy_url: site.privacy_url.clone(),
            digest_hour: site.digest_hour,
            mails_per_day: site.mails_per_day.unwrap_or(40),
            outgoing_bytes_max: submit.message_bytes_max,
            undo_span: SignedDuration::from_hours(i64::from(site.undo_hours)),
            canned: Canned::default(),
            meetings: file.meetings.clone(),
            liaisons: file.liaisons.clone(),
            settings: written::flat(problems.text(path).unwrap_or_default()),
            changes: site.changes.clone(),
            breaches: file.breaches.clone(),
        },
        store,
        doors: file.doors.iter().map(|door| door.below(folder)).collect(),
        submit,
        resolver: file.authentication.resolver,
        clock: site.clock,
        organization: None,
        procedures: BTreeMap::new(),
        templates: BTreeMap::new(),
    }
}

const SITE: Within<'static> = Within::Table("site");

fn check(problems: &mut Problems, path: &Path, config: &Config) {
    let site = &config.site;
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if site.name.is_empty() || !site.name.chars().all(is_word) {
        let remedy = "use letters, digits and hyphens, because it stands in subjects as [name #17]";
        problems.add(path, SITE, format!("name = \"{}\": {remedy}", site.name));
    }
    if !["", "+", "-", "=", "_"].contains(&site.separator.as_str()) {
        let remedy = "use \"+\" or \"-\", or \"\" where the provider knows no subaddresses";
        problems.add(path, SITE, format!("separator = \"{}\": {remedy}", site.separator));
    }
    for sentence in site.calendar.check() {
        problems.add(path, Within::Table("calendar"), sentence);
    }
    if !(0..=23).contains(&site.digest_hour) {
        problems.add(path, SITE, format!("digest_hour = {}: an hour is 0 to 23", site.digest_hour));
    }
    if site.control.as_ref() == Some(&site.address) {
        let remedy = "give it an address of its own, or leave it out";
        problems.add(path, SITE, format!("control is the site's own address: {remedy}"));
    }
    if config.clock == ClockKind::Moved && config.submit.kind != Kind::Maildir {
        let sentence = "clock = \"moved\" is for rehearsals: it needs [submit] kind = \"maildir\"";
        problems.add(path, SITE, sentence);
    }
    let mut names = BTreeSet::new();
    for (number, door) in config.doors.iter().enumerate() {
        let (name, within) = (door.name(), Within::Item("door", number));
        for sentence in door.check() {
            problems.add(path, within, sentence);
        }
        if !names.insert(name.clone()) {
            let remedy = "set `name`, for trace and for silence that counts";
            problems.add(path, within, format!("two doors are called `{name}`: {remedy}"));
        }
    }
    for sentence in site.breaches.check() {
        problems.add(path, Within::Table("breaches"), sentence);
    }
    for sentence in config.submit.check() {
        problems.add(path, Within::Table("submit"), sentence);
    }
}

fn check_templates(problems: &mut Problems, folder: &Path, config: &Config) {
    if let Err(found) = Renderer::new(&config.templates) {
        problems.found.extend(found.into_iter().map(|problem| Problem {
            file: folder.join(&problem.file),
            line: problem.line,
            sentence: problem.what,
        }));
    }
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
