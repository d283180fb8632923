//! How fast is lotse, beside a Dovecot that only stores the same mails? `README.md` has figures.
//!
//! Deliberately absent: profiling, and any judgment beyond the table.

mod asked;
mod check;
mod facts;
mod fill;
mod hostile;
mod ingest;
mod load;
mod machine;
mod mails;
mod million;
mod read;
mod requests;
mod search;
mod servers;
mod table;
mod timers;

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;

/// What is measured.
#[derive(Debug, Parser)]
enum Measure {
    /// Mail in by LMTP until the last is decided and its notices are durable.
    Ingest(ingest::Options),
    /// The same over a store that holds many tickets, and how long a start takes then.
    Million(million::Options),
    /// The same, every mail a request of its own author that is asked for what it lacks.
    Requests(requests::Options),
    /// What timers cost while they wait, and when many are due at once.
    Timers(timers::Options),
    /// What reading a mail costs, and how that grows with its size.
    Read(read::Options),
    /// What it costs to read facts from a mail, and what is read.
    Facts(facts::Options),
    /// What the search index costs a mail, and how soon it answers.
    Search(search::Options),
    /// What a weekly digest and a search take over the store that `million` filled.
    Asked(asked::Options),
}

fn main() -> ExitCode {
    let measured = match Measure::parse() {
        Measure::Ingest(options) => ingest::measure(&options),
        Measure::Million(options) => million::measure(&options),
        Measure::Requests(options) => requests::measure(&options),
        Measure::Timers(options) => timers::measure(&options),
        Measure::Read(options) => read::measure(&options),
        Measure::Facts(options) => facts::measure(&options),
        Measure::Search(options) => search::measure(&options),
        Measure::Asked(options) => asked::measure(&options),
    };
    match measured {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _nobody_reads = writeln!(std::io::stderr(), "bench: {error}");
            ExitCode::FAILURE
        }
    }
}
