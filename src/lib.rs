//! lotse brings mail to the people who must act on it.

pub mod cli;
pub mod config;
pub mod daemon;
pub mod desk;
pub mod intake;
pub mod mail;
pub mod notice;
pub mod store;
pub mod submit;
pub mod ticket;
pub mod types;
