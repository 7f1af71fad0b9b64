//! Kind words of one tap.

use axum::http::Method;
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::client::{REPLY, STORY, Server, each_server, problem};

fn voter(n: u32) -> Value {
    json!({ "voter": format!("{n:032x}") })
}

async fn vote(server: &Server, item: &str, reaction: &str, by: u32) -> Value {
    let path = format!("/items/{item}/votes/{reaction}");
    server.call(Method::PUT, &path, &[], Some(&voter(by))).await.ok().json()
}

async fn unvote(server: &Server, item: &str, reaction: &str, by: u32) -> Value {
    let path = format!("/items/{item}/votes/{reaction}");
    server.call(Method::DELETE, &path, &[], Some(&voter(by))).await.ok().json()
}

#[tokio::test]
async fn a_vote_counts_once_however_often_it_is_sent() {
    each_server(async |server| {
        let (post, _) = server.published_story(STORY).await;

        for _ in 0..5 {
            let counts = vote(server, &post, "helped", 1).await;
            assert_eq!(counts, json!({ "heard": 0, "helped": 1, "me_too": 0 }));
        }
        let counts = vote(server, &post, "helped", 2).await;

        assert_eq!(counts["helped"], 2);
        assert_eq!(server.get(&format!("/posts/{post}")).await.json()["votes"], counts);
    })
    .await;
}

#[tokio::test]
async fn a_vote_counts_once_when_it_is_sent_many_times_at_once() {
    each_server(async |server| {
        let (post, _) = server.published_story(STORY).await;
        let votes: Vec<_> = (0..20).map(|_| vote(server, &post, "heard", 1)).collect();

        join_all(votes).await;

        assert_eq!(vote(server, &post, "heard", 1).await["heard"], 1);
    })
    .await;
}

#[tokio::test]
async fn a_vote_can_be_taken_back_and_given_again() {
    each_server(async |server| {
        let (post, _) = server.published_story(STORY).await;
        vote(server, &post, "me-too", 1).await;
        vote(server, &post, "heard", 1).await;

        assert_eq!(unvote(server, &post, "me-too", 1).await, json!({ "heard": 1, "helped": 0, "me_too": 0 }));
        assert_eq!(unvote(server, &post, "me-too", 1).await["me_too"], 0, "nothing is taken back twice");
        assert_eq!(unvote(server, &post, "heard", 2).await["heard"], 1, "nobody takes back another's");
        assert_eq!(vote(server, &post, "me-too", 1).await["me_too"], 1);
    })
    .await;
}

#[tokio::test]
async fn replies_are_voted_on_like_posts() {
    each_server(async |server| {
        let (post, _) = server.published_story(STORY).await;
        let (reply, _) = server.published_reply(&post, REPLY).await;

        vote(server, &reply, "helped", 1).await;

        let replies = server.get(&format!("/posts/{post}/replies")).await.json();
        assert_eq!(replies["items"][0]["votes"]["helped"], 1);
        assert_eq!(server.get(&format!("/posts/{post}")).await.json()["votes"]["helped"], 0);
    })
    .await;
}

#[tokio::test]
async fn there_is_no_other_reaction() {
    each_server(async |server| {
        let (post, _) = server.published_story(STORY).await;

        let answer =
            server.call(Method::PUT, &format!("/items/{post}/votes/downvote"), &[], Some(&voter(1))).await;

        assert_eq!(answer.problem(), problem(400, "parameter-invalid", "reaction"));
    })
    .await;
}
