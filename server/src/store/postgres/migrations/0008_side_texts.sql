-- What belongs to an item besides its text, in partitions as `item_texts`. Numbered by a sequence: partitions cannot have
-- columns that number themselves.
create sequence side_texts_key;

create table side_texts (
  key bigint not null default nextval('side_texts_key'),
  item_key bigint not null,
  side text not null check (side in ('e', 'w', 'm', 'a')),
  moderator_key bigint,
  notes bytea not null default '\x00' check (length(notes) = 1),
  text text not null,
  created_at bigint not null,
  primary key (item_key, key),
  check ((side = 'm') = (moderator_key is not null))
) partition by hash (item_key);

alter sequence side_texts_key owned by side_texts.key;

do $$
begin
  for remainder in 0..7 loop
    execute format(
      'create table side_texts_%s partition of side_texts for values with (modulus 8, remainder %s)',
      remainder,
      remainder
    );
    execute format(
      'alter table side_texts_%s
         alter column text set storage external,
         alter column text set statistics 0,
         alter column notes set statistics 0',
      remainder
    );
  end loop;
end
$$;

alter table side_texts
  alter column text set statistics 0,
  alter column notes set statistics 0;

-- What is purged.
create index side_texts_waiting on side_texts (created_at)
  where side = 'w';

-- Since when a new text of what is published waits, and since when a word of the author's has no answer. The queue has these
-- as well, wherever the item stands.
alter table items
  add column edited_at bigint,
  add column asked_at bigint,
  drop column queue_place;

alter table items add column queue_place bigint generated always as (
  case
    when reported_at is not null and state in ('published', 'hidden') then reported_at - 4611686018427387904
    when state = 'held' and imported_at is not null then created_at + 4611686018427387904
    when state = 'held' then created_at
    when state = 'published' then least(flagged_at, edited_at, asked_at)
    else asked_at
  end
) stored;

create index items_queue on items (queue_place, key)
  where queue_place is not null;

-- What is purged: what was published.
create index items_hidden on items (site_key, created_at)
  where state = 'hidden';
