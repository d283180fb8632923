//! What the templates of neglect and of liaison tasks may name.
//!
//! Deliberately absent: when they are told (`ticket::neglect`, `ticket::liaison`), wording.

use serde_json::{Value, json};

use crate::notice::date::age;
use crate::notice::page::Style;
use crate::notice::slots::{Scene, filled, short};
use crate::ticket::Matter;
use crate::ticket::liaison::Stage;
use crate::ticket::matter::Plight;

/// Characters of what is asked.
const ASKS_CHARS_MAX: usize = 1000;

impl Scene<'_> {
    pub(super) fn upkeep(&mut self) -> Value {
        match &self.notice.matter {
            Matter::Neglect { .. } => self.neglect(),
            Matter::Delayed { promised } => json!({ "promised": promised }),
            _ => self.liaison(),
        }
    }

    fn neglect(&self) -> Value {
        let Matter::Neglect { title, plight, serves } = &self.notice.matter else {
            return json!({});
        };
        let (promised, count, more, oldest, is_deserted) = match plight {
            Plight::Neglected { promised, count, more, oldest, is_deserted } => {
                (*promised, *count, *more, *oldest, *is_deserted)
            }
            Plight::Well => (0, 0, false, None, false),
        };
        let age = |since| age(since, self.notice.at, self.notice.locale);
        json!({
            "title": title, "serves": serves, "well": *plight == Plight::Well,
            "promised": promised, "count": count, "more": more, "deserted": is_deserted,
            "longest": oldest.map(|(ticket, _)| ticket.0),
            "age": oldest.map(|(_, since)| age(since)),
        })
    }

    fn liaison(&mut self) -> Value {
        let Matter::Liaison { stage, title, asks, from, to, asked_at, until, by, words } =
            &self.notice.matter
        else {
            return json!({});
        };
        let words = words.as_ref().and_then(|text| self.shown(text, Style::Quote));
        json!({
            "asked": *stage == Stage::Asked, "reminded": *stage == Stage::Reminded,
            "overdue": *stage == Stage::Overdue, "answered": *stage == Stage::Answered,
            "open": matches!(stage, Stage::Asked | Stage::Reminded),
            "title": title, "asks": filled(&short(asks, ASKS_CHARS_MAX)), "from": from, "to": to,
            "when": self.moment(*asked_at).slot(), "until": self.moment(*until).slot(),
            "by": by, "words": words,
        })
    }
}
