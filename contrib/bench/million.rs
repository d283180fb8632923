//! A store with many tickets: how fast mail comes in then, and how soon after a start.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use lotse::store::EngineKind;
use lotse::store::index::Index;

use crate::fill::Filling;
use crate::ingest::{self, Load, Run};
use crate::load;
use crate::machine;
use crate::mails::{Mail, Source};
use crate::servers::{self, Out, Server, WayOut};
use crate::{fill, table};

const CONNECTIONS: usize = 16;
/// Where words are kept in the folder of a filled store.
pub(crate) const WORDS: &str = "words";
/// How long a start may take.
const PATIENCE: Duration = Duration::from_secs(300);

/// What is run.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Tickets in the store
    #[arg(long, default_value_t = 1_000_000)]
    tickets: usize,
    /// Mails of a run
    #[arg(long, default_value_t = 6000)]
    count: usize,
    /// Runs on the empty and the filled store, in turn
    #[arg(long, default_value_t = 5)]
    runs: usize,
    /// Keep made-up words of each, to be found by them (see `asked`)
    #[arg(long)]
    words: bool,
    /// What keeps the records
    #[arg(long, value_delimiter = ',', default_value = "sled,redb", value_parser = ingest::engine)]
    engines: Vec<EngineKind>,
    /// The daemon
    #[arg(long, default_value = "target/release/lotse")]
    program: PathBuf,
    /// Where the stores lie
    #[arg(long, default_value = "target/bench")]
    folder: PathBuf,
}

/// Fills, measures, prints.
///
/// # Errors
/// A server fails.
pub(crate) fn measure(options: &Options) -> io::Result<()> {
    for &engine in &options.engines {
        let way_out = WayOut::open(Out::Silent, &options.folder)?;
        let [empty, filled] = ["empty", "filled"].map(|name| ingest::fresh(&options.folder, name));
        let empty = Site::new(options, engine, &way_out, empty?)?;
        let filled = Site::new(options, engine, &way_out, filled?)?;
        let started = machine::now();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (tickets, at) = (options.tickets, machine::timestamp());
        let words = filled.folder.join(WORDS);
        let index = options.words.then(|| Index::open(&words)).transpose()?;
        let filling = Filling { tickets, to: servers::QUEUE, at, index };
        runtime.block_on(fill::fill(&filled.folder, engine, filling))?;
        say(&format!(
            "{}: {} tickets filled in after {:.0} s, {} MB on disk",
            engine.name(),
            options.tickets,
            started.elapsed().as_secs_f64(),
            megabytes(&filled.folder.join("data"))?
        ))?;
        if options.runs == 0 {
            continue;
        }
        let mut runs = Vec::new();
        for number in 0..options.runs {
            for (name, site) in [("empty", &empty), ("filled", &filled)] {
                runs.push(site.run(&way_out, name, number)?);
            }
        }
        table::print(&runs)?;
        // A server that never answers would keep a daemon from ending.
        drop(way_out);
        filled.starts("after a clean end", Server::end)?;
        filled.starts("after kill -9", Server::kill)?;
    }
    Ok(())
}

/// A folder that a daemon works in.
struct Site<'a> {
    options: &'a Options,
    engine: EngineKind,
    folder: PathBuf,
    port: u16,
}

impl<'a> Site<'a> {
    /// Has a daemon read the organization into an empty store.
    fn new(
        options: &'a Options,
        engine: EngineKind,
        way_out: &WayOut,
        folder: PathBuf,
    ) -> io::Result<Self> {
        let port = servers::furnish_lotse(&folder, engine.name(), way_out)?;
        let site = Self { options, engine, folder, port };
        site.open()?.end()?;
        Ok(site)
    }

    fn open(&self) -> io::Result<Server> {
        let mut server = servers::start_lotse(&self.options.program, &self.folder, self.port)?;
        server.await_greeting()?;
        ingest::await_register(&server)?;
        Ok(server)
    }

    fn mails(&self, run: &str, count: usize) -> Vec<Mail> {
        Source::seeded(1).mails(run, &machine::date(), count)
    }

    fn run(&self, way_out: &WayOut, name: &str, number: usize) -> io::Result<Run> {
        let mails = self.mails(&format!("{name}{number}"), self.options.count);
        let mut server = self.open()?;
        let load = Load { mails: &mails, connections: CONNECTIONS };
        let mut run = ingest::measured(&server, way_out, load, false)?;
        server.kill()?;
        run.server = format!("{} {name}", self.engine.name());
        say(&table::line(&run))?;
        Ok(run)
    }

    /// Ends a daemon that has just taken mails, and says how soon the next takes and decides one.
    fn starts(&self, what: &str, end: fn(&mut Server) -> io::Result<()>) -> io::Result<()> {
        let mut spans = Vec::new();
        for number in 0..self.options.runs {
            let mails = self.mails(&format!("{}{number}", what.replace(' ', "-")), 301);
            let (first, rest) = mails.split_first().ok_or(io::ErrorKind::InvalidInput)?;
            let mut server = self.open()?;
            load::send(self.port, rest, CONNECTIONS)?;
            end(&mut server)?;
            let started = machine::now();
            let server = servers::start_lotse(&self.options.program, &self.folder, self.port)?;
            while load::send_one(self.port, first).is_err() {
                if started.elapsed() > PATIENCE {
                    return Err(io::Error::other("it takes no mail"));
                }
                machine::pause(Duration::from_millis(1));
            }
            let taken = started.elapsed().as_secs_f64();
            ingest::await_register(&server)?;
            spans.push((taken, started.elapsed().as_secs_f64()));
        }
        let taken = table::median(spans.iter().map(|(taken, _)| *taken).collect());
        let decided = table::median(spans.iter().map(|(_, decided)| *decided).collect());
        let engine = self.engine.name();
        say(&format!("{engine} {what}: takes mail after {taken:.2} s, decided {decided:.2} s"))
    }
}

/// Prints a line.
///
/// # Errors
/// Nobody reads.
pub(crate) fn say(line: &str) -> io::Result<()> {
    writeln!(io::stdout(), "{line}")
}

/// What a folder takes on the disk.
fn megabytes(folder: &Path) -> io::Result<u64> {
    let mut bytes = 0;
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        bytes += if entry.path().is_dir() {
            megabytes(&entry.path())? << 20
        } else {
            entry.metadata()?.len()
        };
    }
    Ok(bytes >> 20)
}
