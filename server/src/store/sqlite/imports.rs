//! What comes from another system: stored where nobody sees it, and shown all at once.

use peer_support_domain::post::State;
use peer_support_domain::ranking;
use peer_support_domain::site::SiteId;
use peer_support_domain::vote::VoteCounts;
use rusqlite::{Connection, Row};

use super::{all, bits, execute, first, items, own, state_number};
use crate::store::{Import, ImportId, ImportedItem, NewImport, StoreError, kind_letter};

/// Items of one transaction that takes back, so that others can write in between.
const BATCH_ITEMS: i64 = 1_000;

pub(super) fn of_file(
    db: &Connection,
    site: &SiteId,
    file_hash: &[u8; 32],
) -> Result<Option<Import>, StoreError> {
    first(
        db,
        "select imports.key, file_hash, key_hash, choices, finished_at
         from imports
         join sites on sites.key = imports.site_key
         where sites.id = ?1
           and file_hash = ?2",
        (site.as_str(), file_hash),
        import,
    )
}

pub(super) fn unfinished(db: &Connection, site: &SiteId) -> Result<Vec<Import>, StoreError> {
    all(
        db,
        "select imports.key, file_hash, key_hash, choices, finished_at
         from imports
         join sites on sites.key = imports.site_key
         where sites.id = ?1
           and finished_at is null
         order by imports.key",
        [site.as_str()],
        import,
    )
}

fn import(row: &Row<'_>) -> Result<Import, StoreError> {
    Ok(Import {
        id: ImportId(row.get("key")?),
        file_hash: row.get("file_hash")?,
        key_hash: row.get("key_hash")?,
        choices: row.get("choices")?,
        finished_at: row.get("finished_at")?,
    })
}

pub(super) fn begin(db: &Connection, new: &NewImport) -> Result<ImportId, StoreError> {
    let site_key = items::site_key_or_new(db, &new.site)?;
    execute(
        db,
        "insert into imports (site_key, file_hash, key_hash, choices, begun_at)
         values (?1, ?2, ?3, ?4, ?5)
         on conflict do nothing",
        (site_key, new.file_hash, new.key_hash, &new.choices, new.begun_at),
    )?;
    let key = first(
        db,
        "select key from imports where site_key = ?1 and file_hash = ?2",
        (site_key, new.file_hash),
        |row| Ok(row.get(0)?),
    )?;
    key.map(ImportId).ok_or(StoreError::ImportClosed)
}

/// The key of the site of an import that is open.
fn open_site(db: &Connection, import: ImportId) -> Result<Option<i64>, StoreError> {
    first(db, "select site_key from imports where key = ?1 and finished_at is null", [import.0], |row| {
        Ok(row.get(0)?)
    })
}

pub(super) fn stage(db: &Connection, import: ImportId, staged: &[ImportedItem]) -> Result<(), StoreError> {
    let site_key = open_site(db, import)?.ok_or(StoreError::ImportClosed)?;
    for item in staged {
        let is_there = first(db, "select 1 from import_items where id = ?1", [bits(item.id)], |_| Ok(()))?;
        if is_there.is_some() {
            continue;
        }
        let topic_key = match &item.topic {
            Some((_, topic)) => Some(items::topic_key_or_new(db, site_key, topic)?),
            None => None,
        };
        let text_key = items::add_text(
            db,
            item.lang.as_ref().map(|lang| lang.as_str()),
            item.author.as_ref().map(|author| author.as_bytes().as_slice()),
            item.notes,
            &item.text,
        )?;
        execute(
            db,
            "insert into import_items
               (import_key, id, post_id, topic_key, kind, state, is_example, is_owners, text_key, recovery,
                created_at, helpful_at)
             values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
            (
                import.0,
                bits(item.id),
                item.post.map(bits),
                topic_key,
                item.topic.as_ref().map(|(kind, _)| kind_letter(*kind)),
                item.state.as_str(),
                item.is_example,
                item.is_owners,
                text_key,
                item.recovery.as_bytes(),
                item.created_at,
                ranking::helpful_at_ms(item.created_at, VoteCounts::default()),
            ),
        )?;
    }
    Ok(())
}

/// Makes items of all that is staged. In one transaction, however many they are: that is what shows them at once.
pub(super) fn finish(db: &Connection, import: ImportId, n_items: u64, at: i64) -> Result<(), StoreError> {
    let Some(site_key) = open_site(db, import)? else { return Ok(()) };
    let n_staged: i64 =
        db.query_row("select count(*) from import_items where import_key = ?1", [import.0], |row| {
            row.get(0)
        })?;
    if n_staged.cast_unsigned() != n_items {
        return Err(StoreError::ImportDiffers(n_staged.cast_unsigned(), n_items));
    }
    execute(
        db,
        "insert into items
           (id, site_key, topic_key, kind, state_number, is_example, is_owners, text_key, recovery, created_at, helpful_at,
            imported_at, n_replies)
         select id, ?2, topic_key, kind, case state when 'published' then ?4 else ?5 end, is_example, is_owners, text_key,
           recovery, created_at, helpful_at, ?3,
           (select count(*)
            from import_items as replies
            where replies.import_key = ?1
              and replies.post_id = import_items.id
              and replies.state = 'published')
         from import_items
         where import_key = ?1
           and post_id is null
         order by created_at, key",
        (import.0, site_key, at, state_number(State::Published), state_number(State::Held)),
    )?;
    execute(
        db,
        "insert into items
           (id, site_key, post_key, state_number, is_example, is_owners, text_key, recovery, created_at, helpful_at,
            imported_at)
         select import_items.id, ?2, posts.key, case import_items.state when 'published' then ?4 else ?5 end,
           import_items.is_example, import_items.is_owners, import_items.text_key, import_items.recovery,
           import_items.created_at, import_items.helpful_at, ?3
         from import_items
         join items as posts on posts.id = import_items.post_id
         where import_items.import_key = ?1
           and import_items.post_id is not null
         order by import_items.post_id, import_items.created_at, import_items.key",
        (import.0, site_key, at, state_number(State::Published), state_number(State::Held)),
    )?;
    execute(
        db,
        "update imports
         set finished_at = ?2, key_hash = null
         where key = ?1",
        (import.0, at),
    )?;
    Ok(())
}

/// Removes some of what finished imports have staged, which are items now; how many.
pub(super) fn sweep(db: &Connection) -> Result<u64, StoreError> {
    let n_swept = execute(
        db,
        "delete from import_items
         where key in (
           select import_items.key
           from imports
           join import_items on import_items.import_key = imports.key
           where finished_at is not null
           limit ?1
         )",
        [BATCH_ITEMS],
    )?;
    Ok(n_swept as u64)
}

/// Takes back some of what an unfinished import has staged; how many. When none is left, and it was swept when it was
/// finished, its record goes.
pub(super) fn abandon(db: &Connection, import: ImportId) -> Result<u64, StoreError> {
    if open_site(db, import)?.is_some() {
        let staged: Vec<(i64, i64)> = all(
            db,
            "select key, text_key
             from import_items
             where import_key = ?1
             limit ?2",
            (import.0, BATCH_ITEMS),
            |row| Ok((row.get(0)?, row.get(1)?)),
        )?;
        for (key, text_key) in &staged {
            own::overwrite_text(db, *text_key)?;
            execute(db, "delete from import_items where key = ?1", [key])?;
        }
        if !staged.is_empty() {
            return Ok(staged.len() as u64);
        }
    }
    execute(
        db,
        "delete from imports
         where key = ?1
           and not exists (select 1 from import_items where import_key = ?1)",
        [import.0],
    )?;
    Ok(0)
}

/// The unfinished imports that were begun before a moment; all of them without one.
pub(super) fn begun_before(db: &Connection, moment: Option<i64>) -> Result<Vec<ImportId>, StoreError> {
    all(
        db,
        "select key
         from imports
         where finished_at is null
           and (?1 is null or begun_at < ?1)",
        [moment],
        |row| Ok(ImportId(row.get(0)?)),
    )
}
