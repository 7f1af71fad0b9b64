//! The peer-support server.
