-- Imports of what another system held. `key_hash` knows the key again that ids come from; the key itself is not in the
-- database. A finished import leaves its row, so that the same file is not imported twice.
create table imports (
  key integer primary key,
  site_key integer not null references sites,
  file_hash blob not null check (length(file_hash) = 32),
  key_hash blob check (length(key_hash) = 32),
  choices text not null,
  begun_at integer not null,
  finished_at integer,
  unique (site_key, file_hash),
  check ((key_hash is null) = (finished_at is not null))
) strict;

-- What an import will add to `items`, all at once. The texts are where all texts are, at their place for good.
create table import_items (
  key integer primary key,
  import_key integer not null references imports,
  id integer not null unique,
  post_id integer,
  topic_key integer references topics,
  kind text,
  state text not null check (state in ('held', 'published')),
  is_example integer not null check (is_example in (0, 1)),
  is_owners integer not null check (is_owners in (0, 1)),
  text_key integer not null,
  recovery blob not null,
  created_at integer not null,
  helpful_at integer not null
) strict;

-- The order in which they become items, and the count of a post's replies.
create index import_items_order on import_items (import_key, post_id, created_at, state);

-- When an item came from another system; `created_at` is then when it was written there, perhaps long before anybody here
-- could read it, so what is kept for a time is kept from this moment on.
alter table items add column imported_at integer;

-- In the queue, what was imported waits behind all that visitors sent here: there may be thousands of it. The number added
-- sorts above every moment.
drop index items_queue;
alter table items drop column queue_place;
alter table items add column queue_place integer generated always as (
  case
    when reported_at is not null and state in ('published', 'hidden') then reported_at - 4611686018427387904
    when state = 'held' and imported_at is not null then created_at + 4611686018427387904
    when state = 'held' then created_at
    when state = 'published' then flagged_at
  end
) virtual;
create index items_queue on items (queue_place)
  where queue_place is not null;

-- One row in a copy and none in a store: when the copy was made, and by when it must be thrown away.
create table copy_terms (
  key integer primary key check (key = 1),
  made_at integer not null,
  expires_at integer not null
) strict;
