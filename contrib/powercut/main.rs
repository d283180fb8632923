//! Asks a verifier about states that a power cut may leave: `powercut REC DIR ACKS STATES PROGRAM`.
//!
//! Deliberately absent: the recording itself (README.md shows how it is made).

mod disk;
mod replay;

use std::fs;
use std::io;
use std::io::Write;
use std::path::Path;
use std::process::{Command, ExitCode};

use replay::Recording;

/// Verifies all states below a folder beside the recording; returns how many were bad.
fn verify(arguments: &[String]) -> io::Result<u64> {
    let [recording, folder, recorded_acks, states, program] = arguments else {
        return Err(io::Error::other("usage: powercut RECORDING FOLDER ACKS STATES PROGRAM"));
    };
    let states: u64 = states.parse().map_err(io::Error::other)?;
    let (state_folder, acks) = (format!("{recording}.state"), format!("{recording}.acks"));
    let recording = Recording::read(Path::new(recording), Path::new(folder))?;
    recording.check(Path::new(recorded_acks))?;
    let mut out = io::stdout().lock();
    let mut bad = 0;
    for number in 0..states {
        let state = recording.cut(number)?;
        if Path::new(&state_folder).exists() {
            fs::remove_dir_all(&state_folder)?;
        }
        state.write(Path::new(&state_folder))?;
        fs::write(&acks, &state.acks)?;
        let said = Command::new(program).arg("verify").arg(&state_folder).arg(&acks).output()?;
        if !said.status.success() {
            bad += 1;
            writeln!(out, "{}\n  {}", state.story, String::from_utf8_lossy(&said.stdout).trim())?;
        }
    }
    writeln!(out, "{states} states, {bad} bad")?;
    Ok(bad)
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
