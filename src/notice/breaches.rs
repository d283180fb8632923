//! The slots of mails about breaches of the rules: to their person, and to the coordinators.
//!
//! Deliberately absent: registers (`registers`), the words themselves (`templates/`).

use serde_json::{Value, json};

use crate::notice::page::Style;
use crate::notice::slots::{Scene, filled, short};
use crate::ticket::Matter;
use crate::ticket::matter::{BreachPage, BreachStage};

/// Characters of a reason where several stand one below the other.
const REASON_CHARS: usize = 160;

impl Scene<'_> {
    pub(super) fn breach(&mut self) -> Value {
        let Matter::Breach { stage, page, .. } = &self.notice.matter else { return json!({}) };
        let reason = (!page.reason.is_empty()).then_some(page.reason.as_str());
        let reason = reason.map(|words| self.written(words, Style::Quote));
        let mut slots = self.breach_page(*stage, page);
        if let Some(slots) = slots.as_object_mut() {
            slots.insert("reason".into(), reason.into());
        }
        slots
    }

    fn breach_page(&self, stage: BreachStage, page: &BreachPage) -> Value {
        let is = |wanted| stage == wanted;
        let reader = self.notice.person.as_ref();
        let reader = reader.map(|person| self.desk.register.name_of(person));
        let warnings = page.warnings.iter().map(|(ticket, at, reason)| {
            json!({
                "ticket": ticket.0, "at": self.moment(*at).slot(),
                "reason": short(reason, REASON_CHARS),
            })
        });
        json!({
            "warned": is(BreachStage::Warned), "noted": is(BreachStage::Noted),
            "suspended": is(BreachStage::Suspended), "withdrawn": is(BreachStage::Withdrawn),
            "returned": is(BreachStage::Returned),
            "is_new": !(is(BreachStage::Withdrawn) || is(BreachStage::Returned)),
            "name": short(&page.name, 100), "by": page.by.as_deref().and_then(filled),
            "own": page.by.is_some() && page.by == reader,
            "rule": page.rule.as_ref().map(|(title, version)| {
                json!({"title": short(title, 200), "version": version})
            }),
            "at": self.moment(page.at).slot(), "count": page.count, "repeated": page.count > 1,
            "asked": page.asked, "warnings": warnings.collect::<Vec<Value>>(),
            "follow_up": page.follow_up.map(|at| self.moment(at).slot()),
            "until": page.until.map(|at| self.moment(at).slot()),
            "places": self.list(&page.places), "kept": self.list(&page.kept),
            "expires": self.moment(page.expires_at).slot(), "has_text": !page.texts.is_empty(),
        })
    }
}
