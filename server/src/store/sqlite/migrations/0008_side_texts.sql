-- What belongs to an item besides its text: what its author replaced (`e`), the new text of what is published, which waits
-- (`w`), and the private words of moderators (`m`) and of the author (`a`). As in `item_texts`, rows are only ever added, and
-- overwritten in place, which makes them an `x`; compaction removes those. For that reason `item_key` is no foreign key.
create table side_texts (
  key integer primary key,
  item_key integer not null,
  side text not null check (side in ('e', 'w', 'm', 'a', 'x')),
  moderator_key integer references moderators,
  notes blob not null default x'00' check (length(notes) = 1),
  text text not null,
  created_at integer not null,
  check (side = 'x' or (side = 'm') = (moderator_key is not null))
) strict;

-- What belongs to one item, the oldest first.
create index side_texts_item on side_texts (item_key)
  where side <> 'x';
-- What is purged.
create index side_texts_waiting on side_texts (created_at)
  where side = 'w';

-- Since when a new text of what is published waits, and since when a word of the author's has no answer.
alter table items add column edited_at integer;
alter table items add column asked_at integer;

-- The queue has these as well, wherever the item stands.
drop index items_queue;
alter table items drop column queue_place;
alter table items add column queue_place integer generated always as (
  case
    when reported_at is not null and state in ('published', 'hidden') then reported_at - 4611686018427387904
    when state = 'held' and imported_at is not null then created_at + 4611686018427387904
    when state = 'held' then created_at
    when state = 'published' then nullif(
      min(
        coalesce(flagged_at, 9223372036854775807),
        coalesce(edited_at, 9223372036854775807),
        coalesce(asked_at, 9223372036854775807)
      ),
      9223372036854775807
    )
    else asked_at
  end
) virtual;
create index items_queue on items (queue_place)
  where queue_place is not null;

-- What is purged: what was published.
create index items_hidden on items (site_key, created_at)
  where state = 'hidden';
