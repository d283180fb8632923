//! The command line: one file per family of commands; it prints, and asks the core nothing that a
//! mail could not ask.

mod demo;
mod erase;
mod explain;
mod init;
mod inspect;
mod keep;
mod live;
mod looks;
mod out;
mod serve;
mod simulate;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::daemon::alone;
use crate::daemon::look::Request;
use crate::desk::Table;
use crate::types::{Position, TicketId};

/// Problems in settings (`EX_CONFIG` of sysexits).
pub const EXIT_CONFIG: u8 = 78;
/// Try again (`EX_TEMPFAIL`).
pub const EXIT_TRY_AGAIN: u8 = 75;

/// A ticketing daemon that is worked by mail alone.
#[derive(Debug, Parser)]
#[command(version, about, max_term_width = 100)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Play a day of an organization: real daemon, real LMTP in, mail out as maildir
    Demo {
        /// Keep everything in this folder
        #[arg(long, value_name = "DIR")]
        keep: Option<PathBuf>,
    },
    /// Write a folder to begin with: settings, one queue, one person; what is not said is asked
    Init {
        #[command(flatten)]
        known: init::Known,
        /// Where; nothing that is there is written over
        #[arg(default_value = ".")]
        folder: PathBuf,
    },
    /// Run the daemon; SIGTERM drains, SIGHUP reads the settings anew
    Serve(Settings),
    /// Move a moved clock: +4d, or a time such as 2026-11-25T10:00:00+01:00
    Clock {
        #[command(flatten)]
        settings: Settings,
        /// Where to
        #[arg(allow_hyphen_values = true)]
        to: String,
    },
    /// Hand one message on standard input to the running daemon
    Deliver {
        #[command(flatten)]
        settings: Settings,
        /// The reverse-path; <> is the null reverse-path
        #[arg(long)]
        from: Option<String>,
        /// The forward-paths
        #[arg(required = true)]
        recipients: Vec<String>,
    },
    /// Find every problem in the settings
    Check {
        #[command(flatten)]
        settings: Settings,
        /// Log in everywhere, and send mails to itself that must come back
        #[arg(long)]
        live: bool,
        /// How long they are awaited
        #[arg(long, value_name = "SPAN", default_value = "2min", requires = "live")]
        wait: jiff::SignedDuration,
    },
    /// Say what is understood of messages, without settings
    Inspect {
        /// One JSON object a line
        #[arg(long)]
        json: bool,
        /// Messages; - is standard input
        #[arg(required = true)]
        files: Vec<PathBuf>,
    },
    /// Read a message as the daemon would, for the daemon
    #[command(name = alone::COMMAND, hide = true)]
    ReadAlone {
        /// Whose verdicts are taken
        authserv_ids: Vec<String>,
    },
    /// Say what would happen to a message, without doing it
    Explain {
        #[command(flatten)]
        settings: Settings,
        /// The forward-path
        #[arg(long)]
        to: String,
        /// The reverse-path
        #[arg(long)]
        from: Option<String>,
        /// One JSON object a line
        #[arg(long)]
        json: bool,
        /// The message; - is standard input
        file: PathBuf,
    },
    /// Play a conversation with a moved clock against a throw-away store
    Simulate {
        #[command(flatten)]
        settings: Settings,
        /// One JSON object a line
        #[arg(long)]
        json: bool,
        /// Instead of the mails, how many each person gets
        #[arg(long)]
        people: bool,
        /// Instead of the mails, the course of each request: facts, steps, windows, decisions
        #[arg(long, conflicts_with = "people")]
        requests: bool,
        /// Blocks `## at TIME from <..> to <..>`, each followed by a raw message; `signed` behind
        /// them counts as a good signature of the author's domain
        scenario: PathBuf,
    },
    /// Say where a message is: by Message-ID, address or ticket
    Trace {
        #[command(flatten)]
        look: Look,
        /// MESSAGE-ID, ADDRESS or #TICKET
        what: String,
    },
    /// Look at tickets
    Ticket {
        #[command(subcommand)]
        command: TicketCommand,
    },
    /// Look at the queues and who serves them
    Queue(Look),
    /// Look at the people, their queues and units
    Person(Look),
    /// Look at the units: who speaks for each, until when, who is missing
    Unit(Look),
    /// Look at the rule texts in all versions
    Text(Look),
    /// A register derived from live data: users, units, queues, consents, declarations,
    /// renewals, rules, roles, evidence, breaches
    Register {
        #[command(flatten)]
        look: Look,
        /// Comma-separated, for a table program
        #[arg(long, conflicts_with = "json")]
        csv: bool,
        /// users, units, queues, consents, declarations, renewals, rules, roles, evidence or
        /// breaches
        #[arg(value_parser = |word: &str| Table::find(word)
            .ok_or("write users, units, queues, consents, declarations, renewals, rules, roles, \
                 evidence or breaches"))]
        which: Table,
    },
    /// Look at the roles
    Role(Look),
    /// Say what a person may do in a queue, and why
    Access {
        #[command(flatten)]
        look: Look,
        /// The queue
        queue: String,
        /// The person
        person: String,
    },
    /// Look at what is due when
    Due(Look),
    /// Fold every ticket anew, compare, and check the sealed histories
    Audit {
        #[command(flatten)]
        look: Look,
        /// A decision sheet as it was mailed out
        #[arg(long, value_name = "FILE.eml")]
        anchor: Option<PathBuf>,
    },
    /// Look at messages that could not be decided
    #[command(args_conflicts_with_subcommands = true)]
    Quarantine {
        #[command(flatten)]
        look: Look,
        #[command(subcommand)]
        command: Option<QuarantineCommand>,
    },
    /// Look at mail that has not left
    Outbox {
        #[command(flatten)]
        look: Look,
        /// Also what has left
        #[arg(long)]
        all: bool,
    },
    /// Show a plan, then change people and queues as the file says
    Apply {
        #[command(flatten)]
        settings: Settings,
        /// Do not ask
        #[arg(long)]
        yes: bool,
        /// An organization.toml
        file: PathBuf,
    },
    /// Find tickets by their words: WORD, WORD*, queue:NAME, since:2026-10, until:.., status:..
    Search {
        #[command(flatten)]
        look: Look,
        /// All of them must hold
        #[arg(required = true)]
        words: Vec<String>,
    },
    /// Write everything that is kept about one person into a folder: messages.mbox, person.json
    Export {
        #[command(flatten)]
        look: Look,
        /// Somebody, by an address or by the id in the register
        #[arg(long, value_name = "ADDRESS|ID")]
        person: String,
        /// The folder
        to: PathBuf,
    },
    /// Erase a person or a ticket for good: show a plan, ask, do it
    Erase {
        #[command(flatten)]
        settings: Settings,
        /// Somebody, by an address or by the id in the register
        #[arg(
            long,
            value_name = "ADDRESS|ID",
            conflicts_with = "ticket",
            required_unless_present = "ticket"
        )]
        person: Option<String>,
        /// A ticket
        #[arg(long, value_name = "N")]
        ticket: Option<u64>,
        /// Only show the plan
        #[arg(long, conflicts_with = "yes")]
        plan: bool,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
    /// Make the store anew from the archive
    Rebuild(Settings),
    /// Copy the archive, from which everything is made, into a folder; also while the daemon runs
    Backup {
        #[command(flatten)]
        settings: Settings,
        /// The folder
        to: PathBuf,
    },
    /// Take a backup into an empty data folder and make the store from it
    Restore {
        #[command(flatten)]
        settings: Settings,
        /// The folder of the backup
        from: PathBuf,
    },
    /// Keep the store elsewhere
    Store {
        #[command(subcommand)]
        command: StoreCommand,
    },
    /// Keep the site's secrets
    Secret {
        #[command(subcommand)]
        command: SecretCommand,
    },
}

/// Where the settings stand.
#[derive(Debug, Clone, clap::Args)]
struct Settings {
    /// The settings
    #[arg(long, value_name = "FILE", default_value = "lotse.toml")]
    config: PathBuf,
}

/// A look, as a table or as JSON.
#[derive(Debug, Clone, clap::Args)]
struct Look {
    #[command(flatten)]
    settings: Settings,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum TicketCommand {
    /// All tickets
    List(Look),
    /// One ticket with its history
    Show {
        #[command(flatten)]
        look: Look,
        /// Its number
        number: u64,
    },
}

#[derive(Debug, Subcommand)]
enum QuarantineCommand {
    /// Decide one of them anew
    Retry {
        #[command(flatten)]
        look: Look,
        /// Its number in the list
        message: u64,
    },
}

#[derive(Debug, Subcommand)]
enum StoreCommand {
    /// Copy the records into another engine
    Copy {
        #[command(flatten)]
        settings: Settings,
        /// sled or redb
        #[arg(long)]
        to: String,
    },
}

#[derive(Debug, Subcommand)]
enum SecretCommand {
    /// Add a secret that makes keys from now on; the old ones go on verifying
    Rotate(Settings),
}

/// Runs the program.
#[must_use]
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let code = match runtime {
        Ok(runtime) => {
            let code = runtime.block_on(run(arguments.command));
            runtime.shutdown_timeout(std::time::Duration::from_secs(5));
            code
        }
        Err(error) => out::refuse(1, &format!("no threads to run on: {error}")),
    };
    ExitCode::from(code)
}

async fn run(command: Command) -> u8 {
    match command {
        Command::Demo { keep } => demo::run(keep).await,
        Command::Init { known, folder } => init::run(&folder, known).await,
        Command::Serve(settings) => serve::run(&settings.config).await,
        Command::Clock { settings, to } => looks::clock(&settings.config, to).await,
        Command::Deliver { settings, from, recipients } => {
            serve::deliver(&settings.config, from.as_deref(), &recipients).await
        }
        Command::Check { settings, live, wait } => {
            let wait = live.then(|| wait.unsigned_abs());
            serve::check(&settings.config, wait).await
        }
        Command::Inspect { json, files } => inspect::run(json, &files),
        Command::ReadAlone { authserv_ids } => match alone::read_here(authserv_ids) {
            Ok(()) => 0,
            Err(error) => out::refuse(1, &error.to_string()),
        },
        Command::Explain { settings, to, from, json, file } => {
            let envelope = explain::Envelope { to, from };
            explain::run(&settings.config, &envelope, json, &file).await
        }
        Command::Simulate { settings, json, people, requests, scenario } => {
            let print = simulate::Print { json, what: simulate::What::of(people, requests) };
            simulate::run(&settings.config, print, &scenario).await
        }
        Command::Trace { look, what } => looks::look(&look, Request::Trace(what)).await,
        Command::Ticket { command: TicketCommand::List(look) } => {
            looks::look(&look, Request::Tickets).await
        }
        Command::Ticket { command: TicketCommand::Show { look, number } } => {
            looks::look(&look, Request::Ticket(TicketId(number))).await
        }
        Command::Queue(look) => looks::look(&look, Request::Queues).await,
        Command::Person(look) => looks::look(&look, Request::People).await,
        Command::Unit(look) => looks::units(&look).await,
        Command::Text(look) => looks::look(&look, Request::Texts).await,
        Command::Register { look, csv, which } => looks::register_list(&look, csv, which).await,
        Command::Role(look) => looks::look(&look, Request::Roles).await,
        Command::Access { look, queue, person } => {
            looks::look(&look, Request::Access { queue, person }).await
        }
        Command::Due(look) => looks::look(&look, Request::Due).await,
        Command::Audit { look, anchor } => looks::audit(&look, anchor.as_deref()).await,
        Command::Quarantine {
            command: Some(QuarantineCommand::Retry { look, message }), ..
        } => looks::look(&look, Request::Retry(Position(message))).await,
        Command::Quarantine { look, command: None } => {
            looks::look(&look, Request::Quarantine).await
        }
        Command::Outbox { look, all } => looks::look(&look, Request::Outbox { all }).await,
        Command::Apply { settings, yes, file } => looks::apply(&settings.config, yes, &file).await,
        Command::Search { look, words } => {
            looks::look(&look, Request::Search(words.join(" "))).await
        }
        Command::Export { look, person, to } => looks::export(&look, person, &to).await,
        Command::Erase { settings, person, ticket, plan, yes } => {
            erase::run(&settings.config, (person, ticket), plan, yes).await
        }
        Command::Rebuild(settings) => keep::rebuild(&settings.config),
        Command::Backup { settings, to } => keep::backup(&settings.config, &to),
        Command::Restore { settings, from } => keep::restore(&settings.config, &from),
        Command::Store { command: StoreCommand::Copy { settings, to } } => {
            keep::copy(&settings.config, &to)
        }
        Command::Secret { command: SecretCommand::Rotate(settings) } => {
            keep::rotate(&settings.config)
        }
    }
}
