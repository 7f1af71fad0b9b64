//! What stands around each page: where one is, where else one can go, and the search.

use super::Page;
use super::markdown::escaped;

/// Pages for the same reader.
pub struct Section {
    pub title: String,
    /// Who finds something here.
    pub about: String,
    pub pages: Vec<Page>,
}

impl Section {
    fn first(&self) -> &str {
        self.pages.first().map_or("index.html", |page| &page.file)
    }
}

/// The same for every host: nothing from elsewhere, nothing inline.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
    base-uri 'none'; form-action 'none'";

/// The whole document.
pub fn framed(page: &Page, section: Option<&Section>, sections: &[Section]) -> String {
    let title = escaped(&page.title);
    let here = |is_here: bool| if is_here { " aria-current=\"page\"" } else { "" };
    let mut nav = String::new();
    for other in sections {
        let is_here = section.is_some_and(|section| section.title == other.title);
        let current = if is_here { " aria-current=\"true\"" } else { "" };
        nav += &format!("<li><a href=\"{}\"{current}>{}</a></li>", other.first(), escaped(&other.title));
    }
    let aside = section.map_or_else(String::new, |section| {
        let pages: String = section
            .pages
            .iter()
            .map(|other| {
                let current = here(other.file == page.file);
                format!("<li><a href=\"{}\"{current}>{}</a></li>", other.file, escaped(&other.title))
            })
            .collect();
        let name = escaped(&section.title);
        format!("<nav class=\"pages\" aria-label=\"{name}\"><p>{name}</p><ul>{pages}</ul></nav>")
    });
    let parts: String = page
        .headings
        .iter()
        .filter(|heading| heading.level == 2)
        .map(|part| format!("<li><a href=\"#{}\">{}</a></li>", part.id, escaped(&part.text)))
        .collect();
    let parts = if parts.is_empty() {
        String::new()
    } else {
        format!("<details class=\"parts\"><summary>On this page</summary><ul>{parts}</ul></details>")
    };
    // The title stands first in the page's own HTML; what is on the page comes after it.
    let (heading, rest) = page.html.split_once("</h1>").unwrap_or(("<h1>", &page.html));
    format!(
        "<!doctype html>\n\
        <html lang=\"en\">\n\
        <head>\n\
        <meta charset=\"utf-8\">\n\
        <meta http-equiv=\"content-security-policy\" content=\"{POLICY}\">\n\
        <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
        <meta name=\"referrer\" content=\"no-referrer\">\n\
        <title>{title} · peer-support</title>\n\
        <link rel=\"stylesheet\" href=\"docs.css\">\n\
        <link rel=\"icon\" href=\"icon.svg\">\n\
        <script src=\"search.js\" defer></script>\n\
        </head>\n\
        <body>\n\
        <a class=\"skip\" href=\"#site-text\">To the text</a>\n\
        <header>\n\
        <a class=\"name\" href=\"index.html\"{start}>peer-support</a>\n\
        <nav aria-label=\"Sections\"><ul>{nav}</ul></nav>\n\
        <search hidden><label for=\"site-search\">Search</label> <input id=\"site-search\" type=\"search\" autocomplete=\"off\" \
        spellcheck=\"false\"><p id=\"site-found\" role=\"status\"></p><ol id=\"site-results\"></ol></search>\n\
        </header>\n\
        <div class=\"columns\">\n\
        {aside}\n\
        <main id=\"site-text\" tabindex=\"-1\">\n\
        {heading}</h1>\n{parts}{rest}\
        </main>\n\
        </div>\n\
        <footer><p>In danger now? Call your local emergency number: <a href=\"tel:112\">112</a> works in most of Europe and \
        from mobile phones in many other countries, <a href=\"tel:911\">911</a> in North America.</p></footer>\n\
        </body>\n\
        </html>\n",
        start = here(section.is_none()),
    )
}

/// The list of all pages by section, for the first page.
pub fn contents(sections: &[Section]) -> String {
    let mut html = "<div class=\"cards\">".to_owned();
    for section in sections {
        html +=
            &format!("<section><h2>{}</h2><p>{}</p><ul>", escaped(&section.title), escaped(&section.about));
        for page in &section.pages {
            html += &format!("<li><a href=\"{}\">{}</a></li>", page.file, escaped(&page.title));
        }
        html += "</ul></section>";
    }
    html + "</div>\n"
}
