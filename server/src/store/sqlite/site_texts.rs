//! What a site wrote for its moderators.

use peer_support_domain::site::SiteId;
use peer_support_domain::wire::{Playbook, ReasonTemplate, SiteSetting};
use rusqlite::Connection;

use super::{all, execute, first, items, sites};
use crate::store::{ModeratorId, StoreError};

pub(super) fn playbook(db: &Connection, site: &SiteId) -> Result<Option<Playbook>, StoreError> {
    if !was_written(db, site, "playbook")? {
        return Ok(None);
    }
    let steps =
        |colour: &str| shelf(db, site, colour).map(|texts| texts.into_iter().map(|(_, text)| text).collect());
    Ok(Some(Playbook { green: steps("green")?, amber: steps("amber")?, red: steps("red")? }))
}

pub(super) fn put_playbook(
    db: &Connection,
    site: &SiteId,
    playbook: &Playbook,
    moderator: ModeratorId,
    at: i64,
) -> Result<(), StoreError> {
    let Playbook { green, amber, red } = playbook;
    for (colour, steps) in [("green", green), ("amber", amber), ("red", red)] {
        put(db, site, colour, steps.iter().map(|step| (None, step.as_str())))?;
    }
    sites::change(db, site, SiteSetting::Playbook, Some(moderator), at)
}

pub(super) fn reasons(db: &Connection, site: &SiteId) -> Result<Option<Vec<ReasonTemplate>>, StoreError> {
    if !was_written(db, site, "reasons")? {
        return Ok(None);
    }
    let texts = shelf(db, site, "reason")?;
    let to_reason =
        |(name, text): (Option<String>, String)| ReasonTemplate { name: name.unwrap_or_default(), text };
    Ok(Some(texts.into_iter().map(to_reason).collect()))
}

pub(super) fn put_reasons(
    db: &Connection,
    site: &SiteId,
    reasons: &[ReasonTemplate],
    moderator: ModeratorId,
    at: i64,
) -> Result<(), StoreError> {
    put(db, site, "reason", reasons.iter().map(|reason| (Some(reason.name.as_str()), reason.text.as_str())))?;
    sites::change(db, site, SiteSetting::Reasons, Some(moderator), at)
}

fn was_written(db: &Connection, site: &SiteId, what: &str) -> Result<bool, StoreError> {
    let written = first(
        db,
        "select 1
         from site_changes
         join sites on sites.key = site_changes.site_key
         where sites.id = ?1
           and what = ?2
         limit 1",
        (site.as_str(), what),
        |_| Ok(()),
    )?;
    Ok(written.is_some())
}

fn shelf(db: &Connection, site: &SiteId, shelf: &str) -> Result<Vec<(Option<String>, String)>, StoreError> {
    all(
        db,
        "select name, text
         from site_texts
         where site_key = (select key from sites where id = ?1)
           and shelf = ?2
         order by place",
        (site.as_str(), shelf),
        |row| Ok((row.get(0)?, row.get(1)?)),
    )
}

fn put<'a>(
    db: &Connection,
    site: &SiteId,
    shelf: &str,
    texts: impl Iterator<Item = (Option<&'a str>, &'a str)>,
) -> Result<(), StoreError> {
    let site_key = items::site_key_or_new(db, site)?;
    execute(db, "delete from site_texts where site_key = ?1 and shelf = ?2", (site_key, shelf))?;
    for (place, (name, text)) in (0_i64..).zip(texts) {
        execute(
            db,
            "insert into site_texts (site_key, shelf, place, name, text)
             values (?1, ?2, ?3, ?4, ?5)",
            (site_key, shelf, place, name, text),
        )?;
    }
    Ok(())
}
