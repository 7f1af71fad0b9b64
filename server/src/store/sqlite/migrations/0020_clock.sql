-- One row. When a server last saw the clock and believed it, and since when, by the clock itself, it is not believed: it leapt.
create table clock (
  key integer primary key check (key = 1),
  seen_at integer not null,
  doubted_at integer
) strict;
