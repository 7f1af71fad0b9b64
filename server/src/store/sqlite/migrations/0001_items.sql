-- Sites and topics get short keys: they stand in every row and index entry of a post.

create table sites (
  key integer primary key,
  id text not null unique
) strict;

create table topics (
  key integer primary key,
  site_key integer not null references sites,
  id text not null,
  unique (site_key, id)
) strict;

-- What an author gave: a row is only ever added at the end, and overwritten in place with one of equal length when its
-- text goes. So SQLite never moves it within or between pages, which would leave a copy behind in unused space that
-- `secure_delete` does not reach. Overwritten rows begin with a space, which no text does; compaction removes them.
create table item_texts (
  key integer primary key,
  lang text,
  author blob check (length(author) = 8),
  text text not null
) strict;

-- Posts have a kind and a topic, replies have a post. `text_key` is not declared as a foreign key: checking it on
-- compaction would need an index that no query does.
create table items (
  key integer primary key,
  id integer not null unique,
  site_key integer not null references sites,
  topic_key integer references topics,
  kind text check (kind in ('s', 'c', 'q')),
  post_key integer references items on delete cascade,
  state text not null check (state in ('held', 'published', 'declined', 'hidden', 'deleted')),
  is_example integer not null check (is_example in (0, 1)),
  text_key integer,
  reason text,
  recovery blob not null unique check (length(recovery) = 16),
  created_at integer not null,
  helpful_at integer not null,
  n_replies integer not null default 0 check (n_replies >= 0),
  n_heard integer not null default 0 check (n_heard >= 0),
  n_helped integer not null default 0 check (n_helped >= 0),
  n_me_too integer not null default 0 check (n_me_too >= 0),
  is_answered integer not null generated always as (n_replies > 0) virtual,
  check ((kind is null) = (topic_key is null)),
  check ((kind is null) = (post_key is not null)),
  check ((text_key is null) = (state = 'deleted'))
) strict;

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
create index items_replies on items (post_key, state, created_at)
  where post_key is not null;
-- The queue, and what is purged.
create index items_unpublished on items (state, created_at)
  where state = 'held' or state = 'declined' or state = 'deleted';

create table votes (
  item_key integer not null references items on delete cascade,
  reaction text not null check (reaction in ('heard', 'helped', 'me-too')),
  voter blob not null check (length(voter) = 16),
  primary key (item_key, reaction, voter)
) strict, without rowid;

-- `request_hash` is null once the item's text is deleted: a hash of a short text can be guessed.
create table idempotency_keys (
  key_hash blob not null primary key check (length(key_hash) = 32),
  request_hash blob check (length(request_hash) = 32),
  item_key integer not null unique references items on delete cascade,
  created_at integer not null
) strict, without rowid;

create table moderators (
  key integer primary key,
  name text not null unique,
  role text not null check (role in ('viewer', 'moderator', 'lead', 'admin')),
  created_at integer not null,
  closed_at integer
) strict;

create table sign_in_codes (
  code_hash blob not null primary key check (length(code_hash) = 32),
  moderator_key integer not null references moderators,
  expires_at integer not null
) strict, without rowid;

create table sessions (
  session_hash blob not null primary key check (length(session_hash) = 32),
  moderator_key integer not null references moderators,
  expires_at integer not null
) strict, without rowid;

-- Who decided what, when and why. It outlives the item, so `item_id` is no foreign key.
create table decisions (
  key integer primary key,
  item_id integer not null,
  moderator_key integer not null references moderators,
  decision text not null check (decision in ('approve', 'decline', 'hide', 'restore')),
  reason text,
  decided_at integer not null
) strict;

create trigger decisions_are_not_changed before update on decisions
begin
  select raise(abort, 'decisions are only ever added');
end;

create trigger decisions_are_not_removed before delete on decisions
begin
  select raise(abort, 'decisions are only ever added');
end;

-- One row. `overwritten_bytes`: how much compaction would free. `is_vacuum_due`: it was begun and must be finished.
create table upkeep (
  key integer primary key check (key = 1),
  overwritten_bytes integer not null,
  is_vacuum_due integer not null check (is_vacuum_due in (0, 1))
) strict;

insert into upkeep (key, overwritten_bytes, is_vacuum_due) values (1, 0, 0);
