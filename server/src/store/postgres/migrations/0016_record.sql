-- The audit log: what moderators, rules and commands did, and nothing that anybody wrote. It stands by itself, so that nothing that
-- is deleted elsewhere is missing here. Each row's hash is made over that of the row before; store/audit.rs says how.
create table audit (
  n bigint primary key check (n > 0),
  at bigint not null,
  site text,
  moderator bigint,
  name text,
  act text not null,
  item_id bigint,
  account text,
  why text,
  hash bytea not null check (length(hash) = 32)
);

create function refuse_audit_change() returns trigger language plpgsql as $$
begin
  raise exception 'the audit log is only ever added to';
end
$$;

create trigger audit_is_not_changed before update or delete or truncate on audit
  for each statement execute function refuse_audit_change();
