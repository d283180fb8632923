//! A mail server's hand: carries one message to the daemon by LMTP (RFC 2033) over TCP.
//!
//! Deliberately absent: extensions, and a second try; the daemon is ours and beside us.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// How long the daemon may take for a whole delivery.
const SPAN: Duration = Duration::from_secs(10);

/// What goes on the envelope.
#[derive(Debug)]
pub(super) struct Envelope<'a> {
    /// The reverse-path, empty for the null reverse-path.
    pub(super) from: &'a str,
    /// The forward-path.
    pub(super) to: &'a str,
}

/// Delivers a message with CR LF line ends; returns what the daemon answered to its end.
///
/// # Errors
/// A sentence with the answer that was no yes, or that the connection broke.
pub(super) async fn deliver(
    door: SocketAddr,
    envelope: &Envelope<'_>,
    message: &[u8],
) -> Result<String, String> {
    match timeout(SPAN, converse(door, envelope, message)).await {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(error)) => Err(format!("the daemon did not take a mail: {error}")),
        Err(_elapsed) => Err("the daemon did not answer within 10 seconds".into()),
    }
}

async fn converse(
    door: SocketAddr,
    envelope: &Envelope<'_>,
    message: &[u8],
) -> Result<String, String> {
    let stream = TcpStream::connect(door).await.map_err(|error| error.to_string())?;
    let mut stream = BufReader::new(stream);
    answer(&mut stream).await?;
    say(&mut stream, "LHLO mx.nrw.example").await?;
    say(&mut stream, &format!("MAIL FROM:<{}>", envelope.from)).await?;
    say(&mut stream, &format!("RCPT TO:<{}>", envelope.to)).await?;
    say(&mut stream, "DATA").await?;
    let mut data = Vec::with_capacity(message.len() + 16);
    for line in message.split_inclusive(|byte| *byte == b'\n') {
        if line.starts_with(b".") {
            data.push(b'.');
        }
        data.extend_from_slice(line);
    }
    if !message.ends_with(b"\n") {
        data.extend_from_slice(b"\r\n");
    }
    data.extend_from_slice(b".\r\n");
    stream.write_all(&data).await.map_err(|error| error.to_string())?;
    let taken = answer(&mut stream).await?;
    say(&mut stream, "QUIT").await?;
    Ok(taken)
}

async fn say(stream: &mut BufReader<TcpStream>, command: &str) -> Result<String, String> {
    let line = format!("{command}\r\n");
    stream.write_all(line.as_bytes()).await.map_err(|error| error.to_string())?;
    answer(stream).await
}

/// Reads one answer, of several lines or one (RFC 5321 section 4.2.1).
async fn answer(stream: &mut BufReader<TcpStream>) -> Result<String, String> {
    loop {
        let mut line = String::new();
        let octets = stream.read_line(&mut line).await.map_err(|error| error.to_string())?;
        if octets == 0 {
            return Err("the connection was closed".into());
        }
        if line.as_bytes().get(3) == Some(&b'-') {
            continue;
        }
        let line = line.trim_end().to_owned();
        return if line.starts_with(['2', '3']) { Ok(line) } else { Err(line) };
    }
}
