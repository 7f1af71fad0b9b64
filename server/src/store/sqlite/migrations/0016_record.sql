-- The audit log: what moderators, rules and commands did, and nothing that anybody wrote. It stands by itself, so that nothing that
-- is deleted elsewhere is missing here. Each row's hash is made over that of the row before; store/audit.rs says how.
create table audit (
  n integer primary key check (n > 0),
  at integer not null,
  site text,
  moderator integer,
  name text,
  act text not null,
  item_id integer,
  account text,
  why text,
  hash blob not null check (length(hash) = 32)
) strict;

create trigger audit_is_not_changed before update on audit
begin
  select raise(abort, 'the audit log is only ever added to');
end;

create trigger audit_is_not_removed before delete on audit
begin
  select raise(abort, 'the audit log is only ever added to');
end;
