//! The family of decisions: what becomes of a request, or of a team's task for one.
//!
//! Who may decide stands in the request's procedure. Deliberately absent: answers without a
//! keyword (`ticket::procedure`).

use crate::desk::Access;
use crate::ticket::case::Missing;
use crate::ticket::command::{Act, Argument, By, Family, Keyword, Outcome, Undo};
use crate::ticket::draft::Draft;
use crate::ticket::matter::ResultKind;
use crate::ticket::procedure::{self, Ruled};
use crate::ticket::proof::Purpose;

/// The keywords of this family.
pub static KEYWORDS: &[Keyword] = &[
    Keyword {
        name: "grant",
        names: [
            &["bewilligt", "bewilligen", "genehmigt", "genehmigen"],
            &["grant", "granted", "approve", "approved"],
            &["hyväksy", "hyväksytty"],
            &["bevilja", "beviljad", "godkänn", "godkänd"],
        ],
        phrases: [
            &["bewilligt", "genehmigt", "ist bewilligt"],
            &["granted", "approved"],
            &["hyväksytty"],
            &["beviljad", "godkänd"],
        ],
        help: [
            "der Antrag ist bewilligt und geht weiter",
            "the request is granted and goes on",
            "hakemus on hyväksytty ja etenee",
            "begäran är beviljad och går vidare",
        ],
        run: grant,
        ..DECISION
    },
    Keyword {
        name: "refuse",
        names: [
            &["abgelehnt", "ablehnen", "lehne"],
            &["refuse", "refused", "deny", "denied"],
            &["hylkää", "hylätty"],
            &["avslå", "avslag", "avslagen"],
        ],
        help: [
            "und der Grund: der Antrag ist abgelehnt, oder die Aufgabe geht so nicht",
            "and the reason: the request is refused, or the task cannot be done",
            "ja syy: hakemus on hylätty, tai tehtävä ei onnistu",
            "och skälet: begäran är avslagen, eller uppgiften går inte",
        ],
        run: refuse,
        ..DECISION
    },
    Keyword {
        name: "escalate",
        names: [
            &["eskaliere", "eskalieren", "eskaliert"],
            &["escalate", "escalated"],
            &["eskaloi", "eskaloitu"],
            &["eskalera", "eskalerad"],
        ],
        help: [
            "und warum: die nächsthöhere Stelle entscheidet über den Antrag",
            "and why: the next higher body decides on the request",
            "ja miksi: ylempi elin päättää hakemuksesta",
            "och varför: nästa instans beslutar om begäran",
        ],
        run: escalate,
        ..DECISION
    },
];

/// What the keywords of this family have in common.
const DECISION: Keyword = Keyword {
    family: Family::Decision,
    member: Some(Access::Write),
    purpose: Purpose::Grant,
    argument: Argument::Because,
    undo: Undo::Never,
    ..Keyword::BASE
};

fn escalate(draft: &mut Draft<'_>, act: &Act<'_>) -> Result<Outcome, Missing> {
    let reason = act.words.filter(|_| procedure::says_why(act.argument)).cloned();
    Ok(Outcome::plain(procedure::escalate(draft, act.id, act.origin, reason)?.told()))
}

fn grant(draft: &mut Draft<'_>, act: &Act<'_>) -> Result<Outcome, Missing> {
    rule(draft, act, true)
}

fn refuse(draft: &mut Draft<'_>, act: &Act<'_>) -> Result<Outcome, Missing> {
    rule(draft, act, false)
}

fn rule(draft: &mut Draft<'_>, act: &Act<'_>, granted: bool) -> Result<Outcome, Missing> {
    let By::Member(person) = act.by else { return Ok(Outcome::plain(ResultKind::NotAllowed)) };
    let words = act.words.filter(|_| procedure::says_why(act.argument));
    Ok(match procedure::rule(draft, act.id, act.origin, (person, granted, words))? {
        Ruled::Counted | Ruled::Asked => Outcome::told(),
        Ruled::Reported => Outcome::plain(ResultKind::Closed),
        Ruled::NotOpen => Outcome::plain(ResultKind::NotAllowed),
    })
}
