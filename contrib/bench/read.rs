//! The series of `contrib/bench/read`: what a mail costs to read, and how that grows with its size.
//!
//! Each figure is the least of several runs of one thread, so that what others do on the machine
//! stays out of it. Deliberately absent: waiting for disks, decisions (`ingest` has them).

use std::fs;
use std::hint::black_box;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use lotse::daemon::reader;
use lotse::daemon::spool::Accepted;
use lotse::mail::{self, Message, ReversePath, automatic, dsn, language, quote};
use lotse::store::frame::{Frame, FrameKind};
use lotse::ticket::fingerprint;
use lotse::types::Position;

use crate::hostile::SHAPES;
use crate::machine;
use crate::mails::Source;
use crate::table::median;

/// Microseconds that the median mail may cost.
const WANTED_MICROS: f64 = 200.0;
/// How many times the cost of an octet may grow between the first and the last size.
const GROWTH_MAX: f64 = 3.0;
/// Least milliseconds of a run whose growth is judged: below them the machine is measured.
const JUDGED_MILLIS_MIN: f64 = 20.0;

/// What is read.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Few mails and small sizes, to see whether everything works
    #[arg(long)]
    quick: bool,
    /// The mails of this folder as they are instead of our own
    #[arg(long, value_name = "DIR")]
    mails: Option<PathBuf>,
    /// How many mails are read
    #[arg(long, default_value_t = 2000)]
    count: usize,
    /// Runs of each, of which the fastest counts
    #[arg(long, default_value_t = 7)]
    runs: usize,
    /// The seed of our own mails
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Largest hostile mail in MB; 0 leaves them out
    #[arg(long, default_value_t = 50)]
    largest: usize,
}

/// Reads everything and prints two tables.
///
/// # Errors
/// The folder holds no mail, the median costs more than it may, or something does not grow with its
/// size alone.
pub(crate) fn measure(options: &Options) -> io::Result<()> {
    let count = if options.quick { options.count.min(200) } else { options.count };
    let mails = match &options.mails {
        Some(folder) => files(folder, count)?,
        None => Source::seeded(options.seed).raw("r", &machine::date(), count),
    };
    let whole = stages(&mails, options.runs)?;
    let largest = if options.quick { options.largest.min(4) } else { options.largest };
    let steep = if largest == 0 { Vec::new() } else { growth(largest)? };
    if whole > WANTED_MICROS {
        return Err(io::Error::other(format!(
            "the median mail costs {whole:.0} µs, {WANTED_MICROS:.0} wanted"
        )));
    }
    if steep.is_empty() {
        return Ok(());
    }
    Err(io::Error::other(format!("grows faster than its size: {}", steep.join(", "))))
}

/// The files of a folder, in the order of their names.
///
/// # Errors
/// There is none, or it cannot be read.
pub(crate) fn files(folder: &Path, count: usize) -> io::Result<Vec<Vec<u8>>> {
    let entries = fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path()));
    let mut paths: Vec<PathBuf> = entries.collect::<io::Result<_>>()?;
    paths.retain(|path| path.is_file());
    paths.sort();
    paths.truncate(count);
    if paths.is_empty() {
        return Err(io::Error::other(format!("{} holds no mail", folder.display())));
    }
    paths.iter().map(fs::read).collect()
}

/// One figure of a mail.
type Field = fn(&Cost) -> f64;

/// Microseconds of a mail, whole and stage by stage.
#[derive(Debug, Clone, Copy, Default)]
struct Cost {
    whole: f64,
    parse: f64,
    /// Of `parse`.
    kind: f64,
    /// Of `parse`.
    report: f64,
    new_text: f64,
    language: f64,
    fingerprint: f64,
}

fn stages(mails: &[Vec<u8>], runs: usize) -> io::Result<f64> {
    let costs: Vec<Cost> = mails.iter().map(|raw| cost(raw, runs)).collect::<io::Result<_>>()?;
    let of = |field: Field| median(costs.iter().map(field).collect());
    let sum = |field: Field| costs.iter().map(field).sum::<f64>();
    let whole = sum(|cost| cost.whole);
    let mut table = comfy_table::Table::new();
    table.load_style(comfy_table::presets::NOTHING);
    table.set_header(["stage", "median µs", "mean µs", "share"]);
    let rows: [(&str, Field); 8] = [
        ("whole", |cost| cost.whole),
        ("header, parts, charsets, HTML", |cost| cost.parse - cost.kind - cost.report),
        ("kind", |cost| cost.kind),
        ("delivery report", |cost| cost.report),
        ("new text", |cost| cost.new_text),
        ("language", |cost| cost.language),
        ("fingerprint", |cost| cost.fingerprint),
        ("words, envelope, verdicts", |cost| {
            cost.whole - cost.parse - cost.new_text - cost.language - cost.fingerprint
        }),
    ];
    for (name, field) in rows {
        table.add_row([
            name.to_owned(),
            format!("{:.1}", of(field)),
            format!("{:.1}", sum(field) / costs.len() as f64),
            format!("{:.0}%", 100.0 * sum(field) / whole),
        ]);
    }
    right(&mut table);
    let bytes = median(mails.iter().map(|raw| raw.len() as f64).collect());
    writeln!(
        io::stdout(),
        "{} mails, {bytes:.0} octets in the middle, each the fastest of {runs}\n\n{}\n",
        mails.len(),
        table.to_string().trim_end()
    )?;
    Ok(of(|cost| cost.whole))
}

fn cost(raw: &[u8], runs: usize) -> io::Result<Cost> {
    let frame = frame(raw)?;
    let unknown = ReversePath::Unknown;
    let message: Message = mail::parse(raw, &unknown);
    let reply = quote::split_message(&message, None).text();
    let nothing = dsn::Report::default();
    Ok(Cost {
        whole: fastest(runs, || reader::understand(Position(0), &frame, &[])),
        parse: fastest(runs, || mail::parse(raw, &unknown)),
        kind: fastest(runs, || automatic::classify(&message, &unknown)),
        report: fastest(runs, || dsn::read(&message, &nothing)),
        new_text: fastest(runs, || quote::split_message(&message, None).text()),
        language: fastest(runs, || language::recognize(&reply)),
        fingerprint: fastest(runs, || fingerprint::of(&message, raw)),
    })
}

/// A message as it stands in the archive.
fn frame(raw: &[u8]) -> io::Result<Frame> {
    let accepted = Accepted {
        received_at: machine::timestamp(),
        door: "lmtp".to_owned(),
        is_backlog: false,
        whole_bytes: None,
        reverse_path: ReversePath::Unknown,
        recipients: Vec::new(),
    };
    let head = serde_json::to_vec(&accepted).map_err(io::Error::other)?;
    Ok(Frame { kind: FrameKind::Message, head, body: raw.to_vec() })
}

/// Microseconds of the fastest of several runs.
pub(crate) fn fastest<T>(runs: usize, run: impl Fn() -> T) -> f64 {
    let spans = (0..runs.max(1)).map(|_| {
        let start = machine::now();
        black_box(run());
        machine::now().duration_since(start)
    });
    spans.min().unwrap_or_default().as_secs_f64() * 1e6
}

/// Milliseconds of processor time to read a message once.
fn processor_millis(frame: &Frame) -> f64 {
    let before = machine::thread_millis();
    black_box(reader::understand(Position(0), frame, &[]));
    machine::thread_millis() - before
}

/// Milliseconds of mails made to cost, at growing sizes; which of them grow faster than their size.
fn growth(largest: usize) -> io::Result<Vec<String>> {
    let sizes: Vec<usize> = [1, 4, 12, 25, 50].into_iter().filter(|mb| *mb <= largest).collect();
    let mut table = comfy_table::Table::new();
    table.load_style(comfy_table::presets::NOTHING);
    let heads = sizes.iter().map(|mb| format!("{mb} MB ms"));
    table.set_header(std::iter::once("made to cost".to_owned()).chain(heads));
    let mut steep = Vec::new();
    for (name, make) in SHAPES {
        let mut row = vec![(*name).to_owned()];
        let mut first: Option<f64> = None;
        for &mb in &sizes {
            let raw = make(mb << 20);
            let frame = frame(&raw)?;
            let millis = (0..2).map(|_| processor_millis(&frame)).fold(f64::MAX, f64::min);
            row.push(format!("{millis:.0}"));
            let per_mb = millis / mb as f64;
            let start = *first.get_or_insert(per_mb);
            let is_steep = per_mb > GROWTH_MAX * start && millis > JUDGED_MILLIS_MIN * mb as f64;
            if is_steep && !steep.contains(&(*name).to_owned()) {
                steep.push((*name).to_owned());
            }
        }
        table.add_row(row);
    }
    right(&mut table);
    writeln!(io::stdout(), "{}", table.to_string().trim_end())?;
    Ok(steep)
}

fn right(table: &mut comfy_table::Table) {
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(comfy_table::CellAlignment::Right);
    }
}
