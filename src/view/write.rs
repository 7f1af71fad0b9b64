//! Writing: a post, or an answer to one.

use peer_support_domain::id::ItemId;
use peer_support_domain::limits::{POST_GRAPHEMES, REPLY_GRAPHEMES};
use peer_support_domain::post::Kind;
use peer_support_domain::recovery::RecoveryCode;
use peer_support_domain::text::is_refused;

use super::foot::open_mine;
use super::notes::choose_notes;
use super::noticing::{noticing, underlines};
use super::on_its_way::on_its_way;
use super::remember::remember;
use super::sent::sent;
use super::stories::{ask_site, kind_name, mode, topic_choices};
use super::words::{length, words};
use super::{actions, choice, copy_button, mine, notice, say};
use crate::api::Failure;
use crate::dom::{El, button, classed, el, follow};
use crate::locale::{Locale, key, tr};
use crate::session::{Draft, Mine, Refusal, Sending, Session};
use crate::signal::Signal;
use crate::{browser, sending};

/// The view *Write*: the form, what became of it, or what was written before.
pub fn write(session: Session, t: Locale) -> El {
    ask_site(session);
    let draft = session.draft(None, None);
    el("div").children_of(move || match session.mine.get() {
        Some(way) => vec![mine::mine(session, t, way)],
        None => vec![form_or_sent(session, t, draft, move || {
            let title =
                el("h2").attr("id", "write-title").attr("tabindex", "-1").text(&tr!(t, "write-title"));
            classed("section", "write")
                .attr("aria-labelledby", "write-title")
                .child(title)
                .children_of(move || mode(session, t))
                .children(about(session, t, draft))
                .child(compose(session, t, draft, None))
                .children_of(move || my_posts(session, t))
                .child(remember(session, t))
        })],
    })
}

/// The way to what was written before, where this device remembers it.
fn my_posts(session: Session, t: Locale) -> Vec<El> {
    let open = || button("plain", &tr!(t, "my-posts"), move || open_mine(session, Mine { code: None }));
    session.is_kept.get().then(open).into_iter().collect()
}

/// The form below a thread. It closes when the visitor has read what became of their words, or turns back. With the `code`
/// of something in the thread, the same author answers.
pub fn answer(
    session: Session,
    t: Locale,
    thread: ItemId,
    code: Option<RecoveryCode>,
    is_answering: Signal<bool>,
) -> El {
    let draft = session.draft(Some(thread), code);
    form_or_sent(session, t, draft, move || compose(session, t, draft, Some(is_answering)))
}

fn form_or_sent(session: Session, t: Locale, draft: Draft, form: impl Fn() -> El + 'static) -> El {
    // Drawn anew when something else is to be shown, and not at each step.
    let is_going = Signal::new(is_going(&draft.sending.now()));
    follow(Box::new(move || {
        let is = self::is_going(&draft.sending.get());
        if is != is_going.now() {
            is_going.set(is);
        }
    }));
    el("div").children_of(move || match &*draft.sent.share() {
        Some(taken) => vec![sent(session, t, draft, taken)],
        None if is_going.get() => vec![on_its_way(session, t, draft)],
        None => vec![form()],
    })
}

/// Whether the words are on their way.
fn is_going(sending: &Sending) -> bool {
    !matches!(sending, Sending::No | Sending::Refused(_))
}

/// Kind and topic of a post.
fn about(session: Session, t: Locale, draft: Draft) -> [El; 2] {
    let kinds = Kind::ALL.map(|kind| {
        let is_chosen = (draft.kind.now() == kind).then_some("");
        let input = el("input")
            .attr("type", "radio")
            .attr("name", "kind")
            .attr_some("checked", is_chosen)
            .on("change", move |_| draft.kind.set(kind));
        classed("label", "option").child(input).child(el("span").text(&kind_name(t, kind)))
    });
    let topics = move || {
        let topics = topic_choices(session, t, true);
        if topics.is_empty() {
            return Vec::new();
        }
        let name = tr!(t, "topic");
        let choice = choice(&name, "wide", topics, &draft.topic.now(), move |topic| draft.topic.set(topic));
        vec![classed("p", "field").attr("aria-hidden", "true").text(&name), choice]
    };
    [
        classed("fieldset", "kinds")
            .child(el("legend").text(&tr!(t, "kind-legend")))
            .child(classed("div", "options").children(kinds)),
        classed("div", "topics").children_of(topics),
    ]
}

/// The text box and what sends it. An answer can be given up: `is_open` then becomes false, and the draft stays.
fn compose(session: Session, t: Locale, draft: Draft, is_open: Option<Signal<bool>>) -> El {
    let is_reply = draft.thread.is_some();
    let (id, label) =
        if is_reply { ("your-reply", tr!(t, "your-reply")) } else { ("your-words", tr!(t, "your-words")) };
    let graphemes = || if is_reply { REPLY_GRAPHEMES } else { POST_GRAPHEMES };
    let hint = move || {
        let prompt = match draft.kind.get() {
            _ if is_reply => String::new(),
            Kind::Story => tr!(t, "prompt-story"),
            Kind::Coping => tr!(t, "prompt-coping"),
            Kind::Question => tr!(t, "prompt-question"),
        };
        [&prompt, " ", &tr!(t, "privacy")].concat()
    };
    let range = graphemes();
    let refusal = move || {
        let Sending::Refused(why) = draft.sending.get() else { return Vec::new() };
        vec![match why {
            Refusal::Length(0) => {
                notice(&t.count(key!("too-short"), u32::try_from(*range.start()).unwrap_or_default()))
            }
            // The count beside the box says the same to those who see it.
            Refusal::Length(n) => notice(&length(t, &range, n)).attr("class", "unseen"),
            Refusal::Failed(failure) => {
                let text = draft.text.now();
                let copy = (failure == Failure::Closed).then(|| copy_button(t, "plain", text));
                notice(&[&say(t, failure), " ", &tr!(t, "failed-kept")].concat()).children(copy)
            }
        }]
    };
    let range = graphemes();
    let send = move || {
        let text = plain(&draft.text.now());
        let n = browser::n_graphemes(&text);
        if range.contains(&n) {
            sending::send(session, t, draft, text);
            session.focus(if is_reply { "reply-on-its-way-title" } else { "post-on-its-way-title" });
        } else {
            draft.sending.set(Sending::Refused(Refusal::Length(n)));
            session.focus(id);
        }
    };
    let send = button("main", &tr!(t, "send"), send);
    let cancel = is_open.map(|is_open| button("plain", &tr!(t, "cancel"), move || is_open.set(false)));
    classed("div", "compose")
        .children(words(t, id, &label, hint, draft.text, graphemes(), Some(underlines(draft))))
        .child(noticing(session, t, draft, id))
        .child(choose_notes(t, draft.notes))
        .children_of(refusal)
        .child(actions(std::iter::once(send).chain(cancel)))
}

/// The words as they are sent: without characters that nobody sees and the server refuses, as pasted text has them.
pub fn plain(text: &str) -> String {
    text.chars().filter(|c| *c == '\r' || !is_refused(*c)).collect()
}
