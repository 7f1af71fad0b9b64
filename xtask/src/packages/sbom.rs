//! Lists of what is inside, in CycloneDX 1.5, for programs that look for known weaknesses.

use super::dependencies::{Dependencies, Package};
use anyhow::{Context, Result};
use serde_json::{Value, json};
use uuid::Uuid;

/// What a list is about.
pub struct Product<'a> {
    /// `application` or `library`.
    pub kind: &'a str,
    /// Its address as a package: `pkg:npm/peer-support@0.1.0`.
    pub purl: String,
    pub name: &'a str,
    /// The packages of this workspace that it is made of.
    pub roots: &'a [&'a str],
}

/// The list of `product`, in the order of names. It has no moment, and its number comes from what is in it, so two are the same.
///
/// # Errors
///
/// When a part of it is not known to cargo.
pub fn list(product: &Product<'_>, dependencies: &Dependencies) -> Result<Vec<u8>> {
    let version = env!("CARGO_PKG_VERSION");
    let packages = dependencies.shipped(product.roots)?;
    let components: Vec<Value> =
        packages.iter().map(|package| component(package, dependencies.digest(package))).collect();
    let mut needs = Vec::new();
    let roots: Vec<String> = packages
        .iter()
        .filter(|package| product.roots.contains(&&package.name[..]) && package.source.is_none())
        .map(|package| purl(package))
        .collect();
    needs.push(json!({ "ref": product.purl, "dependsOn": roots }));
    for package in &packages {
        let mut needed = Vec::new();
        for id in dependencies.needed_by(&package.id) {
            needed.push(purl(dependencies.package(id).with_context(|| format!("{id} is not there"))?));
        }
        needed.sort();
        needs.push(json!({ "ref": purl(package), "dependsOn": needed }));
    }
    let number =
        Uuid::new_v5(&Uuid::NAMESPACE_URL, serde_json::to_string(&[&components, &needs])?.as_bytes());
    let list = json!({
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "serialNumber": format!("urn:uuid:{number}"),
        "version": 1,
        "metadata": {
            "component": {
                "type": product.kind,
                "bom-ref": product.purl,
                "name": product.name,
                "version": version,
                "purl": product.purl,
                "licenses": [{ "expression": "MIT OR Apache-2.0" }],
            },
        },
        "components": components,
        "dependencies": needs,
    });
    Ok(serde_json::to_vec_pretty(&list)?)
}

fn component(package: &Package, digest: Option<&str>) -> Value {
    let mut component = json!({
        "type": "library",
        "bom-ref": purl(package),
        "name": package.name,
        "version": package.version,
        "purl": purl(package),
    });
    if let Some(licence) = &package.license {
        component["licenses"] = json!([{ "expression": licence.replace(" / ", "/").replace('/', " OR ") }]);
    }
    if let Some(description) = &package.description {
        component["description"] = json!(description.split_whitespace().collect::<Vec<_>>().join(" "));
    }
    if let Some(digest) = digest {
        component["hashes"] = json!([{ "alg": "SHA-256", "content": digest }]);
    }
    component
}

fn purl(package: &Package) -> String {
    format!("pkg:cargo/{}@{}", package.name, package.version.replace('+', "%2B"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packages::SERVER;
    use std::collections::BTreeSet;

    #[test]
    fn the_servers_list_has_what_it_is_made_of_and_not_what_tests_it() {
        let dependencies = Dependencies::read(Some("x86_64-unknown-linux-gnu")).unwrap();
        let product = Product {
            kind: "application",
            purl: "pkg:generic/peer-support-server@1".to_owned(),
            name: "peer-support-server",
            roots: &SERVER,
        };

        let bytes = list(&product, &dependencies).unwrap();

        assert_eq!(bytes, list(&product, &dependencies).unwrap());
        let list: Value = serde_json::from_slice(&bytes).unwrap();
        let components = list["components"].as_array().unwrap();
        let names: BTreeSet<&str> =
            components.iter().map(|component| component["name"].as_str().unwrap()).collect();
        for there in ["axum", "rusqlite", "libsqlite3-sys", "peer-support-domain", "sqlx"] {
            assert!(names.contains(there), "{there}");
        }
        for absent in ["tempfile", "proptest", "leptos", "oxc_parser", "windows-sys"] {
            assert!(!names.contains(absent), "{absent}");
        }
        let refs: BTreeSet<&str> = components
            .iter()
            .map(|component| component["bom-ref"].as_str().unwrap())
            .chain(["pkg:generic/peer-support-server@1"])
            .collect();
        assert_eq!(refs.len(), components.len() + 1, "one name each");
        for need in list["dependencies"].as_array().unwrap() {
            assert!(refs.contains(need["ref"].as_str().unwrap()));
            for needed in need["dependsOn"].as_array().unwrap() {
                assert!(refs.contains(needed.as_str().unwrap()), "{needed}");
            }
        }
        for component in components.iter().filter(|component| component["hashes"].is_null()) {
            assert!(component["name"].as_str().unwrap().starts_with("peer-support"), "{component}");
        }
    }
}
