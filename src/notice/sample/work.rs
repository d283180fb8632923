//! Samples of tickets that come back to who works on them.

use crate::notice::sample::{at, otto, whole};
use crate::ticket::Matter;
use crate::ticket::matter::{Occasion, Quoted};

/// One for each occasion; the first fills every slot.
pub(super) fn full() -> Vec<Matter> {
    vec![
        again(Occasion::Due(at(14)), Some("Anna Muster")),
        again(Occasion::Given("Bernd Beispiel".into()), Some("Anna Muster")),
        again(Occasion::Rested, Some("Bernd Beispiel")),
        again(Occasion::Unanswered, None),
    ]
}

fn again(occasion: Occasion, owner: Option<&str>) -> Matter {
    Matter::Again {
        occasion,
        owner: owner.map(Into::into),
        goes_to: Some(otto()),
        last: Some(Quoted { author: "Otto Normal".into(), at: at(0), text: whole(1) }),
    }
}
