//! What people write, and the ids, codes and cursors beside it.

use std::fmt::{Debug, Display};
use std::str::FromStr;

use peer_support_domain::cursor::{Cursor, Order};
use peer_support_domain::full_text::{SearchWords, Signature};
use peer_support_domain::id::{AuthorKey, AuthorTag, ItemId, RecoveryHash};
use peer_support_domain::limits::{
    CARD_TEXT_GRAPHEMES, CARD_TITLE_GRAPHEMES, ESCALATION_GRAPHEMES, HAND_OVER_GRAPHEMES, POST_GRAPHEMES,
    REASON_GRAPHEMES, REASON_NAME_GRAPHEMES, REPLY_GRAPHEMES, SEARCH_CHARS, STEP_GRAPHEMES, TEXT_BYTES,
    WORD_GRAPHEMES,
};
use peer_support_domain::line_report::{Day, ReportedContact};
use peer_support_domain::note::ContentNote;
use peer_support_domain::password::Password;
use peer_support_domain::post::{Decision, Kind, Role, State};
use peer_support_domain::recovery::RecoveryCode;
use peer_support_domain::redaction::{self, Span};
use peer_support_domain::safe_wording;
use peer_support_domain::signed::{from_base64url, to_base64url};
use peer_support_domain::site::{LanguageTag, SiteId, TopicId};
use peer_support_domain::text::{
    CardText, CardTitle, EscalationNote, HandOverText, PostText, ReasonName, ReasonText, ReplyText, StepText,
    WordText, is_refused, parts,
};
use peer_support_domain::vote::Reaction;
use peer_support_domain::{bundle, language};
use peer_support_server::origin::OriginRule;
use peer_support_server::secret::{AccountRecoveryCode, ReportCode, ServerSecret, SignInCode};

use crate::{reads_back, says_what_is_wrong, text};

pub fn run(bytes: &[u8]) {
    let typed = text(bytes);
    texts(typed);
    short(typed);
    // Where something stands in a text: two numbers at the end of the bytes.
    if let [.., start, end] = bytes {
        taken_out(typed, u32::from(*start), u32::from(*end));
        cut(typed, usize::from(*start).max(2), usize::from(*end).max(2));
    }
    // What is looked for, and where.
    if let Some((words, text)) = typed.split_once('\n') {
        found(words, text);
    }
}

fn texts(typed: &str) {
    written::<PostText>(typed, *POST_GRAPHEMES.end());
    written::<ReplyText>(typed, *REPLY_GRAPHEMES.end());
    written::<ReasonText>(typed, *REASON_GRAPHEMES.end());
    written::<EscalationNote>(typed, *ESCALATION_GRAPHEMES.end());
    written::<StepText>(typed, *STEP_GRAPHEMES.end());
    written::<ReasonName>(typed, *REASON_NAME_GRAPHEMES.end());
    written::<CardTitle>(typed, *CARD_TITLE_GRAPHEMES.end());
    written::<CardText>(typed, *CARD_TEXT_GRAPHEMES.end());
    written::<WordText>(typed, *WORD_GRAPHEMES.end());
    written::<HandOverText>(typed, *HAND_OVER_GRAPHEMES.end());
    if let Ok(password) = typed.parse::<Password>() {
        let _ = password.is_guessable(["Ada"]);
        assert!(!format!("{password:?}").contains(typed));
    }
    let n_chars = typed.chars().count();
    for finding in safe_wording::findings(typed) {
        assert!(finding.start < finding.end && finding.end <= n_chars, "{finding:?} of {n_chars}");
    }
    if let Some(tag) = language::of(typed) {
        assert!(tag.parse::<LanguageTag>().is_ok(), "{tag}");
    }
}

/// A text that was taken is in its one form, within its limits, and shows in no log.
fn written<T: FromStr<Err: Display> + Display + PartialEq + Debug>(typed: &str, max: usize) {
    let Some(taken) = reads_back::<T>(typed) else { return };
    let text = taken.to_string();
    assert!(text.len() <= 3 * TEXT_BYTES, "{} bytes", text.len());
    assert!(!text.contains(is_refused), "a character that is refused");
    assert_eq!(text, text.trim());
    assert!(text.chars().count() >= 1 && text.chars().count() <= 17 * (max + TEXT_BYTES));
    // Parsed again it is the very same, byte by byte.
    assert_eq!(text.parse::<T>().map(|again| again.to_string()).ok().as_deref(), Some(&text[..]));
    assert!(format!("{taken:?}").ends_with("(…)"));
}

fn short(typed: &str) {
    reads_back::<ItemId>(typed);
    reads_back::<AuthorKey>(typed);
    reads_back::<AuthorTag>(typed);
    reads_back::<RecoveryHash>(typed);
    reads_back::<Cursor>(typed);
    reads_back::<Order>(typed);
    reads_back::<Kind>(typed);
    reads_back::<State>(typed);
    reads_back::<Decision>(typed);
    reads_back::<Role>(typed);
    reads_back::<Reaction>(typed);
    reads_back::<ContentNote>(typed);
    reads_back::<SiteId>(typed);
    reads_back::<TopicId>(typed);
    reads_back::<LanguageTag>(typed);
    reads_back::<ReportedContact>(typed);
    reads_back::<Day>(typed);
    if let Some(code) = reads_back::<RecoveryCode>(typed) {
        assert_eq!(code.canonical().parse(), Ok(code));
    }
    for code in [
        reads_back_in::<SignInCode>(typed),
        reads_back_in::<AccountRecoveryCode>(typed),
        reads_back_in::<ReportCode>(typed),
    ] {
        // A code that is one of them is a recovery code in form.
        assert_eq!(code, typed.parse::<RecoveryCode>().is_ok());
    }
    if let Ok(secret) = typed.parse::<ServerSecret>() {
        assert_eq!(secret.to_hex().parse::<ServerSecret>().map(|again| again.to_hex()), Ok(secret.to_hex()));
        assert!(!format!("{secret:?}").contains(&secret.to_hex()));
    }
    match typed.parse::<OriginRule>() {
        Ok(rule) => {
            let source = rule.source();
            assert!(
                !source.contains([';', ',', '\n', '"', '\'']) && source.is_ascii(),
                "{source:?} goes into a policy"
            );
        }
        Err(error) => says_what_is_wrong(&error.to_string()),
    }
    if let Some(bytes) = from_base64url::<32>(typed) {
        assert_eq!(to_base64url(&bytes), typed);
    }
    let _ = bundle::countries(typed).count();
}

fn reads_back_in<T: FromStr<Err: Display> + Display>(typed: &str) -> bool {
    match typed.parse::<T>() {
        Ok(code) => {
            assert!(code.to_string().parse::<T>().is_ok_and(|again| again.to_string() == code.to_string()));
            true
        }
        Err(error) => {
            says_what_is_wrong(&error.to_string());
            false
        }
    }
}

fn taken_out(typed: &str, start: u32, length: u32) {
    let spans = [Span { start, end: start + length }];
    if let Ok(rest) = redaction::without(typed, &spans, "[x]") {
        let letters: Vec<char> = typed.chars().collect();
        let kept = letters.len() - length as usize;
        assert_eq!(rest.chars().count(), kept + 3);
    }
}

fn cut(typed: &str, first: usize, rest: usize) {
    let parts = parts(typed, first, rest);
    let letters = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
    assert_eq!(parts.iter().map(|part| letters(part)).collect::<String>(), letters(typed), "a word is lost");
    assert!(parts.iter().all(|part| !part.is_empty()));
}

/// A post that has the words is not passed over for its signature, which would hide it from every search.
fn found(words: &str, text: &str) {
    let Some(words) = reads_back::<SearchWords>(words) else { return };
    assert!(words.as_str().chars().count() <= SEARCH_CHARS);
    let topic: TopicId = "general".parse().expect("a topic");
    if words.matches(text) {
        let signature = Signature::of_post(Kind::Story, &topic, text);
        let set: Vec<usize> = signature.bits().collect();
        for (kind, topic) in [(None, None), (Some(Kind::Story), Some(&topic))] {
            assert!(
                words.bits(kind, topic).iter().all(|bit| set.contains(bit)),
                "it matches, and is not found"
            );
        }
    }
}
