-- What was changed about a site from the console or by a command. The last row of each kind holds; it stays as a log.
create table site_changes (
  key integer primary key,
  site_key integer not null references sites,
  what text not null check (what in ('forced', 'sensitive', 'playbook', 'reasons')),
  -- A forced rule until a moment; null when the hours decide again.
  rule text check (rule in ('staffed', 'hold-all', 'read-only')),
  until_at integer,
  is_on integer check (is_on in (0, 1)),
  moderator_key integer references moderators,
  changed_at integer not null,
  check ((rule is null) = (until_at is null)),
  check ((is_on is null) = (what <> 'sensitive'))
) strict;

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

-- When a site's team was last told that items wait too long.
create table late_notices (
  site_key integer primary key references sites,
  noticed_at integer not null
) strict;

-- What a site wrote for its moderators: steps of its playbook by the colour of an item, and reasons to start from. Whether it
-- ever wrote any, `site_changes` says.
create table site_texts (
  key integer primary key,
  site_key integer not null references sites,
  shelf text not null check (shelf in ('green', 'amber', 'red', 'reason')),
  place integer not null,
  name text,
  text text not null,
  unique (site_key, shelf, place),
  check ((name is null) = (shelf <> 'reason'))
) strict;
