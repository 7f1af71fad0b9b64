-- What moderators look for among what others do not read: the newest first, in each state.
create index items_not_public on items (state)
  where state = 'held' or state = 'declined' or state = 'hidden';
