-- Who reads an item at the moment, so that nobody else decides about it; until `expires_at`, unless it is renewed.
create table claims (
  item_key integer primary key references items on delete cascade,
  moderator_key integer not null references moderators,
  expires_at integer not null
) strict;

-- What goes when somebody signs out.
create index claims_of on claims (moderator_key);

-- Who took an item over from whom, and who gave one to whom. It outlives the item, so `item_id` is no foreign key, and holds no
-- words.
create table desk_events (
  key integer primary key,
  item_id integer not null,
  event text not null check (event in ('taken_over', 'handed_over')),
  moderator_key integer not null references moderators,
  other_key integer references moderators,
  at integer not null
) strict;

create trigger desk_events_are_not_changed before update on desk_events
begin
  select raise(abort, 'events of the desk are only ever added');
end;

create trigger desk_events_are_not_removed before delete on desk_events
begin
  select raise(abort, 'events of the desk are only ever added');
end;

-- Two more texts that belong to an item: notes with which moderators hand it over (`h`), to `to_moderator_key` or to everyone, and
-- what its author had written before a moderator took places out (`o`).
drop index side_texts_item;
drop index side_texts_waiting;
alter table side_texts rename to old_side_texts;

create table side_texts (
  key integer primary key,
  item_key integer not null,
  side text not null check (side in ('e', 'w', 'm', 'a', 'h', 'o', 'x')),
  moderator_key integer references moderators,
  to_moderator_key integer references moderators,
  notes blob not null default x'00' check (length(notes) = 1),
  text text not null,
  created_at integer not null,
  check (side = 'x' or (side in ('m', 'h')) = (moderator_key is not null)),
  check (side in ('x', 'h') or to_moderator_key is null)
) strict;

insert into side_texts (key, item_key, side, moderator_key, notes, text, created_at)
select key, item_key, side, moderator_key, notes, text, created_at
from old_side_texts
where side <> 'x'
order by key;

drop table old_side_texts;

-- What belongs to one item, the oldest first.
create index side_texts_item on side_texts (item_key)
  where side <> 'x';
-- What is purged.
create index side_texts_waiting on side_texts (created_at)
  where side = 'w';

-- How many places were taken out of a text, and the content notes that a moderator chose for it; never the words.
alter table decisions add column n_taken_out integer not null default 0;
alter table decisions add column notes integer;

-- The decisions about one item.
create index decisions_of on decisions (item_id, key);
