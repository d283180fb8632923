//! Which records were changed last by what, remembered in a table of fixed size.
//!
//! Deliberately absent: certainty. Two records may share a place, so that one that was not touched
//! is sometimes taken for one that was; never the other way round.

use std::hash::{DefaultHasher, Hasher};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

/// Places: a mail changes ten records, so that a hundred mails take one place in a hundred.
const PLACES: usize = 1 << 17;

/// For each record the number of the last change, or that of another with the same place here.
/// The table is made when it is first asked for.
#[derive(Debug, Default)]
pub(crate) struct Touched(OnceLock<Vec<AtomicU64>>);

impl Touched {
    /// From here on everything is noted.
    pub(crate) fn begin(&self) {
        self.0.get_or_init(|| std::iter::repeat_with(AtomicU64::default).take(PLACES).collect());
    }

    /// Notes that change `number` touched the record with this key, as it stands on disk.
    pub(crate) fn note(&self, family: u8, key: &[u8], number: u64) {
        if let Some(place) = self.place(family, key) {
            place.fetch_max(number, Ordering::SeqCst);
        }
    }

    /// The last change that touched it, or a later one.
    pub(crate) fn last(&self, family: u8, key: &[u8]) -> u64 {
        self.place(family, key).map_or(u64::MAX, |place| place.load(Ordering::SeqCst))
    }

    fn place(&self, family: u8, key: &[u8]) -> Option<&AtomicU64> {
        let places = self.0.get()?;
        let mut hasher = DefaultHasher::new();
        hasher.write_u8(family);
        hasher.write(key);
        places.get(usize::try_from(hasher.finish()).unwrap_or_default() % PLACES)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_noted_is_never_forgotten() {
        let touched = Touched::default();
        assert_eq!(touched.last(1, b"a"), u64::MAX, "nothing was noted before it began");
        touched.begin();
        assert_eq!(touched.last(1, b"a"), 0);
        for number in 1..2_000_u64 {
            touched.note(1, &number.to_be_bytes(), number);
        }
        assert!((1..2_000_u64).all(|number| touched.last(1, &number.to_be_bytes()) >= number));
        touched.note(1, &7_u64.to_be_bytes(), 3);
        assert!(touched.last(1, &7_u64.to_be_bytes()) >= 7);
    }
}
