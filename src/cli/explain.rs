//! `lotse explain`: what would happen to a message now, without doing it.

use std::path::Path;
use std::sync::Arc;

use serde_json::Value;

use crate::cli::inspect::read_file;
use crate::cli::serve::load;
use crate::cli::{EXIT_CONFIG, looks, out};
use crate::config::{ClockKind, Config};
use crate::daemon::clock::{self, Clock};
use crate::daemon::control;
use crate::daemon::explain::{Explainer, Sample};
use crate::daemon::look::Request;
use crate::daemon::verify::Verifier;
use crate::mail::{self, ReversePath};
use crate::notice::Renderer;
use crate::types::Address;

/// A recipient that is no address (`EX_NOUSER`).
const EXIT_NO_USER: u8 = 67;
/// A reverse-path that is none (`EX_DATAERR`).
const EXIT_DATA: u8 = 65;

/// The envelope as it is written on the command line.
pub(super) struct Envelope {
    pub(super) to: String,
    pub(super) from: Option<String>,
}

/// Asks the running daemon, or the store if none runs; prints sentences, or one object.
pub(super) async fn run(path: &Path, envelope: &Envelope, json: bool, file: &Path) -> u8 {
    let Some(config) = load(path) else { return EXIT_CONFIG };
    let message = match read_file(file) {
        Ok(message) => message,
        Err(error) => return out::refuse(1, &format!("{}: {error}", file.display())),
    };
    let to = match Address::parse(envelope.to.trim_matches(['<', '>'])) {
        Ok(to) => to,
        Err(error) => return out::refuse(EXIT_NO_USER, &format!("--to: {error}")),
    };
    let from = match reverse_path(envelope.from.as_deref(), &message) {
        Ok(from) => from,
        Err(error) => return out::refuse(EXIT_DATA, &format!("--from: {error}")),
    };
    match ask(&config, Sample { from, to: vec![to], message }).await {
        Ok(rows) if json => out::json(&rows),
        Ok(rows) => {
            let sentences = rows.iter().filter_map(|row| row.get("sentences")?.as_array());
            sentences.flatten().filter_map(Value::as_str).for_each(out::line);
        }
        Err(sentence) => return out::refuse(1, &sentence),
    }
    0
}

/// As given; else as the message itself says.
fn reverse_path(given: Option<&str>, message: &[u8]) -> Result<ReversePath, String> {
    match given.map(|given| given.trim().trim_matches(['<', '>'])) {
        None => Ok(mail::return_path(&mail::parse(message, &ReversePath::Unknown))),
        Some("") => Ok(ReversePath::Null),
        Some(given) => {
            let address = Address::parse(given).map_err(|error| error.to_string())?;
            Ok(ReversePath::Address(address))
        }
    }
}

async fn ask(config: &Config, sample: Sample) -> Result<Vec<Value>, String> {
    let request = Request::Explain(Box::new(sample));
    match control::ask(&config.look_socket(), &request).await {
        Ok(Some(rows)) => return Ok(rows),
        Ok(None) => {}
        Err(error) => return Err(error.to_string()),
    }
    let Request::Explain(sample) = request else { return Ok(Vec::new()) };
    let looker = looks::open(config).await?;
    let mut desk = (*looker.desk).clone();
    if desk.register.queues().next().is_none()
        && let Some(organization) = &config.organization
    {
        let changes = organization.changes(&desk.register);
        changes.iter().for_each(|change| desk.register.apply(change));
    }
    let renderer = Renderer::new(&config.templates).map_err(|problems| format!("{problems:?}"))?;
    let verifier = Arc::new(Verifier::new(config.resolver));
    let explainer = Explainer {
        desk: &desk,
        ledger: &looker.ledger,
        texts: &looker.texts,
        renderer: &renderer,
        verifier: &verifier,
    };
    Ok(vec![explainer.explain(&sample, now(config)).await?])
}

/// What the daemon's clock would say.
fn now(config: &Config) -> jiff::Timestamp {
    let kept = match config.clock {
        ClockKind::Real => None,
        ClockKind::Moved => clock::kept_time(&config.store.path),
    };
    kept.unwrap_or_else(|| Clock::Real.now())
}
