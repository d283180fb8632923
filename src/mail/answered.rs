//! Our own text found again in an answer, whatever the program did to it.
//!
//! Both texts are read as words. A line that is a run of our words is ours; a short line is ours
//! only beside another in the same place. Each word of ours is found once, from below, so that a
//! line of ours that somebody typed anew above the quote stays theirs.
//! Deliberately absent: quote marks and header blocks, which `quote` and `history` know.

use std::collections::{BTreeMap, BTreeSet};

use crate::mail::quote::{Line, Part, is_blank, without_marks};

/// Words of ours that are looked at.
const WORDS_MAX: usize = 20_000;
/// Places of three words that are tried for one line.
const PLACES_MAX: usize = 16;
/// Places of three words that are looked at, taken or not.
const PLACES_SEEN_MAX: usize = 256;
/// Words that a line needs to be found by itself.
const RUN_MIN: usize = 3;
/// Words of a label.
const LABEL_WORDS_MAX: usize = 10;
/// Octets of a link that a program added.
const LINK_BYTES_MAX: usize = 2_000;
/// Words in one line that show a quote without a second line.
const LONG_MIN: usize = 12;

/// What was found of our text.
#[derive(Default)]
pub(super) struct Found {
    /// One for each line.
    pub(super) matches: Vec<Match>,
    /// Whether half of our words or more were found: what stands between was typed there.
    pub(super) is_complete: bool,
}

/// What a line is to our text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Match {
    /// Not ours.
    Foreign,
    /// Ours.
    Ours,
    /// Nearly ours: a program changed a word.
    Similar,
    /// A label of ours with something filled in behind it.
    FilledIn,
    /// Nothing to be seen.
    Blank,
}

/// Our text as words.
pub(super) struct Answered {
    /// Where three words stand, from the last place to the first.
    places: BTreeMap<[u64; 3], Vec<usize>>,
    hashes: Vec<u64>,
    /// Labels of ours, the words before a colon, with what stood behind it.
    labels: BTreeMap<Vec<String>, BTreeSet<Vec<String>>>,
}

impl Answered {
    /// Reads our text.
    pub(super) fn new(text: &str) -> Self {
        let hashes: Vec<u64> = words(text).take(WORDS_MAX).map(|word| hash(&word)).collect();
        let mut places: BTreeMap<[u64; 3], Vec<usize>> = BTreeMap::new();
        for (at, window) in hashes.windows(RUN_MIN).enumerate().rev() {
            if let [a, b, c] = window {
                places.entry([*a, *b, *c]).or_default().push(at);
            }
        }
        let mut labels: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
        for (name, value) in text.lines().take(WORDS_MAX).filter_map(label) {
            labels.entry(name).or_default().insert(value);
        }
        Self { places, hashes, labels }
    }

    /// What each line is to our text. Nothing is ours unless two lines are, or a long or
    /// marked one, or one that is most of our text.
    pub(super) fn find(&self, lines: &[Line<'_>]) -> Found {
        let read: Vec<Vec<u64>> = lines
            .iter()
            .map(|line| words(line.text).take(WORDS_MAX).map(|word| hash(&word)).collect())
            .collect();
        let mut taken = vec![false; self.hashes.len()];
        let mut places: Vec<Option<(usize, usize)>> = vec![None; lines.len()];
        for (index, run) in read.iter().enumerate().rev() {
            if run.len() < RUN_MIN {
                continue;
            }
            let below = places.get(index + 1..).unwrap_or_default();
            let next = below.iter().take(8).find_map(|place| place.map(|(start, _)| start));
            if let Some(start) = self.place(run, &taken, next) {
                take(&mut taken, start, run.len());
                if let Some(place) = places.get_mut(index) {
                    *place = Some((start, start + run.len()));
                }
            }
        }
        let found = places.iter().flatten();
        let count: usize = found.clone().map(|(start, end)| end - start).sum();
        let is_marked = lines
            .iter()
            .zip(&places)
            .any(|(line, place)| place.is_some() && line.part == Part::Quoted);
        let is_quoted = is_marked
            || found.clone().count() >= 2
            || count >= LONG_MIN
            || count * 2 > self.hashes.len();
        if !is_quoted {
            return Found { matches: Vec::new(), is_complete: false };
        }
        self.find_short(&read, &mut places, &mut taken);
        let judged = lines.iter().zip(&read).zip(&places);
        let matches =
            judged.map(|((line, run), place)| self.judge(line, run, place.is_some())).collect();
        let count = taken.iter().filter(|is_taken| **is_taken).count();
        Found { matches, is_complete: count * 2 >= self.hashes.len() }
    }

    /// Where this run of words stands in ours and is not yet taken: next to the line below if it
    /// can, else the last place.
    fn place(&self, run: &[u64], taken: &[bool], next: Option<usize>) -> Option<usize> {
        let first: [u64; 3] = run.get(..RUN_MIN)?.try_into().ok()?;
        let places = self.places.get(&first)?;
        let fits = |start: &&usize| self.stands_at(run, **start, taken);
        let beside = next.and_then(|next| next.checked_sub(run.len()));
        if let Some(beside) = beside.filter(|start| fits(&start)) {
            return Some(beside);
        }
        let free = places.iter().take(PLACES_SEEN_MAX).filter(|start| !is_taken(taken, **start));
        free.take(PLACES_MAX).find(fits).copied()
    }

    fn stands_at(&self, run: &[u64], start: usize, taken: &[bool]) -> bool {
        let range = start..start + run.len();
        self.hashes.get(range.clone()).is_some_and(|ours| ours == run)
            && taken.get(range).is_some_and(|taken| !taken.contains(&true))
    }

    /// Short lines are ours where the line beside them is, and the words are beside each other.
    fn find_short(
        &self,
        read: &[Vec<u64>],
        places: &mut [Option<(usize, usize)>],
        taken: &mut [bool],
    ) {
        let mut edge = None;
        for index in (0..read.len()).rev() {
            let run = read.get(index).map(Vec::as_slice).unwrap_or_default();
            let Some(place) = places.get_mut(index) else { continue };
            if run.is_empty() {
                continue;
            }
            let start = edge.and_then(|next: usize| next.checked_sub(run.len()));
            if place.is_none()
                && let Some(start) = start.filter(|start| self.stands_at(run, *start, taken))
            {
                take(taken, start, run.len());
                *place = Some((start, start + run.len()));
            }
            edge = place.map(|(start, _)| start);
        }
        let mut edge = None;
        for (run, place) in read.iter().zip(places) {
            if run.is_empty() {
                continue;
            }
            if place.is_none()
                && let Some(start) = edge.filter(|start| self.stands_at(run, *start, taken))
            {
                take(taken, start, run.len());
                *place = Some((start, start + run.len()));
            }
            edge = place.map(|(_, end)| end);
        }
    }

    fn judge(&self, line: &Line<'_>, run: &[u64], is_ours: bool) -> Match {
        if is_blank(line.text) {
            return Match::Blank;
        }
        if is_ours {
            return Match::Ours;
        }
        if self.is_filled_in(line) {
            return Match::FilledIn;
        }
        let is_known = |window: &[u64]| {
            <[u64; 3]>::try_from(window).is_ok_and(|key| self.places.contains_key(&key))
        };
        let windows = run.windows(RUN_MIN);
        let known = windows.clone().filter(|window| is_known(window)).count();
        // What ends in other words has an answer typed behind it.
        let is_similar = known * 2 >= windows.len() && windows.last().is_some_and(is_known);
        if is_similar { Match::Similar } else { Match::Foreign }
    }

    /// `Name: Otto` where our text had `Name:`.
    fn is_filled_in(&self, line: &Line<'_>) -> bool {
        let is_deep = line.part == Part::Quoted && line.text.matches('>').take(2).count() == 2;
        if is_deep || line.text.contains('!') && without_marks(line.text).starts_with('!') {
            return false;
        }
        label(line.text).is_some_and(|(name, value)| {
            !value.is_empty() && self.labels.get(&name).is_some_and(|ours| !ours.contains(&value))
        })
    }
}

fn is_taken(taken: &[bool], at: usize) -> bool {
    taken.get(at).copied().unwrap_or(true)
}

fn take(taken: &mut [bool], start: usize, count: usize) {
    for word in taken.get_mut(start..start + count).unwrap_or_default() {
        *word = true;
    }
}

/// The words before the first colon, and those behind it.
fn label(line: &str) -> Option<(Vec<String>, Vec<String>)> {
    let (name, value) = line.split_once([':', '\u{ff1a}'])?;
    let name: Vec<String> = words(name).take(LABEL_WORDS_MAX + 1).collect();
    let is_label = (1..=LABEL_WORDS_MAX).contains(&name.len());
    is_label.then(|| (name, words(value).take(WORDS_MAX).collect()))
}

/// Words in lower case; what programs put behind a link or an address is left out.
fn words(text: &str) -> impl Iterator<Item = String> {
    let text = without_links(text).to_lowercase();
    let mut words = Vec::new();
    for word in text.split(|c: char| !c.is_alphanumeric()) {
        // Scripts without spaces are read by character, because their lines break anywhere.
        if word.chars().any(|c| ('\u{3040}'..='\u{9fff}').contains(&c)) {
            words.extend(word.chars().map(String::from));
        } else if !word.is_empty() {
            words.push(word.to_owned());
        }
    }
    words.into_iter()
}

/// The text without `<mailto:..>`, `<http..>` and `[http..]`, as programs add them.
fn without_links(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(['<', '[']) {
        let (before, from) = rest.split_at_checked(at).unwrap_or((rest, ""));
        kept.push_str(before);
        let inner = from.get(1..).unwrap_or_default();
        let is_link = inner.starts_with("mailto:") || inner.starts_with("http");
        let mut near = inner.bytes().take(LINK_BYTES_MAX);
        let end = if is_link { near.position(|byte| matches!(byte, b'>' | b']')) } else { None };
        kept.push(' ');
        rest = inner.get(end.map_or(0, |end| end + 1)..).unwrap_or_default();
    }
    kept.push_str(rest);
    kept
}

/// FNV-1a: equal words, equal numbers, on every machine. Collisions cost a line its place only.
fn hash(word: &str) -> u64 {
    word.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
