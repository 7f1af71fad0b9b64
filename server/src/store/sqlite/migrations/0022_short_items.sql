-- Items in fewer bytes, of which each counts a million times. SQLite can neither change a column nor take a constraint away, so the
-- table is made anew. Foreign keys are off meanwhile, by which all that belongs to items would go, and triggers of other tables may
-- name `items` while it is not there.
pragma legacy_alter_table = on;

-- `state_number` takes no byte where `state` took nine. A prefix of `recovery` is enough to find it by; it is never the same twice
-- because who adds an item looks before.
create table short_items (
  key integer primary key,
  id integer not null unique,
  site_key integer not null references sites,
  topic_key integer references topics,
  kind text check (kind in ('s', 'c', 'q')),
  post_key integer references items on delete cascade,
  state_number integer not null check (state_number between 0 and 4),
  state text not null generated always as (
    case state_number
      when 0 then 'held'
      when 1 then 'published'
      when 2 then 'declined'
      when 3 then 'hidden'
      when 4 then 'deleted'
    end
  ) virtual,
  is_example integer not null check (is_example in (0, 1)),
  text_key integer,
  reason text,
  recovery blob not null check (length(recovery) = 16),
  created_at integer not null,
  helpful_at integer not null,
  n_replies integer not null default 0 check (n_replies >= 0),
  n_heard integer not null default 0 check (n_heard >= 0),
  n_helped integer not null default 0 check (n_helped >= 0),
  n_me_too integer not null default 0 check (n_me_too >= 0),
  is_answered integer not null generated always as (n_replies > 0) virtual,
  flags integer not null default 0 check (flags >= 0),
  is_owners integer not null default 0 check (is_owners in (0, 1)),
  reported_at integer,
  flagged_at integer,
  imported_at integer,
  edited_at integer,
  asked_at integer,
  escalated_at integer,
  objected_at integer,
  -- Where the item stands in the queue, if it does: see the migrations before.
  queue_place integer generated always as (
    case
      when escalated_at is not null and state <> 'deleted'
        then case when state = 'held' then created_at
          else coalesce(reported_at, flagged_at, edited_at, asked_at, escalated_at) end - 9223372036854775807
      when reported_at is not null and state in ('published', 'hidden')
        then reported_at - case when flags & 2048 <> 0 then 9223372036854775807 else 4611686018427387904 end
      when state = 'held' and imported_at is not null then created_at + 4611686018427387904
      when state = 'held' then created_at - case when flags & 32 <> 0 then 9223372036854775807 else 0 end
      when state = 'published' and edited_at is not null and flags & 32 <> 0 then edited_at - 9223372036854775807
      when objected_at is not null and state <> 'deleted' then objected_at - 4611686018427387904
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
  ) virtual,
  drill_state text
    check (drill_state is null or drill_state <> 'deleted' and state in ('held', 'declined')),
  check ((kind is null) = (topic_key is null)),
  check ((kind is null) = (post_key is not null)),
  check ((text_key is null) = (state = 'deleted'))
) strict;

insert into short_items
  (key, id, site_key, topic_key, kind, post_key, state_number, is_example, text_key, reason, recovery, created_at, helpful_at,
   n_replies, n_heard, n_helped, n_me_too, flags, is_owners, reported_at, flagged_at, imported_at, edited_at, asked_at,
   escalated_at, objected_at, drill_state)
select key, id, site_key, topic_key, kind, post_key,
  case state when 'held' then 0 when 'published' then 1 when 'declined' then 2 when 'hidden' then 3 when 'deleted' then 4 end,
  is_example, text_key, reason, recovery, created_at, helpful_at,
  n_replies, n_heard, n_helped, n_me_too, flags, is_owners, reported_at, flagged_at, imported_at, edited_at, asked_at,
  escalated_at, objected_at, drill_state
from items
order by key;

drop table items;
alter table short_items rename to items;
pragma legacy_alter_table = off;

-- An item by its recovery code.
create index items_recovery on items (substr(recovery, 1, 4));
-- Feeds: orders new (backwards) and unanswered, of all topics and of one. A feed of all kinds merges their ranges.
create index items_new on items (site_key, kind, is_answered, created_at)
  where state = 'published' and kind is not null;
create index items_new_in_topic on items (topic_key, kind, is_answered, created_at)
  where state = 'published' and kind is not null;
-- Feeds: order helpful (backwards), of all topics and of one.
create index items_helpful on items (site_key, kind, helpful_at)
  where state = 'published' and kind is not null;
create index items_helpful_in_topic on items (topic_key, kind, helpful_at)
  where state = 'published' and kind is not null;
-- The replies of a post; also those that go with it when it is purged.
create index items_replies on items (post_key, state_number, created_at)
  where post_key is not null;
-- The queue, and what is purged.
create index items_unpublished on items (state, created_at)
  where state = 'held' or state = 'declined' or state = 'deleted';
create index items_hidden on items (site_key, created_at)
  where state = 'hidden';
-- Posts that are in no block of the search yet, and whether a block has any left.
create index items_in_site on items (site_key)
  where kind is not null;
-- What waits, and what waits on one site.
create index items_queue on items (queue_place)
  where queue_place is not null;
create index items_queue_of on items (site_key, queue_place)
  where queue_place is not null;
-- What moderators look for among what others do not read: the newest first, in each state.
create index items_not_public on items (state)
  where state = 'held' or state = 'declined' or state = 'hidden';
-- Made-up items by where they stand at the desk.
create index items_of_drills on items (drill_state)
  where drill_state is not null;
