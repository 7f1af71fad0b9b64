-- What visitors said of helplines: counted a day, with nothing about who said it. The unique key is also what the reports
-- of a site and day are counted by, before another one is taken.
create table line_reports (
  key bigint primary key generated always as identity,
  site_key bigint not null references sites,
  day integer not null,
  line text not null,
  contact text not null,
  problem text not null check (problem in ('no_answer', 'wrong_number', 'closed', 'other')),
  n_reports bigint not null check (n_reports > 0),
  unique (site_key, day, line, contact, problem)
);

-- The list, backwards, and what is purged.
create index line_reports_day on line_reports (day, key);
