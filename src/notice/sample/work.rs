//! Samples of results of keywords, and of tickets that come back to who works on them.

use crate::notice::sample::{at, otto, whole};
use crate::ticket::Matter;
use crate::ticket::Status;
use crate::ticket::matter::{Aside, Left, Occasion, Quoted, ResultKind, Stand};
use crate::ticket::practice::Step;
use crate::ticket::state::Priority;

/// Every kind of result, for the texts that name each.
pub const RESULTS: [ResultKind; 91] = [
    ResultKind::Escalated,
    ResultKind::NoBody,
    ResultKind::Taken,
    ResultKind::TakenFrom,
    ResultKind::Already,
    ResultKind::Closed,
    ResultKind::Reopened,
    ResultKind::Commented,
    ResultKind::CcAdded,
    ResultKind::Spam,
    ResultKind::Moved,
    ResultKind::Retitled,
    ResultKind::NotifySet,
    ResultKind::Found,
    ResultKind::NothingFound,
    ResultKind::NoSearch,
    ResultKind::Answered,
    ResultKind::NotUnderstood,
    ResultKind::NotAllowed,
    ResultKind::NoTicket,
    ResultKind::BadArgument,
    ResultKind::NotCounted,
    ResultKind::NoNumber,
    ResultKind::NoEffect,
    ResultKind::CopyLeft,
    ResultKind::NotSent,
    ResultKind::Released,
    ResultKind::ReleasedBy,
    ResultKind::Withheld,
    ResultKind::NoMore,
    ResultKind::Stands,
    ResultKind::Leaves,
    ResultKind::AwayLater,
    ResultKind::Unproven,
    ResultKind::Watching,
    ResultKind::Unwatched,
    ResultKind::NothingWaits,
    ResultKind::NotReader,
    ResultKind::MovedOn,
    ResultKind::Undone,
    ResultKind::OnlySaid,
    ResultKind::NothingToUndo,
    ResultKind::ChangedSince,
    ResultKind::Lasts,
    ResultKind::OnlyTried,
    ResultKind::Mails,
    ResultKind::WouldAnswer,
    ResultKind::WouldSay,
    ResultKind::Assigned,
    ResultKind::Unassigned,
    ResultKind::NotServing,
    ResultKind::NoPerson,
    ResultKind::Resting,
    ResultKind::Awaiting,
    ResultKind::DueSet,
    ResultKind::DueUnset,
    ResultKind::NoDay,
    ResultKind::Ended,
    ResultKind::Runs,
    ResultKind::RunsThere,
    ResultKind::EndedThere,
    ResultKind::Urgent,
    ResultKind::InTurn,
    ResultKind::HasTime,
    ResultKind::NoPriority,
    ResultKind::Linked,
    ResultKind::Unlinked,
    ResultKind::Merged,
    ResultKind::Split,
    ResultKind::NoPart,
    ResultKind::NoOther,
    ResultKind::Itself,
    ResultKind::OneOnly,
    ResultKind::AssignedAway,
    ResultKind::Away,
    ResultKind::Back,
    ResultKind::Answers,
    ResultKind::NoAnswers,
    ResultKind::NoSuchAnswer,
    ResultKind::NoRequestor,
    ResultKind::OwnWords,
    ResultKind::Warned,
    ResultKind::Noted,
    ResultKind::Suspended,
    ResultKind::Returned,
    ResultKind::WarnWithdrawn,
    ResultKind::NoBreach,
    ResultKind::NoReason,
    ResultKind::NoRule,
    ResultKind::WhoIsMeant,
    ResultKind::NothingRests,
];

/// One for each occasion; the first fills every slot.
pub(super) fn full() -> Vec<Matter> {
    vec![
        again(Occasion::Due(at(14)), Some("Anna Muster")),
        again(Occasion::Given("Bernd Beispiel".into()), Some("Anna Muster")),
        again(Occasion::Rested, Some("Bernd Beispiel")),
        again(Occasion::Unanswered, None),
    ]
}

/// Everything that can be said of a line besides.
pub(super) fn aside() -> Aside {
    Aside {
        stands: vec![
            Stand::Owner(None),
            Stand::Owner(Some("Bernd Beispiel".into())),
            Stand::Status(Status::Open),
            Stand::Queue("technik".into()),
            Stand::Subject("Frage zum Stammtisch".into()),
            Stand::Priority(Priority::High),
            Stand::Priority(Priority::Normal),
            Stand::Priority(Priority::Low),
            Stand::Bonds,
            Stand::Due(Some(at(24))),
            Stand::Due(None),
            Stand::People,
            Stand::Rest,
        ],
        left: vec![
            Left::Answer("Otto Normal".into()),
            Left::Caught("Otto Normal".into()),
            Left::Words,
            Left::Shown(vec!["Bernd Beispiel".into(), "Jo Probe".into()]),
        ],
        text: Some("Guten Tag,\n\nunsere Zeiten stehen auf der Seite.".into()),
        tried: Some(vec!["Otto Normal".into()]),
    }
}

fn again(occasion: Occasion, owner: Option<&str>) -> Matter {
    Matter::Again {
        occasion,
        owner: owner.map(Into::into),
        goes_to: Some(otto()),
        last: Some(Quoted { author: "Otto Normal".into(), at: at(0), text: whole(1) }),
    }
}

/// A practice at each of its steps.
pub(super) fn practice() -> Vec<Matter> {
    let step = |begins, next| Matter::Practice {
        begins,
        lines: Vec::new(),
        answered: !begins,
        next,
        requestor: "Paula Probe".into(),
    };
    let steps = Step::ALL.into_iter().map(|next| step(false, Some(next)));
    std::iter::once(step(true, Some(Step::Take))).chain(steps).chain([step(false, None)]).collect()
}
