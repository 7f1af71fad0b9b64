//! "2 new, show": what was published since a list was asked for. Nothing moves before somebody presses it.

use std::cell::Cell;

use peer_support_domain::cursor::{Cursor, Order};
use peer_support_domain::id::ItemId;
use peer_support_domain::mix::ITEMS_OF_EACH;
use peer_support_domain::wire::{self, PublishedReply};

use super::pages::{List, Rows, Shown, Source};
use crate::api::{Failure, Wanted};
use crate::dom::{self, El, button, classed, el};
use crate::live::Told;
use crate::locale::{key, tr};
use crate::reading::Choices;
use crate::session::{Load, Session, shown_in};
use crate::signal::Signal;

/// What was published since a list was asked for.
#[derive(Clone, Copy)]
pub struct News {
    new: Signal<New>,
    /// Whether some of it was shown.
    pub is_shown: Signal<bool>,
}

/// What is not shown yet.
#[derive(Clone)]
struct New {
    /// Known one by one, the newest last.
    items: Vec<ItemId>,
    /// So much of all that was heard is no news: it came before, or is among the items.
    n_old: usize,
}

/// What is asked for when the button is pressed.
#[derive(Clone)]
pub enum Wish {
    /// These posts, the last first.
    Posts(Vec<ItemId>),
    /// All replies that do not stand yet.
    Replies,
}

impl News {
    /// None: the list is just being asked for.
    pub fn new(session: Session) -> News {
        let n_old = session.heard.share_now().len();
        News { new: Signal::new(New { items: Vec::new(), n_old }), is_shown: Signal::new(false) }
    }
}

/// Looks what was published after a time in which nothing was heard.
pub fn follow(list: &List) {
    let (list, session) = (list.clone(), list.session);
    let n_looked = Cell::new(session.heard.share_now().len());
    dom::follow(Box::new(move || {
        let heard = session.heard.share();
        let n_before = n_looked.replace(heard.len());
        if heard[n_before..].contains(&Told::Gap) {
            list.look();
        }
    }));
}

/// The button; and in its place, once it was pressed, what is new, with another such button at the end where more will come.
///
/// Its place is kept free also while there is nothing to say, so that what is being read stays where it is.
pub fn newer(list: List) -> El {
    let wish = Signal::new(None::<Wish>);
    el("div").children_of(move || {
        let Some(wished) = &*wish.share() else {
            let (shown, counted, pressed) = (list.clone(), list.clone(), list.clone());
            let is_calm = list.session.reading().is_calm;
            let show = button("plain", "", move || wish.set(Some(pressed.take())))
                .attr_of("hidden", move || (shown.n_new() == 0).then_some(""))
                .text_of(move || match is_calm.get() {
                    true => tr!(counted.t, "show-new"),
                    false => counted.t.count(key!("n-new"), counted.n_new()),
                });
            // In calm it waits to be found.
            let role = move || (!is_calm.get()).then_some("status");
            return vec![classed("p", "newer").attr_of("role", role).child(show)];
        };
        let parts = [newer(list.clone()), list.clone().what_is_new(wished.clone())];
        match list.source {
            Source::Feed(_) => parts.into(),
            Source::Thread(..) => parts.into_iter().rev().collect(),
        }
    })
}

impl List {
    fn look(&self) {
        let n_old = self.session.heard.share_now().len();
        let mut items = self.items();
        let (news, seen) = (self.news, self.seen.clone());
        let keep = move |found: Vec<ItemId>| {
            for id in found {
                if !seen.borrow().contains(&id) && !items.contains(&id) {
                    items.push(id);
                }
            }
            news.new.set(New { items, n_old });
        };
        match &self.source {
            // In the other orders the first page changes by itself.
            Source::Feed(Choices { order: None | Some(Order::New), kind, topic, words })
                if words.is_empty() =>
            {
                // No more of the newest than were asked for at first: those behind them are not new.
                let limit = ITEMS_OF_EACH;
                let wanted = Wanted { kind: *kind, topic, order: Order::New, cursor: None, limit };
                self.session.kept().api.posts(wanted, move |answer: Result<wire::Page<wire::Post>, _>| {
                    if let Ok(page) = answer {
                        keep(page.items.iter().rev().map(|post| post.id).collect());
                    }
                });
            }
            Source::Feed(_) => {}
            Source::Thread(thread, _) => self.unseen(
                *thread,
                None,
                Vec::new(),
                Box::new(move |answer| {
                    if let Ok(replies) = answer {
                        keep(replies.iter().map(|reply| reply.id).collect());
                    }
                }),
            ),
        }
    }

    /// What is new and known one by one.
    fn items(&self) -> Vec<ItemId> {
        let New { mut items, n_old } = self.news.new.get();
        let Source::Feed(Choices { kind, topic, .. }) = &self.source else { return items };
        for told in &self.session.heard.share()[n_old..] {
            if let Told::Post(post) = told
                && kind.is_none_or(|kind| kind == post.kind)
                && (topic.is_empty() || topic == post.topic.as_str())
                && !self.seen.borrow().contains(&post.id)
                && !items.contains(&post.id)
            {
                items.push(post.id);
            }
        }
        items
    }

    /// How much is new; whoever asks inside a view is asked again when it is more.
    fn n_new(&self) -> u32 {
        let mut n_new = self.items().len();
        if let Source::Thread(thread, _) = self.source {
            let own = Told::Reply(PublishedReply { thread });
            let heard = self.session.heard.share();
            n_new += heard[self.news.new.share().n_old..].iter().filter(|told| **told == own).count();
        }
        u32::try_from(n_new).unwrap_or_default()
    }

    /// What is new, as it is asked for; from now on it is new no more.
    fn take(&self) -> Wish {
        let items = self.items();
        self.news.new.set(New { items: Vec::new(), n_old: self.session.heard.share_now().len() });
        self.news.is_shown.set(true);
        match self.source {
            Source::Feed(_) => Wish::Posts(items),
            Source::Thread(..) => Wish::Replies,
        }
    }

    /// Asks for what is new.
    pub fn ask_new(&self, wish: &Wish, page: Signal<Load<Shown>>) {
        let (show, seen) = (shown_in(page), self.seen.clone());
        match (wish, &self.source) {
            (Wish::Posts(ids), _) => these(
                self.session,
                ids.clone(),
                Vec::new(),
                Box::new(move |answer| {
                    show(answer.map(|posts| {
                        seen.borrow_mut().extend(posts.iter().map(|post| post.id));
                        (Rows::Posts(posts), Vec::new())
                    }));
                }),
            ),
            (Wish::Replies, Source::Thread(thread, _)) => self.unseen(
                *thread,
                None,
                Vec::new(),
                Box::new(move |answer| {
                    show(answer.map(|replies| {
                        seen.borrow_mut().extend(replies.iter().map(|reply| reply.id));
                        (Rows::Replies(replies), Vec::new())
                    }));
                }),
            ),
            (Wish::Replies, Source::Feed(_)) => {}
        }
    }

    /// The replies to `thread` that do not stand yet, on this page and all behind it: an older one may have been approved
    /// after a newer one.
    fn unseen(
        &self,
        thread: ItemId,
        cursor: Option<Cursor>,
        mut found: Vec<wire::Reply>,
        then: Then<wire::Reply>,
    ) {
        let list = self.clone();
        self.session.kept().api.replies(thread, cursor, move |answer: Result<wire::Page<wire::Reply>, _>| {
            let page = match answer {
                Ok(page) => page,
                Err(failure) => return then(Err(failure)),
            };
            let seen = list.seen.borrow();
            found.extend(page.items.into_iter().filter(|reply| !seen.contains(&reply.id)));
            drop(seen);
            match page.next {
                None => then(Ok(found)),
                next => list.unseen(thread, next, found, then),
            }
        });
    }
}

type Then<T> = Box<dyn FnOnce(Result<Vec<T>, Failure>)>;

/// The posts of these ids, the last first; those that are gone again are left out.
fn these(session: Session, mut ids: Vec<ItemId>, mut posts: Vec<wire::Post>, then: Then<wire::Post>) {
    let Some(id) = ids.pop() else { return then(Ok(posts)) };
    session.kept().api.post(id, move |answer| match answer {
        Err(failure) if failure != Failure::Missing => then(Err(failure)),
        post => {
            posts.extend(post);
            these(session, ids, posts, then);
        }
    });
}
