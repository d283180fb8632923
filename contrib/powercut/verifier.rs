//! Opens what a power cut left as a daemon does at its start, and says what is lost or half.
//!
//! The archive first: nothing acknowledged may be missing or changed. Then the engine by itself,
//! before the archive can heal it: it must hold all that it called durable, and be exactly what
//! the archive says up to where it is. Then both together, and then a daemon that decides the
//! rest and takes one mail more. Deliberately absent: how states are made (`replay.rs`).

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use lotse::config::Config;
use lotse::daemon::clock;
use lotse::daemon::look::Request;
use lotse::daemon::records;
use lotse::daemon::running::Daemon;
use lotse::daemon::serve;
use lotse::intake::pipe;
use lotse::mail::ReversePath;
use lotse::store::archive::Archive;
use lotse::store::embedded::Engine;
use lotse::store::frame::FrameKind;
use lotse::store::journal::{self, APPLIED};
use lotse::store::redb::RedbEngine;
use lotse::store::sled::SledEngine;
use lotse::store::{EngineKind, Key, Keyspace, Operation, Range, Value, any, record};
use lotse::ticket::Filing;
use lotse::types::{Address, Position};
use serde_json::json;

use super::writer::{LIMITS, frame, furnish, now};

/// Everything, as a range.
const ALL: Range<'static> = Range { from: &[], to: &[], limit: usize::MAX, reverse: false };
const MESSAGE_BYTES_MAX: usize = 1 << 20;

type Records = BTreeMap<Key, Value>;

/// What was acknowledged.
#[derive(Debug, Default)]
struct Acks {
    engine: Option<EngineKind>,
    secrets: Option<u32>,
    accepted: Vec<(usize, Position)>,
    decided: Vec<Position>,
    /// How far the engine itself said that it has the archive.
    applied: Position,
}

impl Acks {
    fn parse(text: &str) -> Result<Self, String> {
        let mut acks = Self::default();
        for line in text.lines() {
            let words: Vec<&str> = line.split(' ').collect();
            let number = |word: &str| word.parse::<u64>().map_err(|error| error.to_string());
            match words.as_slice() {
                ["engine", "sled"] => acks.engine = Some(EngineKind::Sled),
                ["engine", "redb"] => acks.engine = Some(EngineKind::Redb),
                ["secrets", sum] => acks.secrets = u32::try_from(number(sum)?).ok(),
                ["decided", position] => acks.decided.push(Position(number(position)?)),
                ["applied", position] => acks.applied = Position(number(position)?),
                ["accepted", mail, position] => {
                    let mail = mail.parse().map_err(|error| format!("{line}: {error}"))?;
                    acks.accepted.push((mail, Position(number(position)?)));
                }
                _ => return Err(format!("ack: {line}")),
            }
        }
        Ok(acks)
    }
}

/// Whether everything acknowledged is in `folder`, whole, and a daemon goes on with it.
///
/// `beside` is a folder for settings and what leaves.
///
/// # Errors
/// A sentence that says what is lost, half, or cannot be opened.
pub(crate) fn verify(folder: &Path, acks: &str, beside: &Path) -> Result<(), String> {
    let acks = Acks::parse(acks)?;
    // Nothing was begun before the first line.
    let Some(kind) = acks.engine else { return Ok(()) };
    let config = furnish(beside, folder, kind).map_err(|error| error.to_string())?;
    look_inside(&config, &acks)?;
    verify_secrets(folder, &acks)?;
    clock::keep_time(folder, now()).map_err(|error| error.to_string())?;
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.map_err(|error| error.to_string())?.block_on(go_on(&config))?;
    look_inside(&config, &acks)
}

/// Opens archive and engine as a daemon does, and looks at each step.
fn look_inside(config: &Config, acks: &Acks) -> Result<(), String> {
    let folder = &config.store.path;
    let opened = Archive::open_with(folder, LIMITS);
    let (archive, recovery) = opened.map_err(|error| format!("will not open: {error}"))?;
    if let Some(damage) = recovery.damaged.first() {
        return Err(format!("half: {damage} is damaged"));
    }
    for (number, position) in &acks.accepted {
        let expected = frame(*number).map_err(|error| error.to_string())?;
        match archive.read(*position) {
            Ok(found) if found == expected => {}
            Ok(_) => return Err(format!("half: mail {number} is another one")),
            Err(error) => return Err(format!("lost: mail {number}: {error}")),
        }
    }
    let engine = any::engine_folder(&config.store, config.store.engine);
    let unopened = |error| format!("will not open: {error}");
    match config.store.engine {
        EngineKind::Sled => look_at(&SledEngine::open(&engine).map_err(unopened)?, &archive, acks),
        EngineKind::Redb => look_at(&RedbEngine::open(&engine).map_err(unopened)?, &archive, acks),
    }
}

fn look_at<E: Engine>(engine: &E, archive: &Archive, acks: &Acks) -> Result<(), String> {
    let applied = journal::applied(engine).map_err(|error| error.to_string())?;
    // Before the archive heals it.
    if applied < acks.applied {
        let said = acks.applied;
        return Err(format!("lost: the engine called {said} durable and is at {applied}"));
    }
    if dump(engine)? != fold(archive, applied)? {
        return Err(format!("half: the engine is not what the archive says up to {applied}"));
    }
    journal::redo(archive, engine).map_err(|error| format!("will not open: {error}"))?;
    if dump(engine)? != fold(archive, archive.end())? {
        return Err("half: the store is not what the archive says".to_owned());
    }
    holds_decided(engine, acks)
}

fn holds_decided<E: Engine>(engine: &E, acks: &Acks) -> Result<(), String> {
    for position in &acks.decided {
        let key = place(Keyspace::Message, &records::message(*position));
        if engine.get(&key).map_err(|error| error.to_string())?.is_none() {
            return Err(format!("lost: what was decided of message {position}"));
        }
    }
    Ok(())
}

fn dump<E: Engine>(engine: &E) -> Result<Records, String> {
    let records = engine.scan(ALL).map_err(|error| error.to_string())?;
    Ok(records.into_iter().collect())
}

fn place(keyspace: Keyspace, key: &[u8]) -> Key {
    [&[keyspace.number()], key].concat()
}

/// The records that the batches before `end` make.
fn fold(archive: &Archive, end: Position) -> Result<Records, String> {
    let mut records = Records::new();
    for found in archive.scan(Position(0)) {
        let (position, frame) = found.map_err(|error| error.to_string())?;
        if frame.kind == FrameKind::Message || position >= end {
            continue;
        }
        for operation in journal::decode(&frame.body).map_err(|error| error.to_string())? {
            match operation {
                Operation::Put(keyspace, key, value) => {
                    records.insert(place(keyspace, &key), value)
                }
                Operation::Delete(keyspace, key) => records.remove(&place(keyspace, &key)),
            };
        }
        let behind = position.0 + frame.bytes() as u64;
        records.insert(place(Keyspace::Meta, APPLIED), behind.to_be_bytes().to_vec());
    }
    Ok(records)
}

/// Keys that people have must not outlive the secret that made them.
fn verify_secrets(folder: &Path, acks: &Acks) -> Result<(), String> {
    let path = folder.join("secrets.toml");
    let found = fs::read(&path).ok();
    if acks.secrets.is_some() && found.as_deref().map(crc32fast::hash) != acks.secrets {
        return Err("lost: the secrets".to_owned());
    }
    // Replayed files have the usual mode, with which secrets are refused.
    match fs::set_permissions(&path, fs::Permissions::from_mode(0o600)) {
        Err(error) if found.is_some() => Err(error.to_string()),
        _ => Ok(()),
    }
}

/// Has a daemon decide what is left, and one mail more.
async fn go_on(config: &Config) -> Result<(), String> {
    let started = serve::start(config).await;
    let daemon = started.map_err(|error| format!("will not open: {error}"))?;
    daemon.settled().await.map_err(|error| error.to_string())?;
    let before = count_filed(&daemon).await?;
    let author = Address::parse("late@outside.example").map_err(|error| error.to_string())?;
    let queue = Address::parse("kontakt@nrw.example").map_err(|error| error.to_string())?;
    let letter = "From: late@outside.example\r\nSubject: danach\r\n\r\nGuten Tag\r\n".as_bytes();
    let socket = config.mail_socket();
    let reverse_path = ReversePath::Address(author);
    let said = pipe::deliver(&socket, &reverse_path, &[queue], letter, MESSAGE_BYTES_MAX).await;
    daemon.settled().await.map_err(|error| error.to_string())?;
    if count_filed(&daemon).await? != before + 1 {
        return Err(format!("half: the next mail is not filed: {said:?}"));
    }
    daemon.drain().await;
    Ok(())
}

/// How many messages are filed, each on one ticket, none left and none put aside.
async fn count_filed(daemon: &Daemon) -> Result<usize, String> {
    let found = daemon.ledger.view().scan(Keyspace::Message, ALL).await;
    let mut filed = 0;
    for (_, value) in found.map_err(|error| error.to_string())? {
        let filing = record::decode::<Filing>(&value).map_err(|error| error.to_string())?.record;
        if filing.tickets.len() != 1 {
            return Err(format!("half: {filing:?}"));
        }
        filed += 1;
    }
    let frames = daemon.texts.archive().scan(Position(0)).flatten();
    let accepted = frames.filter(|(_, frame)| frame.kind == FrameKind::Message).count();
    if accepted != filed {
        return Err(format!("half: {accepted} messages, {filed} of them filed"));
    }
    for request in [Request::Quarantine, Request::Outbox { all: false }] {
        if let Some(row) = daemon.answer(&request).await?.first() {
            return Err(format!("half: {request:?} has {row}"));
        }
    }
    let audit = daemon.answer(&Request::Audit).await?;
    match audit.first().map(|audit| audit["broken"] == json!([])) {
        Some(true) => Ok(filed),
        _ => Err(format!("half: {audit:?}")),
    }
}
