//! The machines that a PostgreSQL database may be on: one takes writes, the others stand by and may take its place.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgConnection, PgPool};
use sqlx::{ConnectOptions, Connection};
use tokio::time::{Instant, timeout};

use crate::store::StoreError;

/// How often the machine that takes writes is asked whether it still does.
pub(super) const ASK_EVERY: Duration = Duration::from_secs(1);
/// How long a machine may take to answer that: longer, and the next one is asked.
pub(super) const ANSWER_WITHIN: Duration = Duration::from_secs(3);

/// The machines named in a URL, in the shape of PostgreSQL's own programs: `postgres://USER@A:5432,B:5432/DATABASE`.
pub(super) struct Hosts {
    all: Vec<PgConnectOptions>,
    /// The one of `all` that takes writes, and since when we know.
    chosen: RwLock<(usize, Instant)>,
}

impl Hosts {
    /// `program` is how the connections call themselves.
    ///
    /// # Errors
    ///
    /// When one of the URLs that it stands for is none.
    pub(super) fn parse(url: &str, program: &str) -> Result<Self, StoreError> {
        let all: Result<Vec<_>, sqlx::Error> = each(url)
            .iter()
            .map(|url| {
                Ok(url.parse::<PgConnectOptions>()?.application_name(program).disable_statement_logging())
            })
            .collect();
        Ok(Self { all: all?, chosen: RwLock::new((0, Instant::now())) })
    }

    /// Whether there is a choice.
    pub(super) fn are_several(&self) -> bool {
        self.all.len() > 1
    }

    /// The place of the one that takes writes, as far as we know.
    pub(super) fn chosen(&self) -> usize {
        self.chosen.read().unwrap_or_else(PoisonError::into_inner).0
    }

    /// How to connect to it.
    pub(super) fn options(&self) -> PgConnectOptions {
        self.all[self.chosen()].clone()
    }

    /// How to connect to each of the others.
    pub(super) fn others(&self) -> Vec<PgConnectOptions> {
        let mut others = self.all.clone();
        others.remove(self.chosen());
        others
    }

    /// Whether a connection of this age was opened before the machine was chosen.
    pub(super) fn is_outdated(&self, age: Duration) -> bool {
        let (_, since) = *self.chosen.read().unwrap_or_else(PoisonError::into_inner);
        self.are_several() && age > since.elapsed()
    }

    /// Chooses one that takes writes, if any does; whether it is another than before.
    pub(super) async fn choose(&self) -> bool {
        let before = self.chosen();
        // Who is not there must not hold up those who are.
        let asked: Vec<_> =
            self.all.iter().map(|options| tokio::spawn(takes_writes_at(options.clone()))).collect();
        for (place, asked) in asked.into_iter().enumerate() {
            if asked.await.unwrap_or(false) {
                *self.chosen.write().unwrap_or_else(PoisonError::into_inner) = (place, Instant::now());
                return place != before;
            }
        }
        false
    }

    /// Looks after the one that takes writes until the pool is closed, and leads the pool to another when it no longer does.
    pub(super) async fn follow(self: Arc<Self>, pool: PgPool) {
        let mut asking: Option<PgConnection> = None;
        while !pool.is_closed() {
            tokio::time::sleep(ASK_EVERY).await;
            if let Some(mut connection) = asking.take()
                && timeout(ANSWER_WITHIN, takes_writes(&mut connection)).await == Ok(true)
            {
                asking = Some(connection);
                continue;
            }
            if self.choose().await {
                let options = self.options();
                tracing::warn!(
                    "the database is written at {}:{} now",
                    options.get_host(),
                    options.get_port()
                );
                pool.set_connect_options(options);
            }
            asking = connected(self.options()).await;
        }
    }
}

/// A connection to the machine at `options`, when it answers.
pub(super) async fn connected(options: PgConnectOptions) -> Option<PgConnection> {
    timeout(ANSWER_WITHIN, PgConnection::connect_with(&options)).await.ok()?.ok()
}

async fn takes_writes_at(options: PgConnectOptions) -> bool {
    let Some(mut connection) = connected(options).await else { return false };
    timeout(ANSWER_WITHIN, takes_writes(&mut connection)).await == Ok(true)
}

/// Whether the machine at the other end takes writes; false when it does not answer.
pub(super) async fn takes_writes(connection: &mut PgConnection) -> bool {
    let asked = sqlx::query_scalar("select current_setting('transaction_read_only') = 'off'");
    asked.fetch_one(connection).await.unwrap_or(false)
}

/// A URL for each machine that `url` names.
pub(in crate::store) fn each(url: &str) -> Vec<String> {
    let Some((scheme, rest)) = url.split_once("://") else { return vec![url.to_owned()] };
    let (authority, path) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
    let (user, hosts) = authority.rsplit_once('@').map_or(("", authority), |(user, hosts)| (user, hosts));
    let at = if user.is_empty() { "" } else { "@" };
    hosts.split(',').map(|host| format!("{scheme}://{user}{at}{host}{path}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_may_name_several_machines() {
        let urls = each("postgres://ps:p,w@one.example:5432,two.example:5433/support?sslmode=require");

        let expected = ["one.example:5432", "two.example:5433"]
            .map(|host| format!("postgres://ps:p,w@{host}/support?sslmode=require"));
        assert_eq!(urls, expected);
        assert_eq!(each("postgres://localhost/support"), ["postgres://localhost/support"]);
        assert_eq!(
            each("postgres:///support?host=/run/postgresql"),
            ["postgres:///support?host=/run/postgresql"]
        );
    }
}
