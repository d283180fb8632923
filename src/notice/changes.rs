//! What the template of change notices may name.
//!
//! Deliberately absent: what is compared (`desk::account`), wording.

use serde_json::{Value, json};

use crate::desk::account::{Difference, Goes, Turn};
use crate::notice::slots::{Scene, short};
use crate::ticket::matter::ChangeLine;

/// Characters of a name or value.
const SHOWN_CHARS_MAX: usize = 100;

impl Scene<'_> {
    pub(super) fn changes(&self, lines: &[ChangeLine], more: u32) -> Value {
        let total = u64::try_from(lines.len()).unwrap_or(u64::MAX).saturating_add(u64::from(more));
        let lines: Vec<Value> = lines.iter().map(|line| self.change(line)).collect();
        json!({ "total": total, "more": more, "changes": lines })
    }

    /// Every name stands in every line, so that a template may ask for each.
    fn change(&self, line: &ChangeLine) -> Value {
        let name = |text: &str| Some(short(text, SHOWN_CHARS_MAX));
        let mut shown = Shown { kept: line.kept, ..Shown::default() };
        match &line.difference {
            Difference::Version { from, to } => {
                shown.version = true;
                shown.from = name(from);
                shown.to = name(to);
            }
            Difference::Queue { queue, turn } => {
                shown.queue = name(queue);
                shown.turn = Some(*turn);
            }
            Difference::Promise { queue, from, to } => {
                shown.promise = name(queue);
                shown.days = (*from, *to);
            }
            Difference::Address { address, from, to } => {
                shown.address = name(address);
                shown.turn = to.is_none().then_some(Turn::Gone);
                shown.goes = [self.place(from.as_ref()), self.place(to.as_ref())];
            }
            Difference::Procedure { procedure, turn } => {
                shown.procedure = Some(self.title(procedure));
                shown.turn = Some(*turn);
            }
            Difference::Text { text, turn } => {
                shown.text = Some(self.rule(text));
                shown.to = text.rsplit_once(' ').map(|(_, version)| version.to_owned());
                shown.turn = Some(*turn);
            }
            Difference::Setting { path, from, to, turn } => {
                shown.setting = name(path);
                shown.from = from.as_deref().and_then(name);
                shown.to = to.as_deref().and_then(name);
                shown.turn = Some(*turn);
            }
        }
        shown.value()
    }

    /// The queue, or the request, that an address leads to.
    fn place(&self, goes: Option<&Goes>) -> [Option<String>; 2] {
        match goes {
            Some(Goes::Queue(name)) => [Some(short(name, SHOWN_CHARS_MAX)), None],
            Some(Goes::Procedure(name)) => [None, Some(self.title(name))],
            None => [None, None],
        }
    }

    /// What a procedure is called for the reader; its short name once it is gone.
    fn title(&self, name: &str) -> String {
        let known = self.desk.procedures.get(name);
        short(known.map_or(name, |known| known.shown(self.notice.locale)), SHOWN_CHARS_MAX)
    }

    /// What a rule text of this name and version is called for the reader.
    fn rule(&self, text: &str) -> String {
        let (name, version) = text.rsplit_once(' ').unwrap_or((text, ""));
        let version = version.parse().unwrap_or_default();
        let known = self.desk.register.text(name, version);
        short(known.map_or(name, |known| known.shown(self.notice.locale)), SHOWN_CHARS_MAX)
    }
}

/// A line as templates see it: what it is about has a name, all else has none.
#[derive(Default)]
struct Shown {
    version: bool,
    queue: Option<String>,
    promise: Option<String>,
    address: Option<String>,
    procedure: Option<String>,
    text: Option<String>,
    setting: Option<String>,
    turn: Option<Turn>,
    from: Option<String>,
    to: Option<String>,
    days: (u16, u16),
    goes: [[Option<String>; 2]; 2],
    kept: u32,
}

impl Shown {
    fn value(self) -> Value {
        let [[from_queue, from_request], [to_queue, to_request]] = self.goes;
        json!({
            "version": self.version, "queue": self.queue, "promise": self.promise,
            "address": self.address, "procedure": self.procedure, "text": self.text,
            "setting": self.setting, "is_new": self.turn == Some(Turn::New),
            "changed": self.turn == Some(Turn::Changed), "gone": self.turn == Some(Turn::Gone),
            "from": self.from, "to": self.to, "from_days": self.days.0, "to_days": self.days.1,
            "from_queue": from_queue, "from_request": from_request,
            "to_queue": to_queue, "to_request": to_request, "kept": self.kept,
        })
    }
}
