//! The LMTP door: listens, and carries octets between connections, sessions and the spool.
//!
//! A connection reads nothing while the spool stores its message, so memory is bounded by
//! connections times message size. Deliberately absent: the protocol (`lmtp_session`), TLS and
//! authentication (LMTP stays on the machine or its own network, RFC 2033 section 5).

use std::io;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::watch;
use tokio::task::{JoinError, JoinSet};
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};

pub use super::lmtp_listen::{Access, Listen, Listener, Stream};
pub use super::lmtp_session::{Rules, Session, Step};
use super::{Spool, lmtp_reply};

/// Octets read at once: a usual mail with its end.
const READ_BYTES: usize = 32 << 10;
/// How long open transactions may go on after shutdown began.
const DRAIN_SPAN: Duration = Duration::from_secs(20);
/// How long a refused connection may take to read why.
const REFUSE_SPAN: Duration = Duration::from_secs(2);
/// How often the door says that it is caught up.
const CAUGHT_UP_SPAN: Duration = Duration::from_millis(200);
/// Pause after the system gave no connection, and how many such in a row end the door.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
const ACCEPT_FAILURES_MAX: u32 = 600;

/// The settings of an LMTP door.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LmtpSettings {
    /// Where to listen.
    pub listen: Listen,
    /// The group of a Unix socket, by name in `/etc/group` or by number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// The permission bits of a Unix socket; whoever may write may deliver.
    pub mode: u32,
    /// The name said in greetings.
    pub host: String,
    /// The door's name in `trace` and log; two doors need two names.
    pub name: String,
    /// Octets a message may have.
    pub message_bytes_max: usize,
    /// Recipients one message may have.
    pub recipients_max: usize,
    /// Connections at one time.
    pub connections_max: usize,
    /// How long a client may be silent, or leave an answer unread.
    #[serde(with = "jiff::fmt::serde::unsigned_duration::friendly::compact::required")]
    pub idle_span: Duration,
}

impl Default for LmtpSettings {
    fn default() -> Self {
        Self {
            listen: Listen::Tcp(([127, 0, 0, 1], 2424).into()),
            group: None,
            mode: 0o660,
            host: "localhost".to_owned(),
            name: "lmtp".to_owned(),
            message_bytes_max: 26_214_400,
            recipients_max: 1000,
            connections_max: 256,
            idle_span: Duration::from_mins(5),
        }
    }
}

impl LmtpSettings {
    /// Everything that is wrong with the settings, each with its remedy.
    #[must_use]
    pub fn check(&self) -> Vec<String> {
        let mut problems = Vec::new();
        if matches!(self.listen, Listen::Tcp(address) if address.port() == 25) {
            let remedy = "port 25 is for SMTP (RFC 2033 section 5): take another, such as 2424";
            problems.push(format!("listen = \"{}\": {remedy}", self.listen));
        }
        for (name, value, least) in [
            ("message_bytes_max", self.message_bytes_max, 65_536),
            ("recipients_max", self.recipients_max, 1),
            ("connections_max", self.connections_max, 1),
        ] {
            if value < least {
                problems.push(format!("{name} = {value}: it must be at least {least}"));
            }
        }
        if self.idle_span < Duration::from_secs(1) {
            problems.push("idle_span: it must be at least 1 second".to_owned());
        }
        if self.mode > 0o777 {
            problems.push(format!("mode = {:#o}: write it in octal, such as 0o660", self.mode));
        }
        if self.host.is_empty() || self.host.contains(|c: char| c.is_control() || c == ' ') {
            problems.push("host: it must be one word, such as mail.example".to_owned());
        }
        problems
    }

    /// Binds the door's socket.
    ///
    /// # Errors
    /// See [`Listener::bind`].
    pub async fn bind(&self) -> io::Result<Listener> {
        let access = Access { group: self.group.as_deref(), mode: self.mode };
        Listener::bind(&self.listen, &access).await
    }

    fn rules(&self) -> Rules {
        Rules {
            host: self.host.clone(),
            door: self.name.clone(),
            message_bytes_max: self.message_bytes_max,
            recipients_max: self.recipients_max,
        }
    }
}

/// Serves connections until `shutdown` turns true or its sender is gone; then open transactions
/// are finished, everybody is told 421, and the socket is closed.
///
/// # Errors
/// The system gave no connection for a minute on end.
pub async fn serve<S: Spool>(
    listener: Listener,
    settings: LmtpSettings,
    spool: S,
    shutdown: watch::Receiver<bool>,
) -> io::Result<()> {
    let mut sessions = JoinSet::new();
    let mut tick = interval(CAUGHT_UP_SPAN);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut closing = shutdown.clone();
    let mut failures = 0;
    loop {
        tokio::select! {
            // In this order, so that an ended session is counted out before a new one is refused.
            biased;
            () = closed(&mut closing) => break,
            Some(ended) = sessions.join_next() => report(&ended),
            // What comes later is stamped by the spool when it is accepted, so nothing earlier
            // than now can still come while the door is open.
            _ = tick.tick() => spool.caught_up(&settings.name, spool.now()),
            arrived = listener.accept() => match arrived {
                Ok(stream) if sessions.len() >= settings.connections_max => {
                    sessions.spawn(refuse(stream));
                }
                Ok(stream) => {
                    failures = 0;
                    let (settings, spool) = (settings.clone(), spool.clone());
                    sessions.spawn(converse(stream, settings, spool, shutdown.clone()));
                }
                Err(error) if failures < ACCEPT_FAILURES_MAX => {
                    failures += 1;
                    tracing::warn!(door = settings.name, %error, "no connection could be taken");
                    sleep(ACCEPT_PAUSE).await;
                }
                Err(error) => return Err(error),
            },
        }
    }
    drop(listener);
    let ended = async {
        while let Some(ended) = sessions.join_next().await {
            report(&ended);
        }
    };
    if timeout(DRAIN_SPAN, ended).await.is_err() {
        tracing::warn!(door = settings.name, "sessions were cut off, their mails come again");
    }
    Ok(())
}

/// Holds one conversation to its end.
///
/// # Errors
/// The connection broke; a transaction that was not answered is the client's to repeat.
pub async fn converse<S: Spool, T: Stream>(
    stream: T,
    settings: LmtpSettings,
    spool: S,
    mut shutdown: watch::Receiver<bool>,
) -> io::Result<()> {
    let mut connection = Connection { stream, idle_span: settings.idle_span };
    let mut session = Session::new(settings.rules());
    let mut buffer = vec![0; READ_BYTES];
    let mut length = 0;
    let mut is_draining = false;
    loop {
        let mut input = buffer.get(..length).unwrap_or_default();
        let is_over = advance(&mut session, &mut input, &spool).await;
        connection.send(session.output()).await?;
        if is_over {
            return connection.stream.shutdown().await;
        }
        length = 0;
        tokio::select! {
            // In this order, so that no transaction begins after shutdown did.
            biased;
            () = closed(&mut shutdown), if !is_draining => {
                is_draining = true;
                session.drain();
            }
            read = timeout(connection.idle_span, connection.stream.read(&mut buffer)) => {
                match read {
                    Ok(Ok(0)) => return Ok(()),
                    Ok(read) => length = read?,
                    Err(_) => session.expire(),
                }
            }
        }
    }
}

/// Lets the session read all of `input`; `true` when it is over.
async fn advance<S: Spool>(session: &mut Session, input: &mut &[u8], spool: &S) -> bool {
    loop {
        match session.step(input) {
            Step::More => return false,
            Step::Close => return true,
            Step::Room(offer) => {
                let has_room = spool.has_room(u64::try_from(offer.bytes()).unwrap_or(u64::MAX));
                session.offered(offer, has_room);
            }
            Step::Recipient(address) => {
                let verdict = spool.recipient(&address);
                session.judged(address, verdict);
            }
            Step::Accept(envelope, message) => {
                let outcome = spool.accept(envelope, message).await;
                session.accepted(&outcome);
            }
        }
    }
}

struct Connection<T> {
    stream: T,
    idle_span: Duration,
}

impl<T: Stream> Connection<T> {
    async fn send(&mut self, output: &mut Vec<u8>) -> io::Result<()> {
        if output.is_empty() {
            return Ok(());
        }
        let sent = async {
            self.stream.write_all(output).await?;
            self.stream.flush().await
        };
        timeout(self.idle_span, sent).await??;
        output.clear();
        Ok(())
    }
}

async fn refuse<T: Stream>(mut stream: T) -> io::Result<()> {
    let line = format!("{}\r\n", lmtp_reply::TOO_MANY_CONNECTIONS);
    timeout(REFUSE_SPAN, stream.write_all(line.as_bytes())).await??;
    stream.shutdown().await
}

/// Waits until the flag is true or can never become so.
async fn closed(shutdown: &mut watch::Receiver<bool>) {
    let flag = shutdown.wait_for(|is_closing| *is_closing).await;
    drop(flag);
}

fn report(ended: &Result<io::Result<()>, JoinError>) {
    match ended {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::debug!(%error, "a connection broke"),
        Err(error) => tracing::error!(%error, "a session ended by a fault of ours"),
    }
}
