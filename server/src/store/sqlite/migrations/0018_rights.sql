-- The role of an account for all sites of the server; none for who has roles on single sites only. SQLite cannot let a column be
-- null afterwards.
alter table moderators add column role_everywhere text
  check (role_everywhere in ('viewer', 'moderator', 'lead', 'admin'));
update moderators set role_everywhere = role;
alter table moderators drop column role;
alter table moderators rename column role_everywhere to role;

-- What an account may do on one site, besides what it may on all.
create table site_roles (
  moderator_key integer not null references moderators,
  site_key integer not null references sites,
  role text not null check (role in ('viewer', 'moderator', 'lead', 'admin')),
  primary key (moderator_key, site_key)
) strict, without rowid;

-- Who has a role on a site.
create index site_roles_of on site_roles (site_key);

-- Who gave or took which role: on one site, or on all without `site_key`; a command on the server, without `by_key`; nothing is
-- left without `role`.
create table role_changes (
  key integer primary key,
  moderator_key integer not null references moderators,
  site_key integer references sites,
  role text check (role in ('viewer', 'moderator', 'lead', 'admin')),
  by_key integer references moderators,
  changed_at integer not null,
  check (by_key is null or site_key is not null)
) strict;

create trigger role_changes_are_not_changed before update on role_changes
begin
  select raise(abort, 'changes of roles are only ever added');
end;

create trigger role_changes_are_not_removed before delete on role_changes
begin
  select raise(abort, 'changes of roles are only ever added');
end;

drop index account_events_of;
alter table account_events rename to old_account_events;

create table account_events (
  key integer primary key,
  moderator_key integer not null references moderators,
  event text not null check (event in (
    'code_made', 'signed_in_by_code', 'signed_in', 'signed_in_by_recovery_code', 'password_set', 'authenticator_set',
    'recovery_codes_made', 'reset', 'roles_changed'
  )),
  at integer not null
) strict;

insert into account_events (key, moderator_key, event, at)
select key, moderator_key, event, at
from old_account_events
order by key;

drop table old_account_events;

-- The last events of an account.
create index account_events_of on account_events (moderator_key, key);

-- When somebody who may decide on a site, and not on all, was there last.
create table site_presence (
  site_key integer primary key references sites,
  moderator_seen_at integer not null
) strict;

-- What waits on one site.
create index items_queue_of on items (site_key, queue_place)
  where queue_place is not null;

-- Whether two people decide, besides what was changed about a site before.
drop index site_changes_of;
alter table site_changes rename to old_site_changes;

create table site_changes (
  key integer primary key,
  site_key integer not null references sites,
  what text not null check (what in ('forced', 'sensitive', 'playbook', 'reasons', 'two_persons')),
  -- A forced rule until a moment; null when the hours decide again.
  rule text check (rule in ('staffed', 'hold-all', 'read-only')),
  until_at integer,
  is_on integer check (is_on in (0, 1)),
  moderator_key integer references moderators,
  changed_at integer not null,
  check ((rule is null) = (until_at is null)),
  check ((is_on is null) = (what not in ('sensitive', 'two_persons')))
) strict;

insert into site_changes (key, site_key, what, rule, until_at, is_on, moderator_key, changed_at)
select key, site_key, what, rule, until_at, is_on, moderator_key, changed_at
from old_site_changes
order by key;

drop table old_site_changes;

-- The last change of each kind, and the log.
create index site_changes_of on site_changes (site_key, what, key);

create trigger site_changes_are_not_changed before update on site_changes
begin
  select raise(abort, 'changes of sites are only ever added');
end;

create trigger site_changes_are_not_removed before delete on site_changes
begin
  select raise(abort, 'changes of sites are only ever added');
end;

-- A decision that waits for a second person, and what became of it. Like decisions it outlives the item, so `item_id` is no
-- foreign key; its reason goes when it is settled, and is in the decision then.
create table proposals (
  key integer primary key,
  item_id integer not null,
  moderator_key integer not null references moderators,
  decision text not null check (decision in ('decline', 'restore')),
  reason text,
  n_decisions integer not null,
  proposed_at integer not null,
  outcome text check (outcome in ('confirmed', 'rejected', 'withdrawn', 'lapsed')),
  settled_by_key integer references moderators,
  settled_at integer,
  check ((outcome is null) = (settled_at is null)),
  check (outcome is null or reason is null),
  check (settled_by_key is null or outcome <> 'lapsed')
) strict;

-- What waits, one for an item.
create unique index proposals_open on proposals (item_id)
  where outcome is null;

-- Who confirmed a decision that took two.
alter table decisions add column second_key integer references moderators;
