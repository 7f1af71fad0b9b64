//! The reference of the API, from the document that the server sends to programs.

use super::markdown::{escaped, inline, slug};
use super::{Heading, Page};
use anyhow::{Context, Result};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

/// The page of the things that are sent and answered.
const TYPES: &str = "api-types.html";

/// A page for the whole, one for each tag, and one for what is sent.
///
/// # Errors
///
/// When the document is no OpenAPI document as ours is.
pub fn pages(document: &str) -> Result<Vec<Page>> {
    let document: Value = serde_json::from_str(document).context("openapi.json")?;
    let reference = Reference { document: &document };
    let mut pages = vec![reference.about()?];
    for tag in document["tags"].as_array().context("the API has no tags")? {
        pages.push(reference.tag(tag["name"].as_str().context("a tag has no name")?)?);
    }
    pages.push(reference.types()?);
    Ok(pages)
}

/// A page while it is written.
struct Draft {
    html: String,
    headings: Vec<Heading>,
}

impl Draft {
    fn new(title: &str) -> Self {
        let heading = Heading { level: 1, id: String::new(), text: title.to_owned(), below: String::new() };
        Self { html: format!("<h1>{}</h1>\n", escaped(title)), headings: vec![heading] }
    }

    fn heading(&mut self, id: &str, text: &str) {
        self.html += &format!("<h2 id=\"{id}\">{}</h2>\n", escaped(text));
        let (id, text) = (id.to_owned(), text.to_owned());
        self.headings.push(Heading { level: 2, id, text, below: String::new() });
    }

    /// Words for the search and the reader.
    fn say(&mut self, markdown: &str) {
        self.html += &inline(markdown);
        self.note(markdown);
    }

    /// Words for the search alone.
    fn note(&mut self, words: &str) {
        if let Some(heading) = self.headings.last_mut() {
            heading.below += words;
            heading.below.push(' ');
        }
    }

    fn table(&mut self, name: &str, heads: &[&str], rows: &[Vec<String>]) {
        if rows.is_empty() {
            return;
        }
        let heads: String = heads.iter().map(|head| format!("<th scope=\"col\">{head}</th>")).collect();
        let rows: String = rows
            .iter()
            .map(|row| {
                let cells: String = row.iter().map(|cell| format!("<td>{cell}</td>")).collect();
                format!("<tr>{cells}</tr>\n")
            })
            .collect();
        self.html += &format!(
            "<div class=\"wide\" tabindex=\"0\" role=\"group\" aria-label=\"{name}\"><table><caption>{name}</caption>\
            <thead><tr>{heads}</tr></thead><tbody>\n{rows}</tbody></table></div>\n"
        );
    }

    fn page(self, file: &str) -> Page {
        let title = self.headings[0].text.clone();
        Page { file: file.to_owned(), title, html: self.html, headings: self.headings }
    }
}

struct Reference<'a> {
    document: &'a Value,
}

impl Reference<'_> {
    /// What `value` refers to, or itself.
    fn followed<'v>(&'v self, value: &'v Value) -> Result<&'v Value> {
        match value["$ref"].as_str() {
            Some(target) => {
                let pointer = target.strip_prefix('#').context("a reference leads outside")?;
                self.document.pointer(pointer).with_context(|| format!("{target} is not there"))
            }
            None => Ok(value),
        }
    }

    fn operations(&self) -> impl Iterator<Item = (&String, &'static str, &Value)> {
        let paths = self.document["paths"].as_object().into_iter().flatten();
        paths.flat_map(|(path, item)| {
            METHODS.iter().filter_map(move |method| Some((path, *method, item.get(*method)?)))
        })
    }

    fn about(&self) -> Result<Page> {
        let mut draft = Draft::new("The API");
        draft.say(self.document["info"]["description"].as_str().unwrap_or_default());
        let base = self.document["servers"][0]["url"].as_str().context("the API has no address")?;
        draft.say(&format!(
            "Every path begins with `{base}`. The same document for programs is at `{base}/openapi.json` of each server. \
             Errors are [RFC 9457](https://www.rfc-editor.org/rfc/rfc9457) documents, `application/problem+json`."
        ));
        draft.heading("signing-in", "Signing in");
        draft.say("What visitors use takes no account. The console's part takes:");
        let mut rows = Vec::new();
        for (name, scheme) in self.document["components"]["securitySchemes"].as_object().into_iter().flatten()
        {
            let text = |key: &str| scheme[key].as_str().unwrap_or_default();
            rows.push(vec![
                escaped(name),
                format!("{} <code>{}</code>", escaped(text("in")), escaped(text("name"))),
                inline(text("description")),
            ]);
        }
        draft.table("What is sent along", &["name", "where", "meaning"], &rows);
        draft.heading("all-requests", "All requests");
        let mut rows = Vec::new();
        for (path, method, operation) in self.operations() {
            let tag = operation["tags"][0].as_str().unwrap_or_default();
            let summary = operation["summary"].as_str().unwrap_or_default();
            let id = id(method, path);
            let name = format!("{} {path}", method.to_uppercase());
            rows.push(vec![
                format!("<a href=\"{}#{id}\"><code>{}</code></a>", tag_file(tag), escaped(&name)),
                escaped(summary),
            ]);
        }
        draft.table("Requests", &["request", "what it does"], &rows);
        Ok(draft.page("api.html"))
    }

    fn tag(&self, tag: &str) -> Result<Page> {
        let mut draft = Draft::new(&format!("API: {tag}"));
        for (path, method, operation) in self.operations() {
            if operation["tags"][0] != tag {
                continue;
            }
            draft.heading(&id(method, path), &format!("{} {path}", method.to_uppercase()));
            for key in ["summary", "description"] {
                if let Some(words) = operation[key].as_str() {
                    draft.say(&format!("{}.", words.trim_end_matches('.')));
                }
            }
            self.parameters(&mut draft, operation, path)?;
            if !operation["requestBody"].is_null() {
                let body = self.followed(&operation["requestBody"])?;
                let mut kinds: Vec<String> = Vec::new();
                for (kind, content) in body["content"].as_object().into_iter().flatten() {
                    kinds.push(format!(
                        "{} as <code>{}</code>",
                        self.kind(&content["schema"]),
                        escaped(kind)
                    ));
                }
                draft.html += &format!("<p>It takes {}.</p>\n", kinds.join(", or "));
            }
            let mut rows = Vec::new();
            for (status, response) in operation["responses"].as_object().into_iter().flatten() {
                let response = self.followed(response)?;
                let mut kinds = Vec::new();
                for (_, content) in response["content"].as_object().into_iter().flatten() {
                    kinds.push(self.kind(&content["schema"]));
                }
                kinds.sort();
                kinds.dedup();
                let words = response["description"].as_str().unwrap_or_default();
                rows.push(vec![escaped(status), inline(words), kinds.join(", ")]);
            }
            draft.table("Answers", &["status", "when", "what"], &rows);
        }
        Ok(draft.page(&tag_file(tag)))
    }

    fn parameters(&self, draft: &mut Draft, operation: &Value, path: &str) -> Result<()> {
        let shared = self.document["paths"][path]["parameters"].as_array().into_iter().flatten();
        let own = operation["parameters"].as_array().into_iter().flatten();
        let mut rows = Vec::new();
        for parameter in shared.chain(own) {
            let parameter = self.followed(parameter)?;
            let text = |key: &str| parameter[key].as_str().unwrap_or_default();
            draft.note(text("description"));
            let needed = if parameter["required"] == true { ", needed" } else { "" };
            rows.push(vec![
                format!("<code>{}</code>", escaped(text("name"))),
                format!("{}{needed}", escaped(text("in"))),
                self.kind(&parameter["schema"]),
                inline(text("description")),
            ]);
        }
        draft.table("Parameters", &["name", "where", "kind", "meaning"], &rows);
        Ok(())
    }

    fn types(&self) -> Result<Page> {
        let mut draft = Draft::new("API: what is sent and answered");
        let schemas = self.document["components"]["schemas"].as_object().context("the API has no schemas")?;
        // By name, whatever the order of the document.
        for (name, schema) in schemas.iter().collect::<BTreeMap<_, _>>() {
            draft.heading(&type_id(name), name);
            if let Some(words) = schema["description"].as_str() {
                draft.say(words);
            }
            draft.html += &format!("<p>{}</p>\n", self.whole(schema));
            let needed: Vec<&str> =
                schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
            let mut rows = Vec::new();
            for (field, of) in fields(schema) {
                let words = of["description"].as_str().unwrap_or_default();
                draft.note(field);
                draft.note(words);
                let when = if needed.contains(&&field[..]) { "always" } else { "may be absent" };
                rows.push(vec![
                    format!("<code>{}</code>", escaped(field)),
                    self.kind(of),
                    when.to_owned(),
                    inline(words),
                ]);
            }
            draft.table(&format!("Fields of {name}"), &["field", "kind", "there", "meaning"], &rows);
        }
        Ok(draft.page(TYPES))
    }

    /// What a named schema is, with its limits.
    fn whole(&self, schema: &Value) -> String {
        let mut limits = Vec::new();
        for (key, words) in [
            ("pattern", "pattern"),
            ("format", "format"),
            ("minLength", "at least, in characters,"),
            ("maxLength", "at most, in characters,"),
            ("minimum", "at least"),
            ("maximum", "at most"),
            ("maxItems", "at most, in entries,"),
        ] {
            match &schema[key] {
                Value::Null => {}
                Value::String(text) => limits.push(format!("{words} <code>{}</code>", escaped(text))),
                other => limits.push(format!("{words} {other}")),
            }
        }
        let kind = self.kind(schema);
        if limits.is_empty() { kind } else { format!("{kind}; {}", limits.join(", ")) }
    }

    /// A few words for a schema, with links to those that have a name.
    fn kind(&self, schema: &Value) -> String {
        if let Some(name) = schema["$ref"].as_str().and_then(|target| target.rsplit('/').next()) {
            return format!("<a href=\"{TYPES}#{}\">{}</a>", type_id(name), escaped(name));
        }
        for (key, between) in [("oneOf", " or "), ("anyOf", " or "), ("allOf", " and ")] {
            if let Some(parts) = schema[key].as_array() {
                return parts.iter().map(|part| self.kind(part)).collect::<Vec<_>>().join(between);
            }
        }
        if let Some(values) = schema["enum"].as_array() {
            let values = values.iter().map(|value| format!("<code>{}</code>", escaped(&shown(value))));
            return values.collect::<Vec<_>>().join(", ");
        }
        if !schema["const"].is_null() {
            return format!("<code>{}</code>", escaped(&shown(&schema["const"])));
        }
        let one = |kind: &str| match kind {
            "array" => format!("list of {}", self.kind(&schema["items"])),
            "integer" => "whole number".to_owned(),
            "boolean" => "true or false".to_owned(),
            "string" => "text".to_owned(),
            other => other.to_owned(),
        };
        match &schema["type"] {
            Value::String(kind) => one(kind),
            Value::Array(kinds) => {
                kinds.iter().filter_map(Value::as_str).map(one).collect::<Vec<_>>().join(" or ")
            }
            _ => "anything".to_owned(),
        }
    }
}

/// A value as it stands in JSON, a text without its quotes.
fn shown(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn fields(schema: &Value) -> Vec<(&String, &Value)> {
    let own = |schema: &'_ Value| schema["properties"].as_object().map(Map::len).unwrap_or_default();
    let mut found = Vec::new();
    if own(schema) > 0 {
        found.extend(schema["properties"].as_object().into_iter().flatten());
    }
    for part in schema["allOf"].as_array().into_iter().flatten() {
        found.extend(part["properties"].as_object().into_iter().flatten());
    }
    found
}

fn id(method: &str, path: &str) -> String {
    format!("{method}{}", path.replace(['/', '.'], "-").replace(['{', '}'], ""))
}

fn type_id(name: &str) -> String {
    format!("type-{}", slug(name))
}

fn tag_file(tag: &str) -> String {
    format!("api-{}.html", slug(tag))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::project;

    #[test]
    fn every_request_and_every_type_has_its_place() {
        let document = std::fs::read_to_string(project::root().join("server/src/http/openapi.json")).unwrap();
        let value: Value = serde_json::from_str(&document).unwrap();
        let pages = pages(&document).unwrap();
        let all: String = pages.iter().map(|page| &page.html[..]).collect();

        let n_operations = Reference { document: &value }.operations().count();
        assert!(n_operations > 60, "{n_operations}");
        for (path, method, _) in (Reference { document: &value }).operations() {
            assert!(all.contains(&format!("<h2 id=\"{}\">", id(method, path))), "{method} {path}");
        }
        for name in value["components"]["schemas"].as_object().unwrap().keys() {
            assert!(all.contains(&format!("<h2 id=\"{}\">", type_id(name))), "{name}");
        }
    }
}
