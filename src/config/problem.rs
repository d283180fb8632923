//! Problems of the settings: collected over all files, each with its file, line and remedy.
//!
//! Deliberately absent: what is a problem (`config`, the edges), where a sentence belongs in a file
//! (`source`).

use std::fmt;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;

use crate::config::source::{self, Within};

/// A problem of the settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// In which file.
    pub file: PathBuf,
    /// In which line, counted from 1, where it is about one.
    pub line: Option<usize>,
    /// What is wrong and what to do.
    pub sentence: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (file, sentence) = (self.file.display(), &self.sentence);
        match self.line {
            Some(line) => write!(f, "{file}:{line}: {sentence}"),
            None => write!(f, "{file}: {sentence}"),
        }
    }
}

/// Problems while they are being found, and the texts that they are about.
#[derive(Default)]
pub(super) struct Problems {
    pub(super) found: Vec<Problem>,
    texts: Vec<(PathBuf, String)>,
}

impl Problems {
    pub(super) fn add(&mut self, file: &Path, within: Within<'_>, sentence: impl Into<String>) {
        let sentence = sentence.into();
        let line = self.text(file).and_then(|text| source::line_of(text, within, &sentence));
        self.found.push(Problem { file: file.to_path_buf(), line, sentence });
    }

    pub(super) fn text(&self, file: &Path) -> Option<&str> {
        let known = self.texts.iter().find(|(known, _)| known == file);
        known.map(|(_, text)| text.as_str())
    }

    /// By file in the order in which they were read, by line in each.
    pub(super) fn in_order(mut self) -> Vec<Problem> {
        let place = |file: &Path| self.texts.iter().position(|(known, _)| known == file);
        self.found.sort_by_key(|problem| (place(&problem.file), problem.line));
        self.found
    }

    fn unreadable(&mut self, path: &Path, what: &str, error: &std::io::Error) {
        let sentence = format!("{what} cannot be read: {error}; correct its name, or make it");
        self.found.push(Problem { file: path.to_path_buf(), line: None, sentence });
    }

    pub(super) fn read(&mut self, path: &Path) -> Option<String> {
        match std::fs::read_to_string(path) {
            Ok(text) => Some(text),
            Err(error) => {
                self.unreadable(path, "it", &error);
                None
            }
        }
    }

    pub(super) fn parse<T: DeserializeOwned>(&mut self, path: &Path) -> Option<T> {
        let text = self.read(path)?;
        let read = source::read(&text);
        self.texts.push((path.to_path_buf(), text));
        read.map_err(|flaws| {
            self.found.extend(flaws.into_iter().map(|flaw| Problem {
                file: path.to_path_buf(),
                line: Some(flaw.line),
                sentence: flaw.sentence,
            }));
        })
        .ok()
    }

    pub(super) fn files(&mut self, folder: &Path, extension: &str) -> Vec<PathBuf> {
        let entries = match std::fs::read_dir(folder) {
            Ok(entries) => entries,
            Err(error) => {
                self.unreadable(folder, "the folder", &error);
                return Vec::new();
            }
        };
        let mut files: Vec<PathBuf> = entries
            .filter_map(Result::ok)
            .map(|entry| entry.path())
            .filter(|path| {
                let has = path.extension().is_some_and(|found| found == extension);
                path.is_file() && (extension.is_empty() || has)
            })
            .collect();
        files.sort();
        files
    }
}
