//! The description of the API, for those who build on it.

use axum::http::HeaderMap;
use axum::response::Response;

use super::cache;

/// OpenAPI 3.1, written by hand; a test compares it with the routes and with real answers.
const OPENAPI: &str = include_str!("openapi.json");

/// `GET /api/v1/openapi.json`.
pub(super) async fn get_openapi(headers: HeaderMap) -> Response {
    cache::public(&headers, "application/json", OPENAPI.as_bytes().to_vec())
}
