//! Accepted messages in the order of the archive, parsed ahead of the decider on other cores.
//!
//! It reads the archive and nothing else, so that a message is found the same way whether it
//! came a moment ago or before a crash.

use std::collections::VecDeque;
use std::sync::Arc;

use tokio::sync::{Notify, mpsc, watch};
use tokio::task::{JoinHandle, spawn_blocking};

use crate::daemon::ended;
use crate::daemon::spool::Accepted;
use crate::mail::{self, authres};
use crate::store::archive::Archive;
use crate::store::frame::{Frame, FrameKind};
use crate::ticket::event::MailEvent;
use crate::ticket::fingerprint;
use crate::ticket::words;
use crate::types::Position;

/// Messages that are parsed ahead of the decider.
const AHEAD_MAX: usize = 32;

/// A message on its way to the decider.
#[derive(Debug)]
pub enum Read {
    /// Understood.
    Mail(Box<MailEvent>),
    /// It cannot be: its frame is damaged, or understanding it panicked.
    Unreadable(Position, String),
}

/// A message that is being parsed.
#[derive(Debug)]
pub struct Parsing {
    /// Where it stands.
    pub position: Position,
    task: JoinHandle<Read>,
}

impl Parsing {
    /// Waits until it is understood.
    pub async fn finished(self) -> Read {
        let position = self.position;
        self.task.await.unwrap_or_else(|error| Read::Unreadable(position, error.to_string()))
    }
}

/// Understands one frame of the archive.
#[must_use]
pub fn understand(position: Position, frame: &Frame, authserv_ids: &[String]) -> Read {
    let accepted: Accepted = match serde_json::from_slice(&frame.head) {
        Ok(accepted) => accepted,
        Err(error) => return Read::Unreadable(position, error.to_string()),
    };
    let message = mail::parse(&frame.body, &accepted.reverse_path);
    let verdicts = authres::verdicts(&message, authserv_ids);
    let fingerprint = fingerprint::of(&message, &frame.body);
    let reply = mail::quote::split(&message.text, None);
    let words = words::new_or_whole(position, &message.text, &reply);
    Read::Mail(Box::new(MailEvent {
        position,
        received_at: accepted.received_at,
        door: accepted.door,
        is_backlog: accepted.is_backlog,
        reverse_path: accepted.reverse_path,
        recipients: accepted.recipients,
        message,
        verdicts,
        fingerprint,
        words,
    }))
}

/// Reads accepted messages from `from` on and hands them over in order, for ever.
pub async fn read(
    archive: Archive,
    from: Position,
    arrived: Arc<Notify>,
    authserv_ids: Arc<Vec<String>>,
    decider: mpsc::Sender<Parsing>,
) {
    let mut next = from;
    loop {
        let (frames, end) = {
            let archive = archive.clone();
            match spawn_blocking(move || batch(&archive, next)).await {
                Ok(found) => found,
                Err(_panicked) => return,
            }
        };
        let is_idle = frames.is_empty() && end == next;
        next = end;
        for (position, frame) in frames {
            let authserv_ids = Arc::clone(&authserv_ids);
            let task = spawn_blocking(move || match frame {
                Ok(frame) => understand(position, &frame, &authserv_ids),
                Err(why) => Read::Unreadable(position, why),
            });
            if decider.send(Parsing { position, task }).await.is_err() {
                return;
            }
        }
        if is_idle {
            arrived.notified().await;
        }
    }
}

type Frames = VecDeque<(Position, Result<Frame, String>)>;

/// The next message frames, at most as many as are parsed ahead, and where to go on.
fn batch(archive: &Archive, from: Position) -> (Frames, Position) {
    let mut frames = VecDeque::new();
    let mut scan = archive.scan(from);
    while frames.len() < AHEAD_MAX {
        match scan.next() {
            Some(Ok((position, frame))) if frame.kind == FrameKind::Message => {
                frames.push_back((position, Ok(frame)));
            }
            Some(Ok(_)) => {}
            Some(Err(error)) => {
                frames.push_back((scan.at(), Err(error.to_string())));
            }
            None => break,
        }
    }
    (frames, scan.at())
}

/// Runs until `closing` is set: what was not read stays in the archive.
pub async fn until_closing(reading: impl Future<Output = ()>, mut closing: watch::Receiver<bool>) {
    tokio::select! {
        () = reading => {},
        () = ended(&mut closing) => {},
    }
}

/// A channel that lets so many messages be parsed ahead.
#[must_use]
pub fn channel() -> (mpsc::Sender<Parsing>, mpsc::Receiver<Parsing>) {
    mpsc::channel(AHEAD_MAX)
}
