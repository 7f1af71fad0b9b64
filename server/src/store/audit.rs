//! The chain of the audit log, which both stores write and anybody can check.
//!
//! A line is written as JSON, in the order of the fields of [`AuditLine`], without spaces and without what is absent; in texts
//! only `"`, `\\` and control characters are escaped. Its hash is the SHA-256 of the hash of the line before, as 64 hexadecimal
//! digits (zeros before the first line), a line feed, and the line as it is written without its `hash`. The export holds these
//! very bytes with `,"hash":"…"` before the closing brace, so that a checker needs no JSON to take it off again.

use std::fmt::Write;

use peer_support_domain::account::AccountEvent;
use peer_support_domain::audit::Act;
use peer_support_domain::id::ItemId;
use peer_support_domain::post::Role;
use peer_support_domain::site::SiteId;
use peer_support_domain::wire::{AuditLine, SiteSetting};
use sha2::{Digest, Sha256};

use super::{MINUTE_MS, ModeratorId, NewDecision, NewRole, StoreError, begun_span};

/// What stands before the first line.
pub(super) const NO_HASH: [u8; 32] = [0; 32];
const HASH_DIGITS: usize = 64;
const SECOND_MS: i64 = 1_000;

/// What stands instead of a role where there is none.
pub(super) const NO_ROLE: &str = "none";

/// Which lines to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuditFrom {
    /// Those after this one, the first one first.
    After(i64),
    /// Those before this one, the last one first.
    Before(i64),
}

/// An act to be recorded.
#[derive(Clone, Debug)]
pub(super) struct NewAct<'a> {
    pub(super) act: Act,
    pub(super) at: i64,
    pub(super) by: Option<ModeratorId>,
    pub(super) site: Option<&'a SiteId>,
    pub(super) item: Option<ItemId>,
    /// The account it was done to.
    pub(super) account: Option<ModeratorId>,
    pub(super) why: Option<&'a str>,
}

impl<'a> NewAct<'a> {
    /// Of a moderator, or of a command on the server.
    pub(super) fn of(act: impl Into<Act>, by: Option<ModeratorId>, at: i64) -> Self {
        let at = begun_span(at, SECOND_MS);
        Self { act: act.into(), at, by, site: None, item: None, account: None, why: None }
    }

    /// Of a rule, which decides in the moment of a visitor's act.
    pub(super) fn of_rule(act: impl Into<Act>, rule: &'a str, at: i64) -> Self {
        Self { at: begun_span(at, MINUTE_MS), why: Some(rule), ..Self::of(act, None, at) }
    }

    /// A role that was given, changed or taken.
    pub(super) fn of_role(new: &'a NewRole, account: ModeratorId) -> Self {
        let why = new.role.map_or(NO_ROLE, Role::as_str);
        Self { site: new.site.as_ref(), ..Self::of(Act::RoleChanged, new.by, new.at) }
            .about(account)
            .because(why)
    }

    pub(super) fn on(self, item: ItemId) -> Self {
        Self { item: Some(item), ..self }
    }

    pub(super) fn at_site(self, site: &'a SiteId) -> Self {
        Self { site: Some(site), ..self }
    }

    pub(super) fn about(self, account: ModeratorId) -> Self {
        Self { account: Some(account), ..self }
    }

    pub(super) fn because(self, why: &'a str) -> Self {
        Self { why: Some(why), ..self }
    }

    /// The line after one that has this number and hash; `site` is the item's where the act does not name one.
    pub(super) fn line(
        self,
        before: (i64, [u8; 32]),
        site: Option<SiteId>,
        name: Option<String>,
        account: Option<String>,
    ) -> (AuditLine, [u8; 32]) {
        let (n_before, hash_before) = before;
        let mut line = AuditLine {
            n: n_before + 1,
            at: self.at,
            site: self.site.cloned().or(site),
            by: self.by.map(|by| by.0),
            name,
            act: self.act,
            item: self.item,
            account,
            why: self.why.map(str::to_owned),
            hash: String::new(),
        };
        let hash = hash_of(&hex(&hash_before), &body(&line));
        line.hash = hex(&hash);
        (line, hash)
    }
}

/// What a change of a site is called.
pub(super) fn act_of(what: SiteSetting) -> Act {
    match what {
        SiteSetting::Forced(forced) => forced.rule.into(),
        SiteSetting::Unforced => Act::Unforced,
        SiteSetting::Sensitive(true) => Act::SensitiveBegun,
        SiteSetting::Sensitive(false) => Act::SensitiveEnded,
        SiteSetting::TwoPersons(true) => Act::TwoPersonsBegun,
        SiteSetting::TwoPersons(false) => Act::TwoPersonsEnded,
        SiteSetting::Playbook => Act::PlaybookWritten,
        SiteSetting::Reasons => Act::ReasonsWritten,
    }
}

/// What happened to an account: by its owner, or by a command on the server.
pub(super) fn of_account(event: AccountEvent, account: ModeratorId, at: i64) -> NewAct<'static> {
    let is_by_command = matches!(event, AccountEvent::CodeMade | AccountEvent::Reset);
    NewAct::of(event, (!is_by_command).then_some(account), at).about(account)
}

/// A moderator's decision: the lines that it makes.
pub(super) fn of_decision(new: &NewDecision) -> impl Iterator<Item = NewAct<'static>> {
    let act = |act: Act| NewAct::of(act, Some(new.moderator), new.at).on(new.item);
    let taken_out = (!new.how.taken_out.is_empty()).then(|| act(Act::WordsTakenOut));
    let folded = new.how.notes.is_some().then(|| act(Act::Folded));
    [Some(act(new.decision.into())), taken_out, folded].into_iter().flatten()
}

/// A line without its hash.
fn body(line: &AuditLine) -> String {
    let whole = written(line);
    whole.split_at(whole.len() - line.hash.len() - END.len() - HASH.len()).0.to_owned() + "}"
}

const HASH: &str = ",\"hash\":\"";
const END: &str = "\"}";

/// A line as it stands in the export.
#[must_use]
pub fn written(line: &AuditLine) -> String {
    serde_json::to_string(line).expect("numbers and texts are JSON")
}

fn hash_of(before: &str, body: &str) -> [u8; 32] {
    Sha256::new().chain_update(before).chain_update("\n").chain_update(body).finalize().into()
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// Goes along the log, and stops where it was tampered with.
#[derive(Clone, Debug)]
pub struct Chain {
    n: i64,
    hash: String,
    /// A hash that was noted before, until it comes.
    expected: Option<String>,
}

/// Where a log is not what was written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    /// A line is not there.
    #[error("line {0} is missing")]
    Missing(i64),
    /// A line is another than was written.
    #[error("line {0} was changed, or the one before it together with its hash")]
    Changed(i64),
    /// What stands there is no line of an audit log.
    #[error("line {0} of the file is no line of an audit log")]
    NoLine(i64),
    /// The end was cut off, or all of it was written anew.
    #[error(
        "no line has the hash that was noted: after line {0} something is missing, or all was written anew"
    )]
    CutOff(i64),
}

impl Chain {
    /// Before the first line. `expected`: the hash of some line, noted when it was the last one.
    #[must_use]
    pub fn new(expected: Option<String>) -> Self {
        Self { n: 0, hash: hex(&NO_HASH), expected }
    }

    /// The next line of a store.
    ///
    /// # Errors
    ///
    /// When it does not follow from the ones before.
    pub fn follow(&mut self, line: &AuditLine) -> Result<(), Broken> {
        self.next(line.n, &body(line), &line.hash)
    }

    /// The next line of an export, without its line feed.
    ///
    /// # Errors
    ///
    /// When it is no line, or does not follow from the ones before.
    pub fn follow_text(&mut self, text: &str) -> Result<(), Broken> {
        let no_line = || Broken::NoLine(self.n + 1);
        let line: AuditLine = serde_json::from_str(text).map_err(|_| no_line())?;
        let (body, hash) = text.rsplit_once(HASH).ok_or_else(no_line)?;
        if hash != line.hash.clone() + END {
            return Err(no_line());
        }
        self.next(line.n, &format!("{body}}}"), &line.hash)
    }

    fn next(&mut self, n: i64, body: &str, hash: &str) -> Result<(), Broken> {
        let expected = self.n + 1;
        if n != expected {
            return Err(Broken::Missing(expected));
        }
        if hash.len() != HASH_DIGITS || hex(&hash_of(&self.hash, body)) != hash {
            return Err(Broken::Changed(n));
        }
        self.n = n;
        hash.clone_into(&mut self.hash);
        self.expected.take_if(|expected| *expected == *hash);
        Ok(())
    }

    /// The number and the hash of the last line.
    ///
    /// # Errors
    ///
    /// When no line had the hash that was noted.
    pub fn end(&self) -> Result<(i64, &str), Broken> {
        match &self.expected {
            Some(_) => Err(Broken::CutOff(self.n)),
            None => Ok((self.n, &self.hash)),
        }
    }
}

/// The hash of a row, which a check keeps at this length.
pub(super) fn hash(bytes: &[u8], n: i64) -> Result<[u8; 32], StoreError> {
    bytes.try_into().map_err(|_| super::corrupt("audit", "hash", n))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(n_lines: usize) -> Vec<String> {
        let mut before = (0, NO_HASH);
        let mut lines = Vec::new();
        for n in 0..n_lines {
            let act = NewAct::of(Act::ALL[n], Some(ModeratorId(7)), 1_800_000_000_123).because("a \"rule\"");
            let (line, hash) = act.line(before, None, Some("Zoë \\ 'Q'".into()), None);
            before = (line.n, hash);
            lines.push(written(&line));
        }
        lines
    }

    fn checked(lines: &[String], expected: Option<String>) -> Result<i64, Broken> {
        let mut chain = Chain::new(expected);
        lines.iter().try_for_each(|line| chain.follow_text(line))?;
        chain.end().map(|(n, _)| n)
    }

    fn hash_of_line(line: &str) -> String {
        line[line.len() - HASH_DIGITS - END.len()..line.len() - END.len()].to_owned()
    }

    #[test]
    fn a_line_is_written_and_hashed_as_the_document_says() {
        let lines = lines(2);

        let body =
            r#"{"n":1,"at":1800000000000,"by":7,"name":"Zoë \\ 'Q'","act":"approved","why":"a \"rule\""}"#;
        let first = hex(&Sha256::digest(format!("{}\n{body}", "0".repeat(64))));
        assert_eq!(lines[0], format!("{},\"hash\":\"{first}\"}}", body.strip_suffix('}').unwrap()));
        let body = body.replace("\"n\":1", "\"n\":2").replace("approved", "declined");
        let second = hex(&Sha256::digest(format!("{first}\n{body}")));
        assert_eq!(hash_of_line(&lines[1]), second);
    }

    #[test]
    fn whatever_is_done_to_a_log_shows_and_where() {
        let whole = lines(6);
        let noted = hash_of_line(&whole[4]);
        assert_eq!(checked(&whole, Some(noted.clone())), Ok(6));
        assert_eq!(checked(&[], None), Ok(0));

        for n in 0..5 {
            let mut without = whole.clone();
            without.remove(n);
            assert_eq!(checked(&without, None), Err(Broken::Missing(n as i64 + 1)));
            let mut changed = whole.clone();
            changed[n] = changed[n].replace("Zoë", "Ada");
            assert_eq!(checked(&changed, None), Err(Broken::Changed(n as i64 + 1)));
            let mut renumbered = without.clone();
            renumbered[n] = renumbered[n].replacen(&format!("{}", n + 2), &format!("{}", n + 1), 1);
            assert_eq!(checked(&renumbered, None), Err(Broken::Changed(n as i64 + 1)));
            let mut swapped = whole.clone();
            swapped.swap(n, n + 1);
            assert_eq!(checked(&swapped, None), Err(Broken::Missing(n as i64 + 1)));
        }
        assert_eq!(checked(&whole[..4], None), Ok(4), "nothing tells");
        assert_eq!(checked(&whole[..4], Some(noted)), Err(Broken::CutOff(4)));
        assert_eq!(checked(&["{}".into()], None), Err(Broken::NoLine(1)));
        assert_eq!(checked(&[whole[0].clone() + " "], None), Err(Broken::NoLine(1)));
    }
}
