//! DKIM signatures (RFC 6376) of the author's domain, verified ahead of the decider.
//!
//! Only a person's mail that such a signature stands on, and that no trusted server judged, asks
//! the name server at all. A pass proves that the domain signed this message; all else proves
//! nothing: not verified is not failed, because lists break signatures and name servers are out.
//! A message waits four seconds at most, many at the same time; after three in a row that waited
//! for nothing, no message waits for a minute.
//! Deliberately absent: SPF and DMARC (a daemon behind a mail server
//! sees no client), ARC, the public suffix list (`authres`), who the author is (`identity`).

use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use mail_auth::hickory_resolver::config::{
    ConnectionConfig, NameServerConfig, ResolverConfig, ResolverOpts,
};
use mail_auth::hickory_resolver::system_conf::read_system_conf;
use mail_auth::{AuthenticatedMessage, DkimResult, DnsError, Error, MessageAuthenticator};
use tokio::runtime::Handle;
use tokio::task::JoinHandle;

use crate::config::Resolver;
use crate::daemon::reader::Read;
use crate::mail::Kind;
use crate::mail::authres::{self, AuthResult};
use crate::ticket::event::MailEvent;

/// So long a message waits for its verification.
pub const WAIT_SPAN: Duration = Duration::from_secs(4);
/// So long one question to a name server waits; asked twice.
const QUESTION_SPAN: Duration = Duration::from_millis(1500);
/// Answers in a row that did not come, after which nobody is asked for a while.
const SILENCES_MAX: u32 = 3;
/// So long nobody is asked then; after it the next silence is enough.
const REST_SPAN: Duration = Duration::from_secs(60);
/// Signatures of the author's domain that are looked at.
const SIGNATURES_MAX: usize = 4;
/// Names that are kept as long as their records say.
const NAMES_MAX: u64 = 4096;

/// Verifies signatures, or leaves that to others.
pub struct Verifier {
    authenticator: Option<MessageAuthenticator>,
    /// How often in a row the name server said nothing.
    silences: Arc<AtomicU32>,
}

impl std::fmt::Debug for Verifier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let is_on = self.authenticator.is_some();
        f.debug_struct("Verifier").field("is_on", &is_on).finish_non_exhaustive()
    }
}

impl Verifier {
    /// Asks the name server of the settings. Without one that can be used nothing is verified, and
    /// the log says so once.
    #[must_use]
    pub fn new(resolver: Resolver) -> Self {
        let authenticator = match resolver {
            Resolver::None => None,
            Resolver::System | Resolver::At(_) => match authenticator(resolver) {
                Ok(authenticator) => Some(authenticator),
                Err(error) => {
                    tracing::warn!(%error, "no signature is verified: there is no name server");
                    None
                }
            },
        };
        Self { authenticator, silences: Arc::default() }
    }

    /// Verifies nothing.
    #[must_use]
    pub fn none() -> Self {
        Self::new(Resolver::None)
    }

    /// Begins where a signature could prove something, and goes as far as it can without waiting,
    /// which takes as long as to hash the body: most end there, because the body was changed or
    /// nobody is asked. What must wait for a name server goes on beside all others that do.
    pub fn begin(
        self: &Arc<Self>,
        read: &Read,
        body: Vec<u8>,
        runtime: &Handle,
    ) -> Option<Verifying> {
        let Read::Mail(mail) = read else { return None };
        let domain = due(mail).filter(|_| self.authenticator.is_some())?;
        let verifier = Arc::clone(self);
        let mut verifying = Box::pin(async move { verifier.verify(&body, &domain).await });
        let _within = runtime.enter();
        let mut nobody = Context::from_waker(Waker::noop());
        let begun = catch_unwind(AssertUnwindSafe(|| verifying.as_mut().poll(&mut nobody)));
        Some(match begun {
            Ok(Poll::Ready(result)) => Verifying::Finished(result),
            Ok(Poll::Pending) => Verifying::Waiting(runtime.spawn(verifying)),
            Err(_) => Verifying::Finished(AuthResult::Unknown),
        })
    }

    /// Whether a signature of the author's domain, or of a parent of it, is good: pass or unknown.
    pub async fn verify(&self, body: &[u8], domain: &str) -> AuthResult {
        let Some(authenticator) = &self.authenticator else { return AuthResult::Unknown };
        if self.silences.load(Ordering::Relaxed) >= SILENCES_MAX {
            return AuthResult::Unknown;
        }
        let found = tokio::time::timeout(WAIT_SPAN, signed(authenticator, body, domain)).await;
        if let Some(result) = found.unwrap_or(None) {
            self.silences.store(0, Ordering::Relaxed);
            return result;
        }
        if self.silences.fetch_add(1, Ordering::Relaxed) + 1 == SILENCES_MAX {
            tracing::warn!("the name server says nothing: no signature is verified for a minute");
            let silences = Arc::clone(&self.silences);
            tokio::spawn(async move {
                tokio::time::sleep(REST_SPAN).await;
                silences.store(SILENCES_MAX - 1, Ordering::Relaxed);
            });
        }
        AuthResult::Unknown
    }

    /// Whether the name server answers at all, for `check --live`.
    ///
    /// # Errors
    /// Why not, in words.
    pub async fn reach(&self, domain: &str) -> Result<(), String> {
        let Some(authenticator) = &self.authenticator else {
            return Err("no name server is known".to_owned());
        };
        let asked = authenticator.txt_raw_lookup(format!("{domain}."));
        match tokio::time::timeout(WAIT_SPAN, asked).await {
            // That a name has no such record is an answer.
            Ok(
                Ok(_) | Err(Error::Dns(DnsError::RecordNotFound(_) | DnsError::InvalidRecordType)),
            ) => Ok(()),
            Ok(Err(error)) => Err(error.to_string()),
            Err(elapsed) => Err(elapsed.to_string()),
        }
    }
}

/// A verification that was begun.
#[derive(Debug)]
pub enum Verifying {
    /// It is over.
    Finished(AuthResult),
    /// A name server was asked.
    Waiting(JoinHandle<AuthResult>),
}

/// Adds what a signature says to what was understood of a message. A panic below is no verdict.
pub async fn finished(read: Read, verifying: Option<Verifying>) -> Read {
    match (read, verifying) {
        (Read::Mail(mut mail), Some(verifying)) => {
            mail.verdicts.dkim_aligned = match verifying {
                Verifying::Finished(result) => result,
                Verifying::Waiting(task) => task.await.unwrap_or_default(),
            };
            mail.verdicts.verified_here = mail.verdicts.dkim_aligned != AuthResult::Unknown;
            Read::Mail(mail)
        }
        (read, _) => read,
    }
}

fn authenticator(resolver: Resolver) -> Result<MessageAuthenticator, String> {
    let (config, mut options) = match resolver {
        Resolver::At(address) => (at(address), ResolverOpts::default()),
        Resolver::System | Resolver::None => {
            read_system_conf().map_err(|error| error.to_string())?
        }
    };
    options.timeout = QUESTION_SPAN;
    options.attempts = 2;
    options.cache_size = NAMES_MAX;
    MessageAuthenticator::new(config, options).map_err(|error| error.to_string())
}

fn at(address: SocketAddr) -> ResolverConfig {
    let connections = [ConnectionConfig::udp(), ConnectionConfig::tcp()].map(|mut connection| {
        connection.port = address.port();
        connection
    });
    let server = NameServerConfig::new(address.ip(), true, connections.into());
    ResolverConfig::from_parts(None, Vec::new(), vec![server])
}

/// The author's domain, where a signature could prove something that is not known yet: a person's
/// whole mail with one author, signed, and not judged by a server that the site trusts.
fn due(mail: &MailEvent) -> Option<String> {
    let (message, verdicts) = (&mail.message, &mail.verdicts);
    let is_judged = verdicts.dmarc != AuthResult::Unknown
        || verdicts.dkim_aligned == AuthResult::Pass
        || verdicts.spam;
    let is_persons = message.kind == Kind::Human && mail.whole_bytes.is_none();
    // With two From fields a reader sees one and the signature may mean the other.
    let has_one_author =
        message.from.len() == 1 && message.fields_named("From").take(2).count() == 1;
    let is_signed = message.field("DKIM-Signature").is_some();
    let domain = message.author().map(|author| author.address.domain().to_owned());
    domain.filter(|_| is_persons && is_signed && has_one_author && !is_judged)
}

/// What the signatures of the author's domain say; nothing if the name server said nothing.
async fn signed(
    authenticator: &MessageAuthenticator,
    body: &[u8],
    domain: &str,
) -> Option<AuthResult> {
    // Strict: a signature over a part of the body lets anybody write below it.
    let Some(mut message) = AuthenticatedMessage::parse(body) else {
        return Some(AuthResult::Unknown);
    };
    // Nobody else's name server is asked, and no report is sent.
    message.errors.clear();
    message.dkim_headers.retain_mut(|header| {
        let signature = &mut header.header;
        signature.r = false;
        signature.atps = None;
        let names_author = signature.h.iter().any(|name| name.eq_ignore_ascii_case("from"));
        names_author && authres::is_aligned(&signature.d, domain)
    });
    message.dkim_headers.truncate(SIGNATURES_MAX);
    let found = authenticator.verify_dkim(&message).await;
    let is = |wanted: fn(&DkimResult) -> bool| found.iter().any(|one| wanted(one.result()));
    if is(|result| *result == DkimResult::Pass) {
        return Some(AuthResult::Pass);
    }
    let is_silent = is(|result| matches!(result, DkimResult::TempError(_)));
    (!is_silent).then_some(AuthResult::Unknown)
}
