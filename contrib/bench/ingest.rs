//! The series of `contrib/bench/ingest`: lotse and Dovecot in turn, the same mails, the same load.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use lotse::store::EngineKind;
use serde::Serialize;

use crate::check;
use crate::load::{self, Loaded};
use crate::machine::{self, Work};
use crate::mails::{Mail, Source};
use crate::servers::{self, Out, Server, WayOut};
use crate::table;

/// How long the last decision, or the last row, may take after the last mail.
const PATIENCE: Duration = Duration::from_secs(600);

/// What is run.
#[derive(Debug, clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
pub(crate) struct Options {
    /// Few mails and one run, to see whether everything works
    #[arg(long)]
    pub(crate) quick: bool,
    /// Runs of each server at each number of connections
    #[arg(long, default_value_t = 5)]
    pub(crate) runs: usize,
    /// Numbers of connections
    #[arg(long, value_delimiter = ',', default_values_t = [1, 4, 16, 64])]
    pub(crate) connections: Vec<usize>,
    /// Mails of a run; a third of it with one connection
    #[arg(long, default_value_t = 6000)]
    pub(crate) count: usize,
    /// Bodies from the mails of this folder instead of our own
    #[arg(long, value_name = "DIR")]
    pub(crate) mails: Option<PathBuf>,
    /// The seed of our own mails
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// What keeps lotse's records
    #[arg(long, default_value = "sled", value_parser = engine)]
    pub(crate) engine: EngineKind,
    /// What takes lotse's mail
    #[arg(long, value_enum, default_value_t = Out::Silent)]
    pub(crate) out: Out,
    /// The outbox drained into smtp-sink at the same time, at 16 connections
    #[arg(long)]
    pub(crate) drain: bool,
    /// Without Dovecot beside it
    #[arg(long)]
    pub(crate) alone: bool,
    /// Adds one line of JSON for each run
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,
    /// The daemon
    #[arg(long, default_value = "target/release/lotse")]
    pub(crate) program: PathBuf,
    /// Where servers keep their files
    #[arg(long, default_value = "target/bench")]
    pub(crate) folder: PathBuf,
}

/// The engine of a name.
///
/// # Errors
/// There is none of that name.
pub(crate) fn engine(name: &str) -> Result<EngineKind, String> {
    match name {
        "sled" => Ok(EngineKind::Sled),
        "redb" => Ok(EngineKind::Redb),
        other => Err(format!("`{other}` is neither sled nor redb")),
    }
}

/// One run of one server.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Run {
    /// Who.
    pub(crate) server: String,
    /// Connections at once.
    pub(crate) connections: usize,
    /// Mails sent.
    pub(crate) mails: usize,
    /// Octets of all of them.
    pub(crate) bytes: usize,
    /// Mails a second until the last 250.
    pub(crate) accepted_per_second: f64,
    /// Mails a second until everything that follows is durable.
    pub(crate) per_second: f64,
    /// Mails a second until the outbox was empty too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) drained_per_second: Option<f64>,
    /// Milliseconds of half of the transactions.
    pub(crate) p50: f64,
    /// Milliseconds of 99 in a hundred.
    pub(crate) p99: f64,
    /// Milliseconds of processor time that the server spent on a mail.
    pub(crate) cpu: f64,
    /// Of the client, and of who takes the server's mail.
    pub(crate) client_cpu: f64,
    /// Megabytes of memory at most.
    pub(crate) memory: f64,
    /// Processors that others used meanwhile.
    pub(crate) foreign: f64,
    /// What is wrong in the books; nothing must be.
    pub(crate) faults: Vec<String>,
}

/// Runs everything and prints the table.
///
/// # Errors
/// A server fails, or the books of a run are wrong.
pub(crate) fn measure(options: &Options) -> io::Result<()> {
    let source = match &options.mails {
        Some(folder) => Source::folder(folder, options.seed)?,
        None => Source::seeded(options.seed),
    };
    let (runs, count) = if options.quick { (1, 600) } else { (options.runs, options.count) };
    let connections = if options.drain { vec![16] } else { options.connections.clone() };
    let mut done = Vec::new();
    for run in 0..runs {
        for &connections in &connections {
            let count = if connections == 1 { count / 3 } else { count };
            let name = format!("s{}r{run}c{connections}", options.seed);
            let mails = source.mails(&name, &machine::date(), count);
            let load = Load { mails: &mails, connections };
            if !options.alone {
                done.push(noted(options, dovecot(options, load)?)?);
            }
            done.push(noted(options, lotse(options, load)?)?);
        }
    }
    table::print(&done)?;
    let faults: Vec<&str> = done.iter().flat_map(|run| &run.faults).map(String::as_str).collect();
    if faults.is_empty() { Ok(()) } else { Err(io::Error::other(faults.join("; "))) }
}

/// What is sent.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Load<'a> {
    /// All mails of the run.
    pub(crate) mails: &'a [Mail],
    /// Over so many connections.
    pub(crate) connections: usize,
}

fn noted(options: &Options, run: Run) -> io::Result<Run> {
    if let Some(path) = &options.json {
        let mut file = OpenOptions::new().create(true).append(true).open(path)?;
        writeln!(file, "{}", serde_json::to_string(&run)?)?;
    }
    writeln!(io::stderr(), "{}", table::line(&run))?;
    Ok(run)
}

/// An empty folder below that of the series.
///
/// # Errors
/// It cannot be made.
pub(crate) fn fresh(below: &Path, name: &str) -> io::Result<PathBuf> {
    fs::create_dir_all(below)?;
    let folder = below.canonicalize()?.join(name);
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(&folder)?;
    Ok(folder)
}

fn dovecot(options: &Options, load: Load<'_>) -> io::Result<Run> {
    let folder = fresh(&options.folder, "dovecot")?;
    let server = servers::start_dovecot(&folder)?;
    if let Some(first) = load.mails.first() {
        load::send_one(server.port, first)?;
    }
    let before = Work::done(server.pid(), None);
    let loaded = load::send(server.port, load.mails, load.connections)?;
    let work = Work::done(server.pid(), None).since(before);
    let mut run = run_of("dovecot", load, &loaded, work, loaded.span);
    let stored = ["new", "cur"]
        .iter()
        .filter_map(|name| fs::read_dir(folder.join("mail/Maildir").join(name)).ok())
        .map(Iterator::count)
        .sum::<usize>();
    if stored != load.mails.len() + 1 {
        run.faults.push(format!("Dovecot stored {stored} of {}", load.mails.len() + 1));
    }
    Ok(run)
}

fn lotse(options: &Options, load: Load<'_>) -> io::Result<Run> {
    let folder = fresh(&options.folder, "lotse")?;
    let out = if options.drain { Out::Sink } else { options.out };
    let way_out = WayOut::open(out, &folder.join("sink"))?;
    let port = servers::furnish_lotse(&folder, options.engine.name(), &way_out)?;
    let mut server = servers::start_lotse(&options.program, &folder, port)?;
    server.await_greeting()?;
    await_register(&server)?;
    let mut run = measured(&server, &way_out, load, out == Out::Sink)?;
    if out == Out::Silent {
        // Draining would wait for the server that never answers.
        server.kill()?;
    } else {
        server.end()?;
    }
    let books = check::read(&folder.join("data"), options.engine)?;
    run.faults.extend(faults(&books, load));
    if out == Out::Sink && books.sent != books.rows {
        run.faults.push(format!("{} of {} rows were sent", books.sent, books.rows));
    }
    Ok(run)
}

/// Returns once the daemon knows its queues.
///
/// # Errors
/// It takes too long.
pub(crate) fn await_register(server: &Server) -> io::Result<()> {
    let started = machine::now();
    while !server.progress().is_ok_and(|progress| progress.is_decided) {
        if started.elapsed() > PATIENCE {
            return Err(io::Error::other("the register is not read"));
        }
        machine::pause(Duration::from_millis(1));
    }
    Ok(())
}

/// One load on a running daemon, counted until `settled` has waited for its end and says how long
/// ago that was.
///
/// # Errors
/// It fails.
pub(crate) fn measured_until(
    server: &Server,
    way_out: &WayOut,
    load: Load<'_>,
    settled: impl Fn(&Server) -> io::Result<Duration>,
) -> io::Result<Run> {
    let before = Work::done(server.pid(), way_out.pid());
    let loaded = load::send(server.port, load.mails, load.connections)?;
    let ago = settled(server)?;
    let span = loaded.started.elapsed().saturating_sub(ago);
    let work = Work::done(server.pid(), way_out.pid()).since(before);
    let mut run = run_of("lotse", load, &loaded, work, span);
    run.memory = machine::memory(server.pid()).1;
    Ok(run)
}

/// One load on a running daemon.
///
/// # Errors
/// It fails.
pub(crate) fn measured(
    server: &Server,
    way_out: &WayOut,
    load: Load<'_>,
    is_drained: bool,
) -> io::Result<Run> {
    let before = Work::done(server.pid(), way_out.pid());
    let loaded = load::send(server.port, load.mails, load.connections)?;
    let mut progress = server.progress()?;
    while !progress.is_decided && loaded.started.elapsed() < PATIENCE {
        machine::pause(Duration::from_millis(5));
        progress = server.progress()?;
    }
    let span = loaded.started.elapsed();
    while is_drained && !progress.is_settled && loaded.started.elapsed() < PATIENCE {
        machine::pause(Duration::from_millis(20));
        progress = server.progress()?;
    }
    let drained = loaded.started.elapsed();
    let work = Work::done(server.pid(), way_out.pid()).since(before);
    let mut run = run_of("lotse", load, &loaded, work, span);
    run.foreign = foreign(work, drained);
    run.memory = machine::memory(server.pid()).1;
    run.drained_per_second = is_drained.then(|| load.mails.len() as f64 / drained.as_secs_f64());
    if !progress.is_decided || (is_drained && !progress.is_settled) {
        run.faults.push("it does not come to an end".to_owned());
    }
    Ok(run)
}

fn run_of(name: &str, load: Load<'_>, loaded: &Loaded, work: Work, span: Duration) -> Run {
    let count = load.mails.len() as f64;
    let mut faults = Vec::new();
    if let Some(first) = loaded.refusals.first() {
        faults.push(format!("{} mails were refused: {first}", loaded.refusals.len()));
    }
    Run {
        server: name.to_owned(),
        connections: load.connections,
        mails: load.mails.len(),
        bytes: load.mails.iter().map(|mail| mail.data.len()).sum(),
        accepted_per_second: count / loaded.span.as_secs_f64(),
        per_second: count / span.as_secs_f64(),
        drained_per_second: None,
        p50: quantile(&loaded.transactions, 50),
        p99: quantile(&loaded.transactions, 99),
        cpu: work.server / count * 1e3,
        client_cpu: work.client / count * 1e3,
        memory: 0.0,
        foreign: foreign(work, span),
        faults,
    }
}

fn foreign(work: Work, span: Duration) -> f64 {
    ((work.all - work.server - work.client) / span.as_secs_f64()).max(0.0)
}

fn quantile(sorted: &[Duration], percent: usize) -> f64 {
    let at = sorted.len().saturating_sub(1) * percent / 100;
    sorted.get(at).map_or(0.0, |span| span.as_secs_f64() * 1e3)
}

/// Every mail on exactly one ticket, a receipt for each that began one.
fn faults(books: &check::Books, load: Load<'_>) -> Vec<String> {
    let first = load.mails.iter().filter(|mail| mail.answers.is_none()).count();
    let on_one = books.filed.values().filter(|tickets| **tickets == 1).count();
    let wanted = [
        ("mails on one ticket", on_one, load.mails.len()),
        ("tickets", books.tickets, first),
        ("receipts", books.receipts, first),
        ("rows of the outbox", books.rows, first + 3 * load.mails.len()),
    ];
    let wrong = wanted.iter().filter(|(_, found, wanted)| found != wanted);
    wrong.map(|(what, found, wanted)| format!("{found} {what} instead of {wanted}")).collect()
}
