//! Faults that are planted around deciding and committing: each must break its law.

use jiff::{SignedDuration, Timestamp};
use lotse::daemon::reader::Read;
use lotse::daemon::records::{self, Due};
use lotse::notice::matrix;
use lotse::store::{Batch, Condition, Key, Keyspace, Operation, Range, Store, StoreError};
use lotse::ticket::effect::RunOrder;
use lotse::ticket::event::Outage;
use lotse::ticket::matter::{Excerpt, Matter};
use lotse::ticket::procedure::RequestChange;
use lotse::ticket::{Actor, Case, Change, Effect, Event, Notice, ReplyTo, Timer, Transaction};
use lotse::types::{Mailbox, OutboxId, Sequence, TicketId};

use super::laws;
use super::letters::Nature;
use super::programs;
use super::world::{World, now};

/// What goes wrong on purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Machines get answers.
    AnswerMachines,
    /// Nobody remembers what was seen.
    ForgetSeen,
    /// What became of a message is not written.
    ForgetFiling,
    /// A line of history is not written.
    ForgetTransaction,
    /// A filing names a ticket that has nothing of it.
    FileElsewhere,
    /// A notice is written without the mark that makes it leave.
    ForgetDue,
    /// A row is said to have left, and did not.
    SayWithoutSending,
    /// A row that leaves again says something else.
    ChangeOnRepeat,
    /// A recipient gets a notice twice.
    TellTwice,
    /// A notice goes to our own address.
    TellOurselves,
    /// Receipts without end.
    IgnoreCaps,
    /// A comment is quoted in an answer.
    LeakComment,
    /// Another ticket's words are quoted in an answer.
    LeakTicket,
    /// A timer is set that its ticket does not know.
    ArmUnknown,
    /// A batch is not in the journal.
    LoseBatch,
    /// A decision depends on what it must not.
    DecideByMood,
    /// A window closes although its time is not over.
    CloseEarly,
    /// A window closes while mail waits to be read.
    CloseBlindly,
    /// A window closes while mail lies in a mailbox out of reach.
    CloseUnreached,
    /// A window closes although its notice did not arrive.
    CloseUnnoticed,
    /// The clock of a window starts a day too early.
    StartEarly,
    /// A window that begins anew is a day too short.
    RestartShort,
    /// A timer that was set is not written.
    LoseTimer,
    /// A timer is gone after a crash.
    LoseTimerInCrash,
    /// What is received in the last second of a window is taken for too late.
    MissLastSecond,
    /// What is decided after the end of a window is taken for too late.
    JudgeByDecision,
    /// Nobody learns that a door was down.
    IgnoreOutages,
    /// A window is made longer, and too little.
    ExtendTooLittle,
    /// A window is made longer in silence.
    ExtendSilently,
    /// One daemon goes on with a register that the other has changed.
    KeepOldRegister,
    /// A digest lists what its reader may not see.
    ListForeignTicket,
    /// Mail is taken for unreadable.
    ReadNothing,
    /// A decision ends in a panic.
    Panic,
    /// Timers of windows never fire.
    NeverFire,
    /// One timer sets the next for ever.
    FireForEver,
    /// The disk fails when all is quiet.
    FailAtRest,
    /// A code is taken a second time.
    UseCodeTwice,
    /// A code counts in another person's mail.
    TakeForeignCode,
    /// A code counts for something else than it was sent for.
    MixPurposes,
    /// A code counts when its time is over.
    TakeOldCode,
    /// Something is done as if a code had come back.
    ActWithoutCode,
    /// Somebody is asked for the same twice.
    AskTwice,
    /// A refusal loses its reason.
    RefuseSilently,
    /// What was proven for one step is taken for another.
    MixSteps,
    /// Anybody decides.
    DecideUnproven,
    /// A request goes on before a step is done.
    LeaveTooEarly,
    /// A broken promise is handed on twice.
    EscalateTwice,
    /// A promise is handed on before it is broken.
    EscalateEarly,
    /// People are reminded at night.
    RemindAtNight,
    /// A task reports back twice.
    ReportTwice,
    /// A task that is done does not report back.
    ForgetReport,
    /// The register is changed twice for the same.
    ApplyTwice,
    /// An address is taken for bound before mail came through it.
    BindBlindly,
    /// A decision has no record.
    ForgetSheet,
    /// Nobody is asked, and the request waits.
    AskNobody,
    /// A vote ends a day too early.
    ShortenPoll,
    /// A vote leads to the words of its mail.
    NameBallot,
    /// A vote is counted twice.
    CountTwice,
    /// The same is decided twice.
    RuleTwice,
    /// An agenda goes out after its meeting.
    CallLate,
    /// A result stands that its votes contradict.
    RecordDoubtful,
    /// A meeting decides before it has begun.
    RuleTooEarly,
    /// A vote is shown before the close.
    ShowPoll,
    /// A doubtful result is told.
    TellAwaited,
    /// A vote closes while mail waits to be read.
    ClosePollBlindly,
    /// A vote closes while mail lies in a mailbox out of reach.
    ClosePollUnreached,
    /// A program of which nobody has heard is started once more.
    StartAgain,
    /// A program starts before it stands anywhere.
    StartUnrecorded,
    /// A ticket does not stand where it waits.
    ForgetShelf,
    /// Something is not counted.
    ForgetCount,
}

/// Every fault, the law that must notice it, and a seed at which it did: looked at first, so that
/// the search is short. Every law stands here at least once.
pub(crate) const FAULTS: [(Fault, &str, u64); 70] = [
    (Fault::AnswerMachines, "nothing_answers_a_machine", 4),
    (Fault::ForgetSeen, "authored_message_acts_once", 3),
    (Fault::ForgetFiling, "message_ends_in_one_place", 0),
    (Fault::ForgetTransaction, "ticket_is_its_fold", 0),
    (Fault::FileElsewhere, "batches_are_whole", 0),
    (Fault::ForgetDue, "outbox_agrees_with_due", 0),
    (Fault::SayWithoutSending, "no_notice_is_lost", 0),
    (Fault::ChangeOnRepeat, "no_notice_changes", 1),
    (Fault::TellTwice, "event_causes_few_notices", 0),
    (Fault::TellOurselves, "nothing_goes_to_ourselves", 0),
    (Fault::IgnoreCaps, "caps_hold", 0),
    (Fault::LeakComment, "inside_stays_inside", 29),
    (Fault::LeakTicket, "words_stay_on_their_ticket", 1),
    (Fault::ArmUnknown, "timers_agree", 4),
    (Fault::LoseBatch, "replay_gives_the_same", 0),
    (Fault::DecideByMood, "deciding_is_pure", 0),
    (Fault::CloseEarly, "windows_close_in_time", 7),
    (Fault::CloseBlindly, "objections_are_heard", 12),
    (Fault::CloseUnreached, "objections_are_heard", 12),
    (Fault::CloseUnnoticed, "silence_counts_where_it_arrived", 0),
    (Fault::StartEarly, "windows_close_in_time", 13),
    (Fault::RestartShort, "windows_close_in_time", 36),
    (Fault::LoseTimer, "timers_agree", 2),
    (Fault::LoseTimerInCrash, "timers_agree", 12),
    (Fault::MissLastSecond, "objections_in_time_count", 78),
    (Fault::JudgeByDecision, "objections_in_time_count", 12),
    (Fault::IgnoreOutages, "outages_lengthen_windows", 12),
    (Fault::ExtendTooLittle, "extensions_are_long_enough", 12),
    (Fault::ExtendSilently, "extension_is_told", 12),
    (Fault::KeepOldRegister, "decisions_stand_on_what_is_so", 45),
    (Fault::ListForeignTicket, "digests_show_what_is_served", 2),
    (Fault::ReadNothing, "mail_is_always_understood", 0),
    (Fault::Panic, "everything_is_decided", 0),
    (Fault::NeverFire, "no_timer_is_left_behind", 7),
    (Fault::FireForEver, "everything_comes_to_rest", 2),
    (Fault::FailAtRest, "the_store_answers_at_rest", 0),
    (Fault::UseCodeTwice, "code_is_good_once", 15),
    (Fault::TakeForeignCode, "code_proves_its_person", 15),
    (Fault::MixPurposes, "code_proves_its_purpose", 89),
    (Fault::TakeOldCode, "code_ends_in_time", 15),
    (Fault::ActWithoutCode, "rung_two_needs_a_code", 3),
    (Fault::AskTwice, "duty_is_asked_of_each_once", 19),
    (Fault::RefuseSilently, "refusal_has_a_reason", 19),
    (Fault::MixSteps, "proof_is_for_the_step_that_asked", 19),
    (Fault::DecideUnproven, "nobody_decides_below_the_rung", 19),
    (Fault::LeaveTooEarly, "step_is_done_before_the_next", 3),
    (Fault::EscalateTwice, "promise_is_handed_on_once", 104),
    (Fault::EscalateEarly, "promise_is_handed_on_in_time", 104),
    (Fault::RemindAtNight, "reminders_come_in_working_hours", 29),
    (Fault::ReportTwice, "task_reports_back_once", 3),
    (Fault::ForgetReport, "task_reports_back", 3),
    (Fault::ApplyTwice, "register_changes_once", 7),
    (Fault::BindBlindly, "address_is_bound_by_its_own_mail", 71),
    (Fault::ForgetSheet, "decision_has_one_sheet", 3),
    (Fault::AskNobody, "request_ends_or_somebody_was_told", 19),
    (Fault::ShortenPoll, "poll_lasts_as_promised", 54),
    (Fault::NameBallot, "ballots_lead_to_no_words", 54),
    (Fault::CountTwice, "vote_counts_once_for_each", 54),
    (Fault::RuleTwice, "nothing_is_ruled_twice", 33),
    (Fault::CallLate, "agenda_goes_out_before_the_meeting", 33),
    (Fault::RecordDoubtful, "results_agree_with_their_votes", 33),
    (Fault::RuleTooEarly, "results_come_from_a_meeting_that_was", 33),
    (Fault::ShowPoll, "votes_are_not_shown_before_the_close", 54),
    (Fault::TellAwaited, "nobody_hears_a_result_before_the_minutes_are_whole", 262),
    (Fault::ClosePollBlindly, "votes_are_heard", 54),
    (Fault::ClosePollUnreached, "votes_are_heard", 54),
    (Fault::StartAgain, "program_starts_once", 3),
    (Fault::StartUnrecorded, "program_starts_when_recorded", 3),
    (Fault::ForgetShelf, "what_is_kept_is_what_a_walk_finds", 0),
    (Fault::ForgetCount, "what_is_kept_is_what_a_walk_finds", 0),
];

fn next_row(case: &Case, effects: &[Effect]) -> OutboxId {
    let rows = effects.iter().filter_map(|effect| match effect {
        Effect::Notify(notice) => Some(notice.id.0 + 1),
        _ => None,
    });
    OutboxId(rows.max().unwrap_or(case.next_outbox.0))
}

fn a_notice(effects: &[Effect]) -> Option<Notice> {
    effects.iter().find_map(|effect| match effect {
        Effect::Notify(notice) => Some((**notice).clone()),
        _ => None,
    })
}

/// Decides the same otherwise.
pub(crate) fn mood(world: &mut World, effects: &mut Vec<Effect>) {
    if world.fault == Some(Fault::DecideByMood) && world.random.percent(20) {
        effects.pop();
    }
}

/// Spoils what was decided.
pub(crate) fn effects(world: &mut World, event: &Event, case: &Case, effects: &mut Vec<Effect>) {
    let Some(fault) = world.fault else { return };
    let id = next_row(case, effects);
    match fault {
        Fault::AnswerMachines => answer_machines(world, event, id, effects),
        Fault::ForgetSeen => effects.retain(|effect| !matches!(effect, Effect::See(..))),
        Fault::FileElsewhere => file_elsewhere(effects),
        Fault::TellTwice => {
            if let Some(notice) = a_notice(effects) {
                effects.push(Effect::Notify(Box::new(Notice { id, ..notice })));
            }
        }
        Fault::TellOurselves => {
            let first = effects.iter_mut().find_map(|effect| match effect {
                Effect::Notify(notice) => Some(notice),
                _ => None,
            });
            if let Some(notice) = first {
                notice.to = Mailbox::new("", world.desk.site.address.clone());
            }
        }
        Fault::IgnoreCaps => ignore_caps(event, id, effects),
        Fault::LeakComment => quote(world, event, case, effects, true),
        Fault::LeakTicket => quote(world, event, case, effects, false),
        Fault::ArmUnknown => {
            let at = world.at + SignedDuration::from_hours(1);
            if let Some(id) = a_notice(effects).and_then(|notice| notice.ticket) {
                effects.push(Effect::Arm(Timer::Remind(id, 7), at));
            }
        }
        Fault::CloseEarly => close_early(case, effects),
        Fault::ExtendTooLittle => extend_too_little(case, effects),
        Fault::ExtendSilently => effects.retain(|effect| {
            !matches!(effect, Effect::Notify(notice)
                if matches!(notice.matter, Matter::Extended { .. }))
        }),
        Fault::UseCodeTwice
        | Fault::TakeForeignCode
        | Fault::MixPurposes
        | Fault::TakeOldCode
        | Fault::ActWithoutCode => spoil_code(fault, effects),
        Fault::ListForeignTicket => list_foreign_ticket(effects),
        Fault::StartEarly => open_short(effects, false),
        Fault::RestartShort => open_short(effects, true),
        // What spoils no effect of requests does nothing there.
        _ => super::spoilt::effects(fault, event, case, effects),
    }
}

fn file_elsewhere(effects: &mut [Effect]) {
    for effect in effects {
        if let Effect::File(filing) = effect
            && filing.taken_for == "new"
        {
            filing.tickets.push(TicketId(9999));
        }
    }
}

fn answer_machines(world: &World, event: &Event, id: OutboxId, effects: &mut Vec<Effect>) {
    let Event::Mail(mail) = event else { return };
    let letter = &world.letters[&mail.position];
    if letter.nature != Nature::Machine {
        return;
    }
    effects.push(Effect::Notify(Box::new(Notice {
        id,
        to: Mailbox::new("", letter.author.clone()),
        person: None,
        locale: world.desk.site.locale,
        form: lotse::desk::AddressForm::Formal,
        queue: world.desk.site.dispatcher.clone(),
        ticket: None,
        sequence: Sequence(0),
        subject: String::new(),
        subject_day: None,
        reply_to: ReplyTo::Queue,
        in_reply_to: None,
        at: world.at,
        best_before: None,
        leaves_at: None,
        matter: Matter::Receipt { answer_days: None, also: Vec::new(), rest: None },
    })));
}

/// Ends six hours earlier, which is no 24:00.
fn extend_too_little(case: &Case, effects: &mut [Effect]) {
    for effect in effects {
        let Effect::Record(id, transaction) = effect else { continue };
        if let Change::Request { change: RequestChange::Extend { ends_at, .. } } =
            &mut transaction.change
            && case.tickets.contains_key(id)
        {
            *ends_at -= SignedDuration::from_hours(6);
        }
    }
}

/// Opens a window with a day less, for the first time or anew.
fn open_short(effects: &mut [Effect], only_anew: bool) {
    let day = SignedDuration::from_hours(24);
    let mut is_short = false;
    for effect in effects {
        match effect {
            Effect::Record(_, transaction) => match &mut transaction.change {
                Change::Request { change: RequestChange::Open { ends_at, anew, .. } }
                    if *anew == only_anew =>
                {
                    *ends_at -= day;
                    is_short = true;
                }
                Change::Arm { timer: Timer::Window(_), at } if is_short => *at -= day,
                _ => {}
            },
            Effect::Arm(Timer::Window(_), at) if is_short => *at -= day,
            _ => {}
        }
    }
}

/// Whether a question is answered with a code, which only rung 2 tells.
fn is_use(transaction: &Transaction) -> bool {
    matches!(transaction.change, Change::Answered { .. }) && transaction.rung > 1
}

fn spoil_code(fault: Fault, effects: &mut Vec<Effect>) {
    let mut again = None;
    for effect in effects.iter_mut() {
        let Effect::Record(id, transaction) = effect else { continue };
        match fault {
            Fault::UseCodeTwice if is_use(transaction) => {
                again = Some((*id, transaction.clone()));
            }
            Fault::TakeForeignCode if is_use(transaction) => {
                transaction.by = Actor::Person(lotse::types::PersonId::new("stranger"));
            }
            Fault::TakeOldCode if is_use(transaction) => {
                transaction.at += SignedDuration::from_hours(15 * 24);
            }
            Fault::MixPurposes => {
                if let Change::Prove { waiting } = &mut transaction.change {
                    waiting.purpose = lotse::ticket::proof::Purpose::Vote;
                }
            }
            Fault::ActWithoutCode if transaction.message.is_some() => {
                if let Change::Status { .. } = transaction.change {
                    transaction.rung = 2;
                }
            }
            _ => {}
        }
    }
    let Some((id, transaction)) = again else { return };
    let last = effects.iter().rev().find_map(|effect| match effect {
        Effect::Record(known, transaction) if *known == id => Some(transaction.sequence),
        _ => None,
    });
    let sequence = Sequence(last.map_or(0, |last| last.0) + 1);
    effects.push(Effect::Record(id, Transaction { sequence, ..transaction }));
}

fn list_foreign_ticket(effects: &mut [Effect]) {
    for effect in effects {
        if let Effect::Notify(notice) = effect
            && let Matter::Digest { items, .. } = &mut notice.matter
            && let Some(item) = items.first_mut()
        {
            item.ticket = TicketId(9999);
        }
    }
}

/// What daemons learn of outages.
pub(crate) fn outages(world: &World, outages: Vec<Outage>) -> Vec<Outage> {
    if world.fault == Some(Fault::IgnoreOutages) { Vec::new() } else { outages }
}

/// What is read in a mail, and when it is taken to have come.
pub(crate) fn read(world: &World, read: Read) -> Read {
    let Read::Mail(mut mail) = read else { return read };
    match world.fault {
        Some(Fault::ReadNothing) => return Read::Unreadable(mail.position, "planted".into()),
        Some(Fault::MissLastSecond) => mail.received_at += SignedDuration::from_secs(1),
        Some(Fault::JudgeByDecision) => mail.received_at = world.at.max(mail.received_at),
        _ => {}
    }
    Read::Mail(mail)
}

/// Whether timers fire while mail waits to be read.
pub(crate) fn fires_blindly(world: &World) -> bool {
    matches!(world.fault, Some(Fault::CloseBlindly | Fault::ClosePollBlindly))
}

/// Up to when a daemon believes that all doors are heard, which [`fires_unreached`] narrows.
pub(crate) fn caught_up(world: &World, heard: Timestamp) -> Timestamp {
    let is_blind = [Timer::Window(TicketId(0)), Timer::Vote(TicketId(0))]
        .iter()
        .any(|timer| fires_unreached(world, timer));
    if is_blind { Timestamp::MAX } else { heard }
}

/// Whether a silence counts although a door has not been heard.
pub(crate) fn fires_unreached(world: &World, timer: &Timer) -> bool {
    match world.fault {
        Some(Fault::CloseBlindly | Fault::CloseUnreached) => matches!(timer, Timer::Window(_)),
        Some(Fault::ClosePollBlindly | Fault::ClosePollUnreached) => {
            matches!(timer, Timer::Vote(_))
        }
        _ => false,
    }
}

/// What is started for an event once its batch is durable.
pub(crate) fn orders(world: &mut World, daemon: usize, orders: Vec<RunOrder>) -> Vec<RunOrder> {
    if world.fault == Some(Fault::StartUnrecorded) {
        programs::start(world, daemon, orders);
        return Vec::new();
    }
    orders
}

/// What a daemon makes of programs that it has started, and of which it has not heard.
pub(crate) fn started(world: &mut World, daemon: usize, orders: Vec<RunOrder>) {
    if world.fault == Some(Fault::StartAgain) {
        programs::start(world, daemon, orders);
    }
}

/// Takes a timer out of the store in which a crash left it.
pub(crate) fn crashed(world: &World) {
    if world.fault != Some(Fault::LoseTimerInCrash) {
        return;
    }
    let (from, to) = records::due_until(records::DUE_TIMERS, Timestamp::MAX);
    let range = Range { from: &from, to: &to, limit: usize::MAX, reverse: false };
    let found = now(world.store.scan(Keyspace::Due, range)).unwrap_or_default();
    let is_window =
        |key: &Key| matches!(records::read_due(key), Some((_, Due::Timer(Timer::Window(_)))));
    let lost = found.into_iter().map(|(key, _)| key).find(is_window);
    let operations = lost.map(|key| Operation::Delete(Keyspace::Due, key)).into_iter().collect();
    now(world.store.commit(Batch { operations, ..Batch::default() })).unwrap();
}

/// What comes of deciding.
pub(crate) fn decided<T>(world: &World, decided: Result<T, String>) -> Result<T, String> {
    if world.fault == Some(Fault::Panic) { Err("planted".into()) } else { decided }
}

/// Whether a timer does not fire.
pub(crate) fn forgets(world: &World, timer: &Timer) -> bool {
    world.fault == Some(Fault::NeverFire) && matches!(timer, Timer::Window(_))
}

/// Sets a timer that sets itself again.
pub(crate) fn restless(world: &World, event: &Event, effects: &mut Vec<Effect>) {
    let is_timer = matches!(event, Event::Timer { .. });
    if world.fault == Some(Fault::FireForEver) && is_timer {
        let at = world.at + SignedDuration::from_hours(1);
        effects.push(Effect::Arm(Timer::Outbox(OutboxId(1)), at));
    }
}

/// Breaks the store when all is quiet.
pub(crate) fn rest(world: &World) {
    if world.fault == Some(Fault::FailAtRest) {
        world.store.fail_next([StoreError::Poisoned("planted".into())]);
        drop(now(world.store.commit(Batch::default())));
    }
}

/// Closes every window that this event happens to see.
fn close_early(case: &Case, effects: &mut Vec<Effect>) {
    let open = case.tickets.values().flatten().find(|ticket| {
        ticket.request.as_ref().is_some_and(|request| request.open_window().is_some())
    });
    let Some(ticket) = open else { return };
    let mut last = ticket.transactions;
    for effect in effects.iter() {
        if let Effect::Record(id, transaction) = effect
            && *id == ticket.id
        {
            last = last.max(transaction.sequence.0);
        }
    }
    let transaction = Transaction {
        sequence: Sequence(last + 1),
        at: ticket.updated_at,
        by: Actor::Program,
        rung: 0,
        internal: false,
        message: None,
        change: Change::Request { change: RequestChange::Close },
    };
    effects.push(Effect::Record(ticket.id, transaction));
}

/// One more automatic mail than is allowed, to somebody who gets a receipt.
fn ignore_caps(event: &Event, id: OutboxId, effects: &mut Vec<Effect>) {
    let Event::Mail(_) = event else { return };
    let receipt = effects.iter().find_map(|effect| match effect {
        Effect::Notify(notice) if matches!(notice.matter, Matter::Receipt { .. }) => {
            Some((**notice).clone())
        }
        _ => None,
    });
    let Some(receipt) = receipt else { return };
    for number in 0..11 {
        let mut more = receipt.clone();
        more.id = OutboxId(id.0 + number);
        // Other tickets, so that only the cap is broken.
        more.ticket = Some(TicketId(1000 + number));
        more.subject = String::new();
        effects.push(Effect::Notify(Box::new(more)));
    }
}

/// Puts a message that stands elsewhere, or inside, below an answer to an outsider.
fn quote(world: &World, event: &Event, case: &Case, effects: &mut [Effect], comment: bool) {
    let Event::Mail(_) = event else { return };
    for effect in effects {
        let Effect::Notify(notice) = effect else { continue };
        if !matches!(notice.matter, Matter::Answer { .. } | Matter::Receipt { .. })
            || laws::is_inside(&world.desk, notice)
        {
            continue;
        }
        let found = if comment {
            laws::commented(world, notice.ticket)
        } else {
            laws::elsewhere(world, notice.ticket)
        };
        let Some(message) = found else { continue };
        let _ = case;
        notice.matter = Matter::Answer {
            text: Excerpt { message, lines: vec![(0, 9)], cuts: Vec::new() },
            canned: None,
            attachments: Vec::new(),
            quoted: None,
        };
        debug_assert_eq!(matrix::of(&notice.matter).template, "answer");
    }
}

/// Commits half of what was decided.
pub(crate) fn batch(world: &mut World, batch: &mut Batch) {
    if world.fault == Some(Fault::KeepOldRegister) {
        batch.conditions.retain(|one: &Condition| one.target().1 != records::REGISTER);
    }
    let forgotten = match world.fault {
        Some(Fault::ForgetFiling) => Keyspace::Message,
        Some(Fault::ForgetTransaction) => Keyspace::Transaction,
        Some(Fault::ForgetDue | Fault::LoseTimer) => Keyspace::Due,
        Some(Fault::ForgetShelf) => Keyspace::Index,
        Some(Fault::ForgetCount) => Keyspace::Digest,
        _ => return,
    };
    let is_forgotten = |operation: &Operation| match operation {
        Operation::Put(Keyspace::Due, key, _) => {
            let tag = match world.fault {
                Some(Fault::LoseTimer) => records::DUE_TIMERS,
                _ => records::DUE_ROWS,
            };
            forgotten == Keyspace::Due && key.first() == Some(&tag)
        }
        Operation::Put(keyspace @ (Keyspace::Index | Keyspace::Digest), key, _) => {
            *keyspace == forgotten && records::is_counted(key)
        }
        Operation::Put(keyspace, ..) => *keyspace == forgotten,
        Operation::Delete(..) => false,
    };
    let found = batch.operations.iter().position(is_forgotten);
    if let Some(place) = found {
        batch.operations.remove(place);
    }
}

/// Loses a batch of the journal.
pub(crate) fn replayed(world: &World, number: usize, batch: &mut Batch) {
    if world.fault == Some(Fault::LoseBatch) && number == 3 {
        *batch = Batch::default();
    }
}
