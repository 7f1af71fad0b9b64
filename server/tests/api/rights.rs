//! Nobody is told what they have no right to, and nobody changes it: every route of the document, by every kind of caller, about
//! an item of every state.
//!
//! A route that the document gains is added to [`ROUTES`], with what it needs and a body that it takes; a parameter by which it
//! answers something else, to [`WAYS`]; a text that the server keeps, to [`World::build`], with who may read it; and what gives a
//! right to read, to [`may_read`].

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use axum::http::Method;
use peer_support_domain::delivery::DeliveryFailure;
use peer_support_domain::post::Role;
use peer_support_server::clock::Random;
use peer_support_server::secret::SignInCode;
use peer_support_server::store::{NewDelivery, Tried};
use serde_json::{Value, json};

use crate::client::{Moderator, Server, each_server, text_of};

/// What a caller must have, or else is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Needs {
    /// Nothing; what is not published is not there.
    Nothing,
    /// The recovery code of the item that it is about.
    Code,
    /// The code of a report.
    ReportCode,
    /// Name, password, code: nobody here has them.
    SignIn,
    /// A session.
    Session,
    /// A session, and this role on all sites.
    Everywhere(Role),
    /// A session, and this role on some site.
    Somewhere(Role),
    /// A session, and this role on the site that it is about.
    OnSite(Role),
}

use Needs::{Code, Everywhere, Nothing, OnSite, ReportCode, Session, SignIn, Somewhere};

/// The body of a request about an item.
type Body = fn(&World<'_>, &str) -> Value;

/// Every route: what it needs, and a body that it takes and that gives none of the planted texts to anybody.
const ROUTES: &[(&str, Needs, Body)] = &[
    ("get /sites/{site}", Nothing, none),
    ("get /sites/{site}/live", Nothing, none),
    ("get /sites/{site}/posts", Nothing, none),
    ("post /sites/{site}/posts", Nothing, |_, _| json!({ "kind": "story", "text": PLAIN })),
    // Words that every planted text has.
    ("post /sites/{site}/search", Nothing, |_, _| json!({ "words": "planted marker" })),
    (
        "post /sites/{site}/line-reports",
        Nothing,
        |_, _| json!({ "line": "gb-samaritans", "contact": "116 123", "problem": "no_answer" }),
    ),
    ("get /posts/{id}", Nothing, none),
    ("get /posts/{id}/replies", Nothing, none),
    ("post /posts/{id}/replies", Nothing, |_, _| json!({ "text": PLAIN })),
    ("put /items/{id}/votes/{reaction}", Nothing, |_, _| json!({ "voter": "4".repeat(32) })),
    ("delete /items/{id}/votes/{reaction}", Nothing, |_, _| json!({ "voter": "4".repeat(32) })),
    ("post /items/{id}/reports", Nothing, |_, _| json!({ "reason": "other", "reporter": "4".repeat(32) })),
    ("get /report", ReportCode, none),
    ("get /mine", Code, none),
    ("patch /mine", Code, |_, _| json!({ "text": PLAIN })),
    ("post /mine/words", Code, |_, _| json!({ "text": "May I change it?" })),
    ("post /mine/objection", Code, |_, _| json!({ "text": "May it stay?" })),
    ("delete /mine", Code, none),
    (
        "post /console/session",
        SignIn,
        |_, _| json!({ "code": SignInCode::draw(&Random::system()).to_string() }),
    ),
    ("get /console/session", Session, none),
    (
        "post /console/session/password",
        SignIn,
        |_, _| json!({ "name": "Nobody", "password": "x", "code": "1" }),
    ),
    ("get /console/account", Session, none),
    ("put /console/account/password", Session, |_, _| json!({ "password": "three pears in a boat" })),
    (
        "post /console/account/authenticator",
        Session,
        |_, _| json!({ "current_password": "three pears in a boat" }),
    ),
    ("put /console/account/authenticator", Session, |_, _| json!({ "code": "123456" })),
    (
        "post /console/account/recovery-codes",
        Session,
        |_, _| json!({ "current_password": "three pears in a boat" }),
    ),
    ("get /console/account/sessions", Session, none),
    ("delete /console/account/sessions", Session, none),
    ("delete /console/account/sessions/{session}", Session, none),
    ("get /console/queue", Session, none),
    ("post /console/search", Session, |_, _| json!({ "words": "planted marker" })),
    (
        "post /console/decline-spam",
        Somewhere(Role::Moderator),
        |_, item| json!({ "reason": PLAIN, "items": [{ "id": item, "read_text": PLAIN, "n_decisions": 0 }] }),
    ),
    ("get /console/audit", Everywhere(Role::Lead), none),
    ("get /console/audit/export", Everywhere(Role::Lead), none),
    ("get /console/line-reports", Session, none),
    ("get /console/colleagues", Session, none),
    ("get /console/live", Session, none),
    ("get /console/sites", Session, none),
    ("get /console/deliveries", Somewhere(Role::Lead), none),
    ("post /console/deliveries/{delivery}", OnSite(Role::Lead), none),
    ("delete /console/deliveries/{delivery}", OnSite(Role::Lead), none),
    ("post /console/items/{id}/decision", OnSite(Role::Moderator), |world, item| {
        // About all but the spare one, what is decided is outdated: nothing planted is shown to more people by it.
        let is_spare = item == world.spare;
        json!({ "decision": "approve", "n_decisions": if is_spare { 0 } else { 99 } })
    }),
    ("get /console/items/{id}/thread", OnSite(Role::Viewer), none),
    ("put /console/items/{id}/proposal", OnSite(Role::Moderator), |_, _| json!({ "confirms": false })),
    ("post /console/items/{id}/words", OnSite(Role::Moderator), |_, _| json!({ "text": "A word to you." })),
    ("put /console/items/{id}/claim", OnSite(Role::Moderator), |_, _| json!({ "takes_over": true })),
    ("delete /console/items/{id}/claim", OnSite(Role::Moderator), none),
    ("post /console/items/{id}/hand-over", OnSite(Role::Moderator), |_, _| json!({ "note": "For you." })),
    (
        "post /console/items/{id}/escalation",
        OnSite(Role::Moderator),
        |_, _| json!({ "note": "Please look." }),
    ),
    ("post /console/sites/{site}/test-notification", OnSite(Role::Lead), none),
    ("get /console/sites/{site}/present", OnSite(Role::Viewer), none),
    ("put /console/sites/{site}/forced", OnSite(Role::Admin), |_, _| json!({})),
    ("put /console/sites/{site}/sensitive", OnSite(Role::Lead), |_, _| json!({ "is_sensitive": false })),
    ("get /console/sites/{site}/drills", OnSite(Role::Lead), none),
    (
        "post /console/sites/{site}/drills",
        OnSite(Role::Lead),
        |_, _| json!({ "n_red": 1, "n_amber": 1, "lang": "en", "minutes": 60 }),
    ),
    ("delete /console/sites/{site}/drills", OnSite(Role::Lead), none),
    ("put /console/sites/{site}/two-persons", OnSite(Role::Admin), |_, _| json!({ "is_on": true })),
    ("get /console/sites/{site}/playbook", OnSite(Role::Viewer), none),
    (
        "put /console/sites/{site}/playbook",
        OnSite(Role::Lead),
        |_, _| json!({ "green": [], "amber": [], "red": [] }),
    ),
    ("get /console/sites/{site}/reasons", OnSite(Role::Viewer), none),
    ("put /console/sites/{site}/reasons", OnSite(Role::Lead), |_, _| json!({ "reasons": [] })),
    ("get /console/sites/{site}/statistics", OnSite(Role::Lead), none),
    ("get /console/sites/{site}/statistics.csv", OnSite(Role::Lead), none),
    ("get /console/sites/{site}/roles", OnSite(Role::Admin), none),
    (
        "put /console/sites/{site}/roles",
        OnSite(Role::Admin),
        |_, _| json!({ "name": "Zqnewcomer", "role": "viewer" }),
    ),
    ("get /console/sites/{site}/cards", OnSite(Role::Viewer), none),
    ("put /console/sites/{site}/cards", OnSite(Role::Lead), |_, _| json!({ "cards": [] })),
    (
        "post /console/sites/{site}/posts",
        OnSite(Role::Lead),
        |_, _| json!({ "kind": "story", "text": PLAIN }),
    ),
    ("get /openapi.json", Nothing, none),
    // At the end, because a session is needed before.
    ("delete /console/session", Session, none),
];

/// Other ways to ask a route, because each is a statement of its own behind it: parameters of the address, and fields of the body.
const WAYS: &[(&str, &str, &str)] = &[
    ("get /sites/{site}/posts", "order=unanswered", ""),
    ("get /sites/{site}/posts", "order=helpful", ""),
    ("get /sites/{site}/posts", "topic=low-mood", ""),
    ("get /sites/{site}/posts", "order=unanswered&topic=low-mood", ""),
    ("get /sites/{site}/posts", "order=helpful&topic=low-mood&kind=story", ""),
    ("post /sites/{site}/search", "", r#"{ "topic": "low-mood" }"#),
    ("get /console/queue", "site=demo", ""),
    ("get /console/colleagues", "site=demo", ""),
    ("post /console/search", "", r#"{ "site": "demo" }"#),
    ("post /console/search", "", r#"{ "state": "declined" }"#),
    ("post /console/search", "", r#"{ "state": "held", "site": "demo" }"#),
    ("get /console/items/{id}/thread", "before=1zzzzzzzzzzzz0000000000000", ""),
    ("get /console/items/{id}/thread", "after=00000000000000000000000000", ""),
    ("get /console/audit", "before=1000000", ""),
    ("get /console/sites/{site}/statistics", "year=2027", ""),
    ("get /console/sites/{site}/statistics.csv", "year=2027", ""),
];

/// Routes that answer nobody here with success, because they want what only a device or a person has.
const NEVER_DONE: [&str; 5] = [
    "post /console/session",
    "post /console/session/password",
    "put /console/account/authenticator",
    "post /console/account/recovery-codes",
    "delete /console/account/sessions/{session}",
];

/// Notifications that did not arrive: one to forget, and one to send again.
const DELIVERIES: [&str; 2] = ["msg_forgotten", "msg_again"];

/// A text that says nothing and is nobody's secret.
const PLAIN: &str = "Nothing in this text is anybody's secret, and it is long enough.";

/// What asks for help, by its words, and has a marker.
const RED: &str = "I want to kill myself tonight, says the planted marker zqproposed.";

fn none(_: &World<'_>, _: &str) -> Value {
    Value::Null
}

/// Who may read a text that was planted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Readers {
    /// Everyone: it is published.
    Everyone,
    /// Its author, and whoever has a role on its site.
    AuthorAndDesk,
    /// Its author alone.
    Author,
    /// Whoever has a role on its site.
    Desk,
    /// Nobody any more.
    Nobody,
}

/// A word that stands in one text and nowhere else.
struct Planted {
    marker: String,
    /// The item whose text it is; that of the site without one.
    item: Option<String>,
    readers: Readers,
}

/// Who calls.
struct Caller {
    name: String,
    headers: Vec<(String, String)>,
    /// The role on the site where all was planted.
    role: Option<Role>,
    /// The role on all sites.
    everywhere: Option<Role>,
    /// The role on another site.
    elsewhere: Option<Role>,
    /// The item whose code it has.
    own: Option<String>,
    is_signed_in: bool,
    /// Whether it has the token against forged requests.
    has_token: bool,
    has_report_code: bool,
}

impl Caller {
    fn visitor(name: &str, headers: &[(&str, &str)]) -> Self {
        Self {
            name: name.to_owned(),
            headers: headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
            role: None,
            everywhere: None,
            elsewhere: None,
            own: None,
            is_signed_in: false,
            has_token: false,
            has_report_code: false,
        }
    }

    fn signed_in(name: &str, moderator: &Moderator<'_>, role: Option<Role>, elsewhere: Option<Role>) -> Self {
        let headers = [("cookie", moderator.cookie.as_str()), ("csrf-token", moderator.csrf.as_str())];
        Self { role, elsewhere, is_signed_in: true, has_token: true, ..Self::visitor(name, &headers) }
    }

    /// Whether it has what a route needs.
    fn has(&self, needs: Needs, wants_token: bool) -> bool {
        let has = match needs {
            Nothing => true,
            Code => self.own.is_some(),
            ReportCode => self.has_report_code,
            SignIn => false,
            Session => self.is_signed_in,
            Everywhere(role) => self.everywhere >= Some(role),
            Somewhere(role) => self.role.max(self.elsewhere) >= Some(role),
            OnSite(role) => self.role >= Some(role),
        };
        has && (!wants_token || self.has_token)
    }
}

/// The rights to read: whether `caller` may find `planted` in the answer of `route`.
fn may_read(caller: &Caller, route: &str, planted: &Planted) -> bool {
    let is_author = planted.item.is_some() && caller.own == planted.item;
    let is_about_own =
        ["get /mine", "patch /mine", "delete /mine", "post /mine/words", "post /mine/objection"]
            .contains(&route);
    // Where the desk is told what it works on. Whoever has a role on a site reads what waits there; who decides is told by each
    // answer about an item.
    let is_desk = match route {
        "get /console/queue"
        | "post /console/search"
        | "get /console/items/{id}/thread"
        | "get /console/sites/{site}/playbook"
        | "get /console/sites/{site}/reasons" => caller.role.is_some(),
        _ => route.contains("/console/items/{id}/") && caller.role >= Some(Role::Moderator),
    };
    match planted.readers {
        Readers::Everyone => true,
        Readers::AuthorAndDesk => is_author && is_about_own || is_desk,
        Readers::Author => is_author && is_about_own,
        Readers::Desk => is_desk,
        Readers::Nobody => false,
    }
}

/// A server with an item of every state, each of whose texts has a marker.
struct World<'a> {
    server: &'a Server,
    planted: Vec<Planted>,
    /// Every item with its code: those that everyone sees, and the others.
    published: Vec<(String, String)>,
    private: Vec<(String, String)>,
    /// One that waits, with nothing in it that matters.
    spare: String,
    session: String,
    report_code: String,
    /// The places in [`WAYS`] of those that somebody had an answer by.
    ways_done: RefCell<BTreeSet<usize>>,
}

impl<'a> World<'a> {
    fn text(marker: &str) -> String {
        format!("A planted marker that is {marker} stands in this text of mine.")
    }

    fn plant(&mut self, marker: &str, item: Option<&str>, readers: Readers) {
        let (marker, item) = (marker.to_owned(), item.map(str::to_owned));
        self.planted.push(Planted { marker, item, readers });
    }

    async fn story(&mut self, marker: &str, readers: Readers) -> (String, String) {
        let (id, code) = self.server.story(&Self::text(marker)).await;
        self.plant(marker, Some(&id), readers);
        (id, code)
    }

    async fn published(&mut self, marker: &str, readers: Readers) -> (String, String) {
        let (id, code) = self.story(marker, readers).await;
        self.server.decide(&id, &json!({ "decision": "approve" })).await;
        (id, code)
    }

    async fn edit(&mut self, (id, code): &(String, String), marker: &str, readers: Readers) {
        let edit = json!({ "text": Self::text(marker) });
        let headers = [("recovery-code", code.as_str())];
        self.server.call(Method::PATCH, "/mine", &headers, Some(&edit)).await.ok();
        self.plant(marker, Some(id), readers);
    }

    async fn build(server: &'a Server) -> Self {
        let mut world = World {
            server,
            planted: Vec::new(),
            published: Vec::new(),
            private: Vec::new(),
            spare: server.story(PLAIN).await.0,
            session: "1".to_owned(),
            report_code: String::new(),
            ways_done: RefCell::default(),
        };
        let moderator = server.moderator(Role::Moderator).await;
        let about = |id: &str, what: &str| format!("/console/items/{id}/{what}");

        let held = world.story("zqheld", Readers::AuthorAndDesk).await;
        let with_words = world.story("zqspoken", Readers::AuthorAndDesk).await;
        let word = json!({ "text": World::text("zqword") });
        moderator.write(Method::POST, &about(&with_words.0, "words"), Some(&word)).await.ok();
        world.plant("zqword", Some(&with_words.0), Readers::AuthorAndDesk);
        let answer = json!({ "text": World::text("zqanswer") });
        let code = [("recovery-code", with_words.1.as_str())];
        server.call(Method::POST, "/mine/words", &code, Some(&answer)).await.ok();
        world.plant("zqanswer", Some(&with_words.0), Readers::AuthorAndDesk);
        let note = json!({ "note": World::text("zqhandover") });
        moderator.write(Method::POST, &about(&with_words.0, "hand-over"), Some(&note)).await.ok();
        world.plant("zqhandover", Some(&with_words.0), Readers::Desk);
        let note = json!({ "note": World::text("zqescalated") });
        moderator.write(Method::POST, &about(&with_words.0, "escalation"), Some(&note)).await.ok();
        world.plant("zqescalated", Some(&with_words.0), Readers::Desk);

        let changed = world.story("zqbefore", Readers::Desk).await;
        world.edit(&changed, "zqchanged", Readers::AuthorAndDesk).await;

        let published = world.published("zqpublished", Readers::Everyone).await;
        let reply = server.reply(&published.0, &World::text("zqreplyheld")).await;
        world.plant("zqreplyheld", Some(&reply.0), Readers::AuthorAndDesk);

        let waiting = world.published("zqread", Readers::Everyone).await;
        world.edit(&waiting, "zqwaits", Readers::AuthorAndDesk).await;

        let declined = world.story("zqdeclined", Readers::AuthorAndDesk).await;
        let decline = json!({ "decision": "decline", "reason": World::text("zqwhydeclined") });
        moderator.decide(&declined.0, &decline).await.ok();
        world.plant("zqwhydeclined", Some(&declined.0), Readers::AuthorAndDesk);

        let objection = json!({ "text": World::text("zqobjection") });
        let by_code = [("recovery-code", declined.1.as_str())];
        server.call(Method::POST, "/mine/objection", &by_code, Some(&objection)).await.ok();
        world.plant("zqobjection", Some(&declined.0), Readers::AuthorAndDesk);

        let hidden = world.published("zqhidden", Readers::AuthorAndDesk).await;
        let under_hidden = server.published_reply(&hidden.0, &World::text("zqunderhidden")).await;
        world.plant("zqunderhidden", Some(&under_hidden.0), Readers::AuthorAndDesk);
        let hide = json!({ "decision": "hide", "reason": World::text("zqwhyhidden") });
        moderator.decide(&hidden.0, &hide).await.ok();
        world.plant("zqwhyhidden", Some(&hidden.0), Readers::AuthorAndDesk);

        let deleted = world.published("zqdeleted", Readers::Nobody).await;
        let code = [("recovery-code", deleted.1.as_str())];
        server.call(Method::DELETE, "/mine", &code, None).await.ok();

        let whole = World::text("zqtakenout");
        let cut = server.story(&whole).await;
        let start = whole.find("zqtakenout").unwrap();
        let taken_out = json!([{ "start": start, "end": start + "zqtakenout".len() }]);
        let redact = json!({ "decision": "approve", "read_text": whole, "taken_out": taken_out });
        moderator.decide(&cut.0, &redact).await.ok();
        world.plant("zqtakenout", Some(&cut.0), Readers::Author);

        let lead = server.moderator(Role::Lead).await;
        let steps = json!({ "green": [World::text("zqstep")], "amber": [], "red": [] });
        lead.write(Method::PUT, "/console/sites/demo/playbook", Some(&steps)).await.ok();
        world.plant("zqstep", None, Readers::Desk);
        let reasons = json!({ "reasons": [{ "name": "Marker", "text": World::text("zqtemplate") }] });
        lead.write(Method::PUT, "/console/sites/demo/reasons", Some(&reasons)).await.ok();
        world.plant("zqtemplate", None, Readers::Desk);

        // Last, because from then on others are needed for what was done above.
        let two = json!({ "is_on": true });
        let admin = server.moderator(Role::Admin).await;
        admin.write(Method::PUT, "/console/sites/demo/two-persons", Some(&two)).await.ok();
        let (proposed, proposed_code) = server.story(RED).await;
        world.plant("zqproposed", Some(&proposed), Readers::AuthorAndDesk);
        let decline = json!({ "decision": "decline", "reason": World::text("zqwhyproposed") });
        assert_eq!(moderator.decide(&proposed, &decline).await.status, 202);
        world.plant("zqwhyproposed", Some(&proposed), Readers::Desk);

        let report = json!({ "reason": "unkind", "reporter": "5".repeat(32) });
        let receipt = server.post(&format!("/items/{}/reports", published.0), &report).await.ok().json();
        world.report_code = text_of(&receipt["code"]);
        world.give_up_deliveries().await;
        let sessions = lead.get("/console/account/sessions").await.ok().json();
        world.session = sessions["sessions"][0]["id"].to_string();

        world.published = vec![published, waiting, cut];
        world.private = vec![
            held,
            with_words,
            changed,
            reply,
            declined,
            hidden,
            under_hidden,
            deleted,
            (proposed, proposed_code),
        ];
        world
    }

    async fn give_up_deliveries(&self) {
        let (store, now) = (&self.server.store, self.server.now());
        let notice = store.notices(9).await.unwrap().remove(0);
        let new = DELIVERIES.map(|id| NewDelivery { id: id.to_owned(), channel: "pager".to_owned() });
        store.address(notice.id, new.to_vec()).await.unwrap();
        store.claim_deliveries(now, 9).await.unwrap();
        let given_up = Tried::GivenUp { failure: DeliveryFailure::Refused, at: now };
        for id in DELIVERIES {
            store.settle_delivery(id.to_owned(), 1, given_up).await.unwrap();
        }
    }

    /// What may change by a write that was not refused, as who may see all of it sees it.
    async fn standing(&self, all: &Moderator<'_>) -> Vec<String> {
        let mut standing = Vec::new();
        for path in [
            "/console/queue?limit=100",
            "/console/deliveries",
            "/console/line-reports",
            "/console/sites/demo/cards",
            "/console/sites/demo/playbook",
            "/console/sites/demo/reasons",
            "/console/sites/demo/present",
            "/console/sites/demo/roles",
            "/console/sites/demo/drills",
            "/sites/demo/posts?limit=100",
        ] {
            let answer = all.get(path).await.ok();
            standing.push(format!("{path}: {}", answer.text()));
        }
        for (id, code) in self.published.iter().chain(&self.private) {
            let mine = self.server.mine(code).await;
            let post = self.server.get(&format!("/posts/{id}")).await;
            standing.push(format!("{id}: {} {} {}", mine.status, mine.text(), post.text()));
        }
        standing
    }

    /// Every caller.
    async fn callers(&self) -> Vec<Caller> {
        let mut callers = vec![Caller::visitor("nobody", &[])];
        for (id, code) in self.published.iter().chain(&self.private) {
            let own = Some(id.clone());
            let name = format!("the author of {id}");
            callers.push(Caller { own, ..Caller::visitor(&name, &[("recovery-code", code)]) });
        }
        let code = [("report-code", self.report_code.as_str())];
        callers.push(Caller { has_report_code: true, ..Caller::visitor("who reported", &code) });
        for role in Role::ALL {
            let name = format!("Zq{role}");
            let moderator = self.server.member(&name, &[("demo", role)]).await;
            callers.push(Caller::signed_in(&name, &moderator, Some(role), None));
        }
        for role in Role::ALL {
            let (everywhere, moderator) = (Some(role), self.server.moderator(role).await);
            let of_all =
                Caller::signed_in(&format!("a {role} of all sites"), &moderator, everywhere, everywhere);
            callers.push(Caller { everywhere, ..of_all });
        }
        let admin = Some(Role::Admin);
        let elsewhere = self.server.member("Zqelsewhere", &[("other", Role::Admin)]).await;
        callers.push(Caller::signed_in("an admin of another site", &elsewhere, None, admin));
        let nowhere = self.server.member("Zqnowhere", &[]).await;
        callers.push(Caller::signed_in("who has no role", &nowhere, None, None));
        let forged = self.server.member("Zqforged", &[("demo", Role::Admin)]).await;
        let mut without = Caller::signed_in("an admin by a forged request", &forged, admin, None);
        without.headers.retain(|(name, _)| name != "csrf-token");
        callers.push(Caller { has_token: false, ..without });
        let gone = self.server.member("Zqgone", &[("demo", Role::Admin)]).await;
        gone.write(Method::DELETE, "/console/session", None).await.ok();
        let out = Caller::signed_in("an admin who signed out", &gone, None, None);
        callers.push(Caller { is_signed_in: false, ..out });
        self.server.member("Zqnewcomer", &[]).await;
        callers
    }

    /// What an item is, by the words that were planted in it.
    fn what(&self, item: &str) -> String {
        let markers = self.planted.iter().filter(|planted| planted.item.as_deref() == Some(item));
        let markers: Vec<_> = markers.map(|planted| planted.marker.as_str()).collect();
        format!("{item} ({})", markers.join(", "))
    }

    /// Calls a route in every way, and checks that the answers tell this caller nothing that is not theirs to read. Its status.
    async fn call(&self, caller: &Caller, route: &Route, item: &str) -> u16 {
        let ways = WAYS.iter().enumerate().filter(|(_, (name, ..))| *name == route.name);
        for (place, (_, query, fields)) in ways {
            let status = self.call_by(caller, route, item, query, fields).await;
            if (200..300).contains(&status) {
                self.ways_done.borrow_mut().insert(place);
                assert!(
                    caller.role.is_some() || !query.contains("site=demo"),
                    "{}?{query} by {}: {status}",
                    route.name,
                    caller.name
                );
            }
        }
        self.call_by(caller, route, item, "", "").await
    }

    async fn call_by(&self, caller: &Caller, route: &Route, item: &str, query: &str, fields: &str) -> u16 {
        let path = route
            .path
            .replace("{site}", "demo")
            .replace("{id}", item)
            .replace("{reaction}", "heard")
            .replace("{session}", &self.session)
            .replace("{delivery}", if route.method == "delete" { DELIVERIES[0] } else { DELIVERIES[1] });
        let headers: Vec<_> =
            caller.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let (status, told) = if route.path.ends_with("/live") {
            let mut stream = self.server.open(&format!("/api/v1{path}"), &headers).await;
            (stream.status, stream.next().await.unwrap_or_default())
        } else {
            let mut body = (route.body)(self, item);
            if !fields.is_empty() {
                let fields: serde_json::Map<String, Value> = serde_json::from_str(fields).unwrap();
                body.as_object_mut().unwrap().extend(fields);
            }
            let path = if query.is_empty() { path.clone() } else { format!("{path}?{query}") };
            let body = Some(&body).filter(|body| !body.is_null());
            let method = route.method.to_uppercase().parse().unwrap();
            let answer = self.server.call(method, &path, &headers, body).await;
            (answer.status, format!("{:?} {}", answer.headers, answer.text()))
        };
        for planted in &self.planted {
            assert!(
                !told.contains(&planted.marker) || may_read(caller, route.name, planted),
                "{} reads {} from {} {path}?{query} {fields} ({status}): {told}",
                caller.name,
                planted.marker,
                route.method,
            );
        }
        status.as_u16()
    }

    /// The items to ask a route about.
    fn items(&self, route: &Route, of: &[(String, String)]) -> Vec<String> {
        let ids = of.iter().map(|(id, _)| id.clone());
        if route.path.contains("{id}") { ids.collect() } else { ids.take(1).collect() }
    }
}

/// A route of the document.
struct Route {
    name: &'static str,
    method: &'static str,
    path: &'static str,
    needs: Needs,
    body: Body,
    /// Whether the document says that it wants the token against forged requests.
    wants_token: bool,
}

/// Whether a route changes nothing.
fn reads(method: &str, path: &str) -> bool {
    method == "get" || path.ends_with("/search")
}

/// The routes of the document, which must be those of [`ROUTES`].
fn routes(document: &Value) -> Vec<Route> {
    let mut documented = BTreeMap::new();
    for (path, operations) in document["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            if ["get", "post", "put", "patch", "delete"].contains(&method.as_str()) {
                documented.insert(format!("{method} {path}"), operation.clone());
            }
        }
    }
    let known: BTreeSet<String> = ROUTES.iter().map(|(name, ..)| (*name).to_owned()).collect();
    let new: Vec<_> = documented.keys().filter(|name| !known.contains(*name)).collect();
    assert!(new.is_empty(), "nobody said who may call {new:?}: add them to ROUTES");
    for (name, operation) in &documented {
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            let parameter = match parameter["$ref"].as_str() {
                Some(target) => document.pointer(&target[1..]).unwrap(),
                None => parameter,
            };
            let field = parameter["name"].as_str().unwrap();
            // A page of the same is no other way.
            if parameter["in"] != "query" || ["limit", "cursor"].contains(&field) {
                continue;
            }
            let is_asked =
                WAYS.iter().any(|(way, query, _)| way == name && query.contains(&format!("{field}=")));
            assert!(is_asked, "{name} is never asked with {field}: add it to WAYS");
        }
    }
    let route = |(name, needs, body): &(&'static str, Needs, Body)| {
        let (method, path) = name.split_once(' ').unwrap();
        let operation = documented.get(*name).unwrap_or_else(|| panic!("{name} is not documented"));
        let security = operation["security"].to_string();
        let is_by_session = matches!(needs, Session | Everywhere(_) | Somewhere(_) | OnSite(_));
        assert_eq!(security.contains("session"), is_by_session, "{name}: the document says {security}");
        let wants_token = security.contains("csrf");
        assert_eq!(
            wants_token,
            is_by_session && !reads(method, path),
            "{name}: the document says {security}"
        );
        Route { name, method, path, needs: *needs, body: *body, wants_token }
    };
    ROUTES.iter().map(route).collect()
}

#[tokio::test]
async fn no_route_tells_or_changes_anything_without_the_right() {
    each_server(async |server| {
        let routes = routes(&server.get("/openapi.json").await.ok().json());
        let world = World::build(server).await;
        let callers = world.callers().await;
        let all = server.moderator(Role::Admin).await;
        let mut done = BTreeSet::new();

        // First all that is refused, and all reading: nothing changes.
        let before = world.standing(&all).await;
        for caller in &callers {
            for route in &routes {
                let has = caller.has(route.needs, route.wants_token);
                let may_change = !reads(route.method, route.path);
                for item in world.items(route, &world.private) {
                    if has && may_change && !(route.needs == Nothing && route.path.contains("{id}")) {
                        continue;
                    }
                    let status = world.call(caller, route, &item).await;
                    if !has {
                        let is_refused = match route.needs {
                            Code | ReportCode => (400..500).contains(&status),
                            SignIn => [401, 429].contains(&status),
                            _ => [401, 403, 404].contains(&status),
                        };
                        let what = world.what(&item);
                        assert!(is_refused, "{} of {what} by {}: {status}", route.name, caller.name);
                    } else if route.needs == Nothing && route.path.contains("{id}") {
                        let what = world.what(&item);
                        let what = format!("{} of {what}, which is not published: {status}", route.name);
                        assert_eq!(status, 404, "{what}");
                    } else if (200..300).contains(&status) {
                        done.insert(route.name);
                    }
                }
            }
            assert_eq!(world.standing(&all).await, before, "{} changed something", caller.name);
        }

        // Then all that has the right to: visitors about what they see, moderators, authors, and last what ends sessions.
        let in_turn: [fn(Needs) -> bool; 4] = [
            |needs| needs == Nothing,
            |needs| matches!(needs, Everywhere(_) | Somewhere(_) | OnSite(_)),
            |needs| needs == Code,
            |needs| needs == Session,
        ];
        for is_its_turn in in_turn {
            for route in routes.iter().filter(|route| is_its_turn(route.needs)) {
                for caller in callers.iter().filter(|caller| caller.has(route.needs, route.wants_token)) {
                    let mut items = world.items(route, &world.published);
                    if route.needs != Nothing {
                        items.extend(world.items(route, &world.private));
                        items.push(world.spare.clone());
                    }
                    for item in items {
                        let status = world.call(caller, route, &item).await;
                        assert!(
                            ![401, 403].contains(&status) || route.needs == Session || route.needs == Nothing,
                            "{} of {} by {}: {status}",
                            route.name,
                            world.what(&item),
                            caller.name
                        );
                        if (200..300).contains(&status) {
                            done.insert(route.name);
                        }
                    }
                }
            }
        }

        let never: Vec<_> = routes
            .iter()
            .map(|route| route.name)
            .filter(|name| !done.contains(name) && !NEVER_DONE.contains(name))
            .collect();
        assert!(never.is_empty(), "nobody could do {never:?}, so nothing was proved of them");
        let unproved: Vec<_> = (0..WAYS.len())
            .filter(|place| !world.ways_done.borrow().contains(place))
            .map(|n| WAYS[n])
            .collect();
        assert!(unproved.is_empty(), "nobody had an answer by {unproved:?}, so nothing was proved of them");
        let readable: Vec<_> =
            world.planted.iter().filter(|planted| planted.readers == Readers::Everyone).collect();
        assert_eq!(readable.len(), 2, "the test would see a marker where one is");
    })
    .await;
}

/// What a stream tells until it tells of `item`.
async fn until(stream: &mut crate::client::Stream, item: &str) -> String {
    let mut told = String::new();
    while !told.contains(item) {
        told += &stream.next().await.expect("the stream goes on until it tells of the item");
    }
    told
}

#[tokio::test]
async fn no_stream_tells_what_waits_to_who_has_no_role_there() {
    each_server(async |server| {
        let open = async |path: &str, moderator: Option<&Moderator<'_>>| {
            let cookie = moderator.map_or("", |moderator| moderator.cookie.as_str());
            server.open(&format!("/api/v1{path}"), &[("cookie", cookie)]).await
        };
        let here = server.member("Zqhere", &[("demo", Role::Viewer)]).await;
        let elsewhere = server.member("Zqelsewhere", &[("other", Role::Admin)]).await;
        let mut visitors = open("/sites/demo/live", None).await;
        let mut desk = open("/console/live", Some(&here)).await;
        let mut other_desk = open("/console/live", Some(&elsewhere)).await;

        let world = World::build(server).await;
        let (last, _) = server.published_story(PLAIN).await;
        let (theirs, _) = server.story_elsewhere(PLAIN).await;

        let (visitors, desk) = (until(&mut visitors, &last).await, until(&mut desk, &last).await);
        let other_desk = until(&mut other_desk, &theirs).await;
        for (id, _) in &world.private {
            assert!(!other_desk.contains(id), "{other_desk}");
        }
        assert!(!visitors.contains(&world.private[0].0), "{visitors}");
        assert!(desk.contains(&world.private[0].0), "{desk}");
        for planted in &world.planted {
            for told in [&visitors, &desk, &other_desk] {
                assert!(!told.contains(&planted.marker), "{told}");
            }
        }
    })
    .await;
}
