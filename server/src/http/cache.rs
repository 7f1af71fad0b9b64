//! Answers that everyone may see: kept by browsers, asked for again by their tag, sent in as few bytes as they take.

use std::io::Write;

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

/// `content` as JSON that may be kept but must be asked for each time; 304 when the browser has it.
pub(super) fn public_json(headers: &HeaderMap, content: &impl Serialize) -> Response {
    let body = serde_json::to_vec(content).expect("wire types have nothing that JSON cannot hold");
    public(headers, "application/json", body)
}

/// `body` as an answer that may be kept but must be asked for each time; 304 when the browser has it.
pub(super) fn public(request: &HeaderMap, content_type: &'static str, body: Vec<u8>) -> Response {
    let tag = tag(&body);
    let is_packed = body.len() >= PACKED_FROM_BYTES && accepts(request, "gzip");
    let mut response = if is_known(request, &tag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let body = if is_packed { gzip(&body) } else { body };
        ([(header::CONTENT_TYPE, content_type)], body).into_response()
    };
    let is_packed = is_packed && response.status() == StatusCode::OK;
    let headers = response.headers_mut();
    if is_packed {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    // Weak, because it is the same for the packed and the plain bytes.
    headers.insert(header::ETAG, HeaderValue::try_from(format!("W/{tag}")).expect("a tag is ASCII"));
    response
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
}
