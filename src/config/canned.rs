//! The files of canned answers: `answers/QUEUE/NAME.LANGUAGE.txt` in the folder of templates.
//!
//! Deliberately absent: which queues there are, because procedures make some; what is sent.

use std::path::Path;

use crate::config::problem::{Problem, Problems};
use crate::desk::canned::{self, Canned};
use crate::types::{Locale, QueueName};

/// Reads every file below a folder of templates, and checks each.
pub(super) fn read(problems: &mut Problems, templates: &Path) -> Canned {
    let mut all = Canned::default();
    let answers = templates.join("answers");
    let Ok(folders) = std::fs::read_dir(&answers) else { return all };
    let mut folders: Vec<_> = folders.filter_map(Result::ok).map(|entry| entry.path()).collect();
    folders.sort();
    for folder in folders {
        if !folder.is_dir() {
            let sentence = "it belongs to no queue; put it into a folder with a queue's name";
            add(problems, &folder, None, sentence);
            continue;
        }
        let queue = folder.file_name().map(|name| name.to_string_lossy().to_lowercase());
        for path in problems.files(&folder, "") {
            let Some(text) = problems.read(&path) else { continue };
            let Some((name, locale)) = named(&path) else {
                let sentence = "its name says no language; call it NAME.de.txt, NAME.en.txt, \
                                NAME.fi.txt or NAME.sv.txt";
                add(problems, &path, None, sentence);
                continue;
            };
            for (line, sentence) in canned::problems(&text) {
                add(problems, &path, Some(line), &sentence);
            }
            all.add(QueueName::new(queue.clone().unwrap_or_default()), &name, locale, &text);
        }
    }
    all
}

/// The name and the language of a file.
fn named(path: &Path) -> Option<(String, Locale)> {
    let file = path.file_name()?.to_string_lossy().to_lowercase();
    let (name, code) = file.strip_suffix(".txt")?.rsplit_once('.')?;
    let locale = Locale::ALL.into_iter().find(|locale| locale.code() == code)?;
    (!name.is_empty()).then(|| (name.to_owned(), locale))
}

fn add(problems: &mut Problems, path: &Path, line: Option<usize>, sentence: &str) {
    let (file, sentence) = (path.to_path_buf(), sentence.to_owned());
    problems.found.push(Problem { file, line, sentence });
}
