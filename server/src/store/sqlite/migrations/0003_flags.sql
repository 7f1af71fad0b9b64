-- What the checks noticed about an item, a bit a flag: read with the item, never searched by.
alter table items add column flags integer not null default 0 check (flags >= 0);
