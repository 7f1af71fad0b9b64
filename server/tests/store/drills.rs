//! Fire drills: made-up items that the desk cannot tell from others, and that nobody else ever sees.

use peer_support_domain::audit::Act;
use peer_support_domain::cursor::Order;
use peer_support_domain::drill::{Ending, Handling, Urgency};
use peer_support_domain::flag::{Flag, Flags};
use peer_support_domain::full_text::SearchWords;
use peer_support_domain::limits::DRILL_LINGER_MS;
use peer_support_domain::post::{Decision, Role, State};
use peer_support_domain::redaction::Span;
use peer_support_domain::statistics::Quarter;
use peer_support_domain::wire::{Drill, FindItems, SiteSetting};
use peer_support_server::store::{
    AuditFrom, Claimed, FindQuery, How, ModeratorId, NewClaim, NewDecision, NewDelivery, NewDrill,
    NewDrillItem, NewEscalation, NewHandOver, NewItem, NewSettlement, Queued, Replies, SearchQuery, Settled,
    Store, Undecided,
};
use tokio::sync::mpsc::channel;

use crate::subject::*;

const RED: u64 = 1;
const AMBER: u64 = 2;
const UNTIL: i64 = START + 60 * MINUTE;

fn made_up(n: u64, flag: Flag, urgency: Urgency, expected: Handling) -> NewDrillItem {
    let text = format!("zqmadeup{n} is a text that nobody wrote.");
    let item = NewItem { text, flags: Flags::from_iter([flag]), created_at: START, ..story(n) };
    NewDrillItem { item, urgency, expected: vec![expected] }
}

fn drill(by: ModeratorId) -> NewDrill {
    NewDrill {
        site: "demo".parse().unwrap(),
        items: vec![
            made_up(RED, Flag::Crisis, Urgency::Red, Handling::PassOn),
            made_up(AMBER, Flag::Solicitation, Urgency::Amber, Handling::Decline),
        ],
        by,
        at: START,
        until: UNTIL,
    }
}

fn decision(n: u64, moderator: ModeratorId, decision: Decision, at: i64) -> NewDecision {
    NewDecision {
        item: item(n),
        moderator,
        decision,
        read_text: None,
        reason: decision.needs_reason().then(|| "zqreason of a moderator".to_owned()),
        at,
        how: How::default(),
    }
}

impl Subject {
    /// A drill that begins now; who began it.
    pub async fn drilling(&self) -> ModeratorId {
        let lead = self.add_moderator("Lea".into(), Role::Lead, START).await.unwrap().unwrap().id;
        assert!(self.begin_drill(drill(lead)).await.unwrap());
        lead
    }

    /// A drill with these items.
    pub async fn drilling_about(&self, items: &[u64]) {
        let lead = self.moderator().await.id;
        let made_up = |n: &u64| made_up(*n, Flag::Crisis, Urgency::Red, Handling::PassOn);
        let items = items.iter().map(made_up).collect();
        assert!(self.begin_drill(NewDrill { items, ..drill(lead) }).await.unwrap());
    }

    async fn last_drill(&self) -> Drill {
        self.drills("demo".parse().unwrap()).await.unwrap().remove(0)
    }

    async fn queued_one(&self, n: u64) -> Option<Queued> {
        let page = Store::queue(&**self, Reach::Everywhere, None, 100).await.unwrap();
        page.items.into_iter().find(|queued| queued.id == item(n))
    }

    async fn found_in(&self, state: State) -> Vec<peer_support_domain::id::ItemId> {
        let find = FindItems { state: Some(state), ..FindItems::default() };
        let moderator = self.moderator().await.id;
        let query = FindQuery { find, reach: Reach::Everywhere, moderator, now: START, limit: 9 };
        self.find(query).await.unwrap().items.into_iter().map(|found| found.id).collect()
    }

    /// All tables that may hold something of an item, without those that say what a drill counted.
    async fn traces(&self) -> Vec<String> {
        let mut traces = Vec::new();
        for (table, column) in [
            ("items", "id"),
            ("decisions", "item_id"),
            ("escalations", "item_id"),
            ("desk_events", "item_id"),
            ("proposals", "item_id"),
            ("notices", "item_id"),
            ("deliveries", "item_id"),
            ("audit", "item_id"),
        ] {
            for n in [RED, AMBER] {
                let id = item(n).bits().cast_signed();
                let found = self.rows(&format!("select 1 from {table} where {column} = {id}")).await;
                if !found.is_empty() {
                    traces.push(format!("{n} in {table}"));
                }
            }
        }
        for table in ["claims", "item_texts", "side_texts"] {
            let n_rows = self.rows(&format!("select 1 from {table}")).await.len();
            // SQLite overwrites texts in place, until there are many.
            if n_rows > 0
                && !(matches!(self.address, peer_support_server::store::Address::Sqlite(_))
                    && table != "claims")
            {
                traces.push(format!("{n_rows} in {table}"));
            }
        }
        for word in ["zqmadeup", "zqword"] {
            if self.files_hold(word).await {
                traces.push(format!("{word} in the files"));
            }
        }
        traces
    }
}

#[tokio::test]
async fn made_up_items_stand_in_the_queue_as_others_do() {
    each_store(async |store| {
        store.drilling().await;
        store.added(NewItem { flags: Flags::from_iter([Flag::Crisis]), ..story(7) }).await;

        let (red, real) = (store.queued_one(RED).await.unwrap(), store.queued_one(7).await.unwrap());

        assert_eq!((red.state, red.flags, red.n_decisions), (real.state, real.flags, real.n_decisions));
        assert_eq!(red.waits_since, Some(START));
        assert_eq!(store.queue_ids(9).await, [item(RED), item(7), item(AMBER)], "red ones first");
        assert!(store.thread(item(RED), Replies::Around).await.unwrap().is_some());
        assert_eq!(store.notices(9).await.unwrap().len(), 2, "the team is told as of others");
    })
    .await;
}

#[tokio::test]
async fn a_second_drill_waits_for_the_end_of_the_first() {
    each_store(async |store| {
        let lead = store.drilling().await;
        let another =
            NewDrill { items: vec![made_up(3, Flag::Crisis, Urgency::Red, Handling::PassOn)], ..drill(lead) };

        assert!(!store.begin_drill(another.clone()).await.unwrap());
        let elsewhere = NewDrill { site: "other".parse().unwrap(), items: Vec::new(), ..drill(lead) };
        assert!(store.begin_drill(elsewhere).await.unwrap(), "each site has its own");
        assert!(store.stop_drill("demo".parse().unwrap(), lead, START).await.unwrap());
        assert!(!store.stop_drill("demo".parse().unwrap(), lead, START).await.unwrap());

        assert!(store.begin_drill(another).await.unwrap());
        assert_eq!(store.queue_ids(9).await, [item(3)]);
    })
    .await;
}

#[tokio::test]
async fn what_is_decided_looks_decided_at_the_desk_and_shows_nobody_anything() {
    each_store(async |store| {
        let lead = store.drilling().await;
        let mut published = store.listen().await.unwrap();
        let before = store.counted("demo".parse().unwrap(), Quarter::of_ms(START)).await.unwrap();

        let approve =
            NewDecision { read_text: None, ..decision(AMBER, lead, Decision::Approve, START + MINUTE) };
        assert_eq!(store.decide(approve.clone()).await.unwrap(), Some(Ok(State::Published)));

        assert!(store.queued_one(AMBER).await.is_none());
        let again = store.decide(approve).await.unwrap().unwrap().unwrap_err();
        assert!(
            matches!(&again, Undecided::NotAllowed(not_allowed) if not_allowed.state == State::Published)
        );
        let stale = NewDecision {
            how: How { n_decisions: Some(0), ..How::default() },
            ..decision(AMBER, lead, Decision::Hide, START + MINUTE)
        };
        assert_eq!(store.decide(stale).await.unwrap(), Some(Err(Undecided::Meanwhile)));
        let last = store.last_decision(item(AMBER)).await.unwrap().unwrap();
        assert_eq!((last.decision, last.by.as_deref()), (Decision::Approve, Some("Lea")));
        assert_eq!(store.found_in(State::Published).await, [item(AMBER)]);
        assert_eq!(store.found_in(State::Declined).await, []);
        assert_eq!(store.found_in(State::Held).await, [item(RED)]);
        let thread = store.thread(item(AMBER), Replies::Around).await.unwrap().unwrap();
        assert_eq!((thread.post.state, thread.decisions.len()), (State::Published, 1));

        assert!(store.post(item(AMBER)).await.unwrap().is_none());
        assert!(store.site_of(item(AMBER)).await.unwrap().is_none());
        assert!(store.replies(item(AMBER), None, 9).await.unwrap().is_none());
        for order in Order::ALL {
            assert_eq!(store.feed_ids(feed(order, 9)).await, []);
        }
        let words: SearchWords = "zqmadeup2".parse().unwrap();
        let search = SearchQuery {
            site: "demo".parse().unwrap(),
            words,
            kind: None,
            topic: None,
            after: None,
            limit: 9,
        };
        assert!(store.search(search).await.unwrap().items.is_empty());
        assert!(store.vote(helped(item(AMBER), voter(1))).await.unwrap().is_none());
        for is_all in [false, true] {
            let (to, mut exported) = channel(9);
            store.export("demo".parse().unwrap(), is_all, to).await.unwrap();
            while let Some(items) = exported.recv().await {
                assert!(items.is_empty(), "{items:?}");
            }
        }
        assert!(store.recent_texts(0, 99).await.unwrap().is_empty());
        let after = store.counted("demo".parse().unwrap(), Quarter::of_ms(START)).await.unwrap();
        assert_eq!(after, before, "it counts nowhere");
        // The first thing that readers hear of is what somebody wrote.
        store.added(NewItem { is_example: false, ..crate::subject::published(story(8)) }).await;
        assert_eq!(published.next().await.unwrap().item, item(8));

        let hide = decision(AMBER, lead, Decision::Hide, START + 2 * MINUTE);
        assert_eq!(store.decide(hide).await.unwrap(), Some(Ok(State::Hidden)));
        assert_eq!(store.found_in(State::Hidden).await, [item(AMBER)]);
        let shown =
            format!("update items set {} where drill_state is not null", store.state_set(State::Published));
        let refused = store.execute(&shown).await.unwrap_err().to_lowercase();
        assert!(refused.contains("check constraint"), "the database refuses to show it: {refused}");
    })
    .await;
}

#[tokio::test]
async fn the_numbers_say_when_each_was_read_passed_on_and_decided_and_what_was_right() {
    each_store(async |store| {
        let lead = store.drilling().await;
        let sam = store.add_moderator("Sam".into(), Role::Moderator, START).await.unwrap().unwrap().id;
        for (moderator, at) in [(sam, START + MINUTE), (lead, START + 4 * MINUTE)] {
            let claim = NewClaim { item: item(RED), moderator, takes_over: true, at };
            assert!(matches!(store.claim(claim).await.unwrap(), Some(Claimed::Yours(_))));
        }
        let note = "zqnote for a lead".to_owned();
        store
            .escalate(NewEscalation { item: item(RED), moderator: lead, note, at: START + 5 * MINUTE })
            .await
            .unwrap();
        let decline = decision(RED, lead, Decision::Decline, START + 6 * MINUTE);
        assert_eq!(store.decide(decline).await.unwrap(), Some(Ok(State::Declined)));
        let cut = NewDecision {
            how: How { taken_out: vec![Span { start: 0, end: 9 }], ..How::default() },
            read_text: Some(made_up(AMBER, Flag::Flood, Urgency::Amber, Handling::Decline).item.text),
            ..decision(AMBER, sam, Decision::Approve, START + 7 * MINUTE)
        };
        assert_eq!(store.decide(cut).await.unwrap(), Some(Ok(State::Published)));

        let running = store.last_drill().await;

        assert_eq!((running.begun_at, running.until, running.ended_at), (START, UNTIL, None));
        let [red, amber] = &running.items[..] else { panic!("{running:?}") };
        assert_eq!((red.urgency, red.claimed_after_ms), (Urgency::Red, Some(MINUTE)), "the first one counts");
        assert_eq!((red.passed_on_after_ms, red.decided_after_ms), (Some(5 * MINUTE), Some(6 * MINUTE)));
        assert_eq!((red.outcome, red.is_right), (Some(Handling::Decline), Some(true)));
        assert_eq!((amber.urgency, amber.claimed_after_ms), (Urgency::Amber, None));
        assert_eq!((amber.outcome, amber.is_right), (Some(Handling::TakeOut), Some(false)));
        assert_eq!(store.end_drills(START + 7 * MINUTE + DRILL_LINGER_MS - 1, false).await.unwrap(), 0);
        let end = START + 7 * MINUTE + DRILL_LINGER_MS;
        assert_eq!(store.end_drills(end, false).await.unwrap(), 1);
        let ended = store.last_drill().await;
        assert_eq!((ended.ended_at, ended.ending), (Some(end), Some(Ending::AllDecided)));
        assert_eq!(ended.items, running.items, "the numbers stay");
        assert_eq!(store.traces().await, [""; 0]);
    })
    .await;
}

#[tokio::test]
async fn the_rule_of_two_people_holds_for_made_up_items() {
    each_store(async |store| {
        let lead = store.drilling().await;
        let sam = store.add_moderator("Sam".into(), Role::Moderator, START).await.unwrap().unwrap().id;
        store.change_site("demo".parse().unwrap(), SiteSetting::TwoPersons(true), None, START).await.unwrap();
        let n_lines = store.audit(AuditFrom::After(0), 99).await.unwrap().len();

        let decline = decision(RED, sam, Decision::Decline, START + MINUTE);
        assert_eq!(store.decide(decline).await.unwrap(), Some(Err(Undecided::Proposed(State::Held))));

        assert!(store.queued_one(RED).await.unwrap().proposal.is_some());
        assert_eq!(store.last_drill().await.items[0].decided_after_ms, None, "nothing is decided yet");
        let settle =
            |confirms, at| NewSettlement { item: item(RED), moderator: lead, confirms, read_text: None, at };
        let rejected = store.settle_proposal(settle(false, START + 2 * MINUTE)).await.unwrap();
        assert_eq!(rejected, Some(Settled::Done(State::Held)));
        store.decide(decision(RED, sam, Decision::Decline, START + 3 * MINUTE)).await.unwrap();
        let confirmed = store.settle_proposal(settle(true, START + 4 * MINUTE)).await.unwrap();
        assert_eq!(confirmed, Some(Settled::Done(State::Declined)));
        assert_eq!(store.last_drill().await.items[0].decided_after_ms, Some(4 * MINUTE));

        store
            .decide(decision(AMBER, sam, Decision::Approve, START + 5 * MINUTE))
            .await
            .unwrap()
            .unwrap()
            .unwrap();
        store
            .decide(decision(AMBER, sam, Decision::Hide, START + 6 * MINUTE))
            .await
            .unwrap()
            .unwrap()
            .unwrap();
        let restore = decision(AMBER, sam, Decision::Restore, START + 7 * MINUTE);
        assert_eq!(store.decide(restore).await.unwrap(), Some(Err(Undecided::Proposed(State::Hidden))));
        assert!(store.queued_one(AMBER).await.is_some(), "it waits where others see it");
        assert_eq!(store.audit(AuditFrom::After(0), 99).await.unwrap().len(), n_lines, "nothing tells which");
        assert_eq!(store.end_drills(UNTIL, false).await.unwrap(), 1);
        assert_eq!(store.traces().await, [""; 0]);
    })
    .await;
}

#[tokio::test]
async fn whatever_is_done_about_made_up_items_goes_with_them() {
    each_store(async |store| {
        let lead = store.drilling().await;
        let said = store.say(item(RED), lead, "zqword to nobody".into(), START).await.unwrap();
        assert!(matches!(said, Some(peer_support_server::store::Said::Done(_))), "{said:?}");
        let note = "zqnote on handing over".to_owned();
        let hand_over = NewHandOver { item: item(RED), moderator: lead, to: None, note, at: START };
        store.hand_over(hand_over).await.unwrap();
        store
            .claim(NewClaim { item: item(RED), moderator: lead, takes_over: false, at: START })
            .await
            .unwrap();
        let note = "zqnote for a lead".to_owned();
        store.escalate(NewEscalation { item: item(RED), moderator: lead, note, at: START }).await.unwrap();
        let notices = store.notices(9).await.unwrap();
        assert_eq!(notices.len(), 2);
        let delivery = vec![NewDelivery { id: "msg".into(), channel: "pager".into() }];
        store.address(notices[0].id, delivery).await.unwrap();
        store.decide(decision(AMBER, lead, Decision::Decline, START)).await.unwrap().unwrap().unwrap();
        store.index().await.unwrap();
        let mut desk = store.listen_at_desk().await.unwrap();

        assert_eq!(store.end_drills(UNTIL - 1, false).await.unwrap(), 0, "its time is not over");
        assert_eq!(store.end_drills(UNTIL, false).await.unwrap(), 1);

        assert_eq!(store.last_drill().await.ending, Some(Ending::Time));
        assert_eq!(store.traces().await, [""; 0]);
        assert_eq!(store.queue_ids(9).await, []);
        let told = [desk.next().await.unwrap().news.item, desk.next().await.unwrap().news.item];
        assert!(told.contains(&item(RED)), "open desks look again");
        let acts: Vec<_> = store.audit(AuditFrom::After(0), 99).await.unwrap();
        let acts: Vec<_> = acts.iter().filter(|line| line.act != Act::AccountMade).collect();
        assert_eq!(acts.iter().map(|line| line.act).collect::<Vec<_>>(), [Act::DrillBegun, Act::DrillEnded]);
        assert!(acts.iter().all(|line| line.item.is_none() && line.site.is_some()), "{acts:?}");
        // What people wrote keeps its record for good.
        store.added(story(9)).await;
        store.decide(decision(9, lead, Decision::Decline, START)).await.unwrap().unwrap().unwrap();
        assert!(store.execute("delete from decisions").await.is_err());
    })
    .await;
}

#[tokio::test]
async fn a_restart_ends_what_was_running() {
    each_store(async |store| {
        store.drilling().await;

        assert_eq!(store.end_drills(START + MINUTE, true).await.unwrap(), 1);
        assert_eq!(store.end_drills(START + MINUTE, true).await.unwrap(), 0);

        assert_eq!(store.last_drill().await.ending, Some(Ending::Restart));
        assert_eq!(store.traces().await, [""; 0]);
    })
    .await;
}

#[tokio::test]
async fn people_who_write_after_a_drill_are_found_by_their_own_words_only() {
    each_store(async |store| {
        store.drilling().await;
        store.end_drills(UNTIL, false).await.unwrap();

        // SQLite gives their keys to the next ones.
        store.added(crate::subject::published(story(1))).await;
        store.added(crate::subject::published(story(2))).await;
        store.index().await.unwrap();

        let search = |words: &str| SearchQuery {
            site: "demo".parse().unwrap(),
            words: words.parse().unwrap(),
            kind: None,
            topic: None,
            after: None,
            limit: 9,
        };
        assert_eq!(store.search(search("story number")).await.unwrap().items.len(), 2);
        assert!(store.search(search("zqmadeup1")).await.unwrap().items.is_empty());
        assert!(store.last_drill().await.items.iter().all(|item| item.outcome.is_none()));
    })
    .await;
}
