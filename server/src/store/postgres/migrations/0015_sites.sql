-- What was changed about a site from the console or by a command. The last row of each kind holds; it stays as a log.
create table site_changes (
  key bigint primary key generated always as identity,
  site_key bigint not null references sites,
  what text not null check (what in ('forced', 'sensitive', 'playbook', 'reasons')),
  -- A forced rule until a moment; null when the hours decide again.
  rule text check (rule in ('staffed', 'hold-all', 'read-only')),
  until_at bigint,
  is_on boolean,
  moderator_key bigint references moderators,
  changed_at bigint not null,
  check ((rule is null) = (until_at is null)),
  check ((is_on is null) = (what <> 'sensitive'))
);

-- The last change of each kind, and the log.
create index site_changes_of on site_changes (site_key, what, key);

create function refuse_site_change_change() returns trigger language plpgsql as $$
begin
  raise exception 'changes of sites are only ever added';
end
$$;

create trigger site_changes_are_not_changed before update or delete or truncate on site_changes
  for each statement execute function refuse_site_change_change();

-- When a site's team was last told that items wait too long.
create table late_notices (
  site_key bigint primary key references sites,
  noticed_at bigint not null
);

-- What a site wrote for its moderators: steps of its playbook by the colour of an item, and reasons to start from. Whether it
-- ever wrote any, `site_changes` says.
create table site_texts (
  key bigint primary key generated always as identity,
  site_key bigint not null references sites,
  shelf text not null check (shelf in ('green', 'amber', 'red', 'reason')),
  place integer not null,
  name text,
  text text not null,
  unique (site_key, shelf, place),
  check ((name is null) = (shelf <> 'reason'))
);
