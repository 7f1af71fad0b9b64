//! What was changed about a site, and which of its items wait too long.

use peer_support_domain::coverage::{Forced, ForcedRule};
use peer_support_domain::limits::{LATE_NOTICE_EVERY_MS, SITE_CHANGES};
use peer_support_domain::site::SiteId;
use peer_support_domain::wire::{SiteChange, SiteSetting};
use rusqlite::{Connection, Row};

use super::{all, audit, corrupt, execute, first, items, key, parsed_if_any};
use crate::store::audit::{NewAct, act_of};
use crate::store::{FAR, ModeratorId, SiteSettings, StoreError, waits_since};

pub(super) fn settings(db: &Connection, site: &SiteId) -> Result<SiteSettings, StoreError> {
    let last = |what: &str| {
        first(
            db,
            "select site_changes.key, what, rule, until_at, is_on
             from site_changes
             join sites on sites.key = site_changes.site_key
             where sites.id = ?1
               and what = ?2
             order by site_changes.key desc
             limit 1",
            (site.as_str(), what),
            setting,
        )
    };
    Ok(SiteSettings {
        forced: match last("forced")? {
            Some(SiteSetting::Forced(forced)) => Some(forced),
            _ => None,
        },
        is_sensitive: last("sensitive")? == Some(SiteSetting::Sensitive(true)),
        asks_two: last("two_persons")? == Some(SiteSetting::TwoPersons(true)),
    })
}

pub(super) fn change(
    db: &Connection,
    site: &SiteId,
    what: SiteSetting,
    moderator: Option<ModeratorId>,
    at: i64,
) -> Result<(), StoreError> {
    let site_key = items::site_key_or_new(db, site)?;
    let (name, forced, is_on) = match what {
        SiteSetting::Forced(forced) => ("forced", Some(forced), None),
        SiteSetting::Unforced => ("forced", None, None),
        SiteSetting::Sensitive(is_on) => ("sensitive", None, Some(is_on)),
        SiteSetting::TwoPersons(is_on) => ("two_persons", None, Some(is_on)),
        SiteSetting::Playbook => ("playbook", None, None),
        SiteSetting::Reasons => ("reasons", None, None),
    };
    execute(
        db,
        "insert into site_changes (site_key, what, rule, until_at, is_on, moderator_key, changed_at)
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        (
            site_key,
            name,
            forced.map(|forced| forced.rule.as_str()),
            forced.map(|forced| forced.until),
            is_on,
            moderator.map(|moderator| moderator.0),
            at,
        ),
    )?;
    audit::record(db, NewAct::of(act_of(what), moderator, at).at_site(site))
}

pub(super) fn changes(db: &Connection, site: &SiteId) -> Result<Vec<SiteChange>, StoreError> {
    all(
        db,
        "select site_changes.key, what, rule, until_at, is_on, moderators.name as name, changed_at
         from site_changes
         join sites on sites.key = site_changes.site_key
         left join moderators on moderators.key = site_changes.moderator_key
         where sites.id = ?1
         order by site_changes.key desc
         limit ?2",
        (site.as_str(), SITE_CHANGES as i64),
        |row| Ok(SiteChange { by: row.get("name")?, what: setting(row)?, at: row.get("changed_at")? }),
    )
}

fn setting(row: &Row<'_>) -> Result<SiteSetting, StoreError> {
    let is_on: Option<bool> = row.get("is_on")?;
    let rule: Option<ForcedRule> = parsed_if_any(row, "site_changes", "rule")?;
    match (row.get::<_, String>("what")?.as_str(), is_on, rule, row.get("until_at")?) {
        ("sensitive", Some(is_on), None, None) => Ok(SiteSetting::Sensitive(is_on)),
        ("two_persons", Some(is_on), None, None) => Ok(SiteSetting::TwoPersons(is_on)),
        ("forced", None, Some(rule), Some(until)) => Ok(SiteSetting::Forced(Forced { rule, until })),
        ("forced", None, None, None) => Ok(SiteSetting::Unforced),
        ("playbook", None, None, None) => Ok(SiteSetting::Playbook),
        ("reasons", None, None, None) => Ok(SiteSetting::Reasons),
        _ => Err(corrupt("site_changes", "what", key(row))),
    }
}

pub(super) fn waiting(db: &Connection, site: &SiteId, limit: usize) -> Result<Vec<i64>, StoreError> {
    all(
        db,
        "select queue_place
         from items
         join sites on sites.key = items.site_key
         where queue_place < ?2
           and sites.id = ?1
         order by queue_place
         limit ?3",
        (site.as_str(), FAR, limit as i64),
        |row| Ok(waits_since(row.get(0)?)),
    )
}

pub(super) fn notice_late(db: &Connection, site: &SiteId, at: i64) -> Result<bool, StoreError> {
    let site_key = items::site_key_or_new(db, site)?;
    let n_rows = execute(
        db,
        "insert into late_notices (site_key, noticed_at)
         values (?1, ?2)
         on conflict (site_key) do update set noticed_at = excluded.noticed_at
         where late_notices.noticed_at <= ?3",
        (site_key, at, at.saturating_sub(LATE_NOTICE_EVERY_MS)),
    )?;
    if n_rows == 0 {
        return Ok(false);
    }
    execute(
        db,
        "insert into notices (site_key, occasion, noticed_at)
         values (?1, 'late', ?2)",
        (site_key, at),
    )?;
    Ok(true)
}
