//! The demo: a site with examples to read, and a moderator to try the console as.
//!
//! The examples were written for this project. They are marked as examples wherever they show, nobody's story is told in
//! them, and they keep to what is safe to read: no method, no blame, no promise.

use anyhow::Context;
use peer_support_domain::card::CardKind;
use peer_support_domain::flag::Flags;
use peer_support_domain::id::{ItemId, RecoveryHash};
use peer_support_domain::note::ContentNote;
use peer_support_domain::post::{Kind, Role, State};
use peer_support_domain::site::SiteId;
use peer_support_domain::text::{PostText, ReplyText};
use peer_support_domain::wire::Card;

use crate::clock::{Clock, Random};
use crate::secret::SignInCode;
use crate::store::{NewItem, Place, Store};

/// The moderator's account.
const MODERATOR: &str = "admin";
/// How long the printed code can be used: a day of trying things out.
const CODE_MS: i64 = 24 * 60 * 60 * 1_000;
const HOUR_MS: i64 = 60 * 60 * 1_000;
/// Ids of the examples count from here, so that each start finds them there.
const FIRST_ID: u64 = 0x5eed_0000_0000_0000;

struct Example {
    kind: Kind,
    topic: &'static str,
    hours_ago: i64,
    notes: &'static [ContentNote],
    text: &'static str,
    replies: &'static [&'static str],
}

const EXAMPLES: [Example; 8] = [
    Example {
        kind: Kind::Coping,
        topic: "anxiety",
        hours_ago: 3,
        notes: &[],
        text: "When my chest gets tight on the bus I count red things. A coat, a sign, a bike light. By the time I \
            have found ten, I am usually two stops further and breathing more slowly. It does not make the fear go \
            away. It gives me something to do while it passes.",
        replies: &[
            "I do this with sounds. The hum of the engine, someone's keys, rain. Thank you, I will try red things.",
            "Two stops further is a good way to put it.",
        ],
    },
    Example {
        kind: Kind::Story,
        topic: "low-mood",
        hours_ago: 8,
        notes: &[],
        text: "For most of the winter I did not open my curtains. I was not sad in the way films show it. I was just \
            far away from everything, like behind glass.\n\nWhat changed was small. My sister asked if she could come \
            and sit with me, no talking needed. She brought her knitting. After an hour she asked if she could open \
            the curtain so that she could see her stitches. We left it open. I rang my doctor the week after. It is \
            still up and down, but I am on this side of the glass more often now.",
        replies: &[
            "Behind glass is exactly how it felt for me. I am glad she came.",
            "No talking needed. I wish more people knew that this is enough.",
        ],
    },
    Example {
        kind: Kind::Question,
        topic: "relationships",
        hours_ago: 14,
        notes: &[ContentNote::Suicide],
        text: "A friend told me last night that some days she does not want to be here any more. I said I was glad \
            she told me, and then I did not know what to say. I asked if she was safe and she said yes for now. How do \
            you stay close to someone without making every talk about that?",
        replies: &[
            "Asking her straight was right. When my brother was in that place it helped that I asked plainly, and that \
            we then also watched bad films. He said being asked did not put it in his head; it took some weight off.",
            "We agreed on a word. If I text it, she rings a line with me, or comes over. All the other texts can be \
            about cats. And please look after yourself too. The lines here are also for people who worry about someone.",
        ],
    },
    Example {
        kind: Kind::Story,
        topic: "grief",
        hours_ago: 27,
        notes: &[],
        text: "My dad died in spring. People were kind for about a month, then they stopped asking. I understand it. I \
            used to do the same.\n\nOn his birthday I made the soup he always burned. I burned it as well. I laughed \
            and then cried in the kitchen for a while, and it was the first time it felt like missing him and not \
            like a hole.",
        replies: &[
            "Thank you for the soup. It is my mum's birthday on Sunday and I did not know what to do with it.",
        ],
    },
    Example {
        kind: Kind::Coping,
        topic: "loneliness",
        hours_ago: 33,
        notes: &[],
        text: "I moved here for work and knew nobody. I made one rule: say one sentence to one person every day. The \
            man in the bakery, the woman with the old dog. Most days it goes nowhere. But in the third week the dog \
            knew me.",
        replies: &["The dog knew me. That made me smile today."],
    },
    Example {
        kind: Kind::Question,
        topic: "anxiety",
        hours_ago: 40,
        notes: &[],
        text: "How do you all get through the night before something big? I have an interview on Thursday and I lie \
            there going over every answer. I have tried tea and no phone. What helps you when your head will not stop?",
        replies: &[],
    },
    Example {
        kind: Kind::Coping,
        topic: "low-mood",
        hours_ago: 52,
        notes: &[],
        text: "My list for heavy days has only three things on it: wash my face, eat something warm, stand outside for \
            the length of one song. I used to write ten things and feel bad about nine. If I only do the song, that \
            counts.",
        replies: &[
            "I wrote your three things on a card.",
            "If I only do the song, that counts. I needed to hear that.",
        ],
    },
    Example {
        kind: Kind::Story,
        topic: "general",
        hours_ago: 70,
        notes: &[],
        text: "I called a helpline for the first time last year. I was sure I would be wasting their time because \
            nothing terrible had happened. I was just so tired. I hung up twice before anyone could answer.\n\nThe third \
            time a man picked up and said take your time. So I did. He did not fix anything. We talked about my week, \
            and what I would eat for dinner. I slept that night.",
        replies: &[
            "I have been looking at the number for days. Thank you for saying that nothing terrible needs to have happened.",
        ],
    },
];

/// What is pinned above the examples. The fact in the last card stands in the source that it names, under "Myths about
/// suicide"; checked 2026-11-26.
const CARDS: [(CardKind, &str, &str); 4] = [
    (
        CardKind::Rules,
        "What makes this a good place",
        "Be kind, and take people as they are.\nWrite about yourself, and leave out names, numbers and places.\nSay that \
         it was bad, and not how it was done.\nNo links, no selling, no looking for people to meet.",
    ),
    (
        CardKind::Here,
        "Who is here",
        "People who know hard days themselves. They are not doctors, and they cannot see when you need help at once. For \
         that there are the lines under “Help now”, at any hour.\nModerators of Rowan House read everything before it \
         shows. Rowan House is an example and does not exist.",
    ),
    (
        CardKind::Hours,
        "When someone is reading along",
        "Moderators are here most days. What you write waits until one has read it, mostly less than 12 hours. At night it \
         can take longer.",
    ),
    (
        CardKind::Trusted,
        "Can asking make it worse?",
        "Many people are afraid to ask a friend whether they think about suicide. Asking does not put it into somebody's \
         head. Talking about it openly can give them time, and other ways to go on.\nSource: World Health Organization, \
         Preventing suicide: a global imperative (2014).",
    ),
];

/// Puts the examples in place that are not there yet. Nobody has a code for them, so nobody changes them.
///
/// # Errors
///
/// When the store fails.
pub async fn plant(store: &dyn Store, clock: &Clock, random: &Random) -> anyhow::Result<()> {
    let now = clock.now_ms();
    let mut next_id = FIRST_ID;
    let mut item = |place, text, notes: &[ContentNote], created_at| {
        let id = ItemId::from_bits(next_id);
        next_id += 1;
        NewItem {
            id,
            place,
            text,
            lang: Some("en".parse().expect("a language")),
            notes: notes.iter().copied().collect(),
            author: None,
            recovery: RecoveryHash::from_bytes(random.bytes()),
            created_at,
            state: State::Published,
            is_example: true,
            flags: Flags::default(),
            owner: None,
            publish_after_approvals: 0,
        }
    };
    for example in &EXAMPLES {
        let created_at = now - example.hours_ago * HOUR_MS;
        let place = Place::Post {
            site: "demo".parse().expect("a site id"),
            kind: example.kind,
            topic: example.topic.parse().expect("a topic id"),
        };
        let text: PostText = example.text.parse().context("an example is no post")?;
        let post = item(place, text.into_string(), example.notes, created_at);
        let id = post.id;
        // What is there from an earlier start refuses its id and stays as a moderator left it.
        store.add(post, None).await?;
        for (place, text) in example.replies.iter().enumerate() {
            let text: ReplyText = text.parse().context("an example is no reply")?;
            let at = created_at + (place as i64 + 1) * HOUR_MS / 2;
            let reply = item(Place::Reply { post: id }, text.into_string(), &[], at);
            store.add(reply, None).await?;
        }
    }
    let site: SiteId = "demo".parse().expect("a site id");
    // Once: from then on they are the moderators', also when those took them away.
    if store.cards(site.clone()).await?.is_none() {
        let cards = CARDS.map(|(kind, title, text)| Card {
            kind,
            title: title.to_owned(),
            text: text.to_owned(),
            lang: Some("en".parse().expect("a language")),
        });
        store.put_cards(site, cards.to_vec(), None, now).await?;
    }
    Ok(())
}

/// A code that signs in to the demo's console, once.
///
/// # Errors
///
/// When the store fails.
pub async fn sign_in_code(store: &dyn Store, clock: &Clock, random: &Random) -> anyhow::Result<SignInCode> {
    let now = clock.now_ms();
    let code = SignInCode::draw(random);
    // The account is there from an earlier start, or is made now.
    store.add_moderator(MODERATOR.to_owned(), Role::Admin, now).await?;
    let is_open = store.add_sign_in_code(MODERATOR.to_owned(), code.hash(), now, now + CODE_MS).await?;
    anyhow::ensure!(is_open, "the moderator `{MODERATOR}` was closed; open another with `moderator add`");
    Ok(code)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Sites;
    use peer_support_domain::text::{CardText, CardTitle};

    #[test]
    fn every_example_is_a_post_that_a_visitor_could_send() {
        let sites = Sites::demo();
        let site = sites.get(&"demo".parse().unwrap()).unwrap();
        for example in &EXAMPLES {
            assert!(example.text.parse::<PostText>().is_ok(), "{}", example.text);
            assert!(example.replies.iter().all(|text| text.parse::<ReplyText>().is_ok()), "{}", example.text);
            assert!(site.topics.iter().any(|topic| topic.id.as_str() == example.topic), "{}", example.topic);
        }
    }

    #[test]
    fn every_card_is_one_that_a_moderator_could_write() {
        for (_, title, text) in CARDS {
            assert!(title.parse::<CardTitle>().is_ok() && text.parse::<CardText>().is_ok(), "{title}");
        }
    }

    #[test]
    fn every_kind_and_topic_has_an_example() {
        for kind in Kind::ALL {
            assert!(EXAMPLES.iter().any(|example| example.kind == kind), "{kind}");
        }
        for topic in &Sites::demo().get(&"demo".parse().unwrap()).unwrap().topics {
            assert!(EXAMPLES.iter().any(|example| example.topic == topic.id.as_str()), "{}", topic.id);
        }
    }
}
