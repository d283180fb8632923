//! `secrets.toml` in the data folder: made at first start, mode 0600, never logged.

use std::io::{self, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

use base32ct::{Base32Unpadded, Encoding};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::types::{Keyring, Secret};

/// Octets of randomness in a secret.
const SECRET_BYTES: usize = 32;
/// The characters that secrets are named with, in order.
const IDS: &str = "abcdefghijklmnopqrstuvwxyz234567";

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(rename = "secret")]
    secrets: Vec<Secret>,
}

/// Reads the secrets of a data folder, or makes the first one.
///
/// # Errors
/// The file cannot be read or written, is no TOML, or others may read it.
pub fn load(folder: &Path, now: Timestamp) -> io::Result<Keyring> {
    let path = folder.join("secrets.toml");
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return add(folder, File::default(), now);
        }
        Err(error) => return Err(error),
    };
    let mode = std::fs::metadata(&path)?.permissions().mode();
    if mode & 0o077 != 0 {
        let sentence = format!("{} may be read by others: chmod 600 it", path.display());
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, sentence));
    }
    Ok(Keyring::new(parse(&text)?.secrets))
}

/// Adds a secret that makes keys from now on; the old ones go on verifying.
///
/// # Errors
/// The file cannot be read or written.
pub fn rotate(folder: &Path, now: Timestamp) -> io::Result<Keyring> {
    let file = match std::fs::read_to_string(folder.join("secrets.toml")) {
        Ok(text) => parse(&text)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => File::default(),
        Err(error) => return Err(error),
    };
    add(folder, file, now)
}

fn parse(text: &str) -> io::Result<File> {
    toml::from_str(text).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
}

fn add(folder: &Path, mut file: File, now: Timestamp) -> io::Result<Keyring> {
    let is_free = |id: &char| !file.secrets.iter().any(|secret| secret.id == *id);
    let Some(id) = IDS.chars().find(is_free) else {
        let sentence = "secrets.toml holds 32 secrets: remove the oldest first";
        return Err(io::Error::other(sentence));
    };
    let mut bytes = [0; SECRET_BYTES];
    getrandom::fill(&mut bytes).map_err(io::Error::other)?;
    let value = Base32Unpadded::encode_string(&bytes);
    let made_on = now.strftime("%Y-%m-%d").to_string();
    file.secrets.insert(0, Secret { id, made_on, value });
    write(folder, &file)?;
    Ok(Keyring::new(file.secrets))
}

/// Replaced whole, durable before it is used: a key must not outlive the secret that made it.
fn write(folder: &Path, file: &File) -> io::Result<()> {
    let text = toml::to_string(file).map_err(io::Error::other)?;
    let new = folder.join("secrets.toml.new");
    let mut options = std::fs::OpenOptions::new();
    let mut handle = options.write(true).create(true).truncate(true).mode(0o600).open(&new)?;
    handle.write_all(text.as_bytes())?;
    handle.sync_all()?;
    std::fs::rename(&new, folder.join("secrets.toml"))?;
    std::fs::File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secret_is_made_once_and_kept_private() {
        let folder = tempfile::tempdir().unwrap();
        let now = Timestamp::UNIX_EPOCH;
        let key = load(folder.path(), now).unwrap().key(&["x"]);
        assert!(load(folder.path(), now).unwrap().verifies(&key, &["x"]));
        let rotated = rotate(folder.path(), now).unwrap();
        assert!(rotated.verifies(&key, &["x"]));
        assert_ne!(rotated.key(&["x"]), key);
        let file = folder.path().join("secrets.toml");
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
        assert!(load(folder.path(), now).is_err());
    }
}
