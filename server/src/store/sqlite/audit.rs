//! The audit log: one row an act, in the transaction of the act.

use peer_support_domain::site::SiteId;
use peer_support_domain::wire::AuditLine;
use rusqlite::{Connection, Row};

use super::{all, bits, corrupt, execute, first, item_id, parsed};
use crate::store::audit::{self, AuditFrom, NO_HASH, NewAct};
use crate::store::{ModeratorId, StoreError};

/// Adds a line behind the last one; none about an item of a fire drill. There is one writer, so that none comes between.
pub(super) fn record(db: &Connection, new: NewAct<'_>) -> Result<(), StoreError> {
    let last = first(
        db,
        "select n, hash
         from audit
         where n > 0
         order by n desc
         limit 1",
        [],
        |row| Ok((row.get(0)?, row.get::<_, [u8; 32]>(1)?)),
    )?;
    let found: Option<(SiteId, bool)> = match new.item {
        Some(item) => first(
            db,
            "select sites.key, sites.id, items.drill_state is not null as is_made_up
             from items
             join sites on sites.key = items.site_key
             where items.id = ?1",
            [bits(item)],
            |row| Ok((parsed(row, "sites", "id")?, row.get("is_made_up")?)),
        )?,
        None => None,
    };
    let site = match found {
        Some((_, true)) => return Ok(()),
        found => found.map(|(site, _)| site),
    };
    let name_of = |moderator: Option<ModeratorId>| match moderator {
        Some(moderator) => {
            first(db, "select name from moderators where key = ?1", [moderator.0], |row| Ok(row.get(0)?))
        }
        None => Ok(None),
    };
    let (name, account) = (name_of(new.by)?, name_of(new.account)?);
    let (line, hash) = new.line(last.unwrap_or((0, NO_HASH)), site, name, account);
    execute(
        db,
        "insert into audit (n, at, site, moderator, name, act, item_id, account, why, hash)
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        (
            line.n,
            line.at,
            line.site.as_ref().map(|site| site.as_str()),
            line.by,
            &line.name,
            line.act.as_str(),
            line.item.map(bits),
            &line.account,
            &line.why,
            hash,
        ),
    )?;
    Ok(())
}

pub(super) fn lines(db: &Connection, from: AuditFrom, limit: usize) -> Result<Vec<AuditLine>, StoreError> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    match from {
        AuditFrom::After(n) => all(
            db,
            "select n, at, site, moderator, name, act, item_id, account, why, hash
             from audit
             where n > ?1
             order by n
             limit ?2",
            (n, limit),
            line,
        ),
        AuditFrom::Before(n) => all(
            db,
            "select n, at, site, moderator, name, act, item_id, account, why, hash
             from audit
             where n < ?1
             order by n desc
             limit ?2",
            (n, limit),
            line,
        ),
    }
}

fn line(row: &Row<'_>) -> Result<AuditLine, StoreError> {
    let n = row.get("n")?;
    let site: Option<String> = row.get("site")?;
    let act: String = row.get("act")?;
    Ok(AuditLine {
        n,
        at: row.get("at")?,
        site: site.map(|site| site.parse()).transpose().map_err(|_| corrupt("audit", "site", n))?,
        by: row.get("moderator")?,
        name: row.get("name")?,
        act: act.parse().map_err(|_| corrupt("audit", "act", n))?,
        item: match row.get::<_, Option<i64>>("item_id")? {
            Some(_) => Some(item_id(row, "item_id")?),
            None => None,
        },
        account: row.get("account")?,
        why: row.get("why")?,
        hash: audit::hex(&audit::hash(row.get_ref("hash")?.as_blob().unwrap_or_default(), n)?),
    })
}
