//! Procedures that changed while requests of theirs run: each request keeps the text that it began
//! with, and whoever changes a procedure reads how many do.
//!
//! Deliberately absent: what a request does with its procedure (`ticket::procedure`).

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};

use crate::daemon::ledger::Ledger;
use crate::daemon::records;
use crate::desk::Procedure;
use crate::store::{Keyspace, Range, Store, StoreError};
use crate::ticket::Ticket;
use crate::types::TicketId;

/// Ticket numbers that a sentence names.
const SHOWN_MAX: usize = 5;

/// Every text of a procedure that running requests keep, with their tickets.
///
/// # Errors
/// What the store says.
pub async fn running<S: Store>(ledger: &Ledger<S>) -> Result<Vec<Value>, StoreError> {
    let from = records::SHELVES_OF_REQUESTS;
    let to = records::behind(from);
    let range = Range { from, to: &to, limit: usize::MAX, reverse: false };
    let mut texts: BTreeMap<(String, String), Vec<TicketId>> = BTreeMap::new();
    for (key, _) in ledger.view().scan(Keyspace::Index, range).await? {
        let Some((_, id)) = records::read_shelved(&key) else { continue };
        let ticket: Option<Ticket> = ledger.read(Keyspace::Ticket, &records::ticket(id)).await?;
        let Some(request) = ticket.and_then(|ticket| ticket.request) else { continue };
        let text = serde_json::to_string(&*request.procedure).unwrap_or_default();
        texts.entry((request.procedure.name.clone(), text)).or_default().push(id);
    }
    let row = |((name, text), mut tickets): ((String, String), Vec<TicketId>)| {
        tickets.sort_unstable();
        let text: Value = serde_json::from_str(&text).unwrap_or_default();
        json!({ "procedure": name, "text": text, "tickets": tickets })
    };
    Ok(texts.into_iter().map(row).collect())
}

/// A sentence for each procedure of the settings that is not what running requests began with;
/// `rows` are those of [`running`].
#[must_use]
pub fn sentences(rows: &[Value], procedures: &BTreeMap<String, Arc<Procedure>>) -> Vec<String> {
    let mut kept: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    for row in rows {
        let text = row.get("text").cloned().unwrap_or_default();
        let Ok(began_with) = serde_json::from_value::<Procedure>(text) else { continue };
        let name = began_with.name.clone();
        if procedures.get(&name).is_some_and(|procedure| **procedure == began_with) {
            continue;
        }
        let tickets = row.get("tickets").and_then(Value::as_array).into_iter().flatten();
        kept.entry(name).or_default().extend(tickets.filter_map(Value::as_u64));
    }
    let said = kept.into_iter().map(|(name, mut tickets)| {
        tickets.sort_unstable();
        let (count, numbers) = (tickets.len(), numbers(&tickets));
        let keep = match count {
            1 => "1 running request keeps".to_owned(),
            count => format!("{count} running requests keep"),
        };
        let old = if procedures.contains_key(&name) { "the old text" } else { "its last text" };
        let gone = if procedures.contains_key(&name) { "" } else { " has no file any more" };
        format!("procedure `{name}`{gone}: {keep} {old}: {numbers}")
    });
    said.collect()
}

/// `17, 23, 41 and 9 more`
fn numbers(tickets: &[u64]) -> String {
    let shown: Vec<String> = tickets.iter().take(SHOWN_MAX).map(u64::to_string).collect();
    let shown = shown.join(", ");
    match tickets.len().saturating_sub(SHOWN_MAX) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn procedure(name: &str, queue: &str) -> Procedure {
        Procedure::parse(&format!("name = \"{name}\"\nqueue = \"{queue}\"\n")).unwrap()
    }

    fn row(procedure: &Procedure, tickets: &[u64]) -> Value {
        json!({ "procedure": procedure.name, "text": procedure, "tickets": tickets })
    }

    #[test]
    fn requests_that_keep_another_text_are_counted() {
        let (old, older) = (procedure("key", "a"), procedure("key", "b"));
        let (new, gone) = (procedure("key", "c"), procedure("loan", "a"));
        let rows = [
            row(&old, &[7, 3, 9, 12]),
            row(&older, &[1, 2]),
            row(&new, &[20, 21]),
            row(&gone, &[5]),
        ];
        let procedures = BTreeMap::from([("key".to_owned(), Arc::new(new))]);
        assert_eq!(
            sentences(&rows, &procedures),
            [
                "procedure `key`: 6 running requests keep the old text: 1, 2, 3, 7, 9 and 1 more",
                "procedure `loan` has no file any more: 1 running request keeps its last text: 5",
            ]
        );
        assert_eq!(sentences(&rows[2..3], &procedures), Vec::<String>::new());
    }
}
