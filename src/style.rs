//! The style sheets: those of `src/style/`, joined by `build.rs`. They are adopted by the shadow root, so they need no
//! permission of the page's policy.

/// What the panel needs.
pub const SHEET: &str = include_str!(concat!(env!("OUT_DIR"), "/panel.css"));
/// What the peer space needs beside it.
pub const PEERS: &str = include_str!(concat!(env!("OUT_DIR"), "/peers.css"));

#[cfg(test)]
mod tests {
    use wasm_bindgen_test::wasm_bindgen_test;

    const LIGHT: &str = include_str!("style/tokens.css");
    const DARK: &str = include_str!("style/dark.css");

    /// WCAG 2.2, 1.4.3: text; 1.4.11: what shows where a control begins and that it has the focus.
    const TEXT: f64 = 4.5;
    const EDGE: f64 = 3.0;

    /// Every pair of colours that stands together in `src/style/`: in front, behind, and what is asked of them.
    const PAIRS: [(&str, &str, f64); 40] = [
        ("text", "surface", TEXT),
        ("text", "raised", TEXT),
        ("text", "sunken", TEXT),
        ("quiet", "surface", TEXT),
        ("quiet", "raised", TEXT),
        ("quiet", "sunken", TEXT),
        ("accent", "surface", TEXT),
        ("accent", "raised", TEXT),
        ("on-accent", "accent", TEXT),
        ("on-soft", "soft", TEXT),
        ("on-crisis", "crisis", TEXT),
        ("on-crisis", "raised", TEXT),
        ("on-call", "call", TEXT),
        ("on-danger", "danger", TEXT),
        ("text", "tone-0", TEXT),
        ("text", "tone-1", TEXT),
        ("text", "tone-2", TEXT),
        ("text", "tone-3", TEXT),
        ("text", "tone-4", TEXT),
        ("text", "tone-5", TEXT),
        ("edge", "surface", EDGE),
        ("edge", "raised", EDGE),
        ("edge", "sunken", EDGE),
        ("edge", "crisis", EDGE),
        ("accent", "soft", EDGE),
        ("call", "crisis", EDGE),
        ("call", "sunken", EDGE),
        ("danger", "raised", EDGE),
        ("danger", "surface", EDGE),
        ("open", "crisis", EDGE),
        ("open", "raised", EDGE),
        ("focus", "surface", EDGE),
        ("focus", "raised", EDGE),
        ("focus", "sunken", EDGE),
        ("focus", "crisis", EDGE),
        ("focus", "soft", EDGE),
        ("accent", "crisis", EDGE),
        ("quiet", "crisis", EDGE),
        ("on-soft", "raised", TEXT),
        ("text", "soft", TEXT),
    ];

    /// The value of a token: `#rrggbb`.
    fn colour(sheet: &str, name: &str) -> Option<[f64; 3]> {
        let (_, rest) = sheet.split_once(&format!("--{name}: #"))?;
        let part = |at: usize| Some(f64::from(u8::from_str_radix(rest.get(at..at + 2)?, 16).ok()?) / 255.0);
        Some([part(0)?, part(2)?, part(4)?])
    }

    /// Relative luminance as WCAG 2.2 defines it.
    fn luminance(colour: [f64; 3]) -> f64 {
        let [r, g, b] = colour
            .map(|part| if part <= 0.04045 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) });
        0.2126 * r + 0.7152 * g + 0.0722 * b
    }

    fn contrast(a: [f64; 3], b: [f64; 3]) -> f64 {
        let (a, b) = (luminance(a), luminance(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    fn weak_pairs(sheet: &str) -> Vec<String> {
        let ratio = |front: &str, back: &str| {
            contrast(
                colour(sheet, front).unwrap_or_else(|| panic!("no colour --{front}")),
                colour(sheet, back).unwrap_or_else(|| panic!("no colour --{back}")),
            )
        };
        PAIRS
            .iter()
            .filter(|(front, back, least)| ratio(front, back) < *least)
            .map(|(front, back, least)| {
                format!("{front} on {back}: {:.2}, expected {least}", ratio(front, back))
            })
            .collect()
    }

    #[wasm_bindgen_test(unsupported = test)]
    fn every_pair_of_colours_can_be_read_by_day() {
        assert_eq!(weak_pairs(LIGHT), [""; 0]);
    }

    #[wasm_bindgen_test(unsupported = test)]
    fn every_pair_of_colours_can_be_read_at_night() {
        assert_eq!(weak_pairs(DARK), [""; 0]);
    }

    #[wasm_bindgen_test(unsupported = test)]
    fn contrast_is_that_of_the_standard() {
        assert_eq!(contrast([0.0; 3], [1.0; 3]).round(), 21.0);
        assert!((contrast(colour("--a: #767676;", "a").unwrap(), [1.0; 3]) - 4.54).abs() < 0.01);
    }

    #[wasm_bindgen_test(unsupported = test)]
    fn night_has_every_colour_that_day_has() {
        let names = |sheet: &str| {
            let mut names: Vec<_> = sheet
                .lines()
                .filter_map(|line| {
                    line.trim().strip_prefix("--")?.split_once(": #").map(|(name, _)| name.to_owned())
                })
                .collect();
            names.sort();
            names
        };

        assert_eq!(names(LIGHT), names(DARK));
    }
}
