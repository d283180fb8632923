//! What a disk may hold when the power goes, made up from a recording (see README.md beside this).
//!
//! A state is named by a number and always the same for it. Deliberately absent: what the files
//! mean; a verifier says whether a state is good.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::disk::{Disk, Keeping, Luck, Naming, Operation, broken};

/// All that a program did to one folder that was empty or missing before.
#[derive(Debug)]
pub(crate) struct Recording {
    operations: Vec<Operation>,
    folder: PathBuf,
}

/// What a disk may hold: files with their content, and folders, by relative path.
#[derive(Debug)]
pub(crate) struct State {
    nodes: BTreeMap<PathBuf, Option<Vec<u8>>>,
    /// The acknowledgements up to the moment of the cut.
    pub(crate) acks: Vec<u8>,
    /// How the state came about, in words.
    pub(crate) story: String,
}

/// Reads records one after the other (`recorder.c` says how they look).
struct Reader<'a> {
    bytes: &'a [u8],
    folder: &'a Path,
}

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> io::Result<&'a [u8]> {
        let cut = self.bytes.split_at_checked(length);
        let (taken, rest) = cut.ok_or_else(|| broken("the recording ends within a record"))?;
        self.bytes = rest;
        Ok(taken)
    }

    fn number(&mut self) -> io::Result<u64> {
        let bytes = self.take(8)?.try_into().map_err(io::Error::other)?;
        Ok(u64::from_ne_bytes(bytes))
    }

    fn size(&mut self) -> io::Result<usize> {
        usize::try_from(self.number()?).map_err(io::Error::other)
    }

    fn path(&self, payload: &[u8]) -> io::Result<PathBuf> {
        let path = str::from_utf8(payload).map_err(io::Error::other)?;
        let inner = Path::new(path).strip_prefix(self.folder);
        inner.map(Path::to_owned).map_err(|_outside| broken(format!("{path} is not below")))
    }

    fn operation(&mut self) -> io::Result<Operation> {
        let head = self.take(2)?;
        let (inode, at) = (self.number()?, self.size()?);
        let length = self.size()?;
        let payload = self.take(length)?;
        let pair = || {
            let mut paths = payload.split(|byte| *byte == 0);
            let (from, to) = (paths.next().unwrap_or_default(), paths.next().unwrap_or_default());
            Ok::<_, io::Error>((self.path(from)?, self.path(to)?))
        };
        let whole = || self.path(payload);
        Ok(match head {
            [b'c', _] => Operation::Create { inode, path: whole()? },
            [b'w', _] => Operation::Write { inode, at, bytes: payload.to_vec() },
            [b't', _] => Operation::Size { inode, length: at },
            [b'r', _] => pair().map(|(from, to)| Operation::Rename { from, to })?,
            [b'l', _] => pair().map(|(from, to)| Operation::Link { from, to })?,
            [b'u', _] => Operation::Unlink { path: whole()? },
            [b'd', _] => Operation::MakeFolder { path: whole()? },
            [b'b', _] => Operation::SyncBegin { inode, descriptor: at },
            [b'e', 0] => Operation::SyncEnd { inode, descriptor: at, folder: None },
            [b'e', _] => Operation::SyncEnd { inode, descriptor: at, folder: Some(whole()?) },
            [b'a', _] => Operation::Ack(payload.to_vec()),
            [b's', _] => Operation::Start,
            other => return Err(broken(format!("unknown record {other:?}"))),
        })
    }
}

impl Recording {
    /// Reads a recording of what was done below `folder`.
    ///
    /// # Errors
    /// Where the file cannot be read, or is not a recording of this folder.
    pub(crate) fn read(recording: &Path, folder: &Path) -> io::Result<Self> {
        let bytes = fs::read(recording)?;
        let mut reader = Reader { bytes: &bytes, folder };
        let mut operations = Vec::new();
        while !reader.bytes.is_empty() {
            operations.push(reader.operation()?);
        }
        Ok(Self { operations, folder: folder.to_owned() })
    }

    /// Whether the recording, played to its end, gives the folder and the file of acknowledgements
    /// byte for byte.
    ///
    /// # Errors
    /// Names the first path that differs: the program wrote by a way that was not recorded.
    pub(crate) fn check(&self, acks: &Path) -> io::Result<()> {
        let mut disk = Disk::new(Naming::Journal);
        for (index, operation) in self.operations.iter().enumerate() {
            disk.play(index, operation)?;
        }
        let played = disk.whole();
        let mut found = BTreeMap::new();
        read_folder(&self.folder, Path::new(""), &mut found)?;
        if self.acks(self.operations.len()) != fs::read(acks)? {
            return Err(broken("something was acknowledged unseen"));
        }
        let paths: BTreeSet<&PathBuf> = played.keys().chain(found.keys()).collect();
        match paths.into_iter().find(|path| played.get(*path) != found.get(*path)) {
            None => Ok(()),
            Some(path) => Err(broken(format!("{} was changed unseen", path.display()))),
        }
    }

    /// The state of this number.
    ///
    /// # Errors
    /// Where the recording is of a folder that was not empty.
    pub(crate) fn cut(&self, number: u64) -> io::Result<State> {
        let mut luck = Luck(number);
        let naming = if luck.one_in(2) { Naming::Journal } else { Naming::Loose };
        let keeping = match luck.up_to(3) {
            0 => Keeping::Nothing,
            1 => Keeping::AnyPages,
            2 => Keeping::OrderedPrefix,
            _ => Keeping::AllButSomePages,
        };
        let moment = self.moment(&mut luck);
        let mut disk = Disk::new(naming);
        for (index, operation) in self.operations.iter().take(moment).enumerate() {
            disk.play(index, operation)?;
        }
        let story = format!(
            "state {number}: cut after {moment} of {} operations, {keeping:?}, {naming:?}",
            self.operations.len()
        );
        Ok(State { nodes: disk.cut(keeping, &mut luck), acks: self.acks(moment), story })
    }

    /// What was acknowledged before a moment.
    fn acks(&self, moment: usize) -> Vec<u8> {
        let line = |operation: &Operation| match operation {
            Operation::Ack(line) => line.clone(),
            _ => Vec::new(),
        };
        self.operations.iter().take(moment).flat_map(line).collect()
    }

    /// A moment anywhere, or, every second time, just after something was acknowledged.
    fn moment(&self, luck: &mut Luck) -> usize {
        let anywhere = luck.up_to(self.operations.len());
        if luck.one_in(2) {
            return anywhere;
        }
        let later = self.operations.iter().enumerate().skip(anywhere);
        let is_ack = |(_, operation): &(usize, &Operation)| matches!(operation, Operation::Ack(_));
        later.into_iter().find(is_ack).map_or(anywhere, |(index, _)| index + 1)
    }
}

impl fmt::Display for Recording {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = |is: fn(&Operation) -> bool| self.operations.iter().filter(|o| is(o)).count();
        let writes = count(|operation| matches!(operation, Operation::Write { .. }));
        let syncs = count(|operation| matches!(operation, Operation::SyncEnd { .. }));
        let acks = count(|operation| matches!(operation, Operation::Ack(_)));
        write!(f, "{writes} writes, {syncs} syncs, {acks} acknowledgements")
    }
}

impl State {
    /// Builds the folder of this state where none is.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub(crate) fn write(&self, folder: &Path) -> io::Result<()> {
        fs::create_dir_all(folder)?;
        for (path, content) in &self.nodes {
            match content {
                None => fs::create_dir_all(folder.join(path))?,
                Some(bytes) => fs::write(folder.join(path), bytes)?,
            }
        }
        Ok(())
    }
}

fn read_folder(
    root: &Path,
    below: &Path,
    found: &mut BTreeMap<PathBuf, Option<Vec<u8>>>,
) -> io::Result<()> {
    for entry in fs::read_dir(root.join(below))? {
        let entry = entry?;
        let path = below.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            read_folder(root, &path, found)?;
            found.insert(path, None);
        } else {
            found.insert(path, Some(fs::read(entry.path())?));
        }
    }
    Ok(())
}
