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
