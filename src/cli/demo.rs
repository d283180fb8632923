//! `lotse demo`: some days of an organization, played with a real daemon in a folder of its own.
//!
//! The daemon is this program once more, started as `lotse serve`; mail goes in by LMTP over the
//! loopback and comes out into a maildir. Deliberately absent: texts of notices and decisions,
//! which are the daemon's.

mod letter;
mod postman;
mod site;
mod story;
mod transcript;

use std::fs::{self, DirBuilder};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use crate::cli::demo::site::Played;
use crate::cli::demo::story::Story;
use crate::cli::demo::transcript::Transcript;
use crate::cli::out;

/// Octets that the path of a Unix socket may have on Linux (`sun_path`), less `/data/look.sock`.
const PATH_BYTES_MAX: usize = 90;

/// `lotse demo`
pub(super) async fn run(keep: Option<PathBuf>) -> u8 {
    let folder = match keep.as_deref().map_or_else(throw_away, kept) {
        Ok(folder) => folder,
        Err(sentence) => return out::refuse(1, &sentence),
    };
    let result = tokio::select! {
        result = play(&folder, keep.as_deref()) => result,
        _ = tokio::signal::ctrl_c() => Err("ended from outside".to_owned()),
    };
    if keep.is_none()
        && let Err(error) = fs::remove_dir_all(&folder)
    {
        out::note(&format!("lotse: {}: {error}", folder.display()));
    }
    match result {
        Ok(()) => 0,
        Err(sentence) => out::refuse(1, &sentence),
    }
}

/// A new folder among the temporary ones.
fn throw_away() -> Result<PathBuf, String> {
    let mut bytes = [0; 6];
    getrandom::fill(&mut bytes).map_err(|error| format!("no random name: {error}"))?;
    let name: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let folder = std::env::temp_dir().join(format!("lotse-demo-{name}"));
    make(&folder)?;
    Ok(folder)
}

/// The folder that is kept: it must be new or empty, nothing of anybody's is overwritten.
fn kept(folder: &Path) -> Result<PathBuf, String> {
    let shown = folder.display();
    if fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some()) {
        return Err(format!("{shown} holds files: name a folder that is empty or not there yet"));
    }
    if !folder.exists() {
        make(folder)?;
    }
    let folder = folder.canonicalize().map_err(|error| format!("{shown}: {error}"))?;
    if folder.as_os_str().len() > PATH_BYTES_MAX {
        return Err(format!(
            "{shown} is too long a path for the daemon's socket: take a shorter one"
        ));
    }
    Ok(folder)
}

fn make(folder: &Path) -> Result<(), String> {
    let made = DirBuilder::new().recursive(true).mode(0o700).create(folder);
    made.map_err(|error| format!("{}: {error}", folder.display()))
}

async fn play(folder: &Path, keep: Option<&Path>) -> Result<(), String> {
    let mut transcript = Transcript::new(story::zone());
    transcript.narrate(
        "A small organization answers mail to kontakt@nrw.example in German and to \
         contact@nrw.example in English. Anna and Bernd get every new mail, Jo one digest a day. \
         A real daemon with a sled store receives these mails by LMTP and writes what it sends \
         into a maildir; its clock is moved. What stands in a mail stands behind a bar, and what \
         lotse itself says of it is not the narrator's but the daemon's own account.",
    );
    let mut played = Played::open(folder, story::begin()).await?;
    let (mails, notices) = Story::play(&mut played, &mut transcript).await?;
    transcript.heading("At the end");
    transcript.verbatim(&story::tickets(&played).await?);
    transcript.narrate(&format!(
        "{mails} mails came in, {notices} went out. Each was durable on disk before lotse said \
         yes to it, and each can be found: in a ticket, or with \"trace\"."
    ));
    let config = played.config();
    played.close().await?;
    next(&transcript, folder, keep, &config);
    Ok(())
}

/// Where to look, and what to try.
fn next(transcript: &Transcript, folder: &Path, keep: Option<&Path>, config: &Path) {
    let program = std::env::args().next().unwrap_or_else(|| "lotse".into());
    transcript.heading("What to try next");
    if keep.is_none() {
        transcript.narrate("Nothing of this was kept. To keep it and to look around:");
        transcript.verbatim(&[format!("{program} demo --keep nrw")]);
        return;
    }
    let config = config.display();
    transcript.narrate(&format!("Everything lies in {}:", folder.display()));
    let places = [
        "lotse.toml         the settings; organization.toml: people and queues",
        "outgoing/new       every mail that went out",
        "data               the archive, the store, the secrets",
        "lotse.log          what the daemon said",
    ];
    transcript.verbatim(&places.map(str::to_owned));
    transcript.narrate("Look at it, with or without a daemon running:");
    let looks = ["ticket list", "ticket show 1", "trace otto@outside.example", "outbox --all"];
    transcript.verbatim(&looks.map(|look| format!("{program} {look} --config {config}")));
    transcript.narrate("Go on where the story ends: start the daemon, hand it a mail, move time.");
    transcript.verbatim(&[
        format!("{program} serve --config {config} &"),
        "printf 'From: you@outside.example\\nSubject: Hallo\\n\\nGuten Tag\\n' |".to_owned(),
        format!("  {program} deliver --config {config} kontakt@nrw.example"),
        format!("{program} clock --config {config} +2d"),
    ]);
}
