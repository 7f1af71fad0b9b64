//! Kind words of one tap.

use peer_support_domain::ranking;
use peer_support_domain::vote::{Reaction, VoteCounts};
use sqlx::Row;
use sqlx::postgres::{PgConnection, PgPool};

use super::{bits, counts};
use crate::store::{StoreError, Vote, recounted};

pub(super) async fn vote(pool: &PgPool, vote: &Vote) -> Result<Option<VoteCounts>, StoreError> {
    let mut tx = pool.begin().await?;
    let Some(item) = locked_item(&mut tx, vote).await? else { return Ok(None) };
    let added = sqlx::query(
        "insert into votes (item_key, reaction, voter)
         values ($1, $2, $3)
         on conflict do nothing",
    )
    .bind(item.key)
    .bind(vote.reaction.as_str())
    .bind(&vote.voter.as_bytes()[..])
    .execute(&mut *tx)
    .await?;
    let counts = recount(&mut tx, &item, vote.reaction, added.rows_affected().cast_signed()).await?;
    tx.commit().await?;
    Ok(Some(counts))
}

pub(super) async fn unvote(pool: &PgPool, vote: &Vote) -> Result<Option<VoteCounts>, StoreError> {
    let mut tx = pool.begin().await?;
    let Some(item) = locked_item(&mut tx, vote).await? else { return Ok(None) };
    let removed = sqlx::query(
        "delete from votes
         where item_key = $1
           and reaction = $2
           and voter = $3",
    )
    .bind(item.key)
    .bind(vote.reaction.as_str())
    .bind(&vote.voter.as_bytes()[..])
    .execute(&mut *tx)
    .await?;
    let counts = recount(&mut tx, &item, vote.reaction, -removed.rows_affected().cast_signed()).await?;
    tx.commit().await?;
    Ok(Some(counts))
}

struct VotedItem {
    key: i64,
    created_at: i64,
    counts: VoteCounts,
}

/// The item of a vote, when everyone can see it. Until the transaction ends, nobody else counts votes on it.
async fn locked_item(db: &mut PgConnection, vote: &Vote) -> Result<Option<VotedItem>, StoreError> {
    sqlx::query(
        "select items.key, items.created_at, items.n_heard, items.n_helped, items.n_me_too
         from items
         left join items as posts on posts.key = items.post_key
         where items.id = $1
           and items.state = 'published'
           and (items.post_key is null or posts.state = 'published')
         for no key update of items",
    )
    .bind(bits(vote.item))
    .fetch_optional(db)
    .await?
    .map(|row| {
        Ok(VotedItem {
            key: row.try_get("key")?,
            created_at: row.try_get("created_at")?,
            counts: counts(&row)?,
        })
    })
    .transpose()
}

/// Keeps the counts, and the place that follows from them, in step with the votes.
async fn recount(
    db: &mut PgConnection,
    item: &VotedItem,
    reaction: Reaction,
    change: i64,
) -> Result<VoteCounts, StoreError> {
    if change == 0 {
        return Ok(item.counts);
    }
    let counts = recounted(item.counts, reaction, change);
    sqlx::query(
        "update items
         set n_heard = $2, n_helped = $3, n_me_too = $4, helpful_at = $5
         where key = $1",
    )
    .bind(item.key)
    .bind(i64::from(counts.heard))
    .bind(i64::from(counts.helped))
    .bind(i64::from(counts.me_too))
    .bind(ranking::helpful_at_ms(item.created_at, counts))
    .execute(db)
    .await?;
    Ok(counts)
}
