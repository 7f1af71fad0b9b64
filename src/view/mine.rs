//! One's own words, by their code: to see where they stand and what others answered, to mend them, to answer, to take them
//! away.

use peer_support_domain::limits::{POST_GRAPHEMES, REPLY_GRAPHEMES, WORD_GRAPHEMES};
use peer_support_domain::objection::ObjectionOutcome;
use peer_support_domain::post::State;
use peer_support_domain::recovery::{InvalidRecoveryCode, RecoveryCode};
use peer_support_domain::{moment, wire};

use super::my_posts::my_posts;
use super::notes::{choose_notes, note_name};
use super::pages::{self, Source};
use super::report::became_of;
use super::stories::kind_name;
use super::talk::{lines, talk};
use super::words::{length, words};
use super::{actions, notice, say, write};
use crate::api::Failure;
use crate::browser;
use crate::dom::{El, button, classed, el, value_of};
use crate::locale::{Locale, key, tr};
use crate::session::{Mine, Session};
use crate::signal::Signal;

/// The file's name says nothing to others who see the folder.
const FILE_NAME: &str = "copy.json";

/// What the visitor is doing with their words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Doing {
    Reading,
    Editing,
    /// Says why they object.
    Objecting,
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
                // The receipt of a report looks the same.
                Err(Failure::Missing | Failure::Closed) => {
                    session.kept().api.reported(&code.to_string(), move |answer| {
                        problem.set(match answer {
                            Ok(report) => became_of(t, &report),
                            Err(Failure::Missing | Failure::Closed) => tr!(t, "code-unknown"),
                            Err(failure) => say(t, failure),
                        });
                    });
                }
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
        .children_of(move || if found.share().is_none() { my_posts(session, t) } else { Vec::new() })
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
    let card = classed("div", "card")
        .on_key(move |event| {
            // What is open inside closes first; the next Escape closes the panel.
            if event.key() == "Escape" && doing.now() != Doing::Reading {
                event.prevent_default();
                doing.set(Doing::Reading);
            }
        })
        .children_of(move || match doing.get() {
            Doing::Reading => reading(session, t, code, &mine.share(), doing, problem),
            Doing::Editing => editing(session, t, code, mine, doing, problem),
            Doing::Objecting => objecting(session, t, code, mine, doing, problem),
            Doing::Deleting => deleting(session, t, code, mine, doing, problem),
        })
        .children_of(move || sentence(problem));
    classed("div", "compose").child(card).children_of(move || talk(session, t, code, mine)).child(thread(
        session,
        t,
        code,
        &mine.share_now(),
    ))
}

/// What others answered in the thread, and room to answer them as the same author.
fn thread(session: Session, t: Locale, code: RecoveryCode, mine: &wire::Mine) -> El {
    let thread = mine.thread;
    // Of what is not published nobody else knows; the thread of one's own reply is another's post.
    if mine.state != State::Published && thread == mine.id {
        return el("div");
    }
    let is_answering = Signal::new(false);
    let answer = move || {
        vec![if is_answering.get() {
            write::answer(session, t, thread, Some(code), is_answering)
        } else {
            let open = button("plain", &tr!(t, "reply"), move || {
                is_answering.set(true);
                session.focus("your-reply");
            });
            actions([open])
        }]
    };
    classed("div", "thread")
        .child(el("h3").text(&tr!(t, "replies-title")))
        .child(pages::first(session, t, Source::Thread(thread, None)))
        .child(classed("p", "hint").text(&tr!(t, "answer-same")))
        .children_of(answer)
}

fn reading(
    session: Session,
    t: Locale,
    code: RecoveryCode,
    mine: &wire::Mine,
    doing: Signal<Doing>,
    problem: Signal<String>,
) -> Vec<El> {
    let wire::Mine {
        thread,
        kind,
        text,
        original_text,
        waiting_text,
        notes,
        state,
        reason,
        statement,
        created_at,
        n_replies,
        is_late,
        ..
    } = mine;
    let (thread, kind, state, created_at, n_replies) = (*thread, *kind, *state, *created_at, *n_replies);
    let since = browser::relative_time(&t.language(), moment::ago(created_at, browser::now_ms()));
    let edit = matches!(state, State::Held | State::Published).then(|| {
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
    let export = button("plain", &tr!(t, "export"), move || {
        session.kept().api.export(code, thread, move |answer| match answer {
            Ok(file) => browser::save_file(FILE_NAME, &file),
            Err(failure) => problem.set(say(t, failure)),
        });
    });
    let n_replies =
        (n_replies > 0).then(|| classed("span", "when").text(&t.count(key!("n-replies"), n_replies)));
    let labels = classed("p", "labels")
        .children(kind.map(|kind| classed("span", "label").text(&kind_name(t, kind))))
        .children(notes.iter().map(|note| classed("span", "label").text(&note_name(t, note))))
        .child(classed("span", "when").text(&since))
        .children(n_replies);
    let mut shown = vec![labels, classed("p", "state").attr("role", "status").text(&state_name(t, mine))];
    if *is_late {
        shown.push(classed("p", "notice").text(&tr!(t, "is-late")));
        shown.push(lines(session));
    }
    if let Some(reason) = reason {
        shown.push(el("p").text(&tr!(t, "reason")));
        shown.push(el("blockquote").attr("dir", "auto").text(reason));
    }
    if let Some(statement) = statement {
        shown.extend(stated(session, t, statement, doing));
    }
    if let Some(original) = original_text {
        shown.push(classed("p", "notice").text(&tr!(t, "taken-out")));
        shown.push(classed("p", "words").attr("dir", "auto").text(original));
        if waiting_text.is_none() {
            shown.push(el("p").text(&tr!(t, "text-read")));
        }
    }
    if let Some(new) = waiting_text {
        shown.push(classed("p", "notice").text(&tr!(t, "text-waiting")));
        shown.push(classed("p", "words").attr("dir", "auto").text(new));
        shown.push(el("p").text(&tr!(t, "text-read")));
    }
    shown.push(classed("p", "words").attr("dir", "auto").text(text));
    shown.push(actions(edit.into_iter().chain(delete).chain([export])));
    shown
}

/// Who decided, and what became of an objection, or the way to one.
fn stated(session: Session, t: Locale, statement: &wire::Statement, doing: Signal<Doing>) -> Vec<El> {
    let said = match statement.objection {
        None if statement.may_object => tr!(t, "may-object"),
        None => return Vec::new(),
        Some(wire::Objection { outcome: None, .. }) => tr!(t, "objected"),
        Some(wire::Objection { outcome: Some(ObjectionOutcome::Upheld), .. }) => tr!(t, "objection-upheld"),
        Some(_) => tr!(t, "objection-changed"),
    };
    let by = if statement.is_by_rule { tr!(t, "by-rule") } else { tr!(t, "by-person") };
    let object = statement.may_object.then(|| {
        actions([button("plain", &tr!(t, "object"), move || {
            doing.set(Doing::Objecting);
            session.focus("object-words");
        })])
    });
    [el("p").text(&by), el("p").text(&said)].into_iter().chain(object).collect()
}

fn objecting(
    session: Session,
    t: Locale,
    code: RecoveryCode,
    mine: Signal<wire::Mine>,
    doing: Signal<Doing>,
    problem: Signal<String>,
) -> Vec<El> {
    let draft = Signal::new(String::new());
    let send = button("main", &tr!(t, "object"), move || {
        let text = write::plain(&draft.now());
        let n = browser::n_graphemes(&text);
        if n > 0 && !WORD_GRAPHEMES.contains(&n) {
            problem.set(length(t, &WORD_GRAPHEMES, n));
            return session.focus("object-words");
        }
        session.kept().api.object(code, Some(&*text).filter(|_| n > 0), move |answer| match answer {
            Ok(new) => {
                mine.set(new);
                problem.set(String::new());
                doing.set(Doing::Reading);
                session.focus("mine-title");
            }
            Err(failure) => problem.set(say(t, failure)),
        });
    });
    let hint = move || tr!(t, "talk-only");
    let mut shown =
        words(t, "object-words", &tr!(t, "object-why"), hint, draft, WORD_GRAPHEMES, None).to_vec();
    shown.push(actions([send, cancel(t, doing)]));
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
    let now = mine.share_now();
    let graphemes = if now.kind.is_none() { REPLY_GRAPHEMES } else { POST_GRAPHEMES };
    let draft = Signal::new(now.waiting_text.as_ref().unwrap_or(&now.text).clone());
    let notes = Signal::new(now.notes);
    let is_published = now.state == State::Published;
    let range = graphemes.clone();
    let save = button("main", &tr!(t, "save"), move || {
        let text = write::plain(&draft.now());
        let n = browser::n_graphemes(&text);
        if !range.contains(&n) {
            problem.set(length(t, &range, n.max(1)));
            return session.focus("edit-words");
        }
        session.kept().api.edit_mine(code, &text, notes.now(), move |answer| match answer {
            Ok(new) => {
                mine.set(new);
                problem.set(String::new());
                doing.set(Doing::Reading);
                session.focus("mine-title");
            }
            Err(failure) => problem.set(say(t, failure)),
        });
    });
    let hint = move || if is_published { tr!(t, "edit-published") } else { tr!(t, "privacy") };
    let mut shown = words(t, "edit-words", &tr!(t, "your-words"), hint, draft, graphemes, None).to_vec();
    shown.push(choose_notes(t, notes));
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
                session.drop_code(code);
                mine.update(|mine| {
                    mine.state = State::Deleted;
                    mine.text.clear();
                    mine.original_text = None;
                    mine.waiting_text = None;
                    mine.words.clear();
                    mine.reason = None;
                    mine.statement = None;
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

/// Where words stand, in a sentence for their author.
pub fn state_name(t: Locale, mine: &wire::Mine) -> String {
    match mine.state {
        State::Hidden if mine.is_hidden_by_reports => tr!(t, "state-reported"),
        State::Held => tr!(t, "state-held"),
        State::Published => tr!(t, "state-published"),
        State::Declined => tr!(t, "state-declined"),
        State::Hidden => tr!(t, "state-hidden"),
        State::Deleted => tr!(t, "state-deleted"),
    }
}
