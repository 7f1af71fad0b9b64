-- Content notes, a bit each: what an author gave goes with the text. The table is written anew, because a row that is longer
-- than before could not be overwritten in place.
create table item_texts_with_notes (
  key integer primary key,
  lang text,
  author blob check (length(author) = 8),
  notes blob not null default x'00' check (length(notes) = 1),
  text text not null
) strict;

insert into item_texts_with_notes (key, lang, author, text)
select key, lang, author, text
from item_texts
order by key;

drop table item_texts;

alter table item_texts_with_notes rename to item_texts;
