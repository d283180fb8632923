//! The slots of a practice's mails: what became of a step, and which is next.
//!
//! Deliberately absent: when a practice ends (`ticket::practice`).

use serde_json::{Value, json};

use crate::notice::slots::Scene;
use crate::ticket::Matter;
use crate::ticket::practice::Step;

impl Scene<'_> {
    pub(super) fn practice(&self) -> Value {
        let Matter::Practice { begins, lines, answered, next, requestor } = &self.notice.matter
        else {
            return json!({});
        };
        let is = |step| *next == Some(step);
        json!({
            "begins": begins, "lines": self.sentences(lines), "answered": answered,
            "requestor": requestor, "over": next.is_none(),
            "take": is(Step::Take), "answer": is(Step::Answer), "close": is(Step::Close),
            "undo": is(Step::Undo), "move": is(Step::Move),
            "other_queue": self.other_queue(),
        })
    }
}
