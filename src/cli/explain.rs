//! `lotse explain`.

use std::path::Path;

use crate::cli::out;

pub(super) struct Envelope {
    pub(super) to: String,
    pub(super) from: Option<String>,
}

/// `lotse explain`
pub(super) async fn run(config: &Path, envelope: &Envelope, json: bool, file: &Path) -> u8 {
    out::refuse(1, &format!("{config:?} {} {:?} {json} {file:?}", envelope.to, envelope.from))
}
