//! The power cut of `contrib/powercut` on a small writer: a careful one loses nothing, and each
//! carelessness is found.
//!
//! Deliberately absent: lotse's own archive and stores (`powercut_keeper`).

use std::fs;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

#[path = "../../contrib/powercut/disk.rs"]
mod disk;
#[path = "../../contrib/powercut/replay.rs"]
pub(crate) mod replay;

use replay::{Recording, State};

/// Writes numbered records of 700 bytes into files of 20, and acknowledges each.
///
/// Its second argument names what it leaves out: `data`, `folder`, or nothing, but with one byte
/// written through a mapping (`mapped`) or by a raw system call (`raw`).
const WRITER: &str = r#"
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>
int main(int count, char **arguments) {
    (void)count;
    char *fault = arguments[2], path[4096], record[700];
    int acks = open(arguments[3], O_CREAT | O_WRONLY | O_APPEND, 0600);
    int folder = open(arguments[1], O_RDONLY), file = -1;
    for (int number = 0; number < 100; number++) {
        if (number % 20 == 0) {
            snprintf(path, sizeof path, "%s/%d.new", arguments[1], number / 20);
            file = open(path, O_CREAT | O_RDWR, 0600);
            char final[4096];
            snprintf(final, sizeof final, "%s/%d", arguments[1], number / 20);
            rename(path, final);
            if (strcmp(fault, "folder")) fsync(folder);
        }
        memset(record, 'a' + number % 26, sizeof record);
        write(file, record, sizeof record);
        if (strcmp(fault, "data")) fdatasync(file);
        write(acks, path, sprintf(path, "%d\n", number));
    }
    if (!strcmp(fault, "mapped")) {
        char *page = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
        page[0] = '!';
    }
    if (!strcmp(fault, "raw")) syscall(SYS_pwrite64, file, "!", 1L, 0L);
    return 0;
}
"#;

pub(crate) fn compile(folder: &Path, source: &Path, flags: &[&str], target: &str) {
    let mut compiler = Command::new("cc");
    compiler.args(["-O1", "-w", "-o"]).arg(folder.join(target)).arg(source).args(flags);
    let output = compiler.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// Records one run of the writer.
fn record(fault: &str) -> (TempDir, Recording) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let place = TempDir::with_prefix("lotse-powercut-").unwrap();
    let [data, acks, recording] = ["data", "acks", "recording"].map(|name| place.path().join(name));
    fs::create_dir(&data).unwrap();
    fs::write(place.path().join("writer.c"), WRITER).unwrap();
    compile(place.path(), &place.path().join("writer.c"), &[], "writer");
    let recorder = root.join("contrib/powercut/recorder.c");
    compile(place.path(), &recorder, &["-shared", "-fPIC", "-ldl"], "recorder.so");
    let mut writer = Command::new(place.path().join("writer"));
    writer.arg(&data).arg(fault).arg(&acks);
    writer.env("LD_PRELOAD", place.path().join("recorder.so"));
    writer.env("POWERCUT_FOLDER", &data).env("POWERCUT_ACKS", &acks);
    assert!(writer.env("POWERCUT_RECORDING", &recording).status().unwrap().success());
    let recording = Recording::read(&recording, &data).unwrap();
    (place, recording)
}

/// The first acknowledged record that is not whole, if any.
fn lost(state: &State, folder: &Path) -> Option<usize> {
    state.write(folder).unwrap();
    let acks = String::from_utf8(state.acks.clone()).unwrap();
    acks.lines().map(|line| line.parse().unwrap()).find(|number: &usize| {
        let file = fs::read(folder.join((number / 20).to_string())).unwrap_or_default();
        let letter = b'a' + u8::try_from(number % 26).unwrap();
        let start = number % 20 * 700;
        file.get(start..start + 700).is_none_or(|record| record.iter().any(|b| *b != letter))
    })
}

fn bad_states(fault: &str) -> Vec<String> {
    let (place, recording) = record(fault);
    recording.check(&place.path().join("acks")).unwrap();
    let is_bad = |number| {
        let state = recording.cut(number).unwrap();
        let lost = lost(&state, &place.path().join(format!("state{number}")));
        lost.map(|record| format!("{}: lost {record}", state.story))
    };
    (0..200).filter_map(is_bad).collect()
}

#[test]
fn a_careful_writer_loses_nothing() {
    assert_eq!(bad_states("none"), [""; 0]);
}

#[test]
fn every_missing_sync_is_found() {
    for fault in ["data", "folder"] {
        let bad = bad_states(fault);
        assert!(bad.len() > 20, "without its sync of {fault} only {bad:#?} were bad");
    }
}

#[test]
fn a_write_that_was_not_recorded_fails_the_run() {
    for fault in ["mapped", "raw"] {
        let (place, recording) = record(fault);
        let error = recording.check(&place.path().join("acks")).unwrap_err();
        assert_eq!(error.to_string(), "4 was changed unseen", "{fault}");
    }
}

#[test]
fn a_state_is_the_same_for_the_same_number() {
    let (_place, recording) = record("data");
    for number in 0..20 {
        let stories = [(); 2].map(|()| format!("{:?}", recording.cut(number).unwrap()));
        assert_eq!(stories.first(), stories.last());
    }
}
