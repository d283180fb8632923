//! Accepted messages in the order of the archive, parsed ahead of the decider on other cores.
//!
//! It reads the archive and nothing else, so that a message is found the same way whether it
//! came a moment ago or before a crash. What may have ended the process is read alone (`marker`).

use std::collections::VecDeque;
use std::path::Path;
use std::sync::Arc;

use tokio::runtime::Handle;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, mpsc, oneshot, watch};
use tokio::task::spawn_blocking;

use crate::daemon::ahead::Ahead;
use crate::daemon::alone;
use crate::daemon::ended;
use crate::daemon::ledger::Ledger;
use crate::daemon::marker::{ENDS_MAX, Marker};
use crate::daemon::pool::Pool;
use crate::daemon::progress::Progress;
use crate::daemon::spool::Accepted;
use crate::daemon::verify::{self, Verifier, Verifying};
use crate::desk::Desk;
use crate::mail::{self, ReversePath, authres};
use crate::store::Store;
use crate::store::archive::Archive;
use crate::store::frame::{Frame, FrameKind};
use crate::ticket::event::MailEvent;
use crate::ticket::{fingerprint, identity, route, words};
use crate::types::Position;

/// Messages that are parsed ahead of the decider.
const AHEAD_MAX: usize = 128;
/// Messages that are read from the archive at once.
const READ_MAX: usize = 32;
/// Octets of them after which no further one is read.
const READ_BYTES_MAX: usize = 4 << 20;
/// KiB of messages that are parsed ahead; one that is larger goes alone.
const AHEAD_KIB_MAX: u32 = 64 << 10;

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
    task: oneshot::Receiver<Understood>,
    /// Its share of what may be parsed ahead.
    _share: Option<OwnedSemaphorePermit>,
}

/// A message, what its decision needs looked up, and the verification that is under way.
type Understood = (Read, Option<Ahead>, Option<Verifying>);

impl Parsing {
    /// Waits until it is understood, and what its decision needs looked up as far as it could be.
    pub async fn finished(self) -> (Read, Option<Ahead>) {
        let panicked = || Read::Unreadable(self.position, "understanding it panicked".to_owned());
        let understood = self.task.await;
        let (read, ahead, verifying) =
            understood.unwrap_or_else(|_closed| (panicked(), None, None));
        (verify::finished(read, verifying).await, ahead)
    }
}

/// Understands one frame of the archive.
#[must_use]
pub fn understand(position: Position, frame: &Frame, authserv_ids: &[String]) -> Read {
    understand_for(None, position, frame, authserv_ids)
}

/// The same, without what this desk's decision of it cannot ask for.
fn understand_for(
    desk: Option<&Desk>,
    position: Position,
    frame: &Frame,
    authserv_ids: &[String],
) -> Read {
    let accepted: Accepted = match serde_json::from_slice(&frame.head) {
        Ok(accepted) => accepted,
        Err(error) => return Read::Unreadable(position, error.to_string()),
    };
    let message = mail::parse_with_sums(&frame.body, &accepted.reverse_path, |header| {
        desk.is_none_or(|desk| route::may_continue(desk, &accepted.recipients, header))
    });
    let verdicts = authres::verdicts(&message, authserv_ids);
    let fingerprint = fingerprint::of(&message, &frame.body);
    let words::Unaided { words, language, is_only_thanks } = words::unaided(position, &message);
    Read::Mail(Box::new(MailEvent {
        position,
        received_at: accepted.received_at,
        door: accepted.door,
        is_backlog: accepted.is_backlog,
        whole_bytes: accepted.whole_bytes,
        reverse_path: accepted.reverse_path,
        recipients: accepted.recipients,
        message,
        verdicts,
        fingerprint,
        words,
        language,
        is_only_thanks,
    }))
}

/// Reads accepted messages and hands them over in order.
#[derive(Debug)]
pub struct Reader<S: Store> {
    /// Where they are understood.
    pub pool: Pool,
    /// The books, to look up ahead of the decider what a message will need.
    pub ledger: Ledger<S>,
    /// Settings, people and queues, once they are known.
    pub desk: watch::Receiver<Option<Arc<Desk>>>,
    /// Where they stand.
    pub archive: Archive,
    /// The last message that is decided, if one is.
    pub decided: Option<Position>,
    /// Told when a message was accepted.
    pub arrived: Arc<Notify>,
    /// Whose verdicts are taken.
    pub authserv_ids: Arc<Vec<String>>,
    /// Verifies signatures where that proves something.
    pub verifier: Arc<Verifier>,
    /// Where it is noted what is begun.
    pub marker: Marker,
    /// How far the decider is.
    pub progress: Arc<Progress>,
    /// Where messages go.
    pub decider: mpsc::Sender<Parsing>,
}

impl<S: Store> Reader<S> {
    /// Reads for ever.
    pub async fn run(self) {
        let mut next = self.decided.unwrap_or(Position(0));
        if self.marker.is_careful(Position(next.0 + 1)) && spawn_blocking(warm_up).await.is_err() {
            tracing::debug!("the sample message was not understood");
        }
        let shares = Arc::new(Semaphore::new(usize::try_from(AHEAD_KIB_MAX).unwrap_or(1)));
        loop {
            let (archive, decided) = (self.archive.clone(), self.decided);
            let found = spawn_blocking(move || batch(&archive, next, decided)).await;
            let Ok((frames, end)) = found else { return };
            let is_idle = frames.is_empty() && end == next;
            next = end;
            if self.hand_over(frames, &shares).await.is_err() {
                return;
            }
            if is_idle {
                self.arrived.notified().await;
            }
        }
    }

    async fn hand_over(
        &self,
        frames: Frames,
        shares: &Arc<Semaphore>,
    ) -> Result<(), mpsc::error::SendError<Parsing>> {
        let last = frames.back().map(|(position, _)| *position);
        let mut is_noted = false;
        for (position, frame) in frames {
            if self.marker.is_careful(position) {
                self.hand_over_alone(position, frame).await?;
                continue;
            }
            if let Some(last) = last.filter(|_| !is_noted) {
                self.marker.begin(last);
                is_noted = true;
            }
            let kib = frame.as_ref().map_or(0, |frame| frame.body.len() >> 10);
            let kib = u32::try_from(kib).unwrap_or(u32::MAX).min(AHEAD_KIB_MAX);
            let share = Arc::clone(shares).acquire_many_owned(kib).await.ok();
            self.decider.send(Parsing { _share: share, ..self.parse(position, frame) }).await?;
        }
        Ok(())
    }

    /// Hands over a message that may have ended the process before, and waits until what became
    /// of it is durable: the next one's note would take the place of its own.
    async fn hand_over_alone(
        &self,
        position: Position,
        frame: Result<Frame, String>,
    ) -> Result<(), mpsc::error::SendError<Parsing>> {
        let parsing = match self.given_up(position, &frame).await {
            None => self.parse(position, frame),
            Some(why) => {
                let (answer, task) = oneshot::channel();
                // Kept by `task`, which is there.
                drop(answer.send((Read::Unreadable(position, why), None, None)));
                Parsing { position, task, _share: None }
            }
        };
        self.decider.send(parsing).await?;
        self.progress.decided(position).await;
        self.marker.outlived(position);
        self.progress.durable().await;
        Ok(())
    }

    /// Why a message is not read here any more, if it is not.
    async fn given_up(&self, position: Position, frame: &Result<Frame, String>) -> Option<String> {
        let ends = self.marker.ends_of(position);
        if ends >= ENDS_MAX {
            return Some(format!("it ended the program {ends} times while it was being decided"));
        }
        let frame = frame.as_ref().ok().filter(|_| ends > 0)?;
        let program = Path::new(alone::PROGRAM);
        let is_fault = alone::ends_its_reader(program, frame, &self.authserv_ids).await;
        is_fault.then(|| "reading it ended the program, and a process of its own".to_owned())
    }

    fn parse(&self, position: Position, frame: Result<Frame, String>) -> Parsing {
        let (authserv_ids, marker) = (Arc::clone(&self.authserv_ids), self.marker.clone());
        let (ledger, desk) = (self.ledger.clone(), self.desk.clone());
        let (verifier, runtime) = (Arc::clone(&self.verifier), Handle::current());
        let task = self.pool.give(move || {
            let frame = match frame {
                Ok(frame) => frame,
                Err(why) => return (Read::Unreadable(position, why), None, None),
            };
            let desk = desk.borrow().clone();
            let known = desk.as_deref();
            let understood = || understand_for(known, position, &frame, &authserv_ids);
            let read = marker.alone(position, understood);
            // A name server is not waited for here: it would keep the threads that parse.
            let verifying = if may_gain(known, &read) {
                verifier.begin(&read, frame.body, &runtime)
            } else {
                None
            };
            let (read, ahead) = look_ahead(read, &ledger, desk, &runtime);
            (read, ahead, verifying)
        });
        Parsing { position, task, _share: None }
    }
}

/// Whether a good signature can lend its author a right, as far as that is known.
fn may_gain(desk: Option<&Desk>, read: &Read) -> bool {
    match (desk, read) {
        (Some(desk), Read::Mail(mail)) => identity::gains_by_signature(desk, mail),
        _ => true,
    }
}

/// Looks up what a message will need. What fails here fails again in its turn, and is told there.
fn look_ahead<S: Store>(
    read: Read,
    ledger: &Ledger<S>,
    desk: Option<Arc<Desk>>,
    runtime: &Handle,
) -> (Read, Option<Ahead>) {
    let ahead = match (&read, desk) {
        (Read::Mail(mail), Some(desk)) => {
            runtime.block_on(Ahead::look(ledger.view(), desk, mail)).ok()
        }
        _ => None,
    };
    (read, ahead)
}

type Frames = VecDeque<(Position, Result<Frame, String>)>;

/// The next message frames, as many as are read at once, and where to go on.
///
/// A damaged place is named by where the scan stood before it, which is the place of no message.
fn batch(archive: &Archive, from: Position, decided: Option<Position>) -> (Frames, Position) {
    let mut frames = VecDeque::new();
    let mut bytes = 0;
    let mut scan = archive.scan(from);
    while frames.len() < READ_MAX && bytes < READ_BYTES_MAX {
        let before = scan.at();
        let Some(found) = scan.next() else { break };
        if Some(before) == decided {
            continue;
        }
        match found {
            Ok((position, frame)) if frame.kind == FrameKind::Message => {
                bytes += frame.body.len();
                frames.push_back((position, Ok(frame)));
            }
            Ok(_) => {}
            Err(error) => frames.push_back((before, Err(error.to_string()))),
        }
    }
    (frames, scan.at())
}

/// Makes the tables that the first message makes in every process. That takes as long as a
/// hundred messages, and the first would be blamed for an end that somebody else brought about.
fn warm_up() {
    let sample = b"From: a@a.example\r\nSubject: Re: [a #1] b\r\nContent-Type: text/html\r\n\r\n\
        <p>a</p><p>Am 1.1.2020 schrieb b:</p><blockquote>b</blockquote>\r\n";
    let message = mail::parse(sample, &ReversePath::Unknown);
    let verdicts = authres::verdicts(&message, &[]);
    let subject = mail::subject::split(&message.subject);
    let reply = mail::quote::split_message(&message, None);
    tracing::trace!(?verdicts, ?subject, ?reply, "ready to read with care");
}

/// The last message behind `decided`: until it is decided as well, no timer goes before it.
#[must_use]
pub fn newest(archive: &Archive, decided: Option<Position>) -> Option<Position> {
    let mut newest = None;
    let mut next = decided.unwrap_or(Position(0));
    loop {
        let (frames, end) = batch(archive, next, decided);
        newest = frames.back().map(|(position, _)| *position).or(newest);
        if end == next {
            return newest;
        }
        next = end;
    }
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
