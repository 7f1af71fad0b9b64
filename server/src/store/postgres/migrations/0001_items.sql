-- The same tables as in SQLite; see there for what is not said here.

create table sites (
  key bigint primary key generated always as identity,
  id text not null unique
);

create table topics (
  key bigint primary key generated always as identity,
  site_key bigint not null references sites,
  id text not null,
  unique (site_key, id)
);

-- Posts have a kind and a topic, replies have a post.
create table items (
  key bigint primary key generated always as identity,
  id bigint not null unique,
  site_key bigint not null references sites,
  topic_key bigint references topics,
  kind text check (kind in ('s', 'c', 'q')),
  post_key bigint references items on delete cascade,
  state text not null check (state in ('held', 'published', 'declined', 'hidden', 'deleted')),
  is_example boolean not null,
  reason text,
  recovery bytea not null unique check (length(recovery) = 16),
  created_at bigint not null,
  helpful_at bigint not null,
  n_replies integer not null default 0 check (n_replies >= 0),
  n_heard integer not null default 0 check (n_heard >= 0),
  n_helped integer not null default 0 check (n_helped >= 0),
  n_me_too integer not null default 0 check (n_me_too >= 0),
  is_answered boolean not null generated always as (n_replies > 0) stored,
  check ((kind is null) = (topic_key is null)),
  check ((kind is null) = (post_key is not null))
);

-- Feeds: orders new (backwards) and unanswered, of all topics and of one. A feed of all kinds merges their ranges.
create index items_new on items (site_key, kind, is_answered, created_at, key)
  where state = 'published' and kind is not null;
create index items_new_in_topic on items (topic_key, kind, is_answered, created_at, key)
  where state = 'published' and kind is not null;
-- Feeds: order helpful (backwards), of all topics and of one.
create index items_helpful on items (site_key, kind, helpful_at, key)
  where state = 'published' and kind is not null;
create index items_helpful_in_topic on items (topic_key, kind, helpful_at, key)
  where state = 'published' and kind is not null;
-- The replies of a post; also those that go with it when it is purged.
create index items_replies on items (post_key, state, created_at, key)
  where post_key is not null;
-- The queue, and what is purged.
create index items_unpublished on items (state, created_at, key)
  where state = 'held' or state = 'declined' or state = 'deleted';

-- What an author gave. PostgreSQL leaves what is deleted in a table's file until the space is used again, so a deletion
-- rewrites the file of its partition. No text stands in an index, nor, with statistics off, in a sample of the planner's.
-- `item_key` is not declared as a foreign key: rewriting would check, and lock, every item again.
create table item_texts (
  item_key bigint primary key,
  lang text,
  author bytea check (length(author) = 8),
  text text not null
) partition by hash (item_key);

do $$
begin
  for remainder in 0..31 loop
    execute format(
      'create table item_texts_%s partition of item_texts for values with (modulus 32, remainder %s)',
      remainder,
      remainder
    );
    execute format(
      'alter table item_texts_%s
         alter column text set storage external,
         alter column text set statistics 0,
         alter column author set statistics 0',
      remainder
    );
  end loop;
end
$$;

alter table item_texts
  alter column text set statistics 0,
  alter column author set statistics 0;

-- Deletions whose partition has not been rewritten yet: what a crash leaves is found here.
create table text_rewrites (
  key bigint primary key generated always as identity,
  partition_name text not null
);

create table votes (
  item_key bigint not null references items on delete cascade,
  reaction text not null check (reaction in ('heard', 'helped', 'me-too')),
  voter bytea not null check (length(voter) = 16),
  primary key (item_key, reaction, voter)
);

alter table votes alter column voter set statistics 0;

-- `request_hash` is null once the item's text is deleted: a hash of a short text can be guessed.
create table idempotency_keys (
  key_hash bytea not null primary key check (length(key_hash) = 32),
  request_hash bytea check (length(request_hash) = 32),
  item_key bigint not null unique references items on delete cascade,
  created_at bigint not null
);

create table moderators (
  key bigint primary key generated always as identity,
  name text not null unique,
  role text not null check (role in ('viewer', 'moderator', 'lead', 'admin')),
  created_at bigint not null,
  closed_at bigint
);

create table sign_in_codes (
  code_hash bytea not null primary key check (length(code_hash) = 32),
  moderator_key bigint not null references moderators,
  expires_at bigint not null
);

create table sessions (
  session_hash bytea not null primary key check (length(session_hash) = 32),
  moderator_key bigint not null references moderators,
  expires_at bigint not null
);

-- Who decided what, when and why. It outlives the item, so `item_id` is no foreign key.
create table decisions (
  key bigint primary key generated always as identity,
  item_id bigint not null,
  moderator_key bigint not null references moderators,
  decision text not null check (decision in ('approve', 'decline', 'hide', 'restore')),
  reason text,
  decided_at bigint not null
);

create function refuse_change() returns trigger language plpgsql as $$
begin
  raise exception 'decisions are only ever added';
end
$$;

create trigger decisions_are_not_changed before update or delete or truncate on decisions
  for each statement execute function refuse_change();
