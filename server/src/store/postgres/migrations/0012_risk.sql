-- Where a life may be at risk stands before all else: held words that sound so (flag 32), such a new text of what is published,
-- and what a reader said so of (flag 2048).
alter table items drop column queue_place;
alter table items add column queue_place bigint generated always as (
  case
    when reported_at is not null and state in ('published', 'hidden')
      then reported_at - case when flags & 2048 <> 0 then 9223372036854775807 else 4611686018427387904 end
    when state = 'held' and imported_at is not null then created_at + 4611686018427387904
    when state = 'held' then created_at - case when flags & 32 <> 0 then 9223372036854775807 else 0 end
    when state = 'published' and edited_at is not null and flags & 32 <> 0 then edited_at - 9223372036854775807
    when state = 'published' then least(flagged_at, edited_at, asked_at)
    else asked_at
  end
) stored;
create index items_queue on items (queue_place, key)
  where queue_place is not null;
