//! What somebody asked for in a reader's name, in the reader's language.
//!
//! Deliberately absent: the mail that asks whether it was the reader (`templates/`).

use serde_json::{Value, json};

use crate::notice::slots::Scene;
use crate::notice::words::words;
use crate::ticket::matter::Matter;
use crate::ticket::procedure::ESCALATE;
use crate::ticket::proof::Purpose;
use crate::types::Locale;

impl Scene<'_> {
    /// The slots of the question whether a mail was its reader's.
    pub(super) fn was_it_you(&mut self) -> Value {
        let Matter::WasItYou { claimed, at, lines, said } = &self.notice.matter else {
            return Value::Null;
        };
        let locale = self.notice.locale;
        let said = said.iter().map(|(what, value)| said_of(locale, *what, value));
        let lines: Vec<String> = self.quotes(lines).into_iter().chain(said).collect();
        json!({"claimed": claimed, "at": self.moment(*at).slot(), "lines": lines})
    }
}

/// What somebody asked for in a reader's name: what for, and the step's word for it.
#[must_use]
pub fn said_of(locale: Locale, purpose: Purpose, value: &str) -> String {
    let answers = &words(locale).answers;
    let named = match (purpose, value) {
        (Purpose::Grant, "yes") => return granting(locale, true).to_owned(),
        (Purpose::Grant, "no") => return granting(locale, false).to_owned(),
        (Purpose::Grant, ESCALATE) => return handing_over(locale).to_owned(),
        _ => named(locale, purpose),
    };
    let value = match value {
        "yes" => answers.yes,
        "no" => answers.no,
        other => other,
    };
    if value.is_empty() { named.to_owned() } else { format!("{named}: {value}") }
}

const fn granting(locale: Locale, granted: bool) -> &'static str {
    match (locale, granted) {
        (Locale::De, true) => "Bewilligung",
        (Locale::De, false) => "Ablehnung",
        (Locale::En, true) => "Grant",
        (Locale::En, false) => "Refusal",
        (Locale::Fi, true) => "Hyväksyntä",
        (Locale::Fi, false) => "Hylkäys",
        (Locale::Sv, true) => "Beviljande",
        (Locale::Sv, false) => "Avslag",
    }
}

const fn handing_over(locale: Locale) -> &'static str {
    match locale {
        Locale::De => "An die nächsthöhere Stelle geben",
        Locale::En => "Hand over to the next higher body",
        Locale::Fi => "Siirto ylemmälle elimelle",
        Locale::Sv => "Överlämna till nästa instans",
    }
}

const fn named(locale: Locale, purpose: Purpose) -> &'static str {
    let [de, en, fi, sv] = match purpose {
        Purpose::Answer => ["Antwort", "Answer", "Vastaus", "Svar"],
        Purpose::Object => ["Einwand", "Objection", "Vastalause", "Invändning"],
        Purpose::Withdraw => [
            "Einwand zurückziehen",
            "Withdrawal of an objection",
            "Vastalauseen peruminen",
            "Återtagande av en invändning",
        ],
        Purpose::Rule => [
            "Entscheidung über einen Einwand",
            "Ruling on an objection",
            "Päätös vastalauseesta",
            "Beslut om en invändning",
        ],
        Purpose::Consent => ["Zustimmung", "Consent", "Suostumus", "Samtycke"],
        Purpose::Cosign => {
            ["Zweite Unterschrift", "Second signature", "Toinen allekirjoitus", "Andra underskrift"]
        }
        Purpose::Confirm => ["Bestätigung", "Confirmation", "Vahvistus", "Bekräftelse"],
        Purpose::Grant => [
            "Bewilligung oder Ablehnung",
            "Grant or refusal",
            "Hyväksyntä tai hylkäys",
            "Beviljande eller avslag",
        ],
        Purpose::Vote => ["Stimme", "Vote", "Ääni", "Röst"],
        Purpose::Minutes => {
            ["Ergebnis eines Treffens", "Result of a meeting", "Kokouksen tulos", "Mötets resultat"]
        }
        Purpose::Keep => {
            ["Sorge für den Betrieb", "Care for the site", "Ylläpito", "Skötsel av driften"]
        }
        Purpose::Erase => ["Löschung", "Erasure", "Poistaminen", "Radering"],
    };
    match locale {
        Locale::De => de,
        Locale::En => en,
        Locale::Fi => fi,
        Locale::Sv => sv,
    }
}
