//! What only the browser knows or can do: time, chance, names in the visitor's language, focus, clipboard, files.
//!
//! Whatever a browser lacks gives a plainer answer, never a panic: people come with old phones.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use js_sys::{Array, Date, JsString, Object, Promise, Reflect, Uint8Array};
use leptos::leptos_dom::helpers::{
    IntervalHandle, TimeoutHandle, set_interval_with_handle, set_timeout_with_handle,
    window_event_listener_untyped,
};
use leptos::prelude::{document, on_cleanup, set_timeout, window};
use peer_support_domain::helpline::{AsOf, Language};
use peer_support_domain::hours::{LocalTime, TimeZone, Weekday};
use peer_support_domain::moment::Unit;
use wasm_bindgen::{JsCast, JsValue, closure::Closure, prelude::wasm_bindgen};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    Blob, CssStyleSheet, Element, Event, HtmlElement, Node, Response, ShadowRoot, Storage, Worker,
};

#[wasm_bindgen]
extern "C" {
    // Of `pkg-template/fetch_module.js`, which the build writes behind the glue.
    #[wasm_bindgen(js_name = __peer_support_fetch_module)]
    fn fetch_module(address: &str) -> Promise;

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
    type DisplayNames;
    #[wasm_bindgen(constructor, js_namespace = Intl, catch)]
    fn new(locale: &str, options: &Object) -> Result<DisplayNames, JsValue>;
    #[wasm_bindgen(method, catch)]
    fn of(this: &DisplayNames, code: &str) -> Result<Option<String>, JsValue>;

    #[wasm_bindgen(js_namespace = Intl)]
    type PluralRules;
    #[wasm_bindgen(constructor, js_namespace = Intl, catch)]
    fn new(locale: &str) -> Result<PluralRules, JsValue>;
    #[wasm_bindgen(method)]
    fn select(this: &PluralRules, n: f64) -> String;

    #[wasm_bindgen(js_namespace = Intl)]
    type NumberFormat;
    #[wasm_bindgen(constructor, js_namespace = Intl, catch)]
    fn new(locale: &str) -> Result<NumberFormat, JsValue>;
    #[wasm_bindgen(method)]
    fn format(this: &NumberFormat, n: f64) -> String;

    type Scrolled;
    #[wasm_bindgen(method, js_name = scrollIntoView)]
    fn scroll_into_view(this: &Scrolled, options: &Object);

    type Field;
    #[wasm_bindgen(method)]
    fn select(this: &Field);

    #[wasm_bindgen(js_namespace = Intl)]
    type Segmenter;
    #[wasm_bindgen(constructor, js_namespace = Intl, catch)]
    fn new(locale: &str) -> Result<Segmenter, JsValue>;
    #[wasm_bindgen(method)]
    fn segment(this: &Segmenter, text: &str) -> JsValue;
}

/// A JavaScript object with these fields.
pub fn object(fields: &[(&str, &str)]) -> Object {
    let object = Object::new();
    for (name, value) in fields {
        // Setting a field of a plain object cannot fail.
        let _ = Reflect::set(&object, &(*name).into(), &(*value).into());
    }
    object
}

/// Milliseconds since the epoch, by the visitor's clock.
pub fn now_ms() -> i64 {
    Date::now() as i64
}

/// The visitor's date.
pub fn today() -> Option<AsOf> {
    let now = Date::new_0();
    format!("{:04}-{:02}-{:02}", now.get_full_year(), now.get_month() + 1, now.get_date()).parse().ok()
}

/// Bytes that nobody can guess.
pub fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    let drawn =
        window().crypto().is_ok_and(|crypto| crypto.get_random_values_with_u8_array(&mut bytes).is_ok());
    // Every browser that runs wasm has it, with and without TLS. Keys of zeros would be worse than no panel.
    assert!(drawn, "the browser gives no random numbers");
    bytes
}

/// The clock of a time zone. Making one costs a millisecond on an old phone, reading it a hundredth of that.
pub struct Clock(Option<DateTimeFormat>);

impl Clock {
    /// The clock in `zone`; it tells nothing when the browser does not know the zone.
    pub fn new(zone: &TimeZone) -> Clock {
        let options = object(&[
            ("timeZone", zone.as_str()),
            ("weekday", "short"),
            ("hour", "2-digit"),
            ("minute", "2-digit"),
            ("hourCycle", "h23"),
        ]);
        Clock(DateTimeFormat::new("en-GB", &options).ok())
    }

    /// What it shows at the instant `ms`, in milliseconds since the epoch.
    pub fn at(&self, ms: i64) -> Option<LocalTime> {
        // "Mon 09:05", with or without a comma.
        let text = self.0.as_ref()?.format(ms as f64);
        let weekday = Weekday::ALL.into_iter().find(|day| text.starts_with(day.abbreviation()))?;
        let (hours, minutes) = text.get(text.len().checked_sub(5)?..)?.split_once(':')?;
        let minute_of_day = hours.parse::<u16>().ok()? * 60 + minutes.parse::<u16>().ok()?;
        Some(LocalTime { weekday, minute_of_day })
    }
}

/// The time of day at the instant `ms`, with the weekday when it is not today: `18:00`, `Tue 09:00`. By the clock in
/// `zone`, or by the visitor's own.
pub fn time_of_day(locale: &str, ms: i64, zone: Option<&TimeZone>) -> String {
    let format = |ms: f64, fields: &[(&str, &str)]| {
        let options = object(fields);
        if let Some(zone) = zone {
            let _ = Reflect::set(&options, &"timeZone".into(), &zone.as_str().into());
        }
        DateTimeFormat::new(locale, &options).map(|clock| clock.format(ms)).unwrap_or_default()
    };
    let day = [("day", "numeric")];
    let fields = [("hour", "numeric"), ("minute", "2-digit"), ("weekday", "short")];
    let is_today = format(ms as f64, &day) == format(Date::now(), &day);
    format(ms as f64, &fields[..if is_today { 2 } else { 3 }])
}

/// The languages that the visitor reads, the preferred one first.
pub fn languages() -> Vec<Language> {
    window().navigator().languages().iter().filter_map(|tag| tag.as_string()?.parse().ok()).collect()
}

/// Whether the visitor reads `language` before all others.
pub fn speaks_first(language: &str) -> bool {
    let first = window().navigator().language().unwrap_or_default();
    first.split('-').next() == language.split('-').next()
}

/// Whether a finger is what points here: then a number is best pressed, and elsewhere copied or read out.
pub fn is_touched() -> bool {
    let asked = window().match_media("(pointer: coarse)");
    asked.ok().flatten().is_some_and(|asked| asked.matches())
}

/// "2 hours ago", "yesterday".
pub fn relative_time(locale: &str, (n, unit): (u32, Unit)) -> String {
    RelativeTimeFormat::new(locale, &object(&[("numeric", "auto")]))
        // Minus zero is "this minute" in the past tense.
        .map(|format| format.format(-f64::from(n), unit.as_str()))
        .unwrap_or_default()
}

/// What a code is called in a language: `region` or `language`.
pub struct Names(Option<DisplayNames>);

impl Names {
    /// Names of this kind in the language `locale`.
    pub fn new(locale: &str, kind: &str) -> Names {
        Names(DisplayNames::new(locale, &object(&[("type", kind)])).ok())
    }

    /// The name of `code`; the code itself when the browser knows none.
    pub fn of(&self, code: &str) -> String {
        self.0.as_ref().and_then(|names| names.of(code).ok()?).unwrap_or_else(|| code.to_owned())
    }
}

/// Puts `named` in the order of their names in the language `locale`.
pub fn sort_by_name<T>(named: Vec<(T, String)>, locale: &str) -> Vec<(T, String)> {
    let (locales, options) = (Array::of1(&locale.into()), Object::new());
    let mut sorted: Vec<(T, String)> = Vec::with_capacity(named.len());
    for one in named {
        // In by hand: a few hundred, and the library's sort is 3 KB of code.
        let at = sorted.partition_point(|(_, other)| {
            JsString::from(other.as_str()).locale_compare(&one.1, &locales, &options) <= 0
        });
        sorted.insert(at, one);
    }
    sorted
}

/// The plural category of `n`: `one`, `few`, `other`, ….
pub fn plural_category(locale: &str, n: u32) -> String {
    PluralRules::new(locale).map_or_else(|_| "other".to_owned(), |rules| rules.select(f64::from(n)))
}

/// `n` with the digits of the language.
pub fn number(locale: &str, n: u32) -> String {
    NumberFormat::new(locale).map_or_else(|_| n.to_string(), |format| format.format(f64::from(n)))
}

/// What a reader counts as characters of `text`, composed and trimmed as the server does it.
pub fn n_graphemes(text: &str) -> usize {
    let text = String::from(JsString::from(text.trim()).normalize("NFC"));
    let segments = Segmenter::new("en").map(|segmenter| Array::from(&segmenter.segment(&text)).length());
    match segments {
        // An old library on the page may have an `Array.from` of its own, which finds nothing in what has no length.
        Err(_) | Ok(0) => text.chars().count(),
        Ok(n) => n as usize,
    }
}

/// Whether the browser is sure that it has no network.
pub fn is_offline() -> bool {
    !window().navigator().on_line()
}

/// Does `act` whenever the network comes back, until the owner goes that it was begun under.
pub fn when_online(act: impl Fn() + 'static) {
    let listener = window_event_listener_untyped("online", move |_| act());
    on_cleanup(move || listener.remove());
}

/// Moves the focus to the element `id` under `root`, once what is being drawn is there, unless it is elsewhere in the page by then.
pub fn focus(root: Node, id: &'static str) {
    let selector = ["#", id].concat();
    set_timeout(
        move || {
            // Whoever went on with something of the page's around meanwhile is not taken away from it.
            let around = document().active_element();
            let is_here = root.get_root_node().unchecked_ref::<ShadowRoot>().active_element().is_some();
            if (is_here || around.is_none_or(|around| around.local_name() == "body"))
                && let Some(element) = first(&root, &selector)
            {
                focus_on(&element);
            }
        },
        Duration::ZERO,
    );
}

/// The first element under `root` that `selector` finds.
pub fn first(root: &Node, selector: &str) -> Option<Element> {
    root.dyn_ref::<Element>()?.query_selector(selector).ok()?
}

/// Does `what` each minute, and whenever the page is seen again: a phone that sleeps lets no time pass. It ends with the
/// present owner.
pub fn each_minute(what: impl Fn() + Clone + 'static) {
    let minute = set_interval_with_handle(what.clone(), Duration::from_secs(60));
    let seen = window_event_listener_untyped("visibilitychange", move |_| what());
    on_cleanup(move || {
        minute.iter().for_each(IntervalHandle::clear);
        seen.remove();
    });
}

/// Fetches a module of ours and its wasm, whose address is without `.js` and `.wasm`; once for all panels of the page.
///
/// # Errors
///
/// When either does not come, or the browser refuses it. The next call tries again.
pub async fn start_module(address: &str) -> Result<JsValue, JsValue> {
    JsFuture::from(fetch_module(address)).await
}

/// The bytes of a file of ours.
///
/// # Errors
///
/// When it does not come.
pub async fn bytes(address: &str) -> Result<Uint8Array, JsValue> {
    let response: Response = JsFuture::from(window().fetch_with_str(address)).await?.unchecked_into();
    if !response.ok() {
        return Err(JsValue::UNDEFINED);
    }
    Ok(Uint8Array::new(&JsFuture::from(response.array_buffer()?).await?))
}

/// Waits for a pause in what is typed.
#[derive(Clone, Default)]
pub struct Pause(Rc<Cell<Option<TimeoutHandle>>>);

impl Pause {
    /// Does `what` after a pause, unless it is called again before.
    pub fn then(&self, what: impl FnOnce() + 'static) {
        let next = set_timeout_with_handle(what, Duration::from_millis(400)).ok();
        if let Some(last) = self.0.replace(next) {
            last.clear();
        }
    }
}

/// Moves the focus to `element`, once what is being drawn is there.
pub fn focus_soon(element: Element) {
    set_timeout(move || focus_on(&element), Duration::ZERO);
}

/// Scrolls to `element` as little as is needed to see it.
pub fn bring_into_sight(element: &Element) {
    element.unchecked_ref::<Scrolled>().scroll_into_view(&object(&[("block", "nearest")]));
}

/// Selects the text of the field that `event` comes from, so that typing replaces it.
pub fn select_text(event: &Event) {
    if let Some(field) = event.target() {
        field.unchecked_ref::<Field>().select();
    }
}

/// Moves the focus to `element`.
pub fn focus_on(element: &Element) {
    if let Some(element) = element.dyn_ref::<HtmlElement>() {
        let _ = element.focus();
    }
}

/// Opens a window of its own with `content` in it, and prints it. `false` when the browser opens none.
///
/// It has no script, and the style comes by an adopted sheet: the new document is under the page's own policy.
pub fn print(title: &str, css: &str, content: &Element) -> bool {
    let print = || {
        let opened = window().open_with_url_and_target("", "_blank").ok()??;
        let document = opened.document()?;
        document.set_title(title);
        // Without a sheet it is plainer, and can be read as well.
        if let Ok(constructor) = Reflect::get(&opened, &"CSSStyleSheet".into())
            && let Some(constructor) = constructor.dyn_ref::<js_sys::Function>()
            && let Ok(sheet) = Reflect::construct(constructor, &Array::new())
        {
            let sheet: CssStyleSheet = sheet.unchecked_into();
            let _ = sheet.replace_sync(css);
            let _ = Reflect::set(&document, &"adoptedStyleSheets".into(), &Array::of1(&sheet));
        }
        document.body()?.append_child(content).ok()?;
        opened.set_opener(&JsValue::NULL).ok()?;
        opened.print().ok()
    };
    print().is_some()
}

/// Puts `text` on the clipboard; `false` when the browser or the visitor does not allow it.
pub async fn copy(text: &str) -> bool {
    // Pages without TLS have no clipboard at all.
    let clipboard = Reflect::get(&window().navigator(), &"clipboard".into()).unwrap_or_default();
    let Ok(clipboard) = clipboard.dyn_into::<web_sys::Clipboard>() else { return false };
    wasm_bindgen_futures::JsFuture::from(clipboard.write_text(text)).await.is_ok()
}

/// Saves `text` as a file of this name. The name should say nothing: others may see the folder.
pub fn save_file(name: &str, text: &str) {
    let save = || {
        let blob = Blob::new_with_str_sequence(&Array::of1(&text.into()))?;
        let address = web_sys::Url::create_object_url_with_blob(&blob)?;
        let link = document().create_element("a")?;
        link.set_attribute("href", &address)?;
        link.set_attribute("download", name)?;
        if let Some(link) = link.dyn_ref::<HtmlElement>() {
            link.click();
        }
        web_sys::Url::revoke_object_url(&address)
    };
    // The code stands on the screen as well, so a refusal takes nothing away.
    let _: Result<(), JsValue> = save();
}

/// Where this panel keeps what the visitor asked it to: one name among those of the page's origin.
const KEPT: &str = "peer-support";

fn storage() -> Option<Storage> {
    // Asking alone throws where the visitor or a frame's sandbox denies it.
    window().local_storage().ok()?
}

/// What is kept on this device.
pub fn kept() -> Option<String> {
    storage()?.get_item(KEPT).ok()?
}

/// Keeps `text` on this device; `false` when there is no room or no leave for it.
pub fn keep(text: &str) -> bool {
    storage().is_some_and(|storage| storage.set_item(KEPT, text).is_ok())
}

/// Takes away all that is kept on this device.
pub fn forget() {
    if let Some(storage) = storage() {
        // What cannot be written was not kept either.
        let _ = storage.remove_item(KEPT);
    }
}

/// A worker with one thing to do. Dropped, it ends.
pub struct Errand {
    worker: Worker,
    address: String,
}

impl Errand {
    /// Sends `data` to a worker with this script; `answered` hears the number that comes back, or `None` when the worker
    /// fails. `None` where the browser or the page's policy refuses the worker at once; others say so later.
    pub fn new(script: &str, data: &JsValue, answered: impl Fn(Option<f64>) + 'static) -> Option<Errand> {
        let blob = Blob::new_with_str_sequence(&Array::of1(&script.into())).ok()?;
        let address = web_sys::Url::create_object_url_with_blob(&blob).ok()?;
        let Ok(worker) = Worker::new(&address) else {
            let _ = web_sys::Url::revoke_object_url(&address);
            return None;
        };
        // An event that tells of a failure has no data.
        let listener = move |event: JsValue| {
            answered(Reflect::get(&event, &"data".into()).ok().and_then(|data| data.as_f64()));
        };
        let listener: Box<dyn Fn(JsValue)> = Box::new(listener);
        let listener = Closure::wrap(listener).into_js_value();
        worker.set_onmessage(Some(listener.unchecked_ref()));
        worker.set_onerror(Some(listener.unchecked_ref()));
        let errand = Errand { worker, address };
        errand.worker.post_message(data).ok()?;
        Some(errand)
    }
}

impl Drop for Errand {
    fn drop(&mut self) {
        self.worker.terminate();
        let _ = web_sys::Url::revoke_object_url(&self.address);
    }
}

/// Copies of the elements under `root` that `selector` finds, without their listeners.
pub fn copies(root: &Node, selector: &str) -> Vec<Element> {
    let found = root.dyn_ref::<Element>().and_then(|root| root.query_selector_all(selector).ok());
    let Some(found) = found else { return Vec::new() };
    let copy = |place| found.get(place)?.clone_node_with_deep(true).ok()?.dyn_into().ok();
    (0..found.length()).filter_map(copy).collect()
}

/// Whether what has the focus is inside the element `id` under `root`.
pub fn has_focus(root: &Node, id: &str) -> bool {
    let shadow = root.get_root_node().dyn_into::<ShadowRoot>().ok();
    let focused = shadow.and_then(|shadow| shadow.active_element());
    focused.is_some_and(|focused| focused.closest(&["#", id].concat()).is_ok_and(|inside| inside.is_some()))
}

/// Whether no element of the page has the focus.
pub fn nothing_has_focus() -> bool {
    document().active_element().is_none_or(|focused| focused.local_name() == "body")
}

/// A style sheet that a shadow root has adopted, until it is dropped.
pub struct Adopted {
    root: ShadowRoot,
    sheet: Sheet,
}

enum Sheet {
    Constructed(CssStyleSheet),
    Element(Element),
}

impl Adopted {
    /// Adds `css` to `root`: as an adopted sheet, which strict policies allow; as an element in browsers without those.
    pub fn new(root: ShadowRoot, css: &str) -> Result<Adopted, JsValue> {
        let sheet = match CssStyleSheet::new() {
            Ok(sheet) if sheets(&root).is_some() => {
                sheet.replace_sync(css)?;
                let list = sheets(&root).unwrap_or_default();
                list.push(&sheet);
                set_sheets(&root, &list);
                Sheet::Constructed(sheet)
            }
            _ => {
                let element = document().create_element("style")?;
                element.set_text_content(Some(css));
                root.append_child(&element)?;
                Sheet::Element(element)
            }
        };
        Ok(Adopted { root, sheet })
    }
}

impl Drop for Adopted {
    fn drop(&mut self) {
        match &self.sheet {
            Sheet::Element(element) => element.remove(),
            Sheet::Constructed(sheet) => {
                let own: &JsValue = sheet;
                let others = sheets(&self.root).unwrap_or_default();
                set_sheets(&self.root, &others.filter(&mut |other, _, _| other != *own));
            }
        }
    }
}

/// A copy of the list of sheets; browsers differ in whether the list itself can be changed.
fn sheets(root: &ShadowRoot) -> Option<Array> {
    let sheets = Reflect::get(root, &"adoptedStyleSheets".into()).ok()?;
    sheets.is_object().then(|| Array::from(&sheets))
}

fn set_sheets(root: &ShadowRoot, sheets: &Array) {
    let _ = Reflect::set(root, &"adoptedStyleSheets".into(), sheets);
}

#[cfg(test)]
mod tests {
    use wasm_bindgen_test::wasm_bindgen_test;

    use super::*;

    #[wasm_bindgen_test]
    fn characters_are_counted_as_people_count() {
        assert_eq!(n_graphemes("  e\u{301} 👨‍👩‍👧‍👦 "), 3);
        assert_eq!(n_graphemes(" \n "), 0);
    }

    #[wasm_bindgen_test]
    fn the_time_is_known_in_zones_that_exist() {
        let clock = |zone: &str| Clock::new(&zone.parse().unwrap()).at(1_800_000_000_000); // Friday, 08:00 UTC

        assert_eq!(
            clock("Asia/Kolkata"),
            Some(LocalTime { weekday: Weekday::Friday, minute_of_day: 13 * 60 + 30 })
        );
        assert_eq!(clock("Atlantis/Center"), None);
    }

    #[wasm_bindgen_test]
    fn a_time_that_is_not_today_has_its_weekday() {
        let tokyo = "Asia/Tokyo".parse().unwrap();
        let friday = time_of_day("en-GB", 1_800_000_000_000, Some(&tokyo));
        assert!(friday.starts_with("Fri") && friday.ends_with("17:00"), "{friday}");

        let now = now_ms();
        assert!(!time_of_day("en-GB", now, Some(&tokyo)).contains(' '));
    }

    #[wasm_bindgen_test]
    fn arabic_has_more_than_one_plural() {
        assert_eq!(plural_category("ar", 3), "few");
        assert_eq!(plural_category("en", 3), "other");
    }

    #[wasm_bindgen_test]
    fn two_draws_are_not_alike() {
        assert_ne!(random::<16>(), random::<16>());
    }

    #[wasm_bindgen_test]
    fn names_are_in_the_language_asked_for() {
        assert_eq!(Names::new("es", "region").of("DE"), "Alemania");
        assert_eq!(Names::new("en", "region").of("not a code"), "not a code");
    }
}
