//! The body of a request: JSON of a bounded size, parsed into a domain type, or a problem that names the field.

use axum::body::Body as RawBody;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, header};
use http_body_util::BodyExt;
use peer_support_domain::limits::BODY_BYTES;
use serde::de::DeserializeOwned;

use super::problem::Problem;

/// What is read of a body that is too large, and thrown away: closing the connection at once would make most clients
/// report a broken connection instead of the answer.
const DRAINED_BYTES: usize = 16 * 1024 * 1024;
/// Brackets within brackets in a body. Ours need 1; the rest is room for fields that newer clients may send.
const JSON_DEPTH: usize = 16;
/// Characters of a field's path that are repeated in a problem.
const FIELD_CHARS: usize = 64;

/// The parsed body.
pub(crate) struct Body<T>(pub(crate) T);

impl<S: Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        if !is_json(&parts.headers) {
            drain(body, 0).await;
            return Err(Problem::ContentType);
        }
        let bytes = read(&parts.headers, body).await?;
        parse(&bytes).map(Self)
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let essence = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next())
        .unwrap_or_default();
    essence.trim().eq_ignore_ascii_case("application/json")
}

async fn read(headers: &HeaderMap, mut body: RawBody) -> Result<Vec<u8>, Problem> {
    let announced =
        headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    if announced.is_some_and(|size| size > BODY_BYTES) {
        // Who asked first whether to send it (`Expect: 100-continue`) need not send it at all.
        if !headers.contains_key(header::EXPECT) {
            drain(body, 0).await;
        }
        return Err(Problem::BodyTooLarge);
    }
    let mut bytes = Vec::with_capacity(announced.unwrap_or_default());
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| Problem::Body("ended before its end".to_owned()))?;
        let Ok(data) = frame.into_data() else { continue };
        if bytes.len() + data.len() > BODY_BYTES {
            let n_read = bytes.len() + data.len();
            drop(bytes);
            drain(body, n_read).await;
            return Err(Problem::BodyTooLarge);
        }
        bytes.extend_from_slice(&data);
    }
    Ok(bytes)
}

async fn drain(mut body: RawBody, mut n_read: usize) {
    while n_read < DRAINED_BYTES
        && let Some(Ok(frame)) = body.frame().await
    {
        n_read += frame.data_ref().map_or(0, |data| data.len());
    }
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    // Checked first, because an array would be taken for the fields in their order.
    if bytes.iter().find(|byte| !byte.is_ascii_whitespace()) != Some(&b'{') {
        return Err(Problem::Body("is not a JSON object".to_owned()));
    }
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let value: T = serde_path_to_error::deserialize(&mut json).map_err(|e| problem(&e))?;
    json.end().map_err(|_| Problem::Body("goes on after its end".to_owned()))?;
    // The parser skips what is in fields that it does not know without looking closely.
    if std::str::from_utf8(bytes).is_err() {
        return Err(Problem::Body("is not UTF-8".to_owned()));
    }
    if depth(bytes) > JSON_DEPTH {
        return Err(Problem::Body(format!("is nested deeper than {JSON_DEPTH}")));
    }
    Ok(value)
}

/// How deep the brackets of valid `json` go.
fn depth(json: &[u8]) -> usize {
    let (mut depth, mut deepest) = (0, 0);
    let (mut in_string, mut escaped) = (false, false);
    for byte in json {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'[' | b'{' if !in_string => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b']' | b'}' if !in_string => depth -= 1,
            _ => {}
        }
    }
    deepest
}

/// The problem of a body that does not parse. serde's own words repeat what was sent, so only the parts that do not are
/// kept: the field, and what was expected. The messages of domain types never repeat it.
fn problem(error: &serde_path_to_error::Error<serde_json::Error>) -> Problem {
    let message = error.inner().to_string();
    let message = message.split_once(" at line ").map_or(message.as_str(), |(message, _)| message);
    let mut path = error.path().to_string();
    // These two are reported at the object around the field.
    let around = [("missing field `", "is missing"), ("duplicate field `", "is given twice")];
    let inside = around.into_iter().find_map(|(words, what)| Some((message.strip_prefix(words)?, what)));
    let what = if let Some((field, what)) = inside {
        let field = field.trim_end_matches('`');
        path = if path == "." { field.to_owned() } else { format!("{path}.{field}") };
        what.to_owned()
    } else if message.starts_with("invalid type: ") || message.starts_with("invalid value: ") {
        let expected = message.rsplit_once(", expected ").map_or("something else", |(_, expected)| expected);
        format!("has the wrong type; expected {expected}")
    } else if error.inner().is_data() && !message.starts_with("unknown ") {
        message.to_owned()
    } else {
        "is not valid JSON".to_owned()
    };
    let is_field = path != "."
        && path.len() <= FIELD_CHARS
        && path.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"_.[]".contains(&b));
    if is_field { Problem::Field(path, what) } else { Problem::Body(what) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use peer_support_domain::text::PostText;
    use peer_support_domain::wire::NewPost;

    fn refused(json: &str) -> (String, String) {
        match parse::<NewPost<PostText>>(json.as_bytes()) {
            Err(Problem::Field(field, what)) => (field, what),
            Err(Problem::Body(what)) => ("body".to_owned(), what),
            Err(other) => panic!("{other}"),
            Ok(_) => panic!("it was taken"),
        }
    }

    #[test]
    fn what_is_wrong_is_said_at_its_field() {
        let long = r#""text":"long enough to be a post, really""#;
        for (json, field, what) in [
            (r#"{"kind":"story"}"#.to_owned(), "text", "is missing"),
            (r#"{"kind":"story","text":5}"#.to_owned(), "text", "has the wrong type; expected a string"),
            (
                r#"{"kind":"story","text":"short"}"#.to_owned(),
                "text",
                "has 5 characters; expected 20 to 2000",
            ),
            (
                format!(r#"{{"kind":"poem",{long}}}"#),
                "kind",
                "is not a kind of post; expected story, coping or question",
            ),
            ("[]".to_owned(), "body", "is not a JSON object"),
            (r#""my own words""#.to_owned(), "body", "is not a JSON object"),
            ("{".to_owned(), "body", "is not valid JSON"),
            (String::new(), "body", "is not a JSON object"),
            (format!(r#"{{"kind":"story",{long}}} x"#), "body", "goes on after its end"),
        ] {
            let (in_field, said) = refused(&json);

            assert_eq!((in_field.as_str(), said.as_str()), (field, what), "{json}");
        }
    }

    #[test]
    fn a_problem_never_repeats_what_was_sent() {
        for json in [
            r#"{"kind":"story","text":["my own words"]}"#,
            r#"{"kind":"my own words","text":"x"}"#,
            r#""my own words""#,
            r#"{"my own words":[}"#,
            r#"{"kind":{"my own words":1},"text":"x"}"#,
        ] {
            let (field, what) = refused(json);

            assert!(!field.contains("own") && !what.contains("own"), "{json}: {field}: {what}");
        }
    }

    #[test]
    fn brackets_are_counted_outside_of_strings_only() {
        assert_eq!(depth(br#"{"a":[{"b":"[[[[\"[["}]}"#), 3);
    }

    #[test]
    fn depth_is_refused_in_fields_nobody_knows() {
        let json = format!(
            r#"{{"kind":"story","text":"long enough to be a post, really","x":{}{}}}"#,
            "[".repeat(50_000),
            "]".repeat(50_000)
        );

        assert_eq!(refused(&json), ("body".to_owned(), "is nested deeper than 16".to_owned()));
    }
}
