//! How long a phone takes to show a thousand posts, one page after the other.

use super::{CPU_SLOWDOWN, main_thread_ms};
use peer_support_tests::{Page, Visit};
use serde_json::{Value, json};

/// Posts that are shown; besides them are the demo's own.
const N_POSTS: usize = 1_000;

/// Pages at each end whose cost is told: so it shows whether one costs more when many are there already.
const N_PAGES: usize = 5;

/// Milliseconds of the main thread for a page of posts, by the browser's own count of its work, and what all of them take.
pub async fn measure(visit: &Visit) -> Value {
    let mut server = visit.server().await;
    let moderator = server.moderator().await;
    for n in 0..N_POSTS {
        let text = format!(
            "This is the story of day number {n}. It rained again, so I stayed in and wrote down what had gone well, as my sister \
             says I should. There were three things: the bread, the cat, and somebody who waved from the bus. It is not much. \
             Tomorrow I will try to walk to the river and back, even when it rains, and tell you how many dogs there were."
        );
        let new = json!({ "kind": "story", "topic": "general", "text": text });
        moderator.post_as_owner("demo", &new).await;
    }
    let host = visit.host(&server, &[]).await;
    let page = visit.open(&host.url("/plain.html")).await;
    page.click("button", "Support").await;
    page.click("tab", "Stories").await;
    page.until("a page of posts", "return ps.all('article').length > 0").await;
    page.cdp("Performance.enable", json!({ "timeDomain": "threadTicks" })).await;
    page.cdp("Emulation.setCPUThrottlingRate", json!({ "rate": CPU_SLOWDOWN })).await;
    let mut pages = Vec::new();
    let mut shown = articles(&page).await;
    while shown < N_POSTS {
        let before = main_thread_ms(&page).await;
        let done = page.client.execute_async(MORE, vec![]).await.unwrap();
        assert_eq!(done, json!(true), "no more posts came after {shown}");
        pages.push(main_thread_ms(&page).await - before);
        shown = articles(&page).await;
    }
    let mean = |pages: &[f64]| pages.iter().sum::<f64>() / pages.len() as f64;
    json!({
        "cpu_slowdown": CPU_SLOWDOWN,
        "posts": shown,
        "pages": pages.len(),
        "first_pages_ms": mean(&pages[..N_PAGES]),
        "last_pages_ms": mean(&pages[pages.len() - N_PAGES..]),
        "all_ms": pages.iter().sum::<f64>(),
    })
}

/// Presses the button for more and waits until they are drawn: as few looks as can be, because they count as well.
const MORE: &str = "const done = arguments[0], root = document.querySelector('peer-support').shadowRoot;
    const n = root.querySelectorAll('article').length, until = performance.now() + 20000;
    const more = [...root.querySelectorAll('button')].find(button => button.textContent.trim() === 'Show more');
    if (!more) return done(false);
    const look = () => root.querySelectorAll('article').length > n
        ? requestAnimationFrame(() => setTimeout(() => done(true)))
        : performance.now() > until ? done(false) : setTimeout(look, 20);
    more.click();
    look();";

async fn articles(page: &Page) -> usize {
    let n = page
        .js("return document.querySelector('peer-support').shadowRoot.querySelectorAll('article').length")
        .await;
    n.as_u64().expect("a count") as usize
}
