//! Every integration test: one binary, so that it links once.

#[cfg(test)]
#[path = "all/templates.rs"]
mod templates;
