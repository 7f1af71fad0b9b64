//! The figures of the report as pictures: bars beside each other, in `target/bench/NAME.svg`.

use super::{items, load};
use anyhow::{Context, Result};
use plotters::coord::ranged1d::{AsRangedCoord, Ranged, ValueFormatter};
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use serde_json::Value;
use std::fmt::Write as _;
use std::ops::Range;
use std::path::Path;

/// Pixels.
const WIDTH: u32 = 900;
const ROW_HEIGHT: u32 = 26;
const NAMES_WIDTH: u32 = 260;
const FRAME_HEIGHT: u32 = 90;

const OURS: RGBColor = RGBColor(0x1f, 0x6f, 0x8b);
const OTHERS: RGBColor = RGBColor(0x8a, 0x8a, 0x8a);

/// Crates of a module that get a bar of their own.
const MOST_CRATES: usize = 12;

/// One bar, or one in front of a longer and lighter one.
struct Bar {
    name: String,
    is_ours: bool,
    value: f64,
    longer: Option<f64>,
}

struct Picture {
    file: &'static str,
    title: String,
    unit: &'static str,
    /// Each mark is ten times the one before: for what differs by much.
    is_logarithmic: bool,
    bars: Vec<Bar>,
}

/// Draws what there is to see of one part of the report into `folder`; the lines that show it in the report.
pub(super) fn draw(part: &str, found: &Value, folder: &Path) -> Result<String> {
    let pictures = match part {
        "crates" => vec![crates(found)],
        "beside" => vec![usable(found), keys(found)],
        "load" => vec![growth(found), feeds(found)],
        _ => Vec::new(),
    };
    let mut lines = String::new();
    for picture in pictures.into_iter().filter(|picture| !picture.bars.is_empty()) {
        picture.save(&folder.join(picture.file)).with_context(|| picture.file)?;
        let _ = writeln!(lines, "\n![{}]({})", picture.title, picture.file);
    }
    Ok(lines)
}

fn number(of: &Value, name: &str) -> Option<f64> {
    of[name].as_f64().filter(|value| value.is_finite() && *value > 0.0)
}

fn text<'a>(of: &'a Value, name: &str) -> &'a str {
    of[name].as_str().unwrap_or_default()
}

/// What the panel's module is made of.
fn crates(modules: &Value) -> Picture {
    let module = items(modules).first().unwrap_or(&Value::Null);
    let data = [("data".to_owned(), number(module, "data"))];
    let crates = items(&module["crates"]).iter();
    let crates = crates.map(|of| (of[0].as_str().unwrap_or_default().to_owned(), of[1].as_f64()));
    let mut bars: Vec<Bar> = crates
        .chain(data)
        .filter_map(|(name, bytes)| Some(Bar { name, is_ours: true, value: bytes? / 1024.0, longer: None }))
        .collect();
    bars.sort_by(|a, b| b.value.total_cmp(&a.value));
    bars.truncate(MOST_CRATES);
    let title = format!("What {} is made of, before compression", text(module, "module"));
    Picture { file: "crates.svg", title, unit: "KB", is_logarithmic: false, bars }
}

/// How long somebody waits after a tap, with us and with others.
fn usable(found: &Value) -> Picture {
    let bars = subjects(found, |of| number(of, "usable_ms").map(|ms| (ms, None)));
    let title = "From the tap until it can be used".to_owned();
    Picture { file: "usable.svg", title, unit: "ms", is_logarithmic: false, bars }
}

/// How long a key takes to be seen, with us and with others.
fn keys(found: &Value) -> Picture {
    let bars = subjects(found, |of| Some((number(of, "key_p50_ms")?, number(of, "key_p95_ms"))));
    let title = "From the key to what it painted: p50, and lighter p95".to_owned();
    Picture { file: "keys.svg", title, unit: "ms", is_logarithmic: false, bars }
}

fn subjects(found: &Value, figures: impl Fn(&Value) -> Option<(f64, Option<f64>)>) -> Vec<Bar> {
    let bar = |of: &Value| {
        let (value, longer) = figures(of)?;
        let (whose, what) = (of["of"][0].as_str()?, of["of"][1].as_str()?);
        Some(Bar { name: format!("{whose}: {what}"), is_ours: whose == "peer-support", value, longer })
    };
    items(&found["subjects"]).iter().filter_map(bar).collect()
}

/// What each request takes with how many posts.
fn growth(found: &Value) -> Picture {
    let stores: Vec<&Value> = items(&found["stores"]).iter().filter(|of| of["store"] == "sqlite").collect();
    let operations = stores.first().map_or(&[][..], |of| items(&of["operations"]));
    let mut bars = Vec::new();
    for what in operations.iter().map(|operation| text(operation, "what")) {
        for store in &stores {
            let ms = |name: &str| load::figure(&store["operations"], what, name).map(|us| us / 1000.0);
            let Some(value) = ms("p50_us") else { continue };
            let name = format!("{what}, {} posts", store["posts"]);
            bars.push(Bar { name, is_ours: true, value, longer: ms("p99_us") });
        }
    }
    let title = format!("SQLite, {} connections: p50, and lighter p99", load::CONNECTIONS);
    Picture { file: "growth.svg", title, unit: "ms", is_logarithmic: true, bars }
}

/// How many feeds are served, by us with the most posts and by others.
fn feeds(found: &Value) -> Picture {
    let ours = load::largest(found).map_or(&Value::Null, |of| &of["operations"]);
    let mut bars = Vec::new();
    for (operations, whose, is_ours) in [(ours, "peer-support: ", true), (&found["beside"], "", false)] {
        for operation in items(operations).iter().filter(|of| text(of, "what").contains("feed")) {
            for with in items(&operation["by_connections"]) {
                let Some(value) = number(with, "a_second") else { continue };
                let name = format!("{whose}{}, {} at once", text(operation, "what"), with["connections"]);
                bars.push(Bar { name, is_ours, value, longer: None });
            }
        }
    }
    let title = "Feeds a second".to_owned();
    Picture { file: "feeds.svg", title, unit: "requests a second", is_logarithmic: true, bars }
}

impl Picture {
    fn save(&self, path: &Path) -> Result<()> {
        let values = || self.bars.iter().flat_map(|bar| [Some(bar.value), bar.longer]).flatten();
        let most = values().fold(0.0, f64::max) * 1.1;
        if self.is_logarithmic {
            let least = values().fold(f64::INFINITY, f64::min) / 2.0;
            self.save_on(path, least, (least..most).log_scale())
        } else {
            self.save_on(path, 0.0, 0.0..most)
        }
    }

    /// Bars that begin at `least`, along `values`.
    fn save_on<X>(&self, path: &Path, least: f64, values: X) -> Result<()>
    where
        X: AsRangedCoord<Value = f64>,
        X::CoordDescType: ValueFormatter<f64> + Ranged<ValueType = f64>,
    {
        let n_bars = self.bars.len();
        let rows: Range<f64> = n_bars as f64..0.0;
        let height = n_bars as u32 * ROW_HEIGHT + FRAME_HEIGHT;
        let area = SVGBackend::new(path, (WIDTH, height)).into_drawing_area();
        area.fill(&WHITE)?;
        let mut chart = ChartBuilder::on(&area)
            .caption(&self.title, ("sans-serif", 18))
            .margin(8)
            .margin_right(70)
            .x_label_area_size(40)
            .y_label_area_size(NAMES_WIDTH)
            .build_cartesian_2d(values, rows)?;
        chart
            .configure_mesh()
            .disable_y_mesh()
            .disable_y_axis()
            .y_labels(0)
            .x_labels(8)
            .x_label_formatter(&|value| value.to_string())
            .x_desc(self.unit)
            .light_line_style(TRANSPARENT)
            .draw()?;
        for (row, bar) in self.bars.iter().enumerate() {
            let row = row as f64;
            let colour = if bar.is_ours { OURS } else { OTHERS };
            let of = |value: f64, style: ShapeStyle| {
                Rectangle::new([(least, row + 0.15), (value, row + 0.85)], style)
            };
            let longer = bar.longer.map(|value| of(value, colour.mix(0.35).filled()));
            let bars = longer.into_iter().chain([of(bar.value, colour.filled())]);
            chart.draw_series(bars)?;
            let writing =
                |side| ("sans-serif", 13).into_font().color(&BLACK).pos(Pos::new(side, VPos::Center));
            let places = [(least, -8, HPos::Right, bar.name.clone()), {
                let figure =
                    [Some(bar.value), bar.longer].into_iter().flatten().map(short).collect::<Vec<_>>();
                (bar.longer.unwrap_or(bar.value), 6, HPos::Left, figure.join(" | "))
            }];
            for (value, aside, side, words) in places {
                let words =
                    EmptyElement::at((value, row + 0.5)) + Text::new(words, (aside, 0), writing(side));
                chart.draw_series([words])?;
            }
        }
        Ok(area.present()?)
    }
}

/// Three digits at least, and no more after the point than that needs.
fn short(value: f64) -> String {
    let digits = match value {
        100.0.. => 0,
        10.0..100.0 => 1,
        _ => 2,
    };
    format!("{value:.digits$}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_was_measured_is_drawn_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let found = json!({ "subjects": [
            { "of": ["a bare page", "the page"], "usable_ms": null },
            { "of": ["peer-support", "numbers to call"], "usable_ms": 73.4 },
            { "of": ["Isso", "a form"], "usable_ms": 500.2, "key_p50_ms": 11.7, "key_p95_ms": 22.7 },
        ] });

        let lines = draw("beside", &found, folder.path()).unwrap();

        assert_eq!(lines.matches("![").count(), 2, "{lines}");
        let picture = std::fs::read_to_string(folder.path().join("usable.svg")).unwrap();
        for words in ["peer-support: numbers to call", "73.4", "Isso: a form", "500"] {
            assert!(picture.contains(words), "{words}: {picture}");
        }
        assert!(!picture.contains("a bare page"), "{picture}");
        assert_eq!(draw("load", &json!({}), folder.path()).unwrap(), "");
    }
}
