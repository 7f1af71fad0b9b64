//! What a site's moderators pinned above its posts.

use peer_support_domain::audit::Act;
use peer_support_domain::site::SiteId;
use peer_support_domain::wire::Card;
use sqlx::Row;
use sqlx::postgres::{PgConnection, PgPool, PgRow};

use super::{audit, items, parsed, parsed_if_any};
use crate::store::audit::NewAct;
use crate::store::{ModeratorId, StoreError};

pub(super) async fn list(db: &mut PgConnection, site: &SiteId) -> Result<Option<Vec<Card>>, StoreError> {
    let was_ever_changed: bool = sqlx::query_scalar(
        "select exists (
           select 1
           from card_changes
           join sites on sites.key = card_changes.site_key
           where sites.id = $1
         )",
    )
    .bind(site.as_str())
    .fetch_one(&mut *db)
    .await?;
    if !was_ever_changed {
        return Ok(None);
    }
    let rows = sqlx::query(
        "select cards.key, kind, title, text, lang
         from cards
         where site_key = (select key from sites where id = $1)
         order by place",
    )
    .bind(site.as_str())
    .fetch_all(db)
    .await?;
    rows.iter().map(to_card).collect::<Result<_, _>>().map(Some)
}

fn to_card(row: &PgRow) -> Result<Card, StoreError> {
    Ok(Card {
        kind: parsed(row, "cards", "kind")?,
        title: row.try_get("title")?,
        text: row.try_get("text")?,
        lang: parsed_if_any(row, "cards", "lang")?,
    })
}

pub(super) async fn put(
    pool: &PgPool,
    site: &SiteId,
    cards: &[Card],
    moderator: Option<ModeratorId>,
    at: i64,
) -> Result<(), StoreError> {
    let mut tx = pool.begin().await?;
    let site_key = items::site_key(&mut tx, site).await?;
    // Of two moderators who save at once, one waits and then replaces what the other wrote.
    sqlx::query("select key from sites where key = $1 for update").bind(site_key).fetch_one(&mut *tx).await?;
    sqlx::query("delete from cards where site_key = $1").bind(site_key).execute(&mut *tx).await?;
    for (place, card) in (0_i32..).zip(cards) {
        sqlx::query(
            "insert into cards (site_key, place, kind, title, text, lang)
             values ($1, $2, $3, $4, $5, $6)",
        )
        .bind(site_key)
        .bind(place)
        .bind(card.kind.as_str())
        .bind(&card.title)
        .bind(&card.text)
        .bind(card.lang.as_ref().map(|lang| lang.as_str()))
        .execute(&mut *tx)
        .await?;
    }
    sqlx::query(
        "insert into card_changes (site_key, moderator_key, n_cards, changed_at)
         values ($1, $2, $3, $4)",
    )
    .bind(site_key)
    .bind(moderator.map(|moderator| moderator.0))
    .bind(i32::try_from(cards.len()).map_err(StoreError::database)?)
    .bind(at)
    .execute(&mut *tx)
    .await?;
    audit::record(&mut tx, NewAct::of(Act::CardsWritten, moderator, at).at_site(site)).await?;
    Ok(tx.commit().await?)
}
