//! What the device notices in words that are being written. Nothing of it is sent, kept or counted.
//!
//! The reader of words is a module of its own, fetched when somebody begins to write. Without it, writing goes on as ever.

use js_sys::{Uint8Array, Uint32Array};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;

use crate::browser;
use crate::session::{Draft, Session};

#[wasm_bindgen]
extern "C" {
    /// The module that reads words.
    pub type Reader;
    #[wasm_bindgen(method, catch)]
    fn learn(this: &Reader, file: &Uint8Array) -> Result<bool, JsValue>;
    #[wasm_bindgen(method, catch)]
    fn read(this: &Reader, text: &str) -> Result<Uint32Array, JsValue>;
}

/// A place in a text, in UTF-16 code units: the first, and the one after the last.
pub type Place = (usize, usize);

/// What was noticed in a draft, as of the last pause.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Noticed {
    /// The text that was read.
    pub text: String,
    /// Whether a life may be at risk.
    pub is_crisis: bool,
    /// Whether it tells how.
    pub is_method: bool,
    /// What may tell who somebody is.
    pub personal: Vec<Place>,
}

impl Noticed {
    fn new(text: String, found: &[u32]) -> Noticed {
        let mut noticed = Noticed { text, ..Noticed::default() };
        for place in found.chunks_exact(3) {
            match place[0] {
                0 => noticed.is_crisis = true,
                1 => noticed.personal.push((place[1] as usize, place[2] as usize)),
                _ => noticed.is_method = true,
            }
        }
        noticed
    }

    /// The words at a place.
    pub fn words(&self, (start, end): Place) -> String {
        let units: Vec<u16> = self.text.encode_utf16().take(end).skip(start).collect();
        String::from_utf16_lossy(&units)
    }

    /// The text without the words at a place, and without the gap that they leave.
    pub fn without(&self, (start, end): Place) -> String {
        let units: Vec<u16> = self.text.encode_utf16().collect();
        let is_space = |at: Option<&u16>| at.is_none_or(|unit| *unit == u16::from(b' '));
        let mut end = end.min(units.len());
        if is_space(start.checked_sub(1).and_then(|before| units.get(before))) && is_space(units.get(end)) {
            end = (end + 1).min(units.len());
        }
        String::from_utf16_lossy(&[&units[..start.min(end)], &units[end..]].concat())
    }
}

/// How far the offer of somebody to talk to has come, for one draft.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Offer {
    /// There was no reason for it.
    No,
    /// It stands there.
    Made,
    /// It was closed; it does not come again.
    Closed,
}

/// Reads `draft`, and fetches what reads when it is not there.
pub fn look(session: Session, draft: Draft) {
    let kept = session.kept();
    if let Some(reader) = &*kept.reader.borrow() {
        let text = draft.text.now();
        // A reader that fails says nothing: nobody is to be kept from writing by it.
        let found = reader.read(&text).map(|found| found.to_vec()).unwrap_or_default();
        let noticed = Noticed::new(text, &found);
        if noticed.is_crisis && draft.offer.now() == Offer::No {
            draft.offer.set(Offer::Made);
        }
        if noticed != *draft.noticed.share_now() {
            draft.noticed.set(noticed);
        }
        return;
    }
    if kept.is_reader_asked.replace(true) {
        return;
    }
    let address = kept.config.reader_address();
    spawn_local(async move {
        let reader = fetch(&address).await;
        if !session.is_there() {
            return;
        }
        // What failed is asked for again after the next pause.
        kept.is_reader_asked.set(reader.is_ok());
        if let Ok(reader) = reader {
            kept.reader.replace(Some(reader));
            for draft in session.drafts() {
                look(session, draft);
            }
        }
    });
}

/// The reader, with its rules and weights.
async fn fetch(address: &str) -> Result<Reader, JsValue> {
    let reader: Reader = browser::start_module(address).await?.unchecked_into();
    let file = browser::bytes(&[address, ".bin"].concat()).await?;
    if reader.learn(&file)? { Ok(reader) } else { Err(JsValue::UNDEFINED) }
}

#[cfg(test)]
mod tests {
    use wasm_bindgen_test::wasm_bindgen_test;

    use super::*;

    #[wasm_bindgen_test]
    fn words_are_taken_out_with_their_gap() {
        let noticed = |text: &str| Noticed { text: text.into(), ..Noticed::default() };

        assert_eq!(noticed("call 07700 900123 now").without((5, 17)), "call now");
        assert_eq!(noticed("07700 900123 is me").without((0, 12)), "is me");
        assert_eq!(noticed("it is 07700 900123").without((6, 18)), "it is ");
        assert_eq!(noticed("(07700 900123)").without((1, 13)), "()");
        assert_eq!(noticed("🙂 a@b.example!").words((3, 14)), "a@b.example");
    }
}
