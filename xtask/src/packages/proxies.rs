//! The example configurations of proxies, each in the real program in front of a real server.
//!
//! They say port 443 and a certificate that nobody has here, so both are taken out; nothing else is changed.

use super::check::{Server, connect, free_port, get, wait_for};
use super::read;
use crate::setup::debian;
use anyhow::{Context, Result, anyhow, ensure};
use std::fs;
use std::io::{BufRead, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;

/// Killed when dropped.
struct Proxy(Child);

impl Drop for Proxy {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// nginx serves through the example, and writes down nobody.
///
/// # Errors
///
/// When it does not.
pub fn nginx(server: &mut Server, scratch: &Path) -> Result<()> {
    let port = free_port()?;
    let logs = folder(scratch, "nginx")?;
    let example = String::from_utf8(read("packaging/proxies/nginx.conf")?)?
        .replace("listen 443 ssl", &format!("listen 127.0.0.1:{port}"))
        .replace("listen 80", &format!("listen 127.0.0.1:{}", free_port()?))
        .replace("127.0.0.1:8787", &server.address)
        .replace("/var/log/nginx", &logs.display().to_string());
    let example = without(&example, &["ssl_"]);
    let mut whole = format!(
        "pid {0}/pid;\ndaemon off;\nmaster_process off;\nerror_log {0}/error.log;\nevents {{}}\nhttp {{\n",
        logs.display()
    );
    for kind in ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"] {
        whole += &format!("{kind}_temp_path {}/{kind};\n", logs.display());
    }
    let file = logs.join("nginx.conf");
    // As nginx's own configuration names the log of all sites.
    fs::write(&file, format!("{whole}access_log {}/access.log;\n{example}\n}}\n", logs.display()))?;
    let program = debian::proxies()?.join("usr/sbin/nginx");
    let command = |arguments: &[&str]| {
        let mut command = Command::new(&program);
        command.arg("-p").arg(&logs).arg("-c").arg(&file).args(arguments);
        command
    };
    crate::run::output(&mut command(&["-e", "stderr", "-t"]))?;
    let _proxy = Proxy(command(&["-e", "stderr"]).stderr(Stdio::null()).spawn()?);
    passes(port, server, &logs)
}

/// As [`nginx`].
///
/// # Errors
///
/// As [`nginx`].
pub fn apache(server: &mut Server, scratch: &Path) -> Result<()> {
    let port = free_port()?;
    let logs = folder(scratch, "apache")?;
    let example = String::from_utf8(read("packaging/proxies/apache.conf")?)?
        .replace("*:443>", &format!("127.0.0.1:{port}>"))
        .replace("*:80>", "127.0.0.1:1>")
        .replace("127.0.0.1:8787", &server.address)
        .replace("${APACHE_LOG_DIR}", &logs.display().to_string());
    let example = without(&example, &["SSL"]);
    let tools = debian::proxies()?;
    let modules = tools.join("usr/lib/apache2/modules");
    let mut whole = format!(
        "ServerRoot {0}\nPidFile {0}/pid\nServerName localhost\nErrorLog {0}/error.log\nDefaultRuntimeDir {0}\nListen 127.0.0.1:{port}\n",
        logs.display()
    );
    for module in ["mpm_event", "authz_core", "alias", "headers", "proxy", "proxy_http", "setenvif"] {
        let file = modules.join(format!("mod_{module}.so"));
        whole += &format!("LoadModule {module}_module {}\n", file.display());
    }
    let file = logs.join("apache.conf");
    fs::write(&file, format!("{whole}{example}"))?;
    let libraries = fs::read_dir(tools.join("usr/lib"))?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .find(|path| path.join("libapr-1.so.0").exists())
        .context("Apache's libraries are not there")?;
    let command = |arguments: &[&str]| {
        let mut command = Command::new(tools.join("usr/sbin/apache2"));
        command.env("LD_LIBRARY_PATH", &libraries).arg("-f").arg(&file).args(arguments);
        command
    };
    crate::run::output(&mut command(&["-t"]))?;
    let _proxy = Proxy(command(&["-X"]).stderr(Stdio::null()).spawn()?);
    passes(port, server, &logs)
}

/// As [`nginx`].
///
/// # Errors
///
/// As [`nginx`].
pub fn caddy(server: &mut Server, scratch: &Path) -> Result<()> {
    let port = free_port()?;
    let logs = folder(scratch, "caddy")?;
    let example = String::from_utf8(read("packaging/proxies/Caddyfile")?)?
        .replace("\nsupport.example.org {", &format!("\nhttp://127.0.0.1:{port} {{"))
        .replacen("{\n\tlog {", "{\n\tadmin off\n\tauto_https off\n\tlog {", 1)
        .replace("127.0.0.1:8787", &server.address);
    let file = logs.join("Caddyfile");
    fs::write(&file, example)?;
    let program = debian::proxies()?.join("usr/bin/caddy");
    let command = |what: &str| {
        let mut command = Command::new(&program);
        command.args([what, "--adapter", "caddyfile", "--config"]).arg(&file);
        command.env("HOME", &logs).env("XDG_DATA_HOME", &logs).env("XDG_CONFIG_HOME", &logs);
        command
    };
    crate::run::output(&mut command("validate"))?;
    let log = fs::File::create(logs.join("error.log"))?;
    let _proxy = Proxy(command("run").stderr(log).spawn()?);
    passes(port, server, &logs)
}

/// The same questions to each: does it pass things on as the server needs it, and what does it write down?
fn passes(port: u16, server: &mut Server, logs: &Path) -> Result<()> {
    let address = format!("127.0.0.1:{port}");
    wait_for("the proxy listens", || TcpStream::connect(&address).is_ok())?;

    let health = get(&address, "/healthz", &[])?;
    ensure!(health.status == 200, "/healthz: {}", health.status);
    // Answered from a stream whose first words come at once, whatever follows.
    first_words_of_a_stream(&address)?;
    let page = get(&address, "/peer-support.js", &[("Accept-Encoding", "br")])?;
    ensure!(page.header("content-encoding") == Some("br"), "the files' own packing was lost");
    let frame = get(&address, "/frame/example", &[])?;
    let policy = frame.header("content-security-policy").unwrap_or_default();
    ensure!(
        policy.contains("frame-ancestors 'self' https://www.example.org"),
        "the frame's policy: {policy}"
    );
    ensure!(frame.header("x-frame-options").is_none(), "a header that keeps the frame out");

    // Nobody answers: what does the proxy's log of errors say of whom it did not answer?
    server.stop();
    let told = told_upstream(&server.address, &address)?;
    ensure!(told.contains("x-forwarded-for: 127.0.0.77\r\n"), "whom it speaks for:\n{told}");
    ensure!(!told.contains("203.0.113.7"), "what a visitor claims was passed on:\n{told}");
    ensure!(told.contains(&format!("host: {}", address.split(':').next().unwrap_or_default())), "{told}");
    let failed = get(&address, "/api/v1/sites/example?secret-path", &[])?;
    ensure!(failed.status >= 500, "a server that is gone was answered for: {}", failed.status);
    for file in crate::build::paths_under(logs)? {
        let name = file.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if !name.ends_with(".log") {
            continue;
        }
        let text = String::from_utf8_lossy(&fs::read(&file)?).into_owned();
        for telling in ["127.0.0.77", "203.0.113", "sites/", "secret-path", "Mozilla"] {
            ensure!(!text.contains(telling), "{name} holds {telling}:\n{text}");
        }
    }
    Ok(())
}

/// What the proxy sends on when a visitor claims to be somebody else, in lower case: we take the server's place for one request.
fn told_upstream(place: &str, proxy: &str) -> Result<String> {
    let listener = TcpListener::bind(place).context("the server's place is taken")?;
    let upstream = thread::spawn(move || -> std::io::Result<String> {
        let (mut stream, _) = listener.accept()?;
        let mut head = String::new();
        for line in BufReader::new(stream.try_clone()?).lines() {
            let line = line?;
            head += &format!("{}\r\n", line.to_ascii_lowercase());
            if line.is_empty() {
                break;
            }
        }
        stream.write_all(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")?;
        Ok(head)
    });
    let claims = [("X-Forwarded-For", "203.0.113.7"), ("Forwarded", "for=203.0.113.7")];
    let answer = get(proxy, "/api/v1/sites/example/posts", &claims)?;
    ensure!(answer.status == 204, "a request was answered {}", answer.status);
    upstream.join().map_err(|_| anyhow!("nobody asked"))?.context("what was asked could not be read")
}

fn first_words_of_a_stream(address: &str) -> Result<()> {
    let mut stream = connect(address)?;
    write!(
        stream,
        "GET /api/v1/sites/example/live HTTP/1.1\r\nHost: {address}\r\nAccept: text/event-stream\r\n\r\n"
    )?;
    let mut lines = BufReader::new(stream).lines();
    let status = lines.next().context("no answer")??;
    ensure!(status.contains(" 200"), "the stream: {status}");
    let mut is_head = true;
    for line in lines {
        let line = line?;
        if is_head {
            is_head = !line.is_empty();
        } else if line.starts_with(':')
            || line.contains("data:")
            || line.contains("event:")
            || line.contains("retry:")
        {
            return Ok(());
        }
    }
    anyhow::bail!("the stream ended before it said anything")
}

fn folder(scratch: &Path, name: &str) -> Result<std::path::PathBuf> {
    let folder = scratch.join(name);
    fs::create_dir_all(&folder)?;
    Ok(folder)
}

/// The lines that do not begin with one of these words.
fn without(text: &str, words: &[&str]) -> String {
    let kept = text.lines().filter(|line| !words.iter().any(|word| line.trim_start().starts_with(word)));
    kept.collect::<Vec<_>>().join("\n")
}
