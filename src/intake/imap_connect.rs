//! The way to a session: TCP, TLS, greeting, login.
//!
//! Deliberately absent: passwords in errors or logs, TLS without a checked certificate, and
//! a login over a connection that should have been protected and is not.

use std::io;
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;

use async_imap::Client;
use tokio::net::TcpStream;
use tokio::process::Command;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use super::imap_answer::{Wire, answered};
use super::imap_error::DoorError;
use super::imap_session::Link;
use super::imap_settings::{ImapSettings, Tls};

/// How we prove who we are. Not printed: it holds a secret.
enum Credential {
    Password(String),
    Token(String),
}

/// Opens a connection and logs in.
pub(super) async fn open(settings: &ImapSettings) -> Result<Link, DoorError> {
    let limit = settings.answer_span(0);
    let credential = timeout(limit, credential(settings))
        .await
        .map_err(|_elapsed| DoorError::Settings("token_command takes too long".to_owned()))??;
    let client = timeout(limit, greeted(settings)).await.map_err(|_elapsed| {
        DoorError::Connect { server: server(settings), words: "no answer".to_owned() }
    })??;
    let user = &settings.user;
    let login = async {
        let result = match &credential {
            Credential::Token(token) => {
                let words = format!("user={user}\x01auth=Bearer {token}\x01\x01");
                client.authenticate("XOAUTH2", Once(Some(words))).await
            }
            // LOGIN has no charset (RFC 3501 section 6.2.3); PLAIN is UTF-8 (RFC 4616).
            Credential::Password(word) if !(user.is_ascii() && word.is_ascii()) => {
                let words = format!("\0{user}\0{word}");
                client.authenticate("PLAIN", Once(Some(words))).await
            }
            Credential::Password(word) => client.login(user, word).await,
        };
        result.map_err(|(error, _client)| error)
    };
    let session = answered("LOGIN", limit, login).await.map_err(|error| match error {
        DoorError::Refused { words, .. } => DoorError::Login { user: user.clone(), words },
        other => other,
    })?;
    Link::new(session, settings).await
}

/// Answers the first challenge; a second one is the server's refusal in words and gets an empty
/// answer, so that the refusal itself comes.
struct Once(Option<String>);

impl async_imap::Authenticator for Once {
    type Response = String;

    fn process(&mut self, _challenge: &[u8]) -> Self::Response {
        self.0.take().unwrap_or_default()
    }
}

async fn credential(settings: &ImapSettings) -> Result<Credential, DoorError> {
    if let Some(words) = &settings.token_command {
        return token(words).await.map(Credential::Token);
    }
    let Some(path) = &settings.password_file else {
        return Err(DoorError::Settings("neither password_file nor token_command".to_owned()));
    };
    let text = tokio::fs::read_to_string(path).await.map_err(|error| {
        DoorError::Settings(format!("password file {} cannot be read: {error}", path.display()))
    })?;
    match text.lines().next() {
        Some(password) if !password.is_empty() => Ok(Credential::Password(password.to_owned())),
        _ => Err(DoorError::Settings(format!("password file {} is empty", path.display()))),
    }
}

async fn token(words: &[String]) -> Result<String, DoorError> {
    let Some((program, arguments)) = words.split_first() else {
        return Err(DoorError::Settings("token_command is empty".to_owned()));
    };
    let output = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .kill_on_drop(true)
        .output()
        .await
        .map_err(|error| DoorError::Settings(format!("token_command {program}: {error}")))?;
    let token = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    if !output.status.success() || token.is_empty() {
        let status = output.status;
        return Err(DoorError::Settings(format!(
            "token_command {program} gave no token: {status}"
        )));
    }
    Ok(token)
}

fn server(settings: &ImapSettings) -> String {
    format!("{}:{}", settings.host, settings.port())
}

/// A connection, protected as the settings demand, whose server has greeted.
async fn greeted(settings: &ImapSettings) -> Result<Client<Box<dyn Wire>>, DoorError> {
    let failed = |error: io::Error| DoorError::Connect {
        server: server(settings),
        words: error.to_string(),
    };
    let stream =
        TcpStream::connect((settings.host.as_str(), settings.port())).await.map_err(failed)?;
    stream.set_nodelay(true).map_err(failed)?;
    let wire: Box<dyn Wire> = match settings.tls {
        Tls::Implicit => encrypted(Box::new(stream), settings).await?,
        Tls::Starttls | Tls::None => Box::new(stream),
    };
    let mut client = Client::new(wire);
    let greeting = client.read_response().await.map_err(failed)?;
    if greeting.is_none() {
        return Err(failed(io::ErrorKind::UnexpectedEof.into()));
    }
    if settings.tls != Tls::Starttls {
        return Ok(client);
    }
    client.run_command_and_check_ok("STARTTLS", None).await.map_err(|error| {
        tracing::debug!(%error, "STARTTLS refused");
        failed(io::Error::other("the server offers no STARTTLS"))
    })?;
    // What came in the clear behind the answer is thrown away with the client (RFC 3501, 6.2.1).
    Ok(Client::new(encrypted(client.into_inner(), settings).await?))
}

async fn encrypted(
    wire: Box<dyn Wire>,
    settings: &ImapSettings,
) -> Result<Box<dyn Wire>, DoorError> {
    let name = ServerName::try_from(settings.host.clone())
        .map_err(|error| DoorError::Settings(format!("host {}: {error}", settings.host)))?;
    let stream = connector(settings.ca_file.as_deref())?.connect(name, wire).await;
    let stream = stream.map_err(|error| DoorError::Connect {
        server: server(settings),
        words: format!("TLS: {error}"),
    })?;
    Ok(Box::new(stream))
}

fn connector(ca_file: Option<&Path>) -> Result<TlsConnector, DoorError> {
    let mut roots = RootCertStore::empty();
    if let Some(path) = ca_file {
        let unusable = |error: String| {
            DoorError::Settings(format!("certificates in {}: {error}", path.display()))
        };
        let certificates =
            CertificateDer::pem_file_iter(path).map_err(|error| unusable(error.to_string()))?;
        for certificate in certificates {
            let certificate = certificate.map_err(|error| unusable(error.to_string()))?;
            roots.add(certificate).map_err(|error| unusable(error.to_string()))?;
        }
    } else {
        let found = rustls_native_certs::load_native_certs();
        roots.add_parsable_certificates(found.certs);
    }
    if roots.is_empty() {
        return Err(DoorError::Settings(
            "no certificate authority is known: set ca_file".to_owned(),
        ));
    }
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| DoorError::Settings(format!("TLS: {error}")))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}
