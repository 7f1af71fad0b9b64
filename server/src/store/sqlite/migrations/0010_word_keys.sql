-- Private words of authors that were sent under an `Idempotency-Key`, for a day. `created_at` is the word's, so that it is
-- answered alike when it is sent again. The hash of the request is made with the key, which is not stored: nobody can try
-- short words on it.
create table word_keys (
  key_hash blob not null primary key check (length(key_hash) = 32),
  request_hash blob not null check (length(request_hash) = 32),
  item_key integer not null references items on delete cascade,
  created_at integer not null
) strict, without rowid;

-- What goes with an item.
create index word_keys_item on word_keys (item_key);
