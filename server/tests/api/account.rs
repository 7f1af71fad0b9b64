//! Moderators' accounts: password, authenticator, recovery codes, sessions; and what attackers try.

use axum::http::{Method, StatusCode};
use peer_support_domain::limits::{SIGN_IN_LONGEST_WAIT_MS, SIGN_IN_TRIES};
use peer_support_domain::post::Role;
use peer_support_server::clock::Random;
use peer_support_server::secret::SignInCode;
use serde_json::{Value, json};

use crate::client::{
    Answer, Moderator, STORY, Server, a_server, a_server_with, each_server, problem, text_of,
};

const PASSWORD: &str = "three pears in a boat";
const SIGN_IN: &str = "/console/session/password";
const AUTHENTICATOR: &str = "/console/account/authenticator";
const CODES: &str = "/console/account/recovery-codes";
const SESSIONS: &str = "/console/account/sessions";
/// Another code shows after it, and the one before counts no more.
const STEPS_MS: i64 = 60_000;

/// An account that was set up by its owner, and what its owner has.
struct Owner<'a> {
    server: &'a Server,
    name: String,
    /// Where it was set up.
    first: Moderator<'a>,
    secret: String,
    recovery_codes: Vec<String>,
}

impl<'a> Owner<'a> {
    async fn set_up(server: &'a Server, role: Role) -> Self {
        let first = server.moderator(role).await;
        let name = text_of(&first.get("/console/session").await.ok().json()["name"]);
        set_password(&first, None, PASSWORD).await.ok();
        let (secret, recovery_codes) = set_authenticator(server, &first, None).await;
        server.wait_ms(STEPS_MS);
        Self { server, name, first, secret, recovery_codes }
    }

    /// What the authenticator shows now.
    fn code(&self) -> String {
        code(&self.secret, self.server.now())
    }

    async fn sign_in(&self, password: &str, code: &str) -> Answer {
        sign_in(self.server, &self.name, password, code).await
    }

    /// Signs in on another device.
    async fn signed_in(&self) -> Moderator<'a> {
        let answer = self.sign_in(PASSWORD, &self.code()).await.ok();
        self.server.wait_ms(STEPS_MS);
        self.server.signed_in(&answer)
    }
}

async fn sign_in(server: &Server, name: &str, password: &str, code: &str) -> Answer {
    server.post(SIGN_IN, &json!({ "name": name, "password": password, "code": code })).await
}

async fn set_password(who: &Moderator<'_>, current: Option<&str>, password: &str) -> Answer {
    let new = json!({ "password": password, "current_password": current });
    who.write(Method::PUT, "/console/account/password", Some(&new)).await
}

/// Sets up a new authenticator; its secret, and the recovery codes.
async fn set_authenticator(
    server: &Server,
    who: &Moderator<'_>,
    current: Option<&str>,
) -> (String, Vec<String>) {
    let begin = json!({ "current_password": current });
    let begun = who.write(Method::POST, AUTHENTICATOR, Some(&begin)).await.ok().json();
    let secret = text_of(&begun["secret"]);
    let confirm = json!({ "code": code(&secret, server.now()) });
    let codes = who.write(Method::PUT, AUTHENTICATOR, Some(&confirm)).await.ok().json();
    (secret, codes["recovery_codes"].as_array().unwrap().iter().map(text_of).collect())
}

/// What an authenticator with `secret` shows, computed by the RFC and not by the server.
fn code(secret: &str, now_ms: i64) -> String {
    use hmac::Mac;
    let bits: Vec<u8> = secret
        .bytes()
        .flat_map(|letter| {
            let value = if letter.is_ascii_uppercase() { letter - b'A' } else { letter - b'2' + 26 };
            (0..5).rev().map(move |place| value >> place & 1)
        })
        .collect();
    let key: Vec<u8> =
        bits.chunks_exact(8).map(|bits| bits.iter().fold(0, |byte, bit| byte << 1 | bit)).collect();
    let mut mac = hmac::Hmac::<sha1::Sha1>::new_from_slice(&key).unwrap();
    mac.update(&(now_ms / 30_000).to_be_bytes());
    let mac = mac.finalize().into_bytes();
    let place = usize::from(mac[19] & 15);
    let number = u32::from_be_bytes(mac[place..place + 4].try_into().unwrap()) & 0x7fff_ffff;
    format!("{:06}", number % 1_000_000)
}

fn wrong() -> (u16, String, String) {
    problem(401, "credentials-wrong", "")
}

#[tokio::test]
async fn an_account_is_set_up_once_and_signs_in_without_codes_from_then_on() {
    each_server(async |server| {
        let first = server.moderator(Role::Moderator).await;
        let account = first.get("/console/account").await.ok().json();
        assert_eq!((&account["has_password"], &account["has_authenticator"]), (&json!(false), &json!(false)));
        assert_eq!(first.get("/console/session").await.ok().json()["is_set_up"], false);
        let owner = Owner::set_up(server, Role::Lead).await;
        assert_eq!(owner.recovery_codes.len(), 10);

        let answer = owner.sign_in(PASSWORD, &owner.code()).await;

        assert_eq!(answer.status, StatusCode::CREATED);
        let cookie = answer.header("set-cookie");
        assert!(cookie.ends_with("; Path=/; Max-Age=43200; HttpOnly; SameSite=Strict"), "{cookie}");
        assert_eq!((&answer.json()["role"], &answer.json()["is_set_up"]), (&json!("lead"), &json!(true)));
        let signed_in = server.signed_in(&answer);
        let account = signed_in.get("/console/account").await.ok().json();
        assert_eq!(account["needs_password"], true);
        assert_eq!(account["n_recovery_codes"], 10);
        let events: Vec<&Value> = account["events"].as_array().unwrap().iter().map(|e| &e["what"]).collect();
        assert_eq!(
            events,
            ["signed_in", "authenticator_set", "password_set", "signed_in_by_code", "code_made"]
        );
        let (id, _) = server.story(STORY).await;
        signed_in.decide(&id, &json!({ "decision": "approve" })).await.ok();
    })
    .await;
}

#[tokio::test]
async fn what_is_wrong_is_not_said_and_names_that_nobody_has_are_like_others() {
    each_server(async |server| {
        let owner = Owner::set_up(server, Role::Viewer).await;
        let half = server.moderator(Role::Viewer).await;
        let half_name = text_of(&half.get("/console/session").await.ok().json()["name"]);
        set_password(&half, None, PASSWORD).await.ok();

        let unknown_code = SignInCode::draw(&Random::system()).to_string();
        let mut answers = Vec::new();
        for (name, password, code) in [
            ("Nobody", PASSWORD, "123456"),
            (&*owner.name, PASSWORD, "12345"),
            (&owner.name, PASSWORD, "not a code"),
            (&owner.name, PASSWORD, &unknown_code),
            (&owner.name, "three pears in a coat", &owner.code()),
            (&owner.name, "short", &owner.code()),
            (&owner.name, "", ""),
            (&half_name, PASSWORD, "123456"),
            ("", "", ""),
        ] {
            if name == owner.name {
                server.wait_ms(SIGN_IN_LONGEST_WAIT_MS);
            }
            let answer = sign_in(server, name, password, code).await;
            assert_eq!(answer.problem(), wrong(), "{name} {password} {code}");
            assert_eq!(answer.header("set-cookie"), "");
            let mut headers: Vec<_> =
                answer.headers.iter().map(|(name, value)| format!("{name}: {value:?}")).collect();
            headers.sort();
            answers.push((answer.status, answer.text(), headers));
        }

        assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    })
    .await;
}

#[tokio::test]
async fn a_code_of_the_authenticator_counts_once_and_for_a_minute_and_a_half() {
    each_server(async |server| {
        let owner = Owner::set_up(server, Role::Viewer).await;
        let now = owner.code();
        owner.sign_in(PASSWORD, &format!(" {} {} ", &now[..3], &now[3..])).await.ok();

        assert_eq!(owner.sign_in(PASSWORD, &now).await.problem(), wrong(), "it was used");
        let before = code(&owner.secret, server.now() - 30_000);
        assert_eq!(owner.sign_in(PASSWORD, &before).await.problem(), wrong(), "a later one was used");
        let next = code(&owner.secret, server.now() + 30_000);
        owner.sign_in(PASSWORD, &next).await.ok();
        server.wait_ms(5 * STEPS_MS);
        for distance in [-60_000, 60_000] {
            let far = code(&owner.secret, server.now() + distance);
            assert_eq!(owner.sign_in(PASSWORD, &far).await.problem(), wrong(), "{distance} ms away");
        }
        owner.sign_in(PASSWORD, &code(&owner.secret, server.now() - 30_000)).await.ok();
    })
    .await;
}

#[tokio::test]
async fn a_recovery_code_signs_in_once_and_new_ones_end_the_others() {
    each_server(async |server| {
        let owner = Owner::set_up(server, Role::Viewer).await;
        let [first, second, ..] = &owner.recovery_codes[..] else { panic!("there are 10") };

        // As somebody types it from paper.
        owner.sign_in(PASSWORD, &first.to_lowercase().replace('-', " ")).await.ok();

        assert_eq!(owner.sign_in(PASSWORD, first).await.problem(), wrong());
        assert_eq!(owner.sign_in("three pears in a coat", second).await.problem(), wrong());
        let signed_in = server.signed_in(&owner.sign_in(PASSWORD, second).await.ok());
        assert_eq!(signed_in.get("/console/account").await.ok().json()["n_recovery_codes"], 8);

        let with_password = json!({ "current_password": PASSWORD });
        let new = signed_in.write(Method::POST, CODES, Some(&with_password)).await.ok().json();

        assert_eq!(owner.sign_in(PASSWORD, &owner.recovery_codes[2]).await.problem(), wrong());
        owner.sign_in(PASSWORD, &text_of(&new["recovery_codes"][0])).await.ok();
    })
    .await;
}

#[tokio::test]
async fn guessing_waits_longer_and_longer_and_ends_for_who_knows() {
    each_server(async |server| {
        let owner = Owner::set_up(server, Role::Viewer).await;
        for name in [&*owner.name, "Nobody"] {
            for _ in 0..SIGN_IN_TRIES {
                assert_eq!(sign_in(server, name, "guess number one", "123456").await.problem(), wrong());
            }
            for seconds in [1, 2, 4, 8] {
                let answer = sign_in(server, name, "guess number two", "123456").await;
                assert_eq!(answer.problem(), problem(429, "too-many-attempts", ""), "{name}");
                assert_eq!(answer.header("retry-after"), seconds.to_string(), "{name}");
                server.wait_ms(seconds * 1_000);
                assert_eq!(sign_in(server, name, "guess number two", "123456").await.problem(), wrong());
            }
        }
        let answer = owner.sign_in(PASSWORD, &owner.code()).await;
        assert_eq!(answer.problem().0, 429, "also for who knows");
        server.wait_ms(16_000);

        owner.sign_in(PASSWORD, &owner.code()).await.ok();

        assert_eq!(owner.sign_in(PASSWORD, "123456").await.problem(), wrong(), "no wait after that");
        let others = server.moderator(Role::Viewer).await;
        others.get("/console/queue").await.ok();
    })
    .await;
}

#[tokio::test]
async fn a_sign_in_code_lets_in_whoever_is_locked_out() {
    each_server(async |server| {
        let owner = Owner::set_up(server, Role::Viewer).await;
        for _ in 0..SIGN_IN_TRIES {
            owner.sign_in("guess number one", "123456").await;
        }
        assert_eq!(owner.sign_in(PASSWORD, &owner.code()).await.problem().0, 429);

        let code = SignInCode::draw(&Random::system());
        let (now, name) = (server.now(), owner.name.clone());
        assert!(server.store.add_sign_in_code(name, code.hash(), now, now + 60_000).await.unwrap());
        let answer = server.post("/console/session", &json!({ "code": code.to_string() })).await.ok();

        assert_eq!(answer.json()["is_set_up"], true, "it resets nothing");
        let signed_in = server.signed_in(&answer);
        assert_eq!(signed_in.get("/console/account").await.ok().json()["needs_password"], false);
        owner.sign_in(PASSWORD, &owner.code()).await.ok();
        // Whoever lost both sets them anew.
        set_password(&signed_in, None, "four plums under a tree").await.ok();
        let (secret, _) = set_authenticator(server, &signed_in, None).await;
        server.wait_ms(STEPS_MS);
        assert_eq!(owner.sign_in(PASSWORD, &owner.code()).await.problem(), wrong());
        let new = crate::account::code(&secret, server.now());
        owner.sign_in("four plums under a tree", &new).await.ok();
    })
    .await;
}

#[tokio::test]
async fn a_session_that_was_planted_is_not_the_one_that_opens() {
    each_server(async |server| {
        let owner = Owner::set_up(server, Role::Viewer).await;
        let planted = format!("peer-support-console={}", "ab".repeat(32));
        let by_password = |code: String| json!({ "name": owner.name, "password": PASSWORD, "code": code });

        let answer = server
            .call(Method::POST, SIGN_IN, &[("cookie", &planted)], Some(&by_password(owner.code())))
            .await
            .ok();

        let one = server.signed_in(&answer);
        assert_ne!(one.cookie, planted);
        let by_planted = server.call(Method::GET, "/console/session", &[("cookie", &planted)], None).await;
        assert_eq!(by_planted.problem(), problem(401, "not-signed-in", ""));
        // Signing in again in the same browser ends the session that it had.
        server.wait_ms(STEPS_MS);
        let again = server
            .call(Method::POST, SIGN_IN, &[("cookie", &one.cookie)], Some(&by_password(owner.code())))
            .await
            .ok();
        let two = server.signed_in(&again);
        assert!(two.cookie != one.cookie && two.csrf != one.csrf);
        assert_eq!(one.get("/console/session").await.problem(), problem(401, "not-signed-in", ""));
        two.get("/console/session").await.ok();
    })
    .await;
}

#[tokio::test]
async fn nothing_of_an_account_changes_without_the_sessions_own_token() {
    each_server(async |server| {
        let owner = Owner::set_up(server, Role::Viewer).await;
        let other = owner.signed_in().await;
        let id = &owner.first.get(SESSIONS).await.ok().json()["sessions"][0]["id"];
        let one = format!("{SESSIONS}/{id}");
        let password = json!({ "password": "four plums under a tree", "current_password": PASSWORD });
        let cookie = ("cookie", owner.first.cookie.as_str());

        for (method, path, body) in [
            (Method::PUT, "/console/account/password", Some(password)),
            (Method::POST, AUTHENTICATOR, Some(json!({ "current_password": PASSWORD }))),
            (Method::PUT, AUTHENTICATOR, Some(json!({ "code": "123456" }))),
            (Method::POST, CODES, Some(json!({ "current_password": PASSWORD }))),
            (Method::DELETE, SESSIONS, None),
            (Method::DELETE, &one, None),
        ] {
            for headers in
                [&[cookie][..], &[cookie, ("csrf-token", "00")], &[cookie, ("csrf-token", &other.csrf)]]
            {
                let answer = server.call(method.clone(), path, headers, body.as_ref()).await;
                assert_eq!(
                    answer.problem(),
                    problem(403, "csrf-token-invalid", "Csrf-Token"),
                    "{method} {path}"
                );
            }
            let elsewhere = [cookie, ("csrf-token", &owner.first.csrf), ("origin", "https://other.example")];
            let answer = server.call(method.clone(), path, &elsewhere, body.as_ref()).await;
            assert_eq!(answer.problem(), problem(403, "origin-not-allowed", "Origin"), "{method} {path}");
            let answer = server.call(method.clone(), path, &[], body.as_ref()).await;
            assert_eq!(answer.problem(), problem(401, "not-signed-in", ""), "{method} {path}");
        }
        for path in ["/console/account", SESSIONS] {
            assert_eq!(server.get(path).await.problem(), problem(401, "not-signed-in", ""), "{path}");
        }
        let body = json!({ "name": owner.name, "password": PASSWORD, "code": owner.code() });
        let answer =
            server.call(Method::POST, SIGN_IN, &[("origin", "https://other.example")], Some(&body)).await;
        assert_eq!(
            answer.problem(),
            problem(403, "origin-not-allowed", "Origin"),
            "signing somebody in unasked"
        );
        owner.first.get("/console/session").await.ok();
        owner.sign_in(PASSWORD, &owner.code()).await.ok();
    })
    .await;
}

#[tokio::test]
async fn a_session_left_open_is_not_an_account_lost() {
    each_server(async |server| {
        let owner = Owner::set_up(server, Role::Viewer).await;
        let open = owner.signed_in().await;
        let missing = problem(422, "field-invalid", "current_password");
        let wrong = problem(403, "current-password-wrong", "current_password");

        for (current, refused) in
            [(None, &missing), (Some("three pears in a coat"), &wrong), (Some(""), &wrong)]
        {
            let answer = set_password(&open, current, "four plums under a tree").await;
            assert_eq!(answer.problem(), *refused);
        }
        let body = json!({ "current_password": "three pears in a coat" });
        for path in [AUTHENTICATOR, CODES] {
            assert_eq!(open.write(Method::POST, path, Some(&body)).await.problem(), wrong, "{path}");
        }
        // The fifth: guessing here waits as at the door, and together with it.
        assert_eq!(owner.sign_in("guess number one", "123456").await.problem().0, 401);
        assert_eq!(set_password(&open, Some(PASSWORD), "four plums under a tree").await.problem().0, 429);
        server.wait_ms(1_000);
        set_password(&open, Some(PASSWORD), "four plums under a tree").await.ok();
        assert_eq!(owner.sign_in(PASSWORD, &owner.code()).await.problem().0, 401);
        owner.sign_in("four plums under a tree", &owner.code()).await.ok();
    })
    .await;
}

#[tokio::test]
async fn changing_the_password_ends_all_other_sessions() {
    each_server(async |server| {
        let owner = Owner::set_up(server, Role::Viewer).await;
        let (here, there) = (owner.signed_in().await, owner.signed_in().await);

        set_password(&here, Some(PASSWORD), "four plums under a tree").await.ok();

        here.get("/console/queue").await.ok();
        for other in [&owner.first, &there] {
            assert_eq!(other.get("/console/queue").await.problem(), problem(401, "not-signed-in", ""));
        }
    })
    .await;
}

#[tokio::test]
async fn sessions_are_listed_and_ended_and_those_of_others_are_out_of_reach() {
    each_server(async |server| {
        let (owner, stranger) =
            (Owner::set_up(server, Role::Viewer).await, Owner::set_up(server, Role::Admin).await);
        let named = json!({
            "name": owner.name, "password": PASSWORD, "code": owner.code(), "device": "  Kitchen table ",
        });
        let there = server.signed_in(&server.post(SIGN_IN, &named).await.ok());
        server.wait_ms(20 * 60_000);
        let here = owner.signed_in().await;

        let list = here.get(SESSIONS).await.ok().json();

        let sessions = list["sessions"].as_array().unwrap();
        assert_eq!(sessions.len(), 3);
        let devices: Vec<&Value> = sessions.iter().map(|session| &session["device"]).collect();
        assert_eq!(devices, [&json!(null), &json!("Kitchen table"), &json!(null)]);
        let these: Vec<&Value> = sessions.iter().map(|session| &session["is_this"]).collect();
        assert_eq!(these, [&json!(true), &json!(false), &json!(false)]);
        assert!(sessions.iter().all(|session| session["seen_at"].as_i64().unwrap() % 900_000 == 0));
        let path = format!("{SESSIONS}/{}", sessions[1]["id"]);
        let by_stranger = stranger.first.write(Method::DELETE, &path, None).await;
        assert_eq!(by_stranger.problem(), problem(404, "not-found", "session"), "whatever their role");
        there.get("/console/session").await.ok();
        here.write(Method::DELETE, &path, None).await.ok();
        assert_eq!(there.get("/console/session").await.problem().0, 401);
        assert_eq!(here.write(Method::DELETE, &path, None).await.problem().0, 404);
        stranger.first.write(Method::DELETE, SESSIONS, None).await.ok();
        owner.first.get("/console/session").await.ok();
        here.write(Method::DELETE, SESSIONS, None).await.ok();
        assert_eq!(owner.first.get("/console/session").await.problem().0, 401);
        here.get("/console/session").await.ok();
        stranger.first.get("/console/session").await.ok();
    })
    .await;
}

#[tokio::test]
async fn a_session_that_nobody_uses_ends() {
    const MINUTE_MS: i64 = 60_000;
    each_server(async |server| {
        let moderator = server.moderator(Role::Viewer).await;
        for _ in 0..4 {
            server.wait_ms(115 * MINUTE_MS);
            moderator.get("/console/queue").await.ok();
        }

        server.wait_ms(135 * MINUTE_MS);

        assert_eq!(moderator.get("/console/queue").await.problem(), problem(401, "not-signed-in", ""));
    })
    .await;
}

#[tokio::test]
async fn a_password_is_refused_for_its_length_or_for_being_the_first_that_anybody_tries() {
    a_server(async |server| {
        let owner = server.moderator(Role::Viewer).await;
        let name = text_of(&owner.get("/console/session").await.ok().json()["name"]);

        for password in ["", "eleven char", &"a".repeat(2_000), &"ab cd ef ".repeat(20)] {
            let answer = set_password(&owner, None, password).await;
            assert_eq!(answer.problem(), problem(422, "field-invalid", "password"), "{password}");
            assert!(password.is_empty() || !answer.text().contains(password));
        }
        for password in [&*name, "Rowan House 2026", "Other-House-123", "peer support", "password1234"] {
            let answer = set_password(&owner, None, password).await;
            assert_eq!(answer.problem(), problem(422, "password-guessable", "password"), "{password}");
        }
        for password in ["  spaces  count  ", "sólo minúsculas", "👩‍🚀👩‍🚀 two rockets", PASSWORD]
        {
            set_password(&owner, None, password).await.ok();
            server.wait_ms(1);
        }
    })
    .await;
}

#[tokio::test]
async fn a_password_is_the_same_however_it_is_composed() {
    a_server(async |server| {
        let owner = Owner::set_up(server, Role::Viewer).await;
        set_password(&owner.first, None, "tres pi\u{f1}as en un bote").await.ok();

        owner.sign_in("tres pin\u{303}as en un bote", &owner.code()).await.ok();
    })
    .await;
}

#[tokio::test]
async fn an_authenticator_counts_when_a_code_of_it_came_and_not_before() {
    each_server(async |server| {
        let owner = Owner::set_up(server, Role::Viewer).await;
        let confirm = async |code: &str| {
            owner.first.write(Method::PUT, AUTHENTICATOR, Some(&json!({ "code": code }))).await
        };
        assert_eq!(confirm("123456").await.problem(), problem(409, "no-authenticator", ""));
        let begun = owner.first.write(Method::POST, AUTHENTICATOR, Some(&json!({}))).await.ok().json();
        let secret = text_of(&begun["secret"]);
        let uri = text_of(&begun["uri"]);
        assert!(uri.starts_with("otpauth://totp/Rowan%20House:moderator%20"), "{uri}");
        assert!(uri.contains(&format!("secret={secret}&issuer=Rowan%20House&")), "{uri}");

        for wrong in ["", "12345", &owner.code()] {
            assert_eq!(confirm(wrong).await.problem(), problem(422, "authenticator-code-wrong", "code"));
        }
        owner.sign_in(PASSWORD, &owner.code()).await.ok();
        server.wait_ms(STEPS_MS);
        confirm(&code(&secret, server.now())).await.ok();

        let used = code(&secret, server.now());
        assert_eq!(owner.sign_in(PASSWORD, &used).await.problem(), wrong(), "that code was used");
        server.wait_ms(STEPS_MS);
        assert_eq!(
            owner.sign_in(PASSWORD, &owner.code()).await.problem(),
            wrong(),
            "the old one counts no more"
        );
        assert_eq!(
            owner.sign_in(PASSWORD, &owner.recovery_codes[0]).await.problem(),
            wrong(),
            "nor its codes"
        );
        owner.sign_in(PASSWORD, &code(&secret, server.now())).await.ok();
    })
    .await;
}

#[tokio::test]
async fn nothing_that_signs_in_stands_in_the_database_as_it_is() {
    each_server(async |server| {
        let owner = Owner::set_up(server, Role::Viewer).await;
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("copy");
        let terms = peer_support_server::store::CopyTerms { made_at: server.now(), expires_at: i64::MAX };
        sign_in(server, PASSWORD, "typed into the wrong field", "").await;

        server.store.backup(&file, terms).await.unwrap();

        let copy = std::fs::read(&file).unwrap();
        let holds = |needle: &[u8]| copy.windows(needle.len()).any(|bytes| bytes == needle);
        assert!(holds(owner.name.as_bytes()) && holds(b"$argon2id$v=19$m=19456,t=2,p=1$"));
        assert!(!holds(PASSWORD.as_bytes()) && !holds(b"typed into"));
        assert!(!holds(owner.secret.as_bytes()));
        assert!(!holds(owner.recovery_codes[0].as_bytes()));
        assert!(!holds(owner.recovery_codes[0].replace('-', "").to_lowercase().as_bytes()));
    })
    .await;
}

#[tokio::test]
async fn a_device_is_named_by_its_owner_or_not_at_all() {
    a_server_with("public_url = \"https://support.example\"", "/nowhere".as_ref(), async |server| {
        let code = json!({ "code": server.sign_in_code(Role::Viewer).await.to_string() });
        for device in ["x".repeat(41), "a\u{202e}b".into(), "two\nlines".into()] {
            let mut body = code.clone();
            body["device"] = json!(device);
            let answer = server.post("/console/session", &body).await;
            assert_eq!(answer.problem(), problem(422, "field-invalid", "device"), "{device:?}");
        }
        let answer = server.post("/console/session", &code).await.ok();

        let sessions = server.signed_in(&answer).get(SESSIONS).await.ok().json();

        assert_eq!(sessions["sessions"][0].get("device"), None);
    })
    .await;
}
