-- The same tables as in SQLite; see there for what is not said here.

create table reports (
  item_key bigint not null references items on delete cascade,
  reporter bytea not null check (length(reporter) = 16),
  reason text not null check (reason in ('danger', 'unkind', 'identifies', 'harmful', 'selling', 'other')),
  receipt bytea not null unique check (length(receipt) = 32),
  reported_at bigint not null,
  has_force boolean not null,
  is_decided boolean not null default false,
  primary key (item_key, reporter)
);

alter table reports alter column reporter set statistics 0;

-- What is purged.
create index reports_decided on reports (reported_at)
  where is_decided;

alter table items
  add column reported_at bigint,
  add column flagged_at bigint;

-- The queue: what readers reported first, hidden by that or not, then the rest; the longest waiting first in each.
alter table items add column queue_place bigint generated always as (
  case
    when reported_at is not null and state in ('published', 'hidden') then reported_at - 4611686018427387904
    when state = 'held' then created_at
    when state = 'published' then flagged_at
  end
) stored;
create index items_queue on items (queue_place, key)
  where queue_place is not null;

-- A rule decides some things by itself, for a moderator to look at later.
alter table decisions
  alter column moderator_key drop not null,
  add column rule text check (rule in ('reports', 'approvals')),
  add check ((moderator_key is null) = (rule is not null));

create table presence (
  key bigint primary key check (key = 1),
  moderator_seen_at bigint not null
);
