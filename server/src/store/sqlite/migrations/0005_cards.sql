-- Whether the site's owner wrote an item, as themselves.
alter table items add column is_owners integer not null default 0 check (is_owners in (0, 1));

-- What moderators pinned above the posts of a site. The unique key is also the order they are shown in.
create table cards (
  key integer primary key,
  site_key integer not null references sites,
  place integer not null,
  kind text not null check (kind in ('trusted', 'rules', 'here', 'hours')),
  title text not null,
  text text not null,
  lang text,
  unique (site_key, place)
) strict;

-- Who changed a site's cards, and when; nobody, when the demo brought its own. The texts before are not kept.
create table card_changes (
  key integer primary key,
  site_key integer not null references sites,
  moderator_key integer references moderators,
  n_cards integer not null check (n_cards >= 0),
  changed_at integer not null
) strict;

-- Whether a site ever had cards.
create index card_changes_site on card_changes (site_key);

create trigger card_changes_are_not_changed before update on card_changes
begin
  select raise(abort, 'changes of cards are only ever added');
end;

create trigger card_changes_are_not_removed before delete on card_changes
begin
  select raise(abort, 'changes of cards are only ever added');
end;
