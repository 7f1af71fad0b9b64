//! The thread of a post: what others answered, and room for one's own answer.

use peer_support_domain::id::{AuthorTag, ItemId};
use peer_support_domain::wire;

use super::pages::{self, Source};
use super::post::{Written, article};
use super::reactions::reactions;
use super::report::report;
use super::write;
use crate::dom::{El, classed};
use crate::locale::Locale;
use crate::session::Session;
use crate::signal::Signal;

/// The replies to `thread`, a post by `poster`, and the form below them when `is_answering`.
pub fn replies(
    session: Session,
    t: Locale,
    thread: ItemId,
    poster: Option<AuthorTag>,
    is_answering: Signal<bool>,
) -> El {
    let answer = move || {
        is_answering
            .get()
            .then(|| write::answer(session, t, thread, None, is_answering))
            .into_iter()
            .collect()
    };
    classed("div", "thread")
        .child(pages::first(session, t, Source::Thread(thread, poster)))
        .children_of(answer)
}

/// One reply.
pub fn reply(
    session: Session,
    t: Locale,
    thread: ItemId,
    poster: Option<AuthorTag>,
    reply: &wire::Reply,
) -> El {
    let wire::Reply { id, text, lang, notes, author, created_at, votes, is_example, is_owners } = reply;
    let (id, votes) = (*id, *votes);
    let written = Written {
        id,
        thread,
        author: *author,
        created_at: *created_at,
        text,
        lang: lang.as_ref().map(|lang| lang.as_str()),
        notes: *notes,
        is_posters: poster.is_some() && *author == poster,
        is_example: *is_example,
        is_owners: *is_owners,
    };
    let is_shown = Signal::new(notes.is_empty() || session.reading().has_unfolded(id));
    let answers = move || {
        let [buttons, sorry] = reactions(session, t, id, votes, None);
        vec![buttons, sorry, report(session, t, id)]
    };
    classed("li", "reply").child(article(session, t, &written, is_shown, None, Box::new(answers)))
}
