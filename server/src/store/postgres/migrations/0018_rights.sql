-- The role of an account for all sites of the server; none for who has roles on single sites only.
alter table moderators alter column role drop not null;

-- What an account may do on one site, besides what it may on all.
create table site_roles (
  moderator_key bigint not null references moderators,
  site_key bigint not null references sites,
  role text not null check (role in ('viewer', 'moderator', 'lead', 'admin')),
  primary key (moderator_key, site_key)
);

-- Who has a role on a site.
create index site_roles_of on site_roles (site_key);

-- Who gave or took which role: on one site, or on all without `site_key`; a command on the server, without `by_key`; nothing is
-- left without `role`.
create table role_changes (
  key bigint primary key generated always as identity,
  moderator_key bigint not null references moderators,
  site_key bigint references sites,
  role text check (role in ('viewer', 'moderator', 'lead', 'admin')),
  by_key bigint references moderators,
  changed_at bigint not null,
  check (by_key is null or site_key is not null)
);

create function refuse_role_change_change() returns trigger language plpgsql as $$
begin
  raise exception 'changes of roles are only ever added';
end
$$;

create trigger role_changes_are_not_changed before update or delete or truncate on role_changes
  for each statement execute function refuse_role_change_change();

alter table account_events drop constraint account_events_event_check;
alter table account_events add constraint account_events_event_check check (event in (
  'code_made', 'signed_in_by_code', 'signed_in', 'signed_in_by_recovery_code', 'password_set', 'authenticator_set',
  'recovery_codes_made', 'reset', 'roles_changed'
));

-- When somebody who may decide on a site, and not on all, was there last.
create table site_presence (
  site_key bigint primary key references sites,
  moderator_seen_at bigint not null
);

-- What waits on one site.
create index items_queue_of on items (site_key, queue_place, key)
  where queue_place is not null;

-- Whether two people decide, besides what was changed about a site before.
alter table site_changes drop constraint site_changes_what_check;
alter table site_changes add constraint site_changes_what_check
  check (what in ('forced', 'sensitive', 'playbook', 'reasons', 'two_persons'));
alter table site_changes drop constraint site_changes_check1;
alter table site_changes add constraint site_changes_is_on_check
  check ((is_on is null) = (what not in ('sensitive', 'two_persons')));

-- A decision that waits for a second person, and what became of it. Like decisions it outlives the item, so `item_id` is no
-- foreign key; its reason goes when it is settled, and is in the decision then.
create table proposals (
  key bigint primary key generated always as identity,
  item_id bigint not null,
  moderator_key bigint not null references moderators,
  decision text not null check (decision in ('decline', 'restore')),
  reason text,
  n_decisions integer not null,
  proposed_at bigint not null,
  outcome text check (outcome in ('confirmed', 'rejected', 'withdrawn', 'lapsed')),
  settled_by_key bigint references moderators,
  settled_at bigint,
  check ((outcome is null) = (settled_at is null)),
  check (outcome is null or reason is null),
  check (settled_by_key is null or outcome <> 'lapsed')
);

-- What waits, one for an item.
create unique index proposals_open on proposals (item_id)
  where outcome is null;

-- Who confirmed a decision that took two.
alter table decisions add column second_key bigint references moderators;
