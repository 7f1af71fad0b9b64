//! The rules and types that widget, console and server agree on.
