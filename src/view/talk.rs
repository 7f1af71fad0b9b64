//! What a moderator and an author say to each other, and nobody else reads.

use std::cell::RefCell;

use peer_support_domain::limits::WORD_GRAPHEMES;
use peer_support_domain::moment;
use peer_support_domain::recovery::RecoveryCode;
use peer_support_domain::wire;

use super::words::{length, words};
use super::{actions, notice, say, write};
use crate::api::Failure;
use crate::browser;
use crate::dom::{El, button, classed, el};
use crate::identity;
use crate::locale::{Locale, tr};
use crate::session::Session;
use crate::signal::Signal;

/// The words so far, with lines to call where a moderator wrote, and a box to answer. Nothing before the first word: it is
/// a moderator who begins.
pub fn talk(session: Session, t: Locale, code: RecoveryCode, mine: Signal<wire::Mine>) -> Vec<El> {
    let said = mine.share();
    if said.words.is_empty() {
        return Vec::new();
    }
    let lines = said.words.iter().any(|word| word.is_moderators).then(|| lines(session));
    let talk = [
        el("h3").attr("id", "talk-title").attr("tabindex", "-1").text(&tr!(t, "talk-title")),
        classed("p", "hint").text(&tr!(t, "talk-only")),
        classed("ul", "feed").children(said.words.iter().map(|word| row(t, word))),
    ];
    talk.into_iter().chain(lines).chain([answer(session, t, code, mine)]).collect()
}

/// Whom to call: the best line of *Help now* as it stands there, or, where nobody has looked there yet, the emergency
/// numbers of the strip. The panel knows them and this module does not, so they are copied.
pub fn lines(session: Session) -> El {
    let root = session.root();
    let copy = |of: &str| root.iter().flat_map(|root| browser::copies(root, of)).collect::<Vec<_>>();
    let mut line = copy(".lines > li:first-child :is(h3, .ways a)");
    if line.is_empty() {
        line = copy(".strip a");
    }
    classed("div", "card crisis ways").children(line.into_iter().map(El::of))
}

fn row(t: Locale, word: &wire::Word) -> El {
    let who = if word.is_moderators { tr!(t, "talk-moderator") } else { tr!(t, "talk-you") };
    let since = browser::relative_time(&t.language(), moment::ago(word.created_at, browser::now_ms()));
    let by = classed("p", "labels").child(el("b").text(&who)).child(classed("span", "when").text(&since));
    classed("li", "reply").child(by).child(classed("p", "words").attr("dir", "auto").text(&word.text))
}

/// Whether the author's `text` is the last word.
fn ends_with(mine: &wire::Mine, text: &str) -> bool {
    mine.words.last().is_some_and(|word| !word.is_moderators && word.text == text.trim())
}

fn answer(session: Session, t: Locale, code: RecoveryCode, mine: Signal<wire::Mine>) -> El {
    let draft = session.draft(None, Some(code)).text;
    let problem = Signal::new(String::new());
    // What was sent last and under which key: the same words once more are the same answer.
    let sent = RefCell::new((String::new(), String::new()));
    let said = move |answer: Result<wire::Mine, Failure>| match answer {
        Ok(new) => {
            draft.set(String::new());
            mine.set(new);
            session.focus("talk-title");
        }
        Err(Failure::Outdated) => problem.set(tr!(t, "talk-full")),
        Err(failure) => problem.set([&say(t, failure), " ", &tr!(t, "failed-kept")].concat()),
    };
    let send = button("main", &tr!(t, "send"), move || {
        let text = write::plain(&draft.now());
        let n = browser::n_graphemes(&text);
        if !WORD_GRAPHEMES.contains(&n) {
            problem.set(length(t, &WORD_GRAPHEMES, n.max(1)));
            return session.focus("your-answer");
        }
        problem.set(String::new());
        if sent.borrow().0 != text {
            sent.replace((text.clone(), identity::new_idempotency_key()));
        }
        let key = sent.borrow().1.clone();
        // The last answer of the server may have been lost on its way: what is said already is not said twice.
        session.kept().api.mine(code, move |answer: Result<wire::Mine, Failure>| match answer {
            // Whoever went back has no use for it.
            _ if !mine.is_there() => {}
            Ok(new) if ends_with(&new, &text) && !ends_with(&mine.share_now(), &text) => said(Ok(new)),
            Ok(mut new) => session.kept().api.say(code, &key, &text, move |word| {
                said(word.map(|word| {
                    new.words.push(word);
                    new
                }));
            }),
            failed => said(failed),
        });
    });
    let problem = move || {
        let problem = problem.get();
        if problem.is_empty() { Vec::new() } else { vec![notice(&problem)] }
    };
    let hint = move || tr!(t, "talk-hint");
    classed("div", "compose")
        .children(words(t, "your-answer", &tr!(t, "talk-answer"), hint, draft, WORD_GRAPHEMES, None))
        .children_of(problem)
        .child(actions([send]))
}
