//! The words that are erased, and how a text or record reads without them.
//!
//! Deliberately absent: which records and messages are looked at (`records`, `survey`).

use std::collections::BTreeSet;

use serde_json::Value;

use crate::types::{Address, PersonId};

/// Characters of the shortest name that is looked for within texts.
const NAME_CHARS_MIN: usize = 3;
/// Where the addresses live that stand for erased ones: a domain that cannot be (RFC 6761).
const NOWHERE: &str = "erased.invalid";

/// Who is erased, by every word that says so, and what stands in its place.
#[derive(Debug, Clone, Default)]
pub struct Words {
    addresses: BTreeSet<String>,
    names: BTreeSet<String>,
    id: Option<String>,
    subjects: BTreeSet<String>,
    pseudonym: String,
}

impl Words {
    /// Nobody yet, under the name of the erasure of this number.
    #[must_use]
    pub fn new(number: u64) -> Self {
        Self { pseudonym: format!("erased-{number}"), ..Self::default() }
    }

    /// What stands for whoever is erased.
    #[must_use]
    pub fn pseudonym(&self) -> &str {
        &self.pseudonym
    }

    /// Adds an address.
    pub fn add_address(&mut self, address: &Address) {
        self.addresses.insert(address.folded().to_owned());
    }

    /// Adds a name that people read, if it is long enough to be found within a text.
    pub fn add_name(&mut self, name: &str) {
        let name = name.trim().to_lowercase();
        let is_address = name.contains('@');
        if name.chars().count() >= NAME_CHARS_MIN && !is_address {
            self.names.insert(name);
        }
    }

    /// Adds the short name in the register.
    pub fn set_id(&mut self, id: &PersonId) {
        self.id = Some(id.to_string());
    }

    /// Adds the subject of a ticket that is erased, for records that repeat it.
    pub fn add_subject(&mut self, subject: &str) {
        if !subject.trim().is_empty() {
            self.subjects.insert(subject.trim().to_owned());
        }
    }

    /// Whether this is an address of whoever is erased.
    #[must_use]
    pub fn is_address(&self, address: &Address) -> bool {
        self.addresses.contains(address.folded())
    }

    /// Whether this is the short name of whoever is erased.
    #[must_use]
    pub fn is_id(&self, id: &str) -> bool {
        self.id.as_deref() == Some(id)
    }

    /// Whether a key holds an address or the short name as a part of its own.
    #[must_use]
    pub fn is_in_key(&self, key: &[u8]) -> bool {
        let key = String::from_utf8_lossy(key).to_lowercase();
        self.addresses.iter().chain(&self.id).any(|word| places(&key, word).next().is_some())
    }

    /// The text without these words; nothing if it holds none.
    #[must_use]
    pub fn cleaned(&self, text: &str) -> Option<String> {
        if self.id.as_deref() == Some(text) {
            return Some(self.pseudonym.clone());
        }
        let nowhere = format!("{}@{NOWHERE}", self.pseudonym);
        let mut clean: Option<String> = None;
        let addresses = self.addresses.iter().map(|address| (address, nowhere.as_str()));
        let names = self.names.iter().map(|name| (name, self.pseudonym.as_str()));
        for (word, instead) in addresses.chain(names) {
            let before = clean.as_deref().unwrap_or(text);
            if let Some(after) = replaced(before, word, instead) {
                clean = Some(after);
            }
        }
        clean
    }

    /// Whether a text holds one of these words.
    #[must_use]
    pub fn are_in(&self, text: &str) -> bool {
        let folded = text.to_lowercase();
        let mut words = self.addresses.iter().chain(&self.names);
        words.any(|word| places(&folded, word).next().is_some())
    }

    /// Whether a text is the subject of a ticket that is erased, tags and prefixes before it aside.
    #[must_use]
    pub fn is_subject(&self, text: &str) -> bool {
        self.subjects.iter().any(|subject| text.trim().ends_with(subject.as_str()))
    }

    /// Takes these words out of every string of a record, and out of its keys; whether there were
    /// any. Subjects are taken out as well where the record `repeats` them.
    pub fn clean(&self, value: &mut Value, repeats: bool) -> bool {
        match value {
            Value::String(text) => {
                let clean = if repeats && self.is_subject(text) {
                    Some(String::new())
                } else {
                    self.cleaned(text)
                };
                clean.map(|clean| *text = clean).is_some()
            }
            Value::Array(items) => {
                items.iter_mut().fold(false, |any, item| self.clean(item, repeats) | any)
            }
            Value::Object(fields) => {
                let mut any = self.clean_name(fields);
                let keys: Vec<_> = fields.keys().filter_map(|key| self.renamed(key)).collect();
                for (old, new) in keys {
                    any = true;
                    if let Some(value) = fields.remove(&old) {
                        fields.insert(new, value);
                    }
                }
                fields.values_mut().fold(any, |any, item| self.clean(item, repeats) | any)
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => false,
        }
    }

    /// The name beside an address that is erased, however short it is.
    fn clean_name(&self, fields: &mut serde_json::Map<String, Value>) -> bool {
        let address = fields.get("address").and_then(Value::as_str);
        let is_ours = address.is_some_and(|one| self.addresses.contains(&one.to_lowercase()));
        match fields.get_mut("name") {
            Some(Value::String(name)) if is_ours && !name.is_empty() => {
                name.clear();
                true
            }
            _ => false,
        }
    }

    fn renamed(&self, key: &str) -> Option<(String, String)> {
        self.cleaned(key).map(|new| (key.to_owned(), new))
    }
}

/// A text with a word replaced wherever it stands by itself, case aside; nothing if it does not.
fn replaced(text: &str, word: &str, instead: &str) -> Option<String> {
    let folded = text.to_lowercase();
    // Where folding changes lengths, places in one are none in the other.
    if folded.len() != text.len() {
        let found = places(&folded, word).next().is_some();
        return found.then(|| instead.to_owned());
    }
    let mut out = String::new();
    let mut end = 0;
    for at in places(&folded, word) {
        out.push_str(text.get(end..at)?);
        out.push_str(instead);
        end = at + word.len();
    }
    if end == 0 && out.is_empty() {
        return None;
    }
    out.push_str(text.get(end..)?);
    Some(out)
}

/// Where a word stands in a folded text by itself.
fn places<'a>(folded: &'a str, word: &'a str) -> impl Iterator<Item = usize> + 'a {
    folded.match_indices(word).filter_map(move |(at, _)| {
        let before = folded.get(..at).and_then(|text| text.chars().next_back());
        let behind = folded.get(at + word.len()..).and_then(|text| text.chars().next());
        let is_apart = |side: Option<char>| side.is_none_or(|c| !c.is_alphanumeric());
        (is_apart(before) && is_apart(behind)).then_some(at)
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn otto() -> Words {
        let mut words = Words::new(3);
        words.add_address(&Address::parse("Otto@Outside.example").unwrap());
        words.add_name("Otto Normal");
        words.add_name("Bo");
        words.set_id(&PersonId::new("otto"));
        words.add_subject("Mein Antrag");
        words
    }

    #[test]
    fn text_loses_addresses_and_names_and_nothing_else() {
        let words = otto();
        let clean = |text: &str| words.cleaned(text);
        assert_eq!(clean("otto writes to Bo"), None, "a short name within a text is a word");
        assert_eq!(
            clean("OTTO normal <otto@outside.example> schrieb").unwrap(),
            "erased-3 <erased-3@erased.invalid> schrieb"
        );
        assert_eq!(clean("Otto Normals Haus, notto@outside.example"), None);
        assert!(words.are_in("von Otto Normal.") && !words.are_in("von Otto"));
        assert_eq!(clean("Straße İ, Otto Normal").unwrap(), "erased-3", "folding moves places");
    }

    #[test]
    fn record_loses_them_wherever_they_stand() {
        let mut record = json!({
            "by": { "person": "otto" },
            "from": { "name": "Bo", "address": "otto@outside.example" },
            "votes": { "otto": "yes", "anna": "no" },
            "subject": "[nrw #17] Mein Antrag",
            "count": 7,
        });
        assert!(otto().clean(&mut record, false));
        assert_eq!(record["subject"], "[nrw #17] Mein Antrag");
        assert!(otto().clean(&mut record, true));
        let expected = json!({
            "by": { "person": "erased-3" },
            "from": { "name": "", "address": "erased-3@erased.invalid" },
            "votes": { "erased-3": "yes", "anna": "no" },
            "subject": "",
            "count": 7,
        });
        assert_eq!(record, expected);
        assert!(!otto().clean(&mut record, true), "nothing is left to take out");
    }
}
