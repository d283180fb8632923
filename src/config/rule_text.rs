//! The files of rule texts, read beside the organization's file.
//!
//! Deliberately absent: what a version is (`desk::rule_text`).

use std::path::Path;

use crate::config::problem::Problems;
use crate::config::source::Within;
use crate::desk::Organization;

/// Reads the files of rule texts into them.
pub(super) fn read(problems: &mut Problems, path: &Path, organization: &mut Organization) {
    let folder = path.parent().map(Path::to_path_buf).unwrap_or_default();
    for text in &mut organization.texts {
        for (locale, name) in &text.file {
            match std::fs::read_to_string(folder.join(name)) {
                Ok(words) => {
                    text.content.insert(*locale, words);
                }
                Err(error) => {
                    let remedy = "correct its name, or write it there in UTF-8";
                    let said = format!("text `{}`: file `{name}`: {error}; {remedy}", text.name);
                    problems.add(path, Within::File, said);
                }
            }
        }
    }
}
