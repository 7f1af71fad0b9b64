-- Content notes, a bit each: what an author gave goes with the text.
alter table item_texts add column notes bytea not null default '\x00' check (length(notes) = 1);

do $$
begin
  for remainder in 0..31 loop
    execute format('alter table item_texts_%s alter column notes set statistics 0', remainder);
  end loop;
end
$$;

alter table item_texts alter column notes set statistics 0;
