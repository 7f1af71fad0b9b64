//! What crosses HTTP, between the browser's own objects and the types of `peer_support_domain::wire`.
//!
//! By hand: serde-wasm-bindgen and the derived code for these seven types were over 10 KB brotli more (2026-11). A field
//! that the types gain does not compile here until it is read.

use std::str::FromStr;

use js_sys::{Array, JSON, Object, Reflect};
use peer_support_domain::note::{ContentNote, ContentNotes};
use peer_support_domain::site::TopicId;
use peer_support_domain::vote::VoteCounts;
use peer_support_domain::wire::{
    Card, Mine, NewPost, Objection, Page, Post, PublishedPost, PublishedReply, Receipt, Reply, Report,
    Search, Site, Statement, Topic, Word,
};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};

use crate::api::Taken;
use crate::live::Told;

/// A type that an answer is read into; `None` when the answer is something else.
pub trait Read: Sized {
    /// Reads a parsed JSON value.
    fn read(value: &JsValue) -> Option<Self>;
}

/// A field that holds text.
pub fn text(object: &JsValue, name: &str) -> Option<String> {
    get(object, name)?.as_string()
}

fn get(object: &JsValue, name: &str) -> Option<JsValue> {
    Reflect::get(object, &name.into()).ok()
}

/// A field that holds text of a form of its own.
fn parsed<T: FromStr>(object: &JsValue, name: &str) -> Option<T> {
    text(object, name)?.parse().ok()
}

/// Numbers of JSON that count or date things are whole, and exact up to 2⁵³.
pub fn number(object: &JsValue, name: &str) -> Option<i64> {
    Some(get(object, name)?.as_f64()? as i64)
}

fn count(object: &JsValue, name: &str) -> Option<u32> {
    number(object, name)?.try_into().ok()
}

fn votes(object: &JsValue) -> Option<VoteCounts> {
    VoteCounts::read(&get(object, "votes")?)
}

fn list<T: Read>(object: &JsValue, name: &str) -> Option<Vec<T>> {
    get(object, name)?.dyn_ref::<Array>()?.iter().map(|item| T::read(&item)).collect()
}

/// A list that is left out when it is empty.
fn list_if_any<T: Read>(object: &JsValue, name: &str) -> Option<Vec<T>> {
    if get(object, name)?.is_undefined() { Some(Vec::new()) } else { list(object, name) }
}

/// The content notes; none when they are left out. One that this panel does not know yet is passed over.
fn notes(object: &JsValue) -> Option<ContentNotes> {
    let notes = get(object, "notes")?;
    let Some(names) = notes.dyn_ref::<Array>() else { return Some(ContentNotes::default()) };
    Some(names.iter().filter_map(|name| name.as_string()?.parse::<ContentNote>().ok()).collect())
}

impl Read for VoteCounts {
    fn read(it: &JsValue) -> Option<Self> {
        Some(VoteCounts {
            heard: count(it, "heard")?,
            helped: count(it, "helped")?,
            me_too: count(it, "me_too")?,
        })
    }
}

impl<T: Read> Read for Page<T> {
    fn read(it: &JsValue) -> Option<Self> {
        Some(Page { items: list(it, "items")?, next: parsed(it, "next") })
    }
}

impl Read for Post {
    fn read(it: &JsValue) -> Option<Self> {
        Some(Post {
            id: parsed(it, "id")?,
            kind: parsed(it, "kind")?,
            topic: parsed(it, "topic")?,
            text: text(it, "text")?,
            lang: parsed(it, "lang"),
            notes: notes(it)?,
            author: parsed(it, "author"),
            created_at: number(it, "created_at")?,
            n_replies: count(it, "n_replies")?,
            votes: votes(it)?,
            is_example: get(it, "is_example")?.is_truthy(),
            is_owners: get(it, "is_owners")?.is_truthy(),
        })
    }
}

impl Read for Reply {
    fn read(it: &JsValue) -> Option<Self> {
        Some(Reply {
            id: parsed(it, "id")?,
            text: text(it, "text")?,
            lang: parsed(it, "lang"),
            notes: notes(it)?,
            author: parsed(it, "author"),
            created_at: number(it, "created_at")?,
            votes: votes(it)?,
            is_example: get(it, "is_example")?.is_truthy(),
            is_owners: get(it, "is_owners")?.is_truthy(),
        })
    }
}

impl Read for Told {
    fn read(it: &JsValue) -> Option<Self> {
        match parsed(it, "thread") {
            Some(thread) => Some(Told::Reply(PublishedReply { thread })),
            None => Some(Told::Post(PublishedPost {
                id: parsed(it, "id")?,
                kind: parsed(it, "kind")?,
                topic: parsed(it, "topic")?,
            })),
        }
    }
}

impl Read for Mine {
    fn read(it: &JsValue) -> Option<Self> {
        Some(Mine {
            id: parsed(it, "id")?,
            thread: parsed(it, "thread")?,
            kind: parsed(it, "kind"),
            text: text(it, "text")?,
            original_text: text(it, "original_text"),
            waiting_text: text(it, "waiting_text"),
            notes: notes(it)?,
            state: parsed(it, "state")?,
            is_hidden_by_reports: get(it, "is_hidden_by_reports")?.is_truthy(),
            statement: get(it, "statement").and_then(|it| Statement::read(&it)),
            reason: text(it, "reason"),
            created_at: number(it, "created_at")?,
            decision_expected_at: number(it, "decision_expected_at"),
            is_late: get(it, "is_late")?.is_truthy(),
            n_replies: count(it, "n_replies")?,
            votes: votes(it)?,
            words: list_if_any(it, "words")?,
        })
    }
}

impl Read for Statement {
    fn read(it: &JsValue) -> Option<Self> {
        Some(Statement {
            decision: parsed(it, "decision")?,
            is_by_rule: get(it, "is_by_rule")?.is_truthy(),
            may_object: get(it, "may_object")?.is_truthy(),
            objection: get(it, "objection").and_then(|it| Objection::read(&it)),
        })
    }
}

impl Read for Objection {
    fn read(it: &JsValue) -> Option<Self> {
        Some(Objection { at: number(it, "at")?, outcome: parsed(it, "outcome") })
    }
}

impl Read for Word {
    fn read(it: &JsValue) -> Option<Self> {
        Some(Word {
            is_moderators: get(it, "is_moderators")?.is_truthy(),
            text: text(it, "text")?,
            created_at: number(it, "created_at")?,
        })
    }
}

impl Read for Receipt {
    fn read(it: &JsValue) -> Option<Self> {
        Some(Receipt {
            id: parsed(it, "id")?,
            state: parsed(it, "state")?,
            created_at: number(it, "created_at")?,
            decision_expected_at: number(it, "decision_expected_at"),
            recovery_code: text(it, "recovery_code"),
        })
    }
}

impl Read for Report {
    fn read(it: &JsValue) -> Option<Self> {
        Some(Report {
            code: text(it, "code"),
            reason: parsed(it, "reason")?,
            state: parsed(it, "state")?,
            is_decided: get(it, "is_decided")?.is_truthy(),
        })
    }
}

impl Read for Topic {
    fn read(it: &JsValue) -> Option<Self> {
        Some(Topic { id: parsed(it, "id")?, label: text(it, "label") })
    }
}

impl Read for TopicId {
    fn read(it: &JsValue) -> Option<Self> {
        it.as_string()?.parse().ok()
    }
}

impl Read for Card {
    fn read(it: &JsValue) -> Option<Self> {
        Some(Card {
            kind: parsed(it, "kind")?,
            title: text(it, "title")?,
            text: text(it, "text")?,
            lang: parsed(it, "lang"),
        })
    }
}

impl Read for Site {
    fn read(it: &JsValue) -> Option<Self> {
        Some(Site {
            id: parsed(it, "id")?,
            name: text(it, "name")?,
            topics: list(it, "topics")?,
            decision_target_ms: number(it, "decision_target_ms")?,
            mode: parsed(it, "mode").unwrap_or_default(),
            is_staffed: get(it, "is_staffed")?.as_bool(),
            changes_at: number(it, "changes_at"),
            is_sensitive: get(it, "is_sensitive")?.is_truthy(),
            closed_topics: list_if_any(it, "closed_topics")?,
            cards: list_if_any(it, "cards")?,
        })
    }
}

impl Read for Taken {
    fn read(it: &JsValue) -> Option<Self> {
        let work = || Some(Taken::Work(text(it, "challenge")?));
        Receipt::read(it).map(Taken::Stored).or_else(work)
    }
}

/// The JSON of an object of texts; those that are `None` are left out.
pub fn object(fields: &[(&str, Option<&str>)]) -> String {
    written(&with_texts(fields))
}

fn with_texts(fields: &[(&str, Option<&str>)]) -> Object {
    let object = Object::new();
    for (name, value) in fields {
        if let Some(value) = value {
            // Setting a field of a plain object cannot fail.
            let _ = Reflect::set(&object, &(*name).into(), &(*value).into());
        }
    }
    object
}

fn written(object: &Object) -> String {
    JSON::stringify(object).map(String::from).unwrap_or_default()
}

/// A new post as it is sent.
pub fn post(new: &NewPost) -> String {
    let topic = new.topic.as_ref().map(|topic| topic.as_str());
    sent(new, Some(new.kind.as_str()), topic)
}

/// A search as it is sent.
pub fn search(search: &Search) -> String {
    let Search { words, kind, topic, cursor } = search;
    object(&[
        ("words", Some(words)),
        ("kind", kind.map(|kind| kind.as_str())),
        ("topic", topic.as_ref().map(|topic| topic.as_str())),
        ("cursor", cursor.map(|cursor| cursor.to_string()).as_deref()),
    ])
}

/// A new reply as it is sent: [`NewPost`] without what the post already says.
pub fn reply(new: &NewPost) -> String {
    sent(new, None, None)
}

fn sent(new: &NewPost, kind: Option<&str>, topic: Option<&str>) -> String {
    let NewPost { id, kind: _, topic: _, text, lang, notes, author, recovery } = new;
    let id = id.map(|id| id.to_string());
    let author = author.map(|author| author.to_string());
    let recovery = recovery.map(|recovery| recovery.to_string());
    let object = with_texts(&[
        ("id", id.as_deref()),
        ("kind", kind),
        ("topic", topic),
        ("text", Some(text)),
        ("lang", lang.as_ref().map(|lang| lang.as_str())),
        ("author", author.as_deref()),
        ("recovery", recovery.as_deref()),
    ]);
    if !notes.is_empty() {
        set_notes(&object, *notes);
    }
    written(&object)
}

fn set_notes(object: &Object, notes: ContentNotes) {
    let names: Array = notes.iter().map(|note| JsValue::from_str(note.as_str())).collect();
    let _ = Reflect::set(object, &"notes".into(), &names);
}

/// Another text as it is sent, with all of its content notes.
pub fn edit(text: &str, notes: ContentNotes) -> String {
    let object = with_texts(&[("text", Some(text))]);
    set_notes(&object, notes);
    written(&object)
}

/// Adds the items of `page` to `items`, and says where the next page begins.
pub fn with_page(items: &Array, page: &JsValue) -> Option<String> {
    for item in get(page, "items")?.dyn_ref::<Array>()?.iter() {
        items.push(&item);
    }
    text(page, "next")
}

/// A file for people as well as for programs: in lines, and with dates in place of milliseconds.
pub fn export(mine: &JsValue, replies: &Array) -> String {
    let _ = Reflect::set(mine, &"replies".into(), replies);
    let dated: Box<dyn Fn(JsValue, JsValue) -> JsValue> = Box::new(|name, value| match value.as_f64() {
        Some(ms) if name.as_string().is_some_and(|name| name.ends_with("_at")) => {
            js_sys::Date::new(&ms.into()).to_iso_string().into()
        }
        _ => value,
    });
    let dated = Closure::wrap(dated).into_js_value();
    let written = JSON::stringify_with_replacer_and_space(mine, &dated, &2.into());
    written.map(String::from).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use wasm_bindgen_test::wasm_bindgen_test;

    use super::*;

    fn read<T: Read>(json: &str) -> Option<T> {
        T::read(&JSON::parse(json).unwrap())
    }

    #[wasm_bindgen_test]
    fn a_page_of_posts_is_read() {
        let page: Page<Post> = read(
            r#"{"items":[{"id":"0000000000001","kind":"coping","topic":"sleep","text":"a\nb","lang":"en",
            "author":"0123456789abcdef","created_at":1800000000000,"n_replies":2,
            "votes":{"heard":0,"helped":4,"me_too":0},"is_example":true}],"next":null}"#,
        )
        .unwrap();

        assert_eq!(page.items[0].text, "a\nb");
        assert_eq!(page.items[0].votes.helped, 4);
        assert_eq!(page.items[0].created_at, 1_800_000_000_000);
        assert!(page.items[0].is_example);
        assert_eq!(page.next, None);
    }

    #[wasm_bindgen_test]
    fn another_answer_is_not_read() {
        assert!(read::<Page<Post>>("{}").is_none());
        assert!(read::<VoteCounts>(r#"{"heard":-1,"helped":0,"me_too":0}"#).is_none());
        assert!(read::<Site>("null").is_none());
    }

    #[wasm_bindgen_test]
    fn what_is_not_known_is_left_out() {
        assert_eq!(object(&[("text", Some("\"quoted\"")), ("lang", None)]), r#"{"text":"\"quoted\""}"#);
    }
}
