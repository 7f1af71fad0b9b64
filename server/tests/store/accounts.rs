use std::collections::BTreeSet;

use futures_util::future::join_all;
use peer_support_domain::account::AccountEvent;
use peer_support_domain::limits::{
    ACCOUNT_EVENT_RETENTION_MS, NEW_AUTHENTICATOR_MS, SESSION_MS, SESSION_SEEN_MS, SESSION_UNUSED_MS,
    SIGN_IN_TRIES, SIGN_IN_TRIES_COUNT_MS,
};
use peer_support_domain::post::Role;
use peer_support_server::store::{Attempt, ModeratorId, NewSession, OpenSession, SecondFactor, SessionId};

use crate::subject::*;

const HASH: &str = "$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA";

/// A session that a sign-in code opened at `at`, of the moderator of these tests.
async fn by_code(store: &Subject, n: u64, at: i64) -> OpenSession {
    let name = store.moderator().await.name;
    assert!(store.add_sign_in_code(name, secret(1_000 + n), at, at + MINUTE).await.unwrap());
    store.sign_in(secret(1_000 + n), session(n, at, at + SESSION_MS)).await.unwrap().unwrap()
}

/// The account of these tests with a password, an authenticator and two recovery codes.
async fn set_up(store: &Subject) -> ModeratorId {
    let opened = by_code(store, 900, START).await;
    let account = opened.moderator.id;
    assert!(store.set_password(account, HASH.into(), opened.id, START).await.unwrap());
    assert!(store.begin_authenticator(account, vec![1, 2, 3], START).await.unwrap());
    let codes = vec![secret(81), secret(82)];
    assert!(store.set_authenticator(account, vec![1, 2, 3], 100, codes, START).await.unwrap());
    account
}

async fn try_as(store: &Subject, name: &str, at: i64) -> Attempt {
    // What stands for a name is the server's business; here any hash does.
    let hash = secret(name.bytes().map(u64::from).sum());
    store.take_attempt(name.into(), hash, at).await.unwrap()
}

#[tokio::test]
async fn who_has_password_and_second_factor_is_in_and_each_factor_counts_once() {
    each_store(async |store| {
        let account = set_up(store).await;
        let sign_in = async |n: u64, second| {
            let new = session(n, START, START + SESSION_MS);
            store.sign_in_by_password(account, HASH.into(), second, new).await.unwrap()
        };

        let opened = sign_in(1, SecondFactor::Step(101)).await.unwrap();

        assert_eq!(opened.moderator.id, account);
        assert!(opened.is_set_up && !opened.is_by_code);
        assert_eq!(store.session(secret(1), START).await.unwrap(), Some(opened));
        for (n, step) in [(2, 101), (3, 100), (4, 99)] {
            assert_eq!(sign_in(n, SecondFactor::Step(step)).await, None, "the step {step}, after 101");
        }
        assert!(sign_in(5, SecondFactor::Step(102)).await.is_some());
        assert!(sign_in(6, SecondFactor::RecoveryCode(secret(81))).await.is_some());
        assert_eq!(sign_in(7, SecondFactor::RecoveryCode(secret(81))).await, None, "it was used");
        assert_eq!(sign_in(8, SecondFactor::RecoveryCode(secret(83))).await, None, "there is none");
        let other = store
            .sign_in_by_password(
                account,
                "$another".into(),
                SecondFactor::Step(200),
                session(9, START, START + 1),
            )
            .await;
        assert_eq!(other.unwrap(), None, "the password was changed meanwhile");
        assert!(sign_in(10, SecondFactor::Step(103)).await.is_some(), "which used up no step");
        assert_eq!(store.account(account).await.unwrap().n_recovery_codes, 1);
    })
    .await;
}

#[tokio::test]
async fn of_many_at_once_with_one_code_one_is_in() {
    each_store(async |store| {
        let account = set_up(store).await;
        for (from, second) in [(0, SecondFactor::Step(101)), (50, SecondFactor::RecoveryCode(secret(81)))] {
            let attempts = join_all((0..20).map(|n| {
                let new = session(from + n, START, START + SESSION_MS);
                store.sign_in_by_password(account, HASH.into(), second, new)
            }))
            .await;

            let n_in = attempts.into_iter().filter(|opened| opened.as_ref().unwrap().is_some()).count();
            assert_eq!(n_in, 1, "{second:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn tries_wait_longer_and_longer_and_names_without_account_as_long() {
    each_store(async |store| {
        set_up(store).await;
        for name in ["Ada", "Nobody"] {
            for n in 1..=SIGN_IN_TRIES {
                let attempt = try_as(store, name, START).await;
                assert!(matches!(attempt, Attempt::Taken(_)), "{name}: {n}: {attempt:?}");
            }
            assert_eq!(try_as(store, name, START).await, Attempt::Wait(1_000), "{name}");
            assert_eq!(
                try_as(store, name, START + 400).await,
                Attempt::Wait(600),
                "{name}: waiting costs nothing"
            );
            let (mut at, mut waits) = (START + 1_000, Vec::new());
            for _ in 0..12 {
                assert!(matches!(try_as(store, name, at).await, Attempt::Taken(_)), "{name}");
                let Attempt::Wait(ms) = try_as(store, name, at).await else { panic!("{name} need not wait") };
                waits.push(ms / 1_000);
                at += ms;
            }
            assert_eq!(waits, [2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900], "{name}");
            assert!(matches!(try_as(store, name, at).await, Attempt::Taken(_)));
            let next_day = at + SIGN_IN_TRIES_COUNT_MS;
            assert!(matches!(try_as(store, name, next_day).await, Attempt::Taken(_)));
            assert!(
                matches!(try_as(store, name, next_day).await, Attempt::Taken(_)),
                "{name}: the count began anew"
            );
        }
    })
    .await;
}

#[tokio::test]
async fn many_at_once_get_no_more_tries_than_one_after_the_other() {
    each_store(async |store| {
        store.moderator().await;

        let attempts = join_all((0..40).map(|_| try_as(store, "Ada", START))).await;

        let n_taken = attempts.iter().filter(|attempt| matches!(attempt, Attempt::Taken(_))).count();
        assert_eq!(n_taken as u32, SIGN_IN_TRIES);
    })
    .await;
}

#[tokio::test]
async fn a_try_tells_what_to_check_and_a_right_one_forgives_the_wrong_ones() {
    each_store(async |store| {
        let account = set_up(store).await;
        for _ in 1..SIGN_IN_TRIES {
            try_as(store, "Ada", START).await;
            try_as(store, "Nobody", START).await;
        }

        let Attempt::Taken(known) = try_as(store, "Ada", START).await else { panic!("it need not wait yet") };
        assert_eq!(try_as(store, "Nobody", START).await, Attempt::Taken(None));

        let known = known.unwrap();
        assert_eq!((known.moderator.id, known.password.as_deref()), (account, Some(HASH)));
        assert_eq!(known.authenticator.as_deref(), Some(&[1, 2, 3][..]));
        let new = session(1, START, START + SESSION_MS);
        store.sign_in_by_password(account, HASH.into(), SecondFactor::Step(101), new).await.unwrap().unwrap();
        assert!(matches!(try_as(store, "Ada", START).await, Attempt::Taken(_)));
        assert!(matches!(try_as(store, "Nobody", START).await, Attempt::Wait(_)), "others are not");
        for _ in 0..SIGN_IN_TRIES {
            try_as(store, "Ada", START).await;
        }
        by_code(store, 2, START).await;
        assert!(matches!(try_as(store, "Ada", START).await, Attempt::Taken(_)), "so does a sign-in code");
        store.forgive_attempts(account).await.unwrap();
        assert_eq!(store.rows("select * from sign_in_attempts").await.len(), 1, "that of nobody");
    })
    .await;
}

#[tokio::test]
async fn made_up_names_do_not_fill_the_database_nor_push_an_account_out() {
    each_store(async |store| {
        store.moderator().await;
        for _ in 0..SIGN_IN_TRIES {
            try_as(store, "Ada", START - MINUTE).await;
        }
        let fill = match store.address {
            peer_support_server::store::Address::Sqlite(_) => {
                "insert into sign_in_attempts (name_hash, n_tries, tried_at, waits_until)
                 select cast(printf('%032d', value) as blob), 1, 1, 0
                 from (with recursive numbers (value) as (
                   select 1 union all select value + 1 from numbers where value < 20000
                 ) select value from numbers)"
            }
            peer_support_server::store::Address::Postgres(_) => {
                "insert into sign_in_attempts (name_hash, n_tries, tried_at, waits_until)
                 select lpad(n::text, 32, '0')::bytea, 1, 1, 0 from generate_series(1, 20000) as n"
            }
        };
        store.execute(fill).await.unwrap();

        try_as(store, "Somebody", START).await;

        assert_eq!(store.rows("select 1 from sign_in_attempts").await.len(), 10_001);
        assert!(matches!(try_as(store, "Ada", START - MINUTE).await, Attempt::Wait(_)));
    })
    .await;
}

#[tokio::test]
async fn a_session_ends_when_it_is_old_or_nobody_uses_it() {
    each_store(async |store| {
        let opened = by_code(store, 1, START).await;
        let (unused, quarter) = (SESSION_UNUSED_MS, SESSION_SEEN_MS);

        let there = async |at| store.session(secret(1), at).await.unwrap().is_some();
        assert!(there(START + unused).await && !there(START + unused + quarter).await);
        store.see_session(opened.id, START + quarter + 7).await.unwrap();
        store.see_session(opened.id, START + 1).await.unwrap();

        let seen = store.session(secret(1), START).await.unwrap().unwrap().seen_at;
        assert_eq!(seen, START + quarter, "the quarter of an hour, and never back");
        assert!(there(START + unused + quarter).await);
        let listed = store.sessions(opened.moderator.id, START).await.unwrap();
        assert_eq!(
            (listed[0].id, listed[0].begun_at, listed[0].seen_at),
            (opened.id, START, START + quarter)
        );
        assert_eq!(store.sessions(opened.moderator.id, START + 9 * unused).await.unwrap(), []);
        for n in 1..=6 {
            store.see_session(opened.id, START + n * unused).await.unwrap();
        }
        assert!(there(START + SESSION_MS - 1).await && !there(START + SESSION_MS).await);
        store.purge(START + SESSION_MS, START).await.unwrap();
        assert_eq!(store.rows("select * from sessions").await.len(), 0);
    })
    .await;
}

#[tokio::test]
async fn a_new_session_ends_the_one_that_the_browser_had() {
    each_store(async |store| {
        let account = set_up(store).await;
        by_code(store, 1, START).await;
        let new = NewSession {
            replaces: Some(secret(1)),
            device: Some("Kitchen \\ \"table\"".into()),
            ..session(2, START + MINUTE + 7, START + SESSION_MS)
        };

        store.sign_in_by_password(account, HASH.into(), SecondFactor::Step(101), new).await.unwrap().unwrap();

        assert_eq!(store.session(secret(1), START).await.unwrap(), None);
        let listed = store.sessions(account, START).await.unwrap();
        assert_eq!(listed.len(), 2);
        assert_eq!(listed[0].device.as_deref(), Some("Kitchen \\ \"table\""));
        assert_eq!((listed[0].begun_at, listed[0].seen_at), (START + MINUTE, START), "to the minute");
    })
    .await;
}

#[tokio::test]
async fn sessions_are_ended_by_their_own_account_only() {
    each_store(async |store| {
        let (mine, kept) = (by_code(store, 1, START).await, by_code(store, 2, START).await);
        store.add_moderator("Zoe".into(), Role::Admin, START).await.unwrap().unwrap();
        store.add_sign_in_code("Zoe".into(), secret(7), START, START + 1).await.unwrap();
        let other = store.sign_in(secret(7), session(3, START, START + SESSION_MS)).await.unwrap().unwrap();
        let owner = mine.moderator.id;

        assert!(!store.end_session(owner, other.id, START).await.unwrap());
        assert!(!store.end_session(owner, SessionId(i64::MAX), START).await.unwrap());
        assert!(store.end_session(owner, mine.id, START).await.unwrap());

        assert_eq!(store.session(secret(1), START).await.unwrap(), None);
        by_code(store, 4, START).await;
        store.end_other_sessions(owner, kept.id, START).await.unwrap();
        let open = async |n| store.session(secret(n), START).await.unwrap().is_some();
        assert_eq!((open(2).await, open(3).await, open(4).await), (true, true, false));
        by_code(store, 5, START).await;
        assert!(store.set_password(owner, HASH.into(), kept.id, START).await.unwrap());
        assert_eq!((open(2).await, open(3).await, open(5).await), (true, true, false));
    })
    .await;
}

#[tokio::test]
async fn an_authenticator_counts_once_it_is_confirmed_and_new_codes_end_the_old() {
    each_store(async |store| {
        let owner = store.moderator().await.id;
        assert!(
            !store.set_recovery_codes(owner, vec![secret(1)], START).await.unwrap(),
            "there is nothing to recover"
        );
        assert!(store.begin_authenticator(owner, vec![1], START).await.unwrap());
        assert!(store.begin_authenticator(owner, vec![2], START).await.unwrap());

        assert_eq!(store.new_authenticator(owner, START).await.unwrap(), Some(vec![2]));
        assert_eq!(
            store.new_authenticator(owner, START + NEW_AUTHENTICATOR_MS).await.unwrap(),
            None,
            "too late"
        );
        assert!(!store.account(owner).await.unwrap().has_authenticator);
        assert!(
            !store.set_authenticator(owner, vec![1], 1, vec![], START).await.unwrap(),
            "another took its place"
        );
        assert!(store.set_authenticator(owner, vec![2], 1, vec![secret(1), secret(2)], START).await.unwrap());
        assert!(
            !store.set_authenticator(owner, vec![2], 1, vec![], START).await.unwrap(),
            "it was confirmed"
        );
        assert_eq!(store.new_authenticator(owner, START).await.unwrap(), None);
        assert!(store.set_recovery_codes(owner, vec![secret(2), secret(3), secret(4)], START).await.unwrap());
        let state = store.account(owner).await.unwrap();
        assert_eq!((state.has_authenticator, state.has_password, state.n_recovery_codes), (true, false, 3));

        store.begin_authenticator(owner, vec![3], START).await.unwrap();
        store.purge(START + NEW_AUTHENTICATOR_MS, START).await.unwrap();
        let left = store.rows("select 1 from credentials where new_authenticator is null").await;
        assert_eq!(left.len(), 1, "what was never confirmed is forgotten");
        assert!(store.account(owner).await.unwrap().has_authenticator, "and nothing else");
    })
    .await;
}

#[tokio::test]
async fn a_reset_takes_everything_away_and_a_closed_account_gets_nothing() {
    each_store(async |store| {
        let account = set_up(store).await;
        let opened = by_code(store, 1, START).await;
        store.add_sign_in_code("Ada".into(), secret(2), START, START + MINUTE).await.unwrap();
        try_as(store, "Ada", START).await;

        assert!(store.reset_moderator("Ada".into(), START).await.unwrap());
        assert!(!store.reset_moderator("Nobody".into(), START).await.unwrap());

        for table in
            ["credentials", "account_recovery_codes", "sign_in_codes", "sessions", "sign_in_attempts"]
        {
            assert_eq!(store.rows(&format!("select * from {table}")).await.len(), 0, "{table}");
        }
        by_code(store, 3, START).await;
        assert!(store.close_moderator("Ada".into(), START).await.unwrap());
        assert!(!store.reset_moderator("Ada".into(), START).await.unwrap());
        assert!(!store.set_password(account, HASH.into(), opened.id, START).await.unwrap());
        assert!(!store.begin_authenticator(account, vec![1], START).await.unwrap());
        assert_eq!(try_as(store, "Ada", START).await, Attempt::Taken(None));
        assert_eq!(store.rows("select * from credentials").await.len(), 0);
    })
    .await;
}

#[tokio::test]
async fn what_happened_to_an_account_is_told_the_last_first_and_forgotten_in_time() {
    each_store(async |store| {
        let account = set_up(store).await;
        let new = session(1, START + MINUTE + 1, START + SESSION_MS);
        let second = SecondFactor::RecoveryCode(secret(81));
        store.sign_in_by_password(account, HASH.into(), second, new).await.unwrap().unwrap();

        let events = store.account(account).await.unwrap().events;

        assert_eq!(
            events,
            [
                (AccountEvent::SignedInByRecoveryCode, START + MINUTE),
                (AccountEvent::AuthenticatorSet, START),
                (AccountEvent::PasswordSet, START),
                (AccountEvent::SignedInByCode, START),
                (AccountEvent::CodeMade, START),
            ]
        );
        store.purge(START + ACCOUNT_EVENT_RETENTION_MS, START).await.unwrap();
        assert_eq!(store.account(account).await.unwrap().events.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn every_event_can_be_stored() {
    each_store(async |store| {
        let account = set_up(store).await;
        store.execute("delete from account_events").await.unwrap();
        for event in AccountEvent::ALL {
            let insert = format!(
                "insert into account_events (moderator_key, event, at) values ({}, '{event}', 1)",
                account.0
            );
            store.execute(&insert).await.unwrap();
        }

        let events = store.account(account).await.unwrap().events;

        let told: BTreeSet<&str> = events.iter().map(|(event, _)| event.as_str()).collect();
        assert_eq!(told, AccountEvent::ALL.iter().map(|event| event.as_str()).collect());
    })
    .await;
}
