//! Every answer that is not a success: one enum, one RFC 9457 document, logged once, silent about the inside.

use std::borrow::Cow;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use peer_support_domain::post::State;
use peer_support_domain::roles::NotGiven;
use peer_support_domain::wire;

use crate::checks::Refusal;
use crate::helplines::Unusable;
use crate::store::{Claim, StoreError, Undecided};

/// Why a request was not done.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Problem {
    #[error("no such address")]
    UnknownRoute,
    #[error("no such method here")]
    UnknownMethod,
    #[error("no such site on this server")]
    UnknownSite,
    #[error("no such topic on this site")]
    UnknownTopic,
    #[error("no such item, or not one that everyone may see")]
    UnknownItem,
    #[error("nothing is kept under this code")]
    UnknownRecoveryCode,
    #[error("no report belongs to this code")]
    UnknownReportCode,
    /// The body as a whole: no JSON, too deep, no UTF-8.
    #[error("{0}")]
    Body(String),
    /// One field of the body, and what is wrong with it.
    #[error("{0}: {1}")]
    Field(String, String),
    /// A parameter of the path or the query.
    #[error("{0}: {1}")]
    Parameter(&'static str, String),
    /// A header.
    #[error("{0}: {1}")]
    Header(&'static str, String),
    #[error("the body is too large")]
    BodyTooLarge,
    #[error("the body is not JSON by its content type")]
    ContentType,
    #[error("pages of this origin may not use the site")]
    Origin,
    #[error("the site takes no such post or reply now")]
    SiteClosed,
    #[error("the key was used for another request")]
    KeyReused,
    #[error("the id or the code is taken")]
    IdTaken,
    #[error("the text of what is {0} stays")]
    NotEditable(State),
    #[error("the text was changed too often since a moderator decided")]
    TooManyChanges,
    #[error("too many private words about the item")]
    TooManyWords,
    #[error("nothing was decided against the item, or it was the answer to an objection")]
    NothingToObject,
    #[error("the item is deleted")]
    ItemDeleted,
    #[error("the code opens no item of this thread")]
    CodeOfAnotherThread,
    #[error("somebody passed the item on before, and nobody has decided since")]
    EscalatedBefore,
    #[error("the item does not wait for a decision")]
    NotWaiting,
    #[error("no such notification that did not arrive")]
    UnknownDelivery,
    #[error(transparent)]
    Undecided(#[from] Undecided),
    #[error("another moderator reads the item")]
    Claimed(Claim),
    /// The item does not stand where the decision begins, because somebody decided before.
    #[error("the item was decided about before")]
    DecidedBefore(Box<wire::PastDecision>),
    #[error("nothing was proposed about the item, or it is settled")]
    NoProposal,
    #[error("nobody confirms what they proposed themself")]
    OwnProposal,
    #[error("nobody else could confirm a decision on this site")]
    NobodyToConfirm,
    #[error("a fire drill is running on the site already")]
    DrillRuns,
    #[error("name: no open account has it")]
    UnknownAccount,
    #[error(transparent)]
    RoleNotGiven(NotGiven),
    #[error("to: no colleague of this name may decide")]
    UnknownColleague,
    #[error("too many notes of handing over about the item")]
    TooManyHandOvers,
    #[error("the session has as many streams open as it may")]
    SessionStreamsFull,
    #[error("the sign-in code is unknown, used or expired")]
    SignIn,
    /// Name, password or second factor: which, nobody is told.
    #[error("name, password and code do not belong together")]
    Credentials,
    #[error("the current password is wrong")]
    CurrentPassword,
    #[error("the password is easy to guess")]
    Guessable,
    #[error("the code is not the new authenticator's")]
    AuthenticatorCode,
    #[error("no authenticator is being set up, or there is none")]
    NoAuthenticator,
    #[error("the account has no such session")]
    UnknownSession,
    #[error("nobody is signed in")]
    NotSignedIn,
    #[error("the token against forged requests is missing or wrong")]
    Csrf,
    #[error("the account's role does not allow it")]
    Role,
    #[error("too many wrong tries to sign in")]
    TooManyAttempts { retry_after_seconds: u64 },
    #[error("as many streams are open as the server keeps")]
    StreamsFull,
    #[error("as many streams are open as one network may have")]
    NetworkStreamsFull,
    #[error("too many from this sender")]
    RateLimited { retry_after_seconds: u64 },
    #[error("too many votes on this item from this network")]
    VotesLimited { retry_after_seconds: u64 },
    #[error("the device has to work for it")]
    WorkNeeded { challenge: String },
    #[error("the request took too long")]
    TimedOut,
    #[error("a handler panicked")]
    Panic,
    /// The owner has to mend it; until then widgets show what they were built with.
    #[error(transparent)]
    Helplines(#[from] Unusable),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What all problems of one code have in common.
pub(super) struct Sort {
    code: &'static str,
    status: StatusCode,
    title: &'static str,
}

const fn sort(code: &'static str, status: StatusCode, title: &'static str) -> Sort {
    Sort { code, status, title }
}

const NOT_FOUND: Sort = sort("not-found", StatusCode::NOT_FOUND, "There is nothing at this address.");
const METHOD: Sort =
    sort("method-not-allowed", StatusCode::METHOD_NOT_ALLOWED, "This address does not take this method.");
const BODY: Sort =
    sort("body-invalid", StatusCode::BAD_REQUEST, "The body is not the JSON that is expected.");
const FIELD: Sort =
    sort("field-invalid", StatusCode::UNPROCESSABLE_ENTITY, "A field of the body cannot be taken.");
const TEXT: Sort =
    sort("text-invalid", StatusCode::UNPROCESSABLE_ENTITY, "The text cannot be taken as it is.");
const PARAMETER: Sort =
    sort("parameter-invalid", StatusCode::BAD_REQUEST, "A parameter of the address cannot be read.");
const HEADER: Sort = sort("header-invalid", StatusCode::BAD_REQUEST, "A header cannot be read.");
const TOO_LARGE: Sort = sort("body-too-large", StatusCode::PAYLOAD_TOO_LARGE, "The body is too large.");
const CONTENT_TYPE: Sort = sort(
    "content-type-unsupported",
    StatusCode::UNSUPPORTED_MEDIA_TYPE,
    "The body must be JSON, with Content-Type: application/json.",
);
const ORIGIN: Sort =
    sort("origin-not-allowed", StatusCode::FORBIDDEN, "Pages of this origin may not use this site.");
const SITE_CLOSED: Sort =
    sort("site-closed", StatusCode::FORBIDDEN, "The site takes no such post or reply now; reading goes on.");
const KEY_REUSED: Sort = sort(
    "idempotency-key-reused",
    StatusCode::UNPROCESSABLE_ENTITY,
    "The Idempotency-Key was used before for another request.",
);
const ID_TAKEN: Sort = sort("id-taken", StatusCode::CONFLICT, "The id or the recovery code is in use.");
const NOT_EDITABLE: Sort =
    sort("not-editable", StatusCode::CONFLICT, "The text can be changed only while it is held or published.");
const TOO_MANY_CHANGES: Sort = sort(
    "too-many-changes",
    StatusCode::CONFLICT,
    "The text was changed very often; a moderator decides about it first.",
);
const TOO_MANY_WORDS: Sort =
    sort("too-many-words", StatusCode::CONFLICT, "As much was said about this item as fits.");
const NOTHING_TO_OBJECT: Sort = sort(
    "nothing-to-object",
    StatusCode::CONFLICT,
    "No decision stands against this item to which its author may object.",
);
const FIRST_DECIDER: Sort = sort(
    "first-decider",
    StatusCode::CONFLICT,
    "The author objects to your own decision; somebody else answers.",
);
const ITEM_DELETED: Sort = sort("item-deleted", StatusCode::CONFLICT, "The item is deleted.");
const OTHER_THREAD: Sort = sort(
    "code-of-another-thread",
    StatusCode::FORBIDDEN,
    "The recovery code opens nothing in this thread, so its author cannot be known here.",
);
const OUTDATED: Sort =
    sort("decision-outdated", StatusCode::CONFLICT, "The item does not stand where this decision begins.");
const ESCALATED_BEFORE: Sort = sort(
    "escalated-before",
    StatusCode::CONFLICT,
    "The item was passed on to a lead before, and nobody has decided since.",
);
const NOT_WAITING: Sort = sort(
    "not-waiting",
    StatusCode::CONFLICT,
    "The item does not wait for a decision, so it is not passed on.",
);
const PROPOSAL_WAITS: Sort = sort(
    "proposal-waits",
    StatusCode::CONFLICT,
    "Something is proposed about the item; confirm or reject that first.",
);
const FOR_TWO_UNCHANGED: Sort = sort(
    "for-two-unchanged",
    StatusCode::CONFLICT,
    "This takes two people on this site, and then changes neither the text nor its content notes.",
);
const NO_PROPOSAL: Sort = sort(
    "no-proposal",
    StatusCode::CONFLICT,
    "Nothing waits for a second person about the item, or not any more.",
);
const OWN_PROPOSAL: Sort =
    sort("own-proposal", StatusCode::FORBIDDEN, "Another moderator confirms what you proposed.");
const DRILL_RUNS: Sort = sort(
    "drill-runs",
    StatusCode::CONFLICT,
    "A fire drill is running on this site; it ends before another begins.",
);
const NOBODY_TO_CONFIRM: Sort = sort(
    "nobody-to-confirm",
    StatusCode::CONFLICT,
    "Fewer than two accounts may decide on this site: what takes two would wait for nobody.",
);
const TEXT_CHANGED: Sort =
    sort("text-changed", StatusCode::CONFLICT, "The author changed the text since it was read.");
const CLAIMED: Sort = sort(
    "item-claimed",
    StatusCode::CONFLICT,
    "Another moderator reads the item; take it over, or leave it to them.",
);
const TOO_MANY_HAND_OVERS: Sort =
    sort("too-many-hand-overs", StatusCode::CONFLICT, "The item was handed over often; decide about it.");
const SIGN_IN: Sort =
    sort("sign-in-failed", StatusCode::UNAUTHORIZED, "The sign-in code is unknown, used or expired.");
const CREDENTIALS: Sort = sort(
    "credentials-wrong",
    StatusCode::UNAUTHORIZED,
    "Name, password and code do not belong together, or the code was used before.",
);
const CURRENT_PASSWORD: Sort =
    sort("current-password-wrong", StatusCode::FORBIDDEN, "The current password is wrong.");
const GUESSABLE: Sort = sort(
    "password-guessable",
    StatusCode::UNPROCESSABLE_ENTITY,
    "The password is easy to guess: little is left of it without names and the most common passwords.",
);
const AUTHENTICATOR_CODE: Sort = sort(
    "authenticator-code-wrong",
    StatusCode::UNPROCESSABLE_ENTITY,
    "The code is not the one that the new authenticator shows now.",
);
const NO_AUTHENTICATOR: Sort = sort(
    "no-authenticator",
    StatusCode::CONFLICT,
    "No authenticator is being set up, or the account has none; begin with it.",
);
const NOT_SIGNED_IN: Sort = sort("not-signed-in", StatusCode::UNAUTHORIZED, "Nobody is signed in.");
const CSRF: Sort =
    sort("csrf-token-invalid", StatusCode::FORBIDDEN, "The Csrf-Token of the session is missing or wrong.");
const ROLE: Sort = sort("role-not-allowed", StatusCode::FORBIDDEN, "The account's role does not allow this.");
const OWN_ROLE: Sort =
    sort("own-role", StatusCode::FORBIDDEN, "Nobody changes their own role; another admin does.");
const ROLE_EVERYWHERE: Sort = sort(
    "role-everywhere",
    StatusCode::CONFLICT,
    "The account has its role for all sites; a command on the server changes it.",
);
const ATTEMPTS: Sort = sort(
    "too-many-attempts",
    StatusCode::TOO_MANY_REQUESTS,
    "Too many wrong tries to sign in; try again after the time that Retry-After says.",
);
const RATE_LIMITED: Sort = sort(
    "rate-limited",
    StatusCode::TOO_MANY_REQUESTS,
    "Too many came from here; send it again after the time that Retry-After says.",
);
const VOTES_LIMITED: Sort = sort(
    "votes-limited",
    StatusCode::TOO_MANY_REQUESTS,
    "This item has as many votes from this network as count in a day.",
);
const WORK_NEEDED: Sort = sort(
    "work-needed",
    StatusCode::PRECONDITION_REQUIRED,
    "The server is busy: solve the challenge, and send it again with Proof-Of-Work.",
);
const STREAMS_FULL: Sort = sort(
    "streams-full",
    StatusCode::SERVICE_UNAVAILABLE,
    "As many streams are open as the server keeps; all else works without one.",
);
const TIMED_OUT: Sort =
    sort("timed-out", StatusCode::SERVICE_UNAVAILABLE, "The request took too long; try again.");
const HELPLINES: Sort = sort(
    "helplines-unusable",
    StatusCode::SERVICE_UNAVAILABLE,
    "The server's own file for this country cannot be used.",
);
const INTERNAL: Sort =
    sort("internal", StatusCode::INTERNAL_SERVER_ERROR, "Something went wrong on the server.");
const UNAVAILABLE: Sort =
    sort("unavailable", StatusCode::SERVICE_UNAVAILABLE, "The server cannot answer now; try again shortly.");

/// Every code there is.
const SORTS: [&Sort; 52] = [
    &NOT_FOUND,
    &METHOD,
    &BODY,
    &FIELD,
    &TEXT,
    &PARAMETER,
    &HEADER,
    &TOO_LARGE,
    &CONTENT_TYPE,
    &ORIGIN,
    &SITE_CLOSED,
    &KEY_REUSED,
    &ID_TAKEN,
    &NOT_EDITABLE,
    &TOO_MANY_CHANGES,
    &TOO_MANY_WORDS,
    &NOTHING_TO_OBJECT,
    &FIRST_DECIDER,
    &ITEM_DELETED,
    &OTHER_THREAD,
    &OUTDATED,
    &ESCALATED_BEFORE,
    &NOT_WAITING,
    &PROPOSAL_WAITS,
    &FOR_TWO_UNCHANGED,
    &NO_PROPOSAL,
    &OWN_PROPOSAL,
    &NOBODY_TO_CONFIRM,
    &DRILL_RUNS,
    &TEXT_CHANGED,
    &CLAIMED,
    &TOO_MANY_HAND_OVERS,
    &SIGN_IN,
    &CREDENTIALS,
    &CURRENT_PASSWORD,
    &GUESSABLE,
    &AUTHENTICATOR_CODE,
    &NO_AUTHENTICATOR,
    &NOT_SIGNED_IN,
    &CSRF,
    &ROLE,
    &OWN_ROLE,
    &ROLE_EVERYWHERE,
    &ATTEMPTS,
    &STREAMS_FULL,
    &RATE_LIMITED,
    &VOTES_LIMITED,
    &WORK_NEEDED,
    &TIMED_OUT,
    &HELPLINES,
    &INTERNAL,
    &UNAVAILABLE,
];

/// When to try again after the database failed.
const RETRY_AFTER_SECONDS: u64 = 5;
/// When to try again to open a stream where there was no room for one: panels do without as well.
const RETRY_STREAM_AFTER_SECONDS: u64 = 300;

impl Problem {
    fn sort(&self) -> &'static Sort {
        match self {
            Self::UnknownRoute
            | Self::UnknownSite
            | Self::UnknownItem
            | Self::UnknownRecoveryCode
            | Self::UnknownReportCode
            | Self::UnknownSession
            | Self::UnknownDelivery => &NOT_FOUND,
            Self::UnknownMethod => &METHOD,
            Self::Body(_) => &BODY,
            Self::Field(field, _) if field == "text" => &TEXT,
            Self::Field(..) | Self::UnknownTopic => &FIELD,
            Self::Parameter(..) => &PARAMETER,
            Self::Header(..) => &HEADER,
            Self::BodyTooLarge => &TOO_LARGE,
            Self::ContentType => &CONTENT_TYPE,
            Self::Origin => &ORIGIN,
            Self::SiteClosed => &SITE_CLOSED,
            Self::KeyReused => &KEY_REUSED,
            Self::IdTaken => &ID_TAKEN,
            Self::NotEditable(_) => &NOT_EDITABLE,
            Self::TooManyChanges => &TOO_MANY_CHANGES,
            Self::TooManyWords => &TOO_MANY_WORDS,
            Self::NothingToObject => &NOTHING_TO_OBJECT,
            Self::Undecided(Undecided::OwnDecision { .. }) => &FIRST_DECIDER,
            Self::ItemDeleted => &ITEM_DELETED,
            Self::CodeOfAnotherThread => &OTHER_THREAD,
            Self::Undecided(Undecided::NotAllowed(_) | Undecided::Meanwhile | Undecided::NotSpam)
            | Self::DecidedBefore(_) => &OUTDATED,
            Self::Undecided(Undecided::Proposed(_) | Undecided::ProposalWaits) => &PROPOSAL_WAITS,
            Self::Undecided(Undecided::ForTwoUnchanged) => &FOR_TWO_UNCHANGED,
            Self::NoProposal => &NO_PROPOSAL,
            Self::OwnProposal => &OWN_PROPOSAL,
            Self::NobodyToConfirm => &NOBODY_TO_CONFIRM,
            Self::DrillRuns => &DRILL_RUNS,
            Self::Undecided(Undecided::TextChanged) => &TEXT_CHANGED,
            Self::Undecided(Undecided::Claimed(_)) | Self::Claimed(_) => &CLAIMED,
            Self::UnknownColleague | Self::UnknownAccount => &FIELD,
            Self::TooManyHandOvers => &TOO_MANY_HAND_OVERS,
            Self::EscalatedBefore => &ESCALATED_BEFORE,
            Self::NotWaiting => &NOT_WAITING,
            Self::SignIn => &SIGN_IN,
            Self::Credentials => &CREDENTIALS,
            Self::CurrentPassword => &CURRENT_PASSWORD,
            Self::Guessable => &GUESSABLE,
            Self::AuthenticatorCode => &AUTHENTICATOR_CODE,
            Self::NoAuthenticator => &NO_AUTHENTICATOR,
            Self::NotSignedIn => &NOT_SIGNED_IN,
            Self::Csrf => &CSRF,
            Self::Role | Self::RoleNotGiven(NotGiven::NoAdmin) => &ROLE,
            Self::RoleNotGiven(NotGiven::Own) => &OWN_ROLE,
            Self::RoleNotGiven(NotGiven::Everywhere) => &ROLE_EVERYWHERE,
            Self::TooManyAttempts { .. } => &ATTEMPTS,
            Self::StreamsFull => &STREAMS_FULL,
            Self::RateLimited { .. } | Self::NetworkStreamsFull | Self::SessionStreamsFull => &RATE_LIMITED,
            Self::VotesLimited { .. } => &VOTES_LIMITED,
            Self::WorkNeeded { .. } => &WORK_NEEDED,
            Self::TimedOut => &TIMED_OUT,
            Self::Helplines(_) => &HELPLINES,
            Self::Panic | Self::Store(StoreError::Corrupt { .. }) => &INTERNAL,
            Self::Store(_) => &UNAVAILABLE,
        }
    }

    /// What is at fault: a field of the body, a parameter, a header, or `body` as a whole.
    fn field(&self) -> Option<Cow<'_, str>> {
        Some(match self {
            Self::UnknownSite => "site".into(),
            Self::UnknownTopic => "topic".into(),
            Self::UnknownItem | Self::IdTaken => "id".into(),
            Self::UnknownRecoveryCode | Self::CodeOfAnotherThread => "Recovery-Code".into(),
            Self::UnknownReportCode => "Report-Code".into(),
            Self::Body(_) | Self::BodyTooLarge => "body".into(),
            Self::Field(field, _) => field.into(),
            Self::Parameter(name, _) | Self::Header(name, _) => (*name).into(),
            Self::ContentType => "Content-Type".into(),
            Self::Origin => "Origin".into(),
            Self::KeyReused => "Idempotency-Key".into(),
            Self::SignIn | Self::AuthenticatorCode => "code".into(),
            Self::CurrentPassword => "current_password".into(),
            Self::Guessable => "password".into(),
            Self::UnknownSession => "session".into(),
            Self::UnknownColleague => "to".into(),
            Self::UnknownAccount | Self::RoleNotGiven(_) => "name".into(),
            Self::UnknownDelivery => "delivery".into(),
            Self::Csrf => "Csrf-Token".into(),
            Self::WorkNeeded { .. } => "Proof-Of-Work".into(),
            _ => return None,
        })
    }

    fn detail(&self) -> Option<String> {
        match self {
            Self::Body(what) | Self::Field(_, what) | Self::Parameter(_, what) | Self::Header(_, what) => {
                Some(what.clone())
            }
            Self::UnknownSite
            | Self::UnknownTopic
            | Self::UnknownItem
            | Self::UnknownRecoveryCode
            | Self::UnknownReportCode
            | Self::UnknownSession
            | Self::UnknownDelivery => Some(self.to_string()),
            Self::NotEditable(_) | Self::Undecided(Undecided::NotAllowed(_)) => Some(self.to_string()),
            Self::Undecided(Undecided::OwnDecision { is_alone: true }) => Some(
                "nobody else may decide on this server: give somebody else an account, or let a lead answer alone, which is recorded"
                    .to_owned(),
            ),
            Self::UnknownColleague => Some("is no colleague who may decide".to_owned()),
            Self::UnknownAccount => Some("is the name of no open account".to_owned()),
            _ => None,
        }
    }

    /// Who reads the item.
    fn claim(&self) -> Option<wire::Claim> {
        match self {
            Self::Claimed(claim) | Self::Undecided(Undecided::Claimed(claim)) => {
                let Claim { name, until, .. } = claim.clone();
                Some(wire::Claim { name, is_yours: false, until })
            }
            _ => None,
        }
    }

    /// Who decided before, and what.
    fn decided(&self) -> Option<wire::PastDecision> {
        match self {
            Self::DecidedBefore(decision) => Some((**decision).clone()),
            _ => None,
        }
    }

    fn challenge(&self) -> Option<&str> {
        match self {
            Self::WorkNeeded { challenge } => Some(challenge),
            _ => None,
        }
    }

    fn retry_after_seconds(&self) -> Option<u64> {
        match self {
            Self::TooManyAttempts { retry_after_seconds }
            | Self::RateLimited { retry_after_seconds }
            | Self::VotesLimited { retry_after_seconds } => Some(*retry_after_seconds),
            Self::StreamsFull | Self::NetworkStreamsFull | Self::SessionStreamsFull => {
                Some(RETRY_STREAM_AFTER_SECONDS)
            }
            Self::TimedOut
            | Self::Store(StoreError::Database(_) | StoreError::Closed | StoreError::NoRoom { .. }) => {
                Some(RETRY_AFTER_SECONDS)
            }
            _ => None,
        }
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::TooMany { wait_ms } => {
                Self::RateLimited { retry_after_seconds: u64::from(wait_ms.div_ceil(1_000)) }
            }
            Refusal::TooManyVotes { wait_ms } => {
                Self::VotesLimited { retry_after_seconds: u64::from(wait_ms.div_ceil(1_000)) }
            }
            Refusal::WorkNeeded { challenge } => Self::WorkNeeded { challenge },
        }
    }
}

/// The code of the problem that an answer holds, for the log.
#[derive(Clone, Copy)]
pub(super) struct Code(pub(super) &'static str);

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let sort = self.sort();
        if sort.status.is_server_error() {
            // The one place where a failure of our own is written down.
            tracing::error!(code = sort.code, "{self}");
        }
        let document = wire::Problem {
            kind: format!("/problems/{}", sort.code),
            title: sort.title.to_owned(),
            status: sort.status.as_u16(),
            code: sort.code.to_owned(),
            detail: self.detail(),
            field: self.field().map(Cow::into_owned),
            challenge: self.challenge().map(str::to_owned),
            claim: self.claim(),
            decided: self.decided(),
        };
        let body = serde_json::to_vec(&document).expect("a problem has nothing that JSON cannot hold");
        let json = HeaderValue::from_static("application/problem+json");
        let mut response = (sort.status, [(header::CONTENT_TYPE, json)], body).into_response();
        if let Some(seconds) = self.retry_after_seconds() {
            response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
        }
        response.extensions_mut().insert(Code(sort.code));
        response
    }
}

/// `GET /problems/{code}`: what the `type` of a problem document points at.
pub(super) async fn explain(
    axum::extract::Path(code): axum::extract::Path<String>,
) -> Result<String, Problem> {
    let sort = SORTS.into_iter().find(|sort| sort.code == code).ok_or(Problem::UnknownRoute)?;
    Ok(format!("{} ({})\n\n{}\n", sort.code, sort.status, sort.title))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_its_own() {
        let mut codes: Vec<_> = SORTS.into_iter().map(|sort| sort.code).collect();
        codes.sort_unstable();
        codes.dedup();

        assert_eq!(codes.len(), SORTS.len());
    }

    #[test]
    fn a_failure_of_the_database_says_nothing_about_the_inside() {
        let inside = std::io::Error::other("password=hunter2");
        let problem = Problem::Store(StoreError::Database(Box::new(inside)));

        assert_eq!((problem.detail(), problem.field()), (None, None));
        assert_eq!(problem.into_response().status(), StatusCode::SERVICE_UNAVAILABLE);
    }
}
