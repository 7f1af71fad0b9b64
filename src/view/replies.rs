//! The thread of a post: what others answered, and room for one's own answer.

use peer_support_domain::id::ItemId;
use peer_support_domain::wire;

use super::pages::{self, Source};
use super::post::{Written, words, written_by};
use super::reactions::reactions;
use super::write;
use crate::dom::{El, classed, el};
use crate::locale::Locale;
use crate::session::Session;
use crate::signal::Signal;

/// The replies to `thread`, and the form below them when `is_answering`.
pub fn replies(session: Session, t: Locale, thread: ItemId, is_answering: Signal<bool>) -> El {
    let answer = move || {
        is_answering
            .get()
            .then(|| write::answer(session, t, thread, None, is_answering))
            .into_iter()
            .collect()
    };
    classed("div", "thread").child(pages::page(session, t, Source::Thread(thread), None)).children_of(answer)
}

/// One reply.
pub fn reply(session: Session, t: Locale, thread: ItemId, reply: &wire::Reply) -> El {
    let wire::Reply { id, text, lang, author, created_at, votes, is_example, .. } = reply;
    let written = Written {
        thread,
        author: *author,
        created_at: *created_at,
        text,
        lang: lang.as_ref().map(|lang| lang.as_str()),
        is_example: *is_example,
    };
    let article = el("article")
        .child(written_by(session, t, &written))
        .child(words(&written))
        .children(reactions(session, t, *id, *votes));
    classed("li", "reply").child(article)
}
