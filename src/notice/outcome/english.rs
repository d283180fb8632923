//! What became of a keyword line, in English.

use crate::ticket::matter::ResultKind;

/// The sentence for a kind, where a name is known and where none is.
#[expect(clippy::too_many_lines, reason = "one line for each kind")]
pub(super) const fn pattern(kind: ResultKind, has_detail: bool) -> &'static str {
    match (kind, has_detail) {
        (ResultKind::Taken, _) | (ResultKind::TakenFrom, false) => "{n} is with you.",
        (ResultKind::TakenFrom, true) => "{n} is with you now; before, it was with {d}.",
        (ResultKind::Already, true) => "{n} was so already, by {d}; nothing changed.",
        (ResultKind::Already, false) => "{n} was so already; nothing changed.",
        (ResultKind::Closed, _) => "{n} is done.",
        (ResultKind::Reopened, _) => "{n} is open again.",
        (ResultKind::Commented, _) => "{n}: your words stay inside.",
        (ResultKind::CcAdded, true) => "{n}: answers go to {d} as well from now on.",
        (ResultKind::CcAdded, false) => "{n}: answers go to one more address from now on.",
        (ResultKind::Spam, _) => "{n} is spam and closed in silence.",
        (ResultKind::Moved, true) => "{n} is in {d}.",
        (ResultKind::Moved, false) => "{n} is in another queue.",
        (ResultKind::Retitled, true) => "{n} is called now: {d}.",
        (ResultKind::Retitled, false) => "{n} has a new subject.",
        (ResultKind::Found, _) => "{l}: Found: {d}.",
        (ResultKind::NothingFound, _) => "{l}: Nothing was found for it.",
        (ResultKind::NoSearch, _) => "{l}: Search is not switched on here.",
        (ResultKind::NotifySet, true) => "From now on you get: {d}.",
        (ResultKind::NotifySet, false) => "Your choice is kept.",
        (ResultKind::Answered, true) => "{n}: your answer went to {d}.",
        (ResultKind::Answered, false) => "{n}: your answer has gone out.",
        (ResultKind::NotUnderstood, true) => "{l} was not understood. Was {d} meant?",
        (ResultKind::NotUnderstood, false) => "{l} was not understood.",
        (ResultKind::NotAllowed, _) => "{l} is not yours to do here; nothing changed.",
        (ResultKind::NoTicket, _) => "{l}: there is no such ticket for you.",
        (ResultKind::NoNumber, _) => "{l} names no ticket. Its number goes first.",
        (ResultKind::BadArgument, true) => "{l} is not complete. Missing: {d}.",
        (ResultKind::BadArgument, false) => "{l} is not complete.",
        (ResultKind::NotCounted, _) => {
            "{l} stood in a quote, a signature or a forwarded mail and does not count."
        }
        (ResultKind::NoEffect, _) => "{l} had no effect.",
        (ResultKind::CopyLeft, true) => {
            "{n}: your words stay inside here, but your own program sent them to {d} as well."
        }
        (ResultKind::CopyLeft, false) => {
            "{n}: your words stay inside here, but your own program sent them outside as well."
        }
        (ResultKind::NotSent, true) => "{n}: {d} has decided that your answer stays inside.",
        (ResultKind::NotSent, false) => "{n}: your answer was not sent.",
        (ResultKind::Released, true) => "{n}: the answer of {d} has gone out.",
        (ResultKind::Released, false) => "{n}: the answer has gone out.",
        (ResultKind::ReleasedBy, true) => "{n}: {d} has let your answer go out.",
        (ResultKind::ReleasedBy, false) => "{n}: your answer has gone out.",
        (ResultKind::Withheld, true) => "{n}: the answer of {d} stays inside.",
        (ResultKind::Withheld, false) => "{n}: the answer stays inside.",
        (ResultKind::NoMore, _) => "No more is waiting.",
        (ResultKind::Resumed, _) => "Automatic mail goes to {d} again.",
        (ResultKind::Blocked, _) => "No automatic mail goes to {d} any more.",
        (ResultKind::Escalated, _) => {
            "{n} is now with the next higher body, with the whole history."
        }
        (ResultKind::NoBody, _) => {
            "{n}: no higher body is named for this request; nothing changed."
        }
        (ResultKind::Assigned, _) => "{n} is with {d} now.",
        (ResultKind::Unassigned, _) => "{n} is with nobody again.",
        (ResultKind::NotServing, _) => "{n}: {d} may not write in this queue; nothing changed.",
        (ResultKind::NoPerson, true) => "{l} names nobody from here. Nearest: {d}.",
        (ResultKind::NoPerson, false) => "{l} names nobody from here; nothing changed.",
        (ResultKind::Resting, _) => "{n} rests until {u}.",
        (ResultKind::Awaiting, _) => {
            "{n} waits for an answer from outside, until {u} at the longest."
        }
        (ResultKind::DueSet, _) => "{n} should be done by {u}.",
        (ResultKind::DueUnset, _) => "{n} has no deadline any more.",
        (ResultKind::NoDay, _) => {
            "{l} names no day to come. This works: friday, 12 December or 3 days."
        }
        (ResultKind::Ended, _) => "{n} is closed; nothing changed.",
        (ResultKind::Runs, _) => "{n} follows the steps of its request; {l} does not change them.",
        (ResultKind::RunsThere, _) => "{d} follows the steps of a request; {n} stays apart.",
        (ResultKind::EndedThere, _) => "{d} is closed as spam; {n} stays apart.",
        (ResultKind::Urgent, _) => "{n} is urgent and stands first in digests.",
        (ResultKind::InTurn, _) => "{n} has its normal priority again.",
        (ResultKind::HasTime, _) => "{n} has time and stands last in digests.",
        (ResultKind::NoPriority, _) => "{l} names no priority. There are high, normal and low.",
        (ResultKind::Linked, _) => "{n} is linked with {d} now.",
        (ResultKind::Unlinked, _) => "{n} is no longer linked with {d}.",
        (ResultKind::Merged, _) => {
            "{n} belongs to {d} now: what still comes for it stands there, and answers go \
             to all who asked."
        }
        (ResultKind::Split, _) => "A part of {n} is a new ticket: {d}. Each names the other.",
        (ResultKind::NoPart, _) => "{n}: Nothing has come from outside that could be split off.",
        (ResultKind::NoOther, _) => "{l} names no other ticket. Its number belongs behind it.",
        (ResultKind::Itself, _) => "{l} names the same ticket; nothing changed.",
        (ResultKind::OneOnly, _) => {
            "{l} names several tickets where one number belongs; nothing changed."
        }
        (ResultKind::AssignedAway, _) => "{n} is with {d} now. {d} is away until {u}.",
        (ResultKind::Away, true) => {
            "You are away until {u}. What waits for you goes to {d} until then."
        }
        (ResultKind::Away, false) => {
            "You are away until {u}. What waits for you stands in the digests of the \
             others until then."
        }
        (ResultKind::Back, _) => "You are here again; what waits comes to you again.",
        (ResultKind::Answers, _) => "Ready answers here: {d}.",
        (ResultKind::NoAnswers, _) => "There are no ready answers here yet.",
        (ResultKind::NoSuchAnswer, _) => "{l} names no ready answer of this queue. There are: {d}.",
        (ResultKind::NoRequestor, _) => "{n}: Nobody asked who could be answered.",
        (ResultKind::OwnWords, _) => "{n}: Your own words went out, so the ready answer did not.",
        (ResultKind::Undone, _) => "{n} is as it was before{s}.",
        (ResultKind::OnlySaid, _) => {
            "{n}: the ticket had not changed, so there is nothing to take \
             back."
        }
        (ResultKind::NothingToUndo, _) => {
            "{n}: in the last {d} hours you did nothing here that could be taken \
             back."
        }
        (ResultKind::ChangedSince, true) => {
            "{n} has changed once more since, by {d}; nothing was taken \
             back."
        }
        (ResultKind::ChangedSince, false) => {
            "{n} has changed once more since; nothing was taken \
             back."
        }
        (ResultKind::Lasts, _) => "{n}: others act on it already; that cannot be taken back.",
        (ResultKind::OnlyTried, _) => "This was a try: nothing in the mail was done.",
        (ResultKind::Mails, _) => "{l} only sends a mail and changes nothing.",
        (ResultKind::WouldAnswer, true) => {
            "{n}: your answer would go to {d}. Nothing has gone \
             out."
        }
        (ResultKind::WouldAnswer, false) => "{n}: your answer would go out. Nothing has gone out.",
        (ResultKind::WouldSay, _) => "{n}: your words would stay inside. Nobody has read them yet.",
        (ResultKind::Watching, _) => "{n}: you get everything about it from now on.",
        (ResultKind::Unwatched, _) => "{n}: you watch it no longer.",
        (ResultKind::NothingWaits, _) => "Nothing waits for you.",
        (ResultKind::NotReader, true) => "{l}: this register is not open to you; ask {d}.",
        (ResultKind::NotReader, false) => "{l}: this register is not open to you.",
        (ResultKind::MovedOn, _) => {
            "{n} has changed meanwhile, by {d}. Is {l} to be done all the same?"
        }
        (ResultKind::Reread, true) => "{l} could be read now and is ticket {d}.",
        (ResultKind::Reread, false) => "{l} could be read now and is filed.",
        (ResultKind::StillAside, _) => "{l} lies aside still: {d}.",
        (ResultKind::Discarded, _) => "{l}: put away. Until {u} the word retry fetches it back.",
        (ResultKind::NothingLies, _) => "{l}: no such message lies aside, or somebody was faster.",
        (ResultKind::WhichAside, _) => "{l}: several lie aside. Which? One of them is {d}.",
        (ResultKind::Erased, _) => "{n}: erased. The audit says what, when and by whom.",
        (ResultKind::NotErased, true) => "{n}: nothing was erased: {d}.",
        (ResultKind::NotErased, false) => "{n}: nothing was erased.",
        (ResultKind::Unproven, _) => {
            "{l} came in your name, but nothing shows that it was you; nothing was done. If \
             it was you, answer this mail with the same line."
        }
        (ResultKind::AwayLater, true) => {
            "Your absence until {u} is noted{s}. What waits for you then goes to \
             {d}."
        }
        (ResultKind::AwayLater, false) => {
            "Your absence until {u} is noted{s}. What waits for you then stands in \
             the digests of the others."
        }
        (ResultKind::Leaves, true) => {
            "{n}: your answer to {d} stays here until {u} and then goes out."
        }
        (ResultKind::Leaves, false) => "{n}: your answer stays here until {u} and then goes out.",
        (ResultKind::Stands, true) => "{n} stands at {d}.",
        (ResultKind::Stands, false) => "{n} is as it was.",
        (ResultKind::Warned, _) => "{d} gets a warning and can answer it.",
        (ResultKind::Noted, _) => "Something about {d} is on record; {d} reads it and can answer.",
        (ResultKind::Suspended, _) => "The access of {d} rests until {u}.",
        (ResultKind::Returned, _) => "The access of {d} is open again.",
        (ResultKind::WarnWithdrawn, _) => "What was on record about {d} is withdrawn.",
        (ResultKind::NoBreach, _) => "{l}: Nothing that fits is on record about {d}.",
        (ResultKind::NoReason, _) => "{l} gives no reason. It belongs behind a colon.",
        (ResultKind::NoRule, _) => "{l}: {d} is none of our rules; nothing is on record.",
        (ResultKind::WhoIsMeant, true) => {
            "{l}: Who is meant? The name belongs before the colon: {d}."
        }
        (ResultKind::WhoIsMeant, false) => "{l}: Who is meant? The name belongs before the colon.",
        (ResultKind::NothingRests, _) => "{l}: {d} has no place in a queue that could rest.",
    }
}
