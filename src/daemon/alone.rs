//! A message read in a process of its own, because it may have ended ours (design section 2).
//!
//! Whoever kills a daemon does not hit a process of some milliseconds beside it: what ends that one
//! is the message. Deliberately absent: what was understood, which is lost with the process, and
//! deciding, for which the books would be needed.

use std::io::{self, Read as _};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::process::Command;

use crate::daemon::reader;
use crate::store::frame::{Frame, FrameKind};
use crate::types::Position;

/// The command by which the program becomes such a process.
pub const COMMAND: &str = "read-alone";
/// The running program, also where its file was replaced meanwhile.
pub const PROGRAM: &str = "/proc/self/exe";

/// HUP, INT, QUIT, KILL, TERM: somebody else's, or the kernel's for want of memory.
const KILLS: [i32; 5] = [1, 2, 3, 9, 15];
/// So many kills in a row are no chance: the message takes more memory than there is.
const KILLS_MAX: usize = 3;
/// Longest reading of one message; who reads for ever ends nothing.
const READING_SPAN_MAX: Duration = Duration::from_secs(60);
/// As much stack as the daemon's readers have.
const STACK_BYTES: usize = 2 << 20;

/// Whether reading a message ends the process that does it. No, where nobody can tell.
pub async fn ends_its_reader(program: &Path, frame: &Frame, authserv_ids: &[String]) -> bool {
    for _ in 0..KILLS_MAX {
        match read_once(program, frame, authserv_ids).await.map(|status| status.signal()) {
            Ok(Some(signal)) if KILLS.contains(&signal) => {}
            Ok(signal) => return signal.is_some(),
            Err(error) => {
                tracing::warn!(%error, "a message cannot be tried in a process of its own");
                return false;
            }
        }
    }
    true
}

async fn read_once(
    program: &Path,
    frame: &Frame,
    authserv_ids: &[String],
) -> io::Result<ExitStatus> {
    let mut command = Command::new(program);
    command.arg(COMMAND).args(authserv_ids).kill_on_drop(true);
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn()?;
    let stdin = child.stdin.take();
    let reading = async {
        if let Some(mut stdin) = stdin
            && let Err(error) = hand_over(&mut stdin, frame).await
        {
            tracing::debug!(%error, "the process ended before it had read everything");
        }
        child.wait().await
    };
    tokio::time::timeout(READING_SPAN_MAX, reading).await.map_err(io::Error::from)?
}

async fn hand_over(stdin: &mut (impl AsyncWriteExt + Unpin), frame: &Frame) -> io::Result<()> {
    stdin.write_all(&(frame.head.len() as u64).to_be_bytes()).await?;
    stdin.write_all(&frame.head).await?;
    stdin.write_all(&frame.body).await?;
    stdin.shutdown().await
}

/// Reads the message on standard input as the daemon would, and says nothing about it.
///
/// # Errors
/// Standard input holds no message.
pub fn read_here(authserv_ids: Vec<String>) -> io::Result<()> {
    // Where memory lacks the kernel is to end this process, not the daemon.
    if let Err(error) = std::fs::write("/proc/self/oom_score_adj", "1000") {
        tracing::debug!(%error, "the kernel may end the daemon first");
    }
    let mut bytes = Vec::new();
    io::stdin().lock().read_to_end(&mut bytes)?;
    let no_message = || io::Error::from(io::ErrorKind::InvalidData);
    let (length, content) = bytes.split_first_chunk::<8>().ok_or_else(no_message)?;
    let length = usize::try_from(u64::from_be_bytes(*length)).map_err(io::Error::other)?;
    let (head, body) = content.split_at_checked(length).ok_or_else(no_message)?;
    let frame = Frame { kind: FrameKind::Message, head: head.to_vec(), body: body.to_vec() };
    let read = move || drop(reader::understand(Position(0), &frame, &authserv_ids));
    let reading = std::thread::Builder::new().stack_size(STACK_BYTES).spawn(read)?;
    // A panic costs the daemon one message and not its process.
    if reading.join().is_err() {
        tracing::debug!("reading it panicked");
    }
    Ok(())
}
