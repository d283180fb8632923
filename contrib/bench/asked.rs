//! What is asked of a store with many tickets: a weekly digest of everything, and words.
//!
//! It reads the store that `million` filled, in a process of its own, so that its memory is that of
//! the question. Deliberately absent: the archive, which `million` does not fill: a digest shows no
//! words of its fifteen letters here.

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;

use jiff::Timestamp;
use lotse::config::{self, secrets};
use lotse::daemon::ledger::Ledger;
use lotse::daemon::search;
use lotse::daemon::serve::read_register;
use lotse::desk::{Desk, DigestChoice, Every, RegisterChange, Scope};
use lotse::mail::compose;
use lotse::notice::{Contents, Renderer};
use lotse::store::EngineKind;
use lotse::store::index::Index;
use lotse::ticket::query::Query;
use lotse::ticket::{self, Decision, Effect, Event, Matter, Notice, Ticket, Timer};
use lotse::types::PersonId;

use crate::fill::{self, Filled};
use crate::million::{WORDS, say};
use crate::{ingest, machine};

/// How often each is asked.
const TIMES: usize = 50;
/// Tickets that a mail shows of what was found.
const SHOWN: usize = 20;

/// What is run.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// What keeps the records
    #[arg(long, default_value = "redb", value_parser = ingest::engine)]
    engine: EngineKind,
    /// The folder that `million` filled
    #[arg(long, default_value = "target/bench/filled")]
    folder: PathBuf,
}

/// Asks, prints.
///
/// # Errors
/// The store cannot be read.
pub(crate) fn measure(options: &Options) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(ask(options))
}

async fn ask(options: &Options) -> io::Result<()> {
    let store = fill::opened(&options.folder, options.engine)?;
    let now = machine::timestamp();
    let desk = desk(options, &store, now).await?;
    let ledger = Ledger::new(store);
    let (before, _) = machine::memory(std::process::id());
    digests(&desk, &ledger, now).await?;
    let (_, most) = machine::memory(std::process::id());
    say(&format!("memory of the process: {before:.0} MB before, {most:.0} MB at the most"))?;
    let words = options.folder.join(WORDS);
    if !words.exists() {
        return say("no words were kept: fill with `million --words`");
    }
    searches(&Index::open(&words)?, &ledger).await?;
    let (_, most) = machine::memory(std::process::id());
    say(&format!("memory of the process: {most:.0} MB at the most"))
}

/// The desk of the folder, on which Anna reads everything once a week.
async fn desk(options: &Options, store: &Filled, now: Timestamp) -> io::Result<Desk> {
    let config = config::load(&options.folder.join("lotse.toml"))
        .map_err(|problems| io::Error::other(format!("{problems:?}")))?;
    let mut register = read_register(store).await.map_err(io::Error::other)?;
    let anna = register.person(&PersonId::new("anna")).cloned();
    let mut anna = anna.ok_or(io::ErrorKind::NotFound)?;
    let weekly = DigestChoice { every: Every::Week, scope: Scope::All, ..DigestChoice::default() };
    anna.digests = vec![weekly];
    register.apply(&RegisterChange::Person(anna));
    let keyring = secrets::load(&config.store.path, now)?;
    Ok(Desk { site: config.site.clone(), keyring, procedures: config.procedures.clone(), register })
}

async fn digests(desk: &Desk, ledger: &Ledger<Filled>, now: Timestamp) -> io::Result<()> {
    let renderer = Renderer::new(&BTreeMap::new())
        .map_err(|problems| io::Error::other(format!("{problems:?}")))?;
    let first = ticket::digest::first_timers(desk, now).into_iter();
    let is_annas = |(timer, _): &(Timer, Timestamp)| *timer == Timer::Digest(PersonId::new("anna"));
    let (timer, due_at) = first.into_iter().find(is_annas).ok_or(io::ErrorKind::NotFound)?;
    let mut spans = Vec::new();
    let mut said = String::new();
    for _ in 0..TIMES {
        let began = machine::now();
        let event = Event::timer(timer.clone(), due_at);
        let notice = digest(desk, ledger, &event, due_at).await?;
        let octets = compose(&renderer.render(desk, &notice, &Contents::new())).len();
        spans.push(began.elapsed().as_secs_f64() * 1000.0);
        let Matter::Digest { items, more, report } = &notice.matter else { continue };
        let open = report.as_ref().and_then(|report| report.numbers.as_ref());
        let open = open.map_or(0, |numbers| numbers.open);
        said = format!("{} lines, {more} more, {open} open, {octets} octets", items.len());
    }
    let first = spans.first().copied().unwrap_or_default();
    say(&format!("weekly digest of everything: {said}"))?;
    say(&format!("  the first {first:.1} ms, {}", shares(spans)))
}

async fn digest(
    desk: &Desk,
    ledger: &Ledger<Filled>,
    event: &Event,
    now: Timestamp,
) -> io::Result<Notice> {
    let mut loaded = ledger.begin().await.map_err(io::Error::other)?;
    let mut lookups = ticket::needs(desk, event);
    let effects = loop {
        ledger.load(&mut loaded, &lookups).await.map_err(io::Error::other)?;
        match ticket::decide(desk, &loaded.case, event, now) {
            Decision::Effects(effects) => break effects,
            Decision::Needs(more) => lookups = *more,
        }
    };
    let notice = effects
        .into_iter()
        .find_map(|effect| if let Effect::Notify(notice) = effect { Some(*notice) } else { None });
    notice.ok_or_else(|| io::Error::other("no digest was made"))
}

async fn searches(index: &Index, ledger: &Ledger<Filled>) -> io::Result<()> {
    for (what, words, queue) in [
        ("in every ticket", "w1", true),
        ("in one ticket", "n777", true),
        ("two, each in many", "w2 w3", true),
        ("five, four in many", "w1 w2 w3 w4 n999", true),
        ("five, each in many", "w1 w2 w3 w4 w5", true),
        ("a beginning of thousands", "w12*", true),
        ("nowhere", "nowhere", true),
        ("two in many, of a queue where none is", "w2 w3", false),
    ] {
        let query = Query::parse(words, &jiff::tz::TimeZone::UTC).map_err(io::Error::other)?;
        let admits = |ticket: &Ticket| queue == (ticket.queue.as_str() == "kontakt");
        let mut spans = Vec::new();
        let mut count = 0;
        for _ in 0..TIMES {
            let began = machine::now();
            let found = search::find(index, ledger, &query, admits, SHOWN).await;
            let (tickets, more) = found.map_err(io::Error::other)?;
            count = tickets.len() + more;
            spans.push(began.elapsed().as_secs_f64() * 1000.0);
        }
        say(&format!("search, {what}: {count} read, {}", shares(spans)))?;
    }
    Ok(())
}

fn shares(mut spans: Vec<f64>) -> String {
    spans.sort_by(f64::total_cmp);
    let of = |share: usize| spans.get(spans.len() * share / 100).copied().unwrap_or_default();
    format!("p50 {:.1} ms, p98 {:.1} ms", of(50), of(98))
}
