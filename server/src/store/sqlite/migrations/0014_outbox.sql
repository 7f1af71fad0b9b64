-- What a moderator passed on to a lead stands before all else until it is decided, beside what may be a risk to life.
alter table items add column escalated_at integer;
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

-- Who passed what on, when and why. It outlives the item, as decisions do.
create table escalations (
  key integer primary key,
  item_id integer not null,
  moderator_key integer not null references moderators,
  note text not null,
  escalated_at integer not null
) strict;

-- The last one of an item.
create index escalations_of on escalations (item_id, key);

create trigger escalations_are_not_changed before update on escalations
begin
  select raise(abort, 'escalations are only ever added');
end;

create trigger escalations_are_not_removed before delete on escalations
begin
  select raise(abort, 'escalations are only ever added');
end;

-- What a site's team is to be told of, from the transaction in which it happened until channels are chosen for it.
create table notices (
  key integer primary key,
  site_key integer not null references sites,
  occasion text not null check (occasion in ('escalated', 'risk', 'late')),
  item_id integer,
  noticed_at integer not null
) strict;

-- One notification on one channel. A row goes when it has arrived; without `due_at` it is given up and left to the team.
create table deliveries (
  key integer primary key,
  id text not null unique,
  site_key integer not null references sites,
  occasion text not null check (occasion in ('escalated', 'risk', 'late')),
  item_id integer,
  channel text not null,
  created_at integer not null,
  n_tries integer not null default 0,
  due_at integer,
  failure text,
  given_up_at integer,
  check ((due_at is null) = (given_up_at is not null))
) strict;

-- What is to be tried next.
create index deliveries_due on deliveries (due_at)
  where due_at is not null;
-- What is listed for the team, and what is purged.
create index deliveries_given_up on deliveries (given_up_at)
  where given_up_at is not null;
