//! `inspect`, `explain`, `simulate`.

use std::path::{Path, PathBuf};

use crate::cli::out;

pub(super) struct Envelope {
    pub(super) to: String,
    pub(super) from: Option<String>,
}

/// `lotse inspect`
pub(super) fn run(json: bool, files: &[PathBuf]) -> u8 {
    out::refuse(1, &format!("{json} {files:?}"))
}

/// `lotse explain`
pub(super) async fn explain(config: &Path, envelope: &Envelope, json: bool, file: &Path) -> u8 {
    out::refuse(1, &format!("{config:?} {} {:?} {json} {file:?}", envelope.to, envelope.from))
}

/// `lotse simulate`
pub(super) async fn simulate(config: &Path, json: bool, scenario: &Path) -> u8 {
    out::refuse(1, &format!("{config:?} {json} {scenario:?}"))
}
