//! What the site's moderators pinned above the posts.

use peer_support_domain::card::CardKind;
use peer_support_domain::wire::Card;

use super::{icon, icons};
use crate::dom::{El, button, classed, el, yes_no};
use crate::locale::{Locale, PINNED, tr};
use crate::session::{Load, Session};

/// The cards, once the site is known. Read once, they are folded into one line, so that they keep nobody from the posts.
pub fn cards(session: Session, t: Locale) -> El {
    let has_read = session.reading().has_read_pins;
    el("div").children_of(move || {
        let site = session.site.share();
        if !matches!(&*site, Load::Ready(site) if !site.cards.is_empty()) {
            return Vec::new();
        }
        let shown = move || match &*site {
            Load::Ready(site) if !has_read.get() => site.cards.iter().map(|one| card(t, one)).collect(),
            _ => Vec::new(),
        };
        let fold = button("link", "", move || has_read.set(!has_read.now()))
            .text_of(move || if has_read.get() { tr!(t, "pins-show") } else { tr!(t, "pins-read") })
            .attr_of("aria-expanded", move || yes_no(!has_read.get()));
        vec![
            classed("section", "pinned")
                .attr("aria-label", &tr!(t, "pins"))
                .child(classed("div", "feed").children_of(shown))
                .child(fold),
        ]
    })
}

fn card(t: Locale, card: &Card) -> El {
    let Card { kind, title, text, lang } = card;
    let lang = lang.as_ref().map(|lang| lang.as_str());
    let path = match kind {
        CardKind::Trusted => icons::TRUSTED,
        CardKind::Rules => icons::RULES,
        CardKind::Here => icons::HERE,
        CardKind::Hours => icons::HOURS,
    };
    let name = t.by_name(PINNED, kind.as_str()).unwrap_or_default();
    let by = [&name, " · ", &tr!(t, "pins-by")[..]].concat();
    classed("div", "card")
        .child(classed("p", "kind").child(icon(path)).child(el("span").text(&by)))
        .child(el("h3").attr("dir", "auto").attr_some("lang", lang).text(title))
        .child(classed("p", "words").attr("dir", "auto").attr_some("lang", lang).text(text))
}
