//! Newer helplines than the panel was built with: taken when their owner signed them, and otherwise as if they were not
//! there.

use crate::steps::{Hand, can_dial};
use peer_support_tests::server::program;
use peer_support_tests::site::Reply;
use peer_support_tests::{Page, Visit, each_browser, eventually, workspace};
use serde_json::json;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

each_browser!(
    lines_that_the_owner_signed_replace_those_of_the_build,
    what_does_not_hold_leaves_the_lines_of_the_build,
    without_a_key_or_a_browser_that_verifies_nothing_is_asked_for,
);

/// What the build knows, and what the owner corrected it to: a number set aside for stories.
const BUILT_IN: &str = "tel:116123";
const CORRECTED: &str = "tel:01632960123";

const FILE: &str = "/helplines/GB.txt";

/// Where the owner of a site keeps keys, bundles and signed files; removed at the end.
struct Desk {
    folder: PathBuf,
    public: String,
}

impl Drop for Desk {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

impl Desk {
    /// A desk of this test, with a key of its own and the corrected bundle of the United Kingdom.
    fn new(visit: &Visit, test: &str) -> Desk {
        let name = format!("peer-support-desk-{:?}-{test}-{}", visit.browser, std::process::id());
        let folder = std::env::temp_dir().join(name);
        fs::create_dir_all(folder.join("bundles")).unwrap();
        let mut desk = Desk { folder, public: String::new() };
        desk.public = desk.keygen("secret");
        desk.put("GB.txt", &corrected(&built_in("GB")));
        desk
    }

    fn path(&self, name: &str) -> String {
        self.folder.join(name).to_str().unwrap().to_owned()
    }

    fn put(&self, name: &str, bundle: &str) {
        fs::write(self.folder.join("bundles").join(name), bundle).unwrap();
    }

    fn keygen(&self, secret: &str) -> String {
        run(&["keygen", "--secret", &self.path(secret)]).trim().to_owned()
    }

    /// Signs the bundles, as of now unless `issued` says when; gives the file of a country.
    fn sign(&self, secret: &str, issued: Option<&str>, country: &str) -> String {
        let (secret, from, to) = (self.path(secret), self.path("bundles"), self.path("signed"));
        let mut arguments = vec!["sign", "--secret", &secret, "--from", &from, "--to", &to];
        arguments.extend(issued.iter().flat_map(|issued| ["--issued", issued]));
        run(&arguments);
        fs::read_to_string(self.folder.join(format!("signed/{country}.txt"))).unwrap()
    }
}

/// `peer-support-server helplines …`: what it prints.
fn run(arguments: &[&str]) -> String {
    let output = Command::new(program()).arg("helplines").args(arguments).output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// A country's bundle as it was built.
pub fn built_in(country: &str) -> String {
    let is_data = |path: &Path| {
        path.is_dir() && path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("widget-"))
    };
    let entries = fs::read_dir(workspace("target/dist/assets")).unwrap();
    let folder = entries.map(|entry| entry.unwrap().path()).find(|path| is_data(path));
    let file = folder.expect("a build has data").join(format!("helplines/{country}.txt"));
    fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

/// The bundle with another number in place of the one that the panel knows.
fn corrected(bundle: &str) -> String {
    let known = "\nP116 123";
    assert_eq!(bundle.matches(known).count(), 1, "the test changes one number");
    bundle.replace(known, "\nP01632 960123")
}

/// A host page in the United Kingdom, with `attributes` in its snippet and `script` before it.
fn page_with(server: &str, attributes: &str, script: &str) -> Reply {
    let page = fs::read_to_string(workspace("www/host/plain.html")).unwrap();
    let named = "data-country=\"GB\"";
    assert!(page.contains(named) && page.contains("<head>"));
    let page = page
        .replace("SERVER", server)
        .replace(named, &format!("{named} {attributes}"))
        .replace("<head>", &format!("<head><script>{script}</script>"));
    Reply::Body(200, "text/html; charset=utf-8", page.into_bytes())
}

/// Whether this browser checks Ed25519 signatures, asked of the browser itself.
async fn can_verify(page: &Page, key: &str) -> bool {
    let script = "const bytes = Uint8Array.from(atob(arguments[0].replace(/-/g, '+').replace(/_/g, '/')), c => c.charCodeAt());
        return crypto.subtle?.importKey('raw', bytes, 'Ed25519', false, ['verify']).then(() => true, () => false) ?? false";
    let can = page.js_with(script, vec![json!(key)]).await == json!(true);
    if !can {
        eprintln!("{:?} checks no Ed25519 signatures: what was built in must stay", page.browser);
    }
    can
}

/// Whether a link that can be seen dials `href`.
async fn dials(page: &Page, href: &str) -> bool {
    let script = "return ps.all('link').some(e => e.getAttribute('href') === arguments[0])";
    page.js_with(script, vec![json!(href)]).await == json!(true)
}

async fn lines_that_the_owner_signed_replace_those_of_the_build(visit: &Visit) {
    let desk = Desk::new(visit, "replace");
    desk.sign("secret", None, "GB");
    let config = desk.path("server.toml");
    let text = format!(
        "[helplines]\nfolder = \"signed\"\npublic_key = \"{}\"\n[[sites]]\nid = \"demo\"\nname = \"Rowan House\"\n\
         origins = [\"loopback\"]\ntopics = [\"general\"]\n",
        desk.public
    );
    fs::write(&config, text).unwrap();
    let server = visit.server_with(&["--config", &config]).await;
    let host = visit.host(&server, &[]).await;
    let key = format!("data-helplines-key=\"{}\"", desk.public);
    host.reply("/signed.html", page_with(&server.origin(), &key, ""));

    let page = visit.open(&host.url("/signed.html")).await;
    let is_newer = can_verify(&page, &desk.public).await;
    Hand::Mouse.open_panel(&page).await;

    if is_newer {
        can_dial(&page, CORRECTED).await;
        assert!(!dials(&page, BUILT_IN).await, "the number that was corrected is still shown");
    } else {
        can_dial(&page, BUILT_IN).await;
    }
    can_dial(&page, "tel:999").await;

    // When the owner takes it back, the next visitor sees what was built in; help does not depend on the file.
    fs::remove_file(desk.path("signed/GB.txt")).unwrap();
    page.reload().await;
    Hand::Mouse.open_panel(&page).await;
    if is_newer {
        let address = server.url(FILE);
        let asked = format!("return performance.getEntriesByName('{address}').length > 0");
        page.until("the panel asks for the signed file", &asked).await;
        was_looked_at(&page, &desk.public, &address).await;
    }
    can_dial(&page, BUILT_IN).await;
    assert!(!dials(&page, CORRECTED).await);
}

/// Waits until the panel is through with what came from `address`: the page itself does with it what the panel does, and
/// begins later.
async fn was_looked_at(page: &Page, key: &str, address: &str) {
    // The desk's key, because about one of 250 that WebKitGTK 2.50 is asked to make fails.
    let script = "return (async () => {
        const raw = Uint8Array.from(atob(arguments[1].replace(/-/g, '+').replace(/_/g, '/')), c => c.charCodeAt());
        const key = await crypto.subtle.importKey('raw', raw, 'Ed25519', false, ['verify']);
        const bytes = await fetch(arguments[0]).then(answer => answer.arrayBuffer(), () => new ArrayBuffer(1));
        await crypto.subtle.verify('Ed25519', key, new Uint8Array(64), bytes);
        await new Promise(seen => requestAnimationFrame(() => setTimeout(seen)));
        return true;
    })()";
    assert_eq!(page.js_with(script, vec![json!(address), json!(key)]).await, json!(true));
}

async fn what_does_not_hold_leaves_the_lines_of_the_build(visit: &Visit) {
    let desk = Desk::new(visit, "leave");
    desk.keygen("other-secret");
    let good = desk.sign("secret", None, "GB");
    let forged = desk.sign("other-secret", None, "GB");
    let older = desk.sign("secret", Some("1700000000"), "GB");
    desk.put("IE.txt", &built_in("IE").replace("P116 123", "P01632 960123"));
    let other_country = desk.sign("secret", None, "IE");
    assert!(other_country.contains("P01632 960123"));
    let body = |text: &str| Reply::Body(200, "text/plain; charset=utf-8", text.as_bytes().to_vec());
    let wrong = [
        ("another key's", body(&forged)),
        ("with a changed number", body(&good.replace("01632 960123", "01632 960124"))),
        ("with a changed date", body(&good.replace("\nhelplines", "1\nhelplines"))),
        ("issued before the panel was built", body(&older)),
        ("another country's", body(&other_country)),
        ("cut short", body(&good[..good.len() / 2])),
        ("cut in its first line", body(&good[..60])),
        ("not signed", body(&corrected(&built_in("GB")))),
        ("a page", body("<!doctype html><title>Sign in to the network</title>")),
        ("nothing", body("")),
        ("missing", Reply::Body(404, "text/plain", good.clone().into_bytes())),
        ("an error", Reply::Body(500, "text/plain", good.clone().into_bytes())),
        ("a broken connection", Reply::Drop),
    ];
    // A server that lies: the host's own, which no longer looks at what it sends.
    let server = visit.server().await;
    let host = visit.host(&server, &[]).await;
    let lies = format!("data-helplines-key=\"{}\" data-server=\"{}\"", desk.public, host.url("/"));
    host.reply("/signed.html", page_with(&server.origin(), &lies, ""));
    let page = visit.open(&host.url("/signed.html")).await;
    if !can_verify(&page, &desk.public).await {
        return; // It asks for nothing: the next test proves it.
    }

    for (what, reply) in wrong {
        println!("the file is {what}"); // shown only when the test fails
        host.reply(FILE, reply);
        page.reload().await;
        let n_before = host.requests().len();
        Hand::Mouse.open_panel(&page).await;

        eventually(&format!("the panel asks for a file that is {what}"), async || {
            host.requests()[n_before..].iter().any(|request| request == &format!("GET {FILE}"))
        })
        .await;
        was_looked_at(&page, &desk.public, &host.url(FILE)).await;

        assert!(dials(&page, BUILT_IN).await, "{what}: what was built in is gone");
        assert!(!dials(&page, CORRECTED).await, "{what}: it was taken");
        assert!(!dials(&page, "tel:01632960124").await, "{what}: it was taken");
    }

    // And it was for these reasons alone: the same server's good file is taken.
    host.reply(FILE, body(&good));
    page.reload().await;
    Hand::Mouse.open_panel(&page).await;
    can_dial(&page, CORRECTED).await;
}

async fn without_a_key_or_a_browser_that_verifies_nothing_is_asked_for(visit: &Visit) {
    let desk = Desk::new(visit, "nothing");
    let good = desk.sign("secret", None, "GB");
    let server = visit.server().await;
    let host = visit.host(&server, &[]).await;
    host.reply(FILE, Reply::Body(200, "text/plain; charset=utf-8", good.into_bytes()));
    host.reply("/signed.html", page_with(&server.origin(), "", ""));
    let page = visit.open(&host.url("/signed.html")).await;
    let address = format!("data-server=\"{}\"", host.url("/"));
    let key = format!("{address} data-helplines-key=\"{}\"", desk.public);
    let old =
        "SubtleCrypto.prototype.importKey = () => Promise.reject(new DOMException('', 'NotSupportedError'))";
    let older = "Object.defineProperty(Crypto.prototype, 'subtle', { get() {} })";
    for (what, attributes, script) in [
        ("no key", address.as_str(), ""),
        ("a key that is none", &format!("{address} data-helplines-key=\"abc\""), ""),
        ("a browser without Ed25519", &key, old),
        ("a page without TLS", &key, older),
    ] {
        println!("with {what}"); // shown only when the test fails
        host.reply("/signed.html", page_with(&server.origin(), attributes, script));
        page.reload().await;

        Hand::Mouse.open_panel(&page).await;

        // What the panel asks for together with the signed file has come.
        let whole = "return performance.getEntriesByType('resource').some(e => e.name.includes('/helplines/GB.txt') && e.responseEnd)";
        page.until("the whole directory", whole).await;
        can_dial(&page, BUILT_IN).await;
        let asked = host.requests().iter().any(|request| request.contains("/helplines/"));
        assert!(!asked, "with {what}: it asked for what it cannot verify");
        assert!(!dials(&page, CORRECTED).await);
    }
}
