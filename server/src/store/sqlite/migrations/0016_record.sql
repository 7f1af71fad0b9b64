-- The audit log: what moderators, rules and commands did, and nothing that anybody wrote. It stands by itself, so that nothing that
-- is deleted elsewhere is missing here. Each row's hash is made over that of the row before; store/audit.rs says how.
create table audit (
  n integer primary key check (n > 0),
  at integer not null,
  site text,
  moderator integer,
  name text,
  act text not null,
  item_id integer,
  account text,
  why text,
  hash blob not null check (length(hash) = 32)
) strict;

create trigger audit_is_not_changed before update on audit
begin
  select raise(abort, 'the audit log is only ever added to');
end;

create trigger audit_is_not_removed before delete on audit
begin
  select raise(abort, 'the audit log is only ever added to');
end;

-- What its author objects to stands with what readers reported until somebody has answered.
alter table items add column objected_at integer;
drop index items_queue;
alter table items drop column queue_place;
alter table items add column queue_place integer generated always as (
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
) virtual;
create index items_queue on items (queue_place)
  where queue_place is not null;

-- An author's objection to a decision, and the decision that answered it. Like those it outlives the item, and holds no words: the
-- author's are a private word. `is_same_person`: nobody but the first decider was there to answer.
create table objections (
  key integer primary key,
  item_id integer not null,
  decision_key integer not null unique references decisions,
  objected_at integer not null,
  outcome text check (outcome in ('upheld', 'changed')),
  answer_key integer references decisions,
  is_same_person integer not null default 0 check (is_same_person in (0, 1)),
  answered_at integer,
  check ((outcome is null) = (answer_key is null)),
  check ((outcome is null) = (answered_at is null))
) strict;

-- Those about one item.
create index objections_of on objections (item_id, key);

-- What happened on a site in a quarter, for statistics: no item, no moment, nobody. Rows are only added while things happen, so that
-- nobody waits for another; the purge adds up those of the same name.
create table tallies (
  key integer primary key,
  site_key integer not null references sites,
  quarter integer not null,
  what text not null,
  which text not null,
  n integer not null check (n > 0)
) strict;

-- A quarter of a site, by name.
create index tallies_of on tallies (site_key, quarter, what, which);
