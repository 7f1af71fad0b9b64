create table threads (id integer primary key, uri varchar(256) unique, title varchar(256));
create table comments (tid references threads(id), id integer primary key, parent integer, created float not null,
  modified float, mode integer, remote_addr varchar, text varchar, author varchar, email varchar, website varchar,
  likes integer default 0, dislikes integer default 0, voters blob not null, notification integer default 0);
insert into threads values (1, '/walks', 'Walks'), (2, '/tea', 'Tea');
insert into comments (tid, id, parent, created, mode, remote_addr, text, author, email, voters) values
  (1, 1, null, 1614586542.123, 1, '192.0.2.0', 'I walk to the harbour when it gets loud in my head & count boats.
Some days there are [only three](https://boats.example/?x=1).', 'Ann Example', 'ann@rowan.example', x'00'),
  (1, 2, 1, 1614586810.0, 1, '192.0.2.0', 'I like the red one.', 'Ben Example', null, x'00'),
  (1, 3, 1, 1614586850.0, 1, '192.0.2.0', 'The red one is mine.', 'Ann Example', 'ann@rowan.example', x'00'),
  (1, 4, null, 1614672000.0, 1, '192.0.2.0', 'Yes.', 'Ben Example', null, x'00'),
  (1, 5, 4, 1614672060.0, 1, '192.0.2.0', 'That is short.', 'Ann Example', 'ann@rowan.example', x'00'),
  (1, 6, null, 1614758400.0, 4, '192.0.2.0', '', null, null, x'00'),
  (2, 7, null, 1614844800.0, 1, '192.0.2.0', 'Second page, same person, another thread of theirs.', 'Ann Example', 'ann@rowan.example', x'00'),
  (2, 8, null, 1614844900.0, 2, '192.0.2.0', 'This one still waited for somebody to read it.', null, null, x'00');
