//! A list that comes page by page: the feed, and the replies of a thread.

use peer_support_domain::cursor::{Cursor, Order};
use peer_support_domain::id::ItemId;
use peer_support_domain::wire;

use super::stories::Choices;
use super::{failed, post, quiet, replies, waiting};
use crate::api::{Failure, Wanted};
use crate::dom::{El, button, classed, el};
use crate::locale::{Locale, tr};
use crate::session::{Load, Session, shown_in};
use crate::signal::Signal;

/// Where a list comes from.
#[derive(Clone)]
pub enum Source {
    /// The site's posts.
    Feed(Choices),
    /// The replies to a post, the oldest first.
    Thread(ItemId),
}

/// The rows of a page, of either kind.
enum Rows {
    Posts(Vec<wire::Post>),
    Replies(Vec<wire::Reply>),
}

type Shown = (Rows, Option<Cursor>);

/// The page behind `cursor`, and below it, when asked for, the next: what stands already is never drawn again.
pub fn page(session: Session, t: Locale, source: Source, cursor: Option<Cursor>) -> El {
    let page = Signal::new(Load::Waiting);
    let asked = source.clone();
    let request = move || ask(session, &asked, cursor, page);
    request();
    classed("div", "page").children_of(move || match &*page.share() {
        Load::Waiting => vec![waiting(t)],
        Load::Failed(failure) => vec![failed(t, *failure, request.clone())],
        Load::Ready((rows, next)) => {
            let rows: Vec<_> = match (rows, &source) {
                (Rows::Posts(posts), _) => posts.iter().map(|item| post::post(session, t, item)).collect(),
                (Rows::Replies(items), Source::Thread(thread)) => {
                    items.iter().map(|item| replies::reply(session, t, *thread, item)).collect()
                }
                _ => Vec::new(),
            };
            if rows.is_empty() && cursor.is_none() {
                return vec![quiet(&nothing(t, &source))];
            }
            let mut shown = vec![classed("ul", "feed").children(rows)];
            if let Some(next) = *next {
                let source = source.clone();
                shown.push(next_page(t, move || self::page(session, t, source.clone(), Some(next))));
            }
            shown
        }
    })
}

fn ask(session: Session, source: &Source, cursor: Option<Cursor>, page: Signal<Load<Shown>>) {
    let api = &session.kept().api;
    let show = shown_in(page);
    match source {
        Source::Feed(Choices { order, kind, topic }) => {
            let wanted = Wanted { order: *order, kind: *kind, topic, cursor };
            api.posts(wanted, move |answer: Result<wire::Page<_>, Failure>| {
                show(answer.map(|page| (Rows::Posts(page.items), page.next)));
            });
        }
        Source::Thread(thread) => {
            api.replies(*thread, cursor, move |answer: Result<wire::Page<_>, Failure>| {
                show(answer.map(|page| (Rows::Replies(page.items), page.next)));
            })
        }
    }
}

fn nothing(t: Locale, source: &Source) -> String {
    match source {
        Source::Thread(_) => tr!(t, "no-replies"),
        Source::Feed(Choices { order: Order::New | Order::Helpful, kind: None, topic })
            if topic.is_empty() =>
        {
            tr!(t, "stories-empty")
        }
        Source::Feed(_) => tr!(t, "stories-none-match"),
    }
}

/// A button that gives way to the next page.
fn next_page(t: Locale, page: impl Fn() -> El + 'static) -> El {
    let is_open = Signal::new(false);
    el("div").children_of(move || {
        vec![if is_open.get() {
            page()
        } else {
            button("plain", &tr!(t, "show-more"), move || is_open.set(true))
        }]
    })
}
