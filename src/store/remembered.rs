//! What the engine said lately of single records, so that it is not asked again.
//!
//! A condition of a batch names what was read a moment ago, mostly that nothing is there; and an
//! engine that is writing lets nobody read (sled for as long as it applies a group). What is
//! remembered is exactly what the engine holds: whatever is about to be written is forgotten first,
//! and an answer that a write may have overtaken is not remembered. Deliberately absent: what waits
//! for the engine (`pending`), which is asked before.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::touched::Touched;
use super::{Key, Value};

/// Answers that are remembered.
const COUNT_MAX: usize = 16 << 10;
/// Octets of their keys and values.
const BYTES_MAX: usize = 8 << 20;
/// Octets of a value that is worth it.
const VALUE_BYTES_MAX: usize = 8 << 10;

/// Answers of one engine, by keys as on disk.
#[derive(Debug, Default)]
pub(crate) struct Remembered {
    answers: Mutex<Answers>,
    touched: Touched,
    begun: AtomicU64,
    completed: AtomicU64,
}

#[derive(Debug, Default)]
struct Answers {
    found: HashMap<Key, Option<Value>>,
    /// In the order in which they came.
    order: VecDeque<Key>,
    bytes: usize,
}

/// How many writes were over when the engine was asked.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asked(u64);

impl Remembered {
    /// The answer of the engine, if it is known.
    pub(crate) fn find(&self, place: &[u8]) -> Option<Option<Value>> {
        self.lock().found.get(place).cloned()
    }

    /// Now: to be noted before the engine is asked.
    pub(crate) fn asking(&self) -> Asked {
        self.touched.begin();
        Asked(self.completed.load(Ordering::SeqCst))
    }

    /// Remembers what the engine said, unless a write of this record began since.
    pub(crate) fn keep(&self, place: &[u8], value: Option<&Value>, asked: Asked) {
        if value.is_some_and(|value| value.len() > VALUE_BYTES_MAX) {
            return;
        }
        let (family, key) = parts(place);
        let mut answers = self.lock();
        // Behind the lock: who begins to write notes it first, and forgets with the lock.
        if self.touched.last(family, key) <= asked.0 {
            answers.keep(place, value);
        }
    }

    /// The engine is about to write these records.
    pub(crate) fn begin(&self, places: &[&Key]) {
        let number = self.begun.fetch_add(1, Ordering::SeqCst) + 1;
        for place in places {
            let (family, key) = parts(place);
            self.touched.note(family, key, number);
        }
        let mut answers = self.lock();
        for place in places {
            answers.forget(place);
        }
    }

    /// It has written them.
    pub(crate) fn complete(&self) {
        self.completed.store(self.begun.load(Ordering::SeqCst), Ordering::SeqCst);
    }

    fn lock(&self) -> MutexGuard<'_, Answers> {
        self.answers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Answers {
    fn keep(&mut self, place: &[u8], value: Option<&Value>) {
        let bytes = place.len() + value.map_or(0, Vec::len);
        if self.found.insert(place.to_vec(), value.cloned()).is_some() {
            return;
        }
        self.order.push_back(place.to_vec());
        self.bytes += bytes;
        while self.order.len() > COUNT_MAX || self.bytes > BYTES_MAX {
            let Some(oldest) = self.order.pop_front() else { break };
            self.forget(&oldest);
        }
    }

    fn forget(&mut self, place: &[u8]) {
        if let Some(value) = self.found.remove(place) {
            let bytes = place.len() + value.map_or(0, |value| value.len());
            self.bytes = self.bytes.saturating_sub(bytes);
        }
    }
}

fn parts(place: &[u8]) -> (u8, &[u8]) {
    place.split_first().map_or((0, place), |(family, key)| (*family, key))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(name: &str) -> Key {
        name.as_bytes().to_vec()
    }

    #[test]
    fn answer_that_a_write_may_have_overtaken_is_not_remembered() {
        let remembered = Remembered::default();
        let (old, new) = (place("old"), place("new"));
        let before = remembered.asking();
        remembered.keep(b"1a", Some(&old), before);
        assert_eq!(remembered.find(b"1a"), Some(Some(old.clone())));
        let places = place("1a");
        remembered.begin(&[&places]);
        assert_eq!(remembered.find(b"1a"), None, "it is being written");
        let meanwhile = remembered.asking();
        remembered.keep(b"1a", Some(&old), before);
        remembered.keep(b"1a", Some(&old), meanwhile);
        assert_eq!(remembered.find(b"1a"), None);
        remembered.keep(b"1b", None, meanwhile);
        assert_eq!(remembered.find(b"1b"), Some(None), "nobody writes that");
        remembered.complete();
        remembered.keep(b"1a", Some(&old), meanwhile);
        assert_eq!(remembered.find(b"1a"), None, "it was asked for before the end");
        remembered.keep(b"1a", Some(&new), remembered.asking());
        assert_eq!(remembered.find(b"1a"), Some(Some(new)));
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let remembered = Remembered::default();
        let asked = remembered.asking();
        for number in 0..COUNT_MAX + 10 {
            remembered.keep(&number.to_be_bytes(), None, asked);
        }
        let large = vec![0; VALUE_BYTES_MAX];
        for number in 0..2 * BYTES_MAX / VALUE_BYTES_MAX {
            remembered.keep(format!("large {number}").as_bytes(), Some(&large), asked);
        }
        let answers = remembered.lock();
        assert!(answers.bytes <= BYTES_MAX && answers.found.len() <= COUNT_MAX);
        let counted: usize = answers
            .found
            .iter()
            .map(|(place, value)| place.len() + value.as_ref().map_or(0, Vec::len))
            .sum();
        assert_eq!(answers.bytes, counted);
    }
}
