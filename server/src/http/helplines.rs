//! Newer helplines than a widget was built with, as their owner signed them.

use axum::extract::State;
use axum::http::{HeaderMap, Uri};
use axum::response::{IntoResponse, Response};

use super::assets::open_to_all;
use super::problem::Problem;
use super::{App, cache};
use crate::helplines::country_of;

/// `GET /helplines/GB.txt`: open to every page, as the panel's files are. It is asked without anything about the visitor
/// and answered without the database, so it works when that does not.
pub(super) async fn get_helplines(State(app): State<App>, uri: Uri, request: HeaderMap) -> Response {
    let name = uri.path().rsplit('/').next().unwrap_or_default();
    // Pages elsewhere may read problems too: the widget can tell that there is no file from a lost network.
    open_to_all(answer(app, name, &request).await.unwrap_or_else(Problem::into_response))
}

async fn answer(app: App, name: &str, request: &HeaderMap) -> Result<Response, Problem> {
    let country = country_of(name).ok_or(Problem::UnknownRoute)?;
    let helplines = app.helplines.ok_or(Problem::UnknownRoute)?;
    let read = tokio::task::spawn_blocking(move || helplines.read(country)).await;
    let file = read.map_err(|_| Problem::Panic)??.ok_or(Problem::UnknownRoute)?;
    Ok(cache::public(request, "text/plain; charset=utf-8", file.into_bytes()))
}
