//! Newer helplines: signed by their owner, served as they were signed, and nothing else.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use peer_support_server::clock::Random;
use peer_support_server::helplines::{FILE_BYTES, PublicKey, SecretKey};
use tempfile::TempDir;

use crate::client::{Server, a_server_with, problem};
use crate::program::{Program, run};

const ISSUED: i64 = 1_800_000_000;

/// A directory of a country with one line.
pub fn bundle(country: &str, number: &str) -> String {
    format!("helplines 1\n{country}\n!g112\n+Somebody to talk to\ntse\nP{number}\n")
}

/// A folder of signed files, and who signed them.
struct Owner {
    folder: TempDir,
    secret: SecretKey,
}

impl Owner {
    fn new() -> Self {
        let owner = Self { folder: TempDir::new().unwrap(), secret: SecretKey::draw(&Random::system()) };
        fs::create_dir(owner.signed()).unwrap();
        owner.put("GB.txt", owner.secret.sign(&bundle("GB", "116 123"), ISSUED));
        owner
    }

    fn signed(&self) -> PathBuf {
        self.folder.path().join("signed")
    }

    fn put(&self, name: &str, content: impl AsRef<[u8]>) {
        fs::write(self.signed().join(name), content).unwrap();
    }

    /// Runs `test` on a server that serves the folder and knows the public key, or does not.
    async fn served(&self, is_key_known: bool, test: impl AsyncFn(&Server)) {
        let key =
            if is_key_known { format!("public_key = \"{}\"", self.secret.public()) } else { String::new() };
        let top = format!("[helplines]\nfolder = {:?}\n{key}", self.signed());
        a_server_with(&top, Path::new("/nowhere"), test).await;
    }
}

#[tokio::test]
async fn a_signed_file_is_open_to_every_page_and_asked_for_each_time() {
    let owner = Owner::new();
    owner
        .served(true, async |server| {
            let first = server.get_with("/helplines/GB.txt", &[("origin", "https://any.example")]).await.ok();
            assert_eq!(first.text(), owner.secret.sign(&bundle("GB", "116 123"), ISSUED));
            for (name, value) in [
                ("access-control-allow-origin", "*"),
                ("cache-control", "no-cache"),
                ("content-type", "text/plain; charset=utf-8"),
                ("cross-origin-resource-policy", "cross-origin"),
                ("x-content-type-options", "nosniff"),
                ("content-security-policy", "default-src 'none'; frame-ancestors 'none'"),
            ] {
                assert_eq!(first.header(name), value, "{name}");
            }

            let known = [("if-none-match", first.header("etag"))];
            let again = server.get_with("/helplines/GB.txt", &known).await;
            assert_eq!((again.status, again.body.len()), (StatusCode::NOT_MODIFIED, 0));
            assert_eq!(again.header("access-control-allow-origin"), "*");
        })
        .await;
}

#[tokio::test]
async fn a_replaced_file_is_served_without_a_restart() {
    let owner = Owner::new();
    owner
        .served(true, async |server| {
            let first = server.get_with("/helplines/GB.txt", &[]).await.ok();
            let newer = owner.secret.sign(&bundle("GB", "116 124"), ISSUED + 1);
            owner.put("GB.txt", &newer);
            owner.put("FR.txt", owner.secret.sign(&bundle("FR", "3114"), ISSUED));

            let second =
                server.get_with("/helplines/GB.txt", &[("if-none-match", first.header("etag"))]).await;

            assert_eq!((second.status, second.text()), (StatusCode::OK, newer));
            server.get_with("/helplines/FR.txt", &[]).await.ok();
            fs::remove_file(owner.signed().join("GB.txt")).unwrap();
            let gone = server.get_with("/helplines/GB.txt", &[]).await;
            assert_eq!(gone.problem(), problem(404, "not-found", ""));
            assert_eq!(gone.header("access-control-allow-origin"), "*");
        })
        .await;
}

#[tokio::test]
async fn nothing_but_a_countrys_file_is_served() {
    let owner = Owner::new();
    let signed = owner.secret.sign(&bundle("GB", "116 123"), ISSUED);
    for name in ["gb.txt", "GB", "QQ.txt", "GBR.txt", "GB.txt.br", "secret", "names.txt"] {
        owner.put(name, &signed);
    }
    fs::create_dir(owner.signed().join("FR.txt")).unwrap();
    fs::write(owner.folder.path().join("DE.txt"), &signed).unwrap();
    owner
        .served(false, async |server| {
            for path in [
                "/helplines/",
                "/helplines/gb.txt",
                "/helplines/GB",
                "/helplines/QQ.txt",
                "/helplines/GBR.txt",
                "/helplines/GB.txt.br",
                "/helplines/secret",
                "/helplines/names.txt",
                "/helplines/DE.txt",
                "/helplines/../GB.txt",
                "/helplines/..%2fDE.txt",
                "/helplines/%2e%2e/DE.txt",
                "/helplines/..%2f..%2fetc%2fpasswd",
                "/helplines/GB.txt%00",
                "/helplines/%47B.txt",
                "/helplines/GB.txt/",
                "/helplines/x/GB.txt",
            ] {
                let answer = server.get_with(path, &[]).await;
                assert_eq!(answer.problem(), problem(404, "not-found", ""), "{path}");
            }
            assert_eq!(
                server.get_with("/helplines/FR.txt", &[]).await.problem(),
                problem(503, "helplines-unusable", "")
            );
            let head = Request::head("/helplines/GB.txt").body(Body::empty()).unwrap();
            assert_eq!(server.send(head).await.status, StatusCode::OK);
            let post = Request::post("/helplines/GB.txt").body(Body::empty()).unwrap();
            assert_eq!(server.send(post).await.problem(), problem(405, "method-not-allowed", ""));
        })
        .await;
}

#[tokio::test]
async fn what_no_widget_could_take_is_not_served() {
    let owner = Owner::new();
    let other = SecretKey::draw(&Random::system());
    let good = owner.secret.sign(&bundle("GB", "116 123"), ISSUED);
    let large = bundle("GB", "116 123") + &"sx\n".repeat(FILE_BYTES as usize / 3);
    let malformed = [
        ("empty", String::new()),
        ("a bundle that nobody signed", bundle("GB", "116 123")),
        ("another version", good.replacen("signed 1", "signed 2", 1)),
        ("cut in its signature", good[..50].to_owned()),
        ("another country's", owner.secret.sign(&bundle("IE", "116 123"), ISSUED)),
        ("two countries'", owner.secret.sign(&format!("{}FR\n!g112\n", bundle("GB", "116 123")), ISSUED)),
        ("no bundle", owner.secret.sign("help yourselves\n", ISSUED)),
        ("not a number", owner.secret.sign(&bundle("GB", "call us"), ISSUED)),
        ("too large", owner.secret.sign(&large, ISSUED)),
    ];
    let forged = [
        ("another key's", other.sign(&bundle("GB", "116 123"), ISSUED)),
        ("a changed number", good.replace("116 123", "116 124")),
        ("a changed date", good.replace(" 1800000000\n", " 1800000001\n")),
        ("cut after a line", good[..good.rfind("P1").unwrap()].to_owned() + "P116 12\n"),
    ];
    for is_key_known in [false, true] {
        owner
            .served(is_key_known, async |server| {
                let what = |what| format!("{what}, key known: {is_key_known}");
                for (name, content) in &malformed {
                    owner.put("GB.txt", content);
                    let answer = server.get_with("/helplines/GB.txt", &[]).await;
                    assert_eq!(answer.problem(), problem(503, "helplines-unusable", ""), "{}", what(name));
                    assert_eq!(answer.header("access-control-allow-origin"), "*");
                    assert_eq!(answer.header("cache-control"), "no-store");
                }
                for (name, content) in &forged {
                    owner.put("GB.txt", content);
                    let answer = server.get_with("/helplines/GB.txt", &[]).await;
                    if is_key_known {
                        assert_eq!(
                            answer.problem(),
                            problem(503, "helplines-unusable", ""),
                            "{}",
                            what(name)
                        );
                    } else {
                        assert_eq!(answer.text(), *content, "{}: the browser verifies", what(name));
                    }
                }
                owner.put("GB.txt", [0xff, 0xfe]);
                let answer = server.get_with("/helplines/GB.txt", &[]).await;
                assert_eq!(answer.problem(), problem(503, "helplines-unusable", ""));
                owner.put("GB.txt", &good);
                server.get_with("/helplines/GB.txt", &[]).await.ok();
            })
            .await;
    }
}

#[tokio::test]
async fn without_a_folder_there_is_nothing() {
    a_server_with("", Path::new("/nowhere"), async |server| {
        let answer = server.get_with("/helplines/GB.txt", &[]).await;
        assert_eq!(answer.problem(), problem(404, "not-found", ""));
    })
    .await;
}

/// A configuration that serves `folder`.
fn config(folder: &TempDir, lines: &str) -> String {
    let file = folder.path().join("server.toml");
    let site = "[[sites]]\nid = \"demo\"\nname = \"D\"\norigins = []\ntopics = [\"general\"]";
    fs::write(&file, format!("data = \"data\"\n[helplines]\n{lines}\n{site}")).unwrap();
    file.to_str().unwrap().to_owned()
}

#[track_caller]
fn refused(output: &Output) -> String {
    assert!(!output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[track_caller]
fn printed(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[tokio::test]
async fn a_wrong_file_is_named_by_the_check_and_in_the_log_and_the_rest_is_served() {
    let owner = Owner::new();
    let folder = TempDir::new().unwrap();
    let lines = format!("folder = {:?}\npublic_key = \"{}\"", owner.signed(), owner.secret.public());
    let file = config(&folder, &lines);
    let fine = printed(&run(&["check-config", "--config", &file]));
    assert!(fine.contains("signed helplines of 1 countries"), "{fine}");
    owner.put("IE.txt", owner.secret.sign(&bundle("IE", "call us"), ISSUED));
    owner.put("FR.txt", SecretKey::draw(&Random::system()).sign(&bundle("FR", "3114"), ISSUED));
    owner.put("UK.txt", "");

    let said = refused(&run(&["check-config", "--config", &file]));

    let said: Vec<_> = said.lines().map(|line| line.rsplit_once('/').unwrap().1).collect();
    assert_eq!(
        said,
        [
            "FR.txt: its signature is not one of this key, or what was signed has changed",
            "IE.txt: line 7: not a contact",
            "UK.txt: no country has this code",
        ]
    );
    let server = Program::serve(&["--config", &file]).await;
    server.log.after("IE.txt: line 7: not a contact").await;
    server.get("/helplines/GB.txt").await.ok();
    assert_eq!(server.get("/helplines/IE.txt").await.status, StatusCode::SERVICE_UNAVAILABLE);
    server.log.after("status=503").await;
    let log = server.log.text();
    assert_eq!(
        log.matches("problem: IE.txt: line 7: not a contact code=\"helplines-unusable\"").count(),
        1,
        "{log}"
    );
}

#[test]
fn what_is_wrong_with_the_setting_is_said_at_its_place() {
    let folder = TempDir::new().unwrap();
    for (lines, said) in [
        ("", "helplines.folder: is missing"),
        ("folder = 5", "helplines.folder: is a whole number; expected a text"),
        ("folder = \"x\"\npublic_key = \"abc\"", "helplines.public_key: is not a key"),
        ("folder = \"x\"\nkey = \"abc\"", "helplines.key: is not a setting of this version"),
        ("folder = \"missing\"", "missing: cannot be read: "),
    ] {
        let file = config(&folder, lines);

        let refused = refused(&run(&["check-config", "--config", &file]));

        assert!(refused.contains(said), "{lines}: {refused}");
    }
}

/// A folder with bundles and a key, and where the signed files go.
struct Desk {
    folder: TempDir,
    public: String,
}

impl Desk {
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        fs::create_dir(folder.path().join("bundles")).unwrap();
        let desk = Self { public: String::new(), folder };
        let public = printed(&run(&["helplines", "keygen", "--secret", &desk.path("secret")]));
        let desk = Self { public: public.trim_end().to_owned(), ..desk };
        desk.put("GB.txt", &bundle("GB", "116 123"));
        desk.put("FR.txt", &bundle("FR", "3114"));
        desk
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).to_str().unwrap().to_owned()
    }

    fn put(&self, name: &str, content: &str) {
        fs::write(self.folder.path().join("bundles").join(name), content).unwrap();
    }

    fn sign(&self, more: &[&str]) -> Output {
        let (secret, from, to) = (self.path("secret"), self.path("bundles"), self.path("signed"));
        run(&[&["helplines", "sign", "--secret", &secret, "--from", &from, "--to", &to], more].concat())
    }

    fn verify(&self, public: &str) -> Output {
        run(&["helplines", "verify", "--public", public, &self.path("signed")])
    }

    fn signed(&self) -> Vec<String> {
        let Ok(entries) = fs::read_dir(self.path("signed")) else { return Vec::new() };
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

#[test]
fn what_is_signed_verifies_with_the_printed_key_and_no_other() {
    let desk = Desk::new();
    // As they lie in a release's folder.
    desk.put("GB.txt.br", "packed");
    desk.put("names.txt", "Samaritans\n");

    let signed = printed(&desk.sign(&["--issued", "1700000000"]));

    assert!(
        signed.contains("signed 2 files, issued 1700000000") && signed.contains(&desk.public),
        "{signed}"
    );
    assert_eq!(desk.signed(), ["FR.txt", "GB.txt"]);
    let gb = fs::read_to_string(desk.path("signed/GB.txt")).unwrap();
    assert!(gb.starts_with("signed 1 ") && gb.contains(" 1700000000\nhelplines 1\nGB\n"), "{gb}");
    assert_eq!(
        printed(&desk.verify(&desk.public)),
        "FR.txt: 1 lines, issued 2023-11-14 (1700000000)\nGB.txt: 1 lines, issued 2023-11-14 (1700000000)\n"
    );
    let other = SecretKey::draw(&Random::system()).public().to_string();
    assert_eq!(refused(&desk.verify(&other)).lines().count(), 2);
    fs::write(desk.path("signed/GB.txt"), gb.replace("116 123", "116 124")).unwrap();
    assert!(refused(&desk.verify(&desk.public)).starts_with("GB.txt: its signature is not"));
    assert!(refused(&desk.verify("abc")).contains("is not a key"));
}

#[test]
fn a_key_that_begins_as_a_flag_does_is_a_key() {
    let desk = Desk::new();
    let secret = std::iter::repeat_with(|| SecretKey::draw(&Random::system()))
        .find(|secret| secret.public().to_string().starts_with('-'))
        .unwrap();
    fs::remove_file(desk.path("secret")).unwrap();
    secret.write(Path::new(&desk.path("secret"))).unwrap();
    printed(&desk.sign(&[]));

    let verified = printed(&desk.verify(&secret.public().to_string()));

    assert_eq!(verified.lines().count(), 2, "{verified}");
}

#[test]
fn a_secret_key_is_for_its_owner_and_is_never_overwritten() {
    let desk = Desk::new();
    let secret = PathBuf::from(desk.path("secret"));
    let before = fs::read_to_string(&secret).unwrap();

    let again = refused(&run(&["helplines", "keygen", "--secret", &desk.path("secret")]));

    assert!(again.contains("was not written"), "{again}");
    assert_eq!(fs::read_to_string(&secret).unwrap(), before);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(secret.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }
    let key: SecretKey = before.parse().unwrap();
    assert_eq!(key.public().to_string(), desk.public);
    assert!(!format!("{key:?}").contains(before.trim()));
}

#[test]
fn nothing_is_signed_unless_all_of_it_can_be() {
    let desk = Desk::new();
    desk.sign(&["--issued", "1700000000"]);
    let before = fs::read_to_string(desk.path("signed/GB.txt")).unwrap();
    desk.put("GB.txt", &bundle("GB", "116 124"));
    desk.put("DE.txt", &bundle("DE", "call us"));
    desk.put("IE.txt", &bundle("GB", "116 123"));
    desk.put("UK.txt", &bundle("GB", "116 123"));

    let said = refused(&desk.sign(&[]));

    let said: Vec<_> = said.lines().map(|line| line.rsplit_once('/').unwrap().1).collect();
    assert_eq!(
        said,
        [
            "UK.txt: no country has this code",
            "DE.txt: line 6: not a contact",
            "IE.txt: is of another country, GB"
        ]
    );
    assert_eq!(desk.signed(), ["FR.txt", "GB.txt"]);
    assert_eq!(fs::read_to_string(desk.path("signed/GB.txt")).unwrap(), before);
}

#[test]
fn when_a_file_cannot_be_replaced_the_others_stay_whole_and_nothing_is_left_lying() {
    let desk = Desk::new();
    fs::create_dir_all(desk.path("signed/GB.txt")).unwrap();

    let said = refused(&desk.sign(&[]));

    assert!(said.contains("GB.txt cannot be replaced"), "{said}");
    assert_eq!(desk.signed(), ["FR.txt", "GB.txt"]);
    fs::remove_dir(desk.path("signed/GB.txt")).unwrap();
    printed(&desk.verify(&desk.public));
}

#[test]
fn signing_again_replaces_and_says_what_it_left() {
    let desk = Desk::new();
    desk.sign(&["--issued", "1700000000"]);
    fs::remove_file(desk.path("bundles/FR.txt")).unwrap();
    desk.put("GB.txt", &bundle("GB", "116 124"));

    let said = printed(&desk.sign(&["--issued", "1700000001"]));

    assert!(said.contains("FR.txt: left as it was"), "{said}");
    let verified = printed(&desk.verify(&desk.public));
    assert!(verified.contains("GB.txt: 1 lines, issued 2023-11-14 (1700000001)"), "{verified}");
    assert!(fs::read_to_string(desk.path("signed/GB.txt")).unwrap().contains("116 124"));
}

#[test]
fn what_cannot_be_meant_is_refused() {
    let desk = Desk::new();

    assert!(refused(&desk.sign(&["--issued", "9999999999"])).contains("more than a day from now"));
    assert!(refused(&desk.sign(&["--issued=-1"])).contains("before 1970"));
    let (secret, bundles) = (desk.path("secret"), desk.path("bundles"));
    let onto_itself = ["helplines", "sign", "--secret", &secret, "--from", &bundles, "--to", &bundles];
    assert!(refused(&run(&onto_itself)).contains("one folder"));
    fs::write(&secret, "no key").unwrap();
    assert!(refused(&desk.sign(&[])).contains("is not a key"));
    fs::remove_dir_all(&bundles).unwrap();
    fs::create_dir(&bundles).unwrap();
    assert!(refused(&desk.verify(&desk.public)).contains("cannot be read"));
    let _: PublicKey = desk.public.parse().unwrap();
}

#[tokio::test]
async fn a_file_signed_while_the_server_runs_is_served_whole_at_any_moment() {
    let desk = Desk::new();
    printed(&desk.sign(&["--issued", "1700000000"]));
    let config = config(&desk.folder, &format!("folder = \"signed\"\npublic_key = \"{}\"", desk.public));
    let server = Program::serve(&["--config", &config]).await;
    let signing = {
        let (secret, from, to) = (desk.path("secret"), desk.path("bundles"), desk.path("signed"));
        tokio::task::spawn_blocking(move || {
            for n in 1..=20 {
                let issued = (1_700_000_000 + n).to_string();
                let arguments = [
                    "helplines",
                    "sign",
                    "--secret",
                    &secret,
                    "--from",
                    &from,
                    "--to",
                    &to,
                    "--issued",
                    &issued,
                ];
                printed(&run(&arguments));
            }
        })
    };

    let mut n_asked = 0;
    while !signing.is_finished() {
        server.call(Method::GET, "/helplines/GB.txt", &[], None).await.ok();
        n_asked += 1;
    }

    signing.await.unwrap();
    assert!(n_asked > 20, "{n_asked}");
    let last = server.get("/helplines/GB.txt").await.ok().text();
    assert!(last.contains(" 1700000020\n"), "{last}");
}
