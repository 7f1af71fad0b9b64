//! The audit log: one row an act, in the transaction of the act.

use peer_support_domain::site::SiteId;
use peer_support_domain::wire::AuditLine;
use sqlx::Row;
use sqlx::postgres::{PgConnection, PgPool, PgRow};

use super::{bits, corrupt, item_id, parsed};
use crate::store::audit::{self, AuditFrom, NO_HASH, NewAct};
use crate::store::{ModeratorId, StoreError};

/// Whoever adds to the log has this lock until their transaction ends, so that lines follow each other without a gap: the
/// letters `audit`.
const LOCK: i64 = 0x61_75_64_69_74;

/// Adds a line behind the last one; none about an item of a fire drill. It comes last in a transaction where that can be: from here on others who add one wait.
pub(super) async fn record(db: &mut PgConnection, new: NewAct<'_>) -> Result<(), StoreError> {
    let found: Option<(SiteId, bool)> = match new.item {
        Some(item) => sqlx::query(
            "select sites.key, sites.id, items.drill_state is not null as is_made_up
             from items
             join sites on sites.key = items.site_key
             where items.id = $1",
        )
        .bind(bits(item))
        .fetch_optional(&mut *db)
        .await?
        .map(|row| Ok::<_, StoreError>((parsed(&row, "sites", "id")?, row.try_get("is_made_up")?)))
        .transpose()?,
        None => None,
    };
    let site = match found {
        Some((_, true)) => return Ok(()),
        found => found.map(|(site, _)| site),
    };
    let (name, account) = (name_of(db, new.by).await?, name_of(db, new.account).await?);
    sqlx::query("select pg_advisory_xact_lock($1)").bind(LOCK).execute(&mut *db).await?;
    // In a statement of its own: it sees what was committed while the one above waited.
    let last = sqlx::query(
        "select n, hash
         from audit
         where n > 0
         order by n desc
         limit 1",
    )
    .fetch_optional(&mut *db)
    .await?
    .map(|row| {
        let n = row.try_get("n")?;
        Ok::<_, StoreError>((n, audit::hash(row.try_get("hash")?, n)?))
    })
    .transpose()?;
    let (line, hash) = new.line(last.unwrap_or((0, NO_HASH)), site, name, account);
    sqlx::query(
        "insert into audit (n, at, site, moderator, name, act, item_id, account, why, hash)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind(line.n)
    .bind(line.at)
    .bind(line.site.as_ref().map(|site| site.as_str()))
    .bind(line.by)
    .bind(&line.name)
    .bind(line.act.as_str())
    .bind(line.item.map(bits))
    .bind(&line.account)
    .bind(&line.why)
    .bind(&hash[..])
    .execute(db)
    .await?;
    Ok(())
}

async fn name_of(
    db: &mut PgConnection,
    moderator: Option<ModeratorId>,
) -> Result<Option<String>, StoreError> {
    let Some(moderator) = moderator else { return Ok(None) };
    Ok(sqlx::query_scalar("select name from moderators where key = $1")
        .bind(moderator.0)
        .fetch_optional(db)
        .await?)
}

pub(super) async fn lines(
    pool: &PgPool,
    from: AuditFrom,
    limit: usize,
) -> Result<Vec<AuditLine>, StoreError> {
    let (sql, n) = match from {
        AuditFrom::After(n) => (
            "select n, at, site, moderator, name, act, item_id, account, why, hash
             from audit
             where n > $1
             order by n
             limit $2",
            n,
        ),
        AuditFrom::Before(n) => (
            "select n, at, site, moderator, name, act, item_id, account, why, hash
             from audit
             where n < $1
             order by n desc
             limit $2",
            n,
        ),
    };
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    sqlx::query(sql).bind(n).bind(limit).fetch_all(pool).await?.iter().map(line).collect()
}

fn line(row: &PgRow) -> Result<AuditLine, StoreError> {
    let n = row.try_get("n")?;
    let site: Option<&str> = row.try_get("site")?;
    let act: &str = row.try_get("act")?;
    Ok(AuditLine {
        n,
        at: row.try_get("at")?,
        site: site.map(|site| site.parse()).transpose().map_err(|_| corrupt("audit", "site", n))?,
        by: row.try_get("moderator")?,
        name: row.try_get("name")?,
        act: act.parse().map_err(|_| corrupt("audit", "act", n))?,
        item: match row.try_get::<Option<i64>, _>("item_id")? {
            Some(_) => Some(item_id(row, "item_id")?),
            None => None,
        },
        account: row.try_get("account")?,
        why: row.try_get("why")?,
        hash: audit::hex(&audit::hash(row.try_get("hash")?, n)?),
    })
}
