//! The series of `contrib/bench/timers`: what timers cost while they wait, and how long it takes to
//! carry out many that are due at once. Each is that of a request which is to be asked for what it
//! lacks.
//!
//! Deliberately absent: sending what follows; it waits for a server that never answers.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::SignedDuration;
use lotse::store::EngineKind;

use crate::check;
use crate::fill::{self, Filling};
use crate::ingest;
use crate::machine::{self, Work};
use crate::million::say;
use crate::requests;
use crate::servers::{self, Out, Server, WayOut};

/// Until the timers of the second part are due: a store is filled and a daemon started meanwhile.
const DUE_SECONDS: i64 = 60;
/// So long it may take to carry them out.
const DUE_SECONDS_MAX: f64 = 30.0;

/// What is run.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Timers that wait
    #[arg(long, default_value_t = 100_000)]
    waiting: usize,
    /// Timers that are due in the same minute
    #[arg(long, default_value_t = 10_000)]
    due: usize,
    /// Seconds for which an idle daemon is watched
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// What keeps the records
    #[arg(long, default_value = "sled", value_parser = ingest::engine)]
    engine: EngineKind,
    /// The daemon
    #[arg(long, default_value = "target/release/lotse")]
    program: PathBuf,
    /// Where the stores lie
    #[arg(long, default_value = "target/bench")]
    folder: PathBuf,
}

/// Fills, watches, prints.
///
/// # Errors
/// A server fails, or timers were not carried out, or too late.
pub(crate) fn measure(options: &Options) -> io::Result<()> {
    let way_out = WayOut::open(Out::Silent, &options.folder)?;
    say("  store  what waits                            % of a core   MB  foreign")?;
    for (what, to, tickets) in [
        ("nothing", servers::QUEUE, 0),
        ("tickets without a timer", servers::QUEUE, options.waiting),
        ("tickets with a timer each", servers::REQUESTS, options.waiting),
    ] {
        watch(options, &way_out, what, (to, tickets))?;
    }
    fall_due(options, &way_out)
}

/// A folder whose store holds what was asked for.
fn filled(
    options: &Options,
    way_out: &WayOut,
    settle_span: &str,
    filling: Filling,
) -> io::Result<(PathBuf, u16)> {
    let folder = ingest::fresh(&options.folder, "timers")?;
    let port = servers::furnish_lotse(&folder, options.engine.name(), way_out)?;
    servers::add_procedure(&folder, settle_span)?;
    open(options, &folder, port)?.end()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(fill::fill(&folder, options.engine, filling))?;
    Ok((folder, port))
}

fn open(options: &Options, folder: &Path, port: u16) -> io::Result<Server> {
    let mut server = servers::start_lotse(&options.program, folder, port)?;
    server.await_greeting()?;
    ingest::await_register(&server)?;
    Ok(server)
}

/// What an idle daemon over such a store uses.
fn watch(
    options: &Options,
    way_out: &WayOut,
    what: &str,
    (to, tickets): (&'static str, usize),
) -> io::Result<()> {
    let filling = Filling { tickets, to, at: machine::timestamp(), index: None };
    let (folder, port) = filled(options, way_out, "30 days", filling)?;
    let mut server = open(options, &folder, port)?;
    requests::quiet(&server)?;
    // What a start leaves to be done is done.
    machine::pause(Duration::from_secs(10));
    let before = Work::done(server.pid(), None);
    machine::pause(Duration::from_secs(options.seconds));
    let work = Work::done(server.pid(), None).since(before);
    let seconds = Duration::from_secs(options.seconds).as_secs_f64();
    let foreign = (work.all - work.server - work.client) / seconds;
    let what = if tickets == 0 { what.to_owned() } else { format!("{tickets} {what}") };
    say(&format!(
        "{:>7}  {what:<36}  {:>11.2}  {:>3.0}  {foreign:>7.2}",
        options.engine.name(),
        work.server / seconds * 100.0,
        machine::memory(server.pid()).0,
    ))?;
    server.kill()
}

/// How long it takes until everything is durable that follows from timers of one minute.
fn fall_due(options: &Options, way_out: &WayOut) -> io::Result<()> {
    let at = machine::timestamp();
    let filling = Filling { tickets: options.due, to: servers::REQUESTS, at, index: None };
    let (folder, port) = filled(options, way_out, &format!("{DUE_SECONDS} s"), filling)?;
    let mut server = open(options, &folder, port)?;
    requests::quiet(&server)?;
    let due_at = at + SignedDuration::from_secs(DUE_SECONDS);
    let wait = Duration::try_from(due_at.duration_since(machine::timestamp()));
    machine::pause(wait.map_err(|_early| io::Error::other("filling in took too long"))?);
    let (before, started) = (Work::done(server.pid(), None), machine::now());
    let mut ago = requests::quiet(&server)?;
    // The first batch may come a moment after the time.
    if started.elapsed() < Duration::from_secs(1) {
        ago = requests::quiet(&server)?;
    }
    let span = started.elapsed().saturating_sub(ago).as_secs_f64();
    let work = Work::done(server.pid(), None).since(before);
    say(&format!(
        "{}, {} timers due at once: {span:.1} s, {:.2} ms CPU each, {:.0} MB resident, \
         foreign {:.2}",
        options.engine.name(),
        options.due,
        work.server / options.due as f64 * 1e3,
        machine::memory(server.pid()).1,
        (work.all - work.server - work.client) / started.elapsed().as_secs_f64(),
    ))?;
    server.kill()?;
    let books = check::read(&folder.join("data"), options.engine)?;
    if books.questions != options.due {
        return Err(io::Error::other(format!("{} of {} asked", books.questions, options.due)));
    }
    if span > DUE_SECONDS_MAX {
        return Err(io::Error::other(format!("more than {DUE_SECONDS_MAX} s")));
    }
    Ok(())
}
