//! `serve`, `deliver`, `check`.

use std::collections::BTreeMap;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::cli::{EXIT_CONFIG, EXIT_TRY_AGAIN, live, looks, out};
use crate::config::{self, Config};
use crate::daemon::alone;
use crate::daemon::control;
use crate::daemon::decider::Command;
use crate::daemon::erase;
use crate::daemon::running::Daemon;
use crate::daemon::serve;
use crate::desk::{Desk, Procedure, Register};
use crate::intake::pipe;
use crate::mail::ReversePath;
use crate::types::Address;

/// Procedures by name.
type Procedures = BTreeMap<String, Arc<Procedure>>;

/// Octets that one message from standard input may have.
const MESSAGE_BYTES_MAX: usize = 64 << 20;

/// Reads the settings, or prints every problem.
pub(super) fn load(path: &Path) -> Option<Config> {
    match config::load(path) {
        Ok(config) => Some(config),
        Err(problems) => {
            for problem in problems {
                out::note(&format!("lotse: {problem}"));
            }
            None
        }
    }
}

/// `lotse check`; with a span it is also tried out, and mails to itself are awaited so long.
pub(super) async fn check(path: &Path, wait: Option<Duration>) -> u8 {
    match config::load(path) {
        Ok(config) => {
            let queues = config.organization.as_ref().map_or(0, |file| file.queues.len());
            let people = config.organization.as_ref().map_or(0, |file| file.people.len());
            let shown = path.display();
            out::line(&format!("{shown}: ok, queues: {queues}, people: {people}"));
            match looks::differences(&config).await {
                Ok(said) => said.iter().for_each(|said| out::line(said)),
                Err(error) => out::note(&format!("lotse: the store was not looked at: {error}")),
            }
            match wait {
                Some(wait) => Box::pin(live::check(&config, wait)).await,
                None => 0,
            }
        }
        Err(problems) => {
            for problem in &problems {
                out::line(&problem.to_string());
            }
            out::line(&format!("problems: {}", problems.len()));
            1
        }
    }
}

/// `lotse serve`
pub(super) async fn run(path: &Path) -> u8 {
    log();
    let Some(config) = load(path) else { return EXIT_CONFIG };
    erase_first(&config).await;
    let daemon = match serve::start(&config).await {
        Ok(daemon) => Arc::new(daemon),
        Err(error) => return out::refuse(EXIT_TRY_AGAIN, &error.to_string()),
    };
    if let Some(listener) = daemon.looking() {
        tokio::spawn(control::listen(listener, Arc::clone(&daemon)));
    }
    notify(&[sd_notify::NotifyState::Ready]);
    tracing::info!("mail is taken");
    tell_kept(&daemon, config.procedures.clone());
    match until_ended(path, &daemon).await {
        End::Failed(code) => {
            notify(&[sd_notify::NotifyState::Stopping]);
            code
        }
        End::Wanted => {
            notify(&[sd_notify::NotifyState::Stopping]);
            daemon.drain().await;
            tracing::info!("ended");
            0
        }
        End::Anew => {
            daemon.drain().await;
            begin_anew()
        }
    }
}

/// Why a daemon ends.
enum End {
    /// Somebody wants it to.
    Wanted,
    /// Something is to be erased, for which it must not run.
    Anew,
    /// It cannot go on; the exit code.
    Failed(u8),
}

/// Starts this program anew in the same process: whatever it held is let go.
fn begin_anew() -> u8 {
    let arguments = std::env::args_os().skip(1);
    let error = std::process::Command::new(alone::PROGRAM).args(arguments).exec();
    out::refuse(EXIT_TRY_AGAIN, &format!("starting anew: {error}"))
}

/// Carries out what was ordered to be erased, before anybody works in the data folder. If it
/// cannot be, nothing was erased, and mail goes on.
async fn erase_first(config: &Config) {
    let mut watchdog = tokio::time::interval(Duration::from_secs(10));
    let mut erasing = std::pin::pin!(erase::carry_out(config, super::erase::now(config)));
    let erased = loop {
        tokio::select! {
            erased = &mut erasing => break erased,
            _ = watchdog.tick() => notify(&[sd_notify::NotifyState::Watchdog]),
        }
    };
    match erased {
        Ok(Some(erased)) => {
            let (what, messages) = (&erased.what, erased.messages);
            tracing::info!(what, messages, "erased");
        }
        Ok(None) => {}
        Err(error) => tracing::error!(%error, "nothing was erased"),
    }
}

async fn until_ended(path: &Path, daemon: &Arc<Daemon>) -> End {
    let (Ok(mut term), Ok(mut int), Ok(mut hup)) = (
        signal(SignalKind::terminate()),
        signal(SignalKind::interrupt()),
        signal(SignalKind::hangup()),
    ) else {
        return End::Failed(out::refuse(EXIT_TRY_AGAIN, "signals cannot be heard"));
    };
    let mut watchdog = tokio::time::interval(Duration::from_secs(10));
    loop {
        tokio::select! {
            _ = term.recv() => return End::Wanted,
            _ = int.recv() => return End::Wanted,
            () = daemon.erasing() => return End::Anew,
            _ = hup.recv() => reload(path, daemon).await,
            _ = watchdog.tick() => notify(&[sd_notify::NotifyState::Watchdog]),
            error = daemon.failed() => {
                tracing::error!(%error, "the daemon ends and must be started anew");
                return End::Failed(EXIT_TRY_AGAIN);
            }
        }
    }
}

/// Reads settings and procedures anew; what is wrong leaves the old ones in force.
async fn reload(path: &Path, daemon: &Arc<Daemon>) {
    notify(&[sd_notify::NotifyState::Reloading]);
    match config::load(path) {
        Ok(config) => {
            tell_kept(daemon, config.procedures.clone());
            let keyring = daemon.desk.borrow().as_ref().map(|desk| desk.keyring.clone());
            let desk = Desk {
                site: config.site,
                keyring: keyring.unwrap_or_default(),
                procedures: config.procedures,
                register: Register::default(),
            };
            if daemon.commands.send(Command::Reload(Box::new(desk))).await.is_ok() {
                tracing::info!("settings were read anew");
                if let Err(error) = daemon.enroll(Vec::new()).await {
                    tracing::warn!(%error, "what the new settings wake for is not set");
                }
            }
        }
        Err(problems) => {
            for problem in problems {
                tracing::error!(%problem, "the settings stay as they were");
            }
        }
    }
    notify(&[sd_notify::NotifyState::Ready]);
}

/// Says in the log which running requests keep an old text, beside all other work.
fn tell_kept(daemon: &Arc<Daemon>, procedures: Procedures) {
    let daemon = Arc::clone(daemon);
    tokio::spawn(async move { daemon.tell_kept(&procedures).await });
}

fn notify(states: &[sd_notify::NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::debug!(%error, "systemd was not told");
    }
}

/// To the journal when there is one, else to standard error.
fn log() {
    let filter = tracing_subscriber::EnvFilter::try_from_default_env()
        .unwrap_or_else(|_unset| tracing_subscriber::EnvFilter::new("info"));
    // The IMAP library writes what it sends and receives at its trace level: passwords, mails.
    let is_told = |metadata: &tracing::Metadata<'_>| !metadata.target().starts_with("async_imap");
    let registry = tracing_subscriber::registry().with(filter).with(filter_fn(is_told));
    let journal = tracing_journald::layer().ok().filter(|_| !is_terminal());
    let result = match journal {
        Some(journal) => registry.with(journal).try_init(),
        None => {
            let layer = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
            registry.with(layer.with_ansi(is_terminal())).try_init()
        }
    };
    if let Err(error) = result {
        out::note(&format!("lotse: no log: {error}"));
    }
}

fn is_terminal() -> bool {
    std::io::IsTerminal::is_terminal(&std::io::stderr())
}

/// `lotse deliver`
pub(super) async fn deliver(path: &Path, from: Option<&str>, recipients: &[String]) -> u8 {
    let socket = match config::mail_socket(path) {
        Ok(socket) => socket,
        Err(problems) => {
            let said: Vec<String> = problems.iter().map(ToString::to_string).collect();
            return out::refuse(EXIT_TRY_AGAIN, &said.join("; "));
        }
    };
    let reverse_path = match from.map(str::trim) {
        None => ReversePath::Unknown,
        Some("" | "<>") => ReversePath::Null,
        Some(text) => match Address::parse(text.trim_matches(['<', '>'])) {
            Ok(address) => ReversePath::Address(address),
            Err(error) => return out::refuse(65, &format!("--from: {error}")),
        },
    };
    let mut addresses = Vec::new();
    for recipient in recipients {
        match Address::parse(recipient.trim_matches(['<', '>'])) {
            Ok(address) => addresses.push(address),
            Err(error) => return out::refuse(67, &error.to_string()),
        }
    }
    let input = tokio::io::stdin();
    let outcome = pipe::deliver(&socket, &reverse_path, &addresses, input, MESSAGE_BYTES_MAX).await;
    if outcome.exit != 0 {
        out::note(&format!("lotse: {}", outcome.sentence));
    }
    outcome.exit
}
