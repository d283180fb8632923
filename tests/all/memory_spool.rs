//! A spool that keeps what it accepted in memory and fails in every way a spool can, when told to.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::Timestamp;
use lotse::intake::lmtp::{Listen, LmtpSettings, serve};
use lotse::intake::{Envelope, RecipientVerdict, Spool, SpoolError};
use lotse::types::{Address, Position};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// Longer than anything here takes on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

#[derive(Clone)]
pub(crate) struct MemorySpool(Arc<Inner>);

struct Inner {
    accepted: Mutex<Vec<(Envelope, Vec<u8>)>>,
    fault: Mutex<Option<SpoolError>>,
    room: AtomicU64,
    is_starting: AtomicBool,
    /// Whether `accept` may end.
    gate: watch::Sender<bool>,
    /// How often `accept` was begun.
    begun: watch::Sender<usize>,
    caught_up: watch::Sender<Option<String>>,
}

impl MemorySpool {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Inner {
            accepted: Mutex::default(),
            fault: Mutex::default(),
            room: AtomicU64::new(u64::MAX),
            is_starting: AtomicBool::new(false),
            gate: watch::Sender::new(true),
            begun: watch::Sender::new(0),
            caught_up: watch::Sender::new(None),
        }))
    }

    pub(crate) fn fail(&self, fault: Option<SpoolError>) {
        *self.0.fault.lock().unwrap() = fault;
    }

    pub(crate) fn leave_room(&self, bytes: u64) {
        self.0.room.store(bytes, Ordering::SeqCst);
    }

    pub(crate) fn start_slowly(&self, is_starting: bool) {
        self.0.is_starting.store(is_starting, Ordering::SeqCst);
    }

    /// From now on `accept` waits for [`Self::open`].
    pub(crate) fn close(&self) {
        self.0.gate.send_replace(false);
    }

    pub(crate) fn open(&self) {
        self.0.gate.send_replace(true);
    }

    /// Waits until `accept` was begun so many times.
    pub(crate) async fn wait_for_begun(&self, times: usize) {
        let mut begun = self.0.begun.subscribe();
        let reached = begun.wait_for(|count| *count >= times);
        drop(timeout(PATIENCE, reached).await.expect("accept was called").unwrap());
    }

    /// Waits until a door said that it is caught up, and says which.
    pub(crate) async fn wait_for_caught_up(&self) -> String {
        let mut said = self.0.caught_up.subscribe();
        let door = timeout(PATIENCE, said.wait_for(Option::is_some)).await;
        door.expect("the door says so").unwrap().clone().unwrap()
    }

    /// Takes out everything that was accepted.
    pub(crate) fn take(&self) -> Vec<(Envelope, Vec<u8>)> {
        std::mem::take(&mut *self.0.accepted.lock().unwrap())
    }
}

impl Spool for MemorySpool {
    async fn accept(&self, envelope: Envelope, message: Vec<u8>) -> Result<Position, SpoolError> {
        self.0.begun.send_modify(|count| *count += 1);
        drop(self.0.gate.subscribe().wait_for(|is_open| *is_open).await.unwrap());
        if let Some(fault) = self.0.fault.lock().unwrap().clone() {
            return Err(fault);
        }
        let mut accepted = self.0.accepted.lock().unwrap();
        accepted.push((envelope, message));
        Ok(Position(accepted.len() as u64))
    }

    fn recipient(&self, address: &Address) -> RecipientVerdict {
        if self.0.is_starting.load(Ordering::SeqCst) {
            return RecipientVerdict::TryAgain;
        }
        match (address.domain(), address.subaddress("+").0) {
            ("nrw.example", "nobody") => RecipientVerdict::Unknown,
            ("nrw.example", _) => RecipientVerdict::Accept,
            _ => RecipientVerdict::Relay,
        }
    }

    fn has_room(&self, bytes: u64) -> bool {
        bytes <= self.0.room.load(Ordering::SeqCst)
    }

    fn caught_up(&self, door: &str, _at: Timestamp) {
        self.0.caught_up.send_replace(Some(door.to_owned()));
    }

    fn now(&self) -> Timestamp {
        Timestamp::UNIX_EPOCH
    }
}

/// A door on loopback that ends with the test.
pub(crate) struct Door {
    pub(crate) listen: Listen,
    pub(crate) spool: MemorySpool,
    pub(crate) shutdown: watch::Sender<bool>,
    pub(crate) ended: JoinHandle<std::io::Result<()>>,
}

impl Door {
    /// Opens a door at a free port, or at the Unix socket of the settings.
    pub(crate) async fn open(mut settings: LmtpSettings) -> Self {
        if let Listen::Tcp(address) = &mut settings.listen {
            address.set_port(0);
        }
        let listener = settings.bind().await.unwrap();
        let listen = listener.place().unwrap();
        let spool = MemorySpool::new();
        let (shutdown, closing) = watch::channel(false);
        let ended = tokio::spawn(serve(listener, settings, spool.clone(), closing));
        Self { listen, spool, shutdown, ended }
    }

    /// The port on loopback.
    pub(crate) fn address(&self) -> std::net::SocketAddr {
        match &self.listen {
            Listen::Tcp(address) => *address,
            Listen::Unix(path) => panic!("{} is no port", path.display()),
        }
    }
}
