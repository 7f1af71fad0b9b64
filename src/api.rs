//! The only file that calls the server.
//!
//! No request carries a cookie or says which page it comes from. Reading needs no preflight: plain `GET`s.

use std::time::Duration;

use js_sys::{JSON, Promise, Reflect, Uint8Array};
use leptos::prelude::{set_timeout_with_handle, window};
use peer_support_domain::cursor::{Cursor, Order};
use peer_support_domain::helpline::Directory;
use peer_support_domain::id::{ItemId, VoterId};
use peer_support_domain::note::ContentNotes;
use peer_support_domain::post::Kind;
use peer_support_domain::recovery::RecoveryCode;
use peer_support_domain::search::Terms;
use peer_support_domain::vote::{Reaction, VoteCounts};
use peer_support_domain::{bundle, wire};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{
    AbortController, Headers, ReadableStreamDefaultReader, ReferrerPolicy, RequestCredentials, RequestInit,
    Response,
};

use crate::browser;
use crate::config::{Config, Loader};
use crate::json::{self, Read};
use crate::live::Told;
use crate::signal::Signal;

/// How long an answer may take. On a slow phone network a page of posts takes seconds; nobody waits half a minute for
/// words in the dark.
const PATIENCE: Duration = Duration::from_secs(20);
/// How long a stream may say nothing before it is given up: the server says something every 25 seconds, and a phone that
/// changed its network is told nothing.
const SILENCE: Duration = Duration::from_secs(60);

/// How long to wait where the server says only that it was too much.
const RATE_SECONDS: u32 = 60;

/// Why there is no answer, as far as it changes what to do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The device has no network.
    Offline,
    /// The server cannot be reached, does not answer in time, or fails itself.
    Server,
    /// Too much in a short time; it can be tried again in so many seconds.
    Rate(u32),
    /// The text cannot be taken as it is.
    Text,
    /// The site takes nothing at the moment, or not from here.
    Closed,
    /// There is no such thing, or not any more.
    Missing,
    /// It changed in the meantime.
    Outdated,
}

impl Failure {
    fn of(status: u16) -> Failure {
        match status {
            400 | 413 | 422 => Failure::Text,
            401 | 403 => Failure::Closed,
            404 | 410 => Failure::Missing,
            409 => Failure::Outdated,
            429 => Failure::Rate(RATE_SECONDS),
            _ => Failure::Server,
        }
    }
}

/// The API of one site.
#[derive(Clone)]
pub struct Api {
    root: String,
    site: String,
    /// Knows what was asked for ahead.
    loader: Loader,
    /// There as long as the panel is.
    panel: Signal<()>,
}

/// The answer to words that were sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Taken {
    /// They are stored.
    Stored(wire::Receipt),
    /// They are not, before this challenge is solved.
    Work(String),
}

/// Which posts, in which order.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// Only of this kind.
    pub kind: Option<Kind>,
    /// Only of this topic; any when empty.
    pub topic: &'a str,
    /// The order.
    pub order: Order,
    /// Posts on a page; as many as the server likes when 0.
    pub limit: usize,
    /// Where the page begins.
    pub cursor: Option<Cursor>,
}

impl Api {
    /// The API of the panel that is being made. What it answers when the panel is gone, nobody hears.
    pub fn new(config: &Config) -> Api {
        Api {
            root: [&config.server, "api/v1/"].concat(),
            site: config.site.clone(),
            loader: config.object.clone().unchecked_into(),
            panel: Signal::new(()),
        }
    }

    /// What a visitor needs to know of the site.
    pub fn site(&self, then: impl Then<wire::Site>) {
        self.call("GET", &["sites/", &self.site], None, &[], reading(then));
    }

    /// A page of the feed.
    pub fn posts(&self, wanted: Wanted<'_>, then: impl Then<wire::Page<wire::Post>>) {
        let cursor = wanted.cursor.map(|cursor| cursor.to_string()).unwrap_or_default();
        let kind = wanted.kind.map_or("", Kind::as_str);
        let mut path = vec!["sites/", &self.site, "/posts?order=", wanted.order.as_str()];
        let limit = if wanted.limit == 0 { String::new() } else { wanted.limit.to_string() };
        let rest = [("&kind=", kind), ("&topic=", wanted.topic), ("&cursor=", &cursor), ("&limit=", &limit)];
        // Topics and cursors are made of letters, digits and hyphens.
        for (name, value) in rest {
            if !value.is_empty() {
                path.extend([name, value]);
            }
        }
        self.call("GET", &path, None, &[], reading(then));
    }

    /// A page of the posts that are found by their words, the best first.
    pub fn search(&self, search: &wire::Search, then: impl Then<wire::Page<wire::Post>>) {
        let body = json::search(search);
        self.call("POST", &["sites/", &self.site, "/search"], Some(body), &[], reading(then));
    }

    /// A published post.
    pub fn post(&self, id: ItemId, then: impl Then<wire::Post>) {
        self.call("GET", &["posts/", &id.to_string()], None, &[], reading(then));
    }

    /// A page of the replies to `thread`, the oldest first.
    pub fn replies(&self, thread: ItemId, cursor: Option<Cursor>, then: impl Then<wire::Page<wire::Reply>>) {
        let (thread, cursor) = (thread.to_string(), cursor.map(|cursor| cursor.to_string()));
        let from = if cursor.is_some() { "?cursor=" } else { "" };
        let path = ["posts/", &thread, "/replies", from, cursor.as_deref().unwrap_or_default()];
        self.call("GET", &path, None, &[], reading(then));
    }

    /// Sends a new post or, to `thread`, a new reply. With the same `key` it is stored once, however often it is sent.
    /// With the `code` of something in the thread, the reply is by the same author. `proof` is of the work that was done.
    pub fn send(
        &self,
        thread: Option<ItemId>,
        code: Option<RecoveryCode>,
        key: &str,
        proof: Option<&str>,
        new: &wire::NewPost,
        then: impl Then<Taken>,
    ) {
        let code = code.map(|code| code.to_string()).unwrap_or_default();
        let headers = [
            ("Idempotency-Key", key),
            ("Recovery-Code", &code),
            ("Proof-Of-Work", proof.unwrap_or_default()),
        ];
        let thread = thread.map(|thread| thread.to_string());
        let (path, body) = match &thread {
            None => (["sites/", &self.site, "/posts"], json::post(new)),
            Some(thread) => (["posts/", thread, "/replies"], json::reply(new)),
        };
        self.call("POST", &path, Some(body), &headers, reading(then));
    }

    /// Gives a reaction to `item`, or takes it back.
    pub fn vote(
        &self,
        item: ItemId,
        reaction: Reaction,
        is_given: bool,
        voter: VoterId,
        then: impl Then<VoteCounts>,
    ) {
        let method = if is_given { "PUT" } else { "DELETE" };
        let path = ["items/", &item.to_string(), "/votes/", reaction.as_str()];
        let body = json::object(&[("voter", Some(&voter.to_string()))]);
        self.call(method, &path, Some(body), &[], reading(then));
    }

    /// Reports `item`, and gets the receipt.
    pub fn report(&self, item: ItemId, report: wire::NewReport, then: impl Then<wire::Report>) {
        let wire::NewReport { reason, reporter } = report;
        let body =
            json::object(&[("reason", Some(reason.as_str())), ("reporter", Some(&reporter.to_string()))]);
        self.call("POST", &["items/", &item.to_string(), "/reports"], Some(body), &[], reading(then));
    }

    /// What became of the report whose receipt is `code`.
    pub fn reported(&self, code: &str, then: impl Then<wire::Report>) {
        self.call("GET", &["report"], None, &[("Report-Code", code)], reading(then));
    }

    /// What `code` opens.
    pub fn mine(&self, code: RecoveryCode, then: impl Then<wire::Mine>) {
        self.with_code("GET", code, None, reading(then));
    }

    /// Gives what `code` opens the text `text` and the content notes `notes`.
    pub fn edit_mine(
        &self,
        code: RecoveryCode,
        text: &str,
        notes: ContentNotes,
        then: impl Then<wire::Mine>,
    ) {
        self.with_code("PATCH", code, Some(json::edit(text, notes)), reading(then));
    }

    /// Objects to what was decided about what `code` opens; with these words, if any.
    pub fn object(&self, code: RecoveryCode, text: Option<&str>, then: impl Then<wire::Mine>) {
        let body = json::object(&[("text", text)]);
        let headers = [("Recovery-Code", &*code.to_string())];
        self.call("POST", &["mine/objection"], Some(body), &headers, reading(then));
    }

    /// Answers the moderator who wrote to the author of what `code` opens. With the same `key` it is said once, however often
    /// it is sent.
    pub fn say(&self, code: RecoveryCode, key: &str, text: &str, then: impl Then<wire::Word>) {
        let body = json::object(&[("text", Some(text))]);
        let headers = [("Recovery-Code", &*code.to_string()), ("Idempotency-Key", key)];
        self.call("POST", &["mine/words"], Some(body), &headers, reading(then));
    }

    /// All of what `code` opens, and the replies that everyone can read below it, as a JSON file to keep.
    pub fn export(&self, code: RecoveryCode, thread: ItemId, then: impl Then<String>) {
        let api = self.clone();
        let begin = move |answer| match parsed(answer) {
            Ok(mine) => api.export_replies(thread, String::new(), mine, js_sys::Array::new(), Box::new(then)),
            Err(failure) => then(Err(failure)),
        };
        self.with_code("GET", code, None, Box::new(begin));
    }

    fn export_replies(
        &self,
        thread: ItemId,
        from: String,
        mine: JsValue,
        so_far: js_sys::Array,
        then: Box<dyn FnOnce(Result<String, Failure>)>,
    ) {
        let api = self.clone();
        let path = ["posts/", &thread.to_string(), "/replies?limit=100", &from].concat();
        let page = move |answer| match parsed(answer) {
            Ok(page) => match json::with_page(&so_far, &page) {
                Some(next) => api.export_replies(thread, ["&cursor=", &next].concat(), mine, so_far, then),
                None => then(Ok(json::export(&mine, &so_far))),
            },
            // Nobody else can read what is not published, and so nobody answered.
            Err(Failure::Missing) => then(Ok(json::export(&mine, &so_far))),
            Err(failure) => then(Err(failure)),
        };
        self.call("GET", &[&path], None, &[], Box::new(page));
    }

    /// Deletes what `code` opens. That it is gone already is no failure.
    pub fn delete_mine(&self, code: RecoveryCode, then: impl Then<()>) {
        let done = |answer: Result<String, Failure>| match answer {
            Ok(_) | Err(Failure::Missing) => Ok(()),
            Err(failure) => Err(failure),
        };
        self.with_code("DELETE", code, None, Box::new(move |answer| then(done(answer))));
    }

    /// Hears what becomes published, until the stream ends, which `then` is told, or `abort` ends it. `hear` gets every
    /// sign of life, with what it told, if anything.
    ///
    /// By `fetch`, because an `EventSource` tells the server which page it is on.
    pub fn live(
        &self,
        abort: AbortController,
        hear: impl Fn(Option<Told>) + 'static,
        then: impl FnOnce(Result<String, Failure>) + 'static,
    ) {
        let address = [&self.root, "sites/", &self.site, "/live"].concat();
        let hear = move |line: &str| {
            let data = line.strip_prefix("data: ").and_then(|data| JSON::parse(data).ok());
            hear(data.and_then(|data| Told::read(&data)));
        };
        ask(
            address,
            "GET",
            None,
            Vec::new(),
            Some(Listening { abort, hear: Box::new(hear) }),
            None,
            Box::new(then),
        );
    }

    /// Says that a contact did not work, and nothing about who says so.
    pub fn report_line(&self, report: &wire::NewLineReport, then: impl FnOnce(bool) + 'static) {
        let wire::NewLineReport { line, contact, problem } = report;
        let body = json::object(&[
            ("line", Some(line.as_str())),
            ("contact", Some(contact)),
            ("problem", Some(problem.as_str())),
        ]);
        let path = ["sites/", &self.site, "/line-reports"];
        self.call("POST", &path, Some(body), &[], Box::new(move |answer| then(answer.is_ok())));
    }

    fn with_code(&self, method: &'static str, code: RecoveryCode, body: Option<String>, then: TakesText) {
        self.call(method, &["mine"], body, &[("Recovery-Code", &code.to_string())], then);
    }

    fn call(
        &self,
        method: &'static str,
        path: &[&str],
        body: Option<String>,
        headers: &[(&'static str, &str)],
        then: TakesText,
    ) {
        let address = [&self.root, &path.concat()[..]].concat();
        let headers = headers.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        let panel = self.panel;
        let then = Box::new(move |answer| {
            if panel.is_there() {
                then(answer);
            }
        });
        let is_reading = cfg!(feature = "peers") && method == "GET";
        let asked = is_reading.then(|| self.loader.take_answer(&address).ok()).flatten().flatten();
        ask(address, method, body, headers, None, asked, then);
    }
}

/// What is done with an answer. Callbacks, because each `async fn` is code of its own: one is enough.
pub trait Then<T>: FnOnce(Result<T, Failure>) + 'static {}

impl<T, F: FnOnce(Result<T, Failure>) + 'static> Then<T> for F {}

type TakesText = Box<dyn FnOnce(Result<String, Failure>)>;

/// `then`, after the text of the answer was read.
fn reading<T: Read>(then: impl Then<T>) -> TakesText {
    Box::new(move |answer| then(parsed(answer).and_then(|value| T::read(&value).ok_or(Failure::Server))))
}

fn parsed(answer: Result<String, Failure>) -> Result<JsValue, Failure> {
    JSON::parse(&answer?).map_err(|_| Failure::Server)
}

fn get(address: String, then: TakesText) {
    ask(address, "GET", None, Vec::new(), None, None, then);
}

/// The one place where a request is begun: each `spawn_local` is 2 KB of code.
fn ask(
    address: String,
    method: &'static str,
    body: Option<String>,
    headers: Vec<(&'static str, String)>,
    listening: Option<Listening>,
    asked: Option<Promise>,
    then: TakesText,
) {
    spawn_local(async move { then(fetch(&address, method, body, headers, listening, asked).await) });
}

/// The whole directory of a country, from the file at `address`.
pub fn directory(address: String, then: impl Then<Directory>) {
    get(
        address,
        Box::new(|answer| then(answer.and_then(|text| bundle::decode(&text).map_err(|_| Failure::Server)))),
    );
}

/// The words that the search field understands, from the file at `address`.
pub fn terms(address: String, then: impl Then<Terms>) {
    get(
        address,
        Box::new(|answer| then(answer.and_then(|text| Terms::parse(&text).map_err(|_| Failure::Server)))),
    );
}

/// The texts of a language, from the file at `address`.
pub fn texts(address: String, then: impl Then<JsValue>) {
    get(address, Box::new(|answer| then(parsed(answer))));
}

/// What is done with an answer that goes on and on.
pub struct Listening {
    /// Ends it.
    abort: AbortController,
    /// Gets each line.
    hear: Box<dyn Fn(&str)>,
}

impl Listening {
    /// Passes on the lines that are whole; the rest stays in `text`.
    fn take(&self, text: &mut String, bytes: &[u8]) {
        // Ids and names: no character is longer than a byte, and cut in two.
        *text += &String::from_utf8_lossy(bytes);
        while let Some((line, rest)) = text.split_once('\n') {
            (self.hear)(line);
            *text = rest.to_owned();
        }
    }
}

/// The body of a successful answer; or of one that asks for work first, which is no failure. Headers without a value are
/// left out. Of one that `listening` hears, nothing is left when it has ended. What was `asked` already is not asked again.
pub async fn fetch(
    address: &str,
    method: &str,
    body: Option<String>,
    headers: Vec<(&str, String)>,
    listening: Option<Listening>,
    asked: Option<Promise>,
) -> Result<String, Failure> {
    let request = RequestInit::new();
    request.set_method(method);
    request.set_credentials(RequestCredentials::Omit);
    request.set_referrer_policy(ReferrerPolicy::NoReferrer);
    let wait = |abort: AbortController, patience| set_timeout_with_handle(move || abort.abort(), patience);
    let set = || {
        let list = Headers::new()?;
        for (name, value) in headers.iter().filter(|(_, value)| !value.is_empty()) {
            list.set(name, value)?;
        }
        if let Some(body) = &body {
            list.set("Content-Type", "application/json")?;
            request.set_body(&body.into());
        }
        request.set_headers(&list);
        let abort = match &listening {
            Some(listening) => listening.abort.clone(),
            None => AbortController::new()?,
        };
        request.set_signal(Some(&abort.signal()));
        wait(abort, PATIENCE)
    };
    let mut patience = set().map_err(|_| Failure::Server)?;
    let answer = async {
        let asked = asked.unwrap_or_else(|| window().fetch_with_str_and_init(address, &request));
        let response = JsFuture::from(asked).await?;
        let response = response.unchecked_into::<Response>();
        let (Some(listening), true, Some(body)) = (&listening, response.ok(), response.body()) else {
            let text = JsFuture::from(response.text()?).await?;
            let wait =
                response.headers().get("Retry-After").ok().flatten().and_then(|wait| wait.parse().ok());
            return Ok::<_, JsValue>((response.status(), text.as_string().unwrap_or_default(), wait));
        };
        let reader: ReadableStreamDefaultReader = body.get_reader().unchecked_into();
        let mut text = String::new();
        loop {
            patience.clear();
            patience = wait(listening.abort.clone(), SILENCE)?;
            let chunk = Reflect::get(&JsFuture::from(reader.read()).await?, &"value".into())?;
            if chunk.is_undefined() {
                return Ok((response.status(), String::new(), None));
            }
            listening.take(&mut text, &Uint8Array::new(&chunk).to_vec());
        }
    };
    let answer = answer.await;
    patience.clear();
    match answer {
        Ok((200..=299 | 428, text, _)) => Ok(text),
        Ok((429, _, Some(seconds))) => Err(Failure::Rate(seconds)),
        Ok((status, text, _)) => Err(refusal(status, &text)),
        Err(_) if browser::is_offline() => Err(Failure::Offline),
        Err(_) => Err(Failure::Server),
    }
}

/// What a problem document means for the visitor. A 422 about anything but the text is our own mistake, not theirs.
fn refusal(status: u16, problem: &str) -> Failure {
    let field = JSON::parse(problem).ok().and_then(|problem| json::text(&problem, "field"));
    match Failure::of(status) {
        Failure::Text if field.as_deref() != Some("text") => Failure::Server,
        failure => failure,
    }
}
