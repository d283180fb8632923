//! Submission to a server (RFC 6409): one transaction per parcel over a few kept connections.
//!
//! Deliberately absent: MX look-up and delivery to strangers' servers, DSN parameters, CHUNKING.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::commands::{Quit, Starttls};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore, crypto};

use super::letter::{Fate, Letter};
use super::reply::one_line;
use super::settings::{SubmitSettings, Tls};
use super::wire::{Line, Patience, Wire, WireError};
use super::{Outcome, Parcel, SubmitError};

/// An opened way to a submission server.
#[derive(Clone)]
pub struct Smtp {
    pool: Arc<Pool>,
}

struct Pool {
    route: Route,
    slots: Semaphore,
    idle: Mutex<Idle>,
}

/// Connections nobody uses, the last used last.
#[derive(Default)]
struct Idle {
    lines: Vec<(u64, Line)>,
    /// Counts sweeps: what was put back before the last one is closed by the next.
    sweep: u64,
    is_swept: bool,
}

/// Where to connect, and how.
struct Route {
    host: String,
    port: u16,
    tls: Tls,
    connector: Option<(TlsConnector, ServerName<'static>)>,
    helo: String,
    login: Option<(String, PathBuf)>,
    patience: Patience,
}

impl fmt::Debug for Smtp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Smtp({}:{})", self.pool.route.host, self.pool.route.port)
    }
}

impl Smtp {
    /// Takes the settings and reads the certificate authorities; connects at the first parcel.
    ///
    /// # Errors
    /// [`SubmitError`] names the host, file or authorities that cannot be used.
    pub fn open(settings: &SubmitSettings, base_folder: &Path) -> Result<Self, SubmitError> {
        let route = Route::new(settings, base_folder)?;
        Ok(Self::over(route, settings.connections_or_usual()))
    }

    fn over(route: Route, connections: usize) -> Self {
        let slots = Semaphore::new(connections);
        Self { pool: Arc::new(Pool { route, slots, idle: Mutex::default() }) }
    }

    pub(super) async fn submit(&self, parcel: &Parcel) -> Outcome {
        let Ok(_slot) = self.pool.slots.acquire().await else {
            return Outcome::Transient("the way out is closed".to_owned());
        };
        let letter = Letter::new(parcel);
        // A kept connection may have died of idleness: nothing was taken, and the next is tried.
        while let Some(mut line) = self.pool.take() {
            match letter.transact(&mut line).await {
                (Fate::Stale, _) => {}
                (Fate::Keep, outcome) => return self.kept(line, outcome),
                (Fate::Drop, outcome) => return outcome,
            }
        }
        let mut line = match Box::pin(self.pool.route.connect()).await {
            Ok(line) => line,
            Err(error) => return Outcome::Transient(self.pool.route.say(&error)),
        };
        match letter.transact(&mut line).await {
            (Fate::Keep, outcome) => self.kept(line, outcome),
            (Fate::Drop | Fate::Stale, outcome) => outcome,
        }
    }

    pub(super) async fn survey(&self) -> Result<String, String> {
        let route = &self.pool.route;
        let mut line = Box::pin(route.connect()).await.map_err(|error| {
            let said = route.say(&error);
            format!("{said}: {}", remedy(&said, route.tls))
        })?;
        let size = line.offers().size_max();
        // Politeness only: everything was heard.
        drop(line.command(Quit).await);
        let login = route.login.as_ref();
        let login = login.map_or(String::new(), |(user, _)| format!(", the login of {user} too"));
        let size = size.map_or(String::new(), |size| format!(", mails up to {size} octets"));
        Ok(format!("{}:{} takes the connection{login}{size}", route.host, route.port))
    }

    fn kept(&self, line: Line, outcome: Outcome) -> Outcome {
        if self.pool.put(line) {
            tokio::spawn(sweep(Arc::clone(&self.pool)));
        }
        outcome
    }
}

/// Closes what is idle, until nothing is.
async fn sweep(pool: Arc<Pool>) {
    loop {
        sleep(pool.route.patience.idle).await;
        let Some(old) = pool.sweep() else { return };
        for mut line in old {
            // Politeness only: the connection is gone either way.
            drop(line.send(&Quit.to_string()).await);
        }
    }
}

impl Pool {
    fn take(&self) -> Option<Line> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.lines.pop().map(|(_, line)| line)
    }

    /// Keeps a connection; whether a sweep must be started for it.
    fn put(&self, line: Line) -> bool {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let sweep = idle.sweep;
        idle.lines.push((sweep, line));
        !std::mem::replace(&mut idle.is_swept, true)
    }

    /// The connections not used since the last sweep; `None` once nothing is left to wait for.
    fn sweep(&self) -> Option<Vec<Line>> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.lines.is_empty() {
            idle.is_swept = false;
            return None;
        }
        let last = idle.sweep;
        idle.sweep += 1;
        let (old, young) = idle.lines.drain(..).partition(|(sweep, _)| *sweep < last);
        idle.lines = young;
        let old: Vec<(u64, Line)> = old;
        Some(old.into_iter().map(|(_, line)| line).collect())
    }
}

impl Route {
    fn new(settings: &SubmitSettings, base_folder: &Path) -> Result<Self, SubmitError> {
        let host = settings.host.clone().unwrap_or_default();
        let tls = settings.tls.unwrap_or_default();
        let connector = match tls {
            Tls::None => None,
            Tls::Implicit | Tls::StartTls => {
                let name = ServerName::try_from(host.clone())
                    .map_err(|source| SubmitError::Host { host: host.clone(), source })?;
                let ca_file = settings.ca_file.as_ref().map(|file| base_folder.join(file));
                Some((connector(ca_file.as_deref())?, name))
            }
        };
        let login = settings.user.clone().zip(settings.password_file.as_ref());
        let login = login.map(|(user, file)| (user, base_folder.join(file)));
        if let Some((_, path)) = &login {
            std::fs::read(path)
                .map_err(|source| SubmitError::File { path: path.clone(), source })?;
        }
        Ok(Self {
            host,
            port: settings.port_or_usual(),
            tls,
            connector,
            helo: settings.helo.clone().unwrap_or_else(|| "localhost".to_owned()),
            login,
            patience: Patience::STANDARD,
        })
    }

    fn say(&self, error: &WireError) -> String {
        one_line(&format!("{}:{}: {error}", self.host, self.port))
    }

    /// Connects, protects, introduces itself and logs in.
    async fn connect(&self) -> Result<Line, WireError> {
        let socket = self.limit(TcpStream::connect((self.host.as_str(), self.port))).await?;
        // Without it the end of each message waits 40 ms for the server's delayed acknowledgment.
        socket.set_nodelay(true)?;
        let mut line = match self.tls {
            Tls::Implicit => {
                let mut line = self.secure(socket).await?;
                line.greet().await?;
                line
            }
            Tls::StartTls => self.start_tls(socket).await?,
            Tls::None => {
                if !socket.peer_addr()?.ip().is_loopback() {
                    let reason = "without TLS mail is sent to this machine only";
                    return Err(WireError::Refused(reason.to_owned()));
                }
                let mut line: Line = Wire::new(Box::new(socket), self.patience);
                line.greet().await?;
                line
            }
        };
        line.hello(&self.helo).await?;
        if let Some((user, file)) = &self.login {
            let password = tokio::fs::read_to_string(file).await?;
            let password = password.trim_end_matches(['\r', '\n']).to_owned();
            line.login(Credentials::new(user.clone(), password)).await?;
        }
        Ok(line)
    }

    /// The plain part of STARTTLS; nothing that was said in it is kept (RFC 3207 section 4.2).
    async fn start_tls(&self, socket: TcpStream) -> Result<Line, WireError> {
        let mut plain = Wire::new(socket, self.patience);
        plain.greet().await?;
        plain.hello(&self.helo).await?;
        if !plain.offers().has("STARTTLS") {
            return Err(WireError::Refused("the server does not offer STARTTLS".to_owned()));
        }
        let reply = plain.command(Starttls).await?;
        if !reply.has_code(220) {
            return Err(WireError::Refused(reply.words()));
        }
        self.secure(plain.into_stream()?).await
    }

    async fn secure(&self, socket: TcpStream) -> Result<Line, WireError> {
        let Some((connector, name)) = &self.connector else {
            return Err(WireError::Refused("TLS is not set up".to_owned()));
        };
        let stream = self.limit(connector.connect(name.clone(), socket)).await?;
        Ok(Wire::new(Box::new(stream), self.patience))
    }

    async fn limit<T>(
        &self,
        step: impl Future<Output = std::io::Result<T>>,
    ) -> Result<T, WireError> {
        Ok(timeout(self.patience.connect, step).await??)
    }
}

/// What to do about a connection that did not come about.
fn remedy(said: &str, tls: Tls) -> &'static str {
    let has = |word: &str| said.contains(word);
    if has("535") || has("530") || has("534") {
        "correct `user`, or the password in the file of `password_file`"
    } else if has("certificate") {
        "`host` must be the name in the server's certificate; `ca_file` names other authorities"
    } else if has("STARTTLS") {
        "most servers offer tls = \"implicit\" on port 465"
    } else if tls == Tls::Implicit && (has("corrupt message") || has("InvalidContentType")) {
        "no TLS is spoken there: on port 587 it is tls = \"starttls\""
    } else {
        "is the server running, and are `host` and `port` right?"
    }
}

/// TLS with the machine's authorities, or those of a file instead.
fn connector(ca_file: Option<&Path>) -> Result<TlsConnector, SubmitError> {
    let mut roots = RootCertStore::empty();
    let reason = if let Some(path) = ca_file {
        let unreadable = |error: &dyn fmt::Display| SubmitError::File {
            path: path.to_owned(),
            source: std::io::Error::other(error.to_string()),
        };
        for certificate in
            CertificateDer::pem_file_iter(path).map_err(|error| unreadable(&error))?
        {
            let certificate = certificate.map_err(|error| unreadable(&error))?;
            roots.add(certificate).map_err(|error| unreadable(&error))?;
        }
        path.display().to_string()
    } else {
        let native = rustls_native_certs::load_native_certs();
        roots.add_parsable_certificates(native.certs);
        native.errors.first().map_or_else(|| "this machine".to_owned(), ToString::to_string)
    };
    if roots.is_empty() {
        return Err(SubmitError::Authorities(reason));
    }
    let config = ClientConfig::builder_with_provider(Arc::new(crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| SubmitError::Authorities(error.to_string()))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;
    use tokio::task::JoinHandle;

    use super::*;
    use crate::types::{Address, OutboxId};

    fn hello() -> Parcel {
        Parcel {
            id: OutboxId(1),
            reverse_path: None,
            forward_path: Address::parse("otto@outside.example").unwrap(),
            bytes: b"Subject: one\r\n\r\nHello.\r\n".to_vec(),
        }
    }

    const SHORT: Duration = Duration::from_millis(50);
    const LONG: Duration = Duration::from_secs(20);
    const PATIENT: Patience = Patience { connect: LONG, answer: LONG, end: LONG, idle: LONG };

    fn smtp(port: u16, patience: Patience) -> Smtp {
        let route = Route {
            host: "127.0.0.1".to_owned(),
            port,
            tls: Tls::None,
            connector: None,
            helo: "localhost".to_owned(),
            login: None,
            patience,
        };
        Smtp::over(route, 1)
    }

    const OFFERS: &str = "250-mx\r\n250 PIPELINING\r\n";
    const GRANTED: &str = "250 ok\r\n250 ok\r\n354 go\r\n";

    /// A server that says each of `words` after it heard something, then nothing; and what it
    /// heard last.
    async fn silent_after(words: &'static [&'static str]) -> (u16, JoinHandle<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let peer = tokio::spawn(async move {
            let (mut socket, _) = listener.accept().await.unwrap();
            let mut heard = [0; 4096];
            for words in words {
                socket.write_all(words.as_bytes()).await.unwrap();
                assert_ne!(socket.read(&mut heard).await.unwrap(), 0);
            }
            let mut last = Vec::new();
            socket.read_to_end(&mut last).await.unwrap();
            String::from_utf8(last).unwrap()
        });
        (port, peer)
    }

    #[tokio::test]
    async fn a_silent_server_is_uncertain_only_after_the_data() {
        let (port, _) = silent_after(&["220 mx\r\n", OFFERS]).await;
        let outcome = smtp(port, Patience { answer: SHORT, ..PATIENT }).submit(&hello()).await;
        assert!(matches!(outcome, Outcome::Transient(_)), "{outcome:?}");

        let (port, _) = silent_after(&["220 mx\r\n", OFFERS, GRANTED]).await;
        let outcome = smtp(port, Patience { end: SHORT, ..PATIENT }).submit(&hello()).await;
        assert!(matches!(outcome, Outcome::Uncertain(_)), "{outcome:?}");
    }

    #[tokio::test]
    async fn a_connection_that_nobody_uses_is_closed_with_quit() {
        let (port, peer) = silent_after(&["220 mx\r\n", OFFERS, GRANTED, "250 taken\r\n"]).await;
        let smtp = smtp(port, Patience { idle: SHORT, ..PATIENT });
        assert_eq!(smtp.submit(&hello()).await, Outcome::Sent("250 taken".to_owned()));
        // The peer hears QUIT as the answer to its last words, and then the end.
        assert_eq!(timeout(LONG, peer).await.unwrap().unwrap(), "");
        assert!(smtp.pool.take().is_none());
    }
}
