//! The moderators' page: sign in, read what waits, let it be read by everyone or say kindly why not.
//!
//! The rules of the page are plain Rust and run anywhere; what shows and what asks is for browsers alone.

pub mod desk;
pub mod keys;
pub mod locale;
pub mod spans;

#[cfg(target_arch = "wasm32")]
mod api;
#[cfg(target_arch = "wasm32")]
mod browser;
#[cfg(target_arch = "wasm32")]
mod claiming;
#[cfg(target_arch = "wasm32")]
mod editing;
#[cfg(target_arch = "wasm32")]
mod find;
#[cfg(target_arch = "wasm32")]
mod roles;
#[cfg(target_arch = "wasm32")]
mod spam;
#[cfg(target_arch = "wasm32")]
mod thread;
#[cfg(target_arch = "wasm32")]
mod undo;
#[cfg(target_arch = "wasm32")]
mod view;
#[cfg(target_arch = "wasm32")]
mod work;

/// Shows the page, in the reader's language where there is one.
#[cfg(target_arch = "wasm32")]
// A test is no page to be taken over.
#[cfg_attr(not(test), wasm_bindgen::prelude::wasm_bindgen(start))]
pub fn start() {
    #[cfg(feature = "console_error_panic_hook")]
    console_error_panic_hook::set_once();

    locale::choose(&browser::languages());
    browser::begin_page(locale::language(), locale::tr!("title"));
    leptos::mount::mount_to_body(view::Page);
}

#[cfg(all(test, target_arch = "wasm32"))]
wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_browser);
