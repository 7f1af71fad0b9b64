//! What people do, in three real browsers.
