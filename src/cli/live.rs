//! `lotse check --live`: logs in at every door and way out, sends probes, waits for them.
//!
//! Where a daemon runs, it hears for us; else the doors are held open here, for probes only: all
//! other mail is asked to come again. Deliberately absent: what probes say and mean (`probe`).

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use base32ct::{Base32Unpadded, Encoding};
use serde_json::Value;
use tokio::net::{TcpStream, UnixStream};
use tokio::sync::{mpsc, watch};

use crate::cli::out;
use crate::config::{Config, Door, Resolver, secrets};
use crate::daemon::clock::Clock;
use crate::daemon::control;
use crate::daemon::look::Request;
use crate::daemon::probe::{self, Catcher, Finding, Probe, Returned};
use crate::daemon::spool::Accepted;
use crate::daemon::verify::Verifier;
use crate::desk::{Desk, Register};
use crate::intake::imap::{Backlog, ImapSettings, Visit};
use crate::intake::lmtp::{self, Listen, LmtpSettings};
use crate::submit::settings::Kind;
use crate::submit::{Outcome, Submit};
use crate::types::{Keyring, Position};

/// How often the doors are looked at for probes.
const LOOK_SPAN: Duration = Duration::from_millis(250);
/// How long probes to people are awaited after all others came: they should not come at all.
const STRAY_SPAN: Duration = Duration::from_secs(5);

/// What is found, printed as it is found.
#[derive(Default)]
struct Report {
    problems: usize,
    notes: Vec<String>,
}

impl Report {
    fn say(&mut self, finding: Finding) {
        match finding {
            Finding::Fine(sentence) => out::line(&format!("ok: {sentence}")),
            // Every probe may say the same of the server: once is enough.
            Finding::Note(sentence) if self.notes.contains(&sentence) => {}
            Finding::Note(sentence) => {
                out::line(&format!("note: {sentence}"));
                self.notes.push(sentence);
            }
            Finding::Problem(sentence) => {
                out::line(&format!("problem: {sentence}"));
                self.problems += 1;
            }
        }
    }
}

/// Whatever may hear a probe come back.
struct Ears {
    run: String,
    daemon: Option<(PathBuf, Position)>,
    visits: Vec<(String, Visit)>,
    caught: mpsc::UnboundedReceiver<Returned>,
    catcher: Catcher,
    closing: watch::Sender<bool>,
}

/// Looks at doors and way out, and sends probes; the exit code.
pub(super) async fn check(config: &Config, wait: Duration) -> u8 {
    let mut report = Report::default();
    let desk = match desk(config).await {
        Ok(desk) => Arc::new(desk),
        Err(sentence) => return out::refuse(1, &sentence),
    };
    let mut ears = match Ears::open(config, &desk).await {
        Ok(ears) => ears,
        Err(sentence) => return out::refuse(1, &sentence),
    };
    ears.open_doors(config, &mut report).await;
    if config.resolver != Resolver::None {
        report.say(name_server(config).await);
    }
    let submit = Submit::open(&config.submit, &config.folder).map_err(|error| error.to_string());
    let looked = match &submit {
        Ok(submit) => submit.survey().await,
        Err(sentence) => Err(sentence.clone()),
    };
    let is_open = looked.is_ok();
    report.say(match looked {
        Ok(sentence) => Finding::Fine(format!("the way out: {sentence}")),
        Err(sentence) => Finding::Problem(format!("the way out: {sentence}")),
    });
    match submit {
        Ok(_) if config.submit.kind == Kind::Maildir => report.say(Finding::Note(
            "nothing leaves with [submit] kind = \"maildir\", so no probe was sent".to_owned(),
        )),
        Ok(submit) if is_open => send_and_await(&mut ears, &submit, &mut report, wait).await,
        _ => out::line("no probe was sent"),
    }
    ears.close().await;
    out::line(&format!("problems: {}", report.problems));
    u8::from(report.problems > 0)
}

/// Whether the name server answers that signatures are verified with.
async fn name_server(config: &Config) -> Finding {
    let name = match config.resolver {
        Resolver::At(address) => address.to_string(),
        Resolver::System | Resolver::None => "of the machine".to_owned(),
    };
    match Verifier::new(config.resolver).reach(config.site.address.domain()).await {
        Ok(()) => Finding::Fine(format!("the name server {name} answers")),
        Err(error) => Finding::Problem(format!(
            "the name server {name} does not answer ({error}), so no signature is verified: set \
             `resolver` under [authentication], or \"none\""
        )),
    }
}

/// The desk as the daemon has it, or as the files say.
async fn desk(config: &Config) -> Result<Desk, String> {
    let mut register = Register::default();
    let asked = control::ask(&config.look_socket(), &Request::Register).await;
    match asked.map_err(|error| format!("{}: {error}", config.look_socket().display()))? {
        Some(rows) => {
            for row in rows {
                let change = serde_json::from_value(row).map_err(|error| error.to_string())?;
                register.apply(&change);
            }
        }
        None => {
            let organization = config.organization.clone().unwrap_or_default();
            organization.changes(&register).iter().for_each(|change| register.apply(change));
        }
    }
    // Secrets are made by the daemon's own user at its first start, and not by whoever checks.
    let keyring = match config.store.path.join("secrets.toml").exists() {
        true => secrets::load(&config.store.path, Clock::Real.now())
            .map_err(|error| format!("{error}: check as the user that the daemon runs as"))?,
        false => Keyring::default(),
    };
    let (site, procedures) = (config.site.clone(), config.procedures.clone());
    Ok(Desk { site, keyring, procedures, register })
}

/// Words that no other check uses.
fn run_token() -> Result<String, String> {
    let mut bytes = [0; 10];
    getrandom::fill(&mut bytes).map_err(|error| error.to_string())?;
    Ok(Base32Unpadded::encode_string(&bytes))
}

impl Ears {
    async fn open(config: &Config, desk: &Arc<Desk>) -> Result<Self, String> {
        let run = run_token()?;
        let (sender, caught) = mpsc::unbounded_channel();
        let catcher = Catcher { desk: Arc::clone(desk), run: run.clone(), caught: sender };
        let socket = config.look_socket();
        let request = Request::Arrived { after: None, words: run.clone() };
        let answer = control::ask(&socket, &request).await.map_err(|error| error.to_string())?;
        let daemon = answer.and_then(|rows| after(&rows)).map(|after| (socket, after));
        let closing = watch::Sender::new(false);
        Ok(Self { run, daemon, visits: Vec::new(), caught, catcher, closing })
    }

    /// Looks at every door, and stays at those through which probes may come.
    async fn open_doors(&mut self, config: &Config, report: &mut Report) {
        let mut pipe = None;
        for door in &config.doors {
            let finding = match door {
                Door::Imap(settings) => self.visit(settings).await,
                Door::Lmtp(settings) if self.daemon.is_some() => answers(settings).await,
                Door::Lmtp(settings) => self.listen(settings.clone()).await,
                Door::Pipe(settings) => {
                    pipe = Some(settings.clone());
                    continue;
                }
            };
            let name = door.name();
            report.say(match finding {
                Ok(sentence) => Finding::Fine(format!("the door {name}: {sentence}")),
                Err(sentence) => Finding::Problem(format!("the door {name}: {sentence}")),
            });
        }
        // It is open in any case; a folder that is not there yet is made by the daemon.
        let socket = config.mail_socket();
        let is_there = socket.parent().is_some_and(std::path::Path::is_dir);
        if self.daemon.is_none() && is_there {
            let listened = self.listen(pipe.unwrap_or_default().door(socket)).await;
            if let Err(sentence) = listened {
                report.say(Finding::Problem(format!("the door pipe: {sentence}")));
            }
        }
    }

    async fn visit(&mut self, settings: &ImapSettings) -> Result<String, String> {
        let (visit, survey) = Visit::open(settings).await.map_err(|error| {
            let remedy = error.remedy();
            if remedy.is_empty() { error.to_string() } else { format!("{error}: {remedy}") }
        })?;
        match self.daemon {
            Some(_) => visit.close().await,
            None => self.visits.push((settings.door(), visit)),
        }
        let waiting = match (survey.waiting, settings.backlog) {
            (0, _) => "no mail waits".to_owned(),
            (count, _) if self.daemon.is_some() => format!("mails in the folder: {count}"),
            (count, Backlog::Leave) => {
                format!("mails that wait, and stay at first contact (backlog): {count}")
            }
            (count, Backlog::Take) => format!("mails that wait, and are filed silently: {count}"),
        };
        let (done, failed) = (&survey.done, &survey.failed);
        if survey.has_junk == Some(false) {
            let junk = settings.junk.as_deref().unwrap_or_default();
            return Err(format!(
                "there is no folder \"{junk}\": write `junk` as the server names it, or leave it \
                 out"
            ));
        }
        Ok(format!("{} is in; {waiting}; folders {done} and {failed} are there", settings.user))
    }

    /// Holds a door open for probes.
    async fn listen(&self, settings: LmtpSettings) -> Result<String, String> {
        let place = settings.listen.clone();
        let listener = settings.bind().await.map_err(|error| {
            format!("{error}: end the program that has the place, or change `listen`")
        })?;
        let door = lmtp::serve(listener, settings, self.catcher.clone(), self.closing.subscribe());
        tokio::spawn(async move {
            if let Err(error) = door.await {
                out::note(&format!("lotse: {error}"));
            }
        });
        Ok(format!("no daemon runs, so probes are awaited here at {place}"))
    }

    /// What came since the last look.
    async fn hear(&mut self) -> Result<Vec<Returned>, String> {
        let mut heard = Vec::new();
        while let Ok(returned) = self.caught.try_recv() {
            heard.push(returned);
        }
        for (door, visit) in &mut self.visits {
            let arrived = visit.look(|bytes| probe::holds(bytes, &self.run)).await;
            for arrival in arrived.map_err(|error| format!("the door {door}: {error}"))? {
                let (door, recipients) = (door.clone(), arrival.recipients);
                heard.push(Returned { door, recipients, bytes: arrival.bytes });
            }
        }
        if let Some((socket, place)) = &mut self.daemon {
            let request = Request::Arrived { after: Some(*place), words: self.run.clone() };
            let rows = control::ask(socket, &request).await.map_err(|error| error.to_string())?;
            let rows = rows.ok_or("the daemon has ended")?;
            *place = after(&rows).unwrap_or(*place);
            heard.extend(rows.iter().filter_map(returned));
        }
        Ok(heard)
    }

    async fn close(self) {
        self.closing.send_replace(true);
        for (_, visit) in self.visits {
            visit.close().await;
        }
    }
}

/// Whether the running daemon answers at a door.
async fn answers(settings: &LmtpSettings) -> Result<String, String> {
    let connected: io::Result<()> = match &settings.listen {
        Listen::Tcp(address) => TcpStream::connect(address).await.map(drop),
        Listen::Unix(path) => UnixStream::connect(path).await.map(drop),
    };
    let place = &settings.listen;
    connected.map(|()| format!("the daemon takes connections at {place}")).map_err(|error| {
        format!(
            "a daemon runs and does not answer at {place} ({error}): start it anew, it may have \
             been started with other settings"
        )
    })
}

fn after(rows: &[Value]) -> Option<Position> {
    serde_json::from_value(rows.last()?.get("after")?.clone()).ok()
}

fn returned(row: &Value) -> Option<Returned> {
    let accepted: Accepted = serde_json::from_value(row.get("accepted")?.clone()).ok()?;
    let bytes = row.get("message")?.as_str()?.as_bytes().to_vec();
    Some(Returned { door: accepted.door, recipients: accepted.recipients, bytes })
}

/// Sends every probe and waits until all that should came back, or `wait` is over.
async fn send_and_await(ears: &mut Ears, submit: &Submit, report: &mut Report, wait: Duration) {
    let desk = Arc::clone(&ears.catcher.desk);
    let probes = probe::plan(&desk, &ears.run);
    out::line(&format!("probes to {} addresses leave, as mails of lotse to itself", probes.len()));
    let mut out_there = Vec::new();
    for probe in probes {
        out_there.extend(send(&desk, submit, report, probe).await);
    }
    let hear_all = async {
        while out_there.iter().any(Probe::is_expected) {
            hear(ears, &desk, &mut out_there, report).await?;
            tokio::time::sleep(LOOK_SPAN).await;
        }
        Ok::<(), String>(())
    };
    match tokio::time::timeout(wait, hear_all).await {
        Ok(Err(sentence)) => report.say(Finding::Problem(sentence)),
        Ok(Ok(())) if !out_there.is_empty() => {
            tokio::time::sleep(STRAY_SPAN.min(wait)).await;
            if let Err(sentence) = hear(ears, &desk, &mut out_there, report).await {
                report.say(Finding::Problem(sentence));
            }
        }
        Ok(Ok(())) => {}
        Err(_elapsed) => out::line(&format!("what did not come within {wait:?} is taken for lost")),
    }
    for probe in out_there {
        report.say(probe.missing());
    }
}

/// Hears what came and says what it shows.
async fn hear(
    ears: &mut Ears,
    desk: &Desk,
    out_there: &mut Vec<Probe>,
    report: &mut Report,
) -> Result<(), String> {
    for returned in ears.hear().await? {
        let is_it = |probe: &Probe| probe::holds(&returned.bytes, &probe.token);
        if let Some(place) = out_there.iter().position(is_it) {
            let probe = out_there.remove(place);
            probe.judge(desk, &returned).into_iter().for_each(|finding| report.say(finding));
        }
    }
    Ok(())
}

/// Sends one probe, a second time under the site's name if another is refused; it, if it left.
async fn send(desk: &Desk, submit: &Submit, report: &mut Report, probe: Probe) -> Option<Probe> {
    let submit = |probe: &Probe| {
        let number = probe.token.rsplit('x').next().and_then(|number| number.parse().ok());
        submit.submit(probe.parcel(desk, number.unwrap_or_default(), Clock::Real.now()))
    };
    let outcome = submit(&probe).await;
    let Some(finding) = probe.refused(&outcome) else { return Some(probe) };
    report.say(finding);
    let is_about_sender = matches!(outcome, Outcome::RefusedSender { .. });
    let again = probe.under_own_name(desk).filter(|_| is_about_sender)?;
    let outcome = submit(&again).await;
    match again.refused(&outcome) {
        Some(finding) => {
            report.say(finding);
            None
        }
        None => Some(again),
    }
}
