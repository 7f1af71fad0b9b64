//! One suite of what people do, three real browsers: Chromium, Firefox ESR and WebKitGTK.
//!
//! A test is `async fn name(visit: &Visit)`; [`each_browser!`] runs it in each browser. It opens
//! windows with [`Visit::open`], and at its end the harness itself checks, in every window, that no
//! error was uncaught and no content security policy violated: a test cannot forget to.

mod driver;
pub mod http;
mod page;
pub mod process;
pub mod relay;
pub mod server;
pub mod site;
pub mod wordpress;

pub use driver::{Browser, Preferences};
pub use page::Page;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use relay::Relay;
use server::{Log, Server};
use site::Site;
use std::panic::AssertUnwindSafe;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// What to do when a browser, a driver or axe-core is missing.
pub const TOOLS: &str = "run `cargo xtask setup browsers`";

/// How long anything may take to appear. Browsers that share two cores with a compiler need it.
const PATIENCE: Duration = Duration::from_secs(15);

/// A visit that takes longer hangs. The longest takes 20 s alone, and the machine may be busy.
const LONGEST_VISIT: Duration = Duration::from_secs(150);

/// Seconds of made-up input that are part of such a visit.
const MADE_UP_S: u64 = 20;

/// How long made-up input is tried: `PEER_SUPPORT_FUZZ_SECONDS`, which `cargo xtask fuzz` sets; a visit may take as much longer.
///
/// # Panics
///
/// When that is no number.
pub fn made_up_input_takes() -> Duration {
    let seconds = std::env::var("PEER_SUPPORT_FUZZ_SECONDS");
    let seconds = seconds.map_or(MADE_UP_S, |s| s.parse().expect("PEER_SUPPORT_FUZZ_SECONDS is a number"));
    Duration::from_secs(seconds)
}

/// Makes `chromium::name`, `firefox::name` and `webkit::name` of each `async fn name(visit: &Visit)`.
#[macro_export]
macro_rules! each_browser {
    ($($test:ident),+ $(,)?) => {
        $crate::each_browser!(@ chromium Chromium $($test)+);
        $crate::each_browser!(@ firefox Firefox $($test)+);
        $crate::each_browser!(@ webkit WebKit $($test)+);
    };
    (@ $module:ident $browser:ident $($test:ident)+) => {
        mod $module {$(
            #[test]
            fn $test() {
                $crate::run($crate::Browser::$browser, stringify!($test), |visit| Box::pin(super::$test(visit)));
            }
        )+}
    };
}

/// One test in one browser, with all windows and servers it opened.
pub struct Visit {
    /// The browser of every window.
    pub browser: Browser,
    pages: Mutex<Vec<Page>>,
    logs: Mutex<Vec<Log>>,
}

impl Visit {
    /// A new visitor's browser on `url`: its own profile, nothing remembered.
    pub async fn open(&self, url: &str) -> Page {
        self.open_with(Preferences::default(), url).await
    }

    /// As [`Visit::open`], on a system that asks for something.
    pub async fn open_with(&self, preferences: Preferences, url: &str) -> Page {
        let page = Page::start(self.browser, preferences).await;
        self.pages.lock().unwrap().push(page.clone());
        page.goto(url).await;
        page
    }

    /// Our server, with a demo site and nothing of any other test in it.
    pub async fn server(&self) -> Server {
        self.server_with(&[]).await
    }

    /// As [`Visit::server`], with more arguments: a configuration, in which there is no demo site but what it says.
    pub async fn server_with(&self, arguments: &[&str]) -> Server {
        let server = Server::start(arguments).await;
        self.logs.lock().unwrap().push(server.log.clone());
        server
    }

    /// The host pages in `www/host` with the panel's files beside them, and `headers`, without a server of ours.
    pub async fn own_host(&self, headers: &[&str]) -> Arc<Site> {
        Site::with_panel(workspace("www/host"), headers).await
    }

    /// The host pages in `www/host`, with `headers`, whose snippet points at `server`.
    pub async fn host(&self, server: &Server, headers: &[&str]) -> Arc<Site> {
        Site::serve(workspace("www/host"), &server.origin(), headers).await
    }

    /// As [`Visit::host`], whose snippet points at the server through `relay`.
    pub async fn host_through(&self, relay: &Relay, headers: &[&str]) -> Arc<Site> {
        Site::serve(workspace("www/host"), &relay.origin(), headers).await
    }
}

/// Runs `test` and the checks at the end of every visit.
///
/// # Panics
///
/// When either finds something wrong; a screenshot of each window is left in `target/shots/failed`.
pub fn run(browser: Browser, name: &str, test: impl for<'a> FnOnce(&'a Visit) -> BoxFuture<'a, ()>) {
    if let Err(error) = attempt(browser, name, test) {
        panic!("{error}");
    }
}

/// As [`run`], with what went wrong as a value: so the harness can be tested itself.
///
/// # Errors
///
/// What the test's panic said, or the problems that a window saw.
pub fn attempt(
    browser: Browser,
    name: &str,
    test: impl for<'a> FnOnce(&'a Visit) -> BoxFuture<'a, ()>,
) -> Result<(), String> {
    let title = format!("{browser:?}-{name}").to_lowercase();
    forget_failure(&title);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let visit = Visit { browser, pages: Mutex::default(), logs: Mutex::default() };
        let longest = LONGEST_VISIT + made_up_input_takes().saturating_sub(Duration::from_secs(MADE_UP_S));
        let tried = AssertUnwindSafe(tokio::time::timeout(longest, test(&visit))).catch_unwind().await;
        let mut error = match tried {
            Ok(Ok(())) => None,
            Ok(Err(_)) => Some(format!("not done after {longest:?}")),
            Err(panic) => Some(panic_text(&*panic)),
        };
        let pages: Vec<Page> = std::mem::take(&mut *visit.pages.lock().unwrap());
        let mut problems = Vec::new();
        for page in &pages {
            // A driver that hangs must not hang the whole run.
            let found = tokio::time::timeout(PATIENCE, page.problems()).await;
            problems.extend(found.unwrap_or_else(|_| vec!["the browser no longer answers".to_owned()]));
        }
        if !problems.is_empty() {
            let problems = format!("problems on the page: {}", problems.join("; "));
            error = Some(error.map_or_else(|| problems.clone(), |error| format!("{error}\n{problems}")));
        }
        if let Some(error) = error {
            for (place, page) in pages.iter().enumerate() {
                page.save_failure(&failure(&title, place + 1)).await;
            }
            for log in visit.logs.lock().unwrap().iter() {
                let lines = log.lock().unwrap();
                let last = lines.len().saturating_sub(20);
                eprintln!("  the server said:\n    {}", lines[last..].join("\n    "));
            }
            return Err(error);
        }
        for page in pages {
            let _ = tokio::time::timeout(PATIENCE, page.close()).await;
        }
        Ok(())
    })
}

/// Waits until `holds`, for what no window shows.
///
/// # Panics
///
/// When it never does, with `what`.
pub async fn eventually<F: Future<Output = bool>>(what: &str, holds: impl Fn() -> F) {
    let end = Instant::now() + PATIENCE;
    while !holds().await {
        assert!(Instant::now() < end, "never happened: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Takes away the screenshots that an earlier failure of this test left: what lies there failed last time.
fn forget_failure(title: &str) {
    for window in 1..=9 {
        let _ = std::fs::remove_file(failure(title, window));
    }
}

fn failure(title: &str, window: usize) -> PathBuf {
    let window = if window == 1 { String::new() } else { format!("-{window}") };
    workspace(&format!("target/shots/failed/{title}{window}.png"))
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().cloned();
    text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned())).unwrap_or_default()
}

/// `path` in the project's folder.
pub fn workspace(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ is in the project").join(path)
}

/// A port nobody listens on at the moment.
pub fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// A new folder outside the project; its owner removes it.
pub fn scratch_folder(what: &str) -> PathBuf {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    let folder = std::env::temp_dir().join(format!("peer-support-{what}-{}-{number}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    folder
}
