//! The configuration: a file, and what the command line and the environment put over it.

use std::fs;
use std::sync::LazyLock;

use peer_support_server::config::{Config, Overrides};
use tempfile::TempDir;

use crate::text;

static FOLDER: LazyLock<TempDir> = LazyLock::new(crate::imports::folder);

pub fn run(bytes: &[u8]) {
    // What is said on the command line: `addr`, `public-url` and `database` a line each, in front of the file.
    let text = text(bytes);
    let mut overrides = Overrides::default();
    let mut rest = text;
    while let Some((name, after)) = rest.strip_prefix("--").and_then(|rest| rest.split_once('=')) {
        let (value, after) = after.split_once('\n').unwrap_or((after, ""));
        let value = Some(value.to_owned());
        match name {
            "addr" => overrides.addr = value,
            "public-url" => overrides.public_url = value,
            "database" => overrides.database = value,
            "secret" => overrides.secret = value,
            _ => return,
        }
        rest = after;
    }
    let file = FOLDER.path().join("peer-support.toml");
    fs::write(&file, rest).expect("the folder takes files");
    overrides.config = Some(file);
    match Config::load(&overrides) {
        Ok(config) => usable(&config),
        Err(problems) => {
            let problems = problems.to_string();
            assert!(!problems.trim().is_empty());
            // Said in logs, where somebody may read them who is not to know it.
            let is_elsewhere = |secret: &String| rest.contains(secret.as_str());
            if let Some(secret) =
                overrides.secret.filter(|secret| secret.len() >= 16 && !is_elsewhere(secret))
            {
                assert!(!problems.contains(&secret), "a secret is repeated");
            }
        }
    }
}

/// What was taken is within its limits.
fn usable(config: &Config) {
    assert!((1..=300).contains(&config.limits.request.as_secs()));
    assert!((1..=100_000).contains(&config.limits.n_connections));
    if let Some(url) = &config.public_url {
        assert!(["http", "https"].contains(&url.scheme()) && url.path() == "/");
    }
    for site in config.sites.iter() {
        assert!((1..=60).contains(&site.name.chars().count()), "{:?}", site.name);
        assert!((1..=24).contains(&site.topics.len()));
        assert!(site.decision_target_ms > 0 && site.published_retention_ms > 0);
        assert!(site.memorial_topics.iter().all(|id| site.topics.iter().any(|topic| topic.id == *id)));
        for rule in &site.origins {
            let source = rule.source();
            // The one for this machine is several.
            let is_one = !source.contains(' ') || rule.to_string() == "loopback";
            assert!(is_one && !source.contains([';', ',', '\n', '\'', '"']), "{source:?} goes into a policy");
        }
        assert!(site.allows("https://other.example") || !site.allows("null"));
        if let Some(hours) = &site.coverage {
            for now in [0, 1_800_000_000_000, 1_806_000_000_000] {
                let _ = hours.at(now);
            }
        }
        assert_eq!(config.sites.get(&site.id), Some(site));
    }
}
