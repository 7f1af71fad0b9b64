//! The step `packages` of `cargo xtask test`: what is shipped is built, installed into folders, and used.

use super::{Tree, debian, epoch, image, proxies, served};
use crate::build::{self, server};
use crate::setup::{self, Part, std};
use crate::{project, release, run};
use ::std::fs;
use ::std::io::{BufRead, BufReader, Read, Write};
use ::std::net::{Ipv4Addr, SocketAddr, SocketAddrV4, TcpListener, TcpStream};
use ::std::path::{Path, PathBuf};
use ::std::process::{Child, Command, Stdio};
use ::std::time::{Duration, Instant};
use anyhow::{Context, Result, ensure};
use flate2::Compression;
use socket2::{Domain, Socket, Type};

/// How long anything may take before the check gives up.
const PATIENCE: Duration = Duration::from_secs(60);

/// Above which systemd's own judgement of the sandbox is no longer good: 0 is closed, 10 open.
const MOST_EXPOSED: f64 = 1.5;

/// Runs every check, whatever became of the others, with what each is called.
///
/// # Errors
///
/// When there is nothing to check: something cannot be built or installed.
pub fn all() -> Result<Vec<(&'static str, Result<()>)>> {
    setup::install(Part::Packaging)?;
    let dist = project::target().join("dist");
    if !dist.join("manifest.json").is_file() {
        build::build(build::Options::default(), &std::provide()?)?;
    }
    let program = server::build(true)?;
    let scratch = project::target().join("packages");
    if scratch.exists() {
        fs::remove_dir_all(&scratch)?;
    }
    fs::create_dir_all(&scratch)?;
    // Without what only a debugger needs: less to pack and unpack.
    let stripped = scratch.join("peer-support-server");
    run::output(Command::new("strip").arg("-o").arg(&stripped).arg(&program))?;
    let parts = Parts { program: stripped, served: served(&dist)?, scratch };

    let mut done = vec![
        ("the Debian package is the same twice, and says what is in it", parts.debian()),
        ("the Debian package is installed, serves, and is removed without its data", parts.installed()),
        ("the unit is right, and its sandbox tight", parts.unit()),
        ("the image's files serve by themselves, as nobody", parts.image()),
    ];
    done.push((
        "a release around one program is the same twice, and names no place of this machine",
        parts.release(),
    ));
    type Proxy = fn(&mut Server, &Path) -> Result<()>;
    let tried: [(&str, Proxy); 3] = [
        ("nginx passes on what the server needs and writes down nobody", proxies::nginx),
        ("Apache passes on what the server needs and writes down nobody", proxies::apache),
        ("Caddy passes on what the server needs and writes down nobody", proxies::caddy),
    ];
    for (name, proxy) in tried {
        done.push((name, parts.behind(name, proxy)));
    }
    fs::remove_dir_all(&parts.scratch)?;
    Ok(done)
}

struct Parts {
    program: PathBuf,
    served: Vec<(String, Vec<u8>)>,
    scratch: PathBuf,
}

impl Parts {
    fn package(&self) -> Result<Vec<u8>> {
        let program = fs::read(&self.program)?;
        let package = debian::Package {
            program: &program,
            served: &self.served,
            licences: "Those of a test.\n",
            epoch: epoch()?,
            compression: Compression::fast(),
        };
        package.build()
    }

    fn package_file(&self) -> PathBuf {
        self.scratch.join("package.deb")
    }

    fn debian(&self) -> Result<()> {
        let package = self.package()?;
        fs::write(self.package_file(), &package)?;
        ensure!(self.package()? == package, "two packages of one program differ");

        let info = run::output(Command::new("dpkg-deb").arg("--info").arg(self.package_file()))?;
        for line in
            ["Package: peer-support-server", "Version: ", "Depends: libc6 (>= 2.", "conffiles", "postinst"]
        {
            ensure!(info.contains(line), "no {line:?} in\n{info}");
        }
        let contents = run::output(Command::new("dpkg-deb").arg("--contents").arg(self.package_file()))?;
        for line in contents.lines() {
            ensure!(line.contains(" root/root "), "not root's: {line}");
        }
        for path in [
            "usr/bin/peer-support-server",
            "usr/lib/systemd/system/peer-support.service",
            "usr/lib/sysusers.d/peer-support.conf",
            "etc/peer-support/config.toml",
            "usr/share/peer-support/dist/peer-support.js",
            "usr/share/peer-support/dist/console/index.html",
            "usr/share/peer-support/dist/www/docs/index.html",
            "usr/share/doc/peer-support-server/copyright",
        ] {
            ensure!(contents.lines().any(|line| line.ends_with(path)), "no {path} in\n{contents}");
        }
        ensure!(!contents.contains("/www/host/"), "the pages that play strangers are for tests");
        Ok(())
    }

    fn release(&self) -> Result<()> {
        release::package()?;
        let program = fs::read(&self.program)?;
        let files = release::files(&program, Compression::fast())?;
        ensure!(
            release::files(&program, Compression::fast())? == files,
            "two releases of one program differ"
        );
        // The program is one for tests here, and full of such places; what is published is built in another way.
        let ours = files.iter().filter(|(name, _)| !name.contains("-server"));
        let served = self.served.iter().map(|(name, bytes)| (name, bytes));
        release::says_nothing_of_this_machine(ours.chain(served))?;
        let licences = String::from_utf8_lossy(&files["THIRD-PARTY.txt"]);
        for name in ["axum ", "leptos ", "SQLite", "Permission is hereby granted", "Apache License"] {
            ensure!(licences.contains(name), "THIRD-PARTY.txt says nothing of {name}");
        }
        Ok(())
    }

    fn installed(&self) -> Result<()> {
        let root = self.scratch.join("root");
        for folder in ["var/lib/dpkg/info", "var/lib/dpkg/updates"] {
            fs::create_dir_all(root.join(folder))?;
        }
        for file in ["status", "available"] {
            fs::write(root.join("var/lib/dpkg").join(file), "")?;
        }
        let dpkg = |arguments: &[&str]| {
            let mut dpkg = Command::new("dpkg");
            dpkg.arg(format!("--root={}", root.display()));
            // What it depends on is on this machine and not in the folder; its scripts run here and are told of the folder.
            dpkg.args([
                "--force-depends",
                "--force-not-root",
                "--force-script-chrootless",
                "--log=/dev/null",
            ]);
            dpkg.args(arguments);
            run::output(&mut dpkg)
        };
        let package = self.package_file();
        dpkg(&["--install", package.to_str().context("a path is UTF-8")?])?;

        let program = root.join("usr/bin/peer-support-server");
        let configuration = root.join("etc/peer-support/config.toml");
        let text = fs::read_to_string(&configuration)?;
        fs::write(&configuration, text.replace("\"/", &format!("\"{}/", root.display())))?;
        run::output(Command::new(&program).arg("check-config").arg("--config").arg(&configuration))?;
        let mut server = Server::start(Command::new(&program), &configuration)?;
        for (path, words) in [
            ("/healthz", ""),
            ("/readyz", ""),
            ("/peer-support.js", "peer-support"),
            ("/console/", "<!doctype html>"),
            ("/docs/index.html", "Moderators"),
            ("/frame/example", "<!doctype html>"),
        ] {
            let answer = get(&server.address, path, &[])?;
            ensure!(answer.status == 200 && answer.body.contains(words), "{path}: {}", answer.status);
        }
        server.stop();

        dpkg(&["--install", package.to_str().context("a path is UTF-8")?])?;
        let kept = fs::read_to_string(&configuration)?;
        ensure!(kept.contains(&root.display().to_string()), "an upgrade changed the configuration");
        dpkg(&["--remove", "peer-support-server"])?;
        ensure!(!program.exists(), "the program stayed");
        ensure!(configuration.exists(), "the configuration went with the program");
        dpkg(&["--purge", "peer-support-server"])?;
        ensure!(!configuration.exists(), "the configuration stayed");
        ensure!(root.join("var/lib/peer-support/peer-support.sqlite3").exists(), "the data went");
        Ok(())
    }

    fn unit(&self) -> Result<()> {
        let unit = fs::read_to_string(project::root().join("packaging/systemd/peer-support.service"))?;
        // It is not installed here, and systemd looks whether it is.
        let here = unit.replace("/usr/bin/peer-support-server", &self.program.display().to_string());
        let file = self.scratch.join("peer-support.service");
        fs::write(&file, here)?;
        let verified = Command::new("systemd-analyze").args(["verify", "--man=no"]).arg(&file).output()?;
        let said = String::from_utf8_lossy(&verified.stderr);
        // Other units of this machine are not ours to judge.
        let ours: Vec<&str> = said.lines().filter(|line| line.contains("peer-support")).collect();
        ensure!(ours.is_empty(), "systemd-analyze: {}", ours.join("\n"));

        let mut security = Command::new("systemd-analyze");
        let said = run::output(security.args(["security", "--offline=true", "--no-pager"]).arg(&file))?;
        let level = said.rsplit_once("peer-support.service: ").and_then(|(_, rest)| rest.split(' ').next());
        let level: f64 = level.with_context(|| format!("no verdict in {said}"))?.parse()?;
        ensure!(level <= MOST_EXPOSED, "exposed by {level}, more than {MOST_EXPOSED}:\n{said}");
        Ok(())
    }

    fn image(&self) -> Result<()> {
        let folder = self.scratch.join("oci");
        let configuration = fs::read(project::root().join("packaging/debian/config.toml"))?;
        image::fill(&folder, &self.program, &self.served, "Those of a test.\n", &configuration)?;

        // What the recipe says, step by step, without what builds images.
        let recipe = fs::read_to_string(project::root().join("packaging/oci/Containerfile"))?;
        let root = self.scratch.join("image");
        let mut environment = Vec::new();
        let (mut user, mut entry, mut arguments) = (String::new(), Vec::new(), Vec::new());
        for line in recipe.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
            let (word, rest) = line.split_once(' ').context("an instruction takes something")?;
            match word {
                "FROM" => ensure!(rest == "scratch", "made of something else: {rest}"),
                "COPY" => {
                    let (from, to) = rest.split_once(' ').context("COPY takes two")?;
                    let to = root.join(to.trim_start_matches('/'));
                    fs::create_dir_all(&to)?;
                    run::output(Command::new("cp").arg("-a").arg(folder.join(from).join(".")).arg(&to))?;
                }
                "USER" => user = rest.to_owned(),
                "ENV" => environment.extend(rest.split(' ').filter_map(|pair| pair.split_once('='))),
                "ENTRYPOINT" => entry = serde_json::from_str::<Vec<String>>(rest)?,
                "CMD" => arguments = serde_json::from_str::<Vec<String>>(rest)?,
                "VOLUME" | "EXPOSE" => {}
                other => anyhow::bail!("nothing says what {other} does"),
            }
        }
        ensure!(user.starts_with("65532"), "it runs as {user}");
        ensure!(arguments.first().is_some_and(|first| first == "serve"), "it does not serve");
        let mut chroot = Command::new("chroot");
        chroot.arg(format!("--userspec={user}")).arg(&root).args(entry).env_clear().envs(environment);
        // To find `chroot` itself.
        chroot.env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
        let server = Server::start(chroot, Path::new("/etc/peer-support/config.toml"))?;
        let answer = get(&server.address, "/readyz", &[])?;
        ensure!(answer.status == 200, "/readyz: {}", answer.status);
        ensure!(root.join("var/lib/peer-support/secret").exists(), "it keeps nothing in its volume");
        Ok(())
    }

    /// A server of its own for each proxy: what one sends counts for the other.
    fn behind(&self, name: &str, proxy: fn(&mut Server, &Path) -> Result<()>) -> Result<()> {
        let scratch = self.scratch.join(name.split(' ').next().unwrap_or("proxy"));
        let mut tree = Tree::default();
        for (name, bytes) in &self.served {
            tree.add(&format!("dist/{name}"), &bytes[..]);
        }
        let configuration = fs::read_to_string(project::root().join("packaging/debian/config.toml"))?
            .replace("/var/lib/peer-support", "data")
            .replace("/usr/share/peer-support/dist", "dist");
        tree.add("server.toml", configuration);
        fs::create_dir_all(&scratch)?;
        tree.write(&scratch)?;
        let mut server = Server::start(Command::new(&self.program), &scratch.join("server.toml"))?;
        proxy(&mut server, &scratch)
    }
}

/// A running server; killed when dropped.
pub struct Server {
    child: Child,
    /// `127.0.0.1:PORT`.
    pub address: String,
}

impl Server {
    fn start(mut command: Command, configuration: &Path) -> Result<Self> {
        command.args(["serve", "--addr", "127.0.0.1:0", "--config"]).arg(configuration);
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
        let mut out = BufReader::new(child.stdout.take().context("it writes")?);
        let mut line = String::new();
        while out.read_line(&mut line)? > 0 {
            if let Some((_, address)) = line.split_once("listening on http://") {
                let address = address.trim().to_owned();
                return Ok(Self { child, address });
            }
            line.clear();
        }
        let mut said = String::new();
        child.stderr.take().context("it writes")?.read_to_string(&mut said)?;
        let _ = child.wait();
        anyhow::bail!("the server did not start: {said}")
    }

    /// Stops it.
    pub fn stop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop();
    }
}

/// What was answered.
pub struct Answer {
    pub status: u16,
    headers: Vec<(String, String)>,
    pub body: String,
}

impl Answer {
    /// The value of a header, by its name in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(other, _)| other == name).map(|(_, value)| &value[..])
    }
}

/// Asks for `path`.
///
/// # Errors
///
/// When no whole answer comes.
pub fn get(address: &str, path: &str, headers: &[(&str, &str)]) -> Result<Answer> {
    let mut stream = connect(address)?;
    let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nHost: {address}\r\nUser-Agent: Mozilla/5.0\r\nConnection: close\r\n{headers}\r\n"
    )?;
    let mut all = Vec::new();
    stream.read_to_end(&mut all)?;
    let text = String::from_utf8_lossy(&all);
    let (head, body) = text.split_once("\r\n\r\n").context("half an answer")?;
    let mut lines = head.lines();
    let status = lines.next().and_then(|line| line.split(' ').nth(1)).context("no status")?.parse()?;
    let headers = lines.filter_map(|line| line.split_once(':'));
    let headers = headers.map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned())).collect();
    Ok(Answer { status, headers, body: body.to_owned() })
}

/// A connection from another address of this machine: proxies are at the usual one, and a server looks past those it trusts.
///
/// # Errors
///
/// When nobody listens.
pub fn connect(address: &str) -> Result<TcpStream> {
    const VISITOR: SocketAddrV4 = SocketAddrV4::new(Ipv4Addr::new(127, 0, 0, 77), 0);
    let to: SocketAddr = address.parse()?;
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    socket.bind(&VISITOR.into())?;
    socket.connect(&to.into()).with_context(|| format!("{address} does not answer"))?;
    let stream = TcpStream::from(socket);
    stream.set_read_timeout(Some(PATIENCE))?;
    Ok(stream)
}

/// A port that nobody listens on at the moment.
///
/// # Errors
///
/// When there is none.
pub fn free_port() -> Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

/// Waits until `is_so`.
///
/// # Errors
///
/// When it does not become so; names `what` was waited for.
pub fn wait_for(what: &str, is_so: impl Fn() -> bool) -> Result<()> {
    let end = Instant::now() + PATIENCE;
    while !is_so() {
        ensure!(Instant::now() < end, "waited for this: {what}");
        ::std::thread::sleep(Duration::from_millis(20));
    }
    Ok(())
}
