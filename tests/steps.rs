//! What people do, in their words. The names are the English ones of `locales/`.

use fantoccini::elements::Element;
use fantoccini::key::Key;
use peer_support_tests::server::{Moderator, Server, program};
use peer_support_tests::{Page, Visit, scratch_folder};
use serde_json::json;

/// How somebody works a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hand {
    /// Points and clicks, with a mouse or a finger.
    Mouse,
    /// Never leaves the keyboard.
    Keyboard,
}

/// Tab stops from one end of a page to the other, browser's own included; more means that focus is lost.
const MOST_STOPS: usize = 120;

impl Hand {
    /// Chooses the element with this role and name: a button, a link, a tab, a radio button.
    pub async fn choose(self, page: &Page, role: &str, name: &str) {
        self.choose_in(page, None, role, name).await;
    }

    /// As [`Hand::choose`], inside `scope`.
    pub async fn choose_in(self, page: &Page, scope: Option<&Element>, role: &str, name: &str) {
        if self == Hand::Mouse {
            return page.click_in(scope, role, name).await;
        }
        let target = page.find_in(scope, role, name).await;
        walk_to(page, &target, role, name).await;
        let chosen =
            "const e = arguments[0]; return e.checked === true || e.getAttribute('aria-selected') === 'true'";
        match role {
            "radio" | "checkbox" if page.js_with(chosen, vec![json!(target)]).await == json!(true) => {}
            "tab" if page.js_with(chosen, vec![json!(target)]).await == json!(true) => {}
            "radio" | "checkbox" => page.press([' ']).await,
            _ => page.press([Key::Enter.into()]).await,
        }
    }

    /// Writes `text` into the text box of this name.
    pub async fn write(self, page: &Page, scope: Option<&Element>, name: &str, text: &str) {
        match self {
            Hand::Mouse => page.click_in(scope, "textbox", name).await,
            Hand::Keyboard => {
                let target = page.find_in(scope, "textbox", name).await;
                walk_to(page, &target, "textbox", name).await;
            }
        }
        page.type_text(text).await;
    }

    /// Opens the panel by its launcher.
    pub async fn open_panel(self, page: &Page) {
        self.choose(page, "button", "Support").await;
        page.find("tab", "Help now").await;
    }
}

/// Moves the focus to `target` by the keys that a practised user presses.
pub async fn walk_to(page: &Page, target: &Element, role: &str, name: &str) {
    // Within a group of tabs or radio buttons arrows move; Tab only enters and leaves it.
    let next = "const target = arguments[0], here = ps.focused(), now = ps.describe(here);
        if (here === target) return ['there', now];
        const group = (e) => e?.closest('[role=tablist], [role=radiogroup], fieldset') ?? null;
        const isBefore = here && here.getRootNode() === target.getRootNode() &&
            here.compareDocumentPosition(target) & Node.DOCUMENT_POSITION_PRECEDING;
        if (ps.roleOf(target) !== 'checkbox' && ps.roleOf(here ?? document.body) === ps.roleOf(target) && group(target) && group(here) === group(target)) return [isBefore && ps.roleOf(target) === 'radio' ? 'up' : 'arrow', now];
        return [isBefore ? 'back' : 'on', now]";
    let mut way = Vec::new();
    for _ in 0..MOST_STOPS {
        let step = page.js_with(next, vec![json!(target)]).await;
        way.push(step[1].as_str().unwrap_or_default().to_owned());
        match step[0].as_str() {
            Some("there") => return,
            Some("arrow") => page.press([Key::Right.into()]).await,
            // From the last radio button WebKit does not go on to the first.
            Some("up") => page.press([Key::Up.into()]).await,
            Some("back") => page.press_with(Key::Shift, Key::Tab.into()).await,
            _ => page.press([Key::Tab.into()]).await,
        }
        // The focus of a tab follows a moment later.
        page.settle().await;
    }
    panic!("{:?}: the keyboard never came to {role} «{name}»; it went {}", page.browser, way.join(" → "));
}

/// Whether a toggle button is pressed.
pub async fn is_pressed(page: &Page, button: &Element) -> bool {
    page.js_with("return arguments[0].getAttribute('aria-pressed')", vec![json!(button)]).await
        == json!("true")
}

/// Waits for a link that dials `href`.
pub async fn can_dial(page: &Page, href: &str) {
    let script = format!("return ps.all('link').some(e => e.getAttribute('href') === '{href}')");
    page.until(&format!("a link to {href}"), &script).await;
}

/// Waits until the panel has taken the file with `part` in its address: what it began with may be drawn anew by that.
pub async fn has_taken(page: &Page, part: &str) {
    let came = "return performance.getEntriesByType('resource').find(e => e.name.includes(arguments[0]) && e.responseEnd)?.name";
    let address = page.until_with(&format!("a file {part}"), came, vec![json!(part)]).await;
    // The page itself reads it as the panel does, and begins later.
    let read = "return fetch(arguments[0]).then(answer => answer.text()).then(() => true)";
    assert_eq!(page.js_with(read, vec![address]).await, json!(true));
    page.settle().await;
}

/// Waits until the peer space knows the site: its topics, its cards, and how soon somebody reads. That may come after the posts.
pub async fn knows_the_site(page: &Page) {
    let known = "return ps.elements().some(e => e.matches('.within') && ps.isSeen(e) && e.textContent)";
    page.until("the site is known", known).await;
}

/// Moves the clock: what the panel would send again after many seconds it sends again after three.
pub async fn tries_again_soon(page: &Page) {
    moves_clock(page, "ms > 3000 && ms < 20000 ? 3000 : ms").await;
}

/// Has what waits for `ms` on this page wait for `instead`, an expression of JavaScript: for ever when that is `Infinity`.
pub async fn moves_clock(page: &Page, instead: &str) {
    let script = "const later = setTimeout;
        window.setTimeout = (act, ms, ...more) => {
            const wait = INSTEAD;
            return wait === Infinity ? 0 : later(act, wait, ...more);
        }";
    page.js(&script.replace("INSTEAD", instead)).await;
}

/// Asserts that nothing is wider than the window: nobody scrolls sideways to read.
pub async fn fits_the_width(page: &Page) {
    let script = "const wide = ps.elements().filter(e => ps.isSeen(e) && e.getBoundingClientRect().right > innerWidth + 1
            && getComputedStyle(e).position !== 'fixed' || e.scrollWidth > e.clientWidth + 1 && e.clientWidth > 0
            && ['auto', 'scroll'].includes(getComputedStyle(e).overflowX));
        return [document.documentElement.scrollWidth <= innerWidth, wide.map(e => `${ps.describe(e)} ${e.className} ${e.scrollWidth}`)]";
    assert_eq!(page.js(script).await, json!([true, []]), "{:?}: too wide", page.browser);
}

/// A site of a configuration, whose table may go on.
pub const SITE: &str =
    "[[sites]]\nid = \"demo\"\nname = \"Rowan House\"\norigins = [\"loopback\"]\ntopics = [\"general\"]\n";

/// A server with this configuration, and a moderator of it.
pub async fn configured(visit: &Visit, configuration: &str) -> (Server, Moderator) {
    let folder = scratch_folder("configuration");
    let config = folder.join("server.toml");
    std::fs::write(&config, configuration).unwrap();
    let config = config.to_str().expect("a plain path");
    let server = visit.server_with(&["--config", config]).await;
    let mut add = std::process::Command::new(program());
    add.args(["moderator", "add", "ana", "--role", "lead", "--config", config]);
    let added = add.arg("--data").arg(server.data()).output().unwrap();
    std::fs::remove_dir_all(&folder).unwrap();
    let said = String::from_utf8_lossy(&added.stdout).into_owned();
    assert!(added.status.success(), "{said}{}", String::from_utf8_lossy(&added.stderr));
    let line = said.lines().find(|line| line.contains("#code=")).expect("it prints a sign-in");
    let moderator = server.moderator_by(line).await;
    (server, moderator)
}
