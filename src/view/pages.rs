//! A list that comes page by page: the feed, what a search finds, and the replies of a thread.

use std::cell::{Cell, RefCell};
use std::iter;
use std::rc::Rc;

use peer_support_domain::cursor::{Cursor, Order};
use peer_support_domain::id::{AuthorTag, ItemId};
use peer_support_domain::mix::{ITEMS_OF_EACH, mix};
use peer_support_domain::mute::Muted;
use peer_support_domain::wire;

use super::newer::{self, News, Wish};
use super::{failed, post, quiet, replies, say, waiting};
use crate::api::{Failure, Wanted};
use crate::browser;
use crate::dom::{El, button, classed, el};
use crate::locale::{Locale, key, tr};
use crate::reading::Choices;
use crate::session::{Load, Session, shown_in};
use crate::signal::Signal;

/// Where a list comes from.
#[derive(Clone)]
pub enum Source {
    /// The site's posts.
    Feed(Choices),
    /// The replies to a post, the oldest first, and who wrote the post.
    Thread(ItemId, Option<AuthorTag>),
}

/// The rows of a page, of either kind.
pub enum Rows {
    Posts(Vec<wire::Post>),
    Replies(Vec<wire::Reply>),
}

/// What is asked for together, and where each begins: one list, or those of a mix.
type Places = Vec<(Order, Option<Cursor>)>;
pub type Shown = (Rows, Places);
/// A feed's page, with the place of the feed among those that were asked for.
type Answer = (usize, Order, wire::Page<wire::Post>);

/// A list, from its first page on.
#[derive(Clone)]
pub struct List {
    pub session: Session,
    pub t: Locale,
    pub source: Source,
    /// The items that stand already: in a mix, when votes move a post while its reader reads on, and when it was new a moment
    /// ago, the same may come again.
    pub seen: Rc<RefCell<Vec<ItemId>>>,
    /// What was published since it was asked for.
    pub news: News,
}

/// A part of a list.
#[derive(Clone)]
enum Part {
    /// A page, which may be the first.
    Page(Places, bool),
    /// What is new.
    New(Wish),
}

/// The first page, and below it, when asked for, the next: what stands already is not asked for again.
pub fn first(session: Session, t: Locale, source: Source) -> El {
    let places = match &source {
        Source::Feed(Choices { words, order: None, .. }) if words.is_empty() => {
            [Order::Unanswered, Order::New, Order::Helpful].map(|order| (order, None)).into()
        }
        Source::Feed(Choices { order: Some(order), .. }) => vec![(*order, None)],
        _ => vec![(Order::New, None)],
    };
    let list = List { session, t, source, seen: Rc::default(), news: News::new(session) };
    newer::follow(&list);
    let first = list.clone().page(places, true);
    match &list.source {
        Source::Feed(Choices { words, .. }) if words.is_empty() => {
            classed("div", "page").child(newer::newer(list)).child(first)
        }
        _ => first,
    }
}

impl List {
    fn page(self, places: Places, is_first: bool) -> El {
        self.part(Part::Page(places, is_first))
    }

    /// What is new, with the focus on the first of it.
    pub fn what_is_new(self, wish: Wish) -> El {
        self.part(Part::New(wish))
    }

    fn part(self, part: Part) -> El {
        let (session, t) = (self.session, self.t);
        let page = Signal::new(Load::Waiting);
        // What was muted when the reader asked to see it all the same. What they mute later is hidden again.
        let shown_for = Signal::new(None::<Rc<Muted>>);
        let list = self.clone();
        let asked = part.clone();
        let request = move || match &asked {
            Part::Page(places, _) => list.ask(places, page),
            Part::New(wish) => list.ask_new(wish, page),
        };
        request();
        let is_focused = Cell::new(false);
        classed("div", "page").children_of(move || match &*page.share() {
            Load::Waiting => vec![waiting(t)],
            Load::Failed(failure) => vec![failed(t, *failure, request.clone())],
            Load::Ready((rows, next)) => {
                let muted = session.reading().muted.share();
                let is_unmuted = shown_for.get().is_some_and(|then| Rc::ptr_eq(&then, &muted));
                let (n_all, rows) = self.rows(rows, (!is_unmuted).then_some(&muted));
                match part {
                    Part::Page(_, true) if n_all == 0 && next.is_empty() => {
                        let news = self.news;
                        let hidden = move || news.is_shown.get().then_some("");
                        let nothing = quiet(&self.nothing()).attr_of("hidden", hidden);
                        let is_thread = matches!(self.source, Source::Thread(..));
                        let newer = is_thread.then(|| newer::newer(self.clone()));
                        return iter::once(nothing).chain(newer).collect();
                    }
                    Part::New(_) if n_all == 0 => return vec![quiet(&say(t, Failure::Missing))],
                    Part::New(_) if !is_focused.replace(true) => {
                        if let Some(first) = rows.first() {
                            browser::focus_soon(first.clone().attr("tabindex", "-1").node().clone());
                        }
                    }
                    _ => {}
                }
                let n_hidden = n_all - rows.len();
                let mut shown = vec![classed("ul", "feed").children(rows)];
                if n_hidden > 0 {
                    shown.push(hidden(session, t, n_hidden, shown_for));
                }
                match (&part, &self.source) {
                    _ if !next.is_empty() => {
                        let (list, next) = (self.clone(), next.clone());
                        shown.push(next_page(t, move || list.clone().page(next.clone(), false)));
                    }
                    (Part::New(_), _) => {}
                    (_, Source::Feed(_)) => shown.push(classed("p", "quiet").text(&tr!(t, "the-end"))),
                    (_, Source::Thread(..)) => shown.push(newer::newer(self.clone())),
                }
                shown
            }
        })
    }

    /// How many rows there are, and those of them that are not hidden, drawn.
    fn rows(&self, rows: &Rows, muted: Option<&Muted>) -> (usize, Vec<El>) {
        let (session, t) = (self.session, self.t);
        let is_shown = |topic, text: &str| !muted.is_some_and(|muted| muted.hides(topic, text));
        let mut shown = Vec::new();
        let n_all = match (rows, &self.source) {
            (Rows::Posts(posts), _) => {
                for item in posts {
                    if is_shown(Some(&item.topic), &item.text) {
                        shown.push(post::post(session, t, item));
                    }
                }
                posts.len()
            }
            (Rows::Replies(items), Source::Thread(thread, poster)) => {
                for item in items {
                    if is_shown(None, &item.text) {
                        shown.push(replies::reply(session, t, *thread, *poster, item));
                    }
                }
                items.len()
            }
            _ => 0,
        };
        (n_all, shown)
    }

    fn ask(&self, places: &Places, page: Signal<Load<Shown>>) {
        let api = &self.session.kept().api;
        let (kind, topic, words) = match &self.source {
            Source::Feed(Choices { kind, topic, words, .. }) => (*kind, topic, words),
            Source::Thread(thread, _) => {
                let show = shown_in(page);
                let cursor = places.first().and_then(|(_, cursor)| *cursor);
                let seen = self.seen.clone();
                return api.replies(
                    *thread,
                    cursor,
                    move |answer: Result<wire::Page<wire::Reply>, Failure>| {
                        let next = |next: Option<Cursor>| next.map(|next| (Order::New, Some(next)));
                        show(answer.map(|page| {
                            seen.borrow_mut().extend(page.items.iter().map(|reply| reply.id));
                            (Rows::Replies(page.items), next(page.next).into_iter().collect())
                        }));
                    },
                );
            }
        };
        page.set(Load::Waiting);
        let n_asked = places.len();
        let limit = if n_asked > 1 { ITEMS_OF_EACH } else { 0 };
        // Gone with the first failure: what comes later belongs to a page that was given up.
        let answers = Rc::new(RefCell::new(Some(Vec::<Answer>::new())));
        for (place, &(order, cursor)) in places.iter().enumerate() {
            let (answers, seen, list) = (answers.clone(), self.seen.clone(), self.clone());
            let take = move |answer: Result<wire::Page<wire::Post>, Failure>| {
                let Some(mut all) = answers.take() else { return };
                match answer {
                    Ok(answer) => {
                        // In the order of the question, whichever is answered first.
                        let at = all.partition_point(|(other, ..)| *other < place);
                        all.insert(at, (place, order, answer));
                    }
                    Err(failure) => return page.set(Load::Failed(failure)),
                }
                if all.len() < n_asked {
                    answers.replace(Some(all));
                    return;
                }
                let (mut feeds, mut next) = (Vec::new(), Vec::new());
                for (_, order, answer) in all {
                    feeds.push(answer.items);
                    if answer.next.is_some() {
                        next.push((order, answer.next));
                    }
                }
                let posts = mix(feeds, &mut seen.borrow_mut());
                // A search answers with how far it has come; what it has found by then may be nothing.
                if posts.is_empty() && !next.is_empty() && page.is_there() {
                    return list.ask(&next, page);
                }
                page.set(Load::Ready((Rows::Posts(posts), next)));
            };
            if words.is_empty() {
                api.posts(Wanted { order, kind, topic, cursor, limit }, take);
            } else {
                let topic = topic.parse().ok();
                api.search(&wire::Search { words: words.clone(), kind, topic, cursor }, take);
            }
        }
    }

    fn nothing(&self) -> String {
        let t = self.t;
        match &self.source {
            Source::Thread(..) => tr!(t, "no-replies"),
            Source::Feed(Choices { words, .. }) if !words.is_empty() => tr!(t, "search-none"),
            Source::Feed(Choices { order, kind: None, topic, .. })
                if *order != Some(Order::Unanswered) && topic.is_empty() =>
            {
                tr!(t, "stories-empty")
            }
            Source::Feed(_) => tr!(t, "stories-none-match"),
        }
    }
}

/// What is not drawn, in one line.
fn hidden(session: Session, t: Locale, n: usize, shown_for: Signal<Option<Rc<Muted>>>) -> El {
    let said = move || match session.reading().is_calm.get() {
        true => tr!(t, "some-hidden"),
        false => t.count(key!("n-hidden"), u32::try_from(n).unwrap_or(u32::MAX)),
    };
    let show =
        button("link", &tr!(t, "show"), move || shown_for.set(Some(session.reading().muted.share_now())));
    classed("p", "quiet hidden").child(el("span").text_of(said)).child(show)
}

/// A button that gives way to the next page.
fn next_page(t: Locale, page: impl Fn() -> El + 'static) -> El {
    let is_open = Signal::new(false);
    // The button goes; this stays, and takes the focus.
    let place = el("div").attr("tabindex", "-1");
    let node = place.node().clone();
    place.children_of(move || {
        let node = node.clone();
        vec![if is_open.get() {
            page()
        } else {
            button("plain", &tr!(t, "show-more"), move || {
                browser::focus_on(&node);
                is_open.set(true);
            })
        }]
    })
}
