//! One post: who wrote it and when, the words, what to say to it, and its thread.

use peer_support_domain::id::{AuthorTag, ItemId};
use peer_support_domain::moment;
use peer_support_domain::pseudonym::Pseudonym;
use peer_support_domain::wire;

use super::reactions::reactions;
use super::replies::replies;
use super::stories::{kind_name, topic_name};
use crate::browser;
use crate::dom::{El, button, classed, el};
use crate::locale::{Locale, key, tr};
use crate::session::Session;
use crate::signal::Signal;

/// What a post and a reply have in common.
pub struct Written<'a> {
    /// Its thread, inside which its author has a name.
    pub thread: ItemId,
    /// Its author.
    pub author: Option<AuthorTag>,
    /// When it was sent.
    pub created_at: i64,
    /// The words.
    pub text: &'a str,
    /// Their language.
    pub lang: Option<&'a str>,
    /// Whether the site's owner wrote it to show what the space is for.
    pub is_example: bool,
}

/// A post, with its thread folded.
pub fn post(session: Session, t: Locale, post: &wire::Post) -> El {
    let wire::Post { id, kind, topic, text, lang, author, created_at, n_replies, votes, is_example, .. } =
        post;
    let (id, n_replies, topic) = (*id, *n_replies, topic.clone());
    let thread_is_open = Signal::new(false);
    let is_answering = Signal::new(false);
    let written = Written {
        thread: id,
        author: *author,
        created_at: *created_at,
        text,
        lang: lang.as_ref().map(|lang| lang.as_str()),
        is_example: *is_example,
    };
    let topic = classed("span", "label").text_of(move || topic_name(session, t, topic.as_str()));
    let show_replies = (n_replies > 0).then(|| {
        button("plain", &t.count(key!("n-replies"), n_replies), move || {
            thread_is_open.update(|is_open| *is_open ^= true)
        })
        .attr_of("aria-expanded", move || Some(if thread_is_open.get() { "true" } else { "false" }))
    });
    let reply = button("plain", &tr!(t, "reply"), move || {
        thread_is_open.set(true);
        is_answering.set(true);
        session.focus("your-reply");
    });
    let article = el("article")
        .child(written_by(session, t, &written))
        .child(classed("p", "labels").child(classed("span", "label").text(&kind_name(t, *kind))).child(topic))
        .child(words(&written))
        .children(reactions(session, t, id, *votes))
        .child(classed("p", "answers").children(show_replies).child(reply));
    classed("li", "card post").child(article).children_of(move || {
        thread_is_open.get().then(|| replies(session, t, id, is_answering)).into_iter().collect()
    })
}

/// The author's name inside the thread and the time; and that it is an example, when it is one.
pub fn written_by(session: Session, t: Locale, written: &Written<'_>) -> El {
    const FACES: [&str; 6] =
        ["face tone-0", "face tone-1", "face tone-2", "face tone-3", "face tone-4", "face tone-5"];
    let pseudonym = written.author.map(Pseudonym::of);
    let mut name = pseudonym.map_or_else(
        || tr!(t, "someone"),
        |pseudonym| {
            let (adjectives, animals) = (tr!(t, "adjectives"), tr!(t, "animals"));
            let (adjective, animal) = pseudonym.words(&adjectives, &animals);
            tr!(t, "pseudonym", adjective = adjective, animal = animal)
        },
    );
    let initial: String = name.chars().take(1).collect();
    if written.author.is_some_and(|author| author == session.kept().key.author_tag(written.thread)) {
        name = [&name, " (", &tr!(t, "you"), ")"].concat();
    }
    let tone = pseudonym.map_or(0, Pseudonym::tone);
    let since = browser::relative_time(&t.language(), moment::ago(written.created_at, browser::now_ms()));
    let example = written.is_example.then(|| classed("span", "example").text(&tr!(t, "example")));
    let who = classed("span", "who")
        .child(el("b").text(&name))
        .child(classed("span", "when").text(&since))
        .children(example);
    classed("header", "by")
        .child(classed("span", FACES[usize::from(tone)]).attr("aria-hidden", "true").text(&initial))
        .child(who)
}

/// The words as text, whatever is in them, in the direction that they are written in.
pub fn words(written: &Written<'_>) -> El {
    classed("p", "words").attr("dir", "auto").attr_some("lang", written.lang).text(written.text)
}
