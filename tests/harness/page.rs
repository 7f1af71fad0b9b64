//! One visitor's browser window.

use crate::PATIENCE;
use crate::driver::{Browser, Guard, Preferences};
use fantoccini::Client;
use fantoccini::actions::{
    InputSource, KeyAction, KeyActions, MOUSE_BUTTON_LEFT, MouseActions, PointerAction,
};
use fantoccini::elements::{Element, ElementRef};
use fantoccini::error::CmdError;
use fantoccini::key::Key;
use fantoccini::wd::WebDriverCompatibleCommand;
use http::Method;
use serde_json::{Value, json};
use std::future::Future;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

const LOOK: &str = include_str!("look.js");
const WATCH: &str = include_str!("../../www/host/watch.js");

/// A browser of its own, with its own driver, profile and (WebKit) display: nothing is shared.
///
/// Cheap to clone; every clone is the same window.
#[derive(Clone)]
pub struct Page {
    /// Which browser it is.
    pub browser: Browser,
    /// For what has no method here.
    pub client: Client,
    seen: Arc<Seen>,
}

struct Seen {
    problems: Mutex<Vec<String>>,
    expected: Mutex<Vec<String>>,
    _guard: Guard,
}

/// A WebDriver command that fantoccini has no method for.
#[derive(Debug)]
struct Raw(Method, String, Option<Value>);

impl WebDriverCompatibleCommand for Raw {
    fn endpoint(&self, base: &url::Url, session: Option<&str>) -> Result<url::Url, url::ParseError> {
        base.join(&format!("session/{}/{}", session.unwrap_or_default(), self.1))
    }
    fn method_and_body(&self, _: &url::Url) -> (Method, Option<String>) {
        (self.0.clone(), self.2.as_ref().map(Value::to_string))
    }
}

impl Page {
    pub(crate) async fn start(browser: Browser, preferences: Preferences) -> Page {
        let (client, guard) = browser.start(preferences).await;
        let seen = Seen { problems: Mutex::default(), expected: Mutex::default(), _guard: guard };
        Page { browser, client, seen: Arc::new(seen) }
    }

    /// Opens `url` in this window.
    pub async fn goto(&self, url: &str) {
        self.collect().await;
        self.js("window.isLeft = true").await;
        self.client.goto(url).await.unwrap();
        // On a busy machine Firefox's driver may take a navigation for done that has not begun.
        let come = "return !window.isLeft || location.href === arguments[0]";
        self.until_with(&format!("{url} has come"), come, vec![json!(url)]).await;
        self.watch().await;
    }

    /// Loads the page anew, as its visitor's next session does: nothing in memory survives.
    pub async fn reload(&self) {
        self.collect().await;
        self.client.refresh().await.unwrap();
        self.watch().await;
    }

    /// Watches a page that does not load `/watch.js` itself; it misses what went wrong before.
    async fn watch(&self) {
        self.js(&format!("if (!window.problems) {{ {WATCH} }}")).await;
    }

    /// Allows problems that begin with `words`: the test causes them.
    pub fn expect_problem(&self, words: &str) {
        self.seen.expected.lock().unwrap().push(words.to_owned());
    }

    /// Remembers what went wrong on this document, before it is left.
    pub async fn collect(&self) {
        let _ = self.raw(Method::POST, "frame", Some(json!({ "id": null }))).await;
        let script = "return (window.problems ?? []).splice(0)";
        let here = self.client.execute(script, vec![]).await.unwrap_or_default();
        let mut problems: Vec<String> =
            here.as_array().into_iter().flatten().filter_map(|p| p.as_str().map(str::to_owned)).collect();
        if self.browser == Browser::Chromium {
            // Only chromedriver tells what happened before any script of ours could look.
            let log = self.raw(Method::POST, "se/log", Some(json!({ "type": "browser" }))).await;
            let entries = log.unwrap_or_default();
            for entry in entries.as_array().into_iter().flatten() {
                if matches!(entry["source"].as_str(), Some("javascript" | "security")) {
                    problems.push(format!("log {}", entry["message"].as_str().unwrap_or_default()));
                }
            }
        }
        self.seen.problems.lock().unwrap().extend(problems);
    }

    /// All that went wrong in this window and was not expected.
    pub(crate) async fn problems(&self) -> Vec<String> {
        self.collect().await;
        let expected = self.seen.expected.lock().unwrap();
        let problems = self.seen.problems.lock().unwrap();
        problems.iter().filter(|p| !expected.iter().any(|words| p.contains(words))).cloned().collect()
    }

    pub(crate) async fn close(self) {
        let _ = self.client.close().await;
    }

    async fn raw(&self, method: Method, path: &str, body: Option<Value>) -> Result<Value, CmdError> {
        self.client.issue_cmd(Raw(method, path.into(), body)).await
    }

    /// What Chromium's own protocol answers to `command`; the others have none.
    pub async fn cdp(&self, command: &str, parameters: Value) -> Value {
        let body = json!({ "cmd": command, "params": parameters });
        self.raw(Method::POST, "goog/cdp/execute", Some(body)).await.unwrap()
    }

    /// What went over Chromium's network since this was asked last, as events of its own protocol; see
    /// [`crate::Preferences::logs_network`].
    pub async fn network_log(&self) -> Vec<Value> {
        let log = self.raw(Method::POST, "se/log", Some(json!({ "type": "performance" }))).await.unwrap();
        let entries = log.as_array().into_iter().flatten();
        let message = |entry: &Value| serde_json::from_str::<Value>(entry["message"].as_str()?).ok();
        entries.filter_map(|entry| Some(message(entry)?["message"].clone())).collect()
    }

    async fn run(&self, script: &str, args: Vec<Value>) -> Result<Value, CmdError> {
        self.client.execute(&format!("{LOOK}\n{script}"), args).await
    }

    /// What `script` returns; `ps` of look.js is at hand.
    pub async fn js(&self, script: &str) -> Value {
        self.js_with(script, vec![]).await
    }

    /// What `script` returns, given `arguments`.
    pub async fn js_with(&self, script: &str, args: Vec<Value>) -> Value {
        match self.run(script, args).await {
            Ok(value) => value,
            Err(error) => panic!("{:?}: {error}\nin the script: {script}", self.browser),
        }
    }

    /// Waits until `script` returns something other than null, false, 0 or "", and returns that.
    ///
    /// # Panics
    ///
    /// When it never does, with `what`: a sentence that says what should have happened.
    pub async fn until(&self, what: &str, script: &str) -> Value {
        self.until_with(what, script, vec![]).await
    }

    /// As [`Page::until`], given `arguments`.
    pub async fn until_with(&self, what: &str, script: &str, args: Vec<Value>) -> Value {
        let script = format!("return ((...arguments) => {{ {script} }})(...arguments) || null");
        let end = Instant::now() + PATIENCE;
        loop {
            // A document that is just being replaced runs no script; the next one does.
            let answer = self.run(&script, args.clone()).await;
            match answer {
                Ok(value) if !value.is_null() => return value,
                _ if Instant::now() < end => tokio::time::sleep(Duration::from_millis(20)).await,
                Ok(_) => panic!("{:?}: never happened: {what}\n{}", self.browser, self.report().await),
                Err(error) => panic!("{:?}: never happened: {what}: {error}", self.browser),
            }
        }
    }

    /// What can be seen now, for the message of a failed test.
    async fn report(&self) -> String {
        let script =
            "const things = ['button', 'link', 'tab', 'textbox', 'radio', 'combobox', 'checkbox', 'article'];
            const there = things.flatMap(role => ps.all(role)).map(ps.describe).join(', ');
            return `there is: ${there}\\nfocus is on: ${ps.describe(ps.focused())}\\ntext: ${ps.textOf()}`";
        self.run(script, vec![]).await.ok().and_then(|v| v.as_str().map(str::to_owned)).unwrap_or_default()
    }

    /// The element that a script returned.
    pub fn element(&self, reference: &Value) -> Element {
        let id = reference.as_object().and_then(|o| o.values().next()).and_then(Value::as_str);
        let id = id.expect("an element reference").to_owned();
        Element::from_element_id(self.client.clone(), ElementRef::from(id))
    }

    /// Waits for the element with this role and accessible name, or one whose name begins with `name`.
    pub async fn find(&self, role: &str, name: &str) -> Element {
        self.find_in(None, role, name).await
    }

    /// As [`Page::find`], inside `scope`.
    pub async fn find_in(&self, scope: Option<&Element>, role: &str, name: &str) -> Element {
        let args = vec![json!(role), json!(name), json!(scope)];
        let what = format!("{role} «{name}»");
        let script = "return ps.find(arguments[0], arguments[1], arguments[2])";
        self.element(&self.until_with(&what, script, args).await)
    }

    /// Asserts that the browser itself gives `element` this role and a name that begins with `name`,
    /// as it tells a screen reader.
    pub async fn is_told_as(&self, element: &Element, role: &str, name: &str) {
        let id = element.element_id();
        let told = async |what: &str| {
            let path = format!("element/{}/computed{what}", id.as_ref());
            let value = self.raw(Method::GET, &path, None).await.unwrap();
            value.as_str().unwrap_or_default().to_owned()
        };
        assert_eq!(told("role").await, role, "{:?}: the role of «{name}»", self.browser);
        let label = told("label").await;
        assert!(label.starts_with(name), "{:?}: the browser calls «{name}» «{label}»", self.browser);
    }

    /// Waits for the article that has `text` in it: a post, a reply, an entry of the queue.
    pub async fn article(&self, text: &str) -> Element {
        let script = "return ps.all('article').filter(e => ps.textOf(e).includes(arguments[0])).at(-1)";
        self.element(&self.until_with(&format!("an article with «{text}»"), script, vec![json!(text)]).await)
    }

    /// Whether the element is there at this moment.
    pub async fn has(&self, role: &str, name: &str) -> bool {
        let script = "return ps.find(arguments[0], arguments[1]) !== null";
        self.js_with(script, vec![json!(role), json!(name)]).await == json!(true)
    }

    /// Waits until no such element can be seen.
    pub async fn gone(&self, role: &str, name: &str) {
        let script = "return !ps.find(arguments[0], arguments[1])";
        self.until_with(&format!("{role} «{name}» gone"), script, vec![json!(role), json!(name)]).await;
    }

    /// Waits until `text` can be read somewhere.
    pub async fn reads(&self, text: &str) {
        let script = "return ps.textOf().includes(arguments[0])";
        self.until_with(&format!("the text «{text}»"), script, vec![json!(text)]).await;
    }

    /// Whether `text` can be read at this moment.
    pub async fn has_text(&self, text: &str) -> bool {
        self.text().await.contains(text)
    }

    /// All that can be read, on the page and in its shadow roots, white space collapsed.
    pub async fn text(&self) -> String {
        self.js("return ps.textOf()").await.as_str().unwrap_or_default().to_owned()
    }

    /// All that can be read in `element`.
    pub async fn text_of(&self, element: &Element) -> String {
        let text = self.js_with("return ps.textOf(arguments[0])", vec![json!(element)]).await;
        text.as_str().unwrap_or_default().to_owned()
    }

    /// Clicks the element with this role and name, with the mouse.
    pub async fn click(&self, role: &str, name: &str) {
        self.click_in(None, role, name).await;
    }

    /// As [`Page::click`], inside `scope`.
    pub async fn click_in(&self, scope: Option<&Element>, role: &str, name: &str) {
        self.settled(&format!("a click on {role} «{name}»"), async || {
            let element = self.find_in(scope, role, name).await;
            // WebKit's driver does not scroll what scrolls inside the page; a person would.
            let scroll = "arguments[0].scrollIntoView({ block: 'nearest', behavior: 'instant' })";
            self.run(scroll, vec![json!(element)]).await?;
            // Nor does it take an <input> in a shadow root for what is at the point of the click.
            let is_input = "return arguments[0].localName === 'input' && arguments[0].type === 'text'";
            if self.browser == Browser::WebKit
                && self.run(is_input, vec![json!(element)]).await? == json!(true)
            {
                return self.point_and_click(element).await;
            }
            element.click().await
        })
        .await;
    }

    async fn point_and_click(&self, element: Element) -> Result<(), CmdError> {
        let mouse = MouseActions::new("mouse".into())
            .then(PointerAction::MoveToElement { element, duration: None, x: 0., y: 0. })
            .then(PointerAction::Down { button: MOUSE_BUTTON_LEFT })
            .then(PointerAction::Up { button: MOUSE_BUTTON_LEFT });
        self.client.perform_actions(mouse).await
    }

    /// Puts the mouse's button down on the middle of `element`, until [`Page::let_go`].
    pub async fn press_down(&self, element: Element) {
        let down = MouseActions::new("mouse".into())
            .then(PointerAction::MoveToElement { element, duration: None, x: 0., y: 0. })
            .then(PointerAction::Down { button: MOUSE_BUTTON_LEFT });
        self.client.perform_actions(down).await.unwrap();
    }

    /// Lets the mouse's button go, where the mouse is.
    pub async fn let_go(&self) {
        let up = MouseActions::new("mouse".into()).then(PointerAction::Up { button: MOUSE_BUTTON_LEFT });
        self.client.perform_actions(up).await.unwrap();
    }

    /// Does `act` again while the page moves under it: the element was replaced or is still covered.
    async fn settled<F: Future<Output = Result<(), CmdError>>>(&self, what: &str, act: impl Fn() -> F) {
        let end = Instant::now() + PATIENCE;
        loop {
            match act().await {
                Ok(()) => return,
                Err(error) if Instant::now() > end => {
                    panic!("{:?}: never happened: {what}: {error}\n{}", self.browser, self.report().await)
                }
                Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
            }
        }
    }

    /// Types `text` into the text box of this name, as a visitor does who first clicks into it.
    pub async fn type_into(&self, role: &str, name: &str, text: &str) {
        self.click(role, name).await;
        self.type_text(text).await;
    }

    /// Types `text` where the focus is.
    ///
    /// WebKit drops emoji from an element's `send_keys`, Firefox breaks them in key actions.
    pub async fn type_text(&self, text: &str) {
        if self.browser == Browser::WebKit {
            return self.press(text.chars()).await;
        }
        let focused = self.until("the focus is somewhere", "return ps.focused()").await;
        self.element(&focused).send_keys(text).await.unwrap();
    }

    /// Empties the focused text box by keys; `Element::clear` fires no `input` event in any browser.
    pub async fn clear_focused(&self) {
        self.press_with(Key::Control, 'a').await;
        self.press([Key::Delete.into()]).await;
    }

    /// Presses `key` while `held` is down.
    pub async fn press_with(&self, held: Key, key: char) {
        let held: char = held.into();
        let chord = KeyActions::new("keyboard".into())
            .then(KeyAction::Down { value: held })
            .then(KeyAction::Down { value: key })
            .then(KeyAction::Up { value: key })
            .then(KeyAction::Up { value: held });
        self.client.perform_actions(chord).await.unwrap();
    }

    /// Real key presses, one after the other: text, or names such as `Key::Tab.into()`.
    pub async fn press(&self, keys: impl IntoIterator<Item = char>) {
        let mut actions = KeyActions::new("keyboard".into());
        for value in keys {
            actions = actions.then(KeyAction::Down { value }).then(KeyAction::Up { value });
        }
        self.client.perform_actions(actions).await.unwrap();
    }

    /// Role and name of what has the focus, also inside shadow roots: `button «Send»`.
    pub async fn focused(&self) -> String {
        self.js("return ps.describe(ps.focused())").await.as_str().unwrap_or_default().to_owned()
    }

    /// Waits until the focus is on what [`Page::focused`] calls so, or by a name that begins so.
    ///
    /// Where an action moves the focus, it does so a moment after what else it changes.
    pub async fn focus_is_on(&self, described: &str) {
        let script = "return ps.describe(ps.focused()).startsWith(arguments[0])";
        self.until_with(&format!("the focus is on {described}"), script, vec![json!(described)]).await;
    }

    /// Enters the first frame that can be seen, also in a shadow root; scripts and looks are inside from now on.
    pub async fn enter_frame(&self) {
        let seen = "return ps.elements().find(e => e.localName === 'iframe' && ps.isSeen(e))";
        let frame = self.until("a frame on the page", seen).await;
        self.element(&frame).enter_frame().await.unwrap();
        self.until("the frame's document is loaded", "return document.readyState === 'complete'").await;
    }

    /// Goes back to the page around all frames.
    pub async fn leave_frame(&self) {
        self.raw(Method::POST, "frame", Some(json!({ "id": null }))).await.unwrap();
    }

    /// Waits until what the page knows is drawn: two more frames.
    pub async fn settle(&self) {
        let settle = "const done = arguments[0];
            requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done)))";
        self.client.execute_async(settle, vec![]).await.unwrap();
    }

    /// A PNG of the page. WebKit's shows the frame before last unless two more were drawn.
    pub async fn screenshot(&self) -> Vec<u8> {
        self.settle().await;
        self.client.screenshot().await.unwrap()
    }

    /// Saves a PNG as `target/shots/NAME-BROWSER.png`, for people to look at.
    pub async fn save_shot(&self, name: &str) {
        let picture = self.screenshot().await;
        let folder = crate::workspace("target/shots");
        std::fs::create_dir_all(&folder).unwrap();
        let browser = format!("{:?}", self.browser).to_lowercase();
        std::fs::write(folder.join(format!("{name}-{browser}.png")), picture).unwrap();
    }

    pub(crate) async fn save_failure(&self, file: &Path) {
        // After a failure the page may answer nothing at all; the report must come all the same.
        let shot = tokio::time::timeout(Duration::from_secs(10), self.client.screenshot()).await;
        if let Ok(Ok(picture)) = shot {
            let _ = std::fs::create_dir_all(file.parent().expect("it is in a folder"));
            let _ = std::fs::write(file, picture);
            eprintln!("  screenshot: {}", file.display());
        }
    }

    /// Asserts that axe-core, which looks into open shadow roots, finds nothing wrong in `view`.
    pub async fn passes_axe(&self, view: &str) {
        let file = crate::workspace("target/tools/node_modules/axe-core/axe.min.js");
        let source = std::fs::read_to_string(&file)
            .unwrap_or_else(|e| panic!("{}: {e}; {}", file.display(), crate::TOOLS));
        self.client.execute(&source, vec![]).await.unwrap();
        let run = "const done = arguments[0];
            const short = (v) => `${v.id} (${v.help}): ` + v.nodes.map(n => `${n.target} ${n.failureSummary}`).join(' | ');
            axe.run().then(r => done(r.violations.map(short)), e => done([String(e)]))";
        let found = self.client.execute_async(run, vec![]).await.unwrap();
        assert_eq!(found, json!([]), "{:?}: axe on {view}", self.browser);
    }
}
