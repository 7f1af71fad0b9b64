//! Prepares what is compiled into the widget: its style sheet, its English texts and the first helplines of all countries.

use std::{
    env,
    fmt::Write,
    fs, io,
    path::{Path, PathBuf},
};

use peer_support_domain::{
    bundle,
    helpline::{Directory, record::CountryRecord},
};

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=build.rs");
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it for build scripts"));
    fs::write(out.join("panel.css"), style_sheet(&PANEL)?)?;
    fs::write(out.join("peers.css"), style_sheet(&PEERS)?)?;
    fs::write(out.join("english.rs"), english()?)?;
    fs::write(out.join("essentials.txt"), helpline_essentials()?)?;
    Ok(())
}

/// The panel's sheets of `src/style/` in the order in which they build on one another.
const PANEL: [&str; 5] = ["tokens", "panel", "controls", "help_now", "preferences"];
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

/// Takes comments out and joins white space. Our sheets have no strings that hold `/*` or two spaces.
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
const TABLES: [(&str, &str); 3] =
    [("TOPICS", "topic-"), ("LINE_TOPICS", "line-topic-"), ("AUDIENCES", "audience-")];

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

/// The emergency numbers and first lines of every country, from `helplines/*.toml`, for the widget to show without
/// asking any server.
fn helpline_essentials() -> io::Result<String> {
    println!("cargo::rerun-if-changed=helplines");
    let mut paths: Vec<_> =
        fs::read_dir("helplines")?.map(|entry| entry.map(|entry| entry.path())).collect::<io::Result<_>>()?;
    // Countries only: `needs.toml` beside them is a test's.
    let is_country = |path: &PathBuf| path.file_stem().is_some_and(|stem| stem.len() == 2);
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "toml") && is_country(path));
    paths.sort();
    let essentials: Vec<_> =
        paths.iter().map(|path| Ok(directory(path)?.essentials())).collect::<io::Result<_>>()?;
    Ok(bundle::encode(&essentials))
}

fn directory(path: &Path) -> io::Result<Directory> {
    let wrong = |problem: String| {
        let hint = "`cargo xtask helplines check` shows all that is wrong";
        io::Error::other(format!("{}: {problem}; {hint}", path.display()))
    };
    let record: CountryRecord =
        toml::from_str(&fs::read_to_string(path)?).map_err(|error| wrong(error.to_string()))?;
    record.directory().map_err(|problems| wrong(problems[0].to_string()))
}
