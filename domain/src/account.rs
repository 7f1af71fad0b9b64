//! What happens to a moderator's account, for its owner to look through.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::post::names;

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AccountEvent {
    /// An admin's command made a sign-in code.
    CodeMade,
    /// Somebody signed in with such a code.
    SignedInByCode,
    /// Somebody signed in with password and authenticator.
    SignedIn,
    /// Somebody signed in with password and recovery code.
    SignedInByRecoveryCode,
    /// The password was set.
    PasswordSet,
    /// An authenticator was set up, and recovery codes with it.
    AuthenticatorSet,
    /// New recovery codes were made.
    RecoveryCodesMade,
    /// An admin's command took password and authenticator away.
    Reset,
    /// An admin gave, changed or took away a role.
    RolesChanged,
}

names!(AccountEvent, InvalidAccountEvent, "is nothing that happens to an account", {
    CodeMade => "code_made",
    SignedInByCode => "signed_in_by_code",
    SignedIn => "signed_in",
    SignedInByRecoveryCode => "signed_in_by_recovery_code",
    PasswordSet => "password_set",
    AuthenticatorSet => "authenticator_set",
    RecoveryCodesMade => "recovery_codes_made",
    Reset => "reset",
    RolesChanged => "roles_changed",
});
