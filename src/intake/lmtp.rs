//! The lmtp door.
