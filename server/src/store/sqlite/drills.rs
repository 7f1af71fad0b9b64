//! Fire drills; see `store/drill.rs`.

use peer_support_domain::audit::Act;
use peer_support_domain::desk::DeskChange;
use peer_support_domain::drill::{Ending, Handling};
use peer_support_domain::limits::DRILLS_LISTED;
use peer_support_domain::site::SiteId;
use peer_support_domain::wire::Drill;
use rusqlite::{Connection, Row};

use super::{all, audit, bits, corrupt, execute, first, item_id, items, key, live, parsed, purge, search};
use crate::store::audit::NewAct;
use crate::store::drill::{DrillRow, NewDrill, Running, expected_text, told};
use crate::store::{ModeratorId, NewDecision, StoreError};

pub(super) fn begin(db: &Connection, new: &NewDrill) -> Result<bool, StoreError> {
    let site_key = items::site_key_or_new(db, &new.site)?;
    if running_on(db, site_key)?.is_some() {
        return Ok(false);
    }
    execute(
        db,
        "insert into drills (site_key, begun_at, until_at)
         values (?1, ?2, ?3)",
        (site_key, new.at, new.until),
    )?;
    let drill_key = db.last_insert_rowid();
    for one in &new.items {
        items::add_made_up(db, &one.item)?;
        execute(
            db,
            "insert into drill_items (drill_key, urgency, expected, item_key)
             select ?1, ?2, ?3, key
             from items
             where id = ?4",
            (drill_key, one.urgency.as_str(), expected_text(&one.expected), bits(one.item.id)),
        )?;
    }
    audit::record(db, NewAct::of(Act::DrillBegun, Some(new.by), new.at).at_site(&new.site))?;
    Ok(true)
}

fn running_on(db: &Connection, site_key: i64) -> Result<Option<i64>, StoreError> {
    first(db, "select key from drills where site_key = ?1 and ended_at is null", [site_key], |row| {
        Ok(row.get(0)?)
    })
}

/// Notes that a moderator reads a made-up item; only the first time counts.
pub(super) fn note_claim(db: &Connection, item_key: i64, at: i64) -> Result<(), StoreError> {
    execute(
        db,
        "update drill_items
         set claimed_at = ?2
         where item_key = ?1
           and claimed_at is null",
        (item_key, at),
    )?;
    Ok(())
}

/// Notes that a made-up item was passed on to a lead.
pub(super) fn note_passing_on(db: &Connection, item_key: i64, at: i64) -> Result<(), StoreError> {
    execute(
        db,
        "update drill_items
         set passed_on_at = ?2
         where item_key = ?1
           and passed_on_at is null",
        (item_key, at),
    )?;
    Ok(())
}

/// Notes what was decided about a made-up item; what is decided later changes nothing.
pub(super) fn note_decision(db: &Connection, item_key: i64, new: &NewDecision) -> Result<(), StoreError> {
    let outcome = Handling::of(new.decision, !new.how.taken_out.is_empty());
    execute(
        db,
        "update drill_items
         set decided_at = ?2, outcome = ?3
         where item_key = ?1
           and decided_at is null",
        (item_key, new.at, outcome.as_str()),
    )?;
    Ok(())
}

/// Those that run, with what tells whether they are over.
fn running(db: &Connection) -> Result<Vec<Running>, StoreError> {
    all(
        db,
        "select drills.key, until_at, count(drill_items.key) as n_items, count(decided_at) as n_decided,
           max(decided_at) as last_decided_at
         from drills
         left join drill_items on drill_items.drill_key = drills.key
         where ended_at is null
         group by drills.key",
        [],
        |row| {
            Ok(Running {
                key: key(row),
                until_at: row.get("until_at")?,
                n_items: row.get("n_items")?,
                n_decided: row.get("n_decided")?,
                last_decided_at: row.get("last_decided_at")?,
            })
        },
    )
}

/// Whether any is over.
pub(super) fn is_due(db: &Connection, at: i64, is_restart: bool) -> Result<bool, StoreError> {
    Ok(running(db)?.iter().any(|drill| drill.ending(at, is_restart).is_some()))
}

/// Ends those that are over; how many.
pub(super) fn end_due(db: &Connection, at: i64, is_restart: bool) -> Result<u64, StoreError> {
    let mut n_ended = 0;
    for drill in running(db)? {
        if let Some(ending) = drill.ending(at, is_restart) {
            end(db, drill.key, ending, None, at)?;
            n_ended += 1;
        }
    }
    Ok(n_ended)
}

pub(super) fn stop(db: &Connection, site: &SiteId, by: ModeratorId, at: i64) -> Result<bool, StoreError> {
    let Some(site_key) = items::site_key(db, site)? else { return Ok(false) };
    let Some(drill_key) = running_on(db, site_key)? else { return Ok(false) };
    end(db, drill_key, Ending::Stopped, Some(by), at)?;
    Ok(true)
}

/// What stands about an item outside of its row and the tables that go with that.
const TRACES: [&str; 6] = [
    "delete from decisions where item_id = ?1",
    "delete from escalations where item_id = ?1",
    "delete from desk_events where item_id = ?1",
    "delete from proposals where item_id = ?1",
    "delete from notices where item_id = ?1",
    "delete from deliveries where item_id = ?1",
];

/// Takes the items away with all that is recorded about them, and keeps the numbers.
fn end(
    db: &Connection,
    drill_key: i64,
    ending: Ending,
    by: Option<ModeratorId>,
    at: i64,
) -> Result<(), StoreError> {
    let made_up = all(
        db,
        "select items.key, items.id
         from drill_items
         join items on items.key = drill_items.item_key
         where drill_items.drill_key = ?1",
        [drill_key],
        |row| Ok((key(row), item_id(row, "id")?)),
    )?;
    let keys: Vec<i64> = made_up.iter().map(|(key, _)| *key).collect();
    search::forget(db, &keys)?;
    for (item_key, id) in made_up {
        live::tell_desk(db, id, DeskChange::Decided)?;
        for statement in TRACES {
            execute(db, statement, [bits(id)])?;
        }
        purge::remove(db, item_key)?;
    }
    search::end_with_newest(db)?;
    execute(
        db,
        "update drills
         set ended_at = ?2, ending = ?3
         where key = ?1",
        (drill_key, at, ending.as_str()),
    )?;
    let site: SiteId = first(
        db,
        "select sites.key, sites.id
         from drills
         join sites on sites.key = drills.site_key
         where drills.key = ?1",
        [drill_key],
        |row| parsed(row, "sites", "id"),
    )?
    .ok_or_else(|| corrupt("drills", "site_key", drill_key))?;
    let act = NewAct::of(Act::DrillEnded, by, at).because(ending.as_str());
    audit::record(db, act.at_site(&site))
}

pub(super) fn list(db: &Connection, site: &SiteId) -> Result<Vec<Drill>, StoreError> {
    let Some(site_key) = items::site_key(db, site)? else { return Ok(Vec::new()) };
    all(
        db,
        "select key, begun_at, until_at, ended_at, ending
         from drills
         where site_key = ?1
         order by key desc
         limit ?2",
        (site_key, DRILLS_LISTED as i64),
        |row| {
            let begun_at: i64 = row.get("begun_at")?;
            let ending: Option<String> = row.get("ending")?;
            let items = items_of(db, key(row))?;
            let items = items.into_iter().map(|item| item.told(begun_at)).collect::<Result<_, _>>()?;
            told(key(row), begun_at, row.get("until_at")?, row.get("ended_at")?, ending.as_deref(), items)
        },
    )
}

fn items_of(db: &Connection, drill_key: i64) -> Result<Vec<DrillRow>, StoreError> {
    all(
        db,
        "select key, urgency, expected, claimed_at, passed_on_at, decided_at, outcome
         from drill_items
         where drill_key = ?1
         order by key",
        [drill_key],
        |row: &Row<'_>| {
            Ok(DrillRow {
                key: key(row),
                urgency: row.get("urgency")?,
                expected: row.get("expected")?,
                claimed_at: row.get("claimed_at")?,
                passed_on_at: row.get("passed_on_at")?,
                decided_at: row.get("decided_at")?,
                outcome: row.get("outcome")?,
            })
        },
    )
}
