//! Work for a server that is being flooded: to find a number takes a device a second or two, and whoever sends ten thousand
//! posts a day.
//!
//! The format is ALTCHA's (altcha.org, 2026-11): the SHA-256 of `salt` and the number has to be `challenge`. A worker
//! looks for it; where the page's policy or the browser refuses workers from a blob, the page's own thread does, in slices.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use hmac_sha256::Hash;
use js_sys::{Array, JSON, Object, Reflect};
use leptos::prelude::{set_timeout, window};
use wasm_bindgen::JsValue;

use crate::browser::{self, Errand};
use crate::json::{number, text};

/// How long the page's own thread works in one go: a frame has 16 ms, and the page's own work needs room in it. One below
/// the 8 that it may take, because the clock is looked at between.
const SLICE_MS: i64 = 7;
/// Numbers between two looks at the clock; 64 take a tenth of a millisecond, and on an old phone one.
const AT_ONCE: u32 = 64;
/// Looks at the clock in one go: browsers that hide it from those who trace people let it stand for 100 ms.
const N_LOOKS: u32 = 40;
/// Nobody is asked for more: that would take minutes.
const MOST: u32 = 5_000_000;

const WORKER: &str = include_str!(concat!(env!("OUT_DIR"), "/work.js"));

/// What is looked for.
struct Puzzle {
    challenge: String,
    salt: String,
    signature: String,
    most: u32,
}

impl Puzzle {
    /// Reads a challenge; `None` when it is of another kind.
    fn read(challenge: &str) -> Option<Puzzle> {
        let it = JSON::parse(challenge).ok()?;
        let is_known = text(&it, "algorithm")? == "SHA-256";
        let most = u32::try_from(number(&it, "maxnumber")?).ok()?;
        let puzzle = Puzzle {
            challenge: text(&it, "challenge")?,
            salt: text(&it, "salt")?,
            signature: text(&it, "signature")?,
            most,
        };
        (is_known && most <= MOST && puzzle.challenge.len() == 64).then_some(puzzle)
    }

    /// The header's value for the number that was found.
    fn solved(&self, n: u32) -> Option<String> {
        let payload = Object::new();
        let fields: [(&str, JsValue); 5] = [
            ("algorithm", "SHA-256".into()),
            ("challenge", self.challenge.as_str().into()),
            ("number", n.into()),
            ("salt", self.salt.as_str().into()),
            ("signature", self.signature.as_str().into()),
        ];
        for (name, value) in fields {
            // Setting a field of a plain object cannot fail.
            let _ = Reflect::set(&payload, &name.into(), &value);
        }
        window().btoa(&String::from(JSON::stringify(&payload).ok()?)).ok()
    }
}

/// Work that is being done. Dropped, it stops.
pub struct Work {
    errand: RefCell<Option<Errand>>,
    is_over: Cell<bool>,
}

impl Drop for Work {
    fn drop(&mut self) {
        self.is_over.set(true);
    }
}

/// Works on `challenge`, and calls `done` with what goes into `Proof-Of-Work`; with `None` when there is no solution.
pub fn begin(challenge: &str, done: impl Fn(Option<String>) + 'static) -> Rc<Work> {
    let work = Rc::new(Work { errand: RefCell::default(), is_over: Cell::new(false) });
    let Some(puzzle) = Puzzle::read(challenge) else {
        // Not before the caller has what this gives.
        set_timeout(move || done(None), Duration::ZERO);
        return work;
    };
    let puzzle = Rc::new(puzzle);
    let done: Rc<dyn Fn(Option<String>)> = Rc::new(done);
    let data: Array = Array::of3(&puzzle.challenge[..].into(), &puzzle.salt[..].into(), &puzzle.most.into());
    let there = Rc::downgrade(&work);
    let answered = {
        let (puzzle, done, there) = (puzzle.clone(), done.clone(), there.clone());
        move |answer: Option<f64>| {
            let Some(work) = there.upgrade().filter(|work| !work.is_over.get()) else { return };
            match answer {
                Some(n) if n < 0.0 => done(None),
                Some(n) => done(puzzle.solved(n as u32)),
                None => slice(Rc::downgrade(&work), puzzle.clone(), done.clone(), 0),
            }
        }
    };
    work.errand.replace(Errand::new(WORKER, &data, answered.clone()));
    if work.errand.borrow().is_none() {
        set_timeout(move || answered(None), Duration::ZERO);
    }
    work
}

/// Looks through the numbers from `next` on as long as a slice lasts, and goes on in the next one.
fn slice(work: std::rc::Weak<Work>, puzzle: Rc<Puzzle>, done: Rc<dyn Fn(Option<String>)>, mut next: u32) {
    let is_over = || work.upgrade().is_none_or(|work| work.is_over.get());
    if is_over() {
        return;
    }
    let began = browser::now_ms();
    for _ in 0..N_LOOKS {
        if browser::now_ms() - began >= SLICE_MS {
            break;
        }
        for n in next..=puzzle.most.min(next + AT_ONCE) {
            if is_solution(&puzzle, n) {
                return done(puzzle.solved(n));
            }
        }
        next += AT_ONCE + 1;
        if next > puzzle.most {
            return done(None);
        }
    }
    set_timeout(move || slice(work, puzzle, done, next), Duration::ZERO);
}

fn is_solution(puzzle: &Puzzle, n: u32) -> bool {
    let digest = Hash::hash([&puzzle.salt, &n.to_string()[..]].concat().as_bytes());
    let wanted = puzzle.challenge.as_bytes().chunks(2).map(|pair| {
        let digit = |place: usize| char::from(pair[place]).to_digit(16).unwrap_or(16);
        digit(0) * 16 + digit(1)
    });
    digest.iter().map(|&byte| u32::from(byte)).eq(wanted)
}

#[cfg(test)]
mod tests {
    use wasm_bindgen_test::wasm_bindgen_test;

    use super::*;

    /// By Python: `hashlib.sha256(b"abc?expires=1800000000" + b"4711")`.
    const CHALLENGE: &str = "f725327e94fc6dbe3c4805d8629b3a9687f19115ad1ad18917ebbca72503dde9";

    fn puzzle(salt: &str, challenge: &str) -> String {
        [
            r#"{"algorithm":"SHA-256","challenge":""#,
            challenge,
            r#"","salt":""#,
            salt,
            r#"","maxnumber":20000,"signature":"5f"}"#,
        ]
        .concat()
    }

    async fn solution(challenge: &str) -> Option<String> {
        let promise = js_sys::Promise::new(&mut |resolve, _| {
            let work: Rc<RefCell<Option<Rc<Work>>>> = Rc::default();
            let kept = work.clone();
            work.replace(Some(begin(challenge, move |found| {
                let _ = resolve.call1(&JsValue::UNDEFINED, &found.map_or(JsValue::NULL, JsValue::from));
                kept.take();
            })));
        });
        wasm_bindgen_futures::JsFuture::from(promise).await.unwrap().as_string()
    }

    #[wasm_bindgen_test]
    async fn a_worker_finds_the_number() {
        let header = solution(&puzzle("abc?expires=1800000000", CHALLENGE)).await.unwrap();

        let payload = JSON::parse(&window().atob(&header).unwrap()).unwrap();
        assert_eq!(number(&payload, "number"), Some(4711));
        assert_eq!(text(&payload, "signature").as_deref(), Some("5f"));
    }

    #[wasm_bindgen_test]
    async fn what_cannot_be_solved_is_said_and_not_tried_for_ever() {
        assert_eq!(solution(&puzzle("other", CHALLENGE)).await, None);
        assert_eq!(solution("{}").await, None);
        assert_eq!(solution("no JSON").await, None);
    }

    #[wasm_bindgen_test]
    fn the_thread_of_the_page_finds_the_same() {
        let puzzle = Puzzle::read(&puzzle("abc?expires=1800000000", CHALLENGE)).unwrap();

        assert!(is_solution(&puzzle, 4711));
        assert!(!is_solution(&puzzle, 4712));
    }
}
