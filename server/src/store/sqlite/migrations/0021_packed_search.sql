-- The search keeps its blocks in fewer bytes; store/sqlite/packed.rs explains how. Blocks are made anew from the texts, by the
-- server, once it runs; meanwhile a search looks into the posts one by one.
drop table search_slices;
drop table search_blocks;

-- A block stands for 1,024 posts of a site that came after each other. `edited`: those whose text was replaced since, a bit each;
-- every search looks into them.
create table search_blocks (
  key integer primary key,
  site_key integer not null references sites,
  first_item_key integer not null,
  last_item_key integer not null,
  edited blob not null check (length(edited) = 128),
  item_keys blob not null
) strict;

-- A site's blocks, the newest first, and the block of a post.
create unique index search_blocks_site on search_blocks (site_key, first_item_key);

-- Row `block * 2048 + bit`: slices of the block from that bit on, as many as fit. Rows are only ever added at the end and
-- overwritten in place, for the reason given at `item_texts`; compaction removes those of blocks whose posts are all gone.
create table search_slices (
  key integer primary key,
  slices blob not null check (length(slices) = 8152)
) strict;
