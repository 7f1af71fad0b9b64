//! Prepares what is compiled into the widget: its style sheet, its English texts and the first helplines of all countries.

use std::{
    env,
    fmt::Write,
    fs, io,
    path::{Path, PathBuf},
};

use peer_support_domain::{bundle, helpline::record::CountryRecord};

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=build.rs");
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it for build scripts"));
    fs::write(out.join("panel.css"), style_sheet(&PANEL)?)?;
    fs::write(out.join("peers.css"), style_sheet(&PEERS)?)?;
    println!("cargo::rerun-if-changed=src/work.js");
    fs::write(out.join("work.js"), tighten(&fs::read_to_string("src/work.js")?))?;
    fs::write(out.join("english.rs"), english()?)?;
    let countries = countries()?;
    fs::write(out.join("essentials.txt"), helpline_essentials(&countries)?)?;
    fs::write(out.join("compared_s.rs"), compared_s(&countries).to_string())?;
    Ok(())
}

/// The panel's sheets of `src/style/` in the order in which they build on one another.
const PANEL: [&str; 6] = ["tokens", "accent", "panel", "controls", "help_now", "preferences"];
/// Those of the peer space, which come to them.
const PEERS: [&str; 3] = ["stories", "write", "sent"];

/// These sheets in one, without comments and needless space.
///
/// `dark.css` holds declarations only. They are needed in two rules: for those whose system is dark, and for pages that
/// ask for dark.
fn style_sheet(sheets: &[&str]) -> io::Result<String> {
    let read = |name: &str| {
        let path = format!("src/style/{name}.css");
        println!("cargo::rerun-if-changed={path}");
        fs::read_to_string(path).map(|sheet| tighten(&sheet))
    };
    let mut joined = String::new();
    for name in sheets {
        joined += &read(name)?;
        if *name == "tokens" {
            let dark = read("dark")?;
            joined +=
                &format!("@media (prefers-color-scheme:dark){{.panel:not([data-theme=light]){{{dark}}}}}");
            joined += &format!(".panel[data-theme=dark]{{{dark}}}");
        }
    }
    Ok(joined)
}

/// Takes comments out and joins white space. Our sheets, and the worker's script, have no strings that hold `/*` or two
/// spaces.
fn tighten(sheet: &str) -> String {
    let mut rest = sheet;
    let mut plain = String::new();
    while let Some((before, after)) = rest.split_once("/*") {
        plain += before;
        rest = after.split_once("*/").map_or("", |(_, after)| after);
    }
    plain += rest;
    let mut tight = plain.split_whitespace().collect::<Vec<_>>().join(" ");
    for (loose, close) in [
        (" {", "{"),
        ("{ ", "{"),
        ("; ", ";"),
        (" }", "}"),
        ("} ", "}"),
        (": ", ":"),
        (", ", ","),
        (";}", "}"),
    ] {
        tight = tight.replace(loose, close);
    }
    tight
}

/// Keys that are put together at run time: the name of their table, and what they begin with.
const TABLES: [(&str, &str); 6] = [
    ("TOPICS", "topic-"),
    ("LINE_TOPICS", "line-topic-"),
    ("AUDIENCES", "audience-"),
    ("NOTES", "note-"),
    ("REASONS", "reason-"),
    ("PINNED", "pinned-"),
];

/// The macro `key!`, which knows each key of `locales/en.json` and its English text, so that a key that is not there does
/// not compile, and a text that nobody shows is not carried.
///
/// Keys that are put together at run time (`topic-` and the site's topic) are in tables as well. `LANGUAGES` are those
/// that `locales/` has a file for, English first.
fn english() -> io::Result<String> {
    const PATH: &str = "locales/en.json";
    println!("cargo::rerun-if-changed=locales");
    let mut languages = Vec::new();
    for entry in fs::read_dir("locales")? {
        let name = entry?.file_name().into_string().unwrap_or_default();
        languages.extend(name.strip_suffix(".json").map(str::to_owned));
    }
    languages.sort_by_key(|language| (language != "en", language.clone()));
    let texts: serde_json::Map<String, serde_json::Value> =
        serde_json::from_str(&fs::read_to_string(Path::new(PATH))?)?;
    let mut arms = String::new();
    let mut tables = TABLES.map(|_| String::new());
    for (name, text) in &texts {
        let key = match text {
            serde_json::Value::Object(forms) => {
                let form =
                    |category: &str| forms.get(category).and_then(|form| form.as_str()).unwrap_or_default();
                [name, form("one"), form("other")].join("\t")
            }
            text => [name, text.as_str().unwrap_or_default()].join("\t"),
        };
        writeln!(arms, "    ({name:?}) => {{ $crate::locale::Key({key:?}) }};")
            .expect("a string takes everything");
        for ((_, prefix), table) in TABLES.iter().zip(&mut tables) {
            if name.starts_with(prefix) {
                *table += &key;
                table.push('\n');
            }
        }
    }
    let tables: String = TABLES
        .iter()
        .zip(tables)
        .map(|((name, prefix), table)| {
            format!("/// Keys that begin with `{prefix}`.\npub static {name}: (&str, &str) = ({prefix:?}, {table:?});\n")
        })
        .collect();
    Ok(format!(
        "macro_rules! key {{\n{arms}}}\npub(crate) use key;\n\n{tables}\n\
         /// The languages that the panel speaks, English first.\npub static LANGUAGES: &[&str] = &{languages:?};\n"
    ))
}

/// What `helplines/*.toml` say, with their paths, in the order of those.
fn countries() -> io::Result<Vec<(PathBuf, CountryRecord)>> {
    println!("cargo::rerun-if-changed=helplines");
    let mut paths: Vec<_> =
        fs::read_dir("helplines")?.map(|entry| entry.map(|entry| entry.path())).collect::<io::Result<_>>()?;
    // Countries only: `needs.toml` beside them is a test's.
    let is_country = |path: &PathBuf| path.file_stem().is_some_and(|stem| stem.len() == 2);
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "toml") && is_country(path));
    paths.sort();
    let read = |path: PathBuf| {
        let record = toml::from_str(&fs::read_to_string(&path)?).map_err(|error| wrong(&path, &error))?;
        Ok((path, record))
    };
    paths.into_iter().map(read).collect()
}

/// The emergency numbers and first lines of every country, for the widget to show without asking any server.
fn helpline_essentials(countries: &[(PathBuf, CountryRecord)]) -> io::Result<String> {
    let essentials = |(path, record): &(PathBuf, CountryRecord)| {
        record
            .directory()
            .map(|directory| directory.essentials())
            .map_err(|problems| wrong(path, &problems[0]))
    };
    Ok(bundle::encode(&countries.iter().map(essentials).collect::<io::Result<Vec<_>>>()?))
}

/// When the country files were last compared with their sources, in Unix seconds: the newest day that any of them names.
fn compared_s(countries: &[(PathBuf, CountryRecord)]) -> i64 {
    let newest = countries.iter().map(|(_, record)| record.compared.first_day().since_epoch()).max();
    i64::from(newest.expect("there are country files")) * 24 * 60 * 60
}

fn wrong(path: &Path, problem: &dyn std::fmt::Display) -> io::Error {
    let hint = "`cargo xtask helplines check` shows all that is wrong";
    io::Error::other(format!("{}: {problem}; {hint}", path.display()))
}
