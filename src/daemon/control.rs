//! The socket for administrators: who may open it may look at everything (mode 0600).

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;

use tokio::io::BufReader;
use tokio::net::{UnixListener, UnixStream};

use crate::daemon::look;
use crate::daemon::serve::{Daemon, DaemonError};

/// Opens the socket; a file that a daemon left behind is replaced.
///
/// # Errors
/// The socket cannot be made.
pub fn bind(path: &Path) -> Result<UnixListener, DaemonError> {
    let failed = |error: std::io::Error| DaemonError::Io(format!("{}: {error}", path.display()));
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(failed(error)),
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
    let answered = match look::read_request(&mut stream).await {
        Ok(request) => {
            let answer = daemon.answer(&request).await;
            look::write_answer(&mut stream, answer).await
        }
        Err(error) => Err(error),
    };
    if let Err(error) = answered {
        tracing::debug!(%error, "who looked went away");
    }
}
