//! What power is cut under: `keeper write` is recorded, `keeper verify` looks at a state.
//!
//! Deliberately absent: how (`writer.rs`, `verifier.rs`), recording and replaying (README.md).

mod verifier;
mod writer;

use std::fs;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use lotse::store::EngineKind;

/// A small writer over archive and store, and who looks at what a power cut left of it.
#[derive(Debug, Parser)]
enum Keeper {
    /// Accepts and decides mails and acknowledges each step. Called first it dies in the midst of
    /// them; called again it does the rest.
    Write {
        /// `sled` or `redb`
        #[arg(value_parser = engine)]
        engine: EngineKind,
        /// Where data go; empty or missing
        folder: PathBuf,
        /// Where acknowledgements go
        acks: PathBuf,
        /// How many mails
        mails: usize,
    },
    /// Exits with 1 and a sentence if something acknowledged is lost or half.
    Verify {
        /// The folder as a power cut left it
        folder: PathBuf,
        /// What was acknowledged before
        acks: PathBuf,
    },
}

fn engine(name: &str) -> Result<EngineKind, String> {
    match name {
        "sled" => Ok(EngineKind::Sled),
        "redb" => Ok(EngineKind::Redb),
        _ => Err("sled or redb".to_owned()),
    }
}

/// Runs a command; what is wrong with a state, if it looked at one.
fn run(keeper: &Keeper) -> io::Result<Option<String>> {
    match keeper {
        Keeper::Write { engine, folder, acks, mails } => {
            writer::write_in_turn(folder, acks, *engine, *mails).map(|()| None)
        }
        Keeper::Verify { folder, acks } => {
            let beside = folder.with_extension("settings");
            let verified = verifier::verify(folder, &fs::read_to_string(acks)?, &beside);
            if beside.exists() {
                fs::remove_dir_all(&beside)?;
            }
            Ok(verified.err())
        }
    }
}

fn main() -> ExitCode {
    match run(&Keeper::parse()) {
        Ok(None) => ExitCode::SUCCESS,
        Ok(Some(sentence)) => {
            let _nobody_reads = writeln!(io::stdout(), "{sentence}");
            ExitCode::FAILURE
        }
        Err(error) => {
            let _nobody_reads = writeln!(io::stderr(), "keeper: {error}");
            ExitCode::from(2)
        }
    }
}
