//! How big what visitors download may be; `xtask/budgets.toml` holds the numbers.

use super::assets::Dist;
use crate::project;
use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use std::fs;

/// A limit on the sum of some files.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Budget {
    /// What they are together, for people.
    name: String,
    /// The files, by the names in the manifest.
    assets: Vec<String>,
    /// The most they may weigh together, in bytes by brotli.
    brotli_bytes: usize,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Budgets {
    budget: Vec<Budget>,
}

/// Prints how much of each budget is used.
///
/// # Errors
///
/// When one is exceeded, or names a file that there is not.
pub fn check(dist: &Dist) -> Result<()> {
    let file = project::root().join("xtask/budgets.toml");
    let budgets: Budgets = toml::from_str(&fs::read_to_string(&file)?).context("xtask/budgets.toml")?;
    let mut exceeded = Vec::new();
    for Budget { name, assets, brotli_bytes } in budgets.budget {
        let mut used = 0;
        for wanted in &assets {
            let asset = dist.assets().iter().find(|asset| asset.name == *wanted);
            used +=
                asset.with_context(|| format!("the budget of {name} names {wanted}, which is not built"))?.br;
        }
        println!("{name}: {used} of {brotli_bytes} bytes by brotli");
        if used > brotli_bytes {
            exceeded.push(format!("{name} is {} bytes over its budget", used - brotli_bytes));
        }
    }
    ensure!(exceeded.is_empty(), "{}", exceeded.join("\n"));
    Ok(())
}
