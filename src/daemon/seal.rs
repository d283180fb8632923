//! Sealing histories and checking them: the site's root, kept without a walk for each message.
//!
//! Nothing is done while mail comes in. When a decision is about to carry the root, the tickets
//! that changed since they were last sealed are sealed first: the one that is decided, and a
//! bounded number of others, from where the last sealing stopped. Each adds one leaf, and the
//! leaves go into the batch of the decision: several daemons that seal at once meet at the record
//! of the root, and the later one decides again. Heads only grow, so a sealed one stays true.
//!
//! A ticket's salt is kept beside its seal: without it and the record, a commitment tells nothing.
//! Deliberately absent: sums (`ticket::seal`), what a sheet says, what an erasure leaves behind
//! (`seal::kept`).

pub mod kept;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::daemon::ledger::{Ledger, Loaded};
use crate::daemon::records;
use crate::daemon::seal::kept::Kept;
use crate::mail::{self, ReversePath};
use crate::notice::record as sheet;
use crate::store::{Key, Keyspace, Range, Store, StoreError, record};
use crate::ticket::Ticket;
use crate::ticket::seal::{self, Leaf, Seal};
use crate::types::{Hash, Keyring, TicketId};

/// Tickets that one sealing looks at beside the one that is decided.
const SWEEP_MAX: usize = 2000;
/// Meta: the root, and where the next sealing goes on.
const ROOT: &[u8] = b"seal/root";

/// The root as it stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Root {
    /// How many leaves it stands over.
    number: u64,
    /// The sum.
    root: Hash,
    /// The last ticket that was looked at.
    cursor: TicketId,
}

/// How far a ticket is sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Sealed {
    transactions: u32,
    head: Hash,
    salt: Hash,
}

/// Records that a sealing writes, as JSON under their keys of [`Keyspace::Meta`].
pub type Writes = Vec<(Key, Value)>;

fn sealed_key(id: TicketId) -> Key {
    [b"seal/t/".as_slice(), &id.0.to_be_bytes()].concat()
}

fn leaf_key(number: u64) -> Key {
    [b"seal/l/".as_slice(), &number.to_be_bytes()].concat()
}

/// Seals what changed, and says how the root stands with each of `wanted` under it.
///
/// # Errors
/// What the store says.
pub async fn seal<S: Store>(
    ledger: &Ledger<S>,
    loaded: &mut Loaded,
    keyring: &Keyring,
    wanted: &BTreeSet<TicketId>,
) -> Result<BTreeMap<TicketId, Seal>, StoreError> {
    let root: Option<Root> = ledger.load_meta(loaded, ROOT.to_vec()).await?;
    let mut root = root.unwrap_or_default();
    let mut writes = Writes::new();
    let mut own = BTreeMap::new();
    for id in changed(ledger, &mut root, wanted).await? {
        let Some((sealed, is_new)) = extended(ledger, keyring, id).await? else { continue };
        if wanted.contains(&id) {
            own.insert(id, sealed);
        }
        if is_new {
            let leaf = Leaf { ticket: id, transactions: sealed.transactions, head: sealed.head };
            root.root = leaf.root(root.root);
            writes.push((leaf_key(root.number), value(&leaf)));
            root.number += 1;
            writes.push((sealed_key(id), value(&sealed)));
        }
    }
    writes.push((ROOT.to_vec(), value(&root)));
    loaded.sealing(writes);
    let seal = |id: &TicketId| {
        let own = own.get(id);
        let (transactions, head) =
            own.map_or_else(|| (0, Hash::default()), |own| (own.transactions, own.head));
        (*id, Seal { number: root.number, root: root.root, transactions, head })
    };
    Ok(wanted.iter().map(seal).collect())
}

fn value<T: Serialize>(record: &T) -> Value {
    serde_json::to_value(record).unwrap_or_default()
}

/// The tickets to look at: the wanted ones, and those behind the cursor, from the first again once
/// the last is passed.
async fn changed<S: Store>(
    ledger: &Ledger<S>,
    root: &mut Root,
    wanted: &BTreeSet<TicketId>,
) -> Result<Vec<TicketId>, StoreError> {
    let from = records::ticket(TicketId(root.cursor.0.saturating_add(1)));
    let range = Range { from: &from, to: &[], limit: SWEEP_MAX, reverse: false };
    let mut page = ledger.view().scan(Keyspace::Ticket, range).await?;
    if page.len() < SWEEP_MAX {
        let limit = SWEEP_MAX - page.len();
        let range = Range { from: &[], to: &from, limit, reverse: false };
        page.extend(ledger.view().scan(Keyspace::Ticket, range).await?);
    }
    let id = |key: &Key| key.as_slice().try_into().ok().map(u64::from_be_bytes).map(TicketId);
    let mut ids: Vec<TicketId> = page.iter().filter_map(|(key, _)| id(key)).collect();
    root.cursor = ids.last().copied().unwrap_or_default();
    ids.extend(
        wanted.iter().filter(|id| !page.iter().any(|(key, _)| *key == records::ticket(**id))),
    );
    Ok(ids)
}

/// A ticket's seal over its whole history, and whether that is more than was sealed.
async fn extended<S: Store>(
    ledger: &Ledger<S>,
    keyring: &Keyring,
    id: TicketId,
) -> Result<Option<(Sealed, bool)>, StoreError> {
    let known: Option<Sealed> = ledger.read(Keyspace::Meta, &sealed_key(id)).await?;
    let ticket: Option<Ticket> = ledger.read(Keyspace::Ticket, &records::ticket(id)).await?;
    let Some(ticket) = ticket else { return Ok(None) };
    if let Some(known) = known.filter(|known| known.transactions == ticket.transactions) {
        return Ok(Some((known, false)));
    }
    let start = known.unwrap_or_else(|| Sealed {
        transactions: 0,
        head: Hash::default(),
        salt: Hash::of(keyring.key(&["salt", &id.to_string()]).as_bytes()),
    });
    let records = history(ledger, id).await?;
    let rest = records.range(start.transactions + 1..);
    let mut sealed = start;
    for (sequence, record) in rest {
        let commitment = seal::commitment(&start.salt, *sequence, record);
        sealed.head = seal::head(sealed.head, &commitment);
        sealed.transactions = *sequence;
    }
    Ok(Some((sealed, sealed.transactions > start.transactions)))
}

/// The stored octets of a ticket's transactions, by number.
async fn history<S: Store>(
    ledger: &Ledger<S>,
    id: TicketId,
) -> Result<BTreeMap<u32, Vec<u8>>, StoreError> {
    let from = records::ticket(id);
    let to = records::behind(&from);
    let range = Range { from: &from, to: &to, limit: usize::MAX, reverse: false };
    let found = ledger.view().scan(Keyspace::Transaction, range).await?;
    let entry = |(key, value): (Key, Vec<u8>)| {
        let (_, number) = key.split_last_chunk::<4>()?;
        Some((u32::from_be_bytes(*number), record::content(&value)?.to_vec()))
    };
    Ok(found.into_iter().filter_map(entry).collect())
}

/// What is wrong, as sentences, and how many leaves were checked.
#[derive(Debug, Default)]
pub struct Findings {
    /// Each names what it is about.
    pub broken: Vec<String>,
    /// Leaves of the root.
    pub leaves: u64,
}

/// Reads every leaf and every sealed history again. With an anchor, also whether the root comes
/// out as it was mailed.
///
/// # Errors
/// What the store says.
pub async fn check<S: Store>(
    ledger: &Ledger<S>,
    anchor: Option<(TicketId, Seal)>,
) -> Result<Findings, StoreError> {
    let mut found = Findings::default();
    let root: Option<Root> = ledger.read(Keyspace::Meta, ROOT).await?;
    let root = root.unwrap_or_default();
    let (mut sum, mut last) = (Hash::default(), BTreeMap::new());
    let mut anchored = anchor.filter(|(_, seal)| seal.number == 0).map(|_| sum);
    for number in 0..root.number {
        let leaf: Option<Leaf> = ledger.read(Keyspace::Meta, &leaf_key(number)).await?;
        let Some(leaf) = leaf else {
            found.broken.push(format!("leaf {number} of the root is gone"));
            continue;
        };
        sum = leaf.root(sum);
        last.insert(leaf.ticket, leaf);
        found.leaves += 1;
        if anchor.is_some_and(|(_, seal)| seal.number == number + 1) {
            anchored = Some(sum);
        }
    }
    if sum != root.root {
        found.broken.push("the leaves do not add up to the root: one was changed".to_owned());
    }
    for (id, leaf) in &last {
        found.broken.extend(history_fault(ledger, *id, leaf.transactions, leaf.head).await?);
    }
    if let Some((ticket, seal)) = anchor {
        let before = found.broken.len();
        let fault = history_fault(ledger, ticket, seal.transactions, seal.head).await?;
        found.broken.extend(fault.filter(|fault| !found.broken.contains(fault)));
        found.broken.extend(root_fault(&root, &seal, anchored));
        if found.broken.len() > before && before == 0 {
            found.broken.push(
                "everything here agrees with itself and not with the mail: the chain was computed \
                 anew after the mail had left"
                    .to_owned(),
            );
        }
    }
    Ok(found)
}

fn root_fault(root: &Root, seal: &Seal, anchored: Option<Hash>) -> Option<String> {
    let number = seal.number;
    match anchored {
        Some(sum) if sum == seal.root => None,
        Some(sum) => Some(format!(
            "root {number} is {} in the mail and {} here: histories were changed",
            seal.root.short(),
            sum.short()
        )),
        None => Some(format!(
            "the mail knows root {number}, and here are only {}: the end is cut off",
            root.number
        )),
    }
}

/// What is wrong with the first transactions of a ticket, of which the head is known.
async fn history_fault<S: Store>(
    ledger: &Ledger<S>,
    id: TicketId,
    transactions: u32,
    head: Hash,
) -> Result<Option<String>, StoreError> {
    if transactions == 0 {
        return Ok(None);
    }
    let records = history(ledger, id).await?;
    let ticket: Option<Value> = ledger.read(Keyspace::Ticket, &records::ticket(id)).await?;
    if records.is_empty() || ticket.is_none() {
        return Ok(Some(format!("ticket {id} is gone: {transactions} transactions were sealed")));
    }
    let there = u32::try_from(records.range(1..=transactions).count()).unwrap_or(u32::MAX);
    if there < transactions {
        return Ok(Some(format!(
            "ticket {id}: {} of {transactions} sealed transactions are missing",
            transactions - there
        )));
    }
    let known: Option<Sealed> = ledger.read(Keyspace::Meta, &sealed_key(id)).await?;
    let Some(known) = known else { return Ok(Some(format!("ticket {id} lost its seal"))) };
    let kept: Option<Vec<Kept>> = ledger.read(Keyspace::Meta, &kept::key(id)).await?;
    let is_whole =
        kept::is_head(&kept.unwrap_or_default(), &known.salt, &records, transactions, head);
    let said = || format!("ticket {id}: one of its first {transactions} transactions was changed");
    Ok((!is_whole).then(said))
}

/// The ticket and seal of a sheet that was mailed out; of several in one mail the last, whose root
/// stands over the others.
///
/// # Errors
/// A sentence that says what the file lacks.
pub fn anchor(octets: &[u8], is_ours: impl Fn(&str) -> bool) -> Result<(TicketId, Seal), String> {
    let message = mail::parse(octets, &ReversePath::Unknown);
    let contents = message.attachments.iter().filter_map(|attachment| {
        let content = mail::attachment_content(octets, attachment.part)?;
        String::from_utf8(content).ok()
    });
    let texts = contents.chain([message.text.clone(), String::from_utf8_lossy(octets).into()]);
    let sheets = texts.into_iter().filter_map(|text| sheet::read(&text));
    let found = sheets.max_by_key(|(_, seal)| seal.number);
    let Some(found) = found else {
        return Err("this mail carries no decision sheet: take one with its attachment".into());
    };
    match &message.message_id {
        Some(id) if !is_ours(id) => {
            Err(format!("<{id}> is no mail of this site: its root says nothing about this data"))
        }
        _ => Ok(found),
    }
}

/// A line of `lotse audit` for what was found.
#[must_use]
pub fn row(found: &Findings, anchor: Option<(TicketId, Seal)>) -> Value {
    json!({
        "leaves": found.leaves,
        "anchor": anchor.map(|(ticket, seal)| json!({
            "ticket": ticket, "number": seal.number, "root": seal.root,
        })),
        "broken": found.broken,
    })
}
