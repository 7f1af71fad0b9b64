//! One's own words, by their code: to see where they stand, to mend them while nobody has read them, to take them away.

use peer_support_domain::limits::{POST_GRAPHEMES, REPLY_GRAPHEMES};
use peer_support_domain::post::State;
use peer_support_domain::recovery::{InvalidRecoveryCode, RecoveryCode};
use peer_support_domain::{moment, wire};

use super::stories::kind_name;
use super::words::{length, words};
use super::{actions, notice, say, write};
use crate::api::Failure;
use crate::browser;
use crate::dom::{El, button, classed, el, value_of};
use crate::locale::{Locale, key, tr};
use crate::session::{Mine, Session};
use crate::signal::Signal;

/// What the visitor is doing with their words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Doing {
    Reading,
    Editing,
    /// Asked whether to delete.
    Deleting,
}

/// The code first; then what it opens.
pub fn mine(session: Session, t: Locale, way: Mine) -> El {
    let found = Signal::new(None::<(RecoveryCode, wire::Mine)>);
    let typed = Signal::new(way.code.map(|code| code.to_string()).unwrap_or_default());
    let problem = Signal::new(String::new());
    let look = move || match typed.now().parse::<RecoveryCode>() {
        Err(InvalidRecoveryCode::Length(_)) => problem.set(tr!(t, "code-length")),
        Err(_) => problem.set(tr!(t, "code-typo")),
        Ok(code) => {
            session.kept().api.mine(code, move |answer| match answer {
                Ok(mine) => {
                    session.focus("mine-title");
                    found.set(Some((code, mine)));
                }
                Err(Failure::Missing | Failure::Closed) => problem.set(tr!(t, "code-unknown")),
                Err(failure) => problem.set(say(t, failure)),
            });
        }
    };
    if way.code.is_some() {
        look();
    }
    let back = button("link", &tr!(t, "back"), move || {
        session.mine.set(None);
        session.focus("tab-write");
    });
    classed("section", "write")
        .attr("aria-labelledby", "mine-title")
        .child(el("h2").attr("id", "mine-title").attr("tabindex", "-1").text(&tr!(t, "mine-title")))
        .children_of(move || match &*found.share() {
            Some((code, mine)) => vec![opened(session, t, *code, mine.clone())],
            None => vec![enter(t, typed, problem, look)],
        })
        .child(back)
}

fn enter(t: Locale, typed: Signal<String>, problem: Signal<String>, look: impl Fn() + Copy + 'static) -> El {
    let input = el("input")
        .attr("id", "your-code")
        .attr("type", "text")
        .attr("dir", "ltr")
        .attr("autocomplete", "off")
        .attr("autocapitalize", "characters")
        .attr("spellcheck", "false")
        .value(&typed.now())
        .on("input", move |event| typed.set(value_of(&event)))
        .on_key(move |event| {
            if event.key() == "Enter" {
                event.prevent_default();
                look();
            }
        });
    classed("div", "compose")
        .child(el("p").text(&tr!(t, "mine-intro")))
        .child(classed("label", "field").attr("for", "your-code").text(&tr!(t, "your-code")))
        .child(input)
        .children_of(move || sentence(problem))
        .child(actions([button("main", &tr!(t, "show"), look)]))
}

fn sentence(problem: Signal<String>) -> Vec<El> {
    let problem = problem.get();
    if problem.is_empty() { Vec::new() } else { vec![notice(&problem)] }
}

fn opened(session: Session, t: Locale, code: RecoveryCode, mine: wire::Mine) -> El {
    let mine = Signal::new(mine);
    let doing = Signal::new(Doing::Reading);
    let problem = Signal::new(String::new());
    classed("div", "card")
        .on_key(move |event| {
            // What is open inside closes first; the next Escape closes the panel.
            if event.key() == "Escape" && doing.now() != Doing::Reading {
                event.prevent_default();
                doing.set(Doing::Reading);
            }
        })
        .children_of(move || match doing.get() {
            Doing::Reading => reading(session, t, &mine.share(), doing),
            Doing::Editing => editing(session, t, code, mine, doing, problem),
            Doing::Deleting => deleting(session, t, code, mine, doing, problem),
        })
        .children_of(move || sentence(problem))
}

fn reading(session: Session, t: Locale, mine: &wire::Mine, doing: Signal<Doing>) -> Vec<El> {
    let wire::Mine { kind, text, state, reason, created_at, n_replies, .. } = mine;
    let (kind, state, created_at, n_replies) = (*kind, *state, *created_at, *n_replies);
    let since = browser::relative_time(&t.language(), moment::ago(created_at, browser::now_ms()));
    let edit = state.is_editable().then(|| {
        button("main", &tr!(t, "edit"), move || {
            doing.set(Doing::Editing);
            session.focus("edit-words");
        })
    });
    let delete = (state != State::Deleted).then(|| {
        button("plain", &tr!(t, "delete"), move || {
            doing.set(Doing::Deleting);
            session.focus("delete-sure");
        })
    });
    let n_replies =
        (n_replies > 0).then(|| classed("span", "when").text(&t.count(key!("n-replies"), n_replies)));
    let labels = classed("p", "labels")
        .children(kind.map(|kind| classed("span", "label").text(&kind_name(t, kind))))
        .child(classed("span", "when").text(&since))
        .children(n_replies);
    let mut shown = vec![labels, classed("p", "state").attr("role", "status").text(&state_name(t, state))];
    if let Some(reason) = reason {
        shown.push(el("p").text(&tr!(t, "reason")));
        shown.push(el("blockquote").attr("dir", "auto").text(reason));
    }
    shown.push(classed("p", "words").attr("dir", "auto").text(text));
    shown.push(actions(edit.into_iter().chain(delete)));
    shown
}

fn editing(
    session: Session,
    t: Locale,
    code: RecoveryCode,
    mine: Signal<wire::Mine>,
    doing: Signal<Doing>,
    problem: Signal<String>,
) -> Vec<El> {
    let graphemes = if mine.share_now().kind.is_none() { REPLY_GRAPHEMES } else { POST_GRAPHEMES };
    let draft = Signal::new(mine.share_now().text.clone());
    let range = graphemes.clone();
    let save = button("main", &tr!(t, "save"), move || {
        let text = write::plain(&draft.now());
        let n = browser::n_graphemes(&text);
        if !range.contains(&n) {
            problem.set(length(t, &range, n.max(1)));
            return session.focus("edit-words");
        }
        session.kept().api.edit_mine(code, &text, move |answer| match answer {
            Ok(new) => {
                mine.set(new);
                problem.set(String::new());
                doing.set(Doing::Reading);
                session.focus("mine-title");
            }
            Err(failure) => problem.set(say(t, failure)),
        });
    });
    let mut shown =
        words(t, "edit-words", &tr!(t, "your-words"), move || tr!(t, "privacy"), draft, graphemes).to_vec();
    shown.push(actions([save, cancel(t, doing)]));
    shown
}

fn deleting(
    session: Session,
    t: Locale,
    code: RecoveryCode,
    mine: Signal<wire::Mine>,
    doing: Signal<Doing>,
    problem: Signal<String>,
) -> Vec<El> {
    let delete = button("danger", &tr!(t, "delete-good"), move || {
        session.kept().api.delete_mine(code, move |answer| match answer {
            Ok(()) => {
                mine.update(|mine| {
                    mine.state = State::Deleted;
                    mine.text.clear();
                    mine.reason = None;
                });
                problem.set(String::new());
                doing.set(Doing::Reading);
                session.focus("mine-title");
            }
            Err(failure) => problem.set(say(t, failure)),
        });
    });
    let question =
        classed("p", "state").attr("id", "delete-sure").attr("tabindex", "-1").text(&tr!(t, "delete-sure"));
    vec![question, actions([delete, cancel(t, doing)])]
}

fn cancel(t: Locale, doing: Signal<Doing>) -> El {
    button("plain", &tr!(t, "cancel"), move || doing.set(Doing::Reading))
}

fn state_name(t: Locale, state: State) -> String {
    match state {
        State::Held => tr!(t, "state-held"),
        State::Published => tr!(t, "state-published"),
        State::Declined => tr!(t, "state-declined"),
        State::Hidden => tr!(t, "state-hidden"),
        State::Deleted => tr!(t, "state-deleted"),
    }
}
