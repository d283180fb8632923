//! The junk folder: read and left as it is; what carries a key of ours is taken.
//!
//! A provider's filter may put a mail there that answers us. What lies there at first contact is
//! passed over. Deliberately absent: moving, flagging, judging; the rest is only counted.

use super::imap::Run;
use super::imap_error::DoorError;
use super::imap_session::{Letter, Link};
use super::imap_state::{FolderMark, FolderState};
use super::imap_take::{envelope, mark_of};
use crate::intake::{Spool, SpoolError};

/// How many header sections are fetched at once.
const BATCH_MAX: usize = 50;

/// Reads what is new in the junk folder. A server without such a folder is no failure.
pub(super) async fn look<S: Spool, F: FolderState>(
    run: &mut Run<S, F>,
    link: &mut Link,
    folder: &str,
) -> Result<(), DoorError> {
    let opened = match link.examine(folder).await {
        Err(DoorError::Refused { words, .. }) => {
            tracing::debug!(folder, words, "no junk folder to read");
            return Ok(());
        }
        other => other?,
    };
    let key = run.settings.key(folder);
    let (mut mark, is_new) = mark_of(run, link, &key, opened).await?;
    if is_new {
        run.state.keep(&key, &mark).await.map_err(DoorError::State)?;
    }
    let first = mark.taken.saturating_add(1).max(mark.after_backlog());
    let mut waiting = link.search_from(first).await?;
    waiting.retain(|uid| !mark.is_backlog(*uid));
    for batch in run.junk_suspects.batches(&waiting, BATCH_MAX) {
        if !matches!(batch, [uid] if run.junk_suspects.is_hopeless(*uid)) {
            sift(run, link, &mut mark, batch).await?;
        }
        if let Some(last) = batch.last() {
            mark.settle(*last);
        }
        run.state.keep(&key, &mark).await.map_err(DoorError::State)?;
        if run.is_stopping() {
            return Ok(());
        }
    }
    Ok(())
}

/// Takes what is ours of a batch and counts the rest.
async fn sift<S: Spool, F: FolderState>(
    run: &mut Run<S, F>,
    link: &mut Link,
    mark: &mut FolderMark,
    batch: &[u32],
) -> Result<(), DoorError> {
    let headers = link.headers(batch).await;
    let headers = headers.inspect_err(|error| run.junk_suspects.note(batch, error))?;
    for header in headers {
        if !(run.carries_key)(&header.bytes) {
            run.health.change(|report| report.junk += 1);
            continue;
        }
        let uid = header.uid;
        for message in fetch(run, link, uid).await? {
            let mut envelope = envelope(&run.settings, &run.spool, &message, false);
            if let Some(folder) = &run.settings.junk {
                envelope.door = run.settings.door_of(folder);
            }
            run.spool.accept(envelope, message.bytes).await?;
            run.health.change(|report| report.taken += 1);
        }
        mark.settle(uid);
    }
    Ok(())
}

async fn fetch<S: Spool, F: FolderState>(
    run: &mut Run<S, F>,
    link: &mut Link,
    uid: u32,
) -> Result<Vec<Letter>, DoorError> {
    let outlines = link.outlines(&[uid]).await;
    let outlines = outlines.inspect_err(|error| run.junk_suspects.note(&[uid], error))?;
    let bytes = outlines.first().map_or(0, |outline| outline.bytes);
    if bytes > run.settings.message_bytes_max {
        tracing::warn!(uid, bytes, "message in the junk folder is too large");
        return Ok(Vec::new());
    }
    if !run.spool.has_room(bytes) {
        return Err(SpoolError::Full.into());
    }
    let messages = link.messages(&[uid], bytes).await;
    messages.inspect_err(|error| run.junk_suspects.note(&[uid], error))
}
