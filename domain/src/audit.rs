//! What the audit log records: a closed list of acts, so that nothing that anybody wrote can stand in it.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::account::AccountEvent;
use crate::coverage::ForcedRule;
use crate::objection::ObjectionOutcome;
use crate::post::{Decision, names};

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Act {
    /// What was held, or a new text of what is published, was approved, or what was reported stays.
    Approved,
    /// What was held, or a new text of what is published, was declined.
    Declined,
    /// What was published was hidden, or what was hidden stays so.
    Hidden,
    /// What was hidden is shown again.
    Restored,
    /// Words were taken out of what was published.
    WordsTakenOut,
    /// Content notes of a moderator's took the place of the author's.
    Folded,
    /// A decision was proposed, where two people decide.
    Proposed,
    /// What was proposed was confirmed by a second person, and carried out.
    ProposalConfirmed,
    /// What was proposed was rejected, or taken back by who had proposed it.
    ProposalRejected,
    /// An author's objection was answered: the decision stays.
    ObjectionUpheld,
    /// An author's objection was answered: the decision was changed.
    ObjectionChanged,
    /// An item was taken over from whoever read it.
    TakenOver,
    /// An item was handed over.
    HandedOver,
    /// An item was passed on to a lead.
    PassedOn,
    /// A site is staffed for a while, whatever its hours say.
    ForcedStaffed,
    /// A site holds all for a while.
    ForcedHoldAll,
    /// A site is read-only for a while.
    ForcedReadOnly,
    /// A site's hours decide again.
    Unforced,
    /// A sensitive period began.
    SensitiveBegun,
    /// A sensitive period ended.
    SensitiveEnded,
    /// From then on, two people decide what the site wants two for.
    TwoPersonsBegun,
    /// From then on, one person decides everything.
    TwoPersonsEnded,
    /// A fire drill of a site's team began.
    DrillBegun,
    /// A fire drill of a site's team was over.
    DrillEnded,
    /// A site's steps were written.
    PlaybookWritten,
    /// A site's reasons to start from were written.
    ReasonsWritten,
    /// A site's cards were written.
    CardsWritten,
    /// An account was made.
    AccountMade,
    /// An account was closed.
    AccountClosed,
    /// All that an account signs in with was taken away.
    AccountReset,
    /// An account has another role.
    RoleChanged,
    /// A sign-in code was made.
    CodeMade,
    /// Somebody signed in by such a code.
    SignedInByCode,
    /// Somebody signed in by password and authenticator.
    SignedIn,
    /// Somebody signed in by password and recovery code.
    SignedInByRecoveryCode,
    /// A password was set.
    PasswordSet,
    /// An authenticator was set up.
    AuthenticatorSet,
    /// New recovery codes were made.
    RecoveryCodesMade,
    /// A session was ended from the account's list.
    SessionEnded,
    /// All other sessions were ended.
    OtherSessionsEnded,
    /// So many wrong tries in a row that the account has to wait.
    LockedOut,
}

names!(Act, InvalidAct, "is no act of the audit log", {
    Approved => "approved",
    Declined => "declined",
    Hidden => "hidden",
    Restored => "restored",
    WordsTakenOut => "words-taken-out",
    Folded => "folded",
    Proposed => "proposed",
    ProposalConfirmed => "proposal-confirmed",
    ProposalRejected => "proposal-rejected",
    ObjectionUpheld => "objection-upheld",
    ObjectionChanged => "objection-changed",
    TakenOver => "taken-over",
    HandedOver => "handed-over",
    PassedOn => "passed-on",
    ForcedStaffed => "forced-staffed",
    ForcedHoldAll => "forced-hold-all",
    ForcedReadOnly => "forced-read-only",
    Unforced => "unforced",
    SensitiveBegun => "sensitive-begun",
    SensitiveEnded => "sensitive-ended",
    TwoPersonsBegun => "two-persons-begun",
    TwoPersonsEnded => "two-persons-ended",
    DrillBegun => "drill-begun",
    DrillEnded => "drill-ended",
    PlaybookWritten => "playbook-written",
    ReasonsWritten => "reasons-written",
    CardsWritten => "cards-written",
    AccountMade => "account-made",
    AccountClosed => "account-closed",
    AccountReset => "account-reset",
    RoleChanged => "role-changed",
    CodeMade => "code-made",
    SignedInByCode => "signed-in-by-code",
    SignedIn => "signed-in",
    SignedInByRecoveryCode => "signed-in-by-recovery-code",
    PasswordSet => "password-set",
    AuthenticatorSet => "authenticator-set",
    RecoveryCodesMade => "recovery-codes-made",
    SessionEnded => "session-ended",
    OtherSessionsEnded => "other-sessions-ended",
    LockedOut => "locked-out",
});

impl From<Decision> for Act {
    fn from(decision: Decision) -> Self {
        match decision {
            Decision::Approve => Self::Approved,
            Decision::Decline => Self::Declined,
            Decision::Hide => Self::Hidden,
            Decision::Restore => Self::Restored,
        }
    }
}

impl From<ObjectionOutcome> for Act {
    fn from(outcome: ObjectionOutcome) -> Self {
        match outcome {
            ObjectionOutcome::Upheld => Self::ObjectionUpheld,
            ObjectionOutcome::Changed => Self::ObjectionChanged,
        }
    }
}

impl From<AccountEvent> for Act {
    fn from(event: AccountEvent) -> Self {
        match event {
            AccountEvent::CodeMade => Self::CodeMade,
            AccountEvent::SignedInByCode => Self::SignedInByCode,
            AccountEvent::SignedIn => Self::SignedIn,
            AccountEvent::SignedInByRecoveryCode => Self::SignedInByRecoveryCode,
            AccountEvent::PasswordSet => Self::PasswordSet,
            AccountEvent::AuthenticatorSet => Self::AuthenticatorSet,
            AccountEvent::RecoveryCodesMade => Self::RecoveryCodesMade,
            AccountEvent::Reset => Self::AccountReset,
            AccountEvent::RolesChanged => Self::RoleChanged,
        }
    }
}

impl From<ForcedRule> for Act {
    fn from(rule: ForcedRule) -> Self {
        match rule {
            ForcedRule::Staffed => Self::ForcedStaffed,
            ForcedRule::HoldAll => Self::ForcedHoldAll,
            ForcedRule::ReadOnly => Self::ForcedReadOnly,
        }
    }
}
