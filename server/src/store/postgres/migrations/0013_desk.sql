-- Who reads an item at the moment, so that nobody else decides about it; until `expires_at`, unless it is renewed.
create table claims (
  item_key bigint primary key references items on delete cascade,
  moderator_key bigint not null references moderators,
  expires_at bigint not null
);

-- What goes when somebody signs out.
create index claims_of on claims (moderator_key);

-- Who took an item over from whom, and who gave one to whom. It outlives the item, so `item_id` is no foreign key, and holds no
-- words.
create table desk_events (
  key bigint primary key generated always as identity,
  item_id bigint not null,
  event text not null check (event in ('taken_over', 'handed_over')),
  moderator_key bigint not null references moderators,
  other_key bigint references moderators,
  at bigint not null
);

create function refuse_change_of_desk_events() returns trigger language plpgsql as $$
begin
  raise exception 'events of the desk are only ever added';
end
$$;

create trigger desk_events_are_not_changed before update or delete or truncate on desk_events
  for each statement execute function refuse_change_of_desk_events();

-- Two more texts that belong to an item: notes with which moderators hand it over (`h`), to `to_moderator_key` or to everyone, and
-- what its author had written before a moderator took places out (`o`).
alter table side_texts
  add column to_moderator_key bigint,
  drop constraint side_texts_side_check,
  drop constraint side_texts_check,
  add check (side in ('e', 'w', 'm', 'a', 'h', 'o')),
  add check ((side in ('m', 'h')) = (moderator_key is not null)),
  add check (side = 'h' or to_moderator_key is null);

-- How many places were taken out of a text, and the content notes that a moderator chose for it; never the words.
alter table decisions
  add column n_taken_out bigint not null default 0,
  add column notes bigint;

-- The decisions about one item.
create index decisions_of on decisions (item_id, key);
