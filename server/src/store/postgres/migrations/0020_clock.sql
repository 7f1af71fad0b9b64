-- The same table as in SQLite; see there for what is not said here.

create table clock (
  key bigint primary key check (key = 1),
  seen_at bigint not null,
  doubted_at bigint
);
