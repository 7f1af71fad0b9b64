//! Writing: a post, or an answer to one.

use peer_support_domain::id::ItemId;
use peer_support_domain::limits::{POST_GRAPHEMES, REPLY_GRAPHEMES};
use peer_support_domain::post::Kind;
use peer_support_domain::text::is_refused;
use peer_support_domain::wire;

use super::sent::sent;
use super::stories::{ask_site, kind_name, topic_choices};
use super::words::{length, words};
use super::{actions, choice, mine, notice, say};
use crate::dom::{El, button, classed, el};
use crate::locale::{Locale, key, tr};
use crate::session::{Attempt, Draft, Refusal, Sending, Sent, Session};
use crate::signal::Signal;
use crate::{browser, identity};

/// The view *Write*: the form, what became of it, or what was written before.
pub fn write(session: Session, t: Locale) -> El {
    ask_site(session);
    let draft = session.draft(None);
    el("div").children_of(move || match session.mine.get() {
        Some(way) => vec![mine::mine(session, t, way)],
        None => vec![form_or_sent(session, t, draft, move || {
            let title =
                el("h2").attr("id", "write-title").attr("tabindex", "-1").text(&tr!(t, "write-title"));
            classed("section", "write")
                .attr("aria-labelledby", "write-title")
                .child(title)
                .children(about(session, t, draft))
                .child(compose(session, t, draft, None))
        })],
    })
}

/// The form below a thread. It closes when the visitor has read what became of their words, or turns back.
pub fn answer(session: Session, t: Locale, thread: ItemId, is_answering: Signal<bool>) -> El {
    let draft = session.draft(Some(thread));
    form_or_sent(session, t, draft, move || compose(session, t, draft, Some(is_answering)))
}

fn form_or_sent(session: Session, t: Locale, draft: Draft, form: impl Fn() -> El + 'static) -> El {
    el("div").children_of(move || match &*draft.sent.share() {
        Some(taken) => vec![sent(session, t, draft, taken)],
        None => vec![form()],
    })
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
        let topics = topic_choices(session, t);
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
            Refusal::Failed(failure) => notice(&[&say(t, failure), " ", &tr!(t, "failed-kept")].concat()),
        }]
    };
    let range = graphemes();
    let on_send = move |_| {
        let n = browser::n_graphemes(&plain(&draft.text.now()));
        if draft.sending.now() == Sending::Now {
        } else if range.contains(&n) {
            send(session, t, draft);
        } else {
            draft.sending.set(Sending::Refused(Refusal::Length(n)));
            session.focus(id);
        }
    };
    let send_name =
        move || if draft.sending.get() == Sending::Now { tr!(t, "sending") } else { tr!(t, "send") };
    // Disabled, it would lose the focus of those who cannot see where it went.
    let send = classed("button", "main").attr("type", "button").text_of(send_name).on("click", on_send);
    let cancel = is_open.map(|is_open| button("plain", &tr!(t, "cancel"), move || is_open.set(false)));
    classed("div", "compose")
        .children(words(t, id, &label, hint, draft.text, graphemes()))
        .children_of(refusal)
        .child(actions(std::iter::once(send).chain(cancel)))
}

/// The words as they are sent: without characters that nobody sees and the server refuses, as pasted text has them.
pub fn plain(text: &str) -> String {
    text.chars().filter(|c| *c == '\r' || !is_refused(*c)).collect()
}

/// Sends the draft. After a failure, the same words go out as the same attempt, so they are stored once; other words are
/// another attempt.
fn send(session: Session, t: Locale, draft: Draft) {
    let kept = session.kept();
    let text = plain(&draft.text.now());
    let topic = draft.topic.now().parse().ok();
    let kind = draft.kind.now();
    let last = draft
        .attempt
        .now()
        .filter(|attempt| attempt.new.text == text && attempt.new.kind == kind && attempt.new.topic == topic);
    let attempt = last.unwrap_or_else(|| {
        let id = identity::new_item_id();
        let (code, recovery) = identity::new_recovery_code();
        let new = wire::NewPost {
            id: Some(id),
            kind,
            topic,
            text,
            lang: t.language().parse().ok(),
            notes: Default::default(),
            author: Some(kept.key.author(draft.thread.unwrap_or(id))),
            recovery: Some(recovery),
        };
        Attempt { key: identity::new_idempotency_key(), code, new }
    });
    draft.attempt.set(Some(attempt.clone()));
    draft.sending.set(Sending::Now);
    let code = attempt.code;
    kept.api.send(draft.thread, &attempt.key, &attempt.new, move |answer| match answer {
        Ok(receipt) => {
            draft.sending.set(Sending::No);
            draft.sent.set(Some(Sent { code, receipt }));
            session.focus(if draft.thread.is_some() { "sent-reply" } else { "sent-post" });
        }
        Err(failure) => draft.sending.set(Sending::Refused(Refusal::Failed(failure))),
    });
}
