//! The panel as a page of its own, for a frame in a host page: where that page refuses wasm, or its owner wants the panel out of
//! reach of the page's scripts.

use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::Response;
use peer_support_domain::site::SiteId;

use super::params::Path;
use super::problem::Problem;
use super::{App, cache};
use crate::config::Site;
use crate::origin::OriginRule;

/// Its own script, its own wasm and its own server, and nothing that a text could become a script by. Style sheets are made by
/// script and need no leave.
const POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'; base-uri 'none'; \
    form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'; frame-ancestors 'self'";

/// `GET /frame/{site}`: the page, for pages of the site's origins to frame, and of this server's own.
///
/// It is the same for everybody, asks for no cookie and says nothing about who looks.
pub(super) async fn get_frame(
    State(app): State<App>,
    Path(site): Path<SiteId>,
    request: HeaderMap,
) -> Result<Response, Problem> {
    let site = app.sites.get(&site).ok_or(Problem::UnknownSite)?;
    let page = app.assets.plain("frame/index.html").ok_or(Problem::UnknownRoute)?;
    let page = String::from_utf8_lossy(page).replace("__ORIGINS__", &rules(site));
    let policy = HeaderValue::try_from(policy(site)).map_err(|_| Problem::UnknownSite)?;
    let mut response = cache::public(&request, "text/html; charset=utf-8", page.into_bytes());
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    // Pages that are isolated from others may frame only what says both.
    for (name, value) in
        [("cross-origin-embedder-policy", "require-corp"), ("cross-origin-resource-policy", "cross-origin")]
    {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    Ok(response)
}

/// What the page's script checks messages by, besides: rules as they are configured.
fn rules(site: &Site) -> String {
    let rules = site.origins.iter().map(OriginRule::to_string).filter(|rule| is_plain(rule));
    rules.collect::<Vec<_>>().join(" ")
}

fn policy(site: &Site) -> String {
    let sources = site.origins.iter().map(OriginRule::source).filter(|source| is_plain(source));
    sources.fold(POLICY.to_owned(), |policy, source| policy + " " + &source)
}

/// Whether it can stand in a policy and in an attribute without ending either; names of hosts may hold odd characters.
fn is_plain(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b":/.*-_[] ".contains(&byte))
}
