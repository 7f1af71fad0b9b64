//! One post: who wrote it and when, the words, what to say to it, and its thread.

use peer_support_domain::id::{AuthorTag, ItemId};
use peer_support_domain::moment;
use peer_support_domain::note::ContentNotes;
use peer_support_domain::post::Kind;
use peer_support_domain::pseudonym::Pseudonym;
use peer_support_domain::wire;

use super::notes::note_name;
use super::reactions::reactions;
use super::replies::replies;
use super::report::report;
use super::stories::{kind_name, site_name, takes_replies, topic_name};
use crate::browser;
use crate::dom::{El, button, classed, el, yes_no};
use crate::locale::{Locale, key, tr};
use crate::session::Session;
use crate::signal::Signal;

/// What a post and a reply have in common.
pub struct Written<'a> {
    /// Its own id.
    pub id: ItemId,
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
    /// What some would rather not meet unprepared.
    pub notes: ContentNotes,
    /// Whether it is a reply by the author of the post.
    pub is_posters: bool,
    /// Whether the site's owner wrote it to show what the space is for.
    pub is_example: bool,
    /// Whether the site's owner wrote it, as themselves.
    pub is_owners: bool,
}

/// A post, with its thread folded.
pub fn post(session: Session, t: Locale, post: &wire::Post) -> El {
    let wire::Post {
        id,
        kind,
        topic,
        text,
        lang,
        notes,
        author,
        created_at,
        n_replies,
        votes,
        is_example,
        is_owners,
    } = post;
    let (id, kind, n_replies, votes, topic) = (*id, *kind, *n_replies, *votes, topic.clone());
    let (author, is_owners) = (*author, *is_owners);
    let is_shown = Signal::new(notes.is_empty() || session.reading().has_unfolded(id));
    let thread_is_open = Signal::new(false);
    let is_answering = Signal::new(false);
    let written = Written {
        id,
        thread: id,
        author,
        created_at: *created_at,
        text,
        lang: lang.as_ref().map(|lang| lang.as_str()),
        notes: *notes,
        is_posters: false,
        is_example: *is_example,
        is_owners,
    };
    let of_topic = topic.clone();
    let topic = classed("span", "label").text_of(move || topic_name(session, t, topic.as_str()));
    let labels =
        classed("p", "labels").child(classed("span", "label").text(&kind_name(t, kind))).child(topic);
    let answers = move || {
        let show_replies = (n_replies > 0).then(|| {
            button("plain", "", move || thread_is_open.set(!thread_is_open.now()))
                .text_of(move || match session.reading().is_calm.get() {
                    true => tr!(t, "replies"),
                    false => t.count(key!("n-replies"), n_replies),
                })
                .attr_of("aria-expanded", move || yes_no(thread_is_open.get()))
        });
        let topic = of_topic.clone();
        let reply = button("plain", &tr!(t, "reply"), move || {
            thread_is_open.set(true);
            is_answering.set(true);
            session.focus("your-reply");
        })
        .attr_of("hidden", move || (!takes_replies(session, is_owners, &topic)).then_some(""));
        let [buttons, sorry] = reactions(session, t, id, votes, Some(kind));
        let answers = classed("p", "answers").children(show_replies).child(reply);
        vec![buttons, sorry, answers, report(session, t, id)]
    };
    let class = if kind == Kind::Coping { "card post coping" } else { "card post" };
    classed("li", class)
        .child(article(session, t, &written, is_shown, Some(labels), Box::new(answers)))
        .children_of(move || {
            let is_open = is_shown.get() && thread_is_open.get();
            is_open.then(|| replies(session, t, id, author, is_answering)).into_iter().collect()
        })
}

/// Who, when and what about; then the words and what can be done with them. With content notes those are folded until the
/// reader chooses to see them.
pub fn article(
    session: Session,
    t: Locale,
    written: &Written<'_>,
    is_shown: Signal<bool>,
    labels: Option<El>,
    answers: Box<dyn Fn() -> Vec<El>>,
) -> El {
    let (id, notes) = (written.id, written.notes);
    let (text, lang) = (written.text.to_owned(), written.lang.map(str::to_owned));
    let words = move || {
        // In the direction that they are written in, whatever is in them.
        classed("p", "words").attr("dir", "auto").attr_some("lang", lang.as_deref()).text(&text)
    };
    let article = el("article").child(written_by(session, t, written)).children(labels);
    if notes.is_empty() {
        return article.child(words()).children(answers());
    }
    let name = move || match is_shown.get() {
        true => tr!(t, "notes-hide", notes = note_names(t, notes)),
        false => tr!(t, "notes-show", notes = note_names(t, notes)),
    };
    let unfold = move || {
        let wish = !is_shown.now();
        session.reading().unfold(id, wish);
        is_shown.set(wish);
    };
    let unfold = button("plain folded", "", unfold)
        .text_of(name)
        .attr_of("aria-expanded", move || yes_no(is_shown.get()));
    article.child(unfold).children_of(move || {
        if !is_shown.get() {
            return Vec::new();
        }
        std::iter::once(words()).chain(answers()).collect()
    })
}

/// What a text is about, in words: "suicide, abuse".
pub fn note_names(t: Locale, notes: ContentNotes) -> String {
    let comma = tr!(t, "comma");
    let mut names = String::new();
    for note in notes.iter() {
        if !names.is_empty() {
            names += &comma;
        }
        names += &note_name(t, note);
    }
    names
}

/// The author's name inside the thread, who that is when it matters, and the time.
fn written_by(session: Session, t: Locale, written: &Written<'_>) -> El {
    const FACES: [&str; 6] =
        ["face tone-0", "face tone-1", "face tone-2", "face tone-3", "face tone-4", "face tone-5"];
    let Written { thread, author, created_at, is_posters, is_example, is_owners, .. } = *written;
    let pseudonym = author.map(Pseudonym::of);
    let is_own = author.is_some_and(|author| author == session.kept().key.author_tag(thread));
    let name = move || {
        if is_owners {
            return site_name(session, t);
        }
        let Some(pseudonym) = pseudonym else { return tr!(t, "someone") };
        let (adjectives, animals) = (tr!(t, "adjectives"), tr!(t, "animals"));
        let (adjective, animal) = pseudonym.words(&adjectives, &animals);
        tr!(t, "pseudonym", adjective = adjective, animal = animal)
    };
    let named = move || if is_own { [&name(), " (", &tr!(t, "you"), ")"].concat() } else { name() };
    let tone = pseudonym.map_or(0, Pseudonym::tone);
    let since = move || {
        browser::relative_time(&t.language(), moment::ago(created_at, session.reading().now_ms.get()))
    };
    let marks = [
        is_posters.then(|| classed("span", "mark").text(&tr!(t, "wrote-post"))),
        is_owners.then(|| classed("span", "mark").text(&tr!(t, "from-site"))),
        is_example.then(|| classed("span", "example").text(&tr!(t, "example"))),
    ];
    let who = classed("span", "who")
        .child(el("b").text_of(named))
        .child(classed("span", "when").text_of(since))
        .children(marks.into_iter().flatten());
    let initial = move || name().chars().take(1).collect();
    classed("header", "by")
        .child(classed("span", FACES[usize::from(tone)]).attr("aria-hidden", "true").text_of(initial))
        .child(who)
}
