//! Starts a browser behind its WebDriver, and takes all of it away again.

use crate::process::Tree;
use crate::{TOOLS, free_port, scratch_folder, workspace};
use fantoccini::{Client, ClientBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Map, Value, json};
use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// A browser engine that visitors have. WebKitGTK stands for Safari: the engine is the same, the platform is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Browser {
    /// Chrome, Edge, Samsung Internet.
    Chromium,
    /// Firefox ESR.
    Firefox,
    /// WebKitGTK's MiniBrowser.
    WebKit,
}

/// What the visitor's system asks of every page, as media queries see it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Preferences {
    /// `prefers-color-scheme: dark`.
    pub dark: bool,
    /// `prefers-reduced-motion: reduce`.
    pub reduced_motion: bool,
    /// No wish of the system's: Chromium notes what goes over the network, for [`crate::Page::network_log`].
    pub logs_network: bool,
}

/// The processes and the scratch folder behind one session, removed on drop, also in a panic.
pub(crate) struct Guard {
    processes: Vec<Tree>,
    scratch: PathBuf,
}

impl Drop for Guard {
    fn drop(&mut self) {
        while let Some(process) = self.processes.pop() {
            drop(process);
        }
        let _ = fs::remove_dir_all(&self.scratch);
    }
}

impl Guard {
    /// A display of its own: WebKitGTK has no headless mode, and windows on one display take each
    /// other's keyboard focus. Without -noreset Xvfb restarts when its first client leaves.
    fn display(&mut self) -> String {
        let mut xvfb = Command::new("Xvfb");
        xvfb.args(["-displayfd", "1", "-screen", "0", "1280x1024x24", "-nolisten", "tcp", "-noreset"]);
        xvfb.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut tree = Tree::start(xvfb, TOOLS);
        let mut number = String::new();
        let stdout = tree.child().stdout.as_mut().expect("it is piped");
        BufReader::new(stdout).read_line(&mut number).unwrap();
        self.processes.push(tree);
        format!(":{}", number.trim())
    }
}

impl Browser {
    /// A fresh profile with nothing of any other session in it.
    pub(crate) async fn start(self, preferences: Preferences) -> (Client, Guard) {
        let port = free_port();
        let scratch = scratch_folder("browser");
        let log = scratch.join("driver.log");
        let mut guard = Guard { processes: Vec::new(), scratch };

        let flag = format!("--port={port}");
        let mut driver = match self {
            Browser::Chromium => Command::new("chromedriver"),
            Browser::Firefox => Command::new(geckodriver()),
            Browser::WebKit => Command::new("WebKitWebDriver"),
        };
        driver.arg(flag);
        if self == Browser::Firefox {
            // --websocket-port is 9222 by default: the second of two sessions would not start.
            driver.arg("--websocket-port=0");
        }
        if self == Browser::WebKit {
            driver.env("DISPLAY", guard.display()).env("NO_AT_BRIDGE", "1");
            driver.env("GTK_THEME", if preferences.dark { "Adwaita:dark" } else { "Adwaita" });
            let settings = format!("[Settings]\ngtk-enable-animations={}\n", !preferences.reduced_motion);
            let folder = guard.scratch.join(".config/gtk-3.0");
            fs::create_dir_all(&folder).unwrap();
            fs::write(folder.join("settings.ini"), settings).unwrap();
        }
        let out = File::create(&log).unwrap();
        if let Some(fonts) = only_these_fonts(&guard.scratch) {
            driver.env("FONTCONFIG_FILE", fonts);
        }
        driver.env("HOME", &guard.scratch).env("TMPDIR", &guard.scratch).env_remove("XDG_CONFIG_HOME");
        driver.env("MOZ_REMOTE_SETTINGS_DEVTOOLS", "1"); // or Firefox ignores services.settings.server
        driver.stdin(Stdio::null()).stdout(out.try_clone().unwrap()).stderr(out);
        guard.processes.push(Tree::start(driver, TOOLS));

        let said = || fs::read_to_string(&log).unwrap_or_default();
        let end = Instant::now() + Duration::from_secs(30);
        while tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_err() {
            assert!(Instant::now() < end, "{self:?}: no driver on port {port} after 30 s\n{}", said());
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let mut builder = ClientBuilder::new(HttpConnector::new());
        builder.capabilities(self.capabilities(&guard.scratch, preferences));
        let address = format!("http://127.0.0.1:{port}");
        match tokio::time::timeout(Duration::from_secs(60), builder.connect(&address)).await {
            Ok(Ok(client)) => (client, guard),
            failed => panic!("{self:?}: no session: {:?}; {TOOLS}\n{}", failed.map(Result::err), said()),
        }
    }

    fn capabilities(self, scratch: &Path, preferences: Preferences) -> Map<String, Value> {
        // The proxy is a closed port. Loopback goes past it; all else, the browser's own calls
        // home too, fails at once and never leaves the machine.
        let capabilities = match self {
            Browser::Chromium => json!({
                "goog:loggingPrefs": {
                    "browser": "SEVERE",
                    "performance": if preferences.logs_network { "ALL" } else { "OFF" },
                },
                "goog:chromeOptions": { "args": [
                    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
                    "--disable-background-networking", "--disable-component-update", "--disable-sync",
                    "--proxy-server=127.0.0.1:9", format!("--user-data-dir={}/profile", scratch.display()),
                    "--window-size=1280,900",
                    format!("--blink-settings=preferredColorScheme={}", u8::from(!preferences.dark)),
                    match preferences.reduced_motion {
                        true => "--force-prefers-reduced-motion",
                        false => "--force-prefers-no-reduced-motion",
                    },
                ] },
            }),
            Browser::Firefox => json!({ "moz:firefoxOptions": {
                "args": ["-headless", "--width=1280", "--height=900"],
                "prefs": {
                    "network.proxy.type": 1,
                    "network.proxy.http": "127.0.0.1",
                    "network.proxy.http_port": 9,
                    "network.proxy.ssl": "127.0.0.1",
                    "network.proxy.ssl_port": 9,
                    "services.settings.server": "data:,",
                    "ui.systemUsesDarkTheme": u8::from(preferences.dark),
                    "ui.prefersReducedMotion": u8::from(preferences.reduced_motion),
                },
            } }),
            Browser::WebKit => json!({}),
        };
        capabilities.as_object().cloned().expect("it is an object")
    }
}

/// The folder of the fonts that the tests' setup installs.
const FONTS: &str = "/usr/share/fonts/truetype/dejavu";

/// A configuration in `scratch` by which a browser finds these fonts and no others: with the machine's own, lines would break
/// elsewhere on each. `None` where the fonts lie in another place.
fn only_these_fonts(scratch: &Path) -> Option<PathBuf> {
    Path::new(FONTS).is_dir().then(|| {
        let file = scratch.join("fonts.conf");
        let cache = scratch.display();
        let prefer = |family: &str, font: &str| {
            format!(
                "<alias><family>{family}</family><prefer><family>DejaVu {font}</family></prefer></alias>\n"
            )
        };
        let generic =
            [("sans-serif", "Sans"), ("system-ui", "Sans"), ("serif", "Serif"), ("monospace", "Sans Mono")]
                .map(|(family, font)| prefer(family, font))
                .concat();
        let text = format!(
            "<?xml version=\"1.0\"?><!DOCTYPE fontconfig SYSTEM \"fonts.dtd\">\n\
             <fontconfig><dir>{FONTS}</dir><cachedir>{cache}/fonts</cachedir>\n{generic}\
             <match target=\"pattern\"><edit name=\"family\" mode=\"append_last\">\
             <string>DejaVu Sans</string></edit></match>\n</fontconfig>\n"
        );
        fs::write(&file, text).unwrap();
        file
    })
}

/// Where `cargo xtask setup` puts it; Debian has no package of it.
fn geckodriver() -> PathBuf {
    let ours = workspace("target/tools/bin/geckodriver");
    if ours.is_file() { ours } else { PathBuf::from("geckodriver") }
}
