//! What is known of the chosen country: what is inside the wasm at once, then the whole directory, then a newer one that
//! the owner signed. Each stands until a better one is there.

use peer_support_domain::bundle;
use peer_support_domain::country::Country;
use peer_support_domain::helpline::Directory;

use crate::session::Session;
use crate::{api, signed};

/// The emergency numbers and best lines of every country, so that help needs no request.
pub static ESSENTIALS: &str = include_str!(concat!(env!("OUT_DIR"), "/essentials.txt"));

/// What is known of a country.
#[derive(Clone, Debug)]
pub struct Here {
    /// The emergency numbers and lines.
    pub directory: Directory,
    /// How good it is; a better one replaces it, never a worse one.
    pub rung: Rung,
}

/// Where a directory comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rung {
    /// Inside the wasm.
    Essentials,
    /// Inside the wasm, and the whole one could not be had.
    Alone,
    /// The file that was made with the wasm.
    Whole,
    /// A file that the owner signed later.
    Signed,
}

/// What is inside the wasm for `country`; empty lists where nothing is known.
pub fn essentials(country: Country) -> Directory {
    let nothing = Directory { country, emergency: Vec::new(), lines: Vec::new() };
    bundle::essentials(ESSENTIALS, country).unwrap_or(nothing)
}

impl Session {
    /// Shows the lines of `country`, until the visitor chooses another; nobody but this tab knows.
    pub fn enter(self, country: Country) {
        self.region.set(None);
        self.here.set(Some(Here { directory: essentials(country), rung: Rung::Essentials }));
        self.country.set(Some(country));
        let kept = self.kept();
        api::directory(kept.config.directory_address(country), move |answer| match answer {
            Ok(directory) => self.take(country, directory, Rung::Whole),
            Err(_) => self.take(country, essentials(country), Rung::Alone),
        });
        signed::newer(&kept.config, country, move |directory| self.take(country, directory, Rung::Signed));
    }

    /// Takes what came for `country`, unless it is of another, or something better is there, or the panel is gone.
    fn take(self, country: Country, directory: Directory, rung: Rung) {
        if !self.is_there() || self.country.now() != Some(country) || directory.country != country {
            return;
        }
        if self.here.share_now().as_ref().as_ref().is_none_or(|here| here.rung < rung) {
            self.here.set(Some(Here { directory, rung }));
        }
    }
}
