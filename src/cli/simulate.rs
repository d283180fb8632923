//! `lotse simulate`: a conversation played with a moved clock, against a store that is thrown away.

use std::path::Path;

use jiff::tz::TimeZone;
use serde_json::{Value, json};

use crate::cli::inspect::read_file;
use crate::cli::serve::load;
use crate::cli::{EXIT_CONFIG, out};
use crate::daemon::course;
use crate::daemon::postbag;
use crate::daemon::rehearse::{self, RehearseError, Step};
use crate::daemon::scenario::{self, Block};
use crate::mail::{self, ReversePath};

/// A scenario that is written wrongly (`EX_DATAERR`).
const EXIT_DATA: u8 = 65;

/// What is printed, and how.
#[derive(Debug, Clone, Copy)]
pub(super) struct Print {
    /// One JSON object a line.
    pub(super) json: bool,
    /// What.
    pub(super) what: What,
}

/// What is printed of a play.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum What {
    /// Every mail that leaves.
    Mails,
    /// How many mails each person gets.
    People,
    /// The course of each request.
    Requests,
}

impl What {
    /// As the options say, of which one is given at most.
    pub(super) const fn of(people: bool, requests: bool) -> Self {
        match (people, requests) {
            (true, _) => Self::People,
            (false, true) => Self::Requests,
            (false, false) => Self::Mails,
        }
    }
}

/// Prints every mail that leaves, in the form of the scenario; what a door refuses is a remark.
pub(super) async fn run(config: &Path, print: Print, file: &Path) -> u8 {
    let Some(config) = load(config) else { return EXIT_CONFIG };
    let shown = file.display();
    let text = match read_file(file) {
        Ok(text) => text,
        Err(error) => return out::refuse(1, &format!("{shown}: {error}")),
    };
    let play = match rehearse::play(&config, &text).await {
        Ok(play) => play,
        Err(RehearseError::Scenario(error)) => {
            return out::refuse(EXIT_DATA, &format!("{shown}, {error}"));
        }
        Err(error) => return out::refuse(1, &error.to_string()),
    };
    let zone = &config.site.time_zone;
    match print.what {
        What::People => return people(&play.blocks(), zone, print.json),
        What::Requests => return requests(&course::rows(&play.tickets, zone), print.json),
        What::Mails => {}
    }
    for step in &play.steps {
        match step {
            Step::Taken(taken) => {
                if let Some(refusal) = &taken.refusal {
                    let at = scenario::shown(taken.at, zone);
                    out::note(&format!("lotse: the mail of {at} was refused: {refusal}"));
                }
            }
            Step::Sent(block) if print.json => {
                let message = mail::parse(&block.message, &ReversePath::Unknown);
                let row = json!({
                    "number": block.number,
                    "at": scenario::shown(block.at, zone),
                    "from": block.from,
                    "to": block.to,
                    "subject": message.subject,
                    "text": message.text,
                    "message": String::from_utf8_lossy(&block.message),
                });
                out::json(&[row]);
            }
            Step::Sent(block) => {
                if block.number > 1 {
                    out::line("");
                }
                out::line(&block.head(zone));
                let message = String::from_utf8_lossy(&block.message).replace("\r\n", "\n");
                out::line(message.trim_end_matches('\n'));
            }
        }
    }
    0
}

/// One row for each address that mail went to.
fn people(blocks: &[Block], zone: &TimeZone, json: bool) -> u8 {
    let rows: Vec<Value> = postbag::sorted(blocks, zone)
        .into_iter()
        .map(|(recipient, bag)| {
            json!({
                "recipient": recipient,
                "name": bag.name,
                "mails": bag.mails(),
                "week_max": bag.week_max(),
                "digests": bag.digests,
            })
        })
        .collect();
    if json {
        out::json(&rows);
    } else {
        out::table(&["recipient", "name", "mails", "week_max", "digests"], &rows);
    }
    0
}

/// The course of each request, under its number and procedure.
fn requests(rows: &[Value], json: bool) -> u8 {
    if json {
        out::json(rows);
        return 0;
    }
    let mut ticket = None;
    for row in rows {
        let show = |name: &str| out::cell(row.get(name));
        if row.get("ticket") != ticket {
            if ticket.is_some() {
                out::line("");
            }
            ticket = row.get("ticket");
            out::line(&format!("request {}, {}", show("ticket"), show("procedure")));
        }
        let (at, said, by) = (show("at"), show("said"), show("by"));
        let by = if by == "lotse" { String::new() } else { format!(" ({by})") };
        out::line(&format!("{at}  {said}{by}"));
    }
    0
}
