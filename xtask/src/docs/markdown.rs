//! A page in Markdown: read once, and written as HTML when all other pages are known.

use super::{Heading, Page};
use anyhow::{Context, Result, ensure};
use pulldown_cmark::{Alignment, CowStr, Event, HeadingLevel, Options, Parser, Tag, TagEnd, html};
use std::collections::HashMap;

/// A page as it was read.
pub struct Markdown {
    file: String,
    title: String,
    events: Vec<Event<'static>>,
    headings: Vec<Heading>,
}

impl Markdown {
    /// Reads `text`, the page of `file`; `source` is named where something is wrong.
    ///
    /// # Errors
    ///
    /// When it has no title, HTML of its own, or a picture from elsewhere.
    pub fn read(source: &str, file: &str, text: &str) -> Result<Self> {
        let mut events: Vec<Event<'static>> =
            Parser::new_ext(text, Options::ENABLE_TABLES).map(Event::into_static).collect();
        let mut headings: Vec<Heading> = Vec::new();
        let mut seen = HashMap::new();
        let mut at = 0;
        while at < events.len() {
            match &events[at] {
                Event::Html(html) | Event::InlineHtml(html) => {
                    anyhow::bail!("{source}: HTML is not shown: {}", html.trim());
                }
                Event::Start(Tag::Image { dest_url, .. }) => {
                    ensure!(!dest_url.contains(':'), "{source}: a picture from elsewhere: {dest_url}");
                }
                Event::Start(Tag::Heading { .. }) => {
                    let (level, text) = heading(&events[at..]);
                    let id = if headings.is_empty() { String::new() } else { unique(&mut seen, slug(&text)) };
                    if let Event::Start(Tag::Heading { id: place, .. }) = &mut events[at] {
                        *place = (!id.is_empty()).then(|| id.clone().into());
                    }
                    headings.push(Heading { level, id, text, below: String::new() });
                }
                Event::Text(words) | Event::Code(words) => {
                    if let Some(heading) = headings.last_mut() {
                        heading.below += words;
                        heading.below.push(' ');
                    }
                }
                Event::SoftBreak | Event::HardBreak | Event::End(_) => {
                    if let Some(heading) = headings.last_mut() {
                        heading.below.push(' ');
                    }
                }
                _ => {}
            }
            at += 1;
        }
        let title = headings
            .first()
            .filter(|first| first.level == 1)
            .with_context(|| format!("{source}: no title"))?;
        Ok(Self { file: file.to_owned(), title: title.text.clone(), events, headings })
    }

    /// The name of its file.
    pub fn file(&self) -> &str {
        &self.file
    }

    /// What links into it can name.
    pub fn headings(&self) -> impl Iterator<Item = &str> {
        self.headings.iter().skip(1).map(|heading| &heading.id[..])
    }

    /// The page, with what `resolve` says in the place of each link inside of the workspace.
    pub fn finish(&self, mut resolve: impl FnMut(&str) -> String) -> Page {
        let mut resolved = |to: &CowStr<'static>| -> CowStr<'static> {
            if to.starts_with("https://") || to.starts_with("http://") {
                to.clone()
            } else {
                resolve(to).into()
            }
        };
        let mut events = Vec::new();
        for event in self.events.iter().cloned() {
            match event {
                Event::Start(Tag::Link { link_type, dest_url, title, id }) => {
                    let dest_url = resolved(&dest_url);
                    events.push(Event::Start(Tag::Link { link_type, dest_url, title, id }));
                }
                Event::Start(Tag::Image { link_type, dest_url, title, id }) => {
                    let dest_url = resolved(&dest_url);
                    events.push(Event::Start(Tag::Image { link_type, dest_url, title, id }));
                }
                // Wide things scroll by themselves, and by keys when they are focused.
                Event::Start(Tag::Table(columns)) => {
                    events.push(Event::Html(
                        "<div class=\"wide\" tabindex=\"0\" role=\"group\" aria-label=\"Table\">".into(),
                    ));
                    // Where figures stand to the right is written as an inline style, which the pages refuse.
                    let columns = vec![Alignment::None; columns.len()];
                    events.push(Event::Start(Tag::Table(columns)));
                }
                Event::End(TagEnd::Table) => {
                    events.push(Event::End(TagEnd::Table));
                    events.push(Event::Html("</div>".into()));
                }
                event => events.push(event),
            }
        }
        let mut written = String::new();
        html::push_html(&mut written, events.into_iter());
        let headings = self.headings.iter().map(|heading| Heading {
            level: heading.level,
            id: heading.id.clone(),
            text: heading.text.clone(),
            below: heading.below.clone(),
        });
        Page {
            file: self.file.clone(),
            title: self.title.clone(),
            html: written
                .replace("<pre><code", "<pre tabindex=\"0\"><code")
                .replace("<th></th>", "<td></td>"),
            headings: headings.collect(),
        }
    }
}

/// Level and words of the heading that `events` begin with.
fn heading(events: &[Event<'_>]) -> (u8, String) {
    let mut level = 1;
    let mut text = String::new();
    for event in events {
        match event {
            Event::Start(Tag::Heading { level: found, .. }) => {
                level = match found {
                    HeadingLevel::H1 => 1,
                    HeadingLevel::H2 => 2,
                    HeadingLevel::H3 => 3,
                    _ => 4,
                };
            }
            Event::Text(words) | Event::Code(words) => text += words,
            Event::End(TagEnd::Heading(_)) => break,
            _ => {}
        }
    }
    (level, text)
}

/// What others call this heading in a link, where Markdown is shown: lower case, hyphens for spaces, no other signs.
pub fn slug(text: &str) -> String {
    let letters = text.to_lowercase().replace(' ', "-");
    letters.chars().filter(|c| c.is_alphanumeric() || matches!(c, '-' | '_')).collect()
}

fn unique(seen: &mut HashMap<String, usize>, slug: String) -> String {
    let n = seen.entry(slug.clone()).or_default();
    *n += 1;
    if *n == 1 { slug } else { format!("{slug}-{}", *n - 1) }
}

/// `text` as a paragraph or a few, for descriptions that are no page.
pub fn inline(text: &str) -> String {
    let mut written = String::new();
    html::push_html(
        &mut written,
        Parser::new(text).filter(|event| !matches!(event, Event::Html(_) | Event::InlineHtml(_))),
    );
    written
}

/// `text` with what HTML would take for its own.
pub fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_with_html_or_a_picture_from_elsewhere_is_refused() {
        for text in [
            "# A\n\n<b>b</b>",
            "# A\n\n<script>1</script>",
            "# A\n\n![x](https://e.example/x.png)",
            "no title",
        ] {
            assert!(Markdown::read("a.md", "a.html", text).is_err(), "{text}");
        }
    }

    #[test]
    fn headings_are_named_as_elsewhere_and_never_twice() {
        let page =
            Markdown::read("a.md", "a.html", "# A\n\n## What `it` does?\n\n## What it does\n").unwrap();

        assert_eq!(page.headings().collect::<Vec<_>>(), ["what-it-does", "what-it-does-1"]);
    }
}
