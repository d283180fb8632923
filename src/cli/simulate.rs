//! `lotse simulate`: a conversation played with a moved clock, against a store that is thrown away.

use std::path::Path;

use serde_json::json;

use crate::cli::inspect::read_file;
use crate::cli::serve::load;
use crate::cli::{EXIT_CONFIG, out};
use crate::daemon::rehearse::{self, RehearseError, Step};
use crate::daemon::scenario;
use crate::mail::{self, ReversePath};

/// A scenario that is written wrongly (`EX_DATAERR`).
const EXIT_DATA: u8 = 65;

/// Prints every mail that leaves, in the form of the scenario; what a door refuses is a remark.
pub(super) async fn run(config: &Path, json: bool, file: &Path) -> u8 {
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
    for step in &play.steps {
        match step {
            Step::Taken(taken) => {
                if let Some(refusal) = &taken.refusal {
                    let at = scenario::shown(taken.at, zone);
                    out::note(&format!("lotse: the mail of {at} was refused: {refusal}"));
                }
            }
            Step::Sent(block) if json => {
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
