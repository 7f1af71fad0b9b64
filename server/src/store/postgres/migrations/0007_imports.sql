-- The same tables as in SQLite; see there for what is not said here.

create table imports (
  key bigint primary key generated always as identity,
  site_key bigint not null references sites,
  file_hash bytea not null check (length(file_hash) = 32),
  key_hash bytea check (length(key_hash) = 32),
  choices text not null,
  begun_at bigint not null,
  finished_at bigint,
  unique (site_key, file_hash),
  check ((key_hash is null) = (finished_at is not null))
);

-- `key` is that of the item to be, because texts stand under it.
create table import_items (
  key bigint primary key,
  import_key bigint not null references imports,
  id bigint not null unique,
  post_id bigint,
  topic_key bigint references topics,
  kind text,
  state text not null check (state in ('held', 'published')),
  is_example boolean not null,
  is_owners boolean not null,
  recovery bytea not null,
  created_at bigint not null,
  helpful_at bigint not null
);

create index import_items_order on import_items (import_key, post_id, created_at, state);

alter table items add column imported_at bigint;

drop index items_queue;
alter table items drop column queue_place;
alter table items add column queue_place bigint generated always as (
  case
    when reported_at is not null and state in ('published', 'hidden') then reported_at - 4611686018427387904
    when state = 'held' and imported_at is not null then created_at + 4611686018427387904
    when state = 'held' then created_at
    when state = 'published' then flagged_at
  end
) stored;
create index items_queue on items (queue_place, key)
  where queue_place is not null;

create table copy_terms (
  key bigint primary key check (key = 1),
  made_at bigint not null,
  expires_at bigint not null
);
