//! Script in every guise that text can take on its way into a page, made from a small grammar: what would run, what it has to
//! break out of first, and how it is spelled. Each sets `owned` to its own number.
//!
//! Written for these tests. What a vector does is in the HTML standard: the elements that load or run something, their events,
//! and the addresses that are code.

use std::collections::BTreeSet;

/// What runs where it becomes part of a page; `E` stands for the code.
const VECTORS: [&str; 44] = [
    "<script>E</script>",
    "<script src=data:,E></script>",
    "<script type=module>E</script>",
    "<img src=x onerror=E>",
    "<img src=\"x\" onerror=\"E\" />",
    "<img/src=x/onerror=E>",
    "<image src=x onerror=E>",
    "<svg onload=E>",
    "<svg><script>E</script></svg>",
    "<svg><animate onbegin=E attributeName=x dur=1s>",
    "<svg><a href=javascript:E><text y=9>x</text></a></svg>",
    "<svg><use href=\"data:image/svg+xml,<svg id=x onload=E>#x\">",
    "<svg><style><img src=x onerror=E></style></svg>",
    "<math><mtext><style><img src=x onerror=E></style></mtext></math>",
    "<math href=javascript:E>x</math>",
    "<iframe src=javascript:E></iframe>",
    "<iframe srcdoc='<script>E</script>'></iframe>",
    "<iframe onload=E></iframe>",
    "<object data=javascript:E></object>",
    "<embed src=javascript:E>",
    "<body onload=E>",
    "<details open ontoggle=E>x",
    "<input autofocus onfocus=E>",
    "<select autofocus onfocus=E>",
    "<textarea autofocus onfocus=E>",
    "<b tabindex=0 autofocus onfocus=E>x</b>",
    "<video><source onerror=E></video>",
    "<audio src=x onerror=E>",
    "<video poster=x onloadstart=E src=x>",
    "<a href=javascript:E>read on</a>",
    "<a href=\"java\tscript:E\">read on</a>",
    "<form action=javascript:E><button>Send</button></form>",
    "<button formaction=javascript:E>Send</button>",
    "<link rel=stylesheet href=x onerror=E>",
    "<style onload=E>a{}</style>",
    "<meta http-equiv=refresh content=\"0;url=javascript:E\">",
    "<base href=\"javascript:E//\">",
    "<template><script>E</script></template>",
    "<noscript><p title=\"</noscript><img src=x onerror=E>\">",
    "<p style=\"animation:x\" onanimationstart=E>x",
    "<div onpointerenter=E onclick=E>x</div>",
    "javascript:E//",
    "[read on](javascript:E)",
    "![x](x\"onerror=\"E)",
];

/// What a text may have to get out of: an attribute, an element whose content is text, a comment, a string of code.
const CONTEXTS: [&str; 13] = [
    "",
    "\">",
    "'>",
    "\" x=",
    "</textarea>",
    "</title>",
    "</style>",
    "</script>",
    "</noscript>",
    "-->",
    "]]>",
    "\\\">",
    "*/`;",
];

/// What templates would evaluate, and what gets into code that is there already.
const EXPRESSIONS: [&str; 12] = [
    "{{E}}",
    "{{constructor.constructor('E')()}}",
    "${E}",
    "#{E}",
    "<%= E %>",
    "';E//",
    "\";E//",
    "`;E//",
    "\\';E//",
    "\" onfocus=E autofocus x=\"",
    "' onmouseover=E '",
    "</p><p onclick=E>x",
];

/// Other spellings of what HTML has a meaning for: by entities, as addresses write it, as scripts write it, in letters that look
/// the same, in capitals, with what parsers pass over.
const SPELLINGS: [fn(&str) -> String; 12] = [
    |text| each(text, |c| format!("&#{};", u32::from(c))),
    |text| each(text, |c| format!("&#x{:x};", u32::from(c))),
    |text| each(text, |c| format!("&#{:07}", u32::from(c))),
    |text| text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;"),
    |text| text.replace('<', "&amp;lt;").replace('>', "&amp;gt;"),
    |text| each(text, |c| format!("%{:02x}", u32::from(c))),
    |text| each(text, |c| format!("%25{:02x}", u32::from(c))),
    |text| each(text, |c| format!("\\u{:04x}", u32::from(c))),
    |text| each(text, |c| format!("\\x{:02x}", u32::from(c))),
    |text| text.replace('<', "\u{ff1c}").replace('>', "\u{ff1e}").replace('"', "\u{ff02}"),
    |text| text.replace("script", "ScRiPt").replace("<i", "<I").replace("on", "oN").replace("<s", "<S"),
    |text| text.replace('<', "+ADw-").replace('>', "+AD4-"),
];

/// `text` with every sign that HTML gives a meaning to as `spelled` spells it.
fn each(text: &str, spelled: fn(char) -> String) -> String {
    let is_sign = |c: char| matches!(c, '<' | '>' | '"' | '\'' | '&' | '=' | ':' | '/');
    text.chars().map(|c| if is_sign(c) { spelled(c) } else { c.to_string() }).collect()
}

/// All of them, each once.
pub fn all() -> Vec<String> {
    let mut forms: Vec<String> = Vec::new();
    for vector in VECTORS {
        forms.extend(CONTEXTS.map(|context| format!("{context}{vector}")));
        forms.extend(SPELLINGS.map(|spelled| spelled(vector)));
    }
    for expression in EXPRESSIONS {
        forms.push(expression.to_owned());
        forms.extend(SPELLINGS.map(|spelled| spelled(expression)));
    }
    let mut seen = BTreeSet::new();
    forms.retain(|form| seen.insert(form.clone()));
    forms.into_iter().enumerate().map(|(n, form)| form.replace('E', &format!("top.owned={n}"))).collect()
}

/// All of them in texts of at most `most` characters, each text beginning with one; what alone is longer is left out.
pub fn packed(most: usize) -> Vec<String> {
    let mut texts: Vec<String> = Vec::new();
    let mut left = 0;
    for payload in all() {
        let n_chars = payload.chars().count();
        match texts.last_mut() {
            Some(text) if n_chars < left => {
                *text += " ";
                *text += &payload;
                left -= n_chars + 1;
            }
            _ if n_chars <= most => {
                texts.push(payload);
                left = most - n_chars;
            }
            _ => {}
        }
    }
    texts
}

#[test]
fn there_are_more_than_a_thousand_payloads_and_no_two_are_the_same() {
    let payloads = all();

    assert!(payloads.len() > 1_000, "{}", payloads.len());
    assert_eq!(payloads.iter().collect::<BTreeSet<_>>().len(), payloads.len());
    assert!(payloads.iter().all(|payload| payload.contains("owned")), "one does nothing");
    assert!(payloads.iter().all(|payload| payload.chars().count() <= 400));
    let in_texts: usize = packed(1_000).iter().map(|text| text.matches("owned").count()).sum();
    assert_eq!(in_texts, payloads.iter().map(|payload| payload.matches("owned").count()).sum::<usize>());
    assert!(packed(40).iter().all(|text| text.chars().count() <= 40));
}
