//! What a team shows of what it did: the record, and the numbers. By keyboard.

use peer_support_tests::{Visit, each_browser};

use crate::steps::Hand;

each_browser!(a_lead_reads_the_record_and_the_numbers);

async fn a_lead_reads_the_record_and_the_numbers(visit: &Visit) {
    let mut server = visit.server().await;
    let page = visit.open(&server.sign_in_url().await).await;
    page.find("button", "Sign out").await;
    Hand::Keyboard.choose(&page, "button", "Site").await;
    page.find("heading", "People and what they may do").await;

    Hand::Keyboard.choose(&page, "button", "Record of everything that was done").await;
    page.reads("Signed in by a code").await;
    page.passes_axe("the record").await;
    page.save_shot("record").await;

    Hand::Keyboard.choose(&page, "button", "Numbers, and a transparency report").await;
    page.reads("No quarter of this year is over, or nothing happened.").await;
    page.passes_axe("the numbers").await;
    page.save_shot("numbers").await;
}
