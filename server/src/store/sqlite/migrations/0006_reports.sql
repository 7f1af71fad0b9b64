-- What readers reported. `reporter` is the reader on this item only, and another than as a voter: it tells a second report
-- of one reader and nothing more. `receipt` is the hash of the code that shows what became of it. `reported_at` is the hour.
-- Without force a report is read as any other and does not count towards hiding the item.
create table reports (
  item_key integer not null references items on delete cascade,
  reporter blob not null check (length(reporter) = 16),
  reason text not null check (reason in ('danger', 'unkind', 'identifies', 'harmful', 'selling', 'other')),
  receipt blob not null unique check (length(receipt) = 32),
  reported_at integer not null,
  has_force integer not null check (has_force in (0, 1)),
  is_decided integer not null default 0 check (is_decided in (0, 1)),
  primary key (item_key, reporter)
) strict, without rowid;

-- What is purged.
create index reports_decided on reports (reported_at)
  where is_decided = 1;

-- Since when readers' reports and a check's flag on what is published wait for a moderator; null when they do not.
alter table items add column reported_at integer;
alter table items add column flagged_at integer;

-- The queue: what readers reported first, hidden by that or not, then the rest; the longest waiting first in each. The
-- number taken off sorts below every moment.
alter table items add column queue_place integer generated always as (
  case
    when reported_at is not null and state in ('published', 'hidden') then reported_at - 4611686018427387904
    when state = 'held' then created_at
    when state = 'published' then flagged_at
  end
) virtual;
create index items_queue on items (queue_place)
  where queue_place is not null;

-- A rule decides some things by itself, for a moderator to look at later. SQLite cannot let a column be null afterwards.
create table decisions_by_all (
  key integer primary key,
  item_id integer not null,
  moderator_key integer references moderators,
  rule text check (rule in ('reports', 'approvals')),
  decision text not null check (decision in ('approve', 'decline', 'hide', 'restore')),
  reason text,
  decided_at integer not null,
  check ((moderator_key is null) = (rule is not null))
) strict;
insert into decisions_by_all (key, item_id, moderator_key, decision, reason, decided_at)
  select key, item_id, moderator_key, decision, reason, decided_at
  from decisions;
drop table decisions;
alter table decisions_by_all rename to decisions;

create trigger decisions_are_not_changed before update on decisions
begin
  select raise(abort, 'decisions are only ever added');
end;

create trigger decisions_are_not_removed before delete on decisions
begin
  select raise(abort, 'decisions are only ever added');
end;

-- At most one row: when a moderator was last seen, whoever it was.
create table presence (
  key integer primary key check (key = 1),
  moderator_seen_at integer not null
) strict;
