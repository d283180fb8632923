//! Asks a verifier about states that a power cut may leave: `powercut REC DIR ACKS STATES PROGRAM`.
//!
//! Deliberately absent: the recording itself (README.md shows how it is made).

mod disk;
mod replay;

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::io::Write;
use std::path::Path;
use std::process::{Command, ExitCode};
use std::sync::atomic::{AtomicU64, Ordering};

use replay::Recording;

/// Bad states that are told in full.
const TOLD_MAX: usize = 5;

/// What a verifier said of the bad states, by their numbers.
type Bad = BTreeMap<u64, String>;

/// Verifies states until all are taken, in a folder of this worker beside the recording.
fn work(
    recording: &Recording,
    (states, next): (u64, &AtomicU64),
    place: &str,
    program: &str,
) -> io::Result<Bad> {
    let (folder, acks) = (format!("{place}/state"), format!("{place}/acks"));
    let mut bad = Bad::new();
    loop {
        let number = next.fetch_add(1, Ordering::Relaxed);
        if number >= states {
            return Ok(bad);
        }
        if Path::new(place).exists() {
            fs::remove_dir_all(place)?;
        }
        let state = recording.cut(number)?;
        state.write(Path::new(&folder))?;
        fs::write(&acks, &state.acks)?;
        let said = Command::new(program).arg("verify").arg(&folder).arg(&acks).output()?;
        if !said.status.success() {
            let words = [said.stdout, said.stderr].concat();
            let words = String::from_utf8_lossy(&words).trim().to_owned();
            bad.insert(number, format!("{}\n  {words}", state.story));
        }
        fs::remove_dir_all(place)?;
    }
}

/// Verifies all states, some at a time; returns how many were bad.
fn verify(arguments: &[String]) -> io::Result<usize> {
    let [path, folder, recorded_acks, states, program] = arguments else {
        return Err(io::Error::other("usage: powercut RECORDING FOLDER ACKS STATES PROGRAM"));
    };
    let states: u64 = states.parse().map_err(io::Error::other)?;
    let recording = Recording::read(Path::new(path), Path::new(folder))?;
    recording.check(Path::new(recorded_acks))?;
    let next = AtomicU64::new(0);
    let workers = std::thread::available_parallelism()?.get();
    let mut bad = Bad::new();
    std::thread::scope(|threads| {
        let begin = |worker: usize| {
            let (recording, next) = (&recording, &next);
            threads.spawn(move || {
                work(recording, (states, next), &format!("{path}.{worker}"), program)
            })
        };
        let begun: Vec<_> = (0..workers).map(begin).collect();
        begun.into_iter().try_for_each(|worker| {
            let ended =
                worker.join().unwrap_or_else(|_| Err(io::Error::other("a worker panicked")));
            ended.map(|found| bad.extend(found))
        })
    })?;
    tell(&recording, states, &bad)?;
    Ok(bad.len())
}

fn tell(recording: &Recording, states: u64, bad: &Bad) -> io::Result<()> {
    let mut out = io::stdout().lock();
    for words in bad.values().take(TOLD_MAX) {
        writeln!(out, "{words}")?;
    }
    let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
    for words in bad.values() {
        let sentence = words.lines().nth(1).unwrap_or_default().trim();
        *kinds.entry(sentence.split(':').next().unwrap_or_default()).or_default() += 1;
    }
    let kinds: Vec<String> = kinds.iter().map(|(kind, count)| format!("{kind} {count}")).collect();
    let kinds = if kinds.is_empty() { String::new() } else { format!(" ({})", kinds.join(", ")) };
    writeln!(out, "{recording}: {states} states, {} bad{kinds}", bad.len())
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match verify(&arguments) {
        Ok(0) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            let _nobody_reads = writeln!(io::stderr(), "powercut: {error}");
            ExitCode::from(2)
        }
    }
}
