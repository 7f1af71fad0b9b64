//! Newer lines than those that the panel was built with, signed by its owner.
//!
//! The signature is checked by the browser. Where it cannot do that, or the owner gave no key, nothing is asked for; what
//! does not hold is taken as if it were not there, without a word, because the lines at hand are good as well.

use js_sys::{Array, Promise, Reflect};
use leptos::prelude::window;
use peer_support_domain::bundle;
use peer_support_domain::country::Country;
use peer_support_domain::helpline::Directory;
use peer_support_domain::signed::{Signed, from_base64url};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};

use crate::config::Config;
use crate::{api, browser};

/// As WebCrypto calls it; browsers have it since 2023 (Safari 17), 2024 (Firefox 129) and 2025 (Chromium 137).
const ALGORITHM: &str = "Ed25519";
/// When the panel's own lines were compared with their sources last, in Unix seconds: of two data sets the newer counts.
const COMPARED_S: i64 = include!(concat!(env!("OUT_DIR"), "/compared_s.rs"));

#[wasm_bindgen]
extern "C" {
    type Subtle;
    #[wasm_bindgen(method, catch, js_name = importKey)]
    fn import_key(
        this: &Subtle,
        format: &str,
        key: &[u8],
        algorithm: &str,
        extractable: bool,
        usages: &Array,
    ) -> Result<Promise, JsValue>;
    #[wasm_bindgen(method, catch)]
    fn verify(
        this: &Subtle,
        algorithm: &str,
        key: &JsValue,
        signature: &[u8],
        data: &[u8],
    ) -> Result<Promise, JsValue>;
}

/// Gives `then` the directory of `country` that the owner signed, when there is one and it is newer than the panel's.
pub fn newer(config: &Config, country: Country, then: impl FnOnce(Directory) + 'static) {
    let Some(key) = from_base64url::<32>(&config.helplines_key) else { return };
    let address = config.signed_address(country);
    let then: Box<dyn FnOnce(Directory)> = Box::new(then);
    spawn_local(async move {
        if let Ok(Some(directory)) = fetched(key, address).await {
            then(directory);
        }
    });
}

async fn fetched(key: [u8; 32], address: String) -> Result<Option<Directory>, JsValue> {
    // Pages without TLS have no `subtle`.
    let crypto: JsValue = window().crypto()?.into();
    let subtle = Reflect::get(&crypto, &"subtle".into())?;
    if subtle.is_undefined() {
        return Ok(None);
    }
    let subtle: Subtle = subtle.unchecked_into();
    let usages = Array::of1(&"verify".into());
    let key = JsFuture::from(subtle.import_key("raw", &key, ALGORITHM, false, &usages)?).await?;
    let Ok(text) = api::fetch(&address, "GET", None, Vec::new(), None, None).await else { return Ok(None) };
    let Some(file) = Signed::parse(&text) else { return Ok(None) };
    if !file.is_newer(COMPARED_S, browser::now_ms()) {
        return Ok(None);
    }
    let check = subtle.verify(ALGORITHM, &key, &file.signature, file.signed.as_bytes())?;
    let is_right = JsFuture::from(check).await?.is_truthy();
    Ok(is_right.then(|| bundle::decode(file.bundle).ok()).flatten())
}
