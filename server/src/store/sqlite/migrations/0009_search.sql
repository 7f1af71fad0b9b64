-- The full text search; store/blocks.rs explains it. A block stands for 1,024 posts of a site that came after each other:
-- their keys, in ascending order, in 8 bytes each.
create table search_blocks (
  key integer primary key,
  site_key integer not null references sites,
  first_item_key integer not null,
  last_item_key integer not null,
  item_keys blob not null check (length(item_keys) = 8192)
) strict;

-- A site's blocks, the newest first, and the block of a post.
create unique index search_blocks_site on search_blocks (site_key, first_item_key);

-- Row `block * 2048 + bit`: which posts of the block have that bit. Rows are only ever added at the end and overwritten in
-- place, for the reason given at `item_texts`.
create table search_slices (
  key integer primary key,
  posts blob not null check (length(posts) = 128)
) strict;

-- Posts that are in no block yet, and whether a block has any left.
create index items_in_site on items (site_key)
  where kind is not null;
