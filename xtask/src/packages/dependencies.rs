//! Others' code in what is shipped, as cargo knows it.

use crate::setup::tools::cargo;
use crate::{project, run};
use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// All packages of `Cargo.lock` that one kind of machine needs, and who needs whom.
pub struct Dependencies {
    packages: BTreeMap<String, Package>,
    needs: BTreeMap<String, BTreeSet<String>>,
    /// Digests of what was downloaded, by name and version.
    digests: BTreeMap<(String, String), String>,
}

/// One package, as its author describes it.
#[derive(Clone, Debug, Deserialize)]
pub struct Package {
    pub id: String,
    pub name: String,
    pub version: String,
    /// Where it comes from; `None` for our own.
    pub source: Option<String>,
    pub license: Option<String>,
    pub description: Option<String>,
    pub manifest_path: PathBuf,
    targets: Vec<Target>,
}

/// What cargo makes of a package.
#[derive(Clone, Debug, Deserialize)]
struct Target {
    kind: Vec<String>,
    src_path: PathBuf,
}

impl Package {
    /// The program that runs before the package is compiled, if it has one.
    pub fn build_script(&self) -> Option<&Path> {
        let is_script = |target: &&Target| target.kind.iter().any(|kind| kind == "custom-build");
        self.targets.iter().find(is_script).map(|target| target.src_path.as_path())
    }
}

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
    resolve: Resolve,
}

#[derive(Deserialize)]
struct Resolve {
    nodes: Vec<Node>,
}

#[derive(Deserialize)]
struct Node {
    id: String,
    deps: Vec<Need>,
}

#[derive(Deserialize)]
struct Need {
    pkg: String,
    dep_kinds: Vec<Kind>,
}

#[derive(Deserialize)]
struct Kind {
    /// `None` for what the product itself needs; `build` and `dev` are for making and testing it.
    kind: Option<String>,
}

#[derive(Deserialize)]
struct Lock {
    package: Vec<Locked>,
}

#[derive(Deserialize)]
struct Locked {
    name: String,
    version: String,
    checksum: Option<String>,
}

impl Dependencies {
    /// Those for `machine`, such as `wasm32-unknown-unknown`; for all machines when none is named.
    ///
    /// # Errors
    ///
    /// When cargo does not answer, or `Cargo.lock` is out of date.
    pub fn read(machine: Option<&str>) -> Result<Self> {
        let mut command = Command::new(cargo());
        command.current_dir(project::root()).args(["metadata", "--format-version", "1", "--locked"]);
        if let Some(machine) = machine {
            command.args(["--filter-platform", machine]);
        }
        let metadata: Metadata =
            serde_json::from_str(&run::output(&mut command)?).context("cargo metadata")?;
        let lock = fs::read_to_string(project::root().join("Cargo.lock"))?;
        let lock: Lock = toml::from_str(&lock).context("Cargo.lock")?;
        let needs = metadata.resolve.nodes.into_iter().map(|node| {
            let shipped =
                node.deps.into_iter().filter(|need| need.dep_kinds.iter().any(|kind| kind.kind.is_none()));
            (node.id, shipped.map(|need| need.pkg).collect())
        });
        Ok(Self {
            needs: needs.collect(),
            packages: metadata.packages.into_iter().map(|package| (package.id.clone(), package)).collect(),
            digests: lock
                .package
                .into_iter()
                .filter_map(|locked| Some(((locked.name, locked.version), locked.checksum?)))
                .collect(),
        })
    }

    /// Every package, whatever for.
    pub fn all(&self) -> impl Iterator<Item = &Package> {
        self.packages.values()
    }

    /// What is in the products of `roots`, themselves among it, by name and version.
    ///
    /// # Errors
    ///
    /// When there is no package of that name.
    pub fn shipped(&self, roots: &[&str]) -> Result<Vec<&Package>> {
        let mut found = BTreeSet::new();
        let mut open = Vec::new();
        for root in roots {
            let is_root = |package: &&Package| package.name == *root && package.source.is_none();
            open.push(&self.all().find(is_root).with_context(|| format!("there is no {root}"))?.id);
        }
        while let Some(id) = open.pop() {
            if found.insert(id) {
                open.extend(self.needed_by(id));
            }
        }
        let mut packages: Vec<&Package> = found.into_iter().map(|id| &self.packages[id]).collect();
        packages.sort_by(|a, b| (&a.name, &a.version).cmp(&(&b.name, &b.version)));
        ensure!(packages.len() > roots.len(), "{roots:?} need nothing");
        Ok(packages)
    }

    /// The ids of what a package needs itself.
    pub fn needed_by(&self, id: &str) -> impl Iterator<Item = &String> {
        self.needs.get(id).into_iter().flatten()
    }

    /// The package of an id.
    pub fn package(&self, id: &str) -> Option<&Package> {
        self.packages.get(id)
    }

    /// SHA-256 of what was downloaded, in hexadecimal; none for our own.
    pub fn digest(&self, package: &Package) -> Option<&str> {
        self.digests.get(&(package.name.clone(), package.version.clone())).map(String::as_str)
    }
}
