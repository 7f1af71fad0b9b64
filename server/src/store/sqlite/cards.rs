//! What a site's moderators pinned above its posts.

use peer_support_domain::audit::Act;
use peer_support_domain::site::SiteId;
use peer_support_domain::wire::Card;
use rusqlite::Connection;

use super::{all, audit, execute, first, items, parsed, parsed_if_any};
use crate::store::audit::NewAct;
use crate::store::{ModeratorId, StoreError};

pub(super) fn list(db: &Connection, site: &SiteId) -> Result<Option<Vec<Card>>, StoreError> {
    let was_ever_changed = first(
        db,
        "select 1
         from card_changes
         join sites on sites.key = card_changes.site_key
         where sites.id = ?1",
        [site.as_str()],
        |_| Ok(()),
    )?;
    if was_ever_changed.is_none() {
        return Ok(None);
    }
    let cards = all(
        db,
        "select cards.key, kind, title, text, lang
         from cards
         where site_key = (select key from sites where id = ?1)
         order by place",
        [site.as_str()],
        |row| {
            Ok(Card {
                kind: parsed(row, "cards", "kind")?,
                title: row.get("title")?,
                text: row.get("text")?,
                lang: parsed_if_any(row, "cards", "lang")?,
            })
        },
    )?;
    Ok(Some(cards))
}

pub(super) fn put(
    db: &Connection,
    site: &SiteId,
    cards: &[Card],
    moderator: Option<ModeratorId>,
    at: i64,
) -> Result<(), StoreError> {
    let site_key = items::site_key_or_new(db, site)?;
    execute(db, "delete from cards where site_key = ?1", [site_key])?;
    for (place, card) in (0_i64..).zip(cards) {
        execute(
            db,
            "insert into cards (site_key, place, kind, title, text, lang)
             values (?1, ?2, ?3, ?4, ?5, ?6)",
            (
                site_key,
                place,
                card.kind.as_str(),
                &card.title,
                &card.text,
                card.lang.as_ref().map(|lang| lang.as_str()),
            ),
        )?;
    }
    execute(
        db,
        "insert into card_changes (site_key, moderator_key, n_cards, changed_at)
         values (?1, ?2, ?3, ?4)",
        (site_key, moderator.map(|moderator| moderator.0), cards.len() as i64, at),
    )?;
    audit::record(db, NewAct::of(Act::CardsWritten, moderator, at).at_site(site))
}
