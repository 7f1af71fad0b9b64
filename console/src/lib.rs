//! The moderators page.
