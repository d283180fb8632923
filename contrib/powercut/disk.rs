//! A disk and what the system holds back from it, up to the moment when the power goes.
//!
//! Deliberately absent: recordings and folders (`replay.rs`), what files mean.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};

const SECTOR: usize = 512;
const SECTORS_IN_PAGE: usize = 8;

/// One thing that the program did, in the order of effects. Paths are relative to the folder.
#[derive(Debug)]
pub(crate) enum Operation {
    Create {
        inode: u64,
        path: PathBuf,
    },
    Write {
        inode: u64,
        at: usize,
        bytes: Vec<u8>,
    },
    Size {
        inode: u64,
        length: usize,
    },
    Rename {
        from: PathBuf,
        to: PathBuf,
    },
    Link {
        from: PathBuf,
        to: PathBuf,
    },
    Unlink {
        path: PathBuf,
    },
    MakeFolder {
        path: PathBuf,
    },
    SyncBegin {
        inode: u64,
        descriptor: usize,
    },
    SyncEnd {
        inode: u64,
        descriptor: usize,
        folder: Option<PathBuf>,
    },
    Ack(Vec<u8>),
    /// A process begins; what the one before was in the midst of was never answered.
    Start,
}

/// A change of a file's content that may not be on the disk yet.
#[derive(Debug)]
enum Change {
    Write { at: usize, bytes: Vec<u8> },
    Size(usize),
}

#[derive(Debug, Default)]
struct File {
    durable: Vec<u8>,
    pending: Vec<(usize, Change)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Node {
    Folder,
    File(usize),
}

/// A name that came or went, with the folder whose sync makes that durable.
#[derive(Debug)]
struct NameChange {
    index: usize,
    folder: PathBuf,
    path: PathBuf,
    node: Option<Node>,
    is_durable: bool,
}

/// How names of files become durable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Naming {
    /// In order; each sync completes all before it (ext4).
    Journal,
    /// Only by a sync of their folder, in any order (POSIX).
    Loose,
}

/// What is kept of the content that no sync has covered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Keeping {
    Nothing,
    AnyPages,
    OrderedPrefix,
    AllButSomePages,
}

/// Numbers that look like luck and follow from a seed (splitmix64).
#[derive(Debug)]
pub(crate) struct Luck(pub(crate) u64);

impl Luck {
    fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number from zero to `most`, both included.
    pub(crate) fn up_to(&mut self, most: usize) -> usize {
        let numbers = u64::try_from(most).map_or(u64::MAX, |most| most.saturating_add(1));
        usize::try_from(self.number() % numbers).unwrap_or(most)
    }

    pub(crate) fn one_in(&mut self, count: usize) -> bool {
        self.up_to(count.saturating_sub(1)) == 0
    }
}

pub(crate) fn broken(what: impl Into<String>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what.into())
}

/// The disk and what the system still holds back from it.
#[derive(Debug)]
pub(crate) struct Disk {
    naming: Naming,
    files: Vec<File>,
    by_inode: BTreeMap<u64, usize>,
    /// The names as the program sees them.
    names: BTreeMap<PathBuf, Node>,
    changes: Vec<NameChange>,
    /// Syncs under way: inode, descriptor, and when they began.
    syncs: Vec<(u64, usize, usize)>,
}

impl Disk {
    pub(crate) fn new(naming: Naming) -> Self {
        let (by_inode, names) = (BTreeMap::new(), BTreeMap::new());
        Self { naming, files: Vec::new(), by_inode, names, changes: Vec::new(), syncs: Vec::new() }
    }

    pub(crate) fn play(&mut self, index: usize, operation: &Operation) -> io::Result<()> {
        match operation {
            Operation::Create { inode, path } => {
                self.by_inode.insert(*inode, self.files.len());
                self.rename(index, path, Some(Node::File(self.files.len())));
                self.files.push(File::default());
            }
            Operation::Write { inode, at, bytes } => {
                let change = Change::Write { at: *at, bytes: bytes.clone() };
                self.file(*inode)?.pending.push((index, change));
            }
            Operation::Size { inode, length } => {
                self.file(*inode)?.pending.push((index, Change::Size(*length)));
            }
            Operation::Rename { from, to } => self.move_names(index, from, to),
            Operation::Link { from, to } => {
                let node = self.names.get(from).copied();
                self.rename(index, to, node);
            }
            Operation::Unlink { path } => self.rename(index, path, None),
            Operation::MakeFolder { path } => self.rename(index, path, Some(Node::Folder)),
            Operation::SyncBegin { inode, descriptor } => {
                self.syncs.push((*inode, *descriptor, index));
            }
            Operation::SyncEnd { inode, descriptor, folder } => {
                self.finish_sync((*inode, *descriptor), folder.as_deref())?;
            }
            Operation::Ack(_) => {}
            Operation::Start => self.syncs.clear(),
        }
        Ok(())
    }

    fn file(&mut self, inode: u64) -> io::Result<&mut File> {
        let known = self.by_inode.get(&inode).and_then(|file| self.files.get_mut(*file));
        known.ok_or_else(|| broken("a file was there before the recording began"))
    }

    fn rename(&mut self, index: usize, path: &Path, node: Option<Node>) {
        let folder = parent(path).to_owned();
        if path.as_os_str().is_empty() {
            return;
        }
        match node {
            Some(node) => self.names.insert(path.to_owned(), node),
            None => self.names.remove(path),
        };
        let path = path.to_owned();
        self.changes.push(NameChange { index, folder, path, node, is_durable: false });
    }

    /// Moves a file, or a folder with all below it.
    fn move_names(&mut self, index: usize, from: &Path, to: &Path) {
        let inside = self.names.iter().filter(|(path, _)| path.starts_with(from));
        let moved: Vec<(PathBuf, Node)> =
            inside.map(|(path, node)| (path.clone(), *node)).collect();
        let first = self.changes.len();
        for (path, node) in &moved {
            self.rename(index, path, None);
            let inner = path.strip_prefix(from).unwrap_or(path);
            let target = if path == from { to.to_owned() } else { to.join(inner) };
            self.rename(index, &target, Some(*node));
        }
        for change in self.changes.iter_mut().skip(first) {
            let top = if change.node.is_some() { to } else { from };
            parent(top).clone_into(&mut change.folder);
        }
    }

    fn finish_sync(&mut self, key: (u64, usize), folder: Option<&Path>) -> io::Result<()> {
        let is_it = |(inode, descriptor, _): &(u64, usize, usize)| (*inode, *descriptor) == key;
        let place = self.syncs.iter().position(is_it);
        let place = place.ok_or_else(|| broken("a sync ended that never began"))?;
        let (_, _, began) = self.syncs.remove(place);
        for change in self.changes.iter_mut().filter(|change| change.index < began) {
            change.is_durable |=
                self.naming == Naming::Journal || folder == Some(change.folder.as_path());
        }
        if folder.is_none() && self.by_inode.contains_key(&key.0) {
            self.file(key.0)?.sync(began);
        }
        Ok(())
    }

    /// All that the program wrote.
    pub(crate) fn whole(self) -> BTreeMap<PathBuf, Option<Vec<u8>>> {
        let Self { mut files, names, .. } = self;
        files.iter_mut().for_each(|file| file.sync(usize::MAX));
        let content = |node: Node| match node {
            Node::Folder => None,
            Node::File(file) => files.get(file).map(|file| file.durable.clone()),
        };
        names.into_iter().map(|(path, node)| (path, content(node))).collect()
    }

    /// What is there after a cut now.
    pub(crate) fn cut(
        self,
        keeping: Keeping,
        luck: &mut Luck,
    ) -> BTreeMap<PathBuf, Option<Vec<u8>>> {
        let names = self.surviving_names(luck);
        let unsynced: Vec<usize> = self.unsynced();
        let last = unsynced.get(luck.up_to(unsynced.len())).copied().unwrap_or(usize::MAX);
        let mut nodes = BTreeMap::new();
        for (path, node) in &names {
            let mut folders = path.ancestors().skip(1).filter(|path| !path.as_os_str().is_empty());
            if !folders.all(|folder| names.get(folder) == Some(&Node::Folder)) {
                continue;
            }
            let content = match node {
                Node::Folder => None,
                Node::File(file) => self.files.get(*file).map(|f| f.survivor(keeping, last, luck)),
            };
            nodes.insert(path.clone(), content);
        }
        nodes
    }

    /// The moments of all writes that no sync has covered, in order.
    fn unsynced(&self) -> Vec<usize> {
        let pending = self.files.iter().flat_map(|file| file.pending.iter());
        let moments: BTreeSet<usize> = pending.map(|(index, _)| *index).collect();
        moments.into_iter().collect()
    }

    fn surviving_names(&self, luck: &mut Luck) -> BTreeMap<PathBuf, Node> {
        let loose: BTreeSet<usize> =
            self.changes.iter().filter(|c| !c.is_durable).map(|c| c.index).collect();
        let cut = loose.iter().nth(luck.up_to(loose.len())).copied().unwrap_or(usize::MAX);
        let kept: BTreeSet<usize> = match self.naming {
            Naming::Journal => loose.into_iter().filter(|index| *index < cut).collect(),
            Naming::Loose => loose.into_iter().filter(|_| luck.one_in(2)).collect(),
        };
        let mut names = BTreeMap::new();
        for change in self.changes.iter().filter(|c| c.is_durable || kept.contains(&c.index)) {
            match change.node {
                Some(node) => names.insert(change.path.clone(), node),
                None => names.remove(&change.path),
            };
        }
        names
    }
}

impl File {
    /// Makes durable what was written before a moment.
    fn sync(&mut self, before: usize) {
        let (early, late) = std::mem::take(&mut self.pending)
            .into_iter()
            .partition::<Vec<_>, _>(|(index, _)| *index < before);
        for (_, change) in &early {
            apply(&mut self.durable, change, |_| true);
        }
        self.pending = late;
    }

    /// The content after a cut. `last` is the moment of the write that is torn, where writes reach
    /// the disk in order.
    fn survivor(&self, keeping: Keeping, last: usize, luck: &mut Luck) -> Vec<u8> {
        let mut content = self.durable.clone();
        if keeping == Keeping::Nothing || self.pending.is_empty() {
            return content;
        }
        let versions = self.versions(keeping, luck);
        for (place, (index, change)) in self.pending.iter().enumerate() {
            let is_kept = |sector: usize, luck: &mut Luck| match keeping {
                Keeping::OrderedPrefix if *index == last => luck.one_in(2),
                Keeping::OrderedPrefix => *index < last,
                _ => versions.get(&sector).is_none_or(|version| place < *version),
            };
            match change {
                Change::Write { .. } => apply(&mut content, change, |sector| is_kept(sector, luck)),
                Change::Size(_) => {
                    let is_kept = match keeping {
                        Keeping::OrderedPrefix => *index < last,
                        Keeping::AnyPages => luck.one_in(2),
                        _ => true,
                    };
                    apply(&mut content, change, |_| is_kept);
                }
            }
        }
        content
    }

    /// Up to which of the pending changes each sector is on the disk; absent: up to the last.
    fn versions(&self, keeping: Keeping, luck: &mut Luck) -> BTreeMap<usize, usize> {
        let newest = self.pending.len();
        let pages: BTreeSet<usize> = self.pending.iter().flat_map(|(_, c)| pages(c)).collect();
        let mut chosen = pages.clone();
        if keeping == Keeping::AllButSomePages {
            let all: Vec<usize> = pages.into_iter().collect();
            let count = 1 + luck.up_to(2);
            let pick = |_| all.get(luck.up_to(all.len().saturating_sub(1))).copied();
            chosen = (0..count).filter_map(pick).collect();
        }
        let mut versions = BTreeMap::new();
        for page in chosen {
            let version = luck.up_to(newest);
            let is_torn = luck.one_in(4);
            for sector in page * SECTORS_IN_PAGE..(page + 1) * SECTORS_IN_PAGE {
                let own = if is_torn { luck.up_to(newest) } else { version };
                versions.insert(sector, own);
            }
        }
        versions
    }
}

/// The pages that a change writes to.
fn pages(change: &Change) -> std::ops::RangeInclusive<usize> {
    let page = SECTOR * SECTORS_IN_PAGE;
    match change {
        Change::Write { at, bytes } => at / page..=(at + bytes.len()).saturating_sub(1) / page,
        #[expect(clippy::reversed_empty_ranges, reason = "a size writes to no page")]
        Change::Size(_) => 1..=0,
    }
}

/// Applies the sectors of a change that are kept.
fn apply(content: &mut Vec<u8>, change: &Change, mut is_kept: impl FnMut(usize) -> bool) {
    let (at, bytes) = match change {
        Change::Size(length) => {
            if is_kept(0) {
                content.resize(*length, 0);
            }
            return;
        }
        Change::Write { at, bytes } => (*at, bytes),
    };
    let (mut start, mut rest) = (at, bytes.as_slice());
    while !rest.is_empty() {
        let length = (SECTOR - start % SECTOR).min(rest.len());
        let (piece, tail) = rest.split_at(length);
        if is_kept(start / SECTOR) {
            if content.len() < start + length {
                content.resize(start + length, 0);
            }
            if let Some(target) = content.get_mut(start..start + length) {
                target.copy_from_slice(piece);
            }
        }
        (start, rest) = (start + length, tail);
    }
}

/// The folder that holds a relative path; the empty path is the folder itself.
fn parent(path: &Path) -> &Path {
    path.parent().unwrap_or(path)
}
