//! The socket for administrators: who may open it may look at everything (mode 0600).
//!
//! One request a connection, as one line of JSON; the answer is one JSON object a line, then the
//! end.

use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};

use crate::daemon::look::Request;
use crate::daemon::running::{Daemon, DaemonError};

/// Opens the socket; a file that a daemon left behind is replaced.
///
/// # Errors
/// The socket cannot be made.
pub fn bind(path: &Path) -> Result<UnixListener, DaemonError> {
    let failed = |error: io::Error| DaemonError::Io(format!("{}: {error}", path.display()));
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(error)),
        _ => {}
    }
    let listener = UnixListener::bind(path).map_err(failed)?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).map_err(failed)?;
    Ok(listener)
}

/// Answers requests for ever.
pub async fn listen(listener: UnixListener, daemon: Arc<Daemon>) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                tokio::spawn(answer(stream, Arc::clone(&daemon)));
            }
            Err(error) => tracing::warn!(%error, "the looking socket"),
        }
    }
}

async fn answer(stream: UnixStream, daemon: Arc<Daemon>) {
    let mut stream = BufReader::new(stream);
    let answered = match read_request(&mut stream).await {
        Ok(request) => {
            let answer = daemon.answer(&request).await;
            write_answer(&mut stream, answer).await
        }
        Err(error) => Err(error),
    };
    if let Err(error) = answered {
        tracing::debug!(%error, "who looked went away");
    }
}

/// Asks a running daemon; nothing if none runs.
///
/// # Errors
/// The daemon's refusal, or that the connection broke.
pub async fn ask(socket: &Path, request: &Request) -> io::Result<Option<Vec<Value>>> {
    let mut stream = match UnixStream::connect(socket).await {
        Ok(stream) => stream,
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused
            ) =>
        {
            return Ok(None);
        }
        Err(error) => return Err(error),
    };
    let mut text = serde_json::to_vec(request)?;
    text.push(b'\n');
    stream.write_all(&text).await?;
    let mut lines = BufReader::new(stream).lines();
    let mut answer = Vec::new();
    while let Some(line) = lines.next_line().await? {
        let value: Value = serde_json::from_str(&line)?;
        if let Some(refusal) = value.get("refused").and_then(Value::as_str) {
            return Err(io::Error::other(refusal.to_owned()));
        }
        if value.get("done").is_some() {
            return Ok(Some(answer));
        }
        answer.push(value);
    }
    Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the daemon ended before it answered"))
}

/// Reads the request of a connection.
async fn read_request(stream: &mut BufReader<UnixStream>) -> io::Result<Request> {
    let mut text = String::new();
    stream.read_line(&mut text).await?;
    Ok(serde_json::from_str(&text)?)
}

/// Writes an answer, or a refusal.
async fn write_answer(
    stream: &mut BufReader<UnixStream>,
    answer: Result<Vec<Value>, String>,
) -> io::Result<()> {
    let mut text = String::new();
    match answer {
        Ok(rows) => {
            for row in rows {
                text.push_str(&row.to_string());
                text.push('\n');
            }
            text.push_str("{\"done\":true}\n");
        }
        Err(refusal) => {
            text.push_str(&json!({ "refused": refusal }).to_string());
            text.push('\n');
        }
    }
    stream.write_all(text.as_bytes()).await?;
    stream.flush().await
}
