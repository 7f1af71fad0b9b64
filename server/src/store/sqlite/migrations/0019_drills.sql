-- A fire drill of a site's team. Its numbers stay when its items go.
create table drills (
  key integer primary key,
  site_key integer not null references sites,
  begun_at integer not null,
  until_at integer not null,
  ended_at integer,
  ending text check (ending in ('all-decided', 'stopped', 'time', 'restart')),
  check ((ended_at is null) = (ending is null))
) strict;

-- One at a time on a site.
create unique index drills_running on drills (site_key)
  where ended_at is null;
-- The last ones of a site.
create index drills_of on drills (site_key, key);

-- A made-up item of a drill: what would be right, and what was done about it, and when.
create table drill_items (
  key integer primary key,
  drill_key integer not null references drills,
  urgency text not null check (urgency in ('red', 'amber')),
  expected text not null,
  item_key integer unique references items on delete set null,
  claimed_at integer,
  passed_on_at integer,
  decided_at integer,
  outcome text check (outcome in ('approve', 'take-out', 'decline')),
  check ((decided_at is null) = (outcome is null))
) strict;

create index drill_items_of on drill_items (drill_key, key);

-- Where a made-up item stands, as the desk is told; null for what people wrote. Its state beside it never is one that others
-- read: the database refuses that.
alter table items add column drill_state text
  check (drill_state is null or drill_state <> 'deleted' and state in ('held', 'declined'));
-- Made-up items by where they stand at the desk.
create index items_of_drills on items (drill_state)
  where drill_state is not null;

-- What is recorded about a made-up item goes with it.
drop trigger decisions_are_not_removed;
create trigger decisions_are_not_removed before delete on decisions
when not exists (select 1 from items where id = old.item_id and drill_state is not null)
begin
  select raise(abort, 'decisions are only ever added');
end;

drop trigger desk_events_are_not_removed;
create trigger desk_events_are_not_removed before delete on desk_events
when not exists (select 1 from items where id = old.item_id and drill_state is not null)
begin
  select raise(abort, 'events of the desk are only ever added');
end;

drop trigger escalations_are_not_removed;
create trigger escalations_are_not_removed before delete on escalations
when not exists (select 1 from items where id = old.item_id and drill_state is not null)
begin
  select raise(abort, 'escalations are only ever added');
end;

-- The audit log says the same.
drop table role_changes;
