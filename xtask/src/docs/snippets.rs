//! Every block of code in the documentation, by kind: what a reader copies must work.
//!
//! `peer-support-server` itself is run by the server's own tests (`server/tests/api/docs.rs`), and so are configurations and
//! the audit log's check. Here is the rest, and that nothing is left over.

use super::{described_attributes, plan, sources};
use crate::{Command, build::minify, project};
use clap::Parser as _;
use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;

/// What a reader may copy.
struct Snippet {
    /// The page it stands in.
    source: String,
    /// The language of a block; empty for code in a line.
    kind: String,
    text: String,
}

fn snippets() -> Vec<Snippet> {
    let mut found = Vec::new();
    for source in sources(&plan(project::root()).unwrap()).unwrap().into_keys() {
        let text = fs::read_to_string(project::root().join(&source)).unwrap();
        let mut block: Option<Snippet> = None;
        for event in Parser::new_ext(&text, Options::ENABLE_TABLES) {
            match event {
                Event::Start(Tag::CodeBlock(kind)) => {
                    let kind = match kind {
                        CodeBlockKind::Fenced(kind) => {
                            kind.split([' ', ',']).next().unwrap_or_default().to_owned()
                        }
                        CodeBlockKind::Indented => String::new(),
                    };
                    assert!(!kind.is_empty(), "{source}: a block of code says what it is");
                    block = Some(Snippet { source: source.clone(), kind, text: String::new() });
                }
                Event::End(TagEnd::CodeBlock) => found.extend(block.take()),
                Event::Text(words) => {
                    if let Some(block) = &mut block {
                        block.text += &words;
                    }
                }
                Event::Code(words) => {
                    let (source, kind) = (source.clone(), String::new());
                    found.push(Snippet { source, kind, text: words.into_string() });
                }
                _ => {}
            }
        }
    }
    found
}

/// What most readers install; a release names it for the machine that it is built on.
const DEBIAN_FILE: &str = concat!("peer-support-server_", env!("CARGO_PKG_VERSION"), "_amd64.deb");

/// Checks one block; says what is wrong.
type Check = fn(&str) -> Result<(), String>;

/// Every kind of block with what looks at it.
fn check(kind: &str) -> Option<Check> {
    Some(match kind {
        "sh" => shell,
        "html" => html,
        "csp" => policy,
        "css" => css,
        "js" => |text| minify::module(text).map(drop).map_err(|error| format!("{error:#}")),
        "json" => |text| serde_json::from_str(text).map(|_: Value| ()).map_err(|error| error.to_string()),
        "text" => no_command,
        "http" => request,
        // Run by the server's tests.
        "toml" | "python" => |_| Ok(()),
        _ => return None,
    })
}

#[test]
fn every_block_of_code_is_of_a_kind_that_is_checked_and_is_right() {
    let mut problems = Vec::new();
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for Snippet { source, kind, text } in snippets().iter().filter(|snippet| !snippet.kind.is_empty()) {
        *counts.entry(kind.clone()).or_default() += 1;
        match check(kind) {
            None => problems.push(format!("{source}: nothing checks {kind:?}")),
            Some(check) => {
                problems.extend(check(text).err().map(|error| format!("{source}: {kind}: {error}")))
            }
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
    for kind in ["sh", "html", "csp", "toml"] {
        assert!(counts.contains_key(kind), "no block of {kind} was found: {counts:?}");
    }
}

#[test]
fn every_path_of_the_api_that_is_named_in_a_line_is_there() {
    let mut n_paths = 0;
    for Snippet { source, text, .. } in snippets().iter().filter(|snippet| snippet.kind.is_empty()) {
        // The description itself is not one of the paths in it.
        if text.starts_with("/api/") && text != "/api/v1/openapi.json" {
            n_paths += 1;
            assert!(methods(text).is_ok(), "{source}: {text}: {:?}", methods(text));
        }
    }
    assert!(n_paths > 0);
}

#[test]
fn every_command_of_this_project_that_is_named_in_a_line_is_there() {
    let mut n_commands = 0;
    for Snippet { source, text, .. } in snippets().iter().filter(|snippet| snippet.kind.is_empty()) {
        if text.starts_with("cargo xtask ") {
            n_commands += 1;
            let words: Vec<&str> = text.split_whitespace().skip(2).collect();
            // A line may name a command and leave out what it takes; a block is typed as it stands.
            if let Err(error) = understood(&words) {
                assert!(error.contains("required arguments were not provided"), "{source}: {text}: {error}");
            }
        }
    }
    assert!(n_commands > 10, "{n_commands}");
}

/// The commands in a block: a line each, without what a comment says.
fn commands(text: &str) -> Vec<Vec<String>> {
    let joined = text.replace("\\\n", " ");
    let lines = joined.lines().map(|line| line.split(" #").next().unwrap_or_default().trim());
    let lines = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(|line| line.split_whitespace().map(str::to_owned).collect()).collect()
}

fn shell(text: &str) -> Result<(), String> {
    for command in commands(text) {
        let words: Vec<&str> = command.iter().map(String::as_str).collect();
        let shown = words.join(" ");
        let is_right = match words[..] {
            ["cargo", "xtask", ref rest @ ..] => match understood(rest) {
                Ok(()) => true,
                Err(error) => return Err(format!("{shown}: {error}")),
            },
            ["peer-support-server", ..]
            | ["runuser", "-u", "peer-support", "--", "peer-support-server", ..] => true,
            // The package's own name, and the file that the release makes of this version.
            ["apt", "install", ref rest @ ..] => rest
                .iter()
                .filter(|word| **word != "--allow-downgrades")
                .all(|word| word.strip_prefix("./") == Some(DEBIAN_FILE)),
            ["apt", "remove", "peer-support-server"] => true,
            ["systemctl", "enable", "--now", unit]
            | ["systemctl", "start" | "stop" | "restart" | "edit", unit] => {
                project::root().join("packaging/systemd").join(unit).is_file()
            }
            ["mv", ref files @ ..] | ["rm", "-f", ref files @ ..] => {
                files.iter().all(|file| file.starts_with("/var/lib/peer-support/"))
            }
            ["podman", "build", "--file", file, "--tag", tag, folder] => {
                project::root().join(file).is_file()
                    && tag == format!("peer-support-server:{}", env!("CARGO_PKG_VERSION"))
                    && folder == format!("target/{}/oci", crate::release::FOLDER)
            }
            _ => false,
        };
        if !is_right {
            return Err(format!("nothing says that this works: {shown}"));
        }
    }
    Ok(())
}

/// Whether this command line is one of `cargo xtask`, with words in capitals for what a reader fills in.
fn understood(words: &[&str]) -> Result<(), String> {
    let filled = words.iter().map(|word| match *word {
        "STEP" => "native",
        word => word,
    });
    match Command::try_parse_from(std::iter::once("xtask").chain(filled)) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == clap::error::ErrorKind::DisplayHelp => Ok(()),
        Err(error) => Err(error.to_string()),
    }
}

/// The element and its script with attributes that there are, and values that they take.
fn html(text: &str) -> Result<(), String> {
    let attributes = described_attributes().map_err(|error| error.to_string())?;
    let mut n_tags = 0;
    for tag in text.split('<').skip(1).filter(|tag| !tag.starts_with('/')) {
        let tag = tag.split('>').next().unwrap_or_default();
        let (name, rest) = tag.split_once(char::is_whitespace).unwrap_or((tag, ""));
        let is_script = name == "script";
        if !is_script && name != "peer-support" {
            continue;
        }
        n_tags += 1;
        for (attribute, value) in pairs(rest) {
            let meant = match attribute.strip_prefix("data-") {
                Some(meant) if is_script => meant,
                None if is_script => {
                    let is_known = ["src", "async", "defer", "type", "nonce", "integrity", "crossorigin"];
                    if is_known.contains(&&attribute[..]) {
                        continue;
                    }
                    return Err(format!("<script> takes no {attribute}"));
                }
                _ => &attribute,
            };
            if ["slot", "class", "id", "style", "hidden", "lang", "dir"].contains(&meant) {
                continue;
            }
            let described = attributes.iter().find(|[name, ..]| name == meant);
            let Some([_, values, _]) = described else {
                return Err(format!("custom-elements.json describes no {meant}"));
            };
            let is_list = values.contains('"') && !values.contains("string");
            if is_list && !values.split('|').any(|allowed| allowed.trim().trim_matches('"') == value) {
                return Err(format!("{meant} is {value:?}, which is none of {values}"));
            }
        }
    }
    if n_tags == 0 { Err("no element and no script of ours".to_owned()) } else { Ok(()) }
}

/// The attributes of a tag, with their values.
fn pairs(mut rest: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == '/');
        if rest.is_empty() {
            return found;
        }
        let end = rest.find(|c: char| c.is_whitespace() || c == '=').unwrap_or(rest.len());
        let name = rest[..end].to_owned();
        rest = &rest[end..];
        let value = match rest.strip_prefix("=\"").and_then(|after| after.split_once('"')) {
            Some((value, after)) => {
                rest = after;
                value.to_owned()
            }
            None => {
                rest = rest.strip_prefix('=').unwrap_or(rest);
                String::new()
            }
        };
        found.push((name, value));
    }
}

fn policy(text: &str) -> Result<(), String> {
    const DIRECTIVES: [&str; 7] =
        ["script-src", "connect-src", "frame-src", "style-src", "img-src", "worker-src", "default-src"];
    for part in text.split([';', '\n']).map(str::trim).filter(|part| !part.is_empty()) {
        let directive = part.split_whitespace().next().unwrap_or_default();
        if !DIRECTIVES.contains(&directive) {
            return Err(format!("{directive} is no directive that the panel needs"));
        }
    }
    Ok(())
}

/// Parts and properties that `custom-elements.json` has.
fn css(text: &str) -> Result<(), String> {
    minify::css(text).map_err(|error| format!("{error:#}"))?;
    let description = fs::read_to_string(project::root().join("pkg-template/custom-elements.json"))
        .map_err(|error| error.to_string())?;
    let names = |before: &'static str| {
        text.split(before)
            .skip(1)
            .map(|rest| rest.chars().take_while(|c| c.is_alphanumeric() || *c == '-').collect::<String>())
    };
    let parts = names("::part(");
    let properties = names("--peer-support").map(|rest| format!("--peer-support{rest}"));
    match parts.chain(properties).find(|name| !description.contains(&format!("\"{name}\""))) {
        Some(unknown) => Err(format!("custom-elements.json has no {unknown}")),
        None => Ok(()),
    }
}

/// A request that the API's description has: `GET /api/v1/sites/SITE/posts?limit=5`, below it headers, and JSON behind an empty
/// line.
fn request(text: &str) -> Result<(), String> {
    let (head, body) = text.trim_end().split_once("\n\n").unwrap_or((text.trim_end(), ""));
    let (line, headers) = head.split_once('\n').unwrap_or((head, ""));
    let words: Vec<&str> = line.strip_suffix(" HTTP/1.1").unwrap_or(line).split(' ').collect();
    let [method, target] = words[..] else {
        return Err(format!("{line} is not a method and a path"));
    };
    if !methods(target.split('?').next().unwrap_or_default())?.iter().any(|there| there == method) {
        return Err(format!("the API's description has no {line}"));
    }
    if let Some(odd) = headers.lines().find(|header| !header.contains(": ")) {
        return Err(format!("{odd} is no header"));
    }
    if body.is_empty() { Ok(()) } else { check("json").expect("it is a kind")(body) }
}

/// The methods that the API's description has for `path`, in capitals; in it words in capitals stand for what a reader fills in.
fn methods(path: &str) -> Result<Vec<String>, String> {
    let document = fs::read_to_string(project::root().join("server/src/http/openapi.json"))
        .map_err(|error| error.to_string())?;
    let document: Value = serde_json::from_str(&document).map_err(|error| error.to_string())?;
    let base = document["servers"][0]["url"].as_str().unwrap_or_default();
    let inside = path.strip_prefix(base).ok_or_else(|| format!("{path} does not begin with {base}"))?;
    let described = document["paths"].as_object().into_iter().flatten();
    let there = described.filter(|(described, _)| is_path(inside, described));
    let methods = there.flat_map(|(_, item)| item.as_object().into_iter().flatten());
    let methods: Vec<String> = methods.map(|(method, _)| method.to_uppercase()).collect();
    if methods.is_empty() { Err(format!("the API's description has no {path}")) } else { Ok(methods) }
}

/// Whether `path` is one of `described`, where `{id}` stands for anything.
fn is_path(path: &str, described: &str) -> bool {
    let fits =
        |(given, wanted): (&str, &str)| given == wanted || wanted.starts_with('{') && !given.is_empty();
    path.split('/').count() == described.split('/').count()
        && path.split('/').zip(described.split('/')).all(fits)
}

fn no_command(text: &str) -> Result<(), String> {
    const PROGRAMS: [&str; 8] =
        ["cargo ", "peer-support-server ", "$ ", "sudo ", "apt ", "npm ", "systemctl ", "<"];
    match text.lines().find(|line| PROGRAMS.iter().any(|program| line.trim_start().starts_with(program))) {
        Some(line) => Err(format!("a block of text has what a reader would copy: {line}")),
        None => Ok(()),
    }
}

#[test]
fn what_is_wrong_is_noticed() {
    for (kind, wrong) in [
        ("sh", "cargo xtask bake"),
        ("sh", "cargo xtask test --only nothing"),
        ("sh", "curl https://SERVER"),
        ("sh", "systemctl start peer-suport.service"),
        ("html", "<peer-support sight=\"SITE\"></peer-support>"),
        ("html", "<peer-support mode=\"floating\"></peer-support>"),
        ("html", "<script src=\"https://SERVER/peer-support.js\" data-sight=\"SITE\"></script>"),
        ("html", "<p>Nothing of ours</p>"),
        ("csp", "script-scr https://SERVER"),
        ("css", "peer-support::part(lid) { color: red }"),
        ("js", "let = ;"),
        ("json", "{"),
        ("http", "GET /api/v1/sights/SITE"),
        ("http", "DELETE /api/v1/sites/SITE"),
        ("http", "get /api/v1/sites/SITE"),
        ("http", "GET /sites/SITE"),
        ("http", "GET /api/v1/sites/"),
        ("http", "GET /api/v1/sites/SITE\nnobody"),
        ("http", "POST /api/v1/sites/SITE/posts\ncontent-type: application/json\n\n{"),
        ("text", "cargo xtask serve"),
    ] {
        assert!(check(kind).unwrap()(wrong).is_err(), "{kind}: {wrong}");
    }
    assert!(check("perl").is_none());
    for request in [
        "GET /api/v1/sites/SITE",
        "GET /api/v1/sites/SITE/posts?order=new&limit=5 HTTP/1.1\naccept: application/json",
        "POST /api/v1/sites/SITE/posts\ncontent-type: application/json\n\n{\"kind\": \"story\"}\n",
        "PUT /api/v1/items/ID/votes/helped",
    ] {
        assert_eq!(check("http").unwrap()(request), Ok(()), "{request}");
    }
}
