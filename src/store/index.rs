//! The search index: which tickets hold which words, in sorted files beside the store.
//!
//! It is made from archive and store and can be made anew at any time, so nothing is ever restored
//! from it. New mail gathers in memory and is found there; a thousand mails become a file, eight
//! files of a size become one. Deliberately absent: what counts as a word (`search::terms`), who
//! may read what is found.

mod holders;

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::ops::Bound;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::store::index::holders::Holders;
use crate::types::{Position, TicketId};

/// Begins and ends every file.
const MAGIC: &[u8; 8] = b"lotsesx1";
/// Messages that gather in memory.
const GATHERED_MAX: usize = 1024;
/// Files of one size that become one.
const MERGED: usize = 8;
/// Terms between two that are kept at hand.
const STEP: u32 = 64;
/// Octets behind the last term of a file.
const FOOTER_BYTES: u64 = 36;
/// Terms that a prefix stands for at most.
const PREFIX_TERMS_MAX: usize = 4096;

/// A word that is looked for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Term {
    /// As it stands.
    Whole(String),
    /// Whatever begins with it.
    Prefix(String),
}

impl Term {
    fn is(&self, word: &str) -> bool {
        match self {
            Self::Whole(term) => term == word,
            Self::Prefix(start) => word.starts_with(start),
        }
    }

    const fn start(&self) -> &String {
        match self {
            Self::Whole(term) | Self::Prefix(term) => term,
        }
    }
}

/// The index of a data folder; clones are the same.
#[derive(Debug, Clone)]
pub struct Index {
    inner: Arc<Mutex<Inner>>,
}

#[derive(Debug)]
struct Inner {
    folder: PathBuf,
    files: Vec<Arc<Sorted>>,
    gathered: Gathered,
}

/// What is not in a file yet.
#[derive(Debug, Default)]
struct Gathered {
    terms: BTreeMap<String, BTreeSet<u64>>,
    messages: usize,
    /// The last message.
    last: u64,
}

impl Index {
    /// Opens the index in a folder; files that cannot be read are as if they were not there, and
    /// with them all that came behind.
    ///
    /// # Errors
    /// What the file system says.
    pub fn open(folder: &Path) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        let mut files: Vec<Arc<Sorted>> = Vec::new();
        let mut names = Vec::new();
        for entry in fs::read_dir(folder)? {
            names.push(entry?.path());
        }
        names.sort();
        for path in &names {
            match Sorted::open(path) {
                Some(file) => files.push(Arc::new(file)),
                None => fs::remove_file(path)?,
            }
        }
        // What was merged is contained in what it became; a gap is filled from the archive.
        files.sort_by_key(|file| (file.first, std::cmp::Reverse(file.last)));
        let mut next = 0;
        let mut kept: Vec<Arc<Sorted>> = Vec::new();
        for file in files {
            if file.first == next {
                next = file.last + 1;
                kept.push(file);
            } else {
                fs::remove_file(&file.path)?;
            }
        }
        let last = kept.last().map_or(0, |file| file.mark);
        let gathered = Gathered { last, ..Gathered::default() };
        let inner = Inner { folder: folder.to_owned(), files: kept, gathered };
        Ok(Self { inner: Arc::new(Mutex::new(inner)) })
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The last message that it knows.
    #[must_use]
    pub fn last(&self) -> Position {
        Position(self.lock().gathered.last)
    }

    /// Adds the terms of a message on these tickets; a full memory becomes a file.
    ///
    /// # Errors
    /// What the file system says; what is in memory stays there.
    pub fn add(
        &self,
        position: Position,
        tickets: &[TicketId],
        terms: impl IntoIterator<Item = String>,
    ) -> io::Result<()> {
        let mut inner = self.lock();
        let gathered = &mut inner.gathered;
        for term in terms {
            gathered.terms.entry(term).or_default().extend(tickets.iter().map(|id| id.0));
        }
        gathered.messages += 1;
        gathered.last = gathered.last.max(position.0);
        if gathered.messages >= GATHERED_MAX { inner.write() } else { Ok(()) }
    }

    /// Writes what is in memory to a file.
    ///
    /// # Errors
    /// What the file system says.
    pub fn flush(&self) -> io::Result<()> {
        self.lock().write()
    }

    /// The tickets that hold every one of these terms, ascending.
    ///
    /// The rarest term is taken first; of the others only that is kept which is among what is left.
    ///
    /// # Errors
    /// What the file system says.
    pub fn find(&self, terms: &[Term]) -> io::Result<Vec<TicketId>> {
        let (files, gathered) = {
            let inner = self.lock();
            let here = terms.iter().map(|term| inner.gathered.find(term));
            (inner.files.clone(), here.collect::<Vec<Vec<u64>>>())
        };
        let mut holders = Vec::new();
        for (term, here) in terms.iter().zip(gathered) {
            let mut filed = Vec::new();
            for file in &files {
                file.find(term, &mut filed)?;
            }
            holders.push(Holders { filed, here });
        }
        holders.sort_by_key(Holders::octets);
        let mut holders = holders.into_iter();
        let mut common = holders.next().map(|rarest| rarest.all()).unwrap_or_default();
        for next in holders {
            next.keep(&mut common);
        }
        Ok(common.into_iter().map(TicketId).collect())
    }
}

impl Gathered {
    fn find(&self, term: &Term) -> Vec<u64> {
        let from = (Bound::Included(term.start().clone()), Bound::Unbounded);
        let range = self.terms.range::<String, _>(from).take_while(|(word, _)| term.is(word));
        range.take(PREFIX_TERMS_MAX).flat_map(|(_, tickets)| tickets.iter().copied()).collect()
    }
}

impl Inner {
    fn write(&mut self) -> io::Result<()> {
        if self.gathered.messages == 0 {
            return Ok(());
        }
        let first = self.files.last().map_or(0, |file| file.last + 1);
        let mut writer = SortedWriter::begin(&self.folder, first, first)?;
        for (term, tickets) in &self.gathered.terms {
            writer.push(term, &tickets.iter().copied().collect::<Vec<_>>())?;
        }
        let file = writer.finish(self.gathered.last)?;
        let last = self.gathered.last;
        self.gathered = Gathered { last, ..Gathered::default() };
        self.files.push(Arc::new(file));
        self.merge()
    }

    /// Makes one file of the last ones while there are so many of a size.
    fn merge(&mut self) -> io::Result<()> {
        loop {
            let Some(size) = self.files.last().map(|file| file.blocks()) else { return Ok(()) };
            let alike = self.files.iter().rev().take_while(|file| file.blocks() == size).count();
            if alike < MERGED {
                return Ok(());
            }
            let old = self.files.split_off(self.files.len() - alike);
            let merged = merged(&self.folder, &old)?;
            self.files.push(Arc::new(merged));
            for file in old {
                fs::remove_file(&file.path)?;
            }
        }
    }
}

/// One file that holds what several held.
fn merged(folder: &Path, old: &[Arc<Sorted>]) -> io::Result<Sorted> {
    let ends = old.first().zip(old.last());
    let Some((first, last)) = ends else { return Err(io::ErrorKind::NotFound.into()) };
    let mut writer = SortedWriter::begin(folder, first.first, last.last)?;
    let mut cursors = Vec::new();
    for file in old {
        cursors.push(Cursor::begin(file)?);
    }
    loop {
        let least = cursors.iter().filter_map(|cursor| cursor.term()).min().map(str::to_owned);
        let Some(term) = least else { break };
        let mut tickets = Vec::new();
        for cursor in &mut cursors {
            if cursor.term() == Some(term.as_str()) {
                tickets.append(&mut cursor.next()?);
            }
        }
        tickets.sort_unstable();
        tickets.dedup();
        writer.push(&term, &tickets)?;
    }
    writer.finish(last.mark)
}

/// A file of terms in order, each with its tickets.
#[derive(Debug)]
struct Sorted {
    path: PathBuf,
    file: File,
    /// The blocks of a thousand messages that it holds, the first and the last.
    first: u64,
    last: u64,
    /// The last message in it.
    mark: u64,
    /// Where its terms end.
    end: u64,
    /// Every so many-th term, and where it stands.
    steps: Vec<(String, u64)>,
}

impl Sorted {
    const fn blocks(&self) -> u64 {
        self.last - self.first + 1
    }

    /// Opens a file; nothing if it is none, or not whole.
    fn open(path: &Path) -> Option<Self> {
        let name = path.file_name()?.to_str()?.strip_suffix(".terms")?;
        let (first, last) = name.split_once('-')?;
        let (first, last) = (first.parse().ok()?, last.parse().ok()?);
        let file = File::open(path).ok()?;
        let bytes = file.metadata().ok()?.len();
        let at = bytes.checked_sub(FOOTER_BYTES)?;
        let mut footer = [0; 36];
        file.read_exact_at(&mut footer, at).ok()?;
        let number = |from: usize| {
            let octets = footer.get(from..from + 8)?.first_chunk::<8>()?;
            Some(u64::from_be_bytes(*octets))
        };
        let (end, mark, sum) = (number(0)?, number(8)?, number(16)?);
        if footer.get(28..) != Some(MAGIC) || end > at || first > last {
            return None;
        }
        let mut table = vec![0; usize::try_from(at - end).ok()?];
        file.read_exact_at(&mut table, end).ok()?;
        if u64::from(crc32fast::hash(&table)) != sum {
            return None;
        }
        let mut steps = Vec::new();
        let mut rest = table.as_slice();
        while !rest.is_empty() {
            let term = take_term(&mut rest)?;
            steps.push((term, take_number(&mut rest)?));
        }
        Some(Self { path: path.to_owned(), file, first, last, mark, end, steps })
    }

    /// Adds the lists of tickets of a term.
    fn find(&self, term: &Term, found: &mut Vec<Vec<u8>>) -> io::Result<()> {
        let behind = self.steps.partition_point(|(step, _)| step <= term.start());
        let mut step = behind.saturating_sub(1);
        let mut seen = 0;
        while let Some((_, from)) = self.steps.get(step) {
            let to = self.steps.get(step + 1).map_or(self.end, |(_, to)| *to);
            let mut octets = vec![0; usize::try_from(to.saturating_sub(*from)).unwrap_or(0)];
            self.file.read_exact_at(&mut octets, *from)?;
            let mut rest = octets.as_slice();
            while !rest.is_empty() {
                let (word, tickets) = take_entry(&mut rest).ok_or_else(damaged)?;
                if term.is(&word) {
                    seen += 1;
                    found.push(tickets.to_vec());
                } else if word.as_str() > term.start().as_str() {
                    return Ok(());
                }
                if seen >= PREFIX_TERMS_MAX {
                    return Ok(());
                }
            }
            step += 1;
        }
        Ok(())
    }
}

fn damaged() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "a damaged file of the search index")
}

/// Reads a file from its first term to its last.
struct Cursor<'a> {
    reader: io::Take<BufReader<&'a File>>,
    next: Option<(String, Vec<u64>)>,
}

impl<'a> Cursor<'a> {
    fn begin(sorted: &'a Sorted) -> io::Result<Self> {
        let mut file = &sorted.file;
        file.seek(SeekFrom::Start(0))?;
        let reader = BufReader::with_capacity(1 << 18, file).take(sorted.end);
        let mut cursor = Self { reader, next: None };
        cursor.next()?;
        Ok(cursor)
    }

    fn term(&self) -> Option<&str> {
        self.next.as_ref().map(|(term, _)| term.as_str())
    }

    /// The tickets of the present term; goes on to the next.
    fn next(&mut self) -> io::Result<Vec<u64>> {
        let mut length = [0];
        let next = match self.reader.read(&mut length)? {
            0 => None,
            _ => {
                let [length] = length;
                let mut term = vec![0; usize::from(length)];
                self.reader.read_exact(&mut term)?;
                let mut bytes = [0; 4];
                self.reader.read_exact(&mut bytes)?;
                let bytes = usize::try_from(u32::from_be_bytes(bytes)).unwrap_or(0);
                let mut tickets = vec![0; bytes];
                self.reader.read_exact(&mut tickets)?;
                let term = String::from_utf8(term).map_err(|_not_ours| damaged())?;
                Some((term, tickets_of(&tickets).collect()))
            }
        };
        let before = std::mem::replace(&mut self.next, next);
        Ok(before.map(|(_, tickets)| tickets).unwrap_or_default())
    }
}

/// Writes a file of terms in order.
struct SortedWriter {
    path: PathBuf,
    making: PathBuf,
    out: BufWriter<File>,
    at: u64,
    count: u32,
    table: Vec<u8>,
}

impl SortedWriter {
    fn begin(folder: &Path, first: u64, last: u64) -> io::Result<Self> {
        let path = folder.join(format!("{first:010}-{last:010}.terms"));
        let making = path.with_extension("making");
        let out = BufWriter::with_capacity(1 << 18, File::create(&making)?);
        Ok(Self { path, making, out, at: 0, count: 0, table: Vec::new() })
    }

    fn push(&mut self, term: &str, tickets: &[u64]) -> io::Result<()> {
        let Ok(length) = u8::try_from(term.len()) else { return Ok(()) };
        if self.count.is_multiple_of(STEP) {
            self.table.push(length);
            self.table.extend_from_slice(term.as_bytes());
            self.table.extend_from_slice(&self.at.to_be_bytes());
        }
        self.count += 1;
        let mut deltas = Vec::with_capacity(tickets.len() * 2);
        let mut before = 0;
        for ticket in tickets {
            push_varint(&mut deltas, ticket - before);
            before = *ticket;
        }
        let bytes = u32::try_from(deltas.len()).unwrap_or(u32::MAX);
        self.out.write_all(&[length])?;
        self.out.write_all(term.as_bytes())?;
        self.out.write_all(&bytes.to_be_bytes())?;
        self.out.write_all(&deltas)?;
        self.at += 5 + term.len() as u64 + deltas.len() as u64;
        Ok(())
    }

    fn finish(mut self, mark: u64) -> io::Result<Sorted> {
        let sum = u64::from(crc32fast::hash(&self.table));
        self.out.write_all(&self.table)?;
        for number in [self.at, mark, sum] {
            self.out.write_all(&number.to_be_bytes())?;
        }
        self.out.write_all(&self.count.to_be_bytes())?;
        self.out.write_all(MAGIC)?;
        self.out.flush()?;
        self.out.get_ref().sync_all()?;
        fs::rename(&self.making, &self.path)?;
        Sorted::open(&self.path).ok_or_else(damaged)
    }
}

fn take_term(rest: &mut &[u8]) -> Option<String> {
    let (&length, behind) = rest.split_first()?;
    let (term, behind) = behind.split_at_checked(usize::from(length))?;
    *rest = behind;
    String::from_utf8(term.to_vec()).ok()
}

fn take_number(rest: &mut &[u8]) -> Option<u64> {
    let (number, behind) = rest.split_first_chunk::<8>()?;
    *rest = behind;
    Some(u64::from_be_bytes(*number))
}

fn take_entry<'a>(rest: &mut &'a [u8]) -> Option<(String, &'a [u8])> {
    let term = take_term(rest)?;
    let (bytes, behind) = rest.split_first_chunk::<4>()?;
    let bytes = usize::try_from(u32::from_be_bytes(*bytes)).ok()?;
    let (tickets, behind) = behind.split_at_checked(bytes)?;
    *rest = behind;
    Some((term, tickets))
}

fn push_varint(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(number.to_le_bytes()[0] | 0x80);
        number >>= 7;
    }
    out.push(number.to_le_bytes()[0]);
}

fn tickets_of(mut octets: &[u8]) -> impl Iterator<Item = u64> + '_ {
    let mut before: u64 = 0;
    std::iter::from_fn(move || {
        let (mut number, mut shift) = (0_u64, 0_u32);
        loop {
            let (&octet, behind) = octets.split_first()?;
            octets = behind;
            number |= u64::from(octet & 0x7f).checked_shl(shift).unwrap_or(0);
            shift += 7;
            if octet < 0x80 {
                before = before.wrapping_add(number);
                return Some(before);
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(of: &[&str]) -> Vec<String> {
        of.iter().map(|word| (*word).to_owned()).collect()
    }

    fn whole(word: &str) -> Term {
        Term::Whole(word.to_owned())
    }

    fn found(index: &Index, terms: &[Term]) -> Vec<u64> {
        index.find(terms).unwrap().into_iter().map(|id| id.0).collect()
    }

    #[test]
    fn tickets_are_found_in_memory_and_in_files_and_after_a_start() {
        let folder = tempfile::tempdir().unwrap();
        let index = Index::open(folder.path()).unwrap();
        let count = 20 * u64::try_from(GATHERED_MAX).unwrap() + 10;
        for number in 1..=count {
            let own = format!("wort{number:06}");
            let parity = if number % 2 == 0 { "gerade" } else { "ungerade" };
            let terms = words(&["alle", &own, parity]);
            index.add(Position(number * 10), &[TicketId(number)], terms).unwrap();
        }
        let files = index.lock().files.len();
        assert!(files < 2 * MERGED, "{files} files are left");
        for index in [index.clone(), {
            index.flush().unwrap();
            Index::open(folder.path()).unwrap()
        }] {
            assert_eq!(found(&index, &[whole("alle")]).len() as u64, count);
            assert_eq!(found(&index, &[whole("wort000777")]), [777]);
            assert_eq!(found(&index, &[whole("wort000777"), whole("gerade")]), [0; 0]);
            assert_eq!(found(&index, &[whole("wort00077")]), [0; 0]);
            let prefix = Term::Prefix("wort00077".to_owned());
            assert_eq!(found(&index, &[prefix, whole("gerade")]), [770, 772, 774, 776, 778]);
            assert_eq!(found(&index, &[]), [0; 0]);
            assert_eq!(index.last(), Position(count * 10));
        }
    }

    #[test]
    fn torn_file_is_forgotten_with_what_came_behind() {
        let folder = tempfile::tempdir().unwrap();
        let index = Index::open(folder.path()).unwrap();
        for number in 1..=3 {
            index.add(Position(number), &[TicketId(number)], words(&["wort"])).unwrap();
            index.flush().unwrap();
        }
        let path = index.lock().files[1].path.clone();
        File::options().write(true).open(&path).unwrap().set_len(20).unwrap();
        let index = Index::open(folder.path()).unwrap();
        assert_eq!(found(&index, &[whole("wort")]), [1]);
        assert_eq!(index.last(), Position(1), "the archive fills the rest");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
