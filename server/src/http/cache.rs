//! Answers that everyone may see: kept by browsers, asked for again by their tag, sent in as few bytes as they take.

use std::collections::HashMap;
use std::hash::Hash;
use std::io::Write;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use axum::body::Bytes;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use flate2::Compression;
use flate2::write::GzEncoder;
use serde::Serialize;

use crate::secret::{hex, sha256};

/// Bytes of a hash that tell two versions of one thing apart.
const TAG_BYTES: usize = 12;

/// Bytes of an answer from which packing is worth its time: less fits into one packet anyway.
const PACKED_FROM_BYTES: usize = 1_400;

/// Bytes of answers that are kept at a time, before they are packed.
const ANSWERS_BYTES: usize = 2 * 1_024 * 1_024;

/// The tag of a content: equal only when the content is.
pub(super) fn tag(content: &[u8]) -> String {
    format!("\"{}\"", hex(&sha256(&[content])[..TAG_BYTES]))
}

/// Whether the browser that asks with these `headers` has the content of `tag` already.
pub(super) fn is_known(headers: &HeaderMap, tag: &str) -> bool {
    let known = headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    // A proxy that compresses on the way marks a tag as weak; for "has it changed" that is the same tag.
    known
        .flat_map(|list| list.split(','))
        .map(|known| known.trim().trim_start_matches("W/"))
        .any(|known| known == tag || known == "*")
}

/// An answer that everyone may see, in the forms in which it is sent. It may be kept but must be asked for each time.
pub(super) struct Answer {
    content_type: &'static str,
    tag: String,
    plain: Bytes,
    packed: OnceLock<Bytes>,
}

impl Answer {
    /// `content` as JSON.
    pub(super) fn json(content: &impl Serialize) -> Self {
        let body = serde_json::to_vec(content).expect("wire types have nothing that JSON cannot hold");
        Self::new("application/json", body)
    }

    fn new(content_type: &'static str, body: Vec<u8>) -> Self {
        Self { content_type, tag: tag(&body), plain: body.into(), packed: OnceLock::new() }
    }

    /// As `request` wants it; 304 when the browser has it.
    pub(super) fn to(&self, request: &HeaderMap) -> Response {
        let content_type = [(header::CONTENT_TYPE, self.content_type)];
        let mut response = if is_known(request, &self.tag) {
            StatusCode::NOT_MODIFIED.into_response()
        } else if self.plain.len() >= PACKED_FROM_BYTES && accepts(request, "gzip") {
            let packed = self.packed.get_or_init(|| gzip(&self.plain).into());
            (content_type, [(header::CONTENT_ENCODING, "gzip")], packed.clone()).into_response()
        } else {
            (content_type, self.plain.clone()).into_response()
        };
        let headers = response.headers_mut();
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
        // Weak, because it is the same for the packed and the plain bytes.
        let tag = HeaderValue::try_from(format!("W/{}", self.tag)).expect("a tag is ASCII");
        headers.insert(header::ETAG, tag);
        response
    }
}

/// `content` as JSON that may be kept but must be asked for each time; 304 when the browser has it.
pub(super) fn public_json(request: &HeaderMap, content: &impl Serialize) -> Response {
    Answer::json(content).to(request)
}

/// `body` as an answer that may be kept but must be asked for each time; 304 when the browser has it.
pub(super) fn public(request: &HeaderMap, content_type: &'static str, body: Vec<u8>) -> Response {
    Answer::new(content_type, body).to(request)
}

/// Answers made of one version of the store, by what was asked. All are forgotten as soon as another version is seen, so that nothing
/// is answered that was hidden or deleted, and no text stays here that is not in the store.
pub(super) struct Answers<K>(Mutex<OfVersion<K>>);

struct OfVersion<K> {
    version: u64,
    n_bytes: usize,
    by_question: HashMap<K, Arc<Answer>>,
}

impl<K: Eq + Hash> Answers<K> {
    pub(super) fn new() -> Self {
        Self(Mutex::new(OfVersion { version: 0, n_bytes: 0, by_question: HashMap::new() }))
    }

    /// The answer, if it was made of this `version`.
    pub(super) fn get(&self, version: u64, question: &K) -> Option<Arc<Answer>> {
        self.of_version(version)?.by_question.get(question).cloned()
    }

    /// Keeps an answer that was made after `version` was asked for. Of many, the earlier ones are forgotten.
    pub(super) fn keep(&self, version: u64, question: K, answer: Arc<Answer>) {
        let Some(mut kept) = self.of_version(version) else { return };
        if kept.n_bytes + answer.plain.len() > ANSWERS_BYTES {
            kept.by_question.clear();
            kept.n_bytes = 0;
        }
        kept.n_bytes += answer.plain.len();
        let twice = kept.by_question.insert(question, answer);
        kept.n_bytes -= twice.map_or(0, |twice| twice.plain.len());
    }

    /// `None` when somebody saw a later version meanwhile.
    fn of_version(&self, version: u64) -> Option<MutexGuard<'_, OfVersion<K>>> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.version < version {
            *kept = OfVersion { version, n_bytes: 0, by_question: HashMap::new() };
        }
        (kept.version == version).then_some(kept)
    }
}

/// Only for what everyone may see: where a secret is packed together with what an attacker chose, the length tells.
pub(super) fn gzip(body: &[u8]) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(body).expect("memory takes all bytes");
    packed.finish().expect("memory takes all bytes")
}

/// Whether the browser takes `encoding`: it names it, or `*`, and not with a quality of 0.
pub(super) fn accepts(request: &HeaderMap, encoding: &str) -> bool {
    let lists = request.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    let mut any = None;
    for choice in lists.flat_map(|list| list.split(',')) {
        let (name, quality) = choice.split_once(';').unwrap_or((choice, "q=1"));
        let quality = quality.trim().strip_prefix("q=").and_then(|q| q.parse::<f32>().ok()).unwrap_or(0.0);
        if name.trim().eq_ignore_ascii_case(encoding) {
            return quality > 0.0;
        }
        if name.trim() == "*" {
            any = Some(quality > 0.0);
        }
    }
    any.unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepts_brotli(value: &'static str) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static(value));
        accepts(&headers, "br")
    }

    #[test]
    fn an_encoding_is_used_only_when_the_browser_takes_it() {
        for yes in ["br", "gzip, br", "gzip;q=1.0, br;q=0.5", "*", "BR"] {
            assert!(accepts_brotli(yes), "{yes}");
        }
        for no in ["", "gzip", "br;q=0", "*;q=0", "br;q=0, *", "br;q=x", "brotli"] {
            assert!(!accepts_brotli(no), "{no}");
        }
    }

    fn answer(bytes: usize) -> Arc<Answer> {
        Arc::new(Answer::new("text/plain", vec![b'a'; bytes]))
    }

    #[test]
    fn an_answer_is_kept_until_the_store_changes() {
        let answers = Answers::new();
        answers.keep(7, "feed", answer(1));

        assert!(answers.get(7, &"feed").is_some());
        assert!(answers.get(7, &"another").is_none());
        assert!(answers.get(8, &"feed").is_none(), "it was made of an earlier version");
        assert!(answers.get(7, &"feed").is_none(), "and is forgotten");
        answers.keep(7, "feed", answer(1));
        assert!(answers.get(8, &"feed").is_none(), "what was asked for earlier is not kept for later");
    }

    #[test]
    fn answers_take_no_more_than_their_room() {
        let answers = Answers::new();
        for question in 0..100 {
            answers.keep(1, question, answer(ANSWERS_BYTES / 10));
        }

        let n_kept = (0..100).filter(|question| answers.get(1, question).is_some()).count();
        assert!((1..=10).contains(&n_kept), "{n_kept}");
        assert!(answers.get(1, &99).is_some(), "the last one is there");
    }
}
