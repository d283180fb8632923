//! Where LMTP connections come from: a TCP port or a Unix socket with its group and mode.
//!
//! Deliberately absent: what is said on a connection.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, UnixListener, UnixStream};

/// A place to listen at: `127.0.0.1:2424` or `unix:lmtp.sock`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Listen {
    /// Address and port.
    Tcp(SocketAddr),
    /// A socket in the file system.
    Unix(PathBuf),
}

impl TryFrom<String> for Listen {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        match text.strip_prefix("unix:") {
            Some("") => Err("`unix:` needs a path behind it, such as unix:lmtp.sock".to_owned()),
            Some(path) => Ok(Self::Unix(PathBuf::from(path))),
            None => text.parse().map(Self::Tcp).map_err(|error| {
                format!("`{text}` ({error}): write 127.0.0.1:2424, [::1]:2424 or unix:lmtp.sock")
            }),
        }
    }
}

impl From<Listen> for String {
    fn from(listen: Listen) -> Self {
        listen.to_string()
    }
}

impl fmt::Display for Listen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(address) => address.fmt(f),
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

/// Who may connect to a Unix socket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Access<'a> {
    /// A group of `/etc/group` by name, or any by number; `None` leaves that of the process.
    pub group: Option<&'a str>,
    /// Permission bits; connecting needs the write bit.
    pub mode: u32,
}

#[derive(Debug)]
enum Socket {
    Tcp(TcpListener),
    Unix(UnixListener, PathBuf),
}

/// A bound socket. A Unix socket's file is removed with it.
#[derive(Debug)]
pub struct Listener(Socket);

/// What a session needs of a connection, whatever it runs over.
pub trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

impl Listener {
    /// Binds to `listen`. The file of a Unix socket nobody answers at any more is replaced.
    ///
    /// # Errors
    /// The socket is taken, its folder or group is missing, or the process lacks the right.
    pub async fn bind(listen: &Listen, access: &Access<'_>) -> io::Result<Self> {
        match listen {
            Listen::Tcp(address) => {
                let listener = TcpListener::bind(address).await;
                Ok(Self(Socket::Tcp(listener.map_err(|error| about(&error, address))?)))
            }
            Listen::Unix(path) => {
                let listener = bind_unix(path, access).await;
                let listener = listener.map_err(|error| about(&error, &path.display()))?;
                Ok(Self(Socket::Unix(listener, path.clone())))
            }
        }
    }

    /// Where it listens; with port 0 asked for, the port given.
    ///
    /// # Errors
    /// The system does not tell.
    pub fn place(&self) -> io::Result<Listen> {
        match &self.0 {
            Socket::Tcp(listener) => listener.local_addr().map(Listen::Tcp),
            Socket::Unix(_, path) => Ok(Listen::Unix(path.clone())),
        }
    }

    /// Waits for the next connection. May be dropped while it waits.
    pub(super) async fn accept(&self) -> io::Result<Box<dyn Stream>> {
        match &self.0 {
            Socket::Tcp(listener) => {
                let (stream, _) = listener.accept().await?;
                // Answers are small and awaited: held back by Nagle, each would cost 40 ms.
                stream.set_nodelay(true)?;
                Ok(Box::new(stream))
            }
            Socket::Unix(listener, _) => Ok(Box::new(listener.accept().await?.0)),
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        if let Socket::Unix(_, path) = &self.0
            && let Err(error) = std::fs::remove_file(path)
        {
            tracing::debug!(%error, "socket file was not removed");
        }
    }
}

fn about(error: &io::Error, place: &dyn fmt::Display) -> io::Error {
    io::Error::new(error.kind(), format!("cannot listen at {place}: {error}"))
}

async fn bind_unix(path: &Path, access: &Access<'_>) -> io::Result<UnixListener> {
    let listener = match UnixListener::bind(path) {
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
            if UnixStream::connect(path).await.is_ok() {
                return Err(error);
            }
            std::fs::remove_file(path)?;
            UnixListener::bind(path)?
        }
        outcome => outcome?,
    };
    if let Some(group) = access.group {
        chown(path, None, Some(group_number(group)?))?;
    }
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(access.mode))?;
    Ok(listener)
}

fn group_number(group: &str) -> io::Result<u32> {
    if let Ok(number) = group.parse() {
        return Ok(number);
    }
    find_group(&std::fs::read_to_string("/etc/group")?, group).ok_or_else(|| {
        let message = format!("no group `{group}` in /etc/group; name another or give its number");
        io::Error::new(io::ErrorKind::NotFound, message)
    })
}

/// The number of a group in the form of `group(5)`: name, password, number, members.
fn find_group(table: &str, group: &str) -> Option<u32> {
    table.lines().find_map(|line| {
        let mut parts = line.split(':');
        if parts.next() == Some(group) { parts.nth(1)?.parse().ok() } else { None }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_read_and_written_alike() {
        for text in ["127.0.0.1:2424", "[::1]:2424", "unix:lmtp.sock", "unix:/run/lotse/l.sock"] {
            assert_eq!(Listen::try_from(text.to_owned()).unwrap().to_string(), text);
        }
        for text in ["2424", "unix:", "localhost:2424", ""] {
            assert!(Listen::try_from(text.to_owned()).unwrap_err().contains("unix:lmtp.sock"));
        }
    }

    #[test]
    fn groups_are_found_by_their_whole_name() {
        let table = "root:x:0:\nmailman:x:38:\nmail:x:8:otto,anna\n";
        assert_eq!(find_group(table, "mail"), Some(8));
        assert_eq!(find_group(table, "post"), None);
    }

    #[tokio::test]
    async fn a_socket_file_is_replaced_only_when_nobody_answers() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("l.sock");
        let (listen, access) = (Listen::Unix(path.clone()), Access { group: None, mode: 0o620 });
        drop(UnixListener::bind(&path).unwrap());
        let first = Listener::bind(&listen, &access).await.unwrap();
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o620);
        let error = Listener::bind(&listen, &access).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::AddrInUse);
        drop(first);
        assert!(!path.exists());
    }
}
