//! Programs that requests start: the facts as JSON on stdin, the argv as it is, never a shell.
//!
//! One starts once the batch that says so is durable; how it ended goes to the decider. A rehearsal
//! starts none. Deliberately absent: what follows from an end (`ticket::procedure`).

use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, Command};
use tokio::sync::mpsc;

use crate::daemon::clock::Clock;
use crate::ticket::Event;
use crate::ticket::effect::RunOrder;
use crate::ticket::event::Ran;
use crate::ticket::procedure::request::Ending;

/// Octets of a program's output that are kept.
const OUTPUT_BYTES_MAX: u64 = 4096;

/// Where programs are started from.
#[derive(Debug, Clone)]
pub struct Programs {
    /// Time; a moved clock is a rehearsal.
    pub clock: Clock,
    /// Where it is told how one ended; weak, so that nothing waits for a program at the end.
    pub events: mpsc::WeakSender<Event>,
    /// What is under way.
    pub under_way: Arc<AtomicUsize>,
}

impl Programs {
    /// Programs whose ends go where `events` leads.
    #[must_use]
    pub fn new(clock: &Clock, events: &mpsc::Sender<Event>, under_way: &Arc<AtomicUsize>) -> Self {
        let (events, under_way) = (events.downgrade(), Arc::clone(under_way));
        Self { clock: clock.clone(), events, under_way }
    }

    /// Starts a program; its end becomes an event.
    pub fn start(&self, order: RunOrder) {
        let this = self.clone();
        this.under_way.fetch_add(1, Ordering::AcqRel);
        tokio::spawn(async move {
            let (ending, output) = if this.clock.is_moved() {
                (Ending::Exited(0), String::new())
            } else {
                run(&order).await
            };
            let RunOrder { ticket, step, attempt, .. } = order;
            let at = this.clock.now();
            let ran = Event::Ran(Box::new(Ran { ticket, step, attempt, ending, output, at }));
            if let Some(events) = this.events.upgrade()
                && events.send(ran).await.is_err()
            {
                tracing::debug!("nobody hears how a program ended");
            }
            this.under_way.fetch_sub(1, Ordering::AcqRel);
        });
    }
}

/// Runs a program to its end, or for as long as it may take.
async fn run(order: &RunOrder) -> (Ending, String) {
    let Some((program, arguments)) = order.program.split_first() else {
        return (Ending::NotStarted, "no program is named".to_owned());
    };
    let RunOrder { ticket, step, attempt, .. } = order;
    let child = Command::new(program)
        .args(arguments)
        .env("LOTSE_RUN", format!("{ticket}.{step}.{attempt}"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn();
    let child = match child {
        Ok(child) => child,
        Err(error) => return (Ending::NotStarted, error.to_string()),
    };
    let facts = json!({
        "ticket": order.ticket, "procedure": order.procedure, "facts": order.facts,
    });
    let timeout = Duration::try_from(order.timeout).unwrap_or_default();
    match tokio::time::timeout(timeout, to_end(child, facts.to_string())).await {
        Ok(Ok(ended)) => ended,
        Ok(Err(error)) => (Ending::Unknown, error.to_string()),
        Err(_elapsed) => (Ending::TimedOut, String::new()),
    }
}

async fn to_end(mut child: Child, facts: String) -> std::io::Result<(Ending, String)> {
    let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let write = async move {
        if let Some(mut stdin) = stdin {
            // A program need not read what it is told.
            let told = stdin.write_all(facts.as_bytes()).await;
            if let Err(error) = told {
                tracing::debug!(%error, "a program does not read its facts");
            }
        }
    };
    let (mut said, mut complained) = (Vec::new(), Vec::new());
    let read = async {
        if let Some(stdout) = stdout {
            stdout.take(OUTPUT_BYTES_MAX).read_to_end(&mut said).await?;
        }
        std::io::Result::Ok(())
    };
    let read_errors = async {
        if let Some(stderr) = stderr {
            stderr.take(OUTPUT_BYTES_MAX).read_to_end(&mut complained).await?;
        }
        std::io::Result::Ok(())
    };
    let ((), out, errors) = tokio::join!(write, read, read_errors);
    out.and(errors)?;
    let status = child.wait().await?;
    said.extend(complained);
    let output = String::from_utf8_lossy(&said).trim().to_owned();
    Ok((status.code().map_or(Ending::Unknown, Ending::Exited), output))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use jiff::SignedDuration;

    use super::*;
    use crate::types::TicketId;

    fn order(program: &[&str], timeout: i64) -> RunOrder {
        RunOrder {
            ticket: TicketId(7),
            step: 2,
            attempt: 1,
            program: program.iter().map(ToString::to_string).collect(),
            timeout: SignedDuration::from_secs(timeout),
            procedure: "account".to_owned(),
            facts: BTreeMap::from([("user".to_owned(), "kimso; rm -rf /".to_owned())]),
        }
    }

    #[tokio::test]
    async fn program_reads_facts_and_its_end_is_known() {
        let (ending, output) = run(&order(&["/bin/cat"], 20)).await;
        assert_eq!(ending, Ending::Exited(0));
        assert!(output.contains(r#""user":"kimso; rm -rf /""#), "{output}");
        let (ending, output) = run(&order(&["/usr/bin/printenv", "LOTSE_RUN"], 20)).await;
        assert_eq!((ending, output.as_str()), (Ending::Exited(0), "7.2.1"));
        assert_eq!(run(&order(&["/bin/false"], 20)).await.0, Ending::Exited(1));
        assert_eq!(run(&order(&["/nowhere/at/all"], 20)).await.0, Ending::NotStarted);
        assert_eq!(run(&order(&["/bin/sleep", "60"], 0)).await.0, Ending::TimedOut);
    }

    #[tokio::test]
    async fn no_shell_reads_the_arguments() {
        let (_, output) = run(&order(&["/bin/echo", "$HOME; `id`"], 20)).await;
        assert_eq!(output, "$HOME; `id`");
    }
}
