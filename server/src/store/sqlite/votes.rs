//! Kind words of one tap.

use peer_support_domain::ranking;
use peer_support_domain::vote::{Reaction, VoteCounts};
use rusqlite::Connection;

use super::{bits, counts, execute, first};
use crate::store::{StoreError, Vote, recounted};

pub(super) fn vote(db: &Connection, vote: &Vote) -> Result<Option<VoteCounts>, StoreError> {
    let Some(item) = voted_item(db, vote)? else { return Ok(None) };
    let n_added = execute(
        db,
        "insert into votes (item_key, reaction, voter)
         values (?1, ?2, ?3)
         on conflict do nothing",
        (item.key, vote.reaction.as_str(), vote.voter.as_bytes()),
    )?;
    recount(db, &item, vote.reaction, n_added as i64).map(Some)
}

pub(super) fn unvote(db: &Connection, vote: &Vote) -> Result<Option<VoteCounts>, StoreError> {
    let Some(item) = voted_item(db, vote)? else { return Ok(None) };
    let n_removed = execute(
        db,
        "delete from votes
         where item_key = ?1
           and reaction = ?2
           and voter = ?3",
        (item.key, vote.reaction.as_str(), vote.voter.as_bytes()),
    )?;
    recount(db, &item, vote.reaction, -(n_removed as i64)).map(Some)
}

struct VotedItem {
    key: i64,
    created_at: i64,
    counts: VoteCounts,
}

/// The item of a vote, when everyone can see it.
fn voted_item(db: &Connection, vote: &Vote) -> Result<Option<VotedItem>, StoreError> {
    first(
        db,
        "select items.key, items.created_at, items.n_heard, items.n_helped, items.n_me_too
         from items
         left join items as posts on posts.key = items.post_key
         where items.id = ?1
           and items.state = 'published'
           and (items.post_key is null or posts.state = 'published')",
        [bits(vote.item)],
        |row| {
            Ok(VotedItem { key: row.get("key")?, created_at: row.get("created_at")?, counts: counts(row)? })
        },
    )
}

/// Keeps the counts, and the place that follows from them, in step with the votes.
fn recount(
    db: &Connection,
    item: &VotedItem,
    reaction: Reaction,
    change: i64,
) -> Result<VoteCounts, StoreError> {
    if change == 0 {
        return Ok(item.counts);
    }
    let counts = recounted(item.counts, reaction, change);
    execute(
        db,
        "update items
         set n_heard = ?2, n_helped = ?3, n_me_too = ?4, helpful_at = ?5
         where key = ?1",
        (
            item.key,
            counts.heard,
            counts.helped,
            counts.me_too,
            ranking::helpful_at_ms(item.created_at, counts),
        ),
    )?;
    Ok(counts)
}
