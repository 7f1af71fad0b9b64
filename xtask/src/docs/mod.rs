//! The documentation site: pages of this folder in Markdown as HTML that needs no server, script or other site.
//!
//! Every link is relative, so the same files work below `/docs/` of the server, on any other host and from a disk.

mod api;
mod markdown;
mod page;
mod search;
#[cfg(test)]
mod snippets;

use crate::build::files_under;
use crate::project;
use anyhow::{Context, Result, bail, ensure};
use markdown::Markdown;
use page::Section;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Component, Path, PathBuf};

/// The first page. Its list of sections is made.
const START: &str = "docs/index.md";

/// The section of pages that no other section names.
const REST: &str = "Developers";

/// `docs/site.toml`: which pages there are, in which order.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Plan {
    section: Vec<PlannedSection>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PlannedSection {
    title: String,
    /// Who finds something here.
    about: String,
    /// Paths from the root of the workspace.
    pages: Vec<String>,
}

/// One page before it has a frame around it.
pub struct Page {
    /// The file: `server.html`.
    pub file: String,
    pub title: String,
    pub html: String,
    pub headings: Vec<Heading>,
}

/// A heading with what stands below it, in plain words.
pub struct Heading {
    pub level: u8,
    /// What a link names; empty for the page's own title.
    pub id: String,
    pub text: String,
    pub below: String,
}

/// `cargo xtask docs`: the site alone, in `target/docs`.
///
/// # Errors
///
/// When a page is missing or a link leads nowhere.
pub fn command() -> Result<()> {
    let folder = project::target().join("docs");
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    for (name, bytes) in site()? {
        let file = folder.join(name);
        fs::create_dir_all(file.parent().context("a file lies in a folder")?)?;
        fs::write(&file, bytes).with_context(|| format!("could not write {}", file.display()))?;
    }
    println!("docs: {}", folder.join("index.html").display());
    Ok(())
}

/// All files of the site, by their names, in order.
///
/// # Errors
///
/// When a page is missing, a link leads nowhere, or a page has what the site does not show: HTML, pictures from elsewhere.
pub fn site() -> Result<BTreeMap<String, Vec<u8>>> {
    let root = project::root();
    let plan = plan(root)?;
    let sources = sources(&plan)?;
    let mut pages = BTreeMap::new();
    for (source, file) in &sources {
        let text =
            fs::read_to_string(root.join(source)).with_context(|| format!("docs/site.toml: {source}"))?;
        pages.insert(source.clone(), Markdown::read(source, file, &filled(&text)?)?);
    }

    let mut files: BTreeMap<String, Vec<u8>> = files_under(&root.join("www/docs"))?.into_iter().collect();
    let mut problems = Vec::new();
    let mut sections: Vec<Section> = Vec::new();
    let mut start = None;
    for planned in std::iter::once(None).chain(plan.section.iter().map(Some)) {
        let mut finished = Vec::new();
        for source in planned.map_or(&[START.to_owned()][..], |section| &section.pages) {
            let page = pages[source].finish(|link| {
                let answer = resolve(root, source, link, &pages);
                match answer {
                    Ok(Target::Page(href)) => href,
                    Ok(Target::Copy(name, path)) => {
                        // Read before, when it was resolved.
                        files.insert(name.clone(), fs::read(path).unwrap_or_default());
                        name
                    }
                    Err(error) => {
                        problems.push(format!("{source}: {error:#}"));
                        String::new()
                    }
                }
            });
            finished.push(page);
        }
        match planned {
            None => start = finished.pop(),
            Some(PlannedSection { title, about, .. }) => {
                sections.push(Section { title: title.clone(), about: about.clone(), pages: finished });
            }
        }
    }
    ensure!(problems.is_empty(), "{}", problems.join("\n"));
    sections.push(Section {
        title: "API".to_owned(),
        about: "You write a program that talks to the server.".to_owned(),
        pages: api::pages(&fs::read_to_string(root.join("server/src/http/openapi.json"))?)?,
    });

    let mut start = start.context("there is no first page")?;
    start.html += &page::contents(&sections);
    let index =
        search::index(std::iter::once(&start).chain(sections.iter().flat_map(|section| &section.pages)))?;
    files.insert("search-index.js".to_owned(), index.into_bytes());
    files.insert(start.file.clone(), page::framed(&start, None, &sections).into_bytes());
    for section in &sections {
        for page in &section.pages {
            let framed = page::framed(page, Some(section), &sections);
            ensure!(
                files.insert(page.file.clone(), framed.into_bytes()).is_none(),
                "two pages are named {}",
                page.file
            );
        }
    }
    Ok(files)
}

/// The plan, with the pages that it does not name in the section for the rest.
fn plan(root: &Path) -> Result<Plan> {
    let text = fs::read_to_string(root.join("docs/site.toml")).context("docs/site.toml")?;
    let mut plan: Plan = toml::from_str(&text).context("docs/site.toml")?;
    let is_named = |plan: &Plan, page: &str| {
        page == START || plan.section.iter().any(|section| section.pages.iter().any(|named| named == page))
    };
    for (name, _) in files_under(&root.join("docs"))? {
        let page = format!("docs/{name}");
        if name.ends_with(".md") && !is_named(&plan, &page) {
            let rest = plan.section.iter_mut().find(|section| section.title == REST);
            rest.context("docs/site.toml has no section for the rest")?.pages.push(page);
        }
    }
    Ok(plan)
}

/// Each page's source with the name of its file.
fn sources(plan: &Plan) -> Result<BTreeMap<String, String>> {
    let mut sources = BTreeMap::from([(START.to_owned(), "index.html".to_owned())]);
    for page in plan.section.iter().flat_map(|section| &section.pages) {
        let path = Path::new(page);
        let stem = path.file_stem().and_then(|stem| stem.to_str()).context("a page has a name")?;
        let folder = path.parent().and_then(Path::file_name).and_then(|name| name.to_str());
        let name = match (stem, folder) {
            ("README", Some(folder)) => folder.to_owned(),
            ("README", None) => "project".to_owned(),
            _ => stem.to_ascii_lowercase(),
        };
        let is_new = sources.insert(page.clone(), format!("{name}.html")).is_none();
        ensure!(is_new, "docs/site.toml names {page} twice");
    }
    Ok(sources)
}

/// `text` with what is worked out in the place of a line such as `{{attributes}}`.
fn filled(text: &str) -> Result<String> {
    let mut filled = String::new();
    for line in text.lines() {
        match line.strip_prefix("{{").and_then(|rest| rest.strip_suffix("}}")) {
            Some("attributes") => filled += &attributes()?,
            Some(unknown) => bail!("nothing is known of {{{{{unknown}}}}}"),
            None => filled += line,
        }
        filled.push('\n');
    }
    Ok(filled)
}

/// The element's attributes as a table, from the description that editors read.
fn attributes() -> Result<String> {
    let mut table = "| attribute | values | meaning |\n|---|---|---|\n".to_owned();
    for attribute in described_attributes()? {
        let [name, values, meaning] = attribute.map(|text| text.replace('|', "\\|"));
        table += &format!("| `{name}` | {} | {meaning} |\n", values.replace(['`', '"'], ""));
    }
    Ok(table)
}

/// Name, values and meaning of each attribute in `custom-elements.json`.
fn described_attributes() -> Result<Vec<[String; 3]>> {
    let text = fs::read_to_string(project::root().join("pkg-template/custom-elements.json"))?;
    let description: serde_json::Value = serde_json::from_str(&text).context("custom-elements.json")?;
    let modules = description["modules"].as_array().map_or(&[][..], Vec::as_slice);
    let declarations = modules.iter().flat_map(|module| module["declarations"].as_array()).flatten();
    let attributes: Vec<_> =
        declarations.flat_map(|declaration| declaration["attributes"].as_array()).flatten().collect();
    ensure!(!attributes.is_empty(), "custom-elements.json describes no attribute");
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    Ok(attributes
        .into_iter()
        .map(|attribute| {
            [text(&attribute["name"]), text(&attribute["type"]["text"]), text(&attribute["description"])]
        })
        .collect())
}

/// Where a link leads.
enum Target {
    Page(String),
    /// A file of the workspace that is no page: its name in the site, and where it lies.
    Copy(String, PathBuf),
}

fn resolve(root: &Path, source: &str, link: &str, pages: &BTreeMap<String, Markdown>) -> Result<Target> {
    let (path, fragment) = link.split_once('#').unwrap_or((link, ""));
    let folder = Path::new(source).parent().unwrap_or(Path::new(""));
    let wanted = if path.is_empty() { source.to_owned() } else { normal(&folder.join(path))? };
    if let Some(page) = pages.get(&wanted) {
        let is_there = fragment.is_empty() || page.headings().any(|id| id == fragment);
        ensure!(is_there, "{link} names a heading that is not there");
        let fragment = if fragment.is_empty() { String::new() } else { format!("#{fragment}") };
        let file = if path.is_empty() { "" } else { page.file() };
        return Ok(Target::Page(format!("{file}{fragment}")));
    }
    let place = root.join(&wanted);
    ensure!(place.is_file(), "{link} leads nowhere");
    ensure!(fragment.is_empty(), "{link} names a heading of what is no page");
    let name = wanted.replace('/', "-");
    let is_picture = wanted.ends_with(".png");
    // Servers and browsers know what a `.txt` is, and not what a configuration is.
    Ok(Target::Copy(if is_picture { format!("files/{name}") } else { format!("files/{name}.txt") }, place))
}

/// A path without `.` and `..`.
fn normal(path: &Path) -> Result<String> {
    let mut parts = Vec::new();
    for part in path.components() {
        match part {
            Component::Normal(part) => parts.push(part.to_str().context("a path is UTF-8")?),
            Component::ParentDir => ensure!(parts.pop().is_some(), "{} leads outside", path.display()),
            Component::CurDir => {}
            _ => bail!("{} is not relative", path.display()),
        }
    }
    Ok(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    /// The values of an attribute in all tags; what is shown as code is no tag.
    fn attributes<'a>(html: &'a str, name: &'a str) -> impl Iterator<Item = &'a str> {
        let tags = html.split('<').skip(1).filter_map(|rest| rest.split('>').next());
        tags.filter_map(move |tag| tag.split_once(&format!(" {name}=\""))?.1.split('"').next())
    }

    fn pages(site: &BTreeMap<String, Vec<u8>>) -> impl Iterator<Item = (&String, &str)> {
        let pages = site.iter().filter(|(name, _)| name.ends_with(".html"));
        pages.map(|(name, bytes)| (name, std::str::from_utf8(bytes).unwrap()))
    }

    #[test]
    fn every_link_of_the_site_leads_to_a_file_and_a_place_in_it() {
        let site = site().unwrap();
        let ids: BTreeMap<&String, BTreeSet<&str>> =
            pages(&site).map(|(name, html)| (name, attributes(html, "id").collect())).collect();

        let mut n_links = 0;
        for (name, html) in pages(&site) {
            for link in attributes(html, "href").chain(attributes(html, "src")) {
                n_links += 1;
                if ["https://", "http://127.0.0.1", "tel:"]
                    .iter()
                    .any(|elsewhere| link.starts_with(elsewhere))
                {
                    continue;
                }
                let (file, fragment) = link.split_once('#').unwrap_or((link, ""));
                let file = if file.is_empty() { name.clone() } else { file.to_owned() };
                assert!(site.contains_key(&file), "{name}: {link}");
                let is_there = fragment.is_empty() || ids[&file].contains(fragment);
                assert!(is_there, "{name}: {link} names a place that is not there");
            }
        }

        assert!(n_links > 1_000, "{n_links}");
    }

    #[test]
    fn a_page_loads_nothing_from_elsewhere_and_has_no_script_or_style_in_it() {
        for (name, html) in pages(&site().unwrap()) {
            assert!(attributes(html, "src").all(|from| !from.contains(':')), "{name}");
            assert_eq!(html.matches("<script").count(), 1, "{name}: one, by `src`");
            for absent in ["<style", " style=\"", " onclick", "javascript:", "<iframe", "<form action"] {
                assert!(!html.contains(absent), "{name}: {absent}");
            }
            assert!(html.contains("content=\"default-src 'none'; "), "{name}");
        }
    }

    #[test]
    fn no_two_places_of_a_page_have_one_name() {
        for (name, html) in pages(&site().unwrap()) {
            let mut seen = BTreeSet::new();
            for id in attributes(html, "id") {
                assert!(seen.insert(id), "{name}: {id} twice");
            }
        }
    }

    #[test]
    fn a_site_built_twice_is_the_same() {
        assert!(site().unwrap() == site().unwrap());
    }

    #[test]
    fn a_link_to_what_is_not_there_is_refused() {
        let page = |text: &str| Markdown::read("docs/a.md", "a.html", text).unwrap();
        let pages = BTreeMap::from([("docs/a.md".to_owned(), page("# A\n\n## Part two\n"))]);
        let resolve = |link: &str| resolve(project::root(), "docs/a.md", link, &pages);

        assert!(matches!(resolve("a.md#part-two"), Ok(Target::Page(href)) if href == "a.html#part-two"));
        assert!(matches!(resolve("../server/example.toml"), Ok(Target::Copy(..))));
        for wrong in ["b.md", "a.md#part-three", "#part-three", "../../a.md", "/etc/passwd", "../docs"] {
            assert!(resolve(wrong).is_err(), "{wrong}");
        }
    }
}
