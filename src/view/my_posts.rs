//! What was written on this device, where it was asked to remember.

use peer_support_domain::recovery::RecoveryCode;
use peer_support_domain::wire;

use super::mine::state_name;
use super::{quiet, say, waiting};
use crate::api::Failure;
use crate::dom::{El, button, classed, el};
use crate::locale::{Locale, tr};
use crate::session::{Load, Mine, Session, shown_in};
use crate::signal::Signal;

/// Letters of a text that tell it from another.
const N_LETTERS: usize = 80;

/// Each of them with its state, the newest first, and a button that opens it.
pub fn my_posts(session: Session, t: Locale) -> Vec<El> {
    if !session.is_kept.get() {
        return Vec::new();
    }
    let codes = session.kept_codes();
    let list = match codes.is_empty() {
        true => quiet(&tr!(t, "my-posts-none")),
        false => classed("ul", "feed").children(codes.into_iter().map(|code| row(session, t, code))),
    };
    vec![el("h3").text(&tr!(t, "my-posts")), list]
}

fn row(session: Session, t: Locale, code: RecoveryCode) -> El {
    let mine = Signal::new(Load::Waiting);
    let show = shown_in(mine);
    session.kept().api.mine(code, move |answer: Result<wire::Mine, Failure>| show(answer));
    let shown = move || match &*mine.share() {
        Load::Waiting => vec![waiting(t)],
        Load::Failed(Failure::Missing) => vec![quiet(&tr!(t, "code-unknown"))],
        Load::Failed(failure) => vec![quiet(&say(t, *failure))],
        Load::Ready(mine) => {
            let text = mine.waiting_text.as_ref().unwrap_or(&mine.text);
            let begins: String = text.chars().take(N_LETTERS).collect();
            let id = ["open-", &mine.id.to_string()[..]].concat();
            let open = button("plain", &tr!(t, "open"), move || {
                session.mine.set(Some(Mine { code: Some(code) }));
                session.focus("mine-title");
            });
            vec![
                classed("p", "words").attr("id", &id).attr("dir", "auto").text(&begins),
                classed("p", "state").text(&state_name(t, mine)),
                open.attr("aria-describedby", &id),
            ]
        }
    };
    classed("li", "card").children_of(shown)
}
