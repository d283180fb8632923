//! What holds of one-time codes in every world, told from the histories alone.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use lotse::ticket::command::{self, Reader};
use lotse::ticket::procedure::RequestChange;
use lotse::ticket::proof::{CODE_SPAN, Deed, Purpose, Waiting};
use lotse::ticket::{Actor, Change, Transaction};
use lotse::types::{Position, Sequence, TicketId};

use super::laws::{self, Held};

/// A code that was sent.
struct Code<'a> {
    whom: &'a Actor,
    purposes: Vec<Purpose>,
    ends_at: Timestamp,
}

/// The laws of codes.
pub(crate) fn hold(history: &BTreeMap<TicketId, Vec<Transaction>>) -> Held {
    let mut proven = BTreeMap::new();
    for (id, transactions) in history {
        let codes = sent(transactions);
        let mut used = BTreeSet::new();
        // Who records has the key of an agenda, for as many results as there are.
        let recorded =
            transactions.iter().filter(|one| matches!(one.change, Change::Sitting { .. }));
        let recorded = recorded.filter(|one| one.rung > 1).filter_map(|one| one.message);
        proven.extend(recorded.map(|message| (message, vec![Purpose::Minutes])));
        // What somebody was asked to decide is decided once, by the code of the question.
        for transaction in transactions.iter().filter(|one| one.rung > 1 && decides(&one.change)) {
            let is_asked = |code: &&Code<'_>| {
                let is_duty =
                    |purpose: &Purpose| matches!(purpose, Purpose::Grant | Purpose::Confirm);
                code.purposes.iter().any(is_duty)
                    && *code.whom == transaction.by
                    && transaction.at < code.ends_at
            };
            let purposes = codes.values().find(is_asked).map(|code| code.purposes.clone());
            proven.extend(transaction.message.zip(purposes));
        }
        for transaction in transactions.iter().filter(|one| one.rung > 1) {
            let Change::Answered { question } = &transaction.change else { continue };
            let Some(code) = codes.get(question) else { continue };
            let what = || format!("#{id} {transaction:?}");
            laws::hold(used.insert(*question), "code_is_good_once", what)?;
            laws::hold(*code.whom == transaction.by, "code_proves_its_person", what)?;
            laws::hold(transaction.at < code.ends_at, "code_ends_in_time", what)?;
            proven.extend(transaction.message.map(|message| (message, code.purposes.clone())));
        }
    }
    for (id, transactions) in history {
        for transaction in transactions.iter().filter(|one| one.rung > 1) {
            acts_for_its_purpose(*id, transaction, &proven)?;
        }
    }
    Ok(())
}

const fn decides(change: &Change) -> bool {
    matches!(
        change,
        Change::Request { change: RequestChange::Verdict { .. } | RequestChange::Support { .. } }
    )
}

fn sent(transactions: &[Transaction]) -> BTreeMap<Sequence, Code<'_>> {
    let mut codes = BTreeMap::new();
    for transaction in transactions {
        let code = match &transaction.change {
            Change::Prove { waiting } => Some(Code {
                whom: &waiting.whom,
                purposes: purposes(waiting),
                ends_at: waiting.expires_at,
            }),
            Change::Request { change: RequestChange::Question { by, about, .. } } => {
                about.purpose().map(|purpose| {
                    let ends_at = transaction.at + CODE_SPAN;
                    Code { whom: by, purposes: vec![purpose], ends_at }
                })
            }
            _ => None,
        };
        codes.extend(code.map(|code| (transaction.sequence, code)));
    }
    codes
}

/// What a code proves: its purpose, and what the keywords are said for that its question lists.
fn purposes(waiting: &Waiting) -> Vec<Purpose> {
    let lines = match &waiting.deed {
        Deed::Letter(claim) => claim.keywords.as_slice(),
        Deed::Step { .. } | Deed::Erase(_) => &[],
    };
    let listed = lines.iter().filter_map(|kept| {
        let line = kept.line.trim_start_matches(|c: char| !c.is_alphabetic());
        let word = line.split(|c: char| !c.is_alphabetic()).next()?;
        command::find(word, Reader::Member).map(|keyword| keyword.purpose)
    });
    std::iter::once(waiting.purpose).chain(listed).collect()
}

/// What is recorded as proven by a code came with a mail that used one, for this purpose.
fn acts_for_its_purpose(
    id: TicketId,
    transaction: &Transaction,
    proven: &BTreeMap<Position, Vec<Purpose>>,
) -> Held {
    let wanted: &[Purpose] = match &transaction.change {
        Change::Request { change: RequestChange::Withdraw { .. } } => &[Purpose::Withdraw],
        Change::Request { change: RequestChange::Confirm { .. } | RequestChange::Deny { .. } } => {
            &[Purpose::Object, Purpose::Rule]
        }
        Change::Correspond { .. } | Change::Owner { .. } | Change::Queue { .. } | Change::Spam => {
            &[Purpose::Answer]
        }
        // A request ends with what decided it, and the last result of a meeting with it.
        Change::Status { .. } => {
            &[Purpose::Answer, Purpose::Confirm, Purpose::Grant, Purpose::Minutes]
        }
        change if decides(change) => &[Purpose::Confirm, Purpose::Grant],
        _ => return Ok(()),
    };
    let what = || format!("#{id} {transaction:?}");
    let purposes = transaction.message.and_then(|message| proven.get(&message));
    laws::hold(purposes.is_some(), "rung_two_needs_a_code", what)?;
    let is_right = purposes.is_some_and(|all| all.iter().any(|purpose| wanted.contains(purpose)));
    laws::hold(is_right, "code_proves_its_purpose", what)
}
