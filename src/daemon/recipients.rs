//! The addresses that doors may take, kept in a small file beside the store.
//!
//! A store takes its time to open; this file is read in a moment, so that a door knows at once
//! whom it may accept. It holds queues without their members and nothing of people.

use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;

use tokio::sync::watch;

use crate::config::Config;
use crate::daemon::ended;
use crate::desk::{Desk, Queue, Register, RegisterChange};
use crate::types::Keyring;

const FILE: &str = "recipients";

/// What the file says, as a desk that knows places and nobody; nothing before the first start.
#[must_use]
pub fn load(config: &Config) -> Option<Arc<Desk>> {
    let text = std::fs::read(config.store.path.join(FILE)).ok()?;
    let queues: Vec<Queue> = serde_json::from_slice(&text).ok()?;
    let mut register = Register::default();
    for queue in queues {
        register.apply(&RegisterChange::Queue(queue));
    }
    Some(Arc::new(Desk {
        site: config.site.clone(),
        keyring: Keyring::default(),
        procedures: config.procedures.clone(),
        register,
    }))
}

/// Keeps the file as the register is, until `closing` is set.
pub async fn keep(
    folder: std::path::PathBuf,
    mut desk: watch::Receiver<Option<Arc<Desk>>>,
    mut closing: watch::Receiver<bool>,
) {
    let mut kept: Option<Vec<Queue>> = None;
    loop {
        let queues = desk.borrow_and_update().as_ref().map(|desk| places(desk));
        if let Some(queues) = queues
            && kept.as_ref() != Some(&queues)
        {
            match write(&folder, &queues) {
                Ok(()) => kept = Some(queues),
                Err(error) => tracing::warn!(%error, "the file of recipients was not written"),
            }
        }
        tokio::select! {
            () = ended(&mut closing) => return,
            changed = desk.changed() => if changed.is_err() {
                return;
            },
        }
    }
}

fn places(desk: &Desk) -> Vec<Queue> {
    let without_members = |queue: &Queue| Queue { members: Vec::new(), ..queue.clone() };
    desk.register.queues().map(without_members).collect()
}

fn write(folder: &Path, queues: &[Queue]) -> io::Result<()> {
    let new = folder.join("recipients.new");
    let mut file = std::fs::File::create(&new)?;
    file.write_all(&serde_json::to_vec(queues)?)?;
    file.sync_all()?;
    std::fs::rename(&new, folder.join(FILE))
}
