//! The files of playbooks, read from the folder of the settings.
//!
//! A playbook of one line that ends in `.txt` names a file; any other stands in the procedure
//! itself. Deliberately absent: to whom playbooks are sent.

use std::path::Path;

use crate::config::problem::Problems;
use crate::config::source::Within;
use crate::desk::Procedure;

/// Reads the files of a procedure's playbooks into it; `folder` is that of the settings.
pub(super) fn read(
    problems: &mut Problems,
    (folder, path): (&Path, &Path),
    procedure: &mut Procedure,
) {
    for text in procedure.playbook.values_mut() {
        let is_file = Path::new(text.as_str()).extension().is_some_and(|end| end == "txt");
        if text.contains('\n') || !is_file {
            continue;
        }
        match std::fs::read_to_string(folder.join(text.as_str())) {
            Ok(words) => words.trim_end().clone_into(text),
            Err(error) => {
                let remedy = "correct its name, which counts from the folder of lotse.toml, or \
                              write it there in UTF-8";
                let said = format!("playbook: file `{text}`: {error}; {remedy}");
                problems.add(path, Within::File, said);
            }
        }
    }
}
