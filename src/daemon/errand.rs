//! Errands: work that reads more than a decision may, done once the batch that asks for it is
//! durable; what came of it goes to the decider.
//!
//! One that the end of the process cuts off is not taken up again: what may have ended it is not
//! begun anew by itself. Deliberately absent: what follows (`ticket::quarantine`,
//! `ticket::erasing`).

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::runtime::Handle;
use tokio::sync::{Notify, mpsc, oneshot, watch};

use crate::daemon::alone;
use crate::daemon::decider::Command;
use crate::daemon::erase::{self, Order};
use crate::daemon::ledger::Ledger;
use crate::daemon::reader::{self, Read};
use crate::daemon::verify::{self, Verifier};
use crate::desk::Desk;
use crate::mail::{Glance, glance};
use crate::store::any::AnyStore;
use crate::store::archive::Archive;
use crate::store::frame::Frame;
use crate::ticket::effect::Errand;
use crate::ticket::erasing::{Plan, Target};
use crate::ticket::event::{Again, MailEvent, Surveyed};
use crate::ticket::{Event, Filing};
use crate::types::{Position, QueueName};

/// Who runs errands; clones are the same.
#[derive(Debug, Clone)]
pub struct Errands {
    /// Where messages stand.
    pub archive: Archive,
    /// Settings, people and queues, once they are known.
    pub desk: watch::Receiver<Option<Arc<Desk>>>,
    /// Verifies signatures.
    pub verifier: Arc<Verifier>,
    /// Where wishes go; weak, so that nothing waits for an errand at the end.
    pub commands: mpsc::WeakSender<Command>,
    /// Where it is told what came of it.
    pub events: mpsc::WeakSender<Event>,
    /// The books.
    pub ledger: Ledger<AnyStore>,
    /// The data folder.
    pub folder: PathBuf,
    /// Told when something is to be erased.
    pub erasing: Arc<Notify>,
    /// What is under way.
    pub under_way: Arc<AtomicUsize>,
}

impl Errands {
    /// Begins an errand.
    pub fn start(&self, errand: Errand) {
        let this = self.clone();
        this.under_way.fetch_add(1, Ordering::AcqRel);
        tokio::spawn(async move {
            let event = this.run(errand).await;
            if let Some(event) = event
                && let Some(events) = this.events.upgrade()
                && events.send(event).await.is_err()
            {
                tracing::debug!("nobody hears what came of an errand");
            }
            this.under_way.fetch_sub(1, Ordering::AcqRel);
        });
    }

    async fn run(&self, errand: Errand) -> Option<Event> {
        match errand {
            Errand::Again { message, queue, by } => {
                let outcome = self.again(message, queue.clone()).await;
                let outcome = outcome.map(|filing| filing.tickets);
                Some(Event::Again(Box::new(Again { message, queue, by, outcome })))
            }
            Errand::Survey { ticket, target, by, message } => {
                let plan = self.planned(&target).await;
                let survey = Surveyed { ticket, target, by, message, plan };
                Some(Event::Surveyed(Box::new(survey)))
            }
            Errand::Erase { ticket, target, by, asked } => {
                let message = asked.first().copied().unwrap_or_default();
                let order =
                    Order { target, by: format!("{by} by mail"), ticket: Some(ticket), asked };
                let why = self.erase(&order).await.err()?;
                let target = order.target;
                let survey = Surveyed { ticket, target, by, message, plan: Err(why) };
                Some(Event::Surveyed(Box::new(survey)))
            }
        }
    }

    async fn planned(&self, target: &Target) -> Result<Plan, String> {
        let desk = self.desk.borrow().clone().ok_or("the register is not read yet")?;
        let plan = erase::planned(&self.ledger, &self.archive, &desk, target).await;
        plan.map_err(|error| error.to_string())?
    }

    /// Orders an erasure, if there still is something to erase.
    async fn erase(&self, order: &Order) -> Result<(), String> {
        self.planned(&order.target).await?;
        erase::order(&self.folder, order).map_err(|error| error.to_string())?;
        self.erasing.notify_one();
        Ok(())
    }

    /// Decides a message anew that was set aside, or files it in a queue.
    ///
    /// # Errors
    /// Why it lies there still, as a sentence.
    pub async fn again(
        &self,
        position: Position,
        queue: Option<QueueName>,
    ) -> Result<Filing, String> {
        let frame = self.archive.read(position).map_err(|error| error.to_string())?;
        let ids = self.authserv_ids();
        if alone::ends_its_reader(Path::new(alone::PROGRAM), &frame, &ids).await {
            return Err("reading it still ends a process of its own".to_owned());
        }
        let mail = match self.understood(position, frame.clone()).await {
            Ok(mail) => mail,
            Err(why) if queue.is_none() => return Err(why),
            Err(_) => unread(position, &frame)?,
        };
        let gone = || "the daemon is ending".to_owned();
        let commands = self.commands.upgrade().ok_or_else(gone)?;
        let (answer, decided) = oneshot::channel();
        commands.send(Command::Retry(mail, queue, answer)).await.map_err(|_unsent| gone())?;
        drop(commands);
        decided.await.map_err(|_closed| gone())?
    }

    fn authserv_ids(&self) -> Vec<String> {
        let desk = self.desk.borrow();
        desk.as_ref().map(|desk| desk.site.authserv_ids.clone()).unwrap_or_default()
    }

    async fn understood(&self, position: Position, frame: Frame) -> Result<Box<MailEvent>, String> {
        let (ids, verifier) = (self.authserv_ids(), Arc::clone(&self.verifier));
        let runtime = Handle::current();
        let understood = tokio::task::spawn_blocking(move || {
            let read = reader::understand(position, &frame, &ids);
            let verifying = verifier.begin(&read, frame.body, &runtime);
            (read, verifying)
        });
        let (read, verifying) = understood.await.map_err(|error| error.to_string())?;
        match verify::finished(read, verifying).await {
            Read::Mail(mail) => Ok(mail),
            Read::Unreadable(_, why) => Err(why),
        }
    }
}

/// A message of which only a glance is known, without a text.
fn unread(position: Position, frame: &Frame) -> Result<Box<MailEvent>, String> {
    let Glance { from, subject, .. } = glance::glance(&frame.body);
    let address = from.split_whitespace().find(|word| word.contains('@')).unwrap_or_default();
    let name = from.replace(address, "");
    let body = format!("From: {} <{address}>\r\nSubject: {subject}\r\n\r\n", name.trim());
    let frame = Frame { body: body.into_bytes(), ..frame.clone() };
    match reader::understand(position, &frame, &[]) {
        Read::Mail(mail) => Ok(mail),
        Read::Unreadable(_, why) => Err(why),
    }
}
