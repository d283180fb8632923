//! `lotse simulate`.

use std::path::Path;

use crate::cli::out;

/// `lotse simulate`
pub(super) async fn run(config: &Path, json: bool, scenario: &Path) -> u8 {
    out::refuse(1, &format!("{config:?} {json} {scenario:?}"))
}
