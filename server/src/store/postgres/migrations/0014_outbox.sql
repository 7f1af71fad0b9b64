-- What a moderator passed on to a lead stands before all else until it is decided, beside what may be a risk to life.
alter table items add column escalated_at bigint;
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
    when state = 'published' then least(flagged_at, edited_at, asked_at)
    else asked_at
  end
) stored;
create index items_queue on items (queue_place, key)
  where queue_place is not null;

-- Who passed what on, when and why. It outlives the item, as decisions do.
create table escalations (
  key bigint primary key generated always as identity,
  item_id bigint not null,
  moderator_key bigint not null references moderators,
  note text not null,
  escalated_at bigint not null
);

-- The last one of an item.
create index escalations_of on escalations (item_id, key);

create function refuse_escalation_change() returns trigger language plpgsql as $$
begin
  raise exception 'escalations are only ever added';
end
$$;

create trigger escalations_are_not_changed before update or delete or truncate on escalations
  for each statement execute function refuse_escalation_change();

-- What a site's team is to be told of, from the transaction in which it happened until channels are chosen for it.
create table notices (
  key bigint primary key generated always as identity,
  site_key bigint not null references sites,
  occasion text not null check (occasion in ('escalated', 'risk', 'late')),
  item_id bigint,
  noticed_at bigint not null
);

-- One notification on one channel. A row goes when it has arrived; without `due_at` it is given up and left to the team.
create table deliveries (
  key bigint primary key generated always as identity,
  id text not null unique,
  site_key bigint not null references sites,
  occasion text not null check (occasion in ('escalated', 'risk', 'late')),
  item_id bigint,
  channel text not null,
  created_at bigint not null,
  n_tries integer not null default 0,
  due_at bigint,
  failure text,
  given_up_at bigint,
  check ((due_at is null) = (given_up_at is not null))
);

-- What is to be tried next.
create index deliveries_due on deliveries (due_at)
  where due_at is not null;
-- What is listed for the team, and what is purged.
create index deliveries_given_up on deliveries (given_up_at)
  where given_up_at is not null;
