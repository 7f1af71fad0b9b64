//! A moderator's account: from a one-time code to password and authenticator, by keyboard.

use std::time::{SystemTime, UNIX_EPOCH};

use fantoccini::key::Key;
use hmac::{Hmac, Mac};
use peer_support_tests::{Page, Visit, each_browser};
use sha1::Sha1;

use crate::steps::Hand;

each_browser!(an_account_is_set_up_and_signed_in_with_by_keyboard);

const PASSWORD: &str = "three pears in a boat";

async fn an_account_is_set_up_and_signed_in_with_by_keyboard(visit: &Visit) {
    let hand = Hand::Keyboard;
    let mut server = visit.server().await;
    let page = visit.open(&server.sign_in_url().await).await;
    page.find("button", "Sign out").await;
    page.reads("You signed in with a one-time code.").await;
    page.passes_axe("the reminder").await;

    // A password that anybody would try is refused, and said why.
    hand.choose(&page, "button", "Set them now").await;
    let dialog = page.find("dialog", "Account").await;
    page.until("the account is there", "return ps.find('heading', 'Authenticator')").await;
    hand.write(&page, Some(&dialog), "New password", "password1234").await;
    page.press([Key::Enter.into()]).await;
    page.reads("This would be guessed soon").await;
    page.passes_axe("a refused password").await;
    page.until("focus on the password", "return ps.describe(ps.focused()).includes('New password')").await;
    page.clear_focused().await;
    page.type_text(PASSWORD).await;
    page.press([Key::Enter.into()]).await;
    page.reads("Your password is set.").await;

    // The authenticator, whose code the test computes as an app does.
    hand.choose_in(&page, Some(&dialog), "button", "Set up an authenticator").await;
    let key = "return ps.textOf().match(/Key: ((?:[A-Z2-7]{4} ?){8})/)?.[1].trim()";
    let key = page.until("the key", key).await.as_str().unwrap().to_owned();
    page.until(
        "a QR code",
        "return document.querySelector('svg[role=img] path')?.getAttribute('d').length > 500",
    )
    .await;
    let link = page.js("return document.querySelector('a[href^=\"otpauth:\"]').href").await;
    assert!(link.as_str().unwrap().contains(&key.replace(' ', "")), "{link} is of another key than {key}");
    page.passes_axe("an authenticator being set up").await;
    page.save_shot("console-authenticator").await;
    page.until("focus on the code", "return ps.describe(ps.focused()).includes('Code that the app shows')")
        .await;
    let used = code(&key, 0);
    page.type_text(&used).await;
    page.press([Key::Enter.into()]).await;
    page.reads("Your authenticator is set up.").await;
    let codes = "return ps.textOf().match(/\\b(?:[0-9A-Z]{4}-){4}[0-9A-Z]{4}\\b/g)";
    let codes = page.until("recovery codes", codes).await;
    let codes: Vec<&str> = codes.as_array().unwrap().iter().map(|code| code.as_str().unwrap()).collect();
    assert_eq!(codes.len(), 10);
    page.passes_axe("new recovery codes").await;
    page.save_shot("console-recovery-codes").await;
    hand.choose_in(&page, Some(&dialog), "button", "I have kept them").await;
    page.until("the codes are gone", "return !document.querySelector('#new-codes')").await;
    page.reads("Codes left: 10.").await;
    hand.choose_in(&page, Some(&dialog), "button", "Close").await;
    page.gone("button", "Set them now").await;

    // Signed out, and in again with both.
    hand.choose(&page, "button", "Sign out").await;
    page.find("textbox", "Name").await;
    page.passes_axe("the door").await;
    page.save_shot("console-door").await;
    sign_in(&page, PASSWORD, &used).await;
    page.reads("Name, password and code do not belong together.").await;
    page.passes_axe("a refused sign-in").await;
    page.until("focus on the code", "return ps.describe(ps.focused()).includes('Code of your')").await;
    page.clear_focused().await;
    // The next one: each counts once.
    page.type_text(&code(&key, 1)).await;
    page.press([Key::Enter.into()]).await;
    page.find("button", "Sign out").await;
    assert!(!page.has("button", "Set them now").await, "it asks again to set up what is there");

    // Another window of another browser, by a recovery code; it is ended from here.
    let there = visit.open(&server.url("/console/")).await;
    there.find("textbox", "Name").await;
    sign_in(&there, PASSWORD, codes[0]).await;
    there.find("button", "Sign out").await;
    hand.choose(&page, "button", "Account").await;
    page.reads("Codes left: 9.").await;
    let dialog = page.find("dialog", "Account").await;
    hand.choose_in(&page, Some(&dialog), "button", "End: A device without a name").await;
    page.reads("Ended.").await;
    page.passes_axe("the account").await;
    page.save_shot("console-account").await;
    there.reload().await;
    there.find("textbox", "Name").await;
}

/// Types what signs in, from where the door begins.
async fn sign_in(page: &Page, password: &str, code: &str) {
    let hand = Hand::Keyboard;
    hand.write(page, None, "Name", "admin").await;
    hand.write(page, None, "Password", password).await;
    hand.write(page, None, "Code of your authenticator", code).await;
    page.press([Key::Enter.into()]).await;
}

/// What an authenticator with `key` shows `steps` of 30 seconds from now.
pub fn code(key: &str, steps: u64) -> String {
    let bits: Vec<u8> = key
        .bytes()
        .filter(|letter| *letter != b' ')
        .flat_map(|letter| {
            let value = if letter.is_ascii_uppercase() { letter - b'A' } else { letter - b'2' + 26 };
            (0..5).rev().map(move |place| value >> place & 1)
        })
        .collect();
    let key: Vec<u8> =
        bits.chunks_exact(8).map(|bits| bits.iter().fold(0, |byte, bit| byte << 1 | bit)).collect();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let mut mac = Hmac::<Sha1>::new_from_slice(&key).unwrap();
    mac.update(&(now / 30 + steps).to_be_bytes());
    let mac = mac.finalize().into_bytes();
    let place = usize::from(mac[19] & 15);
    let number = u32::from_be_bytes(mac[place..place + 4].try_into().unwrap()) & 0x7fff_ffff;
    format!("{:06}", number % 1_000_000)
}
