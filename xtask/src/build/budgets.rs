//! How big what visitors download may be; `xtask/budgets.toml` holds the numbers.

use super::assets::{Asset, Dist};
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
    /// The files, by the names in the manifest. A name that ends in a slash means the biggest file of that folder: a
    /// visitor loads one of them.
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
    let mut exceeded = Vec::new();
    for (Budget { name, brotli_bytes, .. }, used) in all(dist)? {
        println!("{name}: {used} of {brotli_bytes} bytes by brotli");
        if used > brotli_bytes {
            exceeded.push(format!("{name} is {} bytes over its budget", used - brotli_bytes));
        }
    }
    ensure!(exceeded.is_empty(), "{}", exceeded.join("\n"));
    Ok(())
}

/// How much of each budget is used, by its name.
///
/// # Errors
///
/// When one names a file that there is not.
pub fn used(dist: &Dist) -> Result<Vec<(String, usize)>> {
    Ok(all(dist)?.into_iter().map(|(budget, used)| (budget.name, used)).collect())
}

fn all(dist: &Dist) -> Result<Vec<(Budget, usize)>> {
    let file = project::root().join("xtask/budgets.toml");
    let budgets: Budgets = toml::from_str(&fs::read_to_string(&file)?).context("xtask/budgets.toml")?;
    let each = budgets.budget.into_iter().map(|budget| {
        let mut used = 0;
        for wanted in &budget.assets {
            used += weight(dist.assets(), wanted).with_context(|| {
                format!("the budget of {} names {wanted}, which is not built", budget.name)
            })?;
        }
        Ok((budget, used))
    });
    each.collect()
}

/// Bytes by brotli of the file, or of the biggest one in the folder.
fn weight(assets: &[Asset], wanted: &str) -> Option<usize> {
    let is_meant = |asset: &&Asset| {
        if wanted.ends_with('/') { asset.name.starts_with(wanted) } else { asset.name == wanted }
    };
    assets.iter().filter(is_meant).map(|asset| asset.br).max()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_weighs_what_its_biggest_file_does() {
        let asset = |name: &str, br| Asset {
            name: name.to_owned(),
            path: name.to_owned(),
            raw: 0,
            gz: 0,
            br,
            sri: String::new(),
        };
        let assets = [
            asset("data/helplines/CA.txt", 7),
            asset("data/helplines/GB.txt", 5),
            asset("data/names.txt", 9),
        ];

        assert_eq!(weight(&assets, "data/names.txt"), Some(9));
        assert_eq!(weight(&assets, "data/helplines/"), Some(7));
        assert_eq!(weight(&assets, "data/terms/"), None);
        assert_eq!(weight(&assets, "data/helplines"), None, "a folder ends in a slash");
    }
}
