//! How a request changes: what each [`RequestChange`] does to it, and nothing else does.
//!
//! Deliberately absent: why something happens (`steps`, `collect`, `objection`).

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::desk::procedure::Fact;
use crate::desk::step::By;
use crate::ticket::procedure::proofs;
use crate::ticket::procedure::request::{
    About, Handed, Objection, Pending, Polling, Question, Request, RequestChange, Ruling, Standing,
    Verdict, Window,
};
use crate::ticket::procedure::sheet;
use crate::ticket::state::{Actor, Change, Transaction};
use crate::types::Sequence;

impl Request {
    /// Changes the request by a transaction of its ticket. The only way a request changes.
    pub(crate) fn apply(&mut self, transaction: &Transaction) {
        if let Change::Request { change } = &transaction.change {
            self.apply_change(change, transaction);
            sheet::note(&mut self.course, change, transaction);
        }
        if let Change::Answered { question } = &transaction.change
            && let Some(question) = self.questions.get_mut(question)
        {
            question.used = true;
        }
        if let Change::Undeliverable { address, permanent: true, .. } = &transaction.change
            && self.announced_to.iter().any(|to| to.folded() == address.to_lowercase())
            && !self.arrived.contains(&address.to_lowercase())
        {
            self.unreached.push(address.to_lowercase());
        }
    }

    fn apply_change(&mut self, change: &RequestChange, transaction: &Transaction) {
        let at = transaction.at;
        match change {
            RequestChange::Begin { .. } => self.rung = transaction.rung,
            RequestChange::Sheet { sheet } => self.sheet = Some(sheet.clone()),
            RequestChange::Fact { name, value, person, unfit } => {
                self.fill(name, value, *unfit);
                self.people.extend(person.clone().map(|person| (name.clone(), person)));
                self.filled_at = Some(at);
            }
            RequestChange::Asked { missing } => self.asked = Some((missing.clone(), at)),
            RequestChange::Complete { since } => self.complete_at = Some(*since),
            RequestChange::Expire => self.expired_at = Some(at),
            RequestChange::TakeUp => {
                self.expired_at = None;
                // The same may be asked again.
                self.asked = self.asked.take().map(|(asked, _)| (asked, Timestamp::MIN));
            }
            RequestChange::Step { step } => {
                self.step = *step;
                self.pending = None;
            }
            RequestChange::Announced { .. } | RequestChange::Repeated { .. } => {
                self.publish(change, transaction);
            }
            RequestChange::Question { by, address, about, of } => {
                let (by, address, about) = (by.clone(), address.clone(), *about);
                let question = Question { by, address, about, of: of.clone(), at, used: false };
                self.ask(transaction.sequence, question);
            }
            RequestChange::Open { opens_at, ends_at, anew } => {
                self.open(*opens_at, *ends_at, *anew);
            }
            RequestChange::Recounted { votes } => {
                self.ruling.iter_mut().for_each(|ruling| ruling.votes = Some(*votes));
            }
            RequestChange::Arrived { to } => self.arrive(to.folded()),
            RequestChange::Agenda { why } => self.agenda = Some(why.clone()),
            RequestChange::Applied { step } => self.applied.push(*step),
            RequestChange::End { granted } => {
                self.granted = Some(*granted);
                self.tabled = None;
            }
            RequestChange::Tabled { .. }
            | RequestChange::Untabled
            | RequestChange::Ruled { .. }
            | RequestChange::PollOpened { .. }
            | RequestChange::Ballot { .. }
            | RequestChange::PollExtended { .. }
            | RequestChange::PollClosed { .. } => self.apply_decision(change, at),
            RequestChange::Paper { .. }
            | RequestChange::NothingAttached
            | RequestChange::AttachmentAsked
            | RequestChange::TextSent { .. }
            | RequestChange::Agreed { .. }
            | RequestChange::AgreementNoted { .. }
            | RequestChange::Signature { .. }
            | RequestChange::Contested { .. } => self.apply_proof(change, at),
            RequestChange::Extend { .. }
            | RequestChange::Object { .. }
            | RequestChange::Confirm { .. }
            | RequestChange::Deny { .. }
            | RequestChange::Resume { .. }
            | RequestChange::ToldNotCounted { .. }
            | RequestChange::Withdraw { .. }
            | RequestChange::Close => {
                self.window.iter_mut().for_each(|window| window.apply(change));
            }
            _ => self.apply_pending(change, transaction),
        }
    }

    /// What was published came back from an address: who was not reached there, was after all.
    fn arrive(&mut self, to: &str) {
        self.unreached.retain(|known| known != to);
        self.arrived.push(to.to_owned());
    }

    /// It is published, or once more to those who were not reached: who is reached is seen anew.
    fn publish(&mut self, change: &RequestChange, transaction: &Transaction) {
        self.announcements.push(transaction.sequence);
        self.published_at = Some(transaction.at);
        self.unreached.clear();
        if let RequestChange::Announced { to } = change {
            self.announced_to.clone_from(to);
            self.arrived.clear();
        }
        self.window.iter_mut().for_each(|window| window.apply(change));
    }

    fn apply_pending(&mut self, change: &RequestChange, transaction: &Transaction) {
        let (at, by) = (transaction.at, transaction.by.clone());
        match change {
            RequestChange::Verdict { step, seat, granted, reason } => {
                let (step, seat, granted) = (*step, *seat, *granted);
                let (reason, rung) = (reason.clone(), transaction.rung);
                self.verdicts.push(Verdict { step, seat, by, granted, reason, at, rung });
            }
            RequestChange::Support { granted } => self.support = Some((by, *granted)),
            RequestChange::Escalate { to, reason } => {
                self.hand_over(to, Handed { at, by, reason: reason.clone(), ruling: None });
            }
            RequestChange::Help { kind, .. } => self.help = Some((*kind, at)),
            RequestChange::Await { .. }
            | RequestChange::Chased { .. }
            | RequestChange::Tasked { .. }
            | RequestChange::Reported { .. }
            | RequestChange::Probed { .. }
            | RequestChange::Bound
            | RequestChange::Started { .. }
            | RequestChange::Ran { .. } => {
                let step = self.step;
                let pending = self.pending.get_or_insert_with(|| Pending::new(step, at));
                pending.apply(change);
            }
            _ => {}
        }
    }

    /// A higher body decides in place of everybody else: nothing that was decided or waited for
    /// before stands in its way.
    fn hand_over(&mut self, to: &By, handed: Handed) {
        let ruling = self.ruling.take().map(|ruling| *ruling);
        self.handed = Some(Box::new(Handed { ruling, ..handed }));
        self.body = Some(to.clone());
        (self.granted, self.agenda, self.tabled, self.sheet) = (None, None, None, None);
        self.pending = None;
        self.polling = self.polling.take().filter(|polling| polling.result.is_some());
        if let Some(window) = &mut self.window {
            window.closed = true;
        }
    }

    fn ask(&mut self, sequence: Sequence, question: Question) {
        if let (About::Objection, Some(window)) = (question.about, &mut self.window) {
            window.asked.push(question.by.clone());
        }
        self.questions.insert(sequence, question);
    }

    /// A fact is known, or what was given for it does not do.
    fn fill(&mut self, name: &str, value: &str, is_unfit: bool) {
        let (into, out_of) = if is_unfit {
            (&mut self.unfit, &mut self.facts)
        } else {
            (&mut self.facts, &mut self.unfit)
        };
        out_of.remove(name);
        into.insert(name.to_owned(), value.to_owned());
        self.people.remove(name);
        self.proofs.contested.remove(name);
        self.bind_papers(name);
    }

    /// What it waited for is over.
    fn rule(&mut self, ruling: &Ruling) {
        self.agenda = None;
        self.tabled = None;
        self.ruling = Some(Box::new(ruling.clone()));
        if let Some(window) = &mut self.window {
            window.closed = true;
        }
    }

    fn apply_decision(&mut self, change: &RequestChange, at: Timestamp) {
        match change {
            RequestChange::Tabled { meeting, sitting } => {
                self.tabled = Some((meeting.clone(), *sitting));
            }
            RequestChange::Untabled => self.tabled = None,
            RequestChange::Ruled { ruling } => self.rule(ruling),
            RequestChange::PollOpened { voters, ends_at } => {
                self.polling = Some(Box::new(Polling {
                    voters: voters.clone(),
                    opens_at: at,
                    ends_at: *ends_at,
                    heard_at: None,
                    ballots: BTreeMap::new(),
                    result: None,
                }));
            }
            _ => self.poll(change),
        }
    }

    fn poll(&mut self, change: &RequestChange) {
        let is_open = self.is_open_vote();
        let Some(polling) = &mut self.polling else { return };
        match change {
            RequestChange::Ballot { by, choice } => {
                polling.ballots.insert(by.clone(), *choice);
            }
            RequestChange::PollExtended { ends_at, heard_at } => {
                polling.ends_at = *ends_at;
                polling.heard_at = Some(*heard_at);
            }
            RequestChange::PollClosed { votes, poll } => {
                polling.result = Some((*votes, *poll));
                if !is_open {
                    polling.ballots.clear();
                }
            }
            _ => {}
        }
    }

    fn apply_proof(&mut self, change: &RequestChange, at: Timestamp) {
        let proofs = &mut self.proofs;
        match change {
            RequestChange::Paper { paper } => {
                let name = paper.fact.clone();
                proofs.nothing_attached = false;
                proofs.papers.push((**paper).clone());
                if let Some(fact) = self.procedure.fact(&name).and_then(|fact| fact.each.clone()) {
                    self.bind_papers(&fact);
                }
            }
            RequestChange::NothingAttached => proofs.nothing_attached = true,
            RequestChange::AttachmentAsked => proofs.nothing_attached = false,
            RequestChange::TextSent { sent } => proofs.sent.push(sent.clone()),
            RequestChange::Agreed { name, consent } => {
                proofs.noted.remove(name);
                proofs.consents.insert(name.clone(), (**consent).clone());
                self.facts.insert(name.clone(), "yes".to_owned());
                self.unfit.remove(name);
                self.filled_at = Some(at);
            }
            RequestChange::AgreementNoted { name } => {
                proofs.noted.entry(name.clone()).or_insert(at);
            }
            RequestChange::Signature { name, signature } => {
                if signature.signed.is_some() {
                    self.filled_at = Some(at);
                }
                proofs.signatures.insert(name.clone(), (**signature).clone());
            }
            RequestChange::Contested { name, contested } => {
                proofs.contested.insert(name.clone(), contested.clone());
                self.filled_at = Some(at);
            }
            _ => {}
        }
    }

    /// Papers that were given without saying for what count for the things that are named now.
    fn bind_papers(&mut self, each: &str) {
        let facts: Vec<Fact> = self.procedure.facts.clone();
        for fact in facts.iter().filter(|fact| fact.each.as_deref() == Some(each)) {
            for place in 0..self.proofs.papers.len() {
                let lacking = proofs::lacking(self, fact);
                let paper = self.proofs.papers.get_mut(place);
                let unbound = paper.filter(|paper| paper.fact == fact.name && paper.for_all);
                if let Some(paper) = unbound.filter(|paper| paper.things.is_empty()) {
                    paper.things = lacking;
                }
            }
        }
    }

    fn open(&mut self, opens_at: Timestamp, ends_at: Timestamp, anew: bool) {
        let before = self.window.as_ref().filter(|_| anew);
        let restarts = before.map_or(0, |window| window.restarts.saturating_add(1));
        let repeated = before.is_some_and(|window| window.repeated);
        self.window = Some(Window {
            opens_at,
            ends_at,
            stopped_at: None,
            objections: Vec::new(),
            asked: Vec::new(),
            told: Vec::new(),
            closed: false,
            restarts,
            heard_at: None,
            repeated,
        });
    }
}

impl Pending {
    const fn new(step: u16, since: Timestamp) -> Self {
        Self {
            step,
            since,
            due_at: None,
            chased: 0,
            escalated: false,
            task: None,
            probe: None,
            run: None,
            output: String::new(),
        }
    }

    fn apply(&mut self, change: &RequestChange) {
        match change {
            RequestChange::Await { due_at } => self.due_at = *due_at,
            RequestChange::Chased { escalated } => {
                self.chased = self.chased.saturating_add(1);
                self.escalated |= escalated;
            }
            RequestChange::Tasked { ticket } => self.task = Some((*ticket, None)),
            RequestChange::Reported { ticket, done } => {
                let own = self.task.as_mut().filter(|(known, _)| known == ticket);
                own.into_iter().for_each(|task| task.1 = Some(*done));
            }
            RequestChange::Probed { address } => self.probe = Some((address.clone(), false)),
            RequestChange::Bound => self.probe.iter_mut().for_each(|probe| probe.1 = true),
            RequestChange::Started { attempt, .. } => self.run = Some((*attempt, None)),
            RequestChange::Ran { attempt, ending, output, .. } => {
                self.run = Some((*attempt, Some(*ending)));
                self.output.clone_from(output);
            }
            _ => {}
        }
    }
}

impl Window {
    /// The objection of somebody, if one is taken down.
    #[must_use]
    pub fn objection(&self, by: &Actor) -> Option<&Objection> {
        self.objections.iter().find(|objection| &objection.by == by)
    }

    /// Somebody objects, or again: the clock stands still since the first time.
    fn object(&mut self, mut objection: Objection) {
        let known = self.objection(&objection.by).map(|known| known.at);
        objection.at = known.map_or(objection.at, |known| known.min(objection.at));
        self.objections.retain(|known| known.by != objection.by);
        let stopped_at = self.stopped_at.unwrap_or(objection.at);
        self.stopped_at = Some(stopped_at.min(objection.at));
        self.objections.push(objection);
    }

    fn apply(&mut self, change: &RequestChange) {
        match change {
            RequestChange::Extend { ends_at, heard_at, .. } => {
                (self.ends_at, self.heard_at) = (*ends_at, Some(*heard_at));
            }
            RequestChange::Repeated { ends_at, .. } => {
                (self.ends_at, self.repeated) = (*ends_at, true);
            }
            RequestChange::Resume { ends_at } => {
                self.ends_at = *ends_at;
                self.stopped_at = None;
            }
            RequestChange::Object { by, at, standing, text } => {
                let (by, text) = (by.clone(), text.clone());
                self.object(Objection { by, at: *at, standing: *standing, text });
            }
            RequestChange::Confirm { by } => {
                for objection in self.objections.iter_mut().filter(|one| &one.by == by) {
                    objection.standing = Standing::Stands;
                }
            }
            RequestChange::Deny { by } | RequestChange::Withdraw { by } => {
                self.objections.retain(|objection| &objection.by != by);
            }
            RequestChange::ToldNotCounted { by } => self.told.push(by.clone()),
            RequestChange::Close => self.closed = true,
            RequestChange::Begin { .. }
            | RequestChange::Fact { .. }
            | RequestChange::Asked { .. }
            | RequestChange::Complete { .. }
            | RequestChange::Expire
            | RequestChange::TakeUp
            | RequestChange::Step { .. }
            | RequestChange::Announced { .. }
            | RequestChange::Unreached { .. }
            | RequestChange::Question { .. }
            | RequestChange::Open { .. }
            | RequestChange::Agenda { .. }
            | RequestChange::Applied { .. }
            | RequestChange::End { .. }
            | RequestChange::Await { .. }
            | RequestChange::Verdict { .. }
            | RequestChange::Chased { .. }
            | RequestChange::Tasked { .. }
            | RequestChange::Reported { .. }
            | RequestChange::Support { .. }
            | RequestChange::Escalate { .. }
            | RequestChange::Probed { .. }
            | RequestChange::Bound
            | RequestChange::Started { .. }
            | RequestChange::Ran { .. }
            | RequestChange::Help { .. }
            | RequestChange::Sheet { .. }
            | RequestChange::Tabled { .. }
            | RequestChange::Untabled
            | RequestChange::Ruled { .. }
            | RequestChange::PollOpened { .. }
            | RequestChange::Ballot { .. }
            | RequestChange::PollExtended { .. }
            | RequestChange::PollClosed { .. }
            | RequestChange::Paper { .. }
            | RequestChange::NothingAttached
            | RequestChange::AttachmentAsked
            | RequestChange::TextSent { .. }
            | RequestChange::Agreed { .. }
            | RequestChange::AgreementNoted { .. }
            | RequestChange::Signature { .. }
            | RequestChange::Contested { .. }
            | RequestChange::Recounted { .. }
            | RequestChange::Arrived { .. } => {}
        }
    }
}
