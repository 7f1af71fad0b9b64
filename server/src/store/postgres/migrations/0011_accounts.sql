-- How moderators sign in without a one-time code. Both the password's hash and the authenticator's secret need the server's own
-- secret, which is not in the database.
create table credentials (
  moderator_key bigint primary key references moderators,
  password text,
  authenticator bytea,
  -- The last step whose code was taken: no code counts twice.
  step bigint not null default 0,
  -- One that is being set up, until a code of it came.
  new_authenticator bytea,
  new_authenticator_at bigint
);

create table account_recovery_codes (
  moderator_key bigint not null references moderators,
  code_hash bytea not null check (length(code_hash) = 32),
  primary key (moderator_key, code_hash)
);

-- Wrong tries in a row, by a keyed hash of the name. Names that no account has are counted too, so that nobody can tell.
create table sign_in_attempts (
  name_hash bytea not null primary key check (length(name_hash) = 32),
  moderator_key bigint references moderators,
  n_tries bigint not null,
  tried_at bigint not null,
  waits_until bigint not null
);

-- The tries of an account.
create index sign_in_attempts_of on sign_in_attempts (moderator_key)
  where moderator_key is not null;

-- Which made-up names to forget first.
create index sign_in_attempts_unknown on sign_in_attempts (tried_at)
  where moderator_key is null;

create table account_events (
  key bigint primary key generated always as identity,
  moderator_key bigint not null references moderators,
  event text not null check (event in (
    'code_made', 'signed_in_by_code', 'signed_in', 'signed_in_by_recovery_code', 'password_set', 'authenticator_set',
    'recovery_codes_made', 'reset'
  )),
  at bigint not null
);

-- The last events of an account.
create index account_events_of on account_events (moderator_key, key);

alter table sessions
  add column key bigint not null unique generated always as identity,
  add column is_by_code boolean not null default true,
  add column device text,
  -- They lasted 12 hours until now.
  add column begun_at bigint,
  -- To the quarter of an hour.
  add column seen_at bigint;

update sessions set begun_at = expires_at - 43200000, seen_at = expires_at - 43200000;

alter table sessions
  alter column is_by_code drop default,
  alter column begun_at set not null,
  alter column seen_at set not null;

-- The sessions of an account.
create index sessions_of on sessions (moderator_key);
