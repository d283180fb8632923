//! Commands that keep the store: `rebuild`, `store copy`, `backup`, `restore`, `secret rotate`.

use std::io;
use std::path::Path;

use indicatif::{ProgressBar, ProgressStyle};

use crate::cli::serve::load;
use crate::cli::{EXIT_CONFIG, EXIT_TRY_AGAIN, out};
use crate::config::secrets;
use crate::daemon::clock::Clock;
use crate::store::archive::Archive;
use crate::store::{EngineKind, any, journal};

fn progress() -> ProgressBar {
    let bar = ProgressBar::new_spinner();
    match ProgressStyle::with_template("{spinner} {msg}") {
        Ok(style) => bar.with_style(style),
        Err(_unparsable) => bar,
    }
}

/// `lotse rebuild`
pub(super) fn rebuild(path: &Path) -> u8 {
    let Some(config) = load(path) else { return EXIT_CONFIG };
    let bar = progress();
    let result = Archive::open(&config.store.path).and_then(|(archive, _)| {
        any::rebuild(&config.store, &archive, |position| {
            bar.set_message(format!("folded up to position {position}"));
        })
    });
    bar.finish_and_clear();
    let result = result.and_then(|folded| any::forget_search(&config.store).map(|()| folded));
    match result {
        Ok(folded) => {
            out::line(&format!("the store was made anew from {} batches", folded.batches));
            folded.damaged.iter().for_each(|place| out::note(&format!("lotse: {place}")));
            u8::from(!folded.damaged.is_empty())
        }
        Err(error) => out::refuse(EXIT_TRY_AGAIN, &error.to_string()),
    }
}

/// `lotse store copy`
pub(super) fn copy(path: &Path, to: &str) -> u8 {
    let Some(config) = load(path) else { return EXIT_CONFIG };
    let to = match to {
        "sled" => EngineKind::Sled,
        "redb" => EngineKind::Redb,
        other => return out::refuse(64, &format!("`{other}` is no engine: sled or redb")),
    };
    if to == config.store.engine {
        return out::refuse(64, &format!("the store is in {} already", to.name()));
    }
    let bar = progress();
    let result = Archive::open(&config.store.path).and_then(|_locked| {
        let source = any::open_engine(&config.store, config.store.engine)?;
        let target = any::open_engine(&config.store, to)?;
        journal::copy(source.as_ref(), target.as_ref(), |count| {
            bar.set_message(format!("copied {count} records"));
        })
    });
    bar.finish_and_clear();
    match result {
        Ok(count) => {
            let name = to.name();
            out::line(&format!("copied {count} records; set engine = \"{name}\" in [store]"));
            0
        }
        Err(error) => out::refuse(EXIT_TRY_AGAIN, &error.to_string()),
    }
}

/// `lotse secret rotate`
pub(super) fn rotate(path: &Path) -> u8 {
    let Some(config) = load(path) else { return EXIT_CONFIG };
    match secrets::rotate(&config.store.path, Clock::Real.now()) {
        Ok(_) => {
            out::line("a new secret makes keys from the next start on; the old ones still verify");
            0
        }
        Err(error) => out::refuse(1, &error.to_string()),
    }
}

/// `lotse backup`: the archive, from which everything else is made; never the secrets.
pub(super) fn backup(path: &Path, to: &Path) -> u8 {
    let Some(config) = load(path) else { return EXIT_CONFIG };
    let bar = progress();
    let copied = copy_archive(&config.store.path, to, &bar);
    bar.finish_and_clear();
    match copied {
        Ok(files) => {
            out::line(&format!("copied {files} files to {}", to.display()));
            out::line("keep secrets.toml elsewhere: without it old reply addresses are dead");
            0
        }
        Err(error) => out::refuse(EXIT_TRY_AGAIN, &error.to_string()),
    }
}

/// `lotse restore`: into a data folder without an archive, then the store is made anew.
pub(super) fn restore(path: &Path, from: &Path) -> u8 {
    let Some(config) = load(path) else { return EXIT_CONFIG };
    let data = &config.store.path;
    if data.join("archive").exists() {
        let sentence = format!("{} holds an archive: move it away first", data.display());
        return out::refuse(1, &sentence);
    }
    let bar = progress();
    let copied = copy_archive(from, data, &bar);
    bar.finish_and_clear();
    match copied {
        Ok(_) => rebuild(path),
        Err(error) => out::refuse(EXIT_TRY_AGAIN, &error.to_string()),
    }
}

/// Copies the archive of one data folder into another, its mark first, then the oldest segments:
/// what a running daemon writes meanwhile is cut at the last whole frame when the copy is opened.
fn copy_archive(from: &Path, to: &Path, bar: &ProgressBar) -> io::Result<usize> {
    let target = to.join("archive");
    std::fs::create_dir_all(&target)?;
    let entries = std::fs::read_dir(from.join("archive"))?;
    let mut files: Vec<_> = entries.collect::<io::Result<Vec<_>>>()?;
    files.sort_by_key(|file| (file.file_name() != "mark", file.file_name()));
    for file in &files {
        bar.set_message(format!("copying {}", file.file_name().to_string_lossy()));
        let copy = target.join(file.file_name());
        std::fs::copy(file.path(), &copy)?;
        std::fs::File::open(&copy)?.sync_all()?;
    }
    std::fs::File::open(&target)?.sync_all()?;
    Ok(files.len())
}
