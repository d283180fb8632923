//! The power is cut under lotse's own archive and stores: nothing acknowledged is lost, and each
//! sync that is taken away is missed.
//!
//! `contrib/powercut/run` does the same with more states. Deliberately absent: whether recorder
//! and disk can be believed (`powercut`).

use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use lotse::store::EngineKind;
use tempfile::TempDir;

use crate::powercut::compile;
use crate::powercut::replay::Recording;

#[path = "../../contrib/powercut/verifier.rs"]
mod verifier;
#[path = "../../contrib/powercut/writer.rs"]
mod writer;

/// Mails of one recording; a state of many takes a while to go on from.
const MAILS: usize = 30;
/// States of each engine.
const STATES: u64 = 30;
/// States in which a missing sync must be found.
const FAULTY_STATES: u64 = 60;
const WORKERS: usize = 4;
/// How a process of ours dies in the midst of its work: SIGABRT, as a shell would count it.
const DIED: i32 = 128 + 6;
/// Names the engine to the process that is recorded.
const ENGINE: &str = "LOTSE_POWERCUT_ENGINE";

fn variable(name: &str) -> Option<OsString> {
    #[expect(clippy::disallowed_methods, reason = "tells the recorded process what to write")]
    let found = std::env::var_os(name);
    found
}

/// Alone it shows that what no power cut touched is whole; called by `record` it is what is cut.
#[test]
fn untouched_folder_is_whole() {
    let [engine, folder, acks] = [ENGINE, "POWERCUT_FOLDER", "POWERCUT_ACKS"].map(variable);
    if let (Some(engine), Some(folder), Some(acks)) = (engine, folder, acks) {
        let engine = if engine == "sled" { EngineKind::Sled } else { EngineKind::Redb };
        writer::write_in_turn(Path::new(&folder), Path::new(&acks), engine, MAILS).unwrap();
        return;
    }
    for engine in [EngineKind::Sled, EngineKind::Redb] {
        let place = TempDir::with_prefix("lotse-keeper-").unwrap();
        let [data, acks, beside] = ["data", "acks", "beside"].map(|name| place.path().join(name));
        let lives = [0..MAILS / 2, MAILS / 2..MAILS];
        writer::write(&data, &acks, engine, &lives, usize::MAX).unwrap();
        let acks = fs::read_to_string(&acks).unwrap();
        let told = acks.lines().filter(|line| !line.starts_with("applied "));
        assert_eq!(told.count(), 1 + 2 + MAILS * 2, "engine, secrets of two lives, mails");
        assert_eq!(verifier::verify(&data, &acks, &beside), Ok(()));
        let more = format!("{acks}decided 1099511627808\n");
        let said = verifier::verify(&data, &more, &beside).unwrap_err();
        assert!(said.starts_with("lost: what was decided"), "{said}");
    }
}

/// Records both runs of the writer, with one of its syncs left out.
fn record(engine: &str, omitted: &str) -> (TempDir, Recording) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let place = TempDir::with_prefix("lotse-powercut-").unwrap();
    let [data, acks, recording] = ["data", "acks", "recording"].map(|name| place.path().join(name));
    let recorder = root.join("contrib/powercut/recorder.c");
    compile(place.path(), &recorder, &["-shared", "-fPIC", "-ldl"], "recorder.so");
    let mut writer = Command::new(std::env::current_exe().unwrap());
    writer.args(["powercut_keeper::untouched_folder_is_whole", "--exact"]).env(ENGINE, engine);
    writer.env("LD_PRELOAD", place.path().join("recorder.so")).env("POWERCUT_OMIT", omitted);
    writer.env("POWERCUT_FOLDER", &data).env("POWERCUT_ACKS", &acks);
    writer.env("POWERCUT_RECORDING", &recording);
    for code in [DIED, 0] {
        let written = writer.output().unwrap();
        assert_eq!(written.status.code(), Some(code), "{written:?}");
    }
    let recording = Recording::read(&recording, &data).unwrap();
    recording.check(&acks).unwrap();
    (place, recording)
}

/// What is wrong with the state of a number, if anything is.
fn wrong(place: &Path, recording: &Recording, number: u64) -> Option<String> {
    let state = recording.cut(number).unwrap();
    let folder = place.join(format!("state{number}"));
    state.write(&folder).unwrap();
    let acks = String::from_utf8(state.acks.clone()).unwrap();
    let verified = verifier::verify(&folder, &acks, &folder.with_extension("beside"));
    fs::remove_dir_all(&folder).unwrap();
    verified.err().map(|sentence| format!("{}: {sentence}", state.story))
}

/// What is wrong with states up to a number, some at a time; the first may be enough.
fn bad_states((place, recording): (TempDir, Recording), states: u64, is_one: bool) -> Vec<String> {
    let (next, is_done) = (AtomicU64::new(0), AtomicBool::new(false));
    let work = || {
        let mut bad = Vec::new();
        while !is_done.load(Ordering::Relaxed) {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= states {
                break;
            }
            bad.extend(wrong(place.path(), &recording, number));
            is_done.fetch_or(is_one && !bad.is_empty(), Ordering::Relaxed);
        }
        bad
    };
    std::thread::scope(|threads| {
        let workers: Vec<_> = (0..WORKERS).map(|_| threads.spawn(work)).collect();
        workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
    })
}

#[test]
fn power_cut_over_sled_loses_nothing() {
    assert_eq!(bad_states(record("sled", ""), STATES, false), [""; 0]);
}

#[test]
fn power_cut_over_redb_loses_nothing() {
    assert_eq!(bad_states(record("redb", ""), STATES, false), [""; 0]);
}

#[test]
fn each_sync_is_missed() {
    for (engine, omitted) in [
        ("sled", "fdatasync:sled/db"),
        ("redb", "fdatasync:redb/records.redb"),
        ("redb", "fdatasync:archive/*.segment"),
        ("sled", "fsync:archive"),
        ("sled", "fsync:sled.making/conf"),
        ("redb", "fsync:secrets.toml.new"),
    ] {
        let bad = bad_states(record(engine, omitted), FAULTY_STATES, true);
        assert!(!bad.is_empty(), "{engine} without {omitted} lost nothing");
    }
}
