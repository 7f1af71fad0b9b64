//! How long a device takes to read a draft, after each pause in writing.

use super::main_thread_ms;
use peer_support_tests::{Page, Visit};
use serde_json::{Value, json};

/// How many times slower than this machine: a phone of today, and one of some years ago.
const SLOWDOWNS: [u32; 2] = [4, 6];

/// Characters: a long post, and a very long one.
const LENGTHS: [usize; 2] = [1_000, 2_000];

/// Pauses that are measured of each, and those before, while the browser makes its wasm fast.
const N_PAUSES: u32 = 60;
const N_BEFORE: u32 = 20;

/// What somebody may write: many sentences, no two alike, a name and a number among them.
const DRAFT: &str = "I never know how to start these things so I will just start. It is three in the morning and the house is \
    quiet, my sister went back to her own place on Sunday and since then I mostly talk to the cat. Work has been strange since \
    the new manager came, he changes the rota every week and I stopped asking why. I used to like my job, I really did. Last \
    Tuesday I sat in the car outside for almost an hour and could not make myself go in, and when I did nobody had noticed \
    that I was late. I know it sounds small. My friend Tom says that I should ring him when it gets like that, his number is \
    07700 900145, but he has two little ones and I do not want to be the person who always calls at night! What I wanted to \
    ask is whether anybody here went back to work after a long time off, and how you told people. Did you say anything at all? \
    My mother thinks that fresh air will do it. She means well, she sends me pictures of her garden and asks if I have eaten. \
    Some days I have and some days I eat toast over the sink and call it dinner. I am so tired of being tired, and I am tired \
    of hearing myself say it. The doctor gave me a leaflet and a date in January, which is a long way from here. Until then I \
    am trying to walk to the river and back every evening, even when it rains, because on the way there I count the boats and \
    on the way back I count the dogs. Yesterday there were nine. It was the best thing that happened all week, so I thought I \
    would tell someone. If you read all of this, thank you, and if you are awake as well, I hope that your night gets easier.";

/// Milliseconds of the main thread for one pause, by how slow the processor is and how long the draft. The browser's own count of
/// its work is taken, which other programs on the machine change little; a slow processor is one that stops now and then, so
/// only the mean of many pauses says something.
pub async fn measure(visit: &Visit) -> Value {
    let server = visit.server().await;
    let host = visit.host(&server, &[]).await;
    let page = visit.open(&host.url("/plain.html")).await;
    page.click("button", "Support").await;
    let came = "return performance.getEntriesByType('resource').some(e => /widget-\\w+\\.wasm/.test(e.name))";
    page.until("the panel came", came).await;
    // The panel's own way to its reader, without the panel: what it draws is not what is measured here.
    let start = "const [done] = arguments;
        (async () => {
            const of = performance.getEntriesByType('resource').find(e => /widget-\\w+\\.wasm/.test(e.name));
            const address = of.name.replace(/\\.wasm.*$/, '/signals');
            window.reader = await import(`${address}.js`);
            await reader.default({ module_or_path: `${address}.wasm` });
            window.file = new Uint8Array(await (await fetch(`${address}.bin`)).arrayBuffer());
        })().then(() => done(true), error => done(String(error)))";
    let started = page.client.execute_async(start, vec![]).await.unwrap();
    assert_eq!(started, json!(true), "the reader of drafts did not start");
    page.cdp("Performance.enable", json!({ "timeDomain": "threadTicks" })).await;
    let mut measured = Vec::new();
    for slowdown in SLOWDOWNS {
        page.cdp("Emulation.setCPUThrottlingRate", json!({ "rate": slowdown })).await;
        let before = main_thread_ms(&page).await;
        page.js("if (!reader.learn(file)) throw 'no file of signals'").await;
        let learn = main_thread_ms(&page).await - before;
        for length in LENGTHS {
            let text: String = DRAFT.chars().cycle().take(length).collect();
            pause(&page, &text, N_BEFORE).await;
            let none = pause(&page, &text, 0).await;
            let all = pause(&page, &text, N_PAUSES).await;
            measured.push(json!({
                "cpu_slowdown": slowdown,
                "characters": length,
                "learn_ms": learn,
                "pause_ms": (all - none) / f64::from(N_PAUSES),
            }));
        }
    }
    json!(measured)
}

/// The work of some pauses. Each comes after another word, so that nothing is read twice in a row.
async fn pause(page: &Page, text: &str, n: u32) -> f64 {
    let script = "const [text, n] = arguments;
        const words = 'and then some more of it because nobody was there'.split(' ');
        for (let at = 0; at < n; at++) {
            const word = words[at % words.length];
            reader.read(`${text.slice(word.length + 1)} ${word}`);
        }";
    let before = main_thread_ms(page).await;
    page.js_with(script, vec![json!(text), json!(n)]).await;
    main_thread_ms(page).await - before
}
