//! Which crates make up the wasm that browsers are sent, by the sizes of their functions before compression.

use crate::build::wasm::{DEVICE, PEERS, Package, WIDGET, with_names};
use anyhow::{Context, Result};
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap};
use std::fs;
use wasmparser::{KnownCustom, Name, Parser, Payload, TypeRef};

/// What is named in the report, the rest being summed up.
const N_NAMED: usize = 15;

/// By module of the last build: bytes of each crate's functions, the most first, and of the data.
///
/// # Errors
///
/// When one is not there, or is no wasm with names.
pub fn measure() -> Result<Value> {
    let modules: [(&str, &Package); 3] =
        [("the panel", &WIDGET), ("the peer space", &PEERS), ("the reader of drafts", &DEVICE)];
    let each = modules.into_iter().map(|(name, package)| {
        let file = with_names(package);
        let wasm = fs::read(&file).with_context(|| file.display().to_string())?;
        let (mut crates, data) = sizes(&wasm)?;
        let rest: usize = crates.iter().skip(N_NAMED).map(|(_, bytes)| bytes).sum();
        crates.truncate(N_NAMED);
        if rest > 0 {
            crates.push(("others".to_owned(), rest));
        }
        Ok(json!({ "module": name, "data": data, "crates": crates }))
    });
    each.collect::<Result<Vec<_>>>().map(Value::from)
}

/// Bytes of the functions by crate, the most first, and those of the data.
fn sizes(wasm: &[u8]) -> Result<(Vec<(String, usize)>, usize)> {
    let (mut n_imported, mut bodies, mut data) = (0, Vec::new(), 0);
    let mut names = HashMap::new();
    for payload in Parser::new(0).parse_all(wasm) {
        match payload? {
            Payload::ImportSection(imports) => {
                for import in imports.into_imports() {
                    n_imported += u32::from(matches!(import?.ty, TypeRef::Func(_)));
                }
            }
            Payload::CodeSectionEntry(body) => bodies.push(body.range().len()),
            Payload::DataSection(segments) => {
                for segment in segments {
                    data += segment?.data.len();
                }
            }
            Payload::CustomSection(section) => {
                let KnownCustom::Name(all) = section.as_known() else { continue };
                for name in all {
                    let Name::Function(functions) = name? else { continue };
                    for function in functions {
                        let function = function?;
                        let is_kept = !function.name.contains("describe");
                        names.insert(function.index, is_kept.then(|| crate_of(function.name)));
                    }
                }
            }
            _ => {}
        }
    }
    let mut crates: BTreeMap<String, usize> = BTreeMap::new();
    for (index, bytes) in (n_imported..).zip(bodies) {
        // What describes the functions of JavaScript is read by wasm-bindgen, and taken out.
        let Some(name) = names.remove(&index).unwrap_or_else(|| Some("without a name".to_owned())) else {
            continue;
        };
        *crates.entry(name).or_default() += bytes;
    }
    let mut crates: Vec<_> = crates.into_iter().collect();
    crates.sort_by_key(|(_, bytes)| std::cmp::Reverse(*bytes));
    Ok((crates, data))
}

/// The crate that a function belongs to by its mangled name: of `<A as B>::c` the one of `A`.
fn crate_of(mangled: &str) -> String {
    let name = format!("{:#}", rustc_demangle::demangle(mangled));
    let is_of_word = |c: char| c.is_alphanumeric() || c == '_';
    let mut rest = name.as_str();
    loop {
        rest = rest.trim_start_matches(|c| !is_of_word(c));
        let end = rest.find(|c| !is_of_word(c)).unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        match word {
            // What stands before a type that is not a path.
            "dyn" | "mut" | "const" | "for" | "impl" | "as" => rest = after,
            // A primitive or a name without a path is the language's or the linker's.
            _ if after.starts_with("::") => return word.to_owned(),
            _ if after.is_empty() => return "without a crate".to_owned(),
            _ => rest = after,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::crate_of;

    #[test]
    fn a_function_is_of_the_crate_that_wrote_it() {
        for (name, of) in [
            ("peer_support::view::panel::panel", "peer_support"),
            ("<alloc::string::String as core::fmt::Write>::write_str", "alloc"),
            ("<&mut dyn leptos::Thing as core::fmt::Debug>::fmt", "leptos"),
            ("<[u8] as hashbrown::Key>::hash", "hashbrown"),
            ("memcpy", "without a crate"),
        ] {
            assert_eq!(crate_of(name), of, "{name}");
        }
    }
}
