//! `lotse demo`: a day of an organization, played in a temporary folder.

use std::path::PathBuf;

use crate::cli::out;

/// `lotse demo`
pub(super) async fn run(keep: Option<PathBuf>) -> u8 {
    out::refuse(1, &format!("no demo {keep:?}"))
}
