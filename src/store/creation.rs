//! The making of an engine's folder: whole and synced under its name, or not there.
//!
//! Engines do not survive a power cut in their first moments: redb leaves a file without a head,
//! sled never syncs the file with its parameters. So a new one is made beside its place.
//! Deliberately absent: anything about a folder that is there already.

use std::fs::{DirBuilder, File};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;

use super::StoreError;
use super::segment::sync_folder;

/// Has `make` fill a new folder and puts it at `folder`, unless there is one that holds something.
pub(crate) fn make_whole(
    folder: &Path,
    make: impl FnOnce(&Path) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let failed = |error: io::Error| StoreError::Unusable(format!("{}: {error}", folder.display()));
    if is_filled(folder).map_err(failed)? {
        return Ok(());
    }
    let making = folder.with_extension("making");
    if making.exists() {
        std::fs::remove_dir_all(&making).map_err(failed)?;
    }
    make_private(&making).map_err(failed)?;
    make(&making)?;
    put_in_place(&making, folder).map_err(failed)
}

/// Makes a folder that only its owner may look into, and those above it.
pub(crate) fn make_private(folder: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

fn is_filled(folder: &Path) -> io::Result<bool> {
    match std::fs::read_dir(folder) {
        Ok(mut entries) => Ok(entries.next().is_some()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

fn put_in_place(making: &Path, folder: &Path) -> io::Result<()> {
    for entry in std::fs::read_dir(making)? {
        File::open(entry?.path())?.sync_all()?;
    }
    sync_folder(making)?;
    std::fs::rename(making, folder)?;
    folder.parent().map_or(Ok(()), sync_folder)
}
