//! Samples of neglect and of liaison tasks, in every stage.

use crate::notice::sample::{at, whole};
use crate::ticket::Matter;
use crate::ticket::liaison::Stage;
use crate::ticket::matter::Plight;
use crate::types::TicketId;

fn neglect(count: u32, is_deserted: bool, serves: bool) -> Matter {
    let plight = Plight::Neglected {
        promised: 3,
        count,
        more: count > 1,
        oldest: (count > 0).then(|| (TicketId(17), at(-120))),
        is_deserted,
    };
    Matter::Neglect { title: "!Kontakt NRW".into(), plight, serves }
}

fn liaison(stage: Stage, is_full: bool) -> Matter {
    Matter::Liaison {
        stage,
        title: "!Was ändert sich an der Technik".into(),
        asks: if is_full { "!Was habt ihr geändert, was steht an?".into() } else { String::new() },
        from: "Team Wort".into(),
        to: "Technik".into(),
        asked_at: at(0),
        until: at(72),
        by: (stage == Stage::Answered).then(|| "Anna Muster".into()),
        words: (is_full && stage == Stage::Answered).then(|| whole(2)),
    }
}

const STAGES: [Stage; 4] = [Stage::Asked, Stage::Reminded, Stage::Overdue, Stage::Answered];

/// Everything that can be said.
pub(super) fn full() -> Vec<Matter> {
    let mut all = vec![
        neglect(2, true, true),
        neglect(1, false, false),
        neglect(0, true, true),
        Matter::Neglect { title: "Kontakt".into(), plight: Plight::Well, serves: true },
        Matter::Delayed { promised: 3 },
    ];
    all.extend(STAGES.map(|stage| liaison(stage, true)));
    all
}

/// The least that can be said.
pub(super) fn bare() -> Vec<Matter> {
    let mut all = vec![neglect(1, false, false), Matter::Delayed { promised: 1 }];
    all.extend(STAGES.map(|stage| liaison(stage, false)));
    all
}
