-- The audit log: what moderators, rules and commands did, and nothing that anybody wrote. It stands by itself, so that nothing that
-- is deleted elsewhere is missing here. Each row's hash is made over that of the row before; store/audit.rs says how.
create table audit (
  n bigint primary key check (n > 0),
  at bigint not null,
  site text,
  moderator bigint,
  name text,
  act text not null,
  item_id bigint,
  account text,
  why text,
  hash bytea not null check (length(hash) = 32)
);

create function refuse_audit_change() returns trigger language plpgsql as $$
begin
  raise exception 'the audit log is only ever added to';
end
$$;

create trigger audit_is_not_changed before update or delete or truncate on audit
  for each statement execute function refuse_audit_change();

-- What its author objects to stands with what readers reported until somebody has answered.
alter table items add column objected_at bigint;
alter table items drop column queue_place;
alter table items add column queue_place bigint generated always as (
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
    when state = 'published' then least(flagged_at, edited_at, asked_at)
    else asked_at
  end
) stored;
create index items_queue on items (queue_place, key)
  where queue_place is not null;

-- An author's objection to a decision, and the decision that answered it. Like those it outlives the item, and holds no words: the
-- author's are a private word. `is_same_person`: nobody but the first decider was there to answer.
create table objections (
  key bigint primary key generated always as identity,
  item_id bigint not null,
  decision_key bigint not null unique references decisions,
  objected_at bigint not null,
  outcome text check (outcome in ('upheld', 'changed')),
  answer_key bigint references decisions,
  is_same_person boolean not null default false,
  answered_at bigint,
  check ((outcome is null) = (answer_key is null)),
  check ((outcome is null) = (answered_at is null))
);

-- Those about one item.
create index objections_of on objections (item_id, key);

-- What happened on a site in a quarter, for statistics: no item, no moment, nobody. Rows are only added while things happen, so that
-- nobody waits for another; the purge adds up those of the same name.
create table tallies (
  key bigint primary key generated always as identity,
  site_key bigint not null references sites,
  quarter integer not null,
  what text not null,
  which text not null,
  n bigint not null check (n > 0)
);

-- A quarter of a site, by name.
create index tallies_of on tallies (site_key, quarter, what, which);
