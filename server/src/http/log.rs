//! One line a request: method, route, status, time. Never an address, a path, a query, a header or a body: a path holds
//! ids, and who reads the log shall not learn who read what.

use std::time::Instant;

use axum::extract::{MatchedPath, Request};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::Response;

use super::problem::Code;

/// Logs the request that `next` answers.
pub(super) async fn access(request: Request, next: Next) -> Response {
    let started = Instant::now();
    // A method may be any word a client makes up.
    let method = match *request.method() {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    };
    let route = request.extensions().get::<MatchedPath>().cloned();

    let response = next.run(request).await;

    let route = route.as_ref().map_or("none", MatchedPath::as_str);
    let status = response.status().as_u16();
    let ms = started.elapsed().as_millis();
    match response.extensions().get::<Code>() {
        Some(Code(code)) => {
            tracing::info!(target: "peer_support_server::access", method, route, status, ms, code)
        }
        None => tracing::info!(target: "peer_support_server::access", method, route, status, ms),
    }
    response
}
