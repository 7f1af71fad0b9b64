//! Marked-up comments as the plain text that they read as.

use peer_support_domain::text::is_refused;

/// Elements whose content is not for reading.
const UNREAD: [&str; 6] = ["script", "style", "head", "template", "iframe", "noscript"];
/// Elements that begin and end a line.
const LINES: [&str; 9] = ["div", "tr", "ul", "ol", "dl", "dt", "dd", "table", "figure"];
/// Elements with an empty line before and after.
const PARAGRAPHS: [&str; 10] = ["p", "pre", "blockquote", "h1", "h2", "h3", "h4", "h5", "h6", "hr"];

/// What line breaks in the source mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Breaks {
    /// As browsers take them: spaces.
    Spaces,
    /// Somebody typed them, to begin a line.
    Typed,
}

/// The text of `html`: no tags, entities as their characters, one line a line and an empty one between paragraphs. Of a
/// link its words stay and its address does not. Characters that no text may have are left out.
///
/// It takes whatever comes: what looks like a broken tag is text.
pub(super) fn of_html(html: &str, breaks: Breaks) -> String {
    let mut text = Lines { text: String::with_capacity(html.len()), breaks };
    let mut rest = html;
    while let Some(start) = rest.find('<') {
        text.push(&rest[..start]);
        rest = &rest[start..];
        if let Some(after) = rest.strip_prefix("<!--") {
            rest = after.find("-->").map_or("", |end| &after[end + 3..]);
            continue;
        }
        let is_tag = rest[1..].starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '/' | '!' | '?'));
        let Some(end) = rest.find('>').filter(|_| is_tag) else {
            text.push("<");
            rest = &rest[1..];
            continue;
        };
        let tag = &rest[1..end];
        rest = &rest[end + 1..];
        let is_end = tag.starts_with('/');
        let name = tag.trim_start_matches('/').split(|c: char| !c.is_ascii_alphanumeric()).next();
        let name = name.unwrap_or_default().to_ascii_lowercase();
        match name.as_str() {
            "http" | "https" if breaks == Breaks::Typed => text.push(tag),
            "br" => text.break_line(),
            "li" if !is_end => {
                text.end_line();
                text.push("- ");
            }
            name if UNREAD.contains(&name) && !is_end => {
                let end = format!("</{name}");
                let from = rest.to_ascii_lowercase().find(&end).unwrap_or(rest.len());
                rest = &rest[from..];
            }
            name if LINES.contains(&name) || name == "li" => text.end_line(),
            name if PARAGRAPHS.contains(&name) => text.end_paragraph(),
            _ => {}
        }
    }
    text.push(rest);
    tidy(&text.text)
}

/// The text of Markdown, as people typed it into a comment: links as their words, the rest as it stands.
pub(super) fn of_markdown(markdown: &str) -> String {
    let mut text = String::with_capacity(markdown.len());
    let mut rest = markdown;
    while let Some(start) = rest.find('[') {
        let words = &rest[start + 1..];
        // `[words](address)`, without brackets in either.
        let link = words.find(['[', ']']).filter(|&end| words[end..].starts_with("](")).and_then(|end| {
            let address = &words[end + 2..];
            let close = address.find([')', '\n']).filter(|&close| address[close..].starts_with(')'))?;
            Some((&words[..end], &address[close + 1..]))
        });
        match link {
            Some((words, after)) => {
                // An image: its description is not the author's words, but all that is left of it.
                text.push_str(rest[..start].strip_suffix('!').unwrap_or(&rest[..start]));
                text.push_str(words);
                rest = after;
            }
            None => {
                text.push_str(&rest[..=start]);
                rest = words;
            }
        }
    }
    text.push_str(rest);
    of_html(&text, Breaks::Typed)
}

struct Lines {
    text: String,
    breaks: Breaks,
}

impl Lines {
    /// Adds words between two tags.
    fn push(&mut self, words: &str) {
        if words.is_empty() {
            return;
        }
        match self.breaks {
            Breaks::Typed => self.text.push_str(&html_escape::decode_html_entities(words)),
            Breaks::Spaces => {
                // White space is what stands in the source: a no-break space from an entity is a character.
                let mut spaced = String::with_capacity(words.len());
                let mut is_after_space = self.text.is_empty() || self.text.ends_with(['\n', ' ']);
                for c in words.chars() {
                    let is_space = matches!(c, ' ' | '\n' | '\r' | '\t' | '\x0c');
                    if !is_space {
                        spaced.push(c);
                    } else if !is_after_space {
                        spaced.push(' ');
                    }
                    is_after_space = is_space;
                }
                self.text.push_str(&html_escape::decode_html_entities(&spaced));
            }
        }
    }

    fn break_line(&mut self) {
        self.text.push('\n');
    }

    fn end_line(&mut self) {
        if !self.text.is_empty() && !self.text.ends_with('\n') {
            self.text.push('\n');
        }
    }

    fn end_paragraph(&mut self) {
        self.end_line();
        if !self.text.is_empty() && !self.text.ends_with("\n\n") {
            self.text.push('\n');
        }
    }
}

/// Without refused characters, spaces at the ends of lines, and more than one empty line at a time.
fn tidy(text: &str) -> String {
    let text = text.replace("\r\n", "\n").replace(['\r', '\u{2028}', '\u{2029}'], "\n");
    let text: String = text.chars().filter(|&c| !is_refused(c)).collect();
    let mut tidied = String::with_capacity(text.len());
    let mut n_empty = 0;
    for line in text.lines().map(str::trim_end) {
        if line.is_empty() {
            n_empty += 1;
            continue;
        }
        if !tidied.is_empty() {
            tidied.push_str(if n_empty > 0 { "\n\n" } else { "\n" });
        }
        n_empty = 0;
        tidied.push_str(line);
    }
    tidied.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rendered(html: &str) -> String {
        of_html(html, Breaks::Spaces)
    }

    #[test]
    fn paragraphs_and_line_breaks_stay() {
        assert_eq!(
            rendered("<p>One line<br/>\nand its\n  second.</p>\n<p>Another.</p><ul><li>a<li>b</ul>"),
            "One line\nand its second.\n\nAnother.\n\n- a\n- b"
        );
        assert_eq!(rendered("<div>a</div><div>b</div>c"), "a\nb\nc");
        assert_eq!(
            of_html("as typed\nhere\n\n\n\n<b>and</b> here", Breaks::Typed),
            "as typed\nhere\n\nand here"
        );
    }

    #[test]
    fn of_a_link_only_its_words_stay() {
        assert_eq!(
            rendered(r#"see <a href="https://example.org/x?a=1&amp;b">this page</a>."#),
            "see this page."
        );
        assert_eq!(
            of_markdown("see [this page](https://example.org/x) and ![a cat](c.png)"),
            "see this page and a cat"
        );
        assert_eq!(of_markdown("[not a link] (here) [nor](this"), "[not a link] (here) [nor](this");
    }

    #[test]
    fn entities_become_their_characters_once() {
        assert_eq!(
            rendered("Tom &amp; Anna &lt;3 caf&eacute; &#8220;x&#x201d; &amp;lt;"),
            "Tom & Anna <3 café “x” &lt;"
        );
    }

    #[test]
    fn what_is_not_for_reading_is_left_out() {
        assert_eq!(rendered("a<script>alert('<p>')</script>b<!-- c <b> -->d<img src=x onerror=y>e"), "abde");
        assert_eq!(rendered("<style>p{}"), "");
        assert_eq!(rendered("a\u{200b}b\u{202e}c\u{feff}"), "abc");
    }

    #[test]
    fn a_broken_tag_is_text() {
        assert_eq!(rendered("1 < 2 and <3 and a <b"), "1 < 2 and <3 and a <b");
        assert_eq!(rendered("<"), "<");
    }

    #[test]
    fn what_is_taken_as_text_never_comes_back_as_a_tag() {
        // It is only ever shown as text; this is about what people wrote staying as it read.
        assert_eq!(rendered("&lt;script&gt;x&lt;/script&gt;"), "<script>x</script>");
    }
}
