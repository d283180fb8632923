//! One look at the folder: what waits is fetched, accepted, and only then moved away.
//!
//! Messages are settled in ascending order of their UIDs, so that two numbers say what is taken.
//! A message that cannot be fetched is tried once more, alone, on a new connection, then goes to
//! the failed folder. A cut connection proves little against a message: only the third in a row
//! while this one message was being fetched does.
//! Deliberately absent: what a message means, and whether it was taken before under another UID.

use std::collections::BTreeMap;

use super::imap::Run;
use super::imap_envelope::{recipients, reverse_path};
use super::imap_error::DoorError;
use super::imap_session::{Letter, Link, Opened, Outline};
use super::imap_settings::{Backlog, ImapSettings};
use super::imap_state::{FolderMark, FolderState};
use crate::intake::{Envelope, Spool, SpoolError};

/// How many sizes are asked for, and how many messages are moved, at once. Dovecot reads the whole
/// folder at each MOVE: 25 at a time, 10 000 messages took minutes.
const BATCH_MAX: usize = 500;
/// How many messages are fetched at once ..
const GROUP_MAX: usize = 25;
/// .. and how many octets, unless one message alone is larger.
const GROUP_BYTES_MAX: u64 = 4 << 20;
/// How often the server may fail to give a message.
const REFUSALS_MAX: u32 = 2;
/// How often the connection may be cut while one message is being fetched.
const CUTS_MAX: u32 = 3;

/// What speaks against messages, by UID.
#[derive(Debug, Default)]
pub(super) struct Suspects(BTreeMap<u32, Suspicion>);

#[derive(Debug, Default)]
struct Suspicion {
    refusals: u32,
    cuts: u32,
}

impl Suspects {
    /// Notes that these messages were asked for when `error` came.
    pub(super) fn note(&mut self, uids: &[u32], error: &DoorError) {
        for uid in uids {
            let suspicion = self.0.entry(*uid).or_default();
            if !error.is_cut() {
                suspicion.refusals += 1;
            } else if uids.len() == 1 {
                suspicion.cuts += 1;
            }
        }
    }

    /// Whether the message is given up.
    pub(super) fn is_hopeless(&self, uid: u32) -> bool {
        self.0.get(&uid).is_some_and(|suspicion| {
            suspicion.refusals >= REFUSALS_MAX || suspicion.cuts >= CUTS_MAX
        })
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// Cuts ascending UIDs into batches in which every suspect stands alone.
    pub(super) fn batches<'a>(&self, uids: &'a [u32], longest: usize) -> Vec<&'a [u32]> {
        uids.chunk_by(|one, next| !self.0.contains_key(one) && !self.0.contains_key(next))
            .flat_map(|chunk| chunk.chunks(longest))
            .collect()
    }
}

/// The folder that is being read, over one connection.
pub(super) struct Folder<'a, S, F> {
    pub(super) run: &'a mut Run<S, F>,
    pub(super) mark: FolderMark,
    pub(super) done: String,
    pub(super) failed: String,
}

impl<S: Spool, F: FolderState> Folder<'_, S, F> {
    /// Takes everything that waits, until a look finds nothing more.
    pub(super) async fn look(&mut self, link: &mut Link) -> Result<(), DoorError> {
        loop {
            link.forget_news();
            let asked_at = self.run.spool.now();
            let fresh = self.tidy(link).await?;
            let door = self.run.settings.door();
            if fresh.is_empty() {
                self.run.spool.caught_up(&door, asked_at);
                self.run.contact();
                return Ok(());
            }
            for batch in self.run.suspects.batches(&fresh, BATCH_MAX) {
                self.take(link, batch).await?;
                self.run.contact();
                if self.run.is_stopping() {
                    return Ok(());
                }
            }
        }
    }

    /// Moves away what is taken already, and gives what is not.
    async fn tidy(&mut self, link: &mut Link) -> Result<Vec<u32>, DoorError> {
        let is_left = |mark: &FolderMark, uid| {
            self.run.settings.backlog == Backlog::Leave && mark.is_backlog(uid)
        };
        let first = match self.run.settings.backlog {
            Backlog::Leave => self.mark.after_backlog(),
            Backlog::Take => 1,
        };
        let mut waiting = link.search_from(first).await?;
        waiting.retain(|uid| !is_left(&self.mark, *uid) && !self.mark.failed.contains(uid));
        let (settled, fresh): (Vec<u32>, Vec<u32>) =
            waiting.into_iter().partition(|uid| self.mark.is_settled(*uid));
        for some in settled.chunks(BATCH_MAX) {
            self.move_done(link, some).await?;
        }
        Ok(fresh)
    }

    /// Takes these messages, which must ascend.
    async fn take(&mut self, link: &mut Link, uids: &[u32]) -> Result<(), DoorError> {
        if let [uid] = uids
            && self.run.suspects.is_hopeless(*uid)
        {
            return self.give_up(link, *uid, "it cannot be fetched").await;
        }
        let outlines = link.outlines(uids).await;
        let outlines = self.blamed(uids, outlines)?;
        let there: Vec<u32> = outlines.iter().map(|outline| outline.uid).collect();
        let missing = self.missing(link, uids, &there).await?;
        let sound = outlines.iter().copied().filter(|one| missing.is_none_or(|uid| one.uid < uid));
        let mut taken = Vec::new();
        let groups = groups(sound, self.run.settings.message_bytes_max);
        let outcome = self.take_groups(link, groups, &mut taken).await;
        // What is taken is moved even if the rest must wait, but not over a broken connection.
        if matches!(outcome, Ok(()) | Err(DoorError::Spool(_) | DoorError::Incomplete(_))) {
            self.move_done(link, &taken).await?;
        }
        outcome?;
        missing.map_or(Ok(()), |uid| Err(DoorError::Incomplete(uid)))
    }

    async fn take_groups(
        &mut self,
        link: &mut Link,
        groups: Vec<Group>,
        taken: &mut Vec<u32>,
    ) -> Result<(), DoorError> {
        for group in groups {
            match group {
                Group::Fetch { uids, bytes } => self.take_group(link, &uids, bytes, taken).await?,
                Group::TooLarge { uid, bytes } => {
                    self.take_header(link, uid, bytes).await?;
                    self.give_up(link, uid, "it is too large").await?;
                }
            }
            if self.run.is_stopping() {
                break;
            }
        }
        Ok(())
    }

    /// Fetches and accepts one group, and notes durably how far it came.
    async fn take_group(
        &mut self,
        link: &mut Link,
        uids: &[u32],
        bytes: u64,
        taken: &mut Vec<u32>,
    ) -> Result<(), DoorError> {
        if !self.run.spool.has_room(bytes) {
            return Err(SpoolError::Full.into());
        }
        let messages = link.messages(uids, bytes).await;
        let mut messages = self.blamed(uids, messages)?;
        let there: Vec<u32> = messages.iter().map(|message| message.uid).collect();
        let missing = self.missing(link, uids, &there).await?;
        messages.retain(|message| missing.is_none_or(|uid| message.uid < uid));
        let before = taken.len();
        let mut refusal = None;
        for message in messages {
            let (uid, is_backlog) = (message.uid, self.mark.is_backlog(message.uid));
            let envelope = envelope(&self.run.settings, &self.run.spool, &message, is_backlog);
            if let Err(error) = self.run.spool.accept(envelope, message.bytes).await {
                refusal = Some(error);
                break;
            }
            self.mark.settle(uid);
            taken.push(uid);
        }
        let more = taken.len() - before;
        if more > 0 {
            self.keep().await?;
            self.run.health.change(|report| report.taken += count(more));
            self.run.contact();
        }
        match (refusal, missing) {
            (Some(error), _) => Err(error.into()),
            (None, Some(uid)) => Err(DoorError::Incomplete(uid)),
            (None, None) => Ok(()),
        }
    }

    /// Accepts the header of a message that is too large, so that its author can be told.
    async fn take_header(
        &mut self,
        link: &mut Link,
        uid: u32,
        bytes: u64,
    ) -> Result<(), DoorError> {
        let headers = link.headers(&[uid]).await;
        for header in self.blamed(&[uid], headers)? {
            let is_backlog = self.mark.is_backlog(header.uid);
            let known = envelope(&self.run.settings, &self.run.spool, &header, is_backlog);
            let envelope = Envelope { whole_bytes: Some(bytes), ..known };
            self.run.spool.accept(envelope, header.bytes).await?;
        }
        Ok(())
    }

    /// The first message that was asked for, is still there, and did not come.
    ///
    /// What is gone was expunged under us by somebody else: nothing is owed for it.
    async fn missing(
        &mut self,
        link: &mut Link,
        asked: &[u32],
        received: &[u32],
    ) -> Result<Option<u32>, DoorError> {
        let absent: Vec<u32> =
            asked.iter().copied().filter(|uid| !received.contains(uid)).collect();
        let first = link.search_among(&absent).await?.first().copied();
        if let Some(uid) = first {
            self.run.suspects.note(&[uid], &DoorError::Incomplete(uid));
        }
        Ok(first)
    }

    /// Notes which messages were asked for if the answer is an error.
    fn blamed<T>(&mut self, uids: &[u32], answer: Result<T, DoorError>) -> Result<T, DoorError> {
        answer.inspect_err(|error| self.run.suspects.note(uids, error))
    }

    /// Sets a message aside, so that it never stops the rest.
    async fn give_up(&mut self, link: &mut Link, uid: u32, why: &str) -> Result<(), DoorError> {
        let door = self.run.settings.door();
        let moved = match link.move_to(&[uid], &self.failed).await {
            Err(DoorError::Refused { words, .. }) => {
                tracing::warn!(door, uid, why, words, "message stays where it is, unread");
                self.mark.failed.push(uid);
                Ok(())
            }
            Ok(()) => {
                tracing::warn!(door, uid, why, "message moved to the failed folder, unread");
                Ok(())
            }
            Err(error) => Err(error),
        };
        moved?;
        self.run.health.change(|report| report.failed += 1);
        self.mark.settle(uid);
        self.keep().await
    }

    /// Moves taken messages. They are safe with us, so a refusal stops nothing; the next look
    /// tries again.
    async fn move_done(&mut self, link: &mut Link, uids: &[u32]) -> Result<(), DoorError> {
        match link.move_to(uids, &self.done).await {
            Err(DoorError::Refused { words, .. }) => {
                let door = self.run.settings.door();
                tracing::warn!(door, words, count = uids.len(), "taken messages cannot be moved");
                Ok(())
            }
            other => other,
        }
    }

    async fn keep(&self) -> Result<(), DoorError> {
        let key = self.run.settings.key(&self.run.settings.folder);
        self.run.state.keep(&key, &self.mark).await.map_err(DoorError::State)
    }
}

/// The mark of a folder that was just opened: as it was kept, begun now, or found again by date
/// after the server renumbered its messages. The second value says that it must be kept.
///
/// The dates are the server's clock, first contact is ours; mail of the few seconds by which they
/// may differ is taken for what its date says.
pub(super) async fn mark_of<S: Spool, F: FolderState>(
    run: &Run<S, F>,
    link: &mut Link,
    key: &str,
    opened: Opened,
) -> Result<(FolderMark, bool), DoorError> {
    let known = run.state.load(key).await.map_err(DoorError::State)?;
    let Some(mark) = known else {
        let mark = FolderMark::first(opened.uid_validity, opened.uid_last, run.spool.now());
        return Ok((mark, true));
    };
    if mark.uid_validity == opened.uid_validity {
        return Ok((mark, false));
    }
    let uids = link.search("1:*").await?;
    let mut dates = Vec::with_capacity(uids.len());
    for some in uids.chunks(BATCH_MAX) {
        dates.extend(link.dates(some).await?);
    }
    tracing::warn!(
        key,
        messages = uids.len(),
        "the server gave all messages new numbers: the folder is read anew"
    );
    Ok((mark.renumbered(opened.uid_validity, &dates), true))
}

/// What the mailbox still knows of a message's way.
pub(super) fn envelope<S: Spool>(
    settings: &ImapSettings,
    spool: &S,
    message: &Letter,
    is_backlog: bool,
) -> Envelope {
    let now = spool.now();
    Envelope {
        reverse_path: reverse_path(&message.bytes),
        recipients: recipients(&message.bytes, &settings.recipient_fields),
        door: settings.door(),
        received_at: message.internal_at.map(|at| at.min(now)),
        is_backlog,
        whole_bytes: None,
    }
}

/// What is fetched in one go.
#[derive(Debug, PartialEq, Eq)]
enum Group {
    Fetch { uids: Vec<u32>, bytes: u64 },
    TooLarge { uid: u32, bytes: u64 },
}

/// Cuts messages into groups that fit into memory, in their order.
fn groups(outlines: impl Iterator<Item = Outline>, message_bytes_max: u64) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for Outline { uid, bytes: more } in outlines {
        if more > message_bytes_max {
            groups.push(Group::TooLarge { uid, bytes: more });
            continue;
        }
        match groups.last_mut() {
            Some(Group::Fetch { uids, bytes })
                if uids.len() < GROUP_MAX && bytes.saturating_add(more) <= GROUP_BYTES_MAX =>
            {
                uids.push(uid);
                *bytes += more;
            }
            _ => groups.push(Group::Fetch { uids: vec![uid], bytes: more }),
        }
    }
    groups
}

/// A count for a report.
pub(super) fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suspects_are_fetched_alone() {
        let mut suspects = Suspects::default();
        let uids: Vec<u32> = (1..=9).collect();
        assert_eq!(suspects.batches(&uids, 5), [&uids[..5], &uids[5..]]);
        suspects.note(&[3, 4], &DoorError::Incomplete(1));
        assert_eq!(suspects.batches(&uids, 5), [&uids[..2], &uids[2..3], &uids[3..4], &uids[4..9]]);
    }

    #[test]
    fn refusals_weigh_more_than_cuts() {
        let cut = DoorError::Silent { doing: "FETCH" };
        let mut suspects = Suspects::default();
        for _ in 0..9 {
            suspects.note(&[1, 2], &cut);
        }
        assert!(!suspects.is_hopeless(1), "a cut during a group proves nothing");
        for round in 0..CUTS_MAX {
            assert!(!suspects.is_hopeless(1), "round {round}");
            suspects.note(&[1], &cut);
        }
        assert!(suspects.is_hopeless(1) && !suspects.is_hopeless(2));
        suspects.note(&[2], &DoorError::Unreadable { doing: "FETCH" });
        assert!(!suspects.is_hopeless(2));
        suspects.note(&[2], &DoorError::Unreadable { doing: "FETCH" });
        assert!(suspects.is_hopeless(2));
    }

    #[test]
    fn groups_fit_into_memory() {
        let outlines = [(1, 3 << 20), (2, 1 << 20), (3, 1), (4, 60 << 20), (5, 99 << 20), (6, 1)];
        let found =
            groups(outlines.map(|(uid, bytes)| Outline { uid, bytes }).into_iter(), 64 << 20);
        assert_eq!(
            found,
            [
                Group::Fetch { uids: vec![1, 2], bytes: 4 << 20 },
                Group::Fetch { uids: vec![3], bytes: 1 },
                Group::Fetch { uids: vec![4], bytes: 60 << 20 },
                Group::TooLarge { uid: 5, bytes: 99 << 20 },
                Group::Fetch { uids: vec![6], bytes: 1 },
            ]
        );
        let many = groups((1..=60).map(|uid| Outline { uid, bytes: 1 }), 9);
        assert_eq!(many.len(), 3);
    }
}
