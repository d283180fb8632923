//! The slot of the help: the keywords that its reader may use.
//!
//! Deliberately absent: what procedures tell those who work on them (`requests`).

use crate::notice::outcome;
use crate::notice::slots::Scene;
use crate::ticket::command::{self, Reader};

impl Scene<'_> {
    /// A line for each keyword that the reader may use: its name, and what it does.
    pub(super) fn commands(&self) -> Vec<String> {
        let locale = self.notice.locale;
        let outside = self.is_to_requestor();
        let reader = if outside { Reader::Requestor } else { Reader::Member };
        let line = |(names, help): (&[&str], &str)| {
            let name = names.first().copied().unwrap_or_default();
            if outside {
                format!("{name}: {help}")
            } else {
                format!("{}: {help}", outcome::quote(&format!("!{name}"), locale))
            }
        };
        let reads = self.notice.person.as_ref();
        let may = |keyword: &command::Keyword| {
            reads.is_some_and(|person| command::site::may_use(self.desk, keyword, person))
        };
        command::help_with(locale, reader, may).map(line).collect()
    }
}
