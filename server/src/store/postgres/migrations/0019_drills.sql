-- The same tables as in SQLite; see there for what is not said here.

create table drills (
  key bigint primary key generated always as identity,
  site_key bigint not null references sites,
  begun_at bigint not null,
  until_at bigint not null,
  ended_at bigint,
  ending text check (ending in ('all-decided', 'stopped', 'time', 'restart')),
  check ((ended_at is null) = (ending is null))
);

create unique index drills_running on drills (site_key)
  where ended_at is null;
create index drills_of on drills (site_key, key);

create table drill_items (
  key bigint primary key generated always as identity,
  drill_key bigint not null references drills,
  urgency text not null check (urgency in ('red', 'amber')),
  expected text not null,
  item_key bigint unique references items on delete set null,
  claimed_at bigint,
  passed_on_at bigint,
  decided_at bigint,
  outcome text check (outcome in ('approve', 'take-out', 'decline')),
  check ((decided_at is null) = (outcome is null))
);

create index drill_items_of on drill_items (drill_key, key);

alter table items
  add column drill_state text
    check (drill_state is null or drill_state <> 'deleted' and state in ('held', 'declined'));
create index items_of_drills on items (drill_state)
  where drill_state is not null;

create function refuse_removal_but_of_drills() returns trigger language plpgsql as $$
begin
  if exists (select 1 from items where id = old.item_id and drill_state is not null) then
    return old;
  end if;
  raise exception '% are only ever added', tg_table_name;
end
$$;

drop trigger decisions_are_not_changed on decisions;
create trigger decisions_are_not_changed before update or truncate on decisions
  for each statement execute function refuse_change();
create trigger decisions_are_not_removed before delete on decisions
  for each row execute function refuse_removal_but_of_drills();

drop trigger desk_events_are_not_changed on desk_events;
create trigger desk_events_are_not_changed before update or truncate on desk_events
  for each statement execute function refuse_change_of_desk_events();
create trigger desk_events_are_not_removed before delete on desk_events
  for each row execute function refuse_removal_but_of_drills();

drop trigger escalations_are_not_changed on escalations;
create trigger escalations_are_not_changed before update or truncate on escalations
  for each statement execute function refuse_escalation_change();
create trigger escalations_are_not_removed before delete on escalations
  for each row execute function refuse_removal_but_of_drills();

drop table role_changes;
drop function refuse_role_change_change();
