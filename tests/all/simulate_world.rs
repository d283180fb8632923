//! The simulated world: one store, one or two daemons over it, an archive, a clock, a way out that
//! fails, and every seam at which a process can end. One seed, one course.
//!
//! Deliberately absent: who writes what (`people`), what must hold (`laws`).

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::pin::Pin;
use std::sync::{Arc, LazyLock, Mutex};
use std::task::{Context, Poll, Waker};

use futures_util::FutureExt;
use jiff::{SignedDuration, Timestamp};
use lotse::daemon::casework::Casework;
use lotse::daemon::due;
use lotse::daemon::ledger::Ledger;
use lotse::daemon::reader::{self, Read};
use lotse::daemon::records::{self, Due};
use lotse::daemon::serve::read_register;
use lotse::daemon::sheet::{self, OutboxRow, Sheet};
use lotse::daemon::spool::{Accepted, Doors, Heard};
use lotse::daemon::texts::{Frames, Texts};
use lotse::desk::Desk;
use lotse::notice::Renderer;
use lotse::store::frame::{Frame, FrameKind};
use lotse::store::memory::MemoryStore;
use lotse::store::{Batch, Keyspace, Range, Store, StoreError, record};
use lotse::submit::Parcel;
use lotse::ticket::effect::RunOrder;
use lotse::ticket::event::{SubmitOutcome, Submitted};
use lotse::ticket::{self, Decision, Effect, Event, Notice, Timer};
use lotse::types::{Address, OutboxId, Position};

use super::decisions;
use super::faults::{self, Fault};
use super::laws::{self, Broken};
use super::letters::{Letter, Random};
use super::outages::{self, Planned};
use super::programs::{self, Execution, Running};

/// Every text, checked once for all worlds.
pub(crate) static RENDERER: LazyLock<Renderer> =
    LazyLock::new(|| Renderer::new(&BTreeMap::new()).unwrap());
/// Lines of the course that are shown when a law breaks.
const TRACE_MAX: usize = 50;
/// Of so many decisions one is made twice at once; `again` makes all of them once more.
const PURE_EVERY: usize = 4;

/// Runs what never waits: everything here answers from memory.
pub(crate) fn now<T>(future: impl Future<Output = T>) -> T {
    future.now_or_never().expect("memory never waits")
}

/// Accepted messages; clones are the same archive.
#[derive(Debug, Clone, Default)]
pub(crate) struct MemoryArchive {
    frames: Arc<Mutex<BTreeMap<Position, Frame>>>,
}

impl Frames for MemoryArchive {
    fn frame(&self, position: Position) -> Option<Frame> {
        self.frames.lock().unwrap().get(&position).cloned()
    }
}

impl MemoryArchive {
    fn append(&self, frame: Frame) -> Position {
        let mut frames = self.frames.lock().unwrap();
        let last = frames.keys().next_back().map_or(0, |position| position.0);
        let position = Position(last + 64);
        frames.insert(position, frame);
        position
    }

    fn next(&self, from: Position) -> Option<(Position, Frame)> {
        let frames = self.frames.lock().unwrap();
        frames.range(from..).next().map(|(position, frame)| (*position, frame.clone()))
    }

    pub(crate) fn read(&self, position: Position) -> Option<Frame> {
        self.frame(position)
    }

    pub(crate) fn positions(&self) -> Vec<Position> {
        self.frames.lock().unwrap().keys().copied().collect()
    }
}

type Durable = Pin<Box<dyn Future<Output = Result<(), StoreError>>>>;

/// A batch that was handed over.
struct InFlight {
    durable: Durable,
    settles: Option<Submitted>,
    /// Programs that start once it is durable.
    runs: Vec<RunOrder>,
}

/// A batch as it was handed over, and what was decided before any fault was planted.
pub(crate) struct Handed {
    pub(crate) batch: Batch,
    /// Nothing for what an administrator changes.
    pub(crate) event: Option<Event>,
    pub(crate) at: Timestamp,
    pub(crate) effects: Vec<Effect>,
}

/// One daemon: what it has in memory, and loses.
pub(crate) struct Daemon {
    ledger: Ledger<MemoryStore>,
    desk: Arc<Desk>,
    next: Position,
    in_flight: VecDeque<InFlight>,
    outcomes: VecDeque<Submitted>,
    pub(crate) running: Vec<Running>,
    /// Counts its lives.
    life: u32,
}

impl Daemon {
    /// What became of the oldest batch; nothing while it is under way.
    fn settled(&mut self) -> Option<Result<InFlight, StoreError>> {
        let mut context = Context::from_waker(Waker::noop());
        let Poll::Ready(result) = self.in_flight.front_mut()?.durable.as_mut().poll(&mut context)
        else {
            return None;
        };
        let done = self.in_flight.pop_front()?;
        Some(match result {
            Ok(()) => Ok(done),
            Err(error) => {
                self.outcomes.extend(done.settles);
                Err(error)
            }
        })
    }
}

/// A row that one daemon took out of the store, under the key by which it was due: it stays taken
/// until the store shows it no longer so, as in the outbox of the daemon.
struct Lease {
    holder: usize,
    attempts: u32,
    is_answered: bool,
}

/// A letter on its way to a door.
#[derive(Debug, Clone)]
pub(crate) struct Transit {
    pub(crate) letter: Letter,
    /// When it reached the door; in a mailbox it may lie there for a while.
    pub(crate) at: Timestamp,
    pub(crate) fetched_at: Timestamp,
    pub(crate) door: &'static str,
    pub(crate) is_backlog: bool,
}

/// What a way out was given.
#[derive(Debug, Clone)]
pub(crate) struct Submission {
    pub(crate) row: OutboxId,
    pub(crate) notice: Notice,
    /// Only of what outsiders get: the rest is rendered when somebody reads it.
    pub(crate) bytes: Vec<u8>,
    /// Whether it may be given once more: not taken for sure, or the answer was lost.
    pub(crate) may_repeat: bool,
}

/// A mail of ours in somebody's mailbox.
#[derive(Debug, Clone)]
pub(crate) struct Delivered {
    pub(crate) to: Address,
    pub(crate) notice: Notice,
}

/// Where a process may end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Seam {
    Accepted,
    HandedOver,
    Durable,
    Submitted,
}

/// One world.
pub(crate) struct World {
    pub(crate) random: Random,
    pub(crate) at: Timestamp,
    pub(crate) desk: Arc<Desk>,
    /// The desk in every state that its register had.
    pub(crate) desks: Vec<Arc<Desk>>,
    pub(crate) archive: MemoryArchive,
    pub(crate) texts: Texts<MemoryArchive>,
    pub(crate) store: MemoryStore,
    pub(crate) daemons: Vec<Daemon>,
    leases: BTreeMap<OutboxId, Lease>,
    pub(crate) transit: Vec<Transit>,
    pub(crate) letters: BTreeMap<Position, Letter>,
    /// Acts of writing that are votes, and where they lie.
    pub(crate) votes: BTreeSet<u32>,
    pub(crate) ballots: BTreeSet<Position>,
    pub(crate) inbox: Vec<Delivered>,
    pub(crate) submissions: Vec<Submission>,
    pub(crate) handed: Vec<Handed>,
    /// Every start of a program.
    pub(crate) executions: Vec<Execution>,
    pub(crate) authored: u32,
    pub(crate) fault: Option<Fault>,
    /// What doors report to daemons, and what they are: down now, or some time later.
    pub(crate) doors: Doors,
    pub(crate) planned: Vec<Planned>,
    pub(crate) is_calm: bool,
    /// Whether its course is told: that takes as long as living it.
    pub(crate) is_told: bool,
    pub(crate) trace: VecDeque<String>,
}

impl World {
    pub(crate) fn new(seed: u64, daemons: usize, fault: Option<Fault>) -> Self {
        let mut random = Random::new(seed);
        let desk = Arc::new(super::people::desk(&mut random));
        // Now and then shortly before the clocks change, in one zone or the other.
        let begins_at = random.weighted(&[
            (5, "2026-11-02T08:00:00Z"),
            (2, "2026-10-22T08:00:00Z"),
            (2, "2027-03-25T08:00:00Z"),
            (1, "2027-04-27T08:00:00Z"),
        ]);
        let archive = MemoryArchive::default();
        let store = MemoryStore::new();
        let mut world = Self {
            random,
            at: begins_at.parse().unwrap(),
            desks: vec![Arc::clone(&desk)],
            desk,
            texts: Texts::new(archive.clone()),
            archive,
            store,
            daemons: Vec::new(),
            leases: BTreeMap::new(),
            transit: Vec::new(),
            letters: BTreeMap::new(),
            votes: BTreeSet::new(),
            ballots: BTreeSet::new(),
            inbox: Vec::new(),
            submissions: Vec::new(),
            handed: Vec::new(),
            executions: Vec::new(),
            authored: 0,
            fault,
            doors: Doors::default(),
            planned: Vec::new(),
            is_calm: false,
            is_told: false,
            trace: VecDeque::new(),
        };
        outages::all_heard(&mut world);
        world.enroll();
        for _ in 0..daemons {
            let daemon = world.started();
            world.daemons.push(daemon);
        }
        world
    }

    /// Writes the organization into the empty register.
    fn enroll(&self) {
        let ledger = Ledger::new(self.store.clone());
        let register = &self.desk.register;
        let people = register.people().cloned().map(lotse::desk::RegisterChange::Person);
        let queues = register.queues().cloned().map(lotse::desk::RegisterChange::Queue);
        let units = register.units().cloned().map(lotse::desk::RegisterChange::Unit);
        let enrolled = people.chain(queues).chain(units).map(Effect::Enroll);
        let mut effects: Vec<Effect> = enrolled.collect();
        let timers = ticket::digest::first_timers(&self.desk, self.at).into_iter();
        effects.extend(timers.map(|(timer, at)| Effect::Arm(timer, at)));
        let empty = Desk { register: lotse::desk::Register::default(), ..(*self.desk).clone() };
        let casework = self.casework(&ledger, &empty);
        let batch = now(casework.enroll(&effects, self.at)).unwrap();
        now(ledger.view().hand_over(batch)).unwrap();
    }

    pub(crate) fn casework<'a>(
        &'a self,
        ledger: &'a Ledger<MemoryStore>,
        desk: &'a Desk,
    ) -> Casework<'a, MemoryStore, MemoryArchive> {
        Casework { desk, ledger, texts: &self.texts, renderer: &RENDERER }
    }

    /// A daemon as it starts: all it knows comes from the store.
    fn started(&self) -> Daemon {
        let ledger = Ledger::new(self.store.clone());
        let register = now(read_register(&self.store)).unwrap();
        let mark: Option<Position> = now(ledger.read(Keyspace::Meta, records::DECIDED)).unwrap();
        Daemon {
            desk: Arc::new(Desk { register, ..(*self.desk).clone() }),
            ledger,
            next: mark.map_or(Position(0), |mark| Position(mark.0 + 1)),
            in_flight: VecDeque::new(),
            outcomes: VecDeque::new(),
            running: Vec::new(),
            life: 0,
        }
    }

    pub(crate) fn note(&mut self, line: impl FnOnce() -> String) {
        if !self.is_told {
            return;
        }
        if self.trace.len() >= TRACE_MAX {
            self.trace.pop_front();
        }
        let line = format!("{} {}", self.at, line());
        self.trace.push_back(line);
    }

    /// The letter that the last line of the course is about, as it stands in the archive.
    pub(crate) fn last_letter(&self) -> String {
        let last = self.trace.iter().rev().find_map(|line| line.split("decides mail ").nth(1));
        let position = last.and_then(|line| line.split(':').next()?.parse().ok()).map(Position);
        let letter = position.and_then(|position| self.letters.get(&position));
        letter.map(|letter| String::from_utf8_lossy(&letter.raw).into_owned()).unwrap_or_default()
    }

    /// Lives for `steps`, then comes to rest; every law is looked at.
    pub(crate) fn run(&mut self, steps: u64) -> Result<(), Broken> {
        for _ in 0..steps {
            self.step()?;
        }
        self.rest()?;
        laws::at_rest(self)
    }

    fn step(&mut self) -> Result<(), Broken> {
        #[derive(Clone, Copy)]
        enum Step {
            Write,
            React,
            Arrive,
            Decide,
            Fire,
            Leave,
            Settle,
            Release,
            Wait,
            Crash,
            Fail,
            Hold,
            Enroll,
            Outage,
        }
        const STEPS: [(u64, Step); 14] = [
            (7, Step::Write),
            (34, Step::React),
            (20, Step::Arrive),
            (22, Step::Decide),
            (5, Step::Fire),
            (24, Step::Leave),
            (12, Step::Settle),
            (8, Step::Release),
            (9, Step::Wait),
            (1, Step::Crash),
            (1, Step::Fail),
            (2, Step::Hold),
            (2, Step::Enroll),
            (2, Step::Outage),
        ];
        let daemon = self.random.index(self.daemons.len());
        self.at += SignedDuration::from_secs(1);
        outages::pass(self);
        let step = self.random.weighted(&STEPS);
        if outages::is_down(self, outages::ALL) && !matches!(step, Step::Write | Step::React) {
            self.wait();
            return Ok(());
        }
        match step {
            Step::Write => self.write(),
            Step::React => self.react(),
            Step::Arrive => self.repeat(4, |world| world.arrive(daemon))?,
            Step::Decide => self.repeat(6, |world| world.decide_mail(daemon))?,
            Step::Fire => self.fire(daemon)?,
            Step::Leave => self.leave(daemon)?,
            Step::Settle => self.settle(daemon)?,
            Step::Release => {
                let count = self.random.index(4);
                self.release(count);
            }
            Step::Wait => self.wait(),
            Step::Crash => self.crash(daemon)?,
            Step::Fail => self.fail(),
            Step::Outage => outages::plan(self),
            Step::Enroll => self.change_register(daemon)?,
            Step::Hold => {
                self.note(|| "the disk is slow from now on".into());
                self.store.hold();
            }
        }
        Ok(())
    }

    /// Does something once or up to so many times.
    fn repeat(
        &mut self,
        times_max: u64,
        mut what: impl FnMut(&mut Self) -> Result<(), Broken>,
    ) -> Result<(), Broken> {
        let times = 1 + self.random.below(times_max);
        (0..times).try_for_each(|_| what(self))
    }

    fn wait(&mut self) {
        let span = match self.random.below(20) {
            0 => SignedDuration::from_hours(24 * self.random.below(40).cast_signed()),
            1..=3 => SignedDuration::from_hours(self.random.below(30).cast_signed()),
            4 => -SignedDuration::from_secs(self.random.below(90).cast_signed()),
            5..=9 => SignedDuration::from_mins(self.random.below(90).cast_signed()),
            _ => SignedDuration::from_secs(self.random.below(100).cast_signed()),
        };
        outages::pass(self);
        self.at += span;
        self.note(|| format!("the clock moved by {span:#}"));
        outages::pass(self);
    }

    /// A letter reaches its door and is accepted.
    fn arrive(&mut self, daemon: usize) -> Result<(), Broken> {
        let due: Vec<usize> =
            (0..self.transit.len()).filter(|at| self.is_here(&self.transit[*at])).collect();
        if due.is_empty() {
            return Ok(());
        }
        let transit = self.transit.remove(*self.random.pick(&due));
        let letter = transit.letter;
        let accepted = Accepted {
            received_at: if transit.door == "imap" { transit.at } else { self.at },
            door: transit.door.into(),
            reverse_path: letter.reverse_path.clone(),
            recipients: letter.recipients.clone(),
            is_backlog: transit.is_backlog,
            whole_bytes: None,
        };
        let head = serde_json::to_vec(&accepted).unwrap();
        let frame = Frame { kind: FrameKind::Message, head, body: letter.raw.clone() };
        let position = self.archive.append(frame);
        self.note(|| {
            let Letter { authored, author, recipients, .. } = &letter;
            format!("accepted {position}: letter {authored} of {author} to {recipients:?}")
        });
        if self.votes.contains(&letter.authored) {
            self.ballots.insert(position);
        }
        self.letters.insert(position, letter);
        outages::report(self);
        self.maybe_crash(daemon, Seam::Accepted)
    }

    /// Whether a door can take a letter now.
    fn is_here(&self, transit: &Transit) -> bool {
        transit.fetched_at <= self.at && !outages::is_down(self, transit.door)
    }

    /// The next message that the daemon has not decided.
    fn decide_mail(&mut self, daemon: usize) -> Result<(), Broken> {
        let next = self.daemons[daemon].next;
        let Some((position, frame)) = self.archive.next(next) else { return Ok(()) };
        let ids = &self.desk.site.authserv_ids;
        let Read::Mail(mail) = faults::read(self, reader::understand(position, &frame, ids)) else {
            return Err(Broken::new("mail_is_always_understood", format!("{position}")));
        };
        if self.decide(daemon, &Event::Mail(mail))? {
            self.daemons[daemon].next = Position(position.0 + 1);
        }
        Ok(())
    }

    /// Every timer that is due, in order, as the daemon fires them.
    fn fire(&mut self, daemon: usize) -> Result<(), Broken> {
        let has_mail = self.archive.next(self.daemons[daemon].next).is_some();
        if has_mail && !faults::fires_blindly(self) {
            return Ok(());
        }
        let heard = self.doors.caught_up();
        let caught_up = faults::caught_up(self, heard);
        let ledger = self.daemons[daemon].ledger.clone();
        let Ok(due) = now(due::timers(&ledger, self.at, caught_up)) else { return Ok(()) };
        for (due_at, timer) in due {
            let is_reached = heard >= due_at || faults::fires_unreached(self, &timer);
            if timer.is_silence() && !is_reached {
                continue;
            }
            let outages = if timer.is_silence() { self.doors.outages() } else { Vec::new() };
            let outages = faults::outages(self, outages);
            self.note(|| format!("daemon {daemon} fires {timer:?} of {due_at}"));
            if faults::forgets(self, &timer) {
                continue;
            }
            if !self.decide(daemon, &Event::Timer { timer, due_at, outages })? {
                break;
            }
        }
        Ok(())
    }

    /// Rows that are due leave, one or all.
    fn leave(&mut self, daemon: usize) -> Result<(), Broken> {
        let range = Range { from: b"r", to: b"s", limit: 64, reverse: false };
        let Ok(found) = now(self.store.scan(Keyspace::Due, range)) else { return Ok(()) };
        let mut due = Vec::new();
        for (key, _) in found {
            let Some((at, Due::Row(first))) = records::read_due(&key) else { continue };
            if at <= self.at {
                due.extend(self.sheet_rows(first));
            }
        }
        due.retain(|row| row.next_at.is_some_and(|at| at <= self.at));
        let waits: BTreeSet<(OutboxId, u32)> =
            due.iter().map(|row| (row.notice.id, row.attempts)).collect();
        self.leases
            .retain(|id, lease| !lease.is_answered || waits.contains(&(*id, lease.attempts)));
        due.retain(|row| !self.leases.contains_key(&row.notice.id));
        let all = self.is_calm || self.random.percent(80);
        due.truncate(if all { 64 } else { 1 });
        for row in due {
            let lease = Lease { holder: daemon, attempts: row.attempts, is_answered: false };
            self.leave_one(lease, row.notice.id, row)?;
        }
        Ok(())
    }

    /// The rows of a sheet as they stand; none if the store does not answer.
    fn sheet_rows(&self, first: OutboxId) -> Vec<OutboxRow> {
        let read = |key: Vec<u8>| now(self.store.get(Keyspace::Outbox, &key));
        let (sheet, standings) = (read(sheet::sheet_key(first)), read(sheet::standings_key(first)));
        let (Ok(Some(sheet)), Ok(standings)) = (sheet, standings) else { return Vec::new() };
        let standings = standings.map(|value| record::decode(&value).unwrap().record);
        record::decode::<Sheet>(&sheet).unwrap().record.rows(standings)
    }

    fn leave_one(&mut self, lease: Lease, id: OutboxId, row: OutboxRow) -> Result<(), Broken> {
        let daemon = lease.holder;
        let this = &self.daemons[daemon];
        let desk = Arc::clone(&this.desk);
        let casework = self.casework(&this.ledger, &desk);
        let Ok(refused) = now(casework.refused(&row.notice, self.at)) else { return Ok(()) };
        let is_read = !laws::is_inside(&desk, &row.notice);
        let mut parcel = is_read.then(|| casework.rendered(&row.notice));
        self.leases.insert(id, lease);
        let outcome = if let Some(why) = refused {
            self.note(|| format!("row {id} is dropped: {why}"));
            SubmitOutcome::Dropped(why.to_owned())
        } else {
            let before = self.submissions.iter().rev().find(|one| one.row == id).cloned();
            if let Some(parcel) = &mut parcel
                && self.fault == Some(Fault::ChangeOnRepeat)
                && before.is_some()
            {
                parcel.bytes.extend(b"and one more thing\r\n");
            }
            let bytes = parcel.map(|parcel| parcel.bytes).unwrap_or_default();
            let submission =
                Submission { row: id, notice: row.notice.clone(), bytes, may_repeat: true };
            self.submit(&desk, submission, before.as_ref())?
        };
        let attempts = row.attempts + 1;
        let outcome = Submitted { id, notice: row.notice, attempts, outcome };
        self.daemons[daemon].outcomes.push_back(outcome);
        self.maybe_crash(daemon, Seam::Submitted)
    }

    /// The way out: takes it, does not, or nobody knows.
    fn submit(
        &mut self,
        desk: &Desk,
        mut submission: Submission,
        before: Option<&Submission>,
    ) -> Result<SubmitOutcome, Broken> {
        if self.fault == Some(Fault::SayWithoutSending) && before.is_none() {
            return Ok(SubmitOutcome::Sent("250 2.0.0 taken".into()));
        }
        laws::at_submission(self, desk, &submission, before)?;
        let to = submission.notice.to.address.clone();
        let (arrives, outcome) = self.fate(to.domain() == "dead.example");
        self.note(|| {
            let (id, kind) = (submission.row, super::matter(&submission.notice));
            format!("row {id} leaves to {to} ({kind}): {outcome:?}")
        });
        submission.may_repeat = !matches!(outcome, SubmitOutcome::Sent(_));
        if arrives {
            self.inbox.push(Delivered { to, notice: submission.notice.clone() });
        }
        self.submissions.push(submission);
        Ok(outcome)
    }

    /// Whether a mail arrives, and what the server says.
    fn fate(&mut self, is_dead: bool) -> (bool, SubmitOutcome) {
        let fate = if is_dead && self.random.percent(60) {
            60
        } else if self.is_calm {
            0
        } else {
            self.random.below(100)
        };
        match fate {
            60..68 if is_dead => {
                (false, SubmitOutcome::Permanent("5.1.1".into(), "550 no such user".into()))
            }
            60..68 => (false, SubmitOutcome::Transient("451 4.3.0 later".into())),
            68..72 => {
                (false, SubmitOutcome::Permanent("5.7.1".into(), "550 5.7.1 unwanted".into()))
            }
            72..74 => (false, SubmitOutcome::RefusedSender("553 not this sender".into())),
            74..78 => (false, SubmitOutcome::Uncertain("no answer".into())),
            78..84 => (true, SubmitOutcome::Uncertain("no answer".into())),
            _ => (true, SubmitOutcome::Sent("250 2.0.0 taken".into())),
        }
    }

    /// A mail of ours as its reader sees it.
    pub(crate) fn rendered(&self, notice: &Notice) -> Parcel {
        let ledger = Ledger::new(self.store.clone());
        self.casework(&ledger, &self.desk).rendered(notice)
    }

    /// What a way out said is decided, and how programs ended.
    fn settle(&mut self, daemon: usize) -> Result<(), Broken> {
        while let Some(ran) = programs::ended(self, daemon) {
            if !self.decide(daemon, &Event::Ran(Box::new(ran)))? {
                return Ok(());
            }
        }
        let all = self.is_calm || self.random.percent(60);
        while let Some(outcome) = self.daemons[daemon].outcomes.pop_front() {
            let event = Event::Submitted(Box::new(outcome));
            if !self.decide(daemon, &event)? || !all {
                break;
            }
        }
        Ok(())
    }

    /// One event: look up, decide, batch, hand over. Says whether the daemon lived on.
    fn decide(&mut self, daemon: usize, event: &Event) -> Result<bool, Broken> {
        let this = &self.daemons[daemon];
        let life = this.life;
        let (ledger, desk) = (this.ledger.clone(), Arc::clone(&this.desk));
        let casework = self.casework(&ledger, &desk);
        let Ok(mut loaded) = now(ledger.begin()) else { return self.fell(daemon) };
        let Ok(decided) = now(casework.decide(&mut loaded, event, self.at)) else {
            return self.fell(daemon);
        };
        let decided = faults::decided(self, decided);
        let mut effects = decided.map_err(|why| Broken::new("everything_is_decided", why))?;
        let decided = effects.clone();
        if !effects.is_empty() {
            self.note(|| format!("daemon {daemon} decides {}", super::shown(event, &effects)));
            faults::mood(self, &mut effects);
            if self.handed.len().is_multiple_of(PURE_EVERY) {
                let again = ticket::decide(&desk, &loaded.case, event, self.at);
                laws::deciding_is_pure(&effects, &again)?;
            }
            faults::effects(self, event, &loaded.case, &mut effects);
            laws::at_decision(self, &desk, event, (&loaded.case, &effects))?;
            outages::at_decision(self, self.daemons[daemon].next, &loaded.case, &effects)?;
            decisions::at_decision(self, &loaded.case, &effects)?;
        }
        faults::restless(self, event, &mut effects);
        let casework = self.casework(&ledger, &desk);
        let Ok(mut batch) = now(casework.batch(&mut loaded, event, &effects, self.at)) else {
            return self.fell(daemon);
        };
        faults::batch(self, &mut batch);
        if batch.operations.is_empty() {
            if let Event::Submitted(row) = event {
                self.answered(row.id);
            }
            return Ok(true);
        }
        let event_again = Some(event.clone());
        let handed =
            Handed { batch: batch.clone(), event: event_again, at: self.at, effects: decided };
        self.handed.push(handed);
        let runs = faults::orders(self, daemon, programs::orders(&effects));
        let durable: Durable = Box::pin(ledger.view().hand_over(batch));
        let settles = match event {
            Event::Submitted(row) => Some((**row).clone()),
            Event::Mail(_)
            | Event::Timer { .. }
            | Event::WayOut(_)
            | Event::Ran(_)
            | Event::Aside(_)
            | Event::File(..)
            | Event::Again(_)
            | Event::Surveyed(_) => None,
        };
        self.daemons[daemon].in_flight.push_back(InFlight { durable, settles, runs });
        self.enroll_again(daemon, &effects);
        self.maybe_crash(daemon, Seam::HandedOver)?;
        self.poll();
        self.maybe_crash(daemon, Seam::Durable)?;
        Ok(self.daemons[daemon].life == life)
    }

    /// An administrator changes the register by one of the daemons.
    fn change_register(&mut self, daemon: usize) -> Result<(), Broken> {
        let this = &self.daemons[daemon];
        let (ledger, desk) = (this.ledger.clone(), Arc::clone(&this.desk));
        let changes = super::people::changes(&mut self.random, &desk.register);
        let effects: Vec<Effect> = changes.into_iter().map(Effect::Enroll).collect();
        let casework = self.casework(&ledger, &desk);
        let Ok(batch) = now(casework.enroll(&effects, self.at)) else {
            return self.fell(daemon).map(|_| ());
        };
        self.note(|| format!("daemon {daemon} is told {effects:?}"));
        self.handed.push(Handed {
            batch: batch.clone(),
            event: None,
            at: self.at,
            effects: effects.clone(),
        });
        let durable: Durable = Box::pin(ledger.view().hand_over(batch));
        let (settles, runs) = (None, Vec::new());
        self.daemons[daemon].in_flight.push_back(InFlight { durable, settles, runs });
        self.enroll_again(daemon, &effects);
        self.maybe_crash(daemon, Seam::HandedOver)?;
        self.poll();
        self.maybe_crash(daemon, Seam::Durable)
    }

    fn enroll_again(&mut self, daemon: usize, effects: &[Effect]) {
        for effect in effects {
            if let Effect::Enroll(change) = effect {
                let mut desk = (*self.daemons[daemon].desk).clone();
                desk.register.apply(change);
                self.daemons[daemon].desk = Arc::new(desk);
                self.desks.push(Arc::clone(&self.daemons[daemon].desk));
            }
        }
    }

    fn answered(&mut self, row: OutboxId) {
        if let Some(lease) = self.leases.get_mut(&row) {
            lease.is_answered = true;
        }
    }

    /// The view broke: the daemon begins anew, and keeps what ways out told it.
    fn fell(&mut self, daemon: usize) -> Result<bool, Broken> {
        self.restart(daemon, true);
        Ok(false)
    }

    /// Looks which batches are durable, and which daemons fell with one that is not.
    fn poll(&mut self) {
        for daemon in 0..self.daemons.len() {
            while let Some(settled) = self.daemons[daemon].settled() {
                match settled {
                    Ok(done) => {
                        done.settles.into_iter().for_each(|row| self.answered(row.id));
                        programs::start(self, daemon, done.runs.clone());
                        faults::started(self, daemon, done.runs);
                    }
                    Err(error) => self.batch_failed(daemon, &error),
                }
            }
        }
    }

    fn batch_failed(&mut self, daemon: usize, error: &StoreError) {
        self.note(|| format!("a batch of daemon {daemon} failed: {error}"));
        if matches!(error, StoreError::Poisoned(_)) {
            self.end_all();
        } else {
            self.restart(daemon, *error == StoreError::Conflict);
        }
    }

    /// Up to `count` batches become durable; then the disk is as slow as before.
    fn release(&mut self, count: usize) {
        let released = self.store.release(count);
        if released > 0 {
            self.note(|| format!("{released} batches reached the disk"));
        }
        self.poll();
    }

    fn fail(&mut self) {
        let error = match self.random.below(4) {
            0 => StoreError::Poisoned("the disk is gone".into()),
            1 => StoreError::Conflict,
            _ => StoreError::Full,
        };
        self.note(|| format!("the next commit will fail: {error}"));
        self.store.fail_next([error]);
    }

    fn maybe_crash(&mut self, daemon: usize, seam: Seam) -> Result<(), Broken> {
        let per_mille = match seam {
            Seam::Accepted | Seam::Durable => 10,
            Seam::HandedOver | Seam::Submitted => 20,
        };
        if self.is_calm || self.random.below(1000) >= per_mille {
            return Ok(());
        }
        self.note(|| format!("seam {seam:?}"));
        self.crash(daemon)
    }

    /// The machine ends, or, where there are two, one daemon does and its batches stay under way.
    fn crash(&mut self, daemon: usize) -> Result<(), Broken> {
        let is_alone = self.daemons.len() > 1 && self.random.percent(60);
        if is_alone {
            self.note(|| format!("daemon {daemon} crashed"));
            self.restart(daemon, false);
        } else {
            self.note(|| "power failed".into());
            self.end_all();
        }
        laws::after_crash(self)
    }

    pub(crate) fn end_all(&mut self) {
        let heard: Heard = self.doors.heard();
        self.doors = Doors::expecting(outages::names(), &heard);
        self.store = self.store.crashed();
        faults::crashed(self);
        for daemon in 0..self.daemons.len() {
            self.restart(daemon, false);
        }
    }

    /// A daemon begins anew; what ways out told it is known on or lost.
    fn restart(&mut self, daemon: usize, keeps_outcomes: bool) {
        if now(self.store.get(Keyspace::Meta, records::COUNTERS)).is_err() {
            self.store = self.store.crashed();
        }
        let started = self.started();
        let old = std::mem::replace(&mut self.daemons[daemon], started);
        self.daemons[daemon].life = old.life + 1;
        let settling = old.in_flight.into_iter().filter_map(|batch| batch.settles);
        let outcomes: VecDeque<Submitted> = settling.chain(old.outcomes).collect();
        if keeps_outcomes {
            self.daemons[daemon].outcomes = outcomes;
        }
        let known: BTreeSet<OutboxId> =
            self.daemons[daemon].outcomes.iter().map(|row| row.id).collect();
        let is_lost =
            |row: &OutboxId, lease: &Lease| lease.holder == daemon && !known.contains(row);
        let lost: BTreeSet<OutboxId> = self
            .leases
            .iter()
            .filter(|(row, lease)| is_lost(row, lease))
            .map(|(row, _)| *row)
            .collect();
        self.leases.retain(|row, _| !lost.contains(row));
        for submission in &mut self.submissions {
            submission.may_repeat |= lost.contains(&submission.row);
        }
    }

    /// Nothing more fails and nobody writes: everything that is under way comes to its end.
    fn rest(&mut self) -> Result<(), Broken> {
        self.is_calm = true;
        self.note(|| "the world calms down".into());
        self.store.release(usize::MAX);
        self.poll();
        self.end_all();
        let horizon = self.at + SignedDuration::from_hours(24 * 60);
        let mut patience = 12;
        for _ in 0..400 {
            outages::pass(self);
            if self.random.percent(6) {
                outages::plan(self);
            }
            self.answer_requests(&mut patience);
            self.store.release(usize::MAX);
            if !outages::is_down(self, outages::ALL) {
                for daemon in 0..self.daemons.len() {
                    self.catch_up(daemon)?;
                }
                self.poll();
            }
            match self.next_at()? {
                Some(at) if at <= horizon => {
                    outages::pass(self);
                    self.at = self.at.max(at);
                }
                Some(_) | None if self.is_anybody_asked() => {}
                Some(_) | None => return Ok(()),
            }
        }
        Err(Broken::new("everything_comes_to_rest", "it goes on for ever".into()))
    }

    /// All that one daemon can do now.
    fn catch_up(&mut self, daemon: usize) -> Result<(), Broken> {
        while self.transit.iter().any(|transit| self.is_here(transit)) {
            self.arrive(daemon)?;
        }
        outages::report(self);
        let waiting = self.archive.positions().len();
        for _ in 0..waiting {
            self.decide_mail(daemon)?;
        }
        self.fire(daemon)?;
        self.leave(daemon)?;
        self.settle(daemon)
    }

    /// When something happens next.
    fn next_at(&self) -> Result<Option<Timestamp>, Broken> {
        if let Some(up_at) = outages::up_at(self, outages::ALL) {
            return Ok(Some(up_at));
        }
        let arrival = |transit: &Transit| {
            let up_at = outages::up_at(self, transit.door).unwrap_or(Timestamp::MIN);
            transit.fetched_at.max(up_at)
        };
        let transit = self.transit.iter().map(arrival);
        faults::rest(self);
        let all = Range { from: &[], to: &[], limit: usize::MAX, reverse: false };
        let found = now(self.store.scan(Keyspace::Due, all))
            .map_err(|error| Broken::new("the_store_answers_at_rest", error.to_string()))?;
        let due = found.iter().filter_map(|(key, _)| records::read_due(key));
        // Digests come every day for ever, and a window may wait for a door.
        let ends = due.filter(|(at, what)| match what {
            Due::Timer(Timer::Digest(_)) => false,
            Due::Timer(timer) => !timer.is_silence() || *at > self.at,
            Due::Row(_) => true,
        });
        let next = transit.chain(ends.map(|(at, _)| at)).chain(outages::next_at(self));
        Ok(next.chain(programs::next_at(self)).min())
    }

    /// The decision as [`ticket::decide`] says it once more.
    pub(crate) fn is_same(effects: &[Effect], again: &Decision) -> bool {
        matches!(again, Decision::Effects(second) if second == effects)
    }
}
