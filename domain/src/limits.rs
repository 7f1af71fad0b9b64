//! Every stated limit, each with its reason. A limit is checked where the value is parsed, once.

use std::time::Duration;

/// Graphemes in the text of a post: fewer is an accident, more is not read to its end on a phone.
pub const POST_GRAPHEMES: std::ops::RangeInclusive<usize> = 20..=2_000;
/// Graphemes in the text of a reply: "me too" (or its shortest form elsewhere) is a full answer.
pub const REPLY_GRAPHEMES: std::ops::RangeInclusive<usize> = 2..=1_000;
/// Scalar values in one grapheme. Emoji families with skin tones need 11; stacks of combining marks that
/// spill over their neighbours ("zalgo") need many more.
pub const SCALARS_PER_GRAPHEME: usize = 16;
/// Bytes of UTF-8 in a text before it is looked at: 2,000 graphemes of the longest scripts stay below.
pub const TEXT_BYTES: usize = 32 * 1024;
/// Bytes of a request body: a text and its envelope, escaped as JSON in the most wasteful way (six bytes a byte).
pub const BODY_BYTES: usize = 6 * TEXT_BYTES + 4 * 1024;
/// Graphemes in a moderator's reason.
pub const REASON_GRAPHEMES: std::ops::RangeInclusive<usize> = 3..=500;
/// Cards of a site: more would push the posts off a phone's first screens.
pub const CARDS: std::ops::RangeInclusive<usize> = 0..=8;
/// Graphemes in a card's heading: one line of a phone, or two.
pub const CARD_TITLE_GRAPHEMES: std::ops::RangeInclusive<usize> = 2..=80;
/// Graphemes in a card's text: as long as a reply.
pub const CARD_TEXT_GRAPHEMES: std::ops::RangeInclusive<usize> = 2..=1_000;
/// Characters in what somebody looks for: a sentence that they remember.
pub const SEARCH_CHARS: usize = 200;
/// Words of it that are looked for: more narrow nothing down.
pub const SEARCH_WORDS: usize = 12;
/// Texts of one item that its author replaced before a moderator decided, kept for moderators: they must be able to read all
/// of them, and an honest second thought needs a few. After that many changes the text stays until it is decided.
pub const EARLIER_TEXTS: usize = 20;
/// Graphemes in a private word: as in a reply.
pub const WORD_GRAPHEMES: std::ops::RangeInclusive<usize> = 2..=1_000;
/// Private words about one item, of its author's and of all moderators' each: enough to be understood, and no chat.
pub const WORDS_OF_A_SIDE: usize = 20;
/// Items on one page of a feed, of replies or of the queue.
pub const PAGE_ITEMS: std::ops::RangeInclusive<usize> = 1..=100;
/// Items on a page when the request does not say.
pub const DEFAULT_PAGE_ITEMS: usize = 25;
/// Printable ASCII characters in an `Idempotency-Key`: a UUID has 36.
pub const IDEMPOTENCY_KEY_CHARS: std::ops::RangeInclusive<usize> = 8..=128;
/// How long an `Idempotency-Key` is remembered: longer than any retry of a page left open for a night.
pub const IDEMPOTENCY_WINDOW_MS: i64 = 24 * 60 * 60 * 1_000;
/// Posts from one network and site: nobody writes two in a minute, and a family or a ward that shares an address gets
/// through a day with this. The owner of a site that a whole class writes on sets more.
pub const POSTS_A_MINUTE: u32 = 1;
/// As [`POSTS_A_MINUTE`], in any hour.
pub const POSTS_AN_HOUR: u32 = 20;
/// Replies from one network and site: several people who share an address can talk at once, each with a reply in ten
/// seconds or so.
pub const REPLIES_A_MINUTE: u32 = 10;
/// As [`REPLIES_A_MINUTE`], in any hour.
pub const REPLIES_AN_HOUR: u32 = 120;
/// Replies of one author in one thread: a thought in four pieces is sent at once, and a conversation goes on, but nobody
/// drowns a thread.
pub const AUTHOR_REPLIES_A_MINUTE: u32 = 4;
/// As [`AUTHOR_REPLIES_A_MINUTE`], in any hour.
pub const AUTHOR_REPLIES_AN_HOUR: u32 = 40;
/// Reports from one network: a reader finds few in an evening, and several people may share an address.
pub const REPORTS_A_MINUTE: u32 = 6;
/// As [`REPORTS_A_MINUTE`], in any hour.
pub const REPORTS_AN_HOUR: u32 = 30;
/// Changes of one's own texts from one network: an honest second thought takes a few, several people may share an address,
/// and each change is read by a moderator.
pub const CHANGES_A_MINUTE: u32 = 6;
/// As [`CHANGES_A_MINUTE`], in any hour.
pub const CHANGES_AN_HOUR: u32 = 60;
/// Private words of authors from one network: as many as somebody types who answers in short pieces, and each is read by a
/// moderator.
pub const WORDS_A_MINUTE: u32 = 10;
/// As [`WORDS_A_MINUTE`], in any hour.
pub const WORDS_AN_HOUR: u32 = 60;
/// Recovery codes from one network that open nothing. A mistyped one has a wrong check digit and is not looked up, so these
/// are of purged items, or guesses; codes have 95 random bits, so this bounds the load and nothing else.
pub const WRONG_CODES_A_MINUTE: u32 = 30;
/// As [`WRONG_CODES_A_MINUTE`], in any hour.
pub const WRONG_CODES_AN_HOUR: u32 = 300;
/// Votes from one network on one item in a day: one from each pupil of a class, or all three from each of ten people on a
/// ward. Whoever wants to lift an item from one place gets no further than that.
pub const VOTES_AN_ITEM_A_DAY: u32 = 30;
/// Posts and replies to one site in a minute above which devices are asked for work: one a second, many times what a large
/// site gets in its busiest minute.
pub const WORK_FROM_A_MINUTE: u32 = 60;
/// The same for all posts, replies and votes that a server gets.
pub const WORK_FROM_WRITES_A_MINUTE: u32 = 1_200;
/// The largest number that a device may have to find, counting from 0. A phone of 2016 hashes about 20,000 times a second
/// in plain JavaScript, so the longest search takes it 3 s and the mean one 1.5 s.
pub const WORK_NUMBER: u32 = 60_000;
/// How long a device may take from being asked for work to sending it: also one whose page was in the background for a while.
pub const WORK_LIFETIME_MS: i64 = 20 * 60 * 1_000;
/// Characters in the id of a site or a topic.
pub const SLUG_CHARS: std::ops::RangeInclusive<usize> = 1..=40;
/// Counts below this are not shown: a lone "1" tells a watcher too much and an author too little.
pub const FIRST_SHOWN_COUNT: u32 = 3;
/// Time in which the helpfulness of an item halves in the order "helpful": a week keeps weekend posts alive.
pub const HELPFUL_HALF_LIFE_MS: i64 = 7 * 24 * 60 * 60 * 1_000;
/// How long what a moderator declined, and what was never decided, is kept.
pub const UNPUBLISHED_RETENTION_MS: i64 = 30 * 24 * 60 * 60 * 1_000;
/// How much later than a server last saw it the clock may be and still be believed for what cannot be undone. Longer than
/// servers are away for repairs, and far less than what is purged is kept for.
pub const CLOCK_LEAP_MS: i64 = 7 * 24 * 60 * 60 * 1_000;
/// How long a clock has to go on from where it leapt to before it is believed: somebody may notice, or the time server come back.
pub const CLOCK_DOUBT_MS: i64 = 24 * 60 * 60 * 1_000;
/// How long an open stream of what becomes published says nothing at most: proxies cut what is silent for a minute.
pub const LIVE_HEARTBEAT: Duration = Duration::from_secs(25);
/// Open streams from one network: three classes of a school, or a ward and its visitors, may look at stories at once. It is a
/// quarter of what a server keeps unless its owner says otherwise, so that no one place takes all of them; who has none
/// sees what is new at the next look.
pub const STREAMS_OF_NETWORK: usize = 100;
/// Characters in the id of a line that a report names: the longest in `helplines/` has 53.
pub const REPORTED_LINE_CHARS: usize = 80;
/// Characters in the contact that a report names: the longest in `helplines/`, the address of a chat, has 145.
pub const REPORTED_CONTACT_CHARS: usize = 200;
/// Different reports about lines that are counted of one site and day, so that nobody fills the disk with made-up ones:
/// with the longest contacts about 300 KB. All that every visitor of a large site can truly find wrong in a day is less.
pub const LINE_REPORTS_A_DAY: usize = 1_000;
/// How long reports about lines are kept: one that still stands is reported again, and mended lines are left behind.
pub const LINE_REPORT_RETENTION_DAYS: i32 = 90;
/// Reports about one item that are kept while no moderator has decided about it: it stands first in the queue by then, and
/// nobody fills the disk with made-up ones.
pub const REPORTS_OF_ITEM: u32 = 100;
/// How long a report is kept once a moderator has decided, for whoever comes back with its receipt.
pub const REPORT_RETENTION_MS: i64 = 90 * 24 * 60 * 60 * 1_000;
/// Characters of a moderator's password: at least 12 withstand guessing from a stolen hash; at most what hashing takes quickly.
pub const PASSWORD_CHARS: std::ops::RangeInclusive<usize> = 12..=128;
/// Bytes of a password that are looked at before they are normalised and counted.
pub const PASSWORD_BYTES: usize = 1_024;
/// Characters of the name of an account: it stands on one line of the console and of records.
pub const ACCOUNT_NAME_CHARS: std::ops::RangeInclusive<usize> = 1..=60;
/// Characters of the name that a moderator gives to a device.
pub const DEVICE_CHARS: usize = 40;
/// Wrong tries to sign in to one account that are answered at once.
pub const SIGN_IN_TRIES: u32 = 5;
/// The longest that an account waits for the next try: who knows the password gets in after it, whatever others try.
pub const SIGN_IN_LONGEST_WAIT_MS: i64 = 15 * 60 * 1_000;
/// How long after the last of them wrong tries count.
pub const SIGN_IN_TRIES_COUNT_MS: i64 = 24 * 60 * 60 * 1_000;
/// Recovery codes of a moderator's account.
pub const ACCOUNT_RECOVERY_CODES: usize = 10;
/// How long a moderator's session lasts: a shift, and the way home.
pub const SESSION_MS: i64 = 12 * 60 * 60 * 1_000;
/// How long a session lasts that nobody uses: over a meal, and not until the next who sits down there.
pub const SESSION_UNUSED_MS: i64 = 2 * 60 * 60 * 1_000;
/// How closely it is written down when a session was last used: not a record of when somebody worked.
pub const SESSION_SEEN_MS: i64 = 15 * 60 * 1_000;
/// How long an authenticator that was begun to be set up waits for its first code.
pub const NEW_AUTHENTICATOR_MS: i64 = 60 * 60 * 1_000;
/// How long it is kept what happened to a moderator's account.
pub const ACCOUNT_EVENT_RETENTION_MS: i64 = 90 * 24 * 60 * 60 * 1_000;
/// How many of those events the account's owner is shown.
pub const ACCOUNT_EVENTS: usize = 20;
/// How long an item stays claimed by the moderator who read it last, unless they go on reading: as long as a hard text and the
/// answer to it take. Who closes the lid of a computer keeps no item from the others for longer.
pub const CLAIM_MS: i64 = 10 * 60 * 1_000;
/// Graphemes in the note with which a moderator hands an item over: what the next one must know, not a story of its own.
pub const HAND_OVER_GRAPHEMES: std::ops::RangeInclusive<usize> = 2..=500;
/// Such notes about one item that are kept until it is decided: who reads it next must be able to read all of them.
pub const HAND_OVERS_OF_ITEM: usize = 20;
/// Replies before an item, and as many after it, that a moderator sees beside it at first: what was said just then.
pub const THREAD_AROUND: usize = 5;
/// Decisions in a thread that are shown beside an item.
pub const THREAD_DECISIONS: usize = 20;
/// Replies of a thread, the newest, whose decisions are looked for, so that a long thread costs no more than a short one.
pub const THREAD_DECIDED_AMONG: usize = 200;
/// Items that one search of a moderator's looks into: about as long as a request may take. The next one goes on from there.
pub const FIND_LOOKS: usize = 1_280;
/// Items that are declined as spam at once: as many as somebody can look through, and their texts fit into one request.
pub const SPAM_ITEMS: std::ops::RangeInclusive<usize> = 1..=20;
/// Streams of what happens at the desk that one session may have open: a few windows beside each other.
pub const DESK_STREAMS_OF_SESSION: usize = 4;
/// How often it is looked whether the session of such a stream still stands.
pub const DESK_STREAM_CHECK: Duration = Duration::from_secs(25);
/// Places that are taken out of one text: a text that needs more is declined, and its author told what to leave out.
pub const TAKEN_OUT_PLACES: usize = 50;
/// Graphemes in a moderator's note that passes an item on to a lead: as in a reason.
pub const ESCALATION_GRAPHEMES: std::ops::RangeInclusive<usize> = 3..=500;
/// How often a notification is tried before it is left to the team: with the waits between, for about a day.
pub const DELIVERY_TRIES: u32 = 10;
/// How long after the first failure a notification is tried again.
pub const DELIVERY_FIRST_WAIT_MS: i64 = 60 * 1_000;
/// The longest wait between two tries.
pub const DELIVERY_LONGEST_WAIT_MS: i64 = 6 * 60 * 60 * 1_000;
/// How long a server that took a notification has it to itself: longer than a try lasts. One that crashed meanwhile leaves it
/// to the others.
pub const DELIVERY_CLAIM_MS: i64 = 2 * 60 * 1_000;
/// How long one try may last: shorter than whoever presses the test button waits for an answer.
pub const DELIVERY_TRY: Duration = Duration::from_secs(10);
/// Notifications that are sent at one time by one server.
pub const DELIVERIES_AT_ONCE: usize = 16;
/// Notifications that did not arrive, as many as are listed.
pub const DEAD_DELIVERIES: usize = 100;
/// How long a notification that did not arrive is kept.
pub const DEAD_DELIVERY_RETENTION_MS: i64 = 30 * 24 * 60 * 60 * 1_000;
/// Webhooks of a site.
pub const WEBHOOKS: usize = 8;
/// Secrets of a webhook that count at the same time: the new one, the old one, and one that was forgotten.
pub const WEBHOOK_SECRETS: std::ops::RangeInclusive<usize> = 1..=4;
/// Bytes of such a secret, as Standard Webhooks says.
pub const WEBHOOK_SECRET_BYTES: std::ops::RangeInclusive<usize> = 24..=64;
/// Addresses that a site's e-mails go to.
pub const NOTIFIED_ADDRESSES: std::ops::RangeInclusive<usize> = 1..=8;
/// Days of a site's coverage that differ from its week.
pub const COVERAGE_EXCEPTIONS: usize = 400;
/// How far ahead it is looked for when moderators come or go, in windows of some days: about ten weeks.
pub const COVERAGE_WINDOWS: usize = 14;
/// How long an admin may force a rule upon a site at a time: longer absences belong into the configuration.
pub const FORCED_RULE_MS: i64 = 31 * 24 * 60 * 60 * 1_000;
/// Changes of a site that its log shows.
pub const SITE_CHANGES: usize = 50;
/// How long the team is not told again that items wait too long.
pub const LATE_NOTICE_EVERY_MS: i64 = 60 * 60 * 1_000;
/// Waiting items of a site that are looked at for those that wait too long, the oldest first.
pub const LATE_AMONG: usize = 200;
/// Made-up items of a fire drill: a team works through them besides the real ones, which do not wait for a drill to end.
pub const DRILL_ITEMS: std::ops::RangeInclusive<usize> = 1..=10;
/// Minutes after which a drill is over in any case: from a short one to half a shift.
pub const DRILL_MINUTES: std::ops::RangeInclusive<u32> = 5..=240;
/// How long decided items of a drill stay after the last one was: whoever decided it looks back at it for a moment.
pub const DRILL_LINGER_MS: i64 = 60 * 1_000;
/// How often it is looked whether a drill is over.
pub const DRILL_CHECK: Duration = Duration::from_secs(15);
/// Drills of a site that are listed.
pub const DRILLS_LISTED: usize = 20;
/// What counts fewer than so many items is not shown in statistics: in a small space a lone number is about somebody.
pub const SHOWN_FROM_ITEMS: u64 = 10;
/// Steps of a playbook for one colour: more is not read while somebody waits.
pub const PLAYBOOK_STEPS: std::ops::RangeInclusive<usize> = 0..=12;
/// Graphemes in a step of a playbook: two lines beside an item.
pub const STEP_GRAPHEMES: std::ops::RangeInclusive<usize> = 2..=200;
/// Reasons of a site to start from: as many buttons as a moderator finds one among.
pub const REASON_TEMPLATES: std::ops::RangeInclusive<usize> = 0..=12;
/// Graphemes in the name of such a reason: it is a button.
pub const REASON_NAME_GRAPHEMES: std::ops::RangeInclusive<usize> = 2..=40;
