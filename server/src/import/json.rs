//! JSON that others wrote: errors say where and what was expected, and never what stood there.

use serde::de::DeserializeOwned;

use super::Malformed;

/// The value of one line.
pub(super) fn line<T: DeserializeOwned>(line: &[u8], number: u64) -> Result<T, Malformed> {
    let mut json = serde_json::Deserializer::from_slice(line);
    let read = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let path = error.path().to_string();
        malformed(number, &path, error.inner())
    })?;
    json.end().map_err(|error| malformed(number, ".", &error))?;
    Ok(read)
}

pub(super) fn malformed(line: u64, path: &str, error: &serde_json::Error) -> Malformed {
    use serde_json::error::Category;
    let what = match error.classify() {
        Category::Io => return Malformed::new(line, error.to_string()),
        Category::Eof => format!("ends in the middle of the JSON, at column {}", error.column()),
        Category::Syntax => format!("is no JSON, at column {}", error.column()),
        // serde's words would repeat the value; a missing field is only named.
        Category::Data => {
            match error.to_string().strip_prefix("missing field `").and_then(|m| m.split_once('`')) {
                Some((field, _)) => format!("has no `{field}`"),
                None if path == "." => "is not the kind of value that was expected".to_owned(),
                None => format!("{path}: is not the kind of value that was expected"),
            }
        }
    };
    Malformed::new(line, what)
}
