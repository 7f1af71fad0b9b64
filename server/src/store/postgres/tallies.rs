//! Counting what happens, for statistics.

use peer_support_domain::id::ItemId;
use peer_support_domain::site::SiteId;
use peer_support_domain::statistics::{Counted, Quarter, Tally};
use sqlx::Row;
use sqlx::postgres::{PgConnection, PgPool};

use super::bits;
use crate::store::StoreError;

/// Counts something that happened to an item, unless it is one of a fire drill.
pub(super) async fn count(
    db: &mut PgConnection,
    item: ItemId,
    tally: Tally,
    at: i64,
) -> Result<(), StoreError> {
    let (what, which) = tally.names();
    sqlx::query(
        "insert into tallies (site_key, quarter, what, which, n)
         select site_key, $2, $3, $4, 1
         from items
         where id = $1
           and drill_state is null",
    )
    .bind(bits(item))
    .bind(Quarter::of_ms(at).number())
    .bind(what)
    .bind(which)
    .execute(db)
    .await?;
    Ok(())
}

/// Counts a reply that everyone can read from now on, when its post was waiting for one of somebody else than its author.
pub(super) async fn count_first_reply(
    db: &mut PgConnection,
    reply: ItemId,
    at: i64,
) -> Result<(), StoreError> {
    let post_sent_at: Option<i64> = sqlx::query_scalar(
        "select posts.created_at
         from items as replies
         join item_texts as reply_texts on reply_texts.item_key = replies.key
         join items as posts on posts.key = replies.post_key
         join item_texts as post_texts on post_texts.item_key = posts.key
         where replies.id = $1
           and posts.imported_at is null
           and (reply_texts.author = post_texts.author) is not true
           and not exists (
             select 1
             from items as others
             join item_texts as other_texts on other_texts.item_key = others.key
             where others.post_key = posts.key
               and others.state = 'published'
               and others.key <> replies.key
               and (other_texts.author = post_texts.author) is not true
           )",
    )
    .bind(bits(reply))
    .fetch_optional(&mut *db)
    .await?;
    match post_sent_at {
        Some(sent_at) => count(db, reply, Tally::FirstReplyAfter(at - sent_at), at).await,
        None => Ok(()),
    }
}

pub(super) async fn of_quarter(
    pool: &PgPool,
    site: &SiteId,
    quarter: Quarter,
) -> Result<Vec<Counted>, StoreError> {
    let rows = sqlx::query(
        "select what, which, sum(n)::bigint as n
         from tallies
         where site_key = (select key from sites where id = $1)
           and quarter = $2
         group by what, which",
    )
    .bind(site.as_str())
    .bind(quarter.number())
    .fetch_all(pool)
    .await?;
    rows.iter()
        .map(|row| {
            let n: i64 = row.try_get("n")?;
            Ok(Counted { what: row.try_get("what")?, which: row.try_get("which")?, n: n.unsigned_abs() })
        })
        .collect()
}

/// Adds up rows of the same name, of this quarter and the one before.
pub(super) async fn add_up(pool: &PgPool, now: i64) -> Result<(), StoreError> {
    sqlx::query(
        "with gone as (
           delete from tallies
           where quarter >= $1
           returning site_key, quarter, what, which, n
         )
         insert into tallies (site_key, quarter, what, which, n)
         select site_key, quarter, what, which, sum(n)
         from gone
         group by site_key, quarter, what, which",
    )
    .bind(Quarter::of_ms(now).number() - 1)
    .execute(pool)
    .await?;
    Ok(())
}
