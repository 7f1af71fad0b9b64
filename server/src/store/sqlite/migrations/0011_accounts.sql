-- How moderators sign in without a one-time code. Both the password's hash and the authenticator's secret need the server's own
-- secret, which is not in the database.
create table credentials (
  moderator_key integer primary key references moderators,
  password text,
  authenticator blob,
  -- The last step whose code was taken: no code counts twice.
  step integer not null default 0,
  -- One that is being set up, until a code of it came.
  new_authenticator blob,
  new_authenticator_at integer
) strict;

create table account_recovery_codes (
  moderator_key integer not null references moderators,
  code_hash blob not null check (length(code_hash) = 32),
  primary key (moderator_key, code_hash)
) strict, without rowid;

-- Wrong tries in a row, by a keyed hash of the name. Names that no account has are counted too, so that nobody can tell.
create table sign_in_attempts (
  name_hash blob not null primary key check (length(name_hash) = 32),
  moderator_key integer references moderators,
  n_tries integer not null,
  tried_at integer not null,
  waits_until integer not null
) strict, without rowid;

-- The tries of an account.
create index sign_in_attempts_of on sign_in_attempts (moderator_key)
  where moderator_key is not null;

-- Which made-up names to forget first.
create index sign_in_attempts_unknown on sign_in_attempts (tried_at)
  where moderator_key is null;

create table account_events (
  key integer primary key,
  moderator_key integer not null references moderators,
  event text not null check (event in (
    'code_made', 'signed_in_by_code', 'signed_in', 'signed_in_by_recovery_code', 'password_set', 'authenticator_set',
    'recovery_codes_made', 'reset'
  )),
  at integer not null
) strict;

-- The last events of an account.
create index account_events_of on account_events (moderator_key, key);

alter table sessions rename to old_sessions;

create table sessions (
  key integer primary key,
  session_hash blob not null unique check (length(session_hash) = 32),
  moderator_key integer not null references moderators,
  is_by_code integer not null check (is_by_code in (0, 1)),
  device text,
  begun_at integer not null,
  -- To the quarter of an hour.
  seen_at integer not null,
  expires_at integer not null
) strict;

-- They lasted 12 hours until now.
insert into sessions (session_hash, moderator_key, is_by_code, begun_at, seen_at, expires_at)
select session_hash, moderator_key, 1, expires_at - 43200000, expires_at - 43200000, expires_at
from old_sessions;

drop table old_sessions;

-- The sessions of an account.
create index sessions_of on sessions (moderator_key);
