//! Fire drills; see `store/drill.rs`.

use peer_support_domain::audit::Act;
use peer_support_domain::desk::DeskChange;
use peer_support_domain::drill::{Ending, Handling};
use peer_support_domain::limits::DRILLS_LISTED;
use peer_support_domain::site::SiteId;
use peer_support_domain::wire::Drill;
use sqlx::Row;
use sqlx::postgres::{PgConnection, PgPool};

use super::{audit, bits, item_id, items, key, live, parsed, purge};
use crate::store::audit::NewAct;
use crate::store::drill::{DrillRow, NewDrill, Running, expected_text, told};
use crate::store::{ModeratorId, NewDecision, StoreError};

pub(super) async fn begin(pool: &PgPool, new: &NewDrill) -> Result<bool, StoreError> {
    let mut tx = pool.begin().await?;
    let site_key = items::site_key(&mut tx, &new.site).await?;
    // Of two who begin one at once, the second waits here for the first, and finds that one is running.
    let drill_key: Option<i64> = sqlx::query_scalar(
        "insert into drills (site_key, begun_at, until_at)
         values ($1, $2, $3)
         on conflict do nothing
         returning key",
    )
    .bind(site_key)
    .bind(new.at)
    .bind(new.until)
    .fetch_optional(&mut *tx)
    .await?;
    let Some(drill_key) = drill_key else { return Ok(false) };
    for one in &new.items {
        items::add_made_up(&mut tx, &one.item).await?;
        sqlx::query(
            "insert into drill_items (drill_key, urgency, expected, item_key)
             select $1, $2, $3, key
             from items
             where id = $4",
        )
        .bind(drill_key)
        .bind(one.urgency.as_str())
        .bind(expected_text(&one.expected))
        .bind(bits(one.item.id))
        .execute(&mut *tx)
        .await?;
    }
    audit::record(&mut tx, NewAct::of(Act::DrillBegun, Some(new.by), new.at).at_site(&new.site)).await?;
    tx.commit().await?;
    Ok(true)
}

/// Notes that a moderator reads a made-up item; only the first time counts.
pub(super) async fn note_claim(db: &mut PgConnection, item_key: i64, at: i64) -> Result<(), StoreError> {
    sqlx::query(
        "update drill_items
         set claimed_at = $2
         where item_key = $1
           and claimed_at is null",
    )
    .bind(item_key)
    .bind(at)
    .execute(db)
    .await?;
    Ok(())
}

/// Notes that a made-up item was passed on to a lead.
pub(super) async fn note_passing_on(db: &mut PgConnection, item_key: i64, at: i64) -> Result<(), StoreError> {
    sqlx::query(
        "update drill_items
         set passed_on_at = $2
         where item_key = $1
           and passed_on_at is null",
    )
    .bind(item_key)
    .bind(at)
    .execute(db)
    .await?;
    Ok(())
}

/// Notes what was decided about a made-up item; what is decided later changes nothing.
pub(super) async fn note_decision(
    db: &mut PgConnection,
    item_key: i64,
    new: &NewDecision,
) -> Result<(), StoreError> {
    let outcome = Handling::of(new.decision, !new.how.taken_out.is_empty());
    sqlx::query(
        "update drill_items
         set decided_at = $2, outcome = $3
         where item_key = $1
           and decided_at is null",
    )
    .bind(item_key)
    .bind(new.at)
    .bind(outcome.as_str())
    .execute(db)
    .await?;
    Ok(())
}

/// Ends those that are over; how many.
pub(super) async fn end_due(pool: &PgPool, at: i64, is_restart: bool) -> Result<u64, StoreError> {
    let mut tx = pool.begin().await?;
    // Servers that look at the same time end each once.
    let keys: Vec<i64> =
        sqlx::query_scalar("select key from drills where ended_at is null for update skip locked")
            .fetch_all(&mut *tx)
            .await?;
    let rows = sqlx::query(
        "select drills.key, until_at, count(drill_items.key) as n_items, count(decided_at) as n_decided,
           max(decided_at) as last_decided_at
         from drills
         left join drill_items on drill_items.drill_key = drills.key
         where drills.key = any($1)
         group by drills.key",
    )
    .bind(keys)
    .fetch_all(&mut *tx)
    .await?;
    let mut n_ended = 0;
    for row in rows {
        let drill = Running {
            key: key(&row),
            until_at: row.try_get("until_at")?,
            n_items: row.try_get("n_items")?,
            n_decided: row.try_get("n_decided")?,
            last_decided_at: row.try_get("last_decided_at")?,
        };
        if let Some(ending) = drill.ending(at, is_restart) {
            end(&mut tx, drill.key, ending, None, at).await?;
            n_ended += 1;
        }
    }
    tx.commit().await?;
    Ok(n_ended)
}

pub(super) async fn stop(pool: &PgPool, site: &SiteId, by: ModeratorId, at: i64) -> Result<bool, StoreError> {
    let mut tx = pool.begin().await?;
    let drill_key: Option<i64> = sqlx::query_scalar(
        "select key
         from drills
         where site_key = (select key from sites where id = $1)
           and ended_at is null
         for update",
    )
    .bind(site.as_str())
    .fetch_optional(&mut *tx)
    .await?;
    let Some(drill_key) = drill_key else { return Ok(false) };
    end(&mut tx, drill_key, Ending::Stopped, Some(by), at).await?;
    tx.commit().await?;
    Ok(true)
}

/// What stands about items outside of their rows and the tables that go with those.
const TRACES: [&str; 6] = [
    "delete from decisions where item_id = any($1)",
    "delete from escalations where item_id = any($1)",
    "delete from desk_events where item_id = any($1)",
    "delete from proposals where item_id = any($1)",
    "delete from notices where item_id = any($1)",
    "delete from deliveries where item_id = any($1)",
];

/// Takes the items away with all that is recorded about them, and keeps the numbers. Their texts are gone from the files when
/// all that is planned is rewritten.
async fn end(
    db: &mut PgConnection,
    drill_key: i64,
    ending: Ending,
    by: Option<ModeratorId>,
    at: i64,
) -> Result<(), StoreError> {
    // Whoever decides about one of them is first, or finds none.
    let rows = sqlx::query(
        "select key, id
         from items
         where key in (select item_key from drill_items where drill_key = $1)
         order by key
         for update",
    )
    .bind(drill_key)
    .fetch_all(&mut *db)
    .await?;
    let keys: Vec<i64> = rows.iter().map(key).collect();
    let mut ids = Vec::new();
    for row in &rows {
        let id = item_id(row, "id")?;
        live::tell_desk(db, id, DeskChange::Decided).await?;
        ids.push(bits(id));
    }
    for statement in TRACES {
        sqlx::query(statement).bind(&ids).execute(&mut *db).await?;
    }
    purge::remove(db, &keys).await?;
    sqlx::query(
        "update drills
         set ended_at = $2, ending = $3
         where key = $1",
    )
    .bind(drill_key)
    .bind(at)
    .bind(ending.as_str())
    .execute(&mut *db)
    .await?;
    let site: SiteId = sqlx::query(
        "select sites.key, sites.id
         from drills
         join sites on sites.key = drills.site_key
         where drills.key = $1",
    )
    .bind(drill_key)
    .fetch_one(&mut *db)
    .await
    .map_err(StoreError::from)
    .and_then(|row| parsed(&row, "sites", "id"))?;
    let act = NewAct::of(Act::DrillEnded, by, at).because(ending.as_str());
    audit::record(db, act.at_site(&site)).await
}

pub(super) async fn list(db: &mut PgConnection, site: &SiteId) -> Result<Vec<Drill>, StoreError> {
    let rows = sqlx::query(
        "select key, begun_at, until_at, ended_at, ending
         from drills
         where site_key = (select key from sites where id = $1)
         order by key desc
         limit $2",
    )
    .bind(site.as_str())
    .bind(DRILLS_LISTED as i64)
    .fetch_all(&mut *db)
    .await?;
    let mut drills = Vec::new();
    for row in rows {
        let begun_at: i64 = row.try_get("begun_at")?;
        let items = items_of(db, key(&row)).await?;
        let items = items.into_iter().map(|item| item.told(begun_at)).collect::<Result<_, _>>()?;
        let (until, ended_at) = (row.try_get("until_at")?, row.try_get("ended_at")?);
        drills.push(told(key(&row), begun_at, until, ended_at, row.try_get("ending")?, items)?);
    }
    Ok(drills)
}

async fn items_of(db: &mut PgConnection, drill_key: i64) -> Result<Vec<DrillRow>, StoreError> {
    let rows = sqlx::query(
        "select key, urgency, expected, claimed_at, passed_on_at, decided_at, outcome
         from drill_items
         where drill_key = $1
         order by key",
    )
    .bind(drill_key)
    .fetch_all(db)
    .await?;
    rows.iter()
        .map(|row| {
            Ok(DrillRow {
                key: key(row),
                urgency: row.try_get("urgency")?,
                expected: row.try_get("expected")?,
                claimed_at: row.try_get("claimed_at")?,
                passed_on_at: row.try_get("passed_on_at")?,
                decided_at: row.try_get("decided_at")?,
                outcome: row.try_get("outcome")?,
            })
        })
        .collect()
}
