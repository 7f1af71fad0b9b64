//! What only the browser knows or can do. The only file that touches its location, history, storage, Intl, focus and timers.

use std::time::Duration;

use js_sys::{Array, Date, JsString, Object, Reflect};
use leptos::ev;
use leptos::prelude::{
    StoredValue, WithValue, document, on_cleanup, set_interval_with_handle, set_timeout, window,
    window_event_listener,
};
use peer_support_domain::moment::{self, Unit};
use wasm_bindgen::prelude::{Closure, wasm_bindgen};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    Blob, BlobPropertyBag, Element, EventSource, HtmlAnchorElement, HtmlElement, KeyboardEvent, Range,
    RequestInit, Url, VisibilityState,
};

use crate::keys::Press;
use crate::locale;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = Intl)]
    type DateTimeFormat;
    #[wasm_bindgen(constructor, js_namespace = Intl, catch)]
    fn new(locale: &str, options: &Object) -> Result<DateTimeFormat, JsValue>;
    #[wasm_bindgen(method)]
    fn format(this: &DateTimeFormat, at: f64) -> String;

    #[wasm_bindgen(js_namespace = Intl)]
    type RelativeTimeFormat;
    #[wasm_bindgen(constructor, js_namespace = Intl, catch)]
    fn new(locale: &str, options: &Object) -> Result<RelativeTimeFormat, JsValue>;
    #[wasm_bindgen(method)]
    fn format(this: &RelativeTimeFormat, n: f64, unit: &str) -> String;

    #[wasm_bindgen(js_namespace = Intl)]
    type NumberFormat;
    #[wasm_bindgen(constructor, js_namespace = Intl, catch)]
    fn new(locale: &str, options: &Object) -> Result<NumberFormat, JsValue>;
    #[wasm_bindgen(method)]
    fn format(this: &NumberFormat, n: f64) -> String;

    #[wasm_bindgen(js_namespace = Intl)]
    type DisplayNames;
    #[wasm_bindgen(constructor, js_namespace = Intl, catch)]
    fn new(locale: &str, options: &Object) -> Result<DisplayNames, JsValue>;
    #[wasm_bindgen(method, catch)]
    fn of(this: &DisplayNames, code: &str) -> Result<Option<String>, JsValue>;

    #[wasm_bindgen(js_namespace = Intl)]
    type Segmenter;
    #[wasm_bindgen(constructor, js_namespace = Intl, catch)]
    fn new(locale: &str) -> Result<Segmenter, JsValue>;
    #[wasm_bindgen(method)]
    fn segment(this: &Segmenter, text: &str) -> JsValue;
}

/// A JavaScript object with these fields.
fn object(fields: &[(&str, &str)]) -> Object {
    let object = Object::new();
    for (name, value) in fields {
        // Setting a field of a plain object cannot fail.
        let _ = Reflect::set(&object, &(*name).into(), &(*value).into());
    }
    object
}

/// The reader's languages, the dearest first.
pub fn languages() -> Vec<String> {
    window().navigator().languages().iter().filter_map(|tag| tag.as_string()).collect()
}

/// Says the page's language and title, and takes away what stood there while it loaded.
pub fn begin_page(language: &str, title: &str) {
    document().set_title(title);
    if let Some(html) = document().document_element() {
        // A valid name: it cannot be refused.
        let _ = html.set_attribute("lang", language);
    }
    if let Some(start) = document().get_element_by_id("start") {
        start.remove();
    }
}

/// The sign-in code in the address, `#code=…`, which is taken out of it at once: an address bar is read by others, and a
/// history kept.
pub fn take_code() -> Option<String> {
    let location = window().location();
    let code = location.hash().ok()?.strip_prefix("#code=")?.to_owned();
    let address = location.pathname().ok()? + &location.search().unwrap_or_default();
    if let Ok(history) = window().history() {
        let _ = history.replace_state_with_url(&JsValue::NULL, "", Some(&address));
    }
    js_sys::decode_uri_component(&code).ok().map(String::from)
}

/// Calls `then` when an address with another `#…` is opened in this window: the page does not load anew for it.
pub fn on_hash_change(then: impl Fn() + 'static) {
    let listener = window_event_listener(ev::hashchange, move |_| then());
    on_cleanup(move || listener.remove());
}

/// Prints the page; a report that is open prints alone.
pub fn print() {
    // Refused only where nothing can be printed.
    let _ = window().print();
}

/// Milliseconds since the epoch, by the reader's clock.
pub fn now_ms() -> i64 {
    Date::now() as i64
}

/// Calls `then` every `period`, and when the page is looked at again.
pub fn every(period: Duration, then: impl Fn() + Copy + 'static) {
    let timer = set_interval_with_handle(then, period);
    let seen = leptos::prelude::window_event_listener_untyped("visibilitychange", move |_| {
        if is_visible() {
            then();
        }
    });
    on_cleanup(move || {
        if let Ok(timer) = timer {
            timer.clear();
        }
        seen.remove();
    });
}

/// Calls `then` once, after `wait`.
pub fn later(wait: Duration, then: impl FnOnce() + 'static) {
    set_timeout(then, wait);
}

/// Calls `then` when the page is being left, perhaps for good.
pub fn on_leaving(then: impl Fn() + 'static) {
    let leaving = leptos::prelude::window_event_listener_untyped("pagehide", move |_| then());
    on_cleanup(move || leaving.remove());
}

/// Sends a request that the browser finishes after the page is gone.
pub fn send_on_leaving(method: &str, path: &str, csrf: &str, body: Option<&str>) {
    let request = object(&[("method", method), ("credentials", "same-origin")]);
    let headers = object(&[("Csrf-Token", csrf), ("Content-Type", "application/json")]);
    // Setting a field of a plain object cannot fail.
    let _ = Reflect::set(&request, &"headers".into(), &headers);
    let _ = Reflect::set(&request, &"keepalive".into(), &true.into());
    if let Some(body) = body {
        let _ = Reflect::set(&request, &"body".into(), &body.into());
    }
    // Nobody is there to hear what becomes of it.
    let _ = window().fetch_with_str_and_init(path, request.unchecked_ref::<RequestInit>());
}

/// Hears what a stream of the server's tells under `name`, until it is dropped. The browser opens it anew when it was cut.
pub struct Stream {
    source: EventSource,
    heard: Closure<dyn Fn()>,
    name: &'static str,
}

impl Stream {
    /// `None` where the browser has no streams.
    pub fn open(path: &str, name: &'static str, then: impl Fn() + 'static) -> Option<Self> {
        let source = EventSource::new(path).ok()?;
        let heard = Closure::<dyn Fn()>::new(then);
        let _ = source.add_event_listener_with_callback(name, heard.as_ref().unchecked_ref());
        Some(Self { source, heard, name })
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        let _ =
            self.source.remove_event_listener_with_callback(self.name, self.heard.as_ref().unchecked_ref());
        self.source.close();
    }
}

/// Whether anyone can see the page.
pub fn is_visible() -> bool {
    document().visibility_state() == VisibilityState::Visible
}

/// Whether anyone can read what is on the desk: the page is seen, and no dialog stands in front of it.
pub fn is_desk_seen() -> bool {
    is_visible() && document().query_selector("dialog[open]").is_ok_and(|dialog| dialog.is_none())
}

/// Calls `then` when a dialog was closed.
pub fn on_dialog_closed(then: impl Fn() + 'static) {
    let then = Closure::<dyn Fn()>::new(then);
    // The event does not bubble, so that only the way down to the dialog tells of it.
    let listened =
        window().add_event_listener_with_callback_and_bool("close", then.as_ref().unchecked_ref(), true);
    debug_assert!(listened.is_ok(), "every window can be listened to");
    let then = StoredValue::new_local(then);
    on_cleanup(move || {
        then.with_value(|then| {
            let _ = window().remove_event_listener_with_callback_and_bool(
                "close",
                then.as_ref().unchecked_ref(),
                true,
            );
        });
    });
}

/// A moment as a clock shows it, with the weekday when it is more than half a day away: `14:30`, `Tue 14:30`.
pub fn clock(at_ms: i64, now_ms: i64) -> String {
    const HALF_A_DAY_MS: i64 = 12 * 60 * 60 * 1_000;
    let mut options = vec![("hour", "numeric"), ("minute", "2-digit")];
    if (at_ms - now_ms).abs() > HALF_A_DAY_MS {
        options.push(("weekday", "short"));
    }
    DateTimeFormat::new(locale::language(), &object(&options))
        .map(|clock| clock.format(at_ms as f64))
        .unwrap_or_default()
}

/// A moment with its day, by the moderator's clock: `Fri 27 Nov, 09:00`.
pub fn day_and_clock(at_ms: i64) -> String {
    let options = [
        ("weekday", "short"),
        ("day", "numeric"),
        ("month", "short"),
        ("hour", "numeric"),
        ("minute", "2-digit"),
    ];
    DateTimeFormat::new(locale::language(), &object(&options))
        .map(|clock| clock.format(at_ms as f64))
        .unwrap_or_default()
}

/// A day such as `2026-11-27` as people write it: `Fri 27 Nov`.
pub fn day_name(day: &str) -> String {
    // A day without a time is read as one in UTC.
    let options = [("weekday", "short"), ("day", "numeric"), ("month", "short"), ("timeZone", "UTC")];
    DateTimeFormat::new(locale::language(), &object(&options))
        .map(|clock| clock.format(Date::parse(day)))
        .unwrap_or_default()
}

/// The moment that a field for date and time holds, by the moderator's clock; `None` when it is empty.
pub fn local_moment(typed: &str) -> Option<i64> {
    let ms = Date::parse(typed);
    ms.is_finite().then_some(ms as i64)
}

/// The moment as machines read it: `2026-11-23T14:30:00.000Z`.
pub fn machine_time(at_ms: i64) -> String {
    Date::new(&(at_ms as f64).into()).to_iso_string().into()
}

/// How far a moment is, in words: `2 hours ago`, `in 40 minutes`.
pub fn relative(at_ms: i64, now_ms: i64) -> String {
    let is_past = at_ms <= now_ms;
    let (n, unit): (u32, Unit) =
        if is_past { moment::ago(at_ms, now_ms) } else { moment::ago(now_ms, at_ms) };
    let n = f64::from(n);
    RelativeTimeFormat::new(locale::language(), &object(&[("numeric", "auto")]))
        .map(|words| words.format(if is_past { -n } else { n }, unit.as_str()))
        .unwrap_or_default()
}

/// How long `ms` are, in words: `2 hours 5 minutes`; or short ones: `2 hr 5 min`.
pub fn duration(ms: i64, is_long: bool) -> String {
    let part = |(n, unit): (u32, Unit)| {
        let display = if is_long { "long" } else { "short" };
        let options = [("style", "unit"), ("unit", unit.as_str()), ("unitDisplay", display)];
        NumberFormat::new(locale::language(), &object(&options)).map(|words| words.format(n.into()))
    };
    moment::lasting(ms).into_iter().filter_map(|it| part(it).ok()).collect::<Vec<_>>().join(" ")
}

/// A day by the moderator's clock: `26 November 2026`.
pub fn day(at_ms: i64) -> String {
    let options = [("day", "numeric"), ("month", "long"), ("year", "numeric")];
    DateTimeFormat::new(locale::language(), &object(&options))
        .map(|clock| clock.format(at_ms as f64))
        .unwrap_or_default()
}

/// What a language is called; its tag when the browser does not know it.
pub fn language_name(tag: &str) -> String {
    DisplayNames::new(locale::language(), &object(&[("type", "language")]))
        .ok()
        .and_then(|names| names.of(tag).ok()?)
        .unwrap_or_else(|| tag.to_owned())
}

/// What a reader counts as characters of `text`, composed and trimmed as the server does it.
pub fn n_graphemes(text: &str) -> usize {
    let text = String::from(JsString::from(text.trim()).normalize("NFC"));
    match Segmenter::new("en") {
        Ok(segmenter) => Array::from(&segmenter.segment(&text)).length() as usize,
        Err(_) => text.chars().count(),
    }
}

/// Gives the focus to the first of these elements that shows, once what is being drawn is there.
pub fn focus(ids: &'static [&'static str]) {
    set_timeout(
        move || {
            let shown = ids.iter().find_map(|id| {
                let element: HtmlElement = document().get_element_by_id(id)?.dyn_into().ok()?;
                (element.offset_width() > 0).then_some(element)
            });
            if let Some(element) = shown {
                let _ = element.focus();
            }
        },
        Duration::ZERO,
    );
}

/// Where the selection begins and ends in the text of an element, in UTF-16; `None` when nothing in it is selected.
pub fn selected_in(id: &str) -> Option<(u32, u32)> {
    let element = document().get_element_by_id(id)?;
    let selection = window().get_selection().ok()??;
    if selection.is_collapsed() {
        return None;
    }
    let range = selection.get_range_at(0).ok()?;
    let (start, end) = (range.start_container().ok()?, range.end_container().ok()?);
    if !element.contains(Some(&start)) || !element.contains(Some(&end)) {
        return None;
    }
    let before = range.clone_range();
    before.select_node_contents(&element).ok()?;
    before.set_end(&start, range.start_offset().ok()?).ok()?;
    let length = |range: &Range| range.to_string().length();
    let first = length(&before);
    Some((first, first + length(&range)))
}

/// Calls `then` with each press of a key on this page that no dialog is open for.
pub fn on_key(then: impl Fn(Press, &KeyboardEvent) + 'static) {
    let listener = window_event_listener(ev::keydown, move |event| {
        let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
        let is_inside = |selector: &str| {
            target.as_ref().is_some_and(|target| target.closest(selector).is_ok_and(|found| found.is_some()))
        };
        if event.default_prevented() || is_inside("dialog") {
            return;
        }
        let press = Press {
            key: &event.key(),
            has_modifier: event.ctrl_key() || event.alt_key() || event.meta_key(),
            is_repeat: event.repeat(),
            is_typing: event.is_composing() || is_inside("input, textarea, select, [contenteditable]"),
            is_in_list: is_inside("#queue-list"),
        };
        then(press, &event);
    });
    on_cleanup(move || listener.remove());
}

const LETTERS_OFF: &str = "console-letters-off";

/// Whether single letters are keys: on, until the moderator says otherwise on this device.
pub fn letters_are_keys() -> bool {
    !window()
        .local_storage()
        .ok()
        .flatten()
        .is_some_and(|kept| kept.get_item(LETTERS_OFF).is_ok_and(|off| off.is_some()))
}

/// Remembers whether single letters are keys; where nothing can be kept, it holds until the page is left.
pub fn keep_letters_as_keys(are_keys: bool) {
    if let Ok(Some(kept)) = window().local_storage() {
        let _ = if are_keys { kept.remove_item(LETTERS_OFF) } else { kept.set_item(LETTERS_OFF, "1") };
    }
}

const DEVICE: &str = "console-device";

/// What the moderator calls this device, as they said it here before.
pub fn device() -> Option<String> {
    window().local_storage().ok().flatten()?.get_item(DEVICE).ok()?.filter(|device| !device.trim().is_empty())
}

/// Remembers what the moderator calls this device; nothing forgets it.
pub fn keep_device(device: &str) {
    if let Ok(Some(kept)) = window().local_storage() {
        let device = device.trim();
        let _ = if device.is_empty() { kept.remove_item(DEVICE) } else { kept.set_item(DEVICE, device) };
    }
}

/// The scalar values of `text` in the form in which the server counts a password.
pub fn n_password_chars(text: &str) -> usize {
    String::from(JsString::from(text).normalize("NFKC")).chars().count()
}

/// Copies `text`; whether the browser allowed it.
pub async fn copy(text: &str) -> bool {
    // Absent where the page came without TLS from elsewhere than this machine.
    let clipboard = Reflect::get(&window().navigator(), &"clipboard".into());
    if !clipboard.is_ok_and(|clipboard| clipboard.is_object()) {
        return false;
    }
    JsFuture::from(window().navigator().clipboard().write_text(text)).await.is_ok()
}

/// Hands `text` to the reader as a file of this name.
pub fn save(name: &str, text: &str) {
    let save = || -> Result<(), JsValue> {
        let kind = BlobPropertyBag::new();
        kind.set_type("text/plain;charset=utf-8");
        let blob = Blob::new_with_str_sequence_and_options(&Array::of1(&text.into()), &kind)?;
        let address = Url::create_object_url_with_blob(&blob)?;
        let link: HtmlAnchorElement = document().create_element("a")?.dyn_into()?;
        link.set_href(&address);
        link.set_download(name);
        link.click();
        // A browser reads it after the click has returned.
        set_timeout(
            move || {
                let _ = Url::revoke_object_url(&address);
            },
            Duration::from_secs(60),
        );
        Ok(())
    };
    // Nothing to do where a browser refuses: the text stands on the page.
    let _ = save();
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasm_bindgen_test::wasm_bindgen_test as test;

    const HOUR_MS: i64 = 60 * 60 * 1_000;

    #[test]
    fn the_code_leaves_the_address_at_once() {
        window().location().set_hash("#code=7K14-H341%20").unwrap();

        assert_eq!(take_code().as_deref(), Some("7K14-H341 "));
        assert_eq!(window().location().hash().unwrap(), "");
        assert_eq!(take_code(), None, "it is there only once");
    }

    #[test]
    fn another_anchor_is_no_code() {
        window().location().set_hash("#elsewhere").unwrap();

        assert_eq!(take_code(), None);
    }

    #[test]
    fn characters_are_counted_as_people_count_them() {
        assert_eq!(n_graphemes("  cafe\u{301} 👩‍👩‍👧  "), 6);
        assert_eq!(n_graphemes(" \n "), 0);
    }

    #[test]
    fn time_is_told_in_both_directions() {
        let now = 1_800_000_000_000;

        assert_eq!(relative(now - 2 * HOUR_MS, now), "2 hours ago");
        assert_eq!(relative(now + 2 * HOUR_MS, now), "in 2 hours");
        assert_eq!(machine_time(now), "2027-01-15T08:00:00.000Z");
    }

    #[test]
    fn how_long_it_lasts_is_told_in_words() {
        assert_eq!(duration(14 * HOUR_MS / 60, true), "14 minutes");
        assert_eq!(duration(2 * HOUR_MS + HOUR_MS / 12, true), "2 hours 5 minutes");
        assert_eq!(duration(26 * HOUR_MS, false), "1 day 2 hr");
    }

    #[test]
    fn a_language_nobody_knows_is_told_by_its_tag() {
        assert_eq!(language_name("es"), "Spanish");
        assert_eq!(language_name("qqq"), "qqq");
    }
}
