//! The section `[authentication]`: whose verdicts are believed, and how much proof is needed.
//!
//! Deliberately absent: verifying (`daemon::verify`), what the rungs mean (`ticket::proof`).

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};

use serde::Deserialize;

use crate::ticket::command;
use crate::ticket::identity::CONFIRMED;
use crate::ticket::proof::Purpose;

/// The port of name servers.
const DNS_PORT: u16 = 53;

/// The section as it is written.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Authentication {
    #[serde(default)]
    pub(super) authserv_ids: Vec<String>,
    #[serde(default)]
    pub(super) resolver: Resolver,
    #[serde(default)]
    pub(super) rungs: BTreeMap<String, u8>,
}

/// Which name server is asked for the keys of signatures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(try_from = "String")]
pub enum Resolver {
    /// The machine's.
    #[default]
    System,
    /// Nobody: no signature is verified.
    None,
    /// This one, over UDP and TCP.
    At(SocketAddr),
}

impl TryFrom<String> for Resolver {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        match text.as_str() {
            "system" => return Ok(Self::System),
            "none" => return Ok(Self::None),
            _ => {}
        }
        let bare = || text.parse::<IpAddr>().map(|ip| SocketAddr::new(ip, DNS_PORT));
        text.parse::<SocketAddr>().or_else(|_error| bare()).map(Self::At).map_err(|_error| {
            let remedy = "write an address such as 127.0.0.1:53, or \"system\", or \"none\"";
            format!("\"{text}\": {remedy}")
        })
    }
}

impl Authentication {
    /// Every problem that can be seen without a server.
    pub(super) fn check(&self) -> Vec<String> {
        let mut found = Vec::new();
        for (name, rung) in &self.rungs {
            let is_keyword = command::keywords().any(|keyword| keyword.name == name);
            if !is_keyword && Purpose::ALL.iter().all(|purpose| purpose.name() != name) {
                let remedy = "use the short name of a keyword or purpose from the README's tables";
                found.push(format!("rungs: `{name}` is none: {remedy}"));
            }
            if *rung > CONFIRMED {
                let remedy = "0 is claimed, 1 known, 2 confirmed by a code";
                found.push(format!("rungs: {name} = {rung}: {remedy}"));
            }
        }
        found
    }
}
