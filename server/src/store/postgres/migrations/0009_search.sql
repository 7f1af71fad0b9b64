-- The full text search; store/blocks.rs explains it. A block stands for 1,024 posts of a site that came after each other:
-- their keys, in ascending order, in 8 bytes each.
create table search_blocks (
  key bigint primary key generated always as identity,
  site_key bigint not null references sites,
  first_item_key bigint not null,
  last_item_key bigint not null,
  item_keys bytea not null check (length(item_keys) = 8192)
);

-- A site's blocks, the newest first, and the block of a post.
create unique index search_blocks_site on search_blocks (site_key, first_item_key);

-- The slices of a block, one after the other. A deletion clears bits and rewrites the file of its partition, as with
-- `item_texts`. Not compressed, so that a slice can be read without the others. `block_key` is not declared as a foreign
-- key: rewriting would check, and lock, every block again.
create table search_bits (
  block_key bigint primary key,
  bits bytea not null check (length(bits) = 262144)
) partition by hash (block_key);

do $$
begin
  for remainder in 0..31 loop
    execute format(
      'create table search_bits_%s partition of search_bits for values with (modulus 32, remainder %s)',
      remainder,
      remainder
    );
    execute format(
      'alter table search_bits_%s
         alter column bits set storage external,
         alter column bits set statistics 0',
      remainder
    );
  end loop;
end
$$;

alter table search_bits alter column bits set statistics 0;

-- Posts that are in no block yet, and whether a block has any left.
create index items_in_site on items (site_key, key)
  where kind is not null;
