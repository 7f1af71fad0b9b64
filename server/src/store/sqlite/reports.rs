//! What readers report, and when that alone hides an item.

use peer_support_domain::desk::DeskChange;
use peer_support_domain::flag::{Flag, Flags};
use peer_support_domain::id::ItemId;
use peer_support_domain::limits::{REPORT_RETENTION_MS, REPORTS_OF_ITEM};
use peer_support_domain::post::{Decision, State};
use peer_support_domain::report::ReportReason;
use peer_support_domain::roles::Reach;
use peer_support_domain::statistics::Tally;
use rusqlite::Connection;

use super::{all, bits, execute, first, item_id, items, live, outbox, parsed, queue, state_number, tallies};
use crate::store::{Hiding, NewReport, ReportStanding, Reported, Rule, SecretHash, StoreError, hour_of};

pub(super) fn report(db: &Connection, new: &NewReport) -> Result<Option<Reported>, StoreError> {
    let Some(item) = reported_item(db, new)? else { return Ok(None) };
    let standing =
        |state, is_decided| ReportStanding { item: new.item, reason: new.reason, state, is_decided };
    if let Some(is_decided) = item.is_decided {
        execute(
            db,
            "update reports
             set reason = ?3, receipt = ?4
             where item_key = ?1
               and reporter = ?2",
            (item.key, new.reporter.as_bytes(), new.reason.as_str(), new.receipt),
        )?;
        if !is_decided {
            mark_danger(db, item.key, new)?;
        }
        let state = hide_if_due(db, &item, new)?;
        live::tell_desk(db, new.item, DeskChange::New)?;
        return Ok(Some(Reported::CountedBefore(standing(state, is_decided))));
    }
    let reasons = reasons(db, item.key)?;
    if reasons.len() as u64 >= u64::from(REPORTS_OF_ITEM) {
        return Ok(Some(Reported::Enough(standing(item.state, false))));
    }
    execute(
        db,
        "insert into reports (item_key, reporter, reason, receipt, reported_at, has_force)
         values (?1, ?2, ?3, ?4, ?5, ?6)",
        (item.key, new.reporter.as_bytes(), new.reason.as_str(), new.receipt, hour_of(new.at), new.has_force),
    )?;
    execute(
        db,
        "update items
         set reported_at = coalesce(reported_at, ?2)
         where key = ?1",
        (item.key, hour_of(new.at)),
    )?;
    tallies::count(db, new.item, Tally::Reported(new.reason), new.at)?;
    mark_danger(db, item.key, new)?;
    let state = hide_if_due(db, &item, new)?;
    live::tell_desk(db, new.item, DeskChange::New)?;
    Ok(Some(Reported::Counted(standing(state, false))))
}

/// Puts what a reader says somebody is in danger of before all else, until a moderator has decided.
fn mark_danger(db: &Connection, item_key: i64, new: &NewReport) -> Result<(), StoreError> {
    if new.reason == ReportReason::Danger {
        let was_at_risk = outbox::is_at_risk(db, item_key)?;
        let danger = Flags::from_iter([Flag::Danger]).bits();
        execute(db, "update items set flags = flags | ?2 where key = ?1", (item_key, danger))?;
        outbox::notice_risk(db, item_key, was_at_risk, new.at)?;
    }
    Ok(())
}

struct ReportedItem {
    key: i64,
    post_key: Option<i64>,
    state: State,
    /// Whether a moderator has decided about the report that this reader made before; `None` when there is none.
    is_decided: Option<bool>,
}

/// The item of a report, when everyone can see it or this reader reported it before.
fn reported_item(db: &Connection, new: &NewReport) -> Result<Option<ReportedItem>, StoreError> {
    first(
        db,
        "select items.key, items.post_key, items.state, reports.is_decided
         from items
         left join items as posts on posts.key = items.post_key
         left join reports on reports.item_key = items.key and reports.reporter = ?2
         where items.id = ?1
           and (
             reports.is_decided is not null
             or items.state = 'published' and (items.post_key is null or posts.state = 'published')
           )",
        (bits(new.item), new.reporter.as_bytes()),
        |row| {
            Ok(ReportedItem {
                key: row.get("key")?,
                post_key: row.get("post_key")?,
                state: parsed(row, "items", "state")?,
                is_decided: row.get("is_decided")?,
            })
        },
    )
}

/// The reasons of the reports about which nobody has decided.
pub(super) fn reasons(db: &Connection, item_key: i64) -> Result<Vec<ReportReason>, StoreError> {
    all(
        db,
        "select item_key as key, reason
         from reports
         where item_key = ?1
           and is_decided = 0",
        [item_key],
        |row| parsed(row, "reports", "reason"),
    )
}

/// Hides a published item when enough readers reported it and no moderator is there; where it stands then.
fn hide_if_due(db: &Connection, item: &ReportedItem, new: &NewReport) -> Result<State, StoreError> {
    let Some(Hiding { n_reporters, unless_seen_after }) = new.hiding else { return Ok(item.state) };
    if item.state != State::Published {
        return Ok(item.state);
    }
    let n_with_force: u32 = db
        .prepare_cached(
            "select count(*)
             from reports
             where item_key = ?1
               and has_force = 1
               and is_decided = 0",
        )?
        .query_row([item.key], |row| row.get(0))?;
    if n_with_force < n_reporters || is_moderator_there(db, item.key, unless_seen_after)? {
        return Ok(item.state);
    }
    execute(
        db,
        "update items
         set state_number = ?2, reason = null
         where key = ?1",
        (item.key, state_number(State::Hidden)),
    )?;
    if let Some(post_key) = item.post_key {
        items::count_reply(db, post_key, -1)?;
    }
    queue::record_by_rule(db, new.item, Rule::Reports, Decision::Hide, new.at)?;
    Ok(State::Hidden)
}

/// Whether somebody who may decide about this item was there.
fn is_moderator_there(db: &Connection, item_key: i64, seen_after: i64) -> Result<bool, StoreError> {
    let seen_at = first(
        db,
        "select max(
           coalesce((select moderator_seen_at from presence where key = 1), ?2),
           coalesce((select moderator_seen_at from site_presence where site_key = items.site_key), ?2)
         )
         from items
         where key = ?1",
        (item_key, seen_after),
        |row| Ok(row.get::<_, i64>(0)?),
    )?;
    Ok(seen_at.is_some_and(|seen_at| seen_at > seen_after))
}

pub(super) fn see_moderator(db: &Connection, reach: &Reach, at: i64) -> Result<(), StoreError> {
    if let Reach::Sites(sites) = reach {
        for site in sites {
            let site_key = items::site_key_or_new(db, site)?;
            execute(
                db,
                "insert into site_presence (site_key, moderator_seen_at)
                 values (?1, ?2)
                 on conflict (site_key) do update set moderator_seen_at = max(moderator_seen_at, excluded.moderator_seen_at)",
                (site_key, at),
            )?;
        }
        return Ok(());
    }
    execute(
        db,
        "insert into presence (key, moderator_seen_at)
         values (1, ?1)
         on conflict (key) do update set moderator_seen_at = max(moderator_seen_at, excluded.moderator_seen_at)",
        [at],
    )?;
    Ok(())
}

pub(super) fn report_of(db: &Connection, receipt: &SecretHash) -> Result<Option<ReportStanding>, StoreError> {
    first(
        db,
        "select items.key, items.id, items.state, reports.reason, reports.is_decided
         from reports
         join items on items.key = reports.item_key
         where reports.receipt = ?1",
        [receipt],
        |row| {
            Ok(ReportStanding {
                item: item_id(row, "id")?,
                reason: parsed(row, "reports", "reason")?,
                state: parsed(row, "items", "state")?,
                is_decided: row.get("is_decided")?,
            })
        },
    )
}

pub(super) fn flag(db: &Connection, item: ItemId, flag: Flag, at: i64) -> Result<bool, StoreError> {
    let bit = i64::from(Flags::from_iter([flag]).bits());
    let n_flagged = execute(
        db,
        "update items
         set flags = flags | ?2, flagged_at = case when flags & ?2 = 0 then coalesce(flagged_at, ?3) else flagged_at end
         where id = ?1
           and state = 'published'",
        (bits(item), bit, at),
    )?;
    live::tell_desk(db, item, DeskChange::New)?;
    Ok(n_flagged == 1)
}

/// Forgets what was decided long ago; its receipt opens nothing any more.
pub(super) fn purge(db: &Connection, now: i64) -> Result<(), StoreError> {
    execute(
        db,
        "delete from reports
         where is_decided = 1
           and reported_at < ?1",
        [now.saturating_sub(REPORT_RETENTION_MS)],
    )?;
    Ok(())
}
