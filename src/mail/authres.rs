//! Authentication-Results (RFC 8601) of the servers that the site trusts.

use serde::{Deserialize, Serialize};

/// Outcome of one method, as far as it matters here (RFC 8601 section 2.7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "lowercase")]
pub enum AuthResult {
    /// Nothing was said, or nothing that decides: none, neutral, policy, temperror, permerror.
    #[default]
    Unknown,
    /// The method passed.
    Pass,
    /// The method failed.
    Fail,
}

/// What a trusted server says of a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
pub struct Verdicts {
    /// DMARC (RFC 7489) for the author's domain.
    pub dmarc: AuthResult,
    /// DKIM with a domain aligned to the author's.
    pub dkim_aligned: AuthResult,
    /// SPF (RFC 7208).
    pub spf: AuthResult,
    /// Whether the site's filter called it spam.
    pub spam: bool,
}
