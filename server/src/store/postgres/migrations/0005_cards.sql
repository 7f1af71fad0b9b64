-- Whether the site's owner wrote an item, as themselves.
alter table items add column is_owners boolean not null default false;

-- What moderators pinned above the posts of a site. The unique key is also the order they are shown in.
create table cards (
  key bigint primary key generated always as identity,
  site_key bigint not null references sites,
  place integer not null,
  kind text not null check (kind in ('trusted', 'rules', 'here', 'hours')),
  title text not null,
  text text not null,
  lang text,
  unique (site_key, place)
);

-- Who changed a site's cards, and when; nobody, when the demo brought its own. The texts before are not kept.
create table card_changes (
  key bigint primary key generated always as identity,
  site_key bigint not null references sites,
  moderator_key bigint references moderators,
  n_cards integer not null check (n_cards >= 0),
  changed_at bigint not null
);

-- Whether a site ever had cards.
create index card_changes_site on card_changes (site_key);

create function refuse_card_change() returns trigger language plpgsql as $$
begin
  raise exception 'changes of cards are only ever added';
end
$$;

create trigger card_changes_are_not_changed before update or delete or truncate on card_changes
  for each statement execute function refuse_card_change();
