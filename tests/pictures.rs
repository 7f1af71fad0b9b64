//! Every view as it should look, light and dark, on a phone and a desktop, from left to right and from right to left: compared
//! with the pictures in `tests/pictures/`, a quarter as wide and high as the real ones.
//!
//! In Chromium alone: each engine draws letters its own way, and what differs in structure the other tests see. The page's
//! clock stands still, so that neither an opening hour nor the age of the data changes a picture. After a change that is
//! meant, `cargo xtask shots` takes them anew; look at them before you commit them.

use std::fs;
use std::path::PathBuf;

use peer_support_tests::{Page, Preferences, Visit, each_browser, workspace};
use serde_json::json;

use crate::steps::{Hand, has_taken, knows_the_site};

each_browser!(@ chromium Chromium by_day by_night from_right_to_left_by_day from_right_to_left_by_night);

/// Set when the pictures are to be taken anew.
pub const TAKE: &str = "PEER_SUPPORT_TAKE_PICTURES";

/// Each side of a stored picture is this much shorter than that of the real one.
const SHRUNK: usize = 4;

/// How much a part of a pixel may differ, of 255: edges of letters are smoothed differently by each version of a browser.
const SHADE: u8 = 40;

/// How many pixels of a thousand may differ by more.
const DIFFERENT: usize = 1;

async fn by_day(visit: &Visit) {
    every_view(visit, "/plain.html", false).await;
}

async fn by_night(visit: &Visit) {
    every_view(visit, "/plain.html", true).await;
}

async fn from_right_to_left_by_day(visit: &Visit) {
    every_view(visit, "/rtl.html", false).await;
}

async fn from_right_to_left_by_night(visit: &Visit) {
    every_view(visit, "/rtl.html", true).await;
}

/// A Wednesday at noon.
pub const CLOCK: &str = "const now = Date.UTC(2026, 10, 25, 12);
    globalThis.Date = class extends Date {
        constructor(...parts) { if (parts.length) super(...parts); else super(now); }
        static now() { return now; }
    };";

async fn every_view(visit: &Visit, path: &str, dark: bool) {
    let server = visit.server().await;
    let host = visit.host(&server, &[]).await;
    let page = visit
        .open_with(Preferences { dark, reduced_motion: true, ..Preferences::default() }, "about:blank")
        .await;
    page.cdp("Page.addScriptToEvaluateOnNewDocument", json!({ "source": CLOCK })).await;
    page.cdp("Emulation.setTimezoneOverride", json!({ "timezoneId": "Europe/London" })).await;
    let mut wrong = Vec::new();
    for (width, height, is_phone) in [(360, 740, true), (1280, 800, false)] {
        let size = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": is_phone });
        page.cdp("Emulation.setDeviceMetricsOverride", size).await;
        page.goto(&host.url(path)).await;
        let direction = path.trim_start_matches('/').trim_end_matches(".html");
        let title =
            |view: &str| format!("{view}-{direction}-{}-{width}", if dark { "dark" } else { "light" });
        page.until("a launcher", "return ps.all('button').at(-1)").await;
        wrong.extend(compared(&page, &title("launcher")).await);
        let launcher = page.js("return ps.nameOf(ps.all('button').at(-1))").await;
        Hand::Mouse.choose(&page, "button", launcher.as_str().expect("it has a name")).await;
        for (place, view) in ["help-now", "stories", "write"].into_iter().enumerate() {
            fill(&page, place).await;
            wrong.extend(compared(&page, &title(view)).await);
        }
    }
    assert!(
        wrong.is_empty(),
        "{}\nsee target/shots, and `cargo xtask shots` when it is meant",
        wrong.join("\n")
    );
}

/// Goes to a tab by its place, because its name depends on the language, and waits for what it shows.
pub async fn fill(page: &Page, place: usize) {
    page.until("three tabs", "return ps.all('tab').length === 3").await;
    let tab = page.js(&format!("return ps.nameOf(ps.all('tab')[{place}])")).await;
    page.click("tab", tab.as_str().expect("a tab has a name")).await;
    let filled = [
        "return ps.all('link').length > 3",
        "return ps.all('article').length > 2",
        "return ps.all('textbox').some(e => e.localName === 'textarea')",
    ];
    page.until("the view is filled", filled[place]).await;
    // What comes after that changes how it looks.
    match place {
        0 => has_taken(page, "/helplines/").await,
        _ => knows_the_site(page).await,
    }
}

/// Writes over how long ago things were: the examples are as old as the server that the test started, and the page's clock stands.
pub async fn without_ages(page: &Page) {
    page.js("for (const e of ps.elements()) if (e.matches('.when')) e.textContent = '…'").await;
}

/// What is wrong with how the page looks, if anything is.
async fn compared(page: &Page, name: &str) -> Option<String> {
    // The pointer stays where it clicked last, and so would the look of what is under it.
    page.js("document.activeElement?.blur(); ps.focused()?.blur()").await;
    without_ages(page).await;
    page.cdp("Input.dispatchMouseEvent", json!({ "type": "mouseMoved", "x": 1, "y": 1 })).await;
    page.save_shot(&format!("picture-{name}")).await;
    let now = Picture::read(&page.screenshot().await).shrunk();
    let file = kept(name);
    if std::env::var_os(TAKE).is_some() {
        fs::create_dir_all(file.parent().expect("it lies in a folder")).unwrap();
        fs::write(&file, now.png()).unwrap();
        return None;
    }
    let Ok(bytes) = fs::read(&file) else {
        return Some(format!("{name}: there is no {}", file.display()));
    };
    now.difference(&Picture::read(&bytes)).map(|what| format!("{name}: {what}"))
}

fn kept(name: &str) -> PathBuf {
    workspace(&format!("tests/pictures/{name}.png"))
}

/// Red, green and blue of each pixel, row by row.
struct Picture {
    width: usize,
    height: usize,
    pixels: Vec<[u8; 3]>,
}

impl Picture {
    fn read(bytes: &[u8]) -> Picture {
        let mut decoder = png::Decoder::new(std::io::Cursor::new(bytes));
        decoder.set_transformations(png::Transformations::normalize_to_color8());
        let mut reader = decoder.read_info().unwrap();
        let mut parts = vec![0; reader.output_buffer_size().expect("it fits into memory")];
        let frame = reader.next_frame(&mut parts).unwrap();
        let n_parts = frame.color_type.samples();
        assert!(n_parts >= 3, "the picture has no colours");
        let pixels =
            parts[..frame.buffer_size()].chunks_exact(n_parts).map(|part| [part[0], part[1], part[2]]);
        Picture { width: frame.width as usize, height: frame.height as usize, pixels: pixels.collect() }
    }

    /// Each pixel is the mean of a square of the real one's.
    fn shrunk(&self) -> Picture {
        let (width, height) = (self.width / SHRUNK, self.height / SHRUNK);
        let mean = |x: usize, y: usize, part: usize| {
            let rows = y * SHRUNK..(y + 1) * SHRUNK;
            let row = |row: usize| &self.pixels[row * self.width + x * SHRUNK..][..SHRUNK];
            let sum: usize = rows.flat_map(row).map(|pixel| usize::from(pixel[part])).sum();
            u8::try_from(sum / (SHRUNK * SHRUNK)).expect("a mean is no more than the most")
        };
        let places = (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
        let pixels = places.map(|(x, y)| [mean(x, y, 0), mean(x, y, 1), mean(x, y, 2)]).collect();
        Picture { width, height, pixels }
    }

    fn png(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        let size = |side: usize| u32::try_from(side).expect("a screen is small");
        let mut encoder = png::Encoder::new(&mut bytes, size(self.width), size(self.height));
        encoder.set_color(png::ColorType::Rgb);
        encoder.set_compression(png::Compression::High);
        let mut writer = encoder.write_header().unwrap();
        writer.write_image_data(self.pixels.as_flattened()).unwrap();
        writer.finish().unwrap();
        bytes
    }

    fn difference(&self, other: &Picture) -> Option<String> {
        if (self.width, self.height) != (other.width, other.height) {
            return Some(format!(
                "{} × {}, expected {} × {}",
                self.width, self.height, other.width, other.height
            ));
        }
        let is_different =
            |(one, two): &(&[u8; 3], &[u8; 3])| one.iter().zip(*two).any(|(a, b)| a.abs_diff(*b) > SHADE);
        let n = self.pixels.iter().zip(&other.pixels).filter(is_different).count();
        let most = self.pixels.len() * DIFFERENT / 1000;
        (n > most).then(|| format!("{n} of {} pixels differ, expected at most {most}", self.pixels.len()))
    }
}
