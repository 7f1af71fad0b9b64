use std::collections::BTreeSet;

use futures_util::future::join_all;
use peer_support_domain::full_text::SearchWords;
use peer_support_domain::id::ItemId;
use peer_support_domain::post::{Decision, Kind, State};
use peer_support_domain::site::TopicId;
use peer_support_server::store::{self, Address, How, NewDecision, NewItem, Place, SearchQuery};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use crate::subject::*;

/// Posts of a block of the index.
const BLOCK: u64 = 1_024;

fn query(words: &str) -> SearchQuery {
    SearchQuery {
        site: "demo".parse().unwrap(),
        words: words.parse().unwrap(),
        kind: None,
        topic: None,
        after: None,
        limit: 10,
    }
}

fn text(n: u64, text: &str) -> NewItem {
    NewItem { text: text.into(), ..published(story(n)) }
}

/// The ids of all pages.
async fn found(store: &Subject, query: SearchQuery) -> Vec<ItemId> {
    let (mut query, mut ids) = (query, Vec::new());
    loop {
        let page = store.search(query.clone()).await.unwrap();
        assert!(page.items.len() <= query.limit);
        ids.extend(page.items.iter().map(|post| post.id));
        match page.next {
            Some(next) => query.after = Some(next),
            None => return ids,
        }
    }
}

fn items(numbers: impl IntoIterator<Item = u64>) -> Vec<ItemId> {
    numbers.into_iter().map(item).collect()
}

/// Adds as many posts as make a block, some of which have other texts than "An ordinary day, number …", and makes it.
async fn a_block(store: &Subject, first: u64, other: impl Fn(u64) -> Option<String>) {
    fill(store, first..first + BLOCK, other).await;
    assert_eq!(store.index().await.unwrap(), BLOCK);
}

fn ordinary(n: u64, text: String) -> NewItem {
    NewItem { text, ..post(n, Kind::ALL[n as usize % 3], ["grief", "work"][n as usize % 2]) }
}

/// As many posts, in this order: the first two as everyone's, the others past the store, because one by one would take
/// long.
async fn fill(store: &Subject, numbers: std::ops::Range<u64>, other: impl Fn(u64) -> Option<String>) {
    let text = |n: u64| other(n).unwrap_or_else(|| format!("An ordinary day, number {n}."));
    let others = numbers.start + 2..numbers.end;
    for n in numbers.start..others.start {
        store.added(ordinary(n, text(n))).await;
    }
    let is_sqlite = matches!(store.address, Address::Sqlite(_));
    // As the store does: SQLite leaves copies in unused space otherwise.
    let mut sql = String::from(if is_sqlite { "pragma secure_delete = on; begin;" } else { "begin;" });
    for n in others {
        let new = ordinary(n, text(n));
        let Place::Post { kind, topic, .. } = &new.place else { unreachable!("it is a post") };
        let (id, at) = (new.id.bits().cast_signed(), new.created_at);
        let code: String = new.recovery.as_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
        let (code, no) =
            if is_sqlite { (format!("x'{code}'"), "0") } else { (format!("'\\x{code}'"), "false") };
        let (state, published) = if is_sqlite { ("state_number", "1") } else { ("state", "'published'") };
        let (text_column, text_key) =
            if is_sqlite { (", text_key", format!(", 1000000 + {n}")) } else { ("", String::new()) };
        sql += &format!(
            "insert into items
               (id, site_key, topic_key, kind, {state}, is_example, recovery, created_at, helpful_at{text_column})
             select {id}, topics.site_key, topics.key, '{}', {published}, {no}, {code}, {at}, {at}{text_key}
             from topics
             join sites on sites.key = topics.site_key
             where sites.id = 'demo' and topics.id = '{topic}';",
            &kind.as_str()[..1]
        );
        let text = new.text.replace('\'', "''");
        sql += &if is_sqlite {
            format!("insert into item_texts (key, text) values (1000000 + {n}, '{text}');")
        } else {
            format!(
                "insert into item_texts (item_key, text) select key, '{text}' from items where id = {id};"
            )
        };
    }
    store.execute(&(sql + "commit;")).await.unwrap();
}

#[tokio::test]
async fn posts_are_found_by_their_words_the_newest_first() {
    each_store(async |store| {
        for (n, words) in [
            (1, "The bus was late and my chest got tight."),
            (2, "Tight shoes, a LATE bus, and the sun."),
            (3, "A café by the sea."),
            (4, "最近我很焦虑，睡不着。"),
        ] {
            store.added(text(n, words)).await;
        }

        assert_eq!(found(store, query("late bus")).await, items([2, 1]));
        assert_eq!(found(store, query("tigh")).await, items([2, 1]));
        assert_eq!(found(store, query("CAFE sea")).await, items([3]));
        assert_eq!(found(store, query("焦虑")).await, items([4]));
        assert_eq!(found(store, query("late ch")).await, items([1]));
        assert_eq!(found(store, query("train")).await, []);
        let page = store.search(query("late bus")).await.unwrap();
        assert_eq!(page.items[1], store.post(item(1)).await.unwrap().unwrap(), "as the feed shows it");
        let elsewhere = SearchQuery { site: "other".parse().unwrap(), ..query("bus") };
        assert_eq!(found(store, elsewhere).await, []);
    })
    .await;
}

#[tokio::test]
async fn only_what_everyone_may_read_is_found() {
    each_store(async |store| {
        let words = "The word is heliotrope today.";
        let kept = store.added(text(1, words)).await;
        for n in 2..7 {
            store.added(NewItem { text: words.into(), ..story(n) }).await;
        }
        store.decided(item(3), Decision::Decline).await.unwrap();
        store.decided(item(4), Decision::Approve).await.unwrap();
        store.decided(item(4), Decision::Hide).await.unwrap();
        store.decided(item(5), Decision::Approve).await.unwrap();
        store.delete_own(recovery(5)).await.unwrap();
        store.added(NewItem { text: words.into(), ..published(reply(10, kept)) }).await;

        assert_eq!(found(store, query("heliotrope")).await, [kept], "before there is a block");
        a_block(store, 2_000, |_| None).await;
        assert_eq!(found(store, query("heliotrope")).await, [kept], "from the block");
        store.decided(item(4), Decision::Restore).await.unwrap();
        store.decided(item(6), Decision::Approve).await.unwrap();
        assert_eq!(found(store, query("heliotrope")).await, items([6, 4, 1]));
    })
    .await;
}

#[tokio::test]
async fn a_search_finds_the_same_with_an_index_and_without() {
    each_store(async |store| {
        let words = |n: u64| match n % 100 {
            7 => Some(format!("Snow in the garden, number {n}.")),
            8 => Some(format!("Number {n}: no snow, and the garden is green.")),
            _ => None,
        };
        for n in 5_000..5_010 {
            store.added(text(n, "Snow on another site.")).await;
        }
        fill(store, 0..BLOCK + 100, words).await;
        let queries = |words: &str| {
            let mut queries = Vec::new();
            for kind in [None, Some(Kind::Coping)] {
                for topic in [None, Some("work"), Some("nothing")] {
                    for limit in [3, 100] {
                        let topic: Option<TopicId> = topic.map(|topic| topic.parse().unwrap());
                        queries.push(SearchQuery { kind, topic, limit, ..query(words) });
                    }
                }
            }
            queries
        };
        let rare = ["snow garden", "number 10", "garden gre", "ordinary snow"];
        let mut without = Vec::new();
        for query in rare.iter().flat_map(|words| queries(words)) {
            without.push(found(store, query).await);
        }

        assert_eq!(store.index().await.unwrap(), BLOCK);

        for (query, without) in rare.iter().flat_map(|words| queries(words)).zip(without) {
            assert_eq!(found(store, query.clone()).await, without, "{query:?}");
        }
        assert_eq!(store.index().await.unwrap(), 0, "the rest is no whole block");
        let all = found(store, SearchQuery { limit: 100, ..query("number") }).await;
        assert_eq!(all, items((0..BLOCK + 100).rev()));
    })
    .await;
}

#[tokio::test]
async fn a_rare_word_is_found_in_blocks_of_every_age() {
    each_store(async |store| {
        let there = [3, 700, BLOCK + 5, 3 * BLOCK + 1, 3 * BLOCK + 2, 4 * BLOCK + 9];
        let other = |n: u64| match n {
            n if there.contains(&n) => Some(format!("Heliotrope in the garden, number {n}.")),
            // Each has some of its letters.
            n if n % 50 == 7 => Some(format!("A helicopter above the isotropic garden, number {n}.")),
            n if n % 50 == 8 => Some(format!("Helios and a trope, number {n}.")),
            _ => None,
        };
        fill(store, 0..4 * BLOCK + 20, other).await;
        assert_eq!(store.index().await.unwrap(), 4 * BLOCK);

        for words in ["heliotrope", "heliotrope garden", "garden heliotr", "number heliotrope"] {
            for limit in [1, 10] {
                let found = found(store, SearchQuery { limit, ..query(words) }).await;
                assert_eq!(found, items(there.into_iter().rev()), "{words}");
            }
        }
        let in_topic = SearchQuery { topic: Some("grief".parse().unwrap()), ..query("heliotrope") };
        assert_eq!(found(store, in_topic).await, items([3 * BLOCK + 2, 700]));
    })
    .await;
}

#[tokio::test]
async fn pages_of_a_search_neither_repeat_nor_skip_while_posts_come_and_go() {
    each_store(async |store| {
        a_block(store, 0, |_| None).await;
        fill(store, BLOCK..BLOCK + 50, |_| None).await;
        let (mut query, mut seen) = (SearchQuery { limit: 30, ..query("ordinary") }, Vec::new());
        let mut n_more = 10_000;
        loop {
            let page = store.search(query.clone()).await.unwrap();
            seen.extend(page.items.iter().map(|post| post.id));
            // The last post of the page goes, and with it the place that the cursor names; others come.
            let last = page.items.last().unwrap().id;
            store.decided(last, Decision::Hide).await.unwrap();
            store.added(text(n_more, "An ordinary day that came later.")).await;
            n_more += 1;
            match page.next {
                Some(next) => query.after = Some(next),
                None => break,
            }
        }

        assert_eq!(seen, items((0..BLOCK + 50).rev()));
    })
    .await;
}

#[tokio::test]
async fn an_edited_text_is_found_by_its_new_words_only() {
    each_store(async |store| {
        store.added(NewItem { text: "The heliotrope is out today.".into(), ..story(1) }).await;
        a_block(store, 2_000, |_| None).await;

        store.edit_own(recovery(1), edit("The marigold is out today.")).await.unwrap();
        store.decided(item(1), Decision::Approve).await.unwrap();

        assert_eq!(found(store, query("marigold")).await, items([1]));
        assert_eq!(found(store, query("heliotrope")).await, []);
        assert_eq!(found(store, query("marigold ordinary")).await, []);
        assert_eq!(found(store, SearchQuery { limit: 100, ..query("ordinary") }).await.len(), 1_024);
        store.delete_own(recovery(1)).await.unwrap();
        assert_eq!(found(store, query("marigold")).await, []);
    })
    .await;
}

#[tokio::test]
async fn a_text_that_waits_is_not_found_before_it_is_approved() {
    each_store(async |store| {
        store.added(text(1, "The heliotrope is out today.")).await;
        a_block(store, 2_000, |_| None).await;

        let newer = "The marigold is out today.";
        store.edit_own(recovery(1), edit(newer)).await.unwrap();
        assert_eq!(found(store, query("marigold")).await, []);
        assert_eq!(found(store, query("heliotrope")).await, items([1]));
        let approval = NewDecision {
            item: item(1),
            moderator: store.moderator().await.id,
            decision: Decision::Approve,
            read_text: Some(newer.to_owned()),
            reason: None,
            at: START,
            how: How::default(),
        };
        store.decide(approval).await.unwrap().unwrap().unwrap();

        assert_eq!(found(store, query("marigold")).await, items([1]));
        assert_eq!(found(store, query("heliotrope")).await, []);
    })
    .await;
}

#[tokio::test]
async fn a_deleted_post_leaves_neither_a_word_nor_a_bit_in_the_files() {
    each_store(async |store| {
        // Only these five have the word, so each slice of its bits is those five bits, at places that nothing else has.
        let rare = [103, 205, 517, 801, 1_001];
        a_block(store, 0, |n| {
            rare.contains(&n).then(|| format!("Zyxqvj came to tea on day {n}, and nobody else did."))
        })
        .await;
        let slice = slice_of(store, &rare);
        assert_eq!(found(store, query("zyxqvj")).await, items(rare.into_iter().rev()));
        assert!(store.files_hold("Zyxqvj").await && store.files_hold_bytes(&slice).await, "it can be found");

        for (n, place) in rare.into_iter().enumerate() {
            let slice = slice_of(store, &rare[n..]);
            store.delete_own(recovery(place)).await.unwrap().unwrap();

            assert!(!store.files_hold(&format!("on day {place}, and")).await);
            // Few bits are a pattern that other slices have, too, as those of the numbers of two days that are as far apart;
            // and, where slices lie side by side, the end of one with the beginning of the next. So the index as it is now
            // is asked how often it has the pattern: what is in the files beyond that was left behind. One bit alone is
            // also what empty pages hold.
            let bits_left = rare.len() - n;
            if bits_left > 1 {
                let n_now = n_in_index(store, &slice).await;
                let n_in_files = store.n_in_files(&slice).await;
                assert!(
                    n_in_files <= n_now,
                    "{n_in_files} in the files and {n_now} in the index: {bits_left} bits"
                );
                assert!(bits_left < 4 || n_now == 0, "so many bits are nobody else's");
            }
            assert_eq!(found(store, query("zyxqvj")).await.len(), 4 - n);
        }

        for word in ["Zyxqvj", "zyxqvj", "ZYXQVJ"] {
            assert!(!store.files_hold(word).await, "{word}");
        }
        assert_eq!(found(store, query("ordinary")).await.len(), BLOCK as usize - rare.len());
        store.purge(START, START + 100_000 * MINUTE).await.unwrap();
        assert_eq!(found(store, query("ordinary")).await.len(), BLOCK as usize - rare.len());
    })
    .await;
}

/// The slice of a bit that the posts at these places have, as the store keeps it: SQLite writes the gaps between them.
fn slice_of(store: &Subject, places: &[u64]) -> Vec<u8> {
    if matches!(store.address, Address::Postgres(_)) {
        let mut slice = vec![0; BLOCK as usize / 8];
        places.iter().for_each(|place| slice[*place as usize / 8] |= 1 << (place % 8));
        return slice;
    }
    let (mut gaps, mut next) = (Vec::new(), 0);
    for place in places {
        gaps.extend(vec![255; (place - next) as usize / 255]);
        gaps.push(((place - next) % 255) as u8);
        next = place + 1;
    }
    gaps
}

/// How often the bits of the index, as a reader sees them, hold `pattern`.
async fn n_in_index(store: &Subject, pattern: &[u8]) -> usize {
    let rows = match store.address {
        Address::Sqlite(_) => store.rows("select slices from search_slices").await,
        Address::Postgres(_) => store.rows("select encode(bits, 'hex') from search_bits").await,
    };
    let bytes = |hex: &str| -> Vec<u8> {
        let hex = hex.trim_start_matches("Blob").as_bytes();
        hex.chunks(2).map(|two| u8::from_str_radix(str::from_utf8(two).unwrap(), 16).unwrap()).collect()
    };
    rows.iter().map(|row| n_held(&bytes(&row[0]), pattern)).sum()
}

#[tokio::test]
async fn what_is_purged_leaves_the_index_and_its_place_is_taken_by_others() {
    each_store(async |store| {
        fill(store, 0..BLOCK, |n| Some(format!("Zyxqvj was here on day {n}."))).await;
        assert_eq!(store.index().await.unwrap(), BLOCK);
        store.execute(&format!("update items set {}", store.state_set(State::Declined))).await.unwrap();
        let n_blocks = async || store.rows("select key from search_blocks").await.len();
        assert_eq!(n_blocks().await, 1);

        store.purge(START, START + 2_000 * MINUTE).await.unwrap();

        let bits = match store.address {
            Address::Sqlite(_) => {
                // Behind how many slices there are.
                "select count(*) from search_slices where substr(slices, 3) <> zeroblob(8150)"
            }
            Address::Postgres(_) => {
                "select count(*)::text from search_bits where bits <> decode(repeat('00', 262144), 'hex')"
            }
        };
        assert_eq!(store.rows(bits).await[0][0].trim_start_matches("Integer"), "0");
        // Also where the store gives the keys of what is gone to others.
        store.added(text(5_000, "A heliotrope in the window.")).await;
        assert_eq!(found(store, query("heliotrope")).await, items([5_000]));
        a_block(store, 10_000, |_| None).await;
        // SQLite removes blocks when it rewrites its file.
        let is_used_again = matches!(store.address, Address::Postgres(_));
        assert_eq!(n_blocks().await, if is_used_again { 1 } else { 2 });
        assert_eq!(found(store, query("heliotrope")).await, items([5_000]));
        assert_eq!(found(store, query("zyxqvj")).await, []);
        assert_eq!(found(store, SearchQuery { limit: 100, ..query("ordinary") }).await.len(), BLOCK as usize);
    })
    .await;
}

#[tokio::test]
async fn a_rewritten_file_has_no_block_of_posts_that_are_all_gone() {
    let store = sqlite().await;
    // Beyond what is worth a compaction.
    let long = "A long text. ".repeat(400);
    a_block(&store, 0, |n| Some(format!("Zyxqvj was here on day {n}. {long}"))).await;
    a_block(&store, 2_000, |_| None).await;
    a_block(&store, 4_000, |n| (n % 2 == 1).then(|| format!("Snow on day {n}."))).await;
    let gone = "key <= 1024 or key > 2048 and key % 2 = 0";
    store
        .execute(&format!("update items set {} where {gone}", store.state_set(State::Declined)))
        .await
        .unwrap();
    let before = store.rows("select key from search_blocks").await.len();

    store.purge(START, START + 10_000 * MINUTE).await.unwrap();

    let blocks = store.rows("select key from search_blocks").await;
    let with_rows = store.rows("select distinct key / 2048 from search_slices").await;
    assert_eq!((before, blocks.len()), (3, 2));
    assert_eq!(blocks, with_rows);
    assert_eq!(found(&store, query("zyxqvj")).await, []);
    assert_eq!(found(&store, SearchQuery { limit: 100, ..query("ordinary") }).await.len(), 1_024 + 512);
    a_block(&store, 6_000, |_| None).await;
    assert_eq!(found(&store, SearchQuery { limit: 100, ..query("day") }).await.len(), 3 * 1_024 - 512);
    store.close().await;
}

#[tokio::test]
async fn posts_that_come_while_blocks_are_made_are_all_found() {
    each_store(async |store| {
        let adding = join_all((0..8).map(|part| async move {
            for n in (part..BLOCK + 300).step_by(8) {
                store.added(text(n, &format!("An ordinary day, number {n}."))).await;
            }
        }));
        let indexing = async {
            let mut n_indexed = 0;
            while n_indexed < BLOCK {
                n_indexed += store.index().await.unwrap();
                tokio::task::yield_now().await;
            }
        };
        // Two servers at once.
        tokio::join!(adding, indexing, async { store.index().await.unwrap() });

        let found: BTreeSet<ItemId> =
            found(store, SearchQuery { limit: 100, ..query("ordinary") }).await.into_iter().collect();
        assert_eq!(found, items(0..BLOCK + 300).into_iter().collect());
    })
    .await;
}

#[tokio::test]
async fn a_copy_finds_the_same_on_either_store() {
    each_store(async |store| {
        a_block(store, 0, |n| (n % 100 == 7).then(|| format!("Snow on day {n}."))).await;
        let copy = store.folder.path().join("copy");
        store.backup(&copy, terms()).await.unwrap();
        let expected = found(store, query("snow")).await;
        assert_eq!(expected.len(), 11);

        for target in [sqlite().await, postgres().await] {
            store::restore(&target.address, &copy, START, false).await.unwrap();
            let target = target.reopened().await;

            assert_eq!(found(&target, query("snow")).await, expected, "as it was restored");
            target.index().await.unwrap();
            assert_eq!(found(&target, query("snow")).await, expected);
            target.delete_own(recovery(107)).await.unwrap().unwrap();
            assert_eq!(found(&target, query("snow")).await.len(), 10);
            target.close().await;
        }
    })
    .await;
}

#[tokio::test]
async fn whatever_is_typed_is_looked_for_and_never_a_query() {
    each_store(async |store| {
        let texts = [
            "A \"quoted\" word AND another, NEAR the end.",
            "100% of it; drop table items; -- and so on",
            "col:umn * star ^ caret + plus (brackets) {braces}",
            "back\\slash 'single' and & | ! <-> operators",
            "plain words and nothing else at all",
        ];
        for (n, words) in (0..).zip(texts) {
            store.added(text(n, words)).await;
        }
        let mut typed: Vec<String> = [
            "\"quoted",
            "NEAR(the end)",
            "NEAR/2",
            "word AND",
            "NOT plain",
            "star*",
            "^caret",
            "items; --",
            "100%",
            "'single'",
            "a & b",
            "!plain",
            "plain:*",
            "umn:col",
            "(((",
            "\\slash",
            "<->",
            "x' or 1=1 --",
            "$1",
            "?1",
        ]
        .map(str::to_owned)
        .to_vec();
        let mut runner = TestRunner::deterministic();
        for _ in 0..150 {
            typed.push("[\"'*()^:;%\\\\&|!<>a-e NEARORT\\PC]{1,20}".new_tree(&mut runner).unwrap().current());
        }

        for typed in typed {
            let Ok(words) = typed.parse::<SearchWords>() else { continue };
            let expected: Vec<ItemId> = (0..texts.len() as u64)
                .rev()
                .filter(|&n| words.matches(texts[n as usize]))
                .map(item)
                .collect();
            assert_eq!(found(store, query(&typed)).await, expected, "{typed:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_search_that_has_much_to_look_into_says_where_to_go_on() {
    let store = sqlite().await;
    // Past the store, because there are many: all have the bits of the word, and none has it.
    store.added(text(1, "Zyxqvj is older than all by a day.")).await;
    let filler = "insert into item_texts (text) values ('Zyxqvjzyxqvj and zyxqvj5 day after day.');
        with recursive numbers (n) as (select 2 union all select n + 1 from numbers where n < 12000)
        insert into items
          (id, site_key, topic_key, kind, state_number, is_example, text_key, recovery, created_at, helpful_at)
        select n, 1, 1, 's', 1, 0, 2, randomblob(16), n, n from numbers;";
    store.execute(filler).await.unwrap();
    store.index().await.unwrap();

    let first = store.search(query("zyxqvj day")).await.unwrap();

    assert!(first.items.is_empty() && first.next.is_some());
    assert_eq!(found(&store, query("zyxqvj day")).await, items([1]));
    store.close().await;
}

#[tokio::test]
async fn another_site_on_the_same_store_has_blocks_of_its_own() {
    each_store(async |store| {
        let other = |n: u64| match post(n, Kind::Story, "grief") {
            NewItem { place: Place::Post { kind, topic, .. }, .. } => NewItem {
                place: Place::Post { site: "other".parse().unwrap(), kind, topic },
                text: format!("An ordinary day elsewhere, number {n}."),
                ..post(n, Kind::Story, "grief")
            },
            _ => unreachable!("it is a post"),
        };
        for n in 0..20 {
            store.added(other(5_000 + n)).await;
        }
        a_block(store, 0, |_| None).await;

        let here = found(store, SearchQuery { limit: 100, ..query("ordinary") }).await;
        let there = found(store, SearchQuery { site: "other".parse().unwrap(), ..query("ordinary") }).await;

        assert_eq!(here, items((0..BLOCK).rev()));
        assert_eq!(there, items((5_000..5_020).rev()));
    })
    .await;
}
