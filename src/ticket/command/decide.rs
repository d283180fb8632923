//! The family of decisions: what a meeting decided, and votes by mail.
//!
//! Deliberately absent: results in own words and in the fields of an agenda (`meeting`).

use crate::ticket::case::Missing;
use crate::ticket::command::{Act, Argument, By, Family, Keyword, Outcome, Undo};
use crate::ticket::draft::Draft;
use crate::ticket::matter::ResultKind;
use crate::ticket::meeting;
use crate::ticket::procedure;
use crate::ticket::proof::Purpose;
use crate::ticket::tally::Verdict;

/// The keywords of this family.
pub static KEYWORDS: &[Keyword] = &[
    Keyword {
        name: "accept",
        names: [
            &["annehmen", "angenommen", "beschlossen"],
            &["accept", "accepted", "carried"],
            &["puolla", "puollettu"],
            &["anta", "antagen", "antaget"],
        ],
        help: [
            "das Treffen nahm es an, mit Nummer und Stimmen: 41: 7 ja 2 nein",
            "the meeting accepted it, with number and votes: 41: 7 yes 2 no",
            "kokous hyväksyi; numero ja äänet perään: 41: 7 puolesta 2 vastaan",
            "mötet antog det, med nummer och röster: 41: 7 ja 2 nej",
        ],
        run: accept,
        ..DECISION
    },
    Keyword {
        name: "reject",
        names: [
            &["verwerfen", "verworfen"],
            &["reject", "rejected"],
            &["torju", "torjuttu"],
            &["förkasta", "förkastad"],
        ],
        help: [
            "das Treffen hat es abgelehnt; der Grund steht dahinter: 41: Grund",
            "the meeting rejected it; the reason stands behind: 41: reason",
            "kokous hylkäsi sen; perustelu perään: 41: perustelu",
            "mötet avslog det; skälet står efter: 41: skäl",
        ],
        run: reject,
        ..DECISION
    },
    Keyword {
        name: "postpone",
        names: [
            &["vertagen", "vertagt"],
            &["postpone", "postponed", "adjourn"],
            &["lykkää", "lykätty"],
            &["bordlägg", "bordlagd"],
        ],
        help: [
            "das nächste Treffen entscheidet",
            "the next meeting decides",
            "seuraava kokous päättää",
            "nästa möte beslutar",
        ],
        run: postpone,
        ..DECISION
    },
    Keyword {
        name: "vote",
        names: [&["stimme", "abstimmen"], &["vote"], &["äänestä", "ääni"], &["rösta", "röst"]],
        help: [
            "deine Stimme bei einer Abstimmung: ja, nein oder enthaltung",
            "your vote: yes, no or abstain",
            "äänesi: kyllä, ei tai tyhjä",
            "din röst: ja, nej eller blankt",
        ],
        // Its words must not wait on the ticket, where others read it: the ballot asks for proof.
        purpose: Purpose::Answer,
        run: vote,
        ..DECISION
    },
];

/// What the keywords of this family have in common.
const DECISION: Keyword = Keyword {
    family: Family::Decide,
    purpose: Purpose::Minutes,
    argument: Argument::Words,
    undo: Undo::Never,
    ..Keyword::BASE
};

fn accept(draft: &mut Draft<'_>, act: &Act<'_>) -> Result<Outcome, Missing> {
    meeting::keyword(draft, act, Verdict::Accepted)
}

fn reject(draft: &mut Draft<'_>, act: &Act<'_>) -> Result<Outcome, Missing> {
    meeting::keyword(draft, act, Verdict::Rejected)
}

fn postpone(draft: &mut Draft<'_>, act: &Act<'_>) -> Result<Outcome, Missing> {
    meeting::keyword(draft, act, Verdict::Postponed)
}

/// A vote that did not come by its ballot: counted all the same, and never said again.
fn vote(draft: &mut Draft<'_>, act: &Act<'_>) -> Result<Outcome, Missing> {
    let By::Member(person) = act.by else { return Ok(Outcome::plain(ResultKind::NotAllowed)) };
    let is_told = procedure::vote_by_keyword(draft, act.id, act.origin, person, act.argument)?;
    Ok(if is_told { Outcome::told() } else { Outcome::plain(ResultKind::NotAllowed) })
}
