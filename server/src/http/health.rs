//! Whether the process runs, and whether it can do its work: for whoever restarts or routes.

use axum::extract::State;
use axum::http::StatusCode;

use super::App;
use super::problem::Problem;

/// `GET /healthz`: the process answers.
pub(super) async fn get_health() -> &'static str {
    "ok\n"
}

/// `GET /readyz`: the store can be read, too. A server that cannot write at the moment, because the disk is full or no machine
/// of the database takes writes, is ready for all who read.
pub(super) async fn get_readiness(State(app): State<App>) -> Result<(StatusCode, &'static str), Problem> {
    app.store.ping().await?;
    Ok((StatusCode::OK, "ready\n"))
}
