//! The peer-support panel.
