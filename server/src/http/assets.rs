//! Static files: the loader, the widget's parts, the console, the example pages.
//!
//! All of them (a few megabytes) are read once, at the start: a request can name only what was found then, so no path
//! leads out of the folder, and a new build takes effect with a restart, whole.

use std::collections::HashMap;
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Redirect, Response};
use sha2::{Digest, Sha256};

use super::problem::Problem;
use super::{App, cache};
use crate::secret::hex;

/// The console: its own scripts, wasm and sheets and nothing else; nobody frames it, so no click on it is stolen.
const CONSOLE_POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; \
    connect-src 'self'; img-src 'self' data:; font-src 'self'; base-uri 'none'; form-action 'none'; \
    frame-ancestors 'none'";
/// The example pages: as strict as a host can be for the panel to run.
const PAGE_POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; \
    connect-src 'self'; img-src 'self' data:; font-src 'self'; frame-src 'self'; base-uri 'none'; \
    form-action 'none'; frame-ancestors 'self'";
/// What is below `host/` plays pages of strangers, which set their own rules; only real strangers do not frame them.
const STRANGER_POLICY: &str = "frame-ancestors 'self'";

/// Hashed names never change their content.
const FOR_EVER: &str = "public, max-age=31536000, immutable";
const ASK_EACH_TIME: &str = "no-cache";

const LOADER: &str = "peer-support.js";
/// What the names of the panel's files begin with, before the hash of this build.
const PANEL: &str = "assets/widget-";
/// Bytes of a hash in a name, as the build has them.
const NAMED_BYTES: usize = 5;

/// The built files, by their path in the folder: `assets/widget-1a2b.js`.
#[derive(Default)]
pub struct Assets(HashMap<String, File>);

struct File {
    content_type: &'static str,
    plain: Variant,
    brotli: Option<Variant>,
    gzip: Option<Variant>,
}

/// A file's bytes in one encoding, and their tag.
struct Variant {
    bytes: Bytes,
    tag: String,
}

impl Variant {
    fn new(bytes: Vec<u8>) -> Self {
        Self { tag: cache::tag(&bytes), bytes: bytes.into() }
    }
}

impl fmt::Debug for Assets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Assets({} files)", self.0.len())
    }
}

impl Assets {
    /// All files in `folder` and below, each with the `.br` and `.gz` that lie beside it.
    ///
    /// # Errors
    ///
    /// When the folder or a file in it cannot be read.
    pub fn load(folder: &Path) -> io::Result<Self> {
        let mut found = HashMap::new();
        let mut folders = vec![folder.to_owned()];
        while let Some(next) = folders.pop() {
            for entry in fs::read_dir(&next)? {
                let path = entry?.path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    let bytes = fs::read(&path)
                        .map_err(|e| io::Error::new(e.kind(), format!("{}: {e}", path.display())))?;
                    found.insert(name(folder, &path)?, bytes);
                }
            }
        }
        let names: Vec<_> = found.keys().cloned().collect();
        let is_variant = |name: &str| {
            let plain = name.strip_suffix(".br").or_else(|| name.strip_suffix(".gz"));
            plain.is_some_and(|plain| names.iter().any(|name| name == plain))
        };
        let mut files = HashMap::new();
        for name in names.iter().filter(|name| !is_variant(name)) {
            let mut take = |name: &str| found.remove(name).map(Variant::new);
            let Some(plain) = take(name) else { continue };
            let (brotli, gzip) = (take(&format!("{name}.br")), take(&format!("{name}.gz")));
            files.insert(name.clone(), File { content_type: content_type(name), plain, brotli, gzip });
        }
        Ok(Self(files))
    }

    /// Keeps this build's loader in `folder` under the name of its content, and adds all that were kept there before.
    ///
    /// A page may pin a loader by its digest. That page must still find the very same bytes after the server was updated, or
    /// its visitors are left without help.
    ///
    /// # Errors
    ///
    /// When the folder cannot be read or written.
    pub fn keep_loaders(&mut self, folder: &Path) -> io::Result<()> {
        fs::create_dir_all(folder)?;
        if let Some(loader) = self.plain(LOADER) {
            let file = folder.join(pinned(loader));
            if !file.exists() {
                // Renamed into place: a server that was stopped leaves no half a file.
                let unfinished = file.with_extension("new");
                fs::write(&unfinished, loader)?;
                fs::rename(&unfinished, &file)?;
            }
        }
        for entry in fs::read_dir(folder)? {
            let bytes = fs::read(entry?.path())?;
            let gzip = Some(Variant::new(cache::gzip(&bytes)));
            let file =
                File { content_type: content_type(LOADER), plain: Variant::new(bytes), brotli: None, gzip };
            // By its content, whatever it is called there.
            self.0.insert(pinned(&file.plain.bytes), file);
        }
        Ok(())
    }

    /// Where a file of the panel of another build is in this one, relative to `name`: a loader that a page pinned, or that an app
    /// has inside, asks by the names it was built with.
    fn moved(&self, name: &str) -> Option<String> {
        let rest = |name: &str| {
            let (hash, rest) = name.strip_prefix(PANEL)?.split_at_checked(2 * NAMED_BYTES)?;
            hash.bytes().all(|byte| byte.is_ascii_hexdigit()).then(|| rest.to_owned())
        };
        let rest = rest(name)?;
        let length = PANEL.len() + 2 * NAMED_BYTES + rest.len();
        let is_same = |own: &&String| own.len() == length && own.starts_with(PANEL) && own.ends_with(&rest);
        let own = self.0.keys().find(is_same)?;
        Some("../".repeat(rest.matches('/').count()) + own.trim_start_matches("assets/"))
    }

    /// The bytes of the file `name` as they are.
    pub(super) fn plain(&self, name: &str) -> Option<&Bytes> {
        self.0.get(name).map(|file| &file.plain.bytes)
    }

    /// The file `name`, in the smallest encoding that the browser takes; 304 when it has it.
    fn answer(
        &self,
        name: &str,
        request: &HeaderMap,
        cache_control: &'static str,
    ) -> Result<Response, Problem> {
        let file = self.0.get(name).ok_or(Problem::UnknownRoute)?;
        let encodings = [("br", &file.brotli), ("gzip", &file.gzip)];
        let taken = encodings.into_iter().find_map(|(name, variant)| {
            variant.as_ref().filter(|_| cache::accepts(request, name)).map(|variant| (Some(name), variant))
        });
        let (encoding, variant) = taken.unwrap_or((None, &file.plain));
        let mut response = if cache::is_known(request, &variant.tag) {
            StatusCode::NOT_MODIFIED.into_response()
        } else {
            ([(header::CONTENT_TYPE, file.content_type)], variant.bytes.clone()).into_response()
        };
        let headers = response.headers_mut();
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache_control));
        headers.insert(header::ETAG, HeaderValue::try_from(&variant.tag).expect("a tag is ASCII"));
        headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
        if let Some(encoding) = encoding {
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
        }
        Ok(response)
    }
}

/// The name of a loader by its content.
fn pinned(loader: &[u8]) -> String {
    format!("peer-support-{}.js", hex(&Sha256::digest(loader)[..NAMED_BYTES]))
}

fn name(folder: &Path, path: &Path) -> io::Result<String> {
    let relative: PathBuf = path.strip_prefix(folder).map_err(io::Error::other)?.to_owned();
    let parts: Option<Vec<_>> = relative.iter().map(|part| part.to_str()).collect();
    let parts = parts.ok_or_else(|| io::Error::other(format!("{}: no UTF-8 name", path.display())))?;
    Ok(parts.join("/"))
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map_or("", |(_, extension)| extension) {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "txt" => "text/plain; charset=utf-8",
        "json" | "map" => "application/json",
        "wasm" => "application/wasm",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "webp" => "image/webp",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        _ => "application/octet-stream",
    }
}

/// What any page may load: the loader, the parts of the widget and newer helplines, whose content is the same for all.
pub(super) fn open_to_all(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(
        HeaderName::from_static("cross-origin-resource-policy"),
        HeaderValue::from_static("cross-origin"),
    );
    response
}

fn with_policy(mut response: Response, policy: &'static str) -> Response {
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
    response
}

/// `GET /peer-support.js`: the loader. Its name never changes, so it is asked for each time.
pub(super) async fn get_loader(State(app): State<App>, request: HeaderMap) -> Result<Response, Problem> {
    app.assets.answer(LOADER, &request, ASK_EACH_TIME).map(open_to_all)
}

/// `GET /assets/…`: the widget's parts, named by their hashes; those of other builds lead to this one's.
pub(super) async fn get_asset(
    State(app): State<App>,
    uri: Uri,
    request: HeaderMap,
) -> Result<Response, Problem> {
    let name = uri.path().trim_start_matches('/');
    let is_ours = app.assets.plain(name).is_some();
    if let Some(place) = (!is_ours).then(|| app.assets.moved(name)).flatten() {
        // Relative, because the server may live in a folder.
        let place = uri.query().map_or_else(|| place.clone(), |query| format!("{place}?{query}"));
        let headers = [(header::LOCATION, place), (header::CACHE_CONTROL, "no-store".to_owned())];
        return Ok(open_to_all((StatusCode::TEMPORARY_REDIRECT, headers).into_response()));
    }
    app.assets.answer(name, &request, FOR_EVER).map(open_to_all)
}

/// `GET /console`: relative addresses in the page need the slash.
pub(super) async fn redirect_to_console() -> Redirect {
    Redirect::permanent("/console/")
}

/// `GET /console/…`: the moderators' page.
pub(super) async fn get_console(
    State(app): State<App>,
    uri: Uri,
    request: HeaderMap,
) -> Result<Response, Problem> {
    let name = page_name(uri.path().trim_start_matches('/'));
    let answer = app.assets.answer(&name, &request, ASK_EACH_TIME)?;
    Ok(with_policy(answer, CONSOLE_POLICY))
}

/// `GET /` and everything else: a loader by the name of its content, and the example pages.
pub(super) async fn get_page(
    State(app): State<App>,
    uri: Uri,
    request: HeaderMap,
) -> Result<Response, Problem> {
    let path = uri.path().trim_start_matches('/');
    if path.starts_with("peer-support-") && app.assets.plain(path).is_some() {
        return app.assets.answer(path, &request, FOR_EVER).map(open_to_all);
    }
    let name = format!("www/{}", page_name(path));
    let answer = app.assets.answer(&name, &request, ASK_EACH_TIME)?;
    let is_stranger = name.starts_with("www/host/");
    Ok(with_policy(answer, if is_stranger { STRANGER_POLICY } else { PAGE_POLICY }))
}

fn page_name(path: &str) -> String {
    if path.is_empty() || path.ends_with('/') { format!("{path}index.html") } else { path.to_owned() }
}
