//! Settings that must be refused, and the exact words: every problem at once, with file and line.
//!
//! A case of `fixtures/config` is a folder as one text: `## NAME` begins a file, `## says` what
//! `lotse check` prints. `UPDATE=1 cargo test --test all settings` writes the words anew. A file
//! that a case does not hold is the one of `contrib/example`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const SAYS: &str = "## says\n";

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

#[expect(clippy::disallowed_methods, reason = "how a test run is asked to write files anew")]
fn is_updating() -> bool {
    std::env::var_os("UPDATE").is_some()
}

/// Copies the example, then puts the files of the case in.
fn furnish(folder: &Path, case: &str) {
    let example = root().join("contrib/example");
    fs::create_dir(folder.join("procedures")).unwrap();
    for name in ["lotse.toml", "organization.toml", "procedures/club-key.toml"] {
        fs::copy(example.join(name), folder.join(name)).unwrap();
    }
    for file in case.split("## ").skip(1) {
        let (name, text) = file.split_once('\n').unwrap();
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
}

fn says(case: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    furnish(folder.path(), case);
    let mut check = Command::new(env!("CARGO_BIN_EXE_lotse"));
    let output = check.arg("check").current_dir(folder.path()).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(output.stderr.is_empty(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn settings_that_are_wrong_are_refused_with_these_words() {
    let mut cases: Vec<PathBuf> = fs::read_dir(root().join("fixtures/config"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    cases.sort();
    assert!(cases.len() > 6, "{cases:?}");
    for path in cases {
        let text = fs::read_to_string(&path).unwrap();
        let (case, expected) = text.split_once(SAYS).unwrap();
        let found = says(case);
        if is_updating() {
            fs::write(&path, format!("{case}{SAYS}{found}")).unwrap();
        } else {
            assert_eq!(found, expected, "{}", path.display());
        }
    }
}
