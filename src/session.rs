//! What lasts while the panel is there, and not a moment longer: where the visitor is, what they chose, what they began
//! to write. It stands above the views, so that going from one to another, closing the panel or changing the language
//! takes nothing away.

use std::cell::{Cell, OnceCell, RefCell};
use std::ops::Deref;
use std::rc::Rc;

use leptos::prelude::{GetValue, LocalStorage, Owner, StoredValue};
use peer_support_domain::country::Country;
use peer_support_domain::helpline::Label;
use peer_support_domain::id::ItemId;
use peer_support_domain::note::ContentNotes;
use peer_support_domain::post::Kind;
use peer_support_domain::recovery::RecoveryCode;
use peer_support_domain::search::Terms;
use peer_support_domain::wire;
use web_sys::Node;

use crate::api::{Api, Failure};
use crate::browser;
use crate::config::{Config, Tab};
use crate::directories::Here;
use crate::dom::{El, el};
use crate::identity::TabKey;
use crate::live::Told;
use crate::locale::Locale;
use crate::needs::{Need, Needs};
use crate::noticing::{Noticed, Offer, Reader};
use crate::reading::Reading;
use crate::signal::Signal;
use crate::work::Work;
use crate::{peers, remembered};

/// A request, seen from the view that waits for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Load<T> {
    /// Not answered yet.
    Waiting,
    /// Answered.
    Ready(T),
    /// Not to be had now.
    Failed(Failure),
}

/// Shows a request in `load`: that it was made, now, and its answer, when what this gives is called with it.
pub fn shown_in<T: 'static>(load: Signal<Load<T>>) -> impl FnOnce(Result<T, Failure>) + 'static {
    load.set(Load::Waiting);
    move |answer| load.set(answer.map_or_else(Load::Failed, Load::Ready))
}

/// Words on their way: a post, or a reply to a thread.
#[derive(Clone, Copy)]
pub struct Draft {
    /// The post that is answered; `None` for a post.
    pub thread: Option<ItemId>,
    /// The code of what the same author wrote in that thread before, where it says who answers.
    pub code: Option<RecoveryCode>,
    /// What is written so far.
    pub text: Signal<String>,
    /// What it is for; a reply has no use for it.
    pub kind: Signal<Kind>,
    /// Its topic's id; empty for the site's first.
    pub topic: Signal<String>,
    /// What readers should be warned of.
    pub notes: Signal<ContentNotes>,
    /// How far it has come.
    pub sending: Signal<Sending>,
    /// What was taken, until its author has read so.
    pub sent: Signal<Option<Sent>>,
    /// What is on its way, to be sent again unchanged after a failure.
    pub attempt: Signal<Option<Attempt>>,
    /// What the device noticed in it.
    pub noticed: Signal<Noticed>,
    /// What of that its author chose to leave in.
    pub keeps: Signal<Vec<String>>,
    /// Whether it was offered to talk to somebody.
    pub offer: Signal<Offer>,
    /// The work that is done for it.
    pub work: Signal<Option<Rc<Work>>>,
    /// Counts its steps: an answer or a pause that belongs to an earlier one has no say any more.
    pub turn: Signal<u32>,
}

/// How far words have come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sending {
    /// Being written.
    No,
    /// Sent, not answered.
    Now,
    /// To be sent again by itself, at `at_ms` of the visitor's clock or when the network is back.
    Later {
        /// Why not at once.
        why: Failure,
        /// When at the latest.
        at_ms: i64,
    },
    /// Work is done for it, because the server is being flooded.
    Working,
    /// Not taken, for a reason that the author can do something about.
    Refused(Refusal),
}

/// Why words were not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// They are too few or too many: this many graphemes.
    Length(usize),
    /// The server did not take them.
    Failed(Failure),
}

/// What is left of words that were taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    /// The code that leads back to them.
    pub code: RecoveryCode,
    /// The server's word on them.
    pub receipt: wire::Receipt,
}

/// One sending. The same again is the same attempt, so that it is stored once.
pub struct Attempt {
    /// The `Idempotency-Key`.
    pub key: String,
    /// The code whose hash was sent.
    pub code: RecoveryCode,
    /// What was sent.
    pub new: wire::NewPost,
    /// How often it was tried.
    pub n_tries: Cell<u32>,
    /// How often the server asked for work.
    pub n_works: Cell<u32>,
    /// Whether an answer was lost, so that the server may have it.
    pub may_be_stored: Cell<bool>,
}

impl Draft {
    fn new(thread: Option<ItemId>, code: Option<RecoveryCode>) -> Draft {
        Draft {
            thread,
            code,
            text: Signal::new(String::new()),
            kind: Signal::new(Kind::Story),
            topic: Signal::new(String::new()),
            notes: Signal::new(ContentNotes::default()),
            sending: Signal::new(Sending::No),
            sent: Signal::new(None),
            attempt: Signal::new(None),
            noticed: Signal::new(Noticed::default()),
            keeps: Signal::new(Vec::new()),
            offer: Signal::new(Offer::No),
            work: Signal::new(None),
            turn: Signal::new(0),
        }
    }

    /// Ready for other words.
    pub fn clear(self) {
        self.text.set(String::new());
        self.notes.set(ContentNotes::default());
        self.noticed.set(Noticed::default());
        self.keeps.set(Vec::new());
        self.offer.set(Offer::No);
        self.attempt.set(None);
        self.sending.set(Sending::No);
        self.sent.set(None);
    }

    /// Begins another step, and gives its number.
    pub fn next_turn(self) -> u32 {
        let turn = self.turn.now().wrapping_add(1);
        self.turn.set(turn);
        turn
    }
}

/// What lasts while the panel is there.
///
/// Every listener holds one, so it is as small as can be: with all signals inside, copying them into the listeners was
/// a tenth of the code.
#[derive(Clone, Copy)]
pub struct Session(&'static Parts);

impl Deref for Session {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        self.0
    }
}

/// What views follow. These are only the names of values, 150 bytes that stay when the panel goes; the values belong to
/// the panel's owner and go with it.
pub struct Parts {
    /// The country whose lines are shown; `None` as long as the visitor has to say which.
    pub country: Signal<Option<Country>>,
    /// What is known of that country.
    pub here: Signal<Option<Here>>,
    /// The part of that country that was chosen.
    pub region: Signal<Option<Label>>,
    /// What is looked for.
    pub needs: Needs,
    /// The words that the search field understands, with their language, once they have come.
    pub terms: Signal<Option<(String, Terms)>>,
    /// The view that is shown.
    pub tab: Signal<Tab>,
    /// Whether a view was shown, by [`Tab`]: what was drawn once stays as it is.
    pub was_visited: [Signal<bool>; 3],
    /// How far fetching the peer space has come; `None` before anybody wants it.
    pub peers: Signal<Option<Load<()>>>,
    /// What the server says of the site, once the peer space was entered.
    pub site: Signal<Load<wire::Site>>,
    /// What was heard of as published since the peer space was entered, the newest last.
    pub heard: Signal<Vec<Told>>,
    /// Whether the view *Write* shows what the visitor wrote before.
    pub mine: Signal<Option<Mine>>,
    /// Whether this device remembers anything of the visitor's.
    pub is_kept: Signal<bool>,
    /// The language of the panel.
    pub locale: Locale,
    kept: StoredValue<Rc<Kept>, LocalStorage>,
}

/// What no view follows.
pub struct Kept {
    /// The loader's word.
    pub config: Config,
    /// The API of the panel's site.
    pub api: Api,
    /// The key of this tab.
    pub key: TabKey,
    /// The codes of what was written in this tab.
    pub codes: RefCell<Vec<RecoveryCode>>,
    drafts: RefCell<Vec<Draft>>,
    /// What a reader of the peer space chose and did; the panel has none.
    reading: OnceCell<Reading>,
    /// How far each view is scrolled, by [`Tab`], since it was left.
    pub places_in_view: Cell<[i32; 3]>,
    root: Node,
    /// The places of the peer space's views, *Stories* and *Write*: they outlive a change of the language.
    pub places: [El; 2],
    /// The peer space, once it is there.
    pub handle: RefCell<Option<peers::Handle>>,
    /// What reads words on the device, once it is there.
    pub reader: RefCell<Option<Reader>>,
    /// Whether it is there or on its way.
    pub is_reader_asked: Cell<bool>,
    /// Whether it was asked what the site is, and did not fail.
    pub is_site_asked: Cell<bool>,
    /// Whether it is to show what the visitor wrote before, as soon as it is there.
    pub wants_mine: Cell<bool>,
    owner: Owner,
}

/// The way back to one's own words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mine {
    /// The code, where it is known already.
    pub code: Option<RecoveryCode>,
}

impl Session {
    /// The session of a panel that is drawn into `root`. To be made inside the owner of the whole panel.
    pub fn new(config: Config, root: Node) -> Session {
        let tab = config.view;
        Session(Box::leak(Box::new(Parts {
            country: Signal::new(None),
            here: Signal::new(None),
            region: Signal::new(None),
            needs: Needs::new(),
            terms: Signal::new(None),
            tab: Signal::new(tab),
            // The peer space is told its language first: drawn before, it would ask for all of it twice.
            was_visited: Tab::ALL.map(|other| Signal::new(other == tab && !cfg!(feature = "peers"))),
            peers: Signal::new(None),
            site: Signal::new(Load::Waiting),
            heard: Signal::new(Vec::new()),
            mine: Signal::new(None),
            is_kept: Signal::new(remembered::is_anything()),
            locale: Locale::new(),
            kept: StoredValue::new_local(Rc::new(Kept {
                api: Api::new(&config),
                config,
                key: remembered::key().unwrap_or_else(TabKey::new),
                codes: RefCell::default(),
                drafts: RefCell::default(),
                reading: OnceCell::new(),
                places_in_view: Cell::default(),
                root,
                places: [el("div"), el("div")],
                handle: RefCell::default(),
                reader: RefCell::default(),
                is_reader_asked: Cell::new(false),
                is_site_asked: Cell::default(),
                wants_mine: Cell::default(),
                owner: Owner::current().unwrap_or_default(),
            })),
        })))
    }

    /// Enters the country when there is no doubt about it, and the view to begin with.
    pub fn begin(self) {
        let kept = self.kept();
        if let [only] = kept.config.candidates[..] {
            self.enter(only);
        }
        peers::arrive(self, kept.config.view);
    }

    /// Whether the panel is still there: an answer may come when it is gone.
    pub fn is_there(self) -> bool {
        self.kept.try_get_value().is_some()
    }

    /// What a reader of the peer space chose and did.
    pub fn reading(self) -> Reading {
        let kept = self.kept();
        *kept.reading.get_or_init(|| kept.owner.with(Reading::new))
    }

    /// What no view follows.
    pub fn kept(self) -> Rc<Kept> {
        self.kept.get_value()
    }

    /// Shows another view, from wherever it is asked for.
    pub fn show(self, tab: Tab) {
        // Known when it is compiled, so that the peer space does not carry what fetches it.
        if cfg!(feature = "peers") {
            self.kept().config.show(tab);
        } else {
            self.arrive(tab);
            peers::arrive(self, tab);
        }
    }

    /// Draws a view, if it is not drawn yet.
    pub fn arrive(self, tab: Tab) {
        // The views scroll in one place, which belongs to the panel; it is read before another view makes it shorter.
        if !cfg!(feature = "peers") {
            let kept = self.kept();
            if let Some(scroll) = browser::first(&kept.root, ".scroll") {
                let mut places = kept.places_in_view.get();
                places[self.tab.now() as usize] = scroll.scroll_top();
                kept.places_in_view.set(places);
            }
        }
        let was_visited = self.was_visited[tab as usize];
        // Said again, it would draw the view anew, and what was opened and scrolled in it would be lost.
        if !was_visited.now() {
            was_visited.set(true);
        }
        self.tab.set(tab);
    }

    /// Understands anew what stands in the search field.
    pub fn understand(self) {
        self.needs.refresh(self.terms.share_now().as_ref().as_ref().map(|(_, terms)| terms));
    }

    /// Asks for these needs, or takes them away.
    pub fn want(self, needs: &[Need], is_wanted: bool) {
        self.needs.set(needs, is_wanted);
        self.understand();
    }

    /// The element that the panel is drawn into.
    pub fn root(self) -> Option<Node> {
        self.kept.try_get_value().map(|kept| kept.root.clone())
    }

    /// Moves the focus to the element `id` of the panel, once it is drawn.
    pub fn focus(self, id: &'static str) {
        if let Some(kept) = self.kept.try_get_value() {
            browser::focus(kept.root.clone(), id);
        }
    }

    /// The draft of a post, or of a reply to `thread`, by whom `code` says: the one that was begun, or an empty one.
    pub fn draft(self, thread: Option<ItemId>, code: Option<RecoveryCode>) -> Draft {
        let kept = self.kept();
        let is_it = |draft: &&Draft| draft.thread == thread && draft.code == code;
        let begun = kept.drafts.borrow().iter().find(is_it).copied();
        begun.unwrap_or_else(|| {
            // It outlives the view that asks for it first.
            let draft = kept.owner.with(|| Draft::new(thread, code));
            kept.drafts.borrow_mut().push(draft);
            draft
        })
    }

    /// All drafts that were begun.
    pub fn drafts(self) -> Vec<Draft> {
        self.kept().drafts.borrow().clone()
    }
}
