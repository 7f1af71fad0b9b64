//! Which lines serve a person, and in which order to show them.

use crate::{
    contact::{Contact, Kind},
    helpline::{AsOf, Audience, Directory, Freshness, Label, Language, Line, Topic},
    hours::Opening,
};

/// What a person asks for. What is empty is not asked for.
#[derive(Default, Clone, Debug, PartialEq, Eq)]
pub struct Ask {
    /// What the line is for.
    pub topics: Vec<Topic>,
    /// Whom it is for.
    pub audiences: Vec<Audience>,
    /// How to reach it: by any of them.
    pub kinds: Vec<Kind>,
    /// What is spoken: any of them.
    pub languages: Vec<Language>,
    /// The part of the country the person is in.
    pub region: Option<Label>,
    /// Leaves lines out of the best that are known to be closed now.
    pub open_now: bool,
}

/// What is known of the person without asking.
#[derive(Clone, Copy, Debug, Default)]
pub struct Visitor<'a> {
    /// The languages of their browser, the preferred one first.
    pub speaks: &'a [Language],
    /// The day on their clock; `None` where no clock is known, as in what is compiled.
    pub today: Option<AsOf>,
}

/// A line, and what of it to show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown<'a> {
    /// The line.
    pub line: &'a Line,
    /// Its contacts in the order to show, at least one when the line has any.
    pub contacts: Vec<&'a Contact>,
}

/// What a lookup found: every line of the directory, once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found<'a> {
    /// The one or two to show at once, the better one first; empty only when the directory has no line.
    pub best: Vec<Shown<'a>>,
    /// All others, in the order to show them.
    pub more: Vec<Shown<'a>>,
    /// Whether the first line fits all that was asked. Otherwise say so: `best` are then those that come nearest.
    pub serves: bool,
}

/// The lines of `directory` for `ask`; `opening` tells whether a line answers now, as far as that is known.
///
/// **Who serves.** A line serves an ask when it is for one of its topics, not only for other people than those asked
/// for, has one of its kinds of contact, is not known to speak other languages only, and is not for another region;
/// with [`Ask::open_now`] it must not be known to be closed.
///
/// - Nothing asked means: for suicide or emotional distress, and for anyone; adults count as anyone.
/// - A group that has a topic of its own (young people, LGBTQ, veterans, parents, older people) asks for that topic
///   when no other is named. A line for such a topic is for that group, and the other way round.
/// - Suicide and emotional distress serve each other, the exact one first. Distress beside something more definite
///   is not counted: whoever is sad and drinks asks about drinking.
/// - Someone deaf who names no kind of contact asks for written ones, or for a line for deaf people.
/// - Unknown languages neither serve nor fail. They are taken to be what most lines of the country speak, and a line
///   fails by its languages only where another line for the same need is known to speak what was asked.
///
/// Where no line serves, the ask is loosened until one does: first kinds and languages go, then topics (with the
/// kinds kept, if that is possible), at last everything. `serves` is then `false`.
///
/// **What is confirmed.** Where a confirmed contact serves, unconfirmed ones are not among the best: a line that only
/// one source lists stands at the end of `more`. Where none does, the best unconfirmed line is first and the best line
/// with a confirmed contact second, whatever it is for, so that every country with a confirmed line shows one. Of a
/// line with a confirmed contact, an unconfirmed one is shown only when it is of a kind in which no confirmed contact
/// serves the need: the unconfirmed chat of a confirmed line, where no confirmed line has a chat. Views mark what is
/// unconfirmed by [`Contact::confirmed`].
///
/// **Order.** Groups: lines with a confirmed contact that serves; where there are none, lines that serve
/// unconfirmed; other lines with a confirmed contact; unconfirmed lines; lines of another region, confirmed ones first.
/// Within a group, what counts, in this order:
///
/// 1. the whole country before a region, unless a region is asked for;
/// 2. more of the asked topics, and suicide before others when it is among them; without any of them, a general line or
///    one for an asked group;
/// 3. not known to be closed; with [`Ask::open_now`], known to be open;
/// 4. the asked language, or else the first of [`Visitor::speaks`], or else another of them;
/// 5. an asked kind of contact;
/// 6. more of the asked groups, then everyone, then adults; a narrower group that was not asked for comes last. Then
///    those that name an asked topic themselves, and not only the group that it is for;
/// 7. the asked region before the whole country;
/// 8. sources up to twelve months old; where the day is not known, sources of a later year;
/// 9. known to be open; day and night; naming suicide; more confirmations; a newer source; the order of the file.
///
/// **The second.** It complements the first: where the first lacks an asked topic, is not for an asked group, is
/// closed, lacks the asked kind, or is for a region only, the next line stands second that does not, be it a general
/// one. A line for a group that was not asked for comes second only when there is no other.
/// Each asked topic is a need of its own: when no confirmed line serves one of several, the line for it that one source
/// lists stands second. In a directory of two lines both are the best, but for one that only one source lists beside one
/// that serves confirmed.
pub fn look_up<'a>(
    directory: &'a Directory,
    ask: &Ask,
    visitor: &Visitor<'_>,
    opening: impl Fn(&Line) -> Option<Opening>,
) -> Found<'a> {
    let need = Need::of(ask);
    let mut seen: Vec<Seen<'a>> =
        directory.lines.iter().map(|line| Seen::new(line, ask, opening(line))).collect();
    need.weigh_languages(&mut seen, ask, visitor, main_language(directory));

    let fit = Fit::ALL
        .into_iter()
        .find(|fit| seen.iter().any(|line| need.is_served_by(line, *fit)))
        .unwrap_or(Fit::Anything);
    let any_confirmed = seen.iter().any(|line| need.is_served_confirmed_by(line, fit));
    let confirmed_kinds = seen
        .iter()
        .filter(|line| need.is_served_by(line, fit.by_any_kind()))
        .fold(0, |kinds, line| kinds | line.confirmed_kinds);
    let confirmed_topics = seen
        .iter()
        .filter(|line| need.is_served_confirmed_by(line, fit))
        .fold(0, |topics, line| topics | line.topics);
    for line in &mut seen {
        line.group = need.group(line, fit, any_confirmed);
        line.place = need.place(line, visitor.today);
    }

    let mut sorted: Vec<&Seen<'a>> = Vec::with_capacity(seen.len());
    for line in &seen {
        // In by hand: a hundred lines at most, and the library's stable sort adds 0.3 KB to the wasm, by brotli.
        let at = sorted.partition_point(|other| (other.group, other.place) <= (line.group, line.place));
        sorted.insert(at, line);
    }
    let n_best = match sorted.as_slice() {
        [] | [_] => sorted.len(),
        [first, second] if first.group != Group::Serves || second.is_confirmed() => 2,
        [first, rest @ ..] => match need.second(first, rest, confirmed_topics) {
            Some(second) => {
                let second = sorted.remove(second + 1);
                sorted.insert(1, second);
                2
            }
            None => 1,
        },
    };
    let serves = sorted
        .first()
        .is_some_and(|first| *ask == Ask::default() || (fit == Fit::All && first.tongue != Tongue::Foreign));
    let mut best: Vec<_> = sorted
        .iter()
        .map(|line| Shown { line: line.line, contacts: line.contacts(need.kinds, confirmed_kinds) })
        .collect();
    let more = best.split_off(n_best);
    Found { best, more, serves }
}

/// The parts of the country that lines are for, in alphabetical order.
#[must_use]
pub fn regions(directory: &Directory) -> Vec<&Label> {
    let mut regions: Vec<&Label> = Vec::new();
    for region in directory.lines.iter().filter_map(|line| line.region.as_ref()) {
        let at = regions.partition_point(|other| other.as_str() < region.as_str());
        if regions.get(at) != Some(&region) {
            regions.insert(at, region);
        }
    }
    regions
}

/// What the country's lines are for, in the order of [`Topic::ALL`], which is that of need.
#[must_use]
pub fn topics(directory: &Directory) -> Vec<Topic> {
    let has = |topic: &&Topic| directory.lines.iter().any(|line| line.topics.contains(topic));
    Topic::ALL.iter().filter(has).copied().collect()
}

/// How much of an ask a line has to fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fit {
    /// All that was asked.
    All,
    /// Topics and people, by whatever kind and in whatever language.
    Topic,
    /// A general line, by an asked kind.
    GeneralByKind,
    /// A general line.
    General,
    /// Any line.
    Anything,
}

impl Fit {
    /// From the closest to the loosest.
    const ALL: [Fit; 5] = [Fit::All, Fit::Topic, Fit::GeneralByKind, Fit::General, Fit::Anything];

    fn by_any_kind(self) -> Fit {
        match self {
            Fit::All => Fit::Topic,
            Fit::GeneralByKind => Fit::General,
            fit => fit,
        }
    }
}

/// Whether a line speaks what it should.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tongue {
    /// It does.
    Right,
    /// It is not known, or comes second.
    Neutral,
    /// It is known to speak others only.
    Foreign,
}

/// Where a line is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reach {
    Nation,
    /// A region, and none was asked for.
    SomeRegion,
    AskedRegion,
    OtherRegion,
}

/// The lines that a person sees first, in groups.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Group {
    Serves,
    /// Serves by a contact that is not confirmed, while another of the line is.
    ServesByDoubtful,
    ServesUnconfirmed,
    Confirmed,
    /// Serves, where others serve confirmed.
    Doubtful,
    Unconfirmed,
    OtherRegion,
    OtherRegionUnconfirmed,
}

/// Sets of topics, audiences and kinds, a bit each: small to compare, and small as code.
type Set = u16;

const GENERAL: Set = bit(Topic::Suicide as u16) | bit(Topic::EmotionalDistress as u16);
const YOUNG: Set = bit(Audience::Youth as u16);
const ADULTS: Set = bit(Audience::Adults as u16);
const EVERYONE: Set = bit(Audience::Everyone as u16);
const DEAF: Set = bit(Audience::Deaf as u16);
const WRITTEN: Set =
    bit(Kind::Sms as u16) | bit(Kind::WhatsApp as u16) | bit(Kind::Chat as u16) | bit(Kind::Email as u16);

/// Groups that have a topic of their own.
const OWN_TOPICS: [(Audience, Topic); 5] = [
    (Audience::Youth, Topic::ChildYouth),
    (Audience::Lgbtq, Topic::Lgbtq),
    (Audience::Parents, Topic::Parents),
    (Audience::OlderAdults, Topic::OlderAdults),
    (Audience::Veterans, Topic::Veterans),
];

/// How narrow a line is: for everyone, for everyone but for something narrower too, for adults, for a group that was
/// not asked for.
const N_NARROW: u32 = 4;

const fn bit(place: u16) -> Set {
    1 << place
}

fn topic_set(topics: &[Topic]) -> Set {
    topics.iter().fold(0, |set, topic| set | bit(*topic as u16))
}

/// Children count as young people: sources do not draw that line, and no country has lines for both alone.
fn audience_set(audiences: &[Audience]) -> Set {
    audiences.iter().fold(0, |set, audience| {
        set | match audience {
            Audience::Children => YOUNG,
            audience => bit(*audience as u16),
        }
    })
}

/// Suicide and emotional distress serve each other: where one is in the set, both are.
fn with_both_general(topics: Set) -> Set {
    if topics & GENERAL != 0 { topics | GENERAL } else { topics }
}

/// The groups whose own topics are in `topics`.
fn groups_of(topics: Set) -> Set {
    OWN_TOPICS.into_iter().fold(0, |set, (group, topic)| {
        if topics & bit(topic as u16) != 0 { set | bit(group as u16) } else { set }
    })
}

/// The own topics of the groups in `people`.
fn topics_of(people: Set) -> Set {
    OWN_TOPICS.into_iter().fold(0, |set, (group, topic)| {
        if people & bit(group as u16) != 0 { set | bit(topic as u16) } else { set }
    })
}

/// A line, with what is looked at more than once.
struct Seen<'a> {
    line: &'a Line,
    /// What it is for, with the own topics of those it is for.
    topics: Set,
    /// Whom it names, by audience or by topic.
    people: Set,
    is_for_all: bool,
    region: Reach,
    opening: Option<Opening>,
    kinds: Set,
    confirmed_kinds: Set,
    tongue: Tongue,
    group: Group,
    place: u64,
}

impl<'a> Seen<'a> {
    fn new(line: &'a Line, ask: &Ask, opening: Option<Opening>) -> Seen<'a> {
        let topics = topic_set(&line.topics);
        let mut people = audience_set(&line.audiences);
        if people & YOUNG != 0 && people & ADULTS != 0 {
            people = people & !YOUNG & !ADULTS | EVERYONE;
        }
        people |= groups_of(topics);
        let kinds = |confirmed: bool| {
            let contacts = line.contacts.iter().filter(|contact| contact.confirmed || !confirmed);
            contacts.fold(0, |set, contact| set | bit(contact.kind() as u16))
        };
        Seen {
            line,
            topics: topics | topics_of(people),
            people,
            is_for_all: people == 0 || people & EVERYONE != 0,
            region: match (&line.region, &ask.region) {
                (None, _) => Reach::Nation,
                (Some(_), None) => Reach::SomeRegion,
                (Some(region), Some(asked)) if region == asked => Reach::AskedRegion,
                _ => Reach::OtherRegion,
            },
            opening,
            kinds: kinds(false),
            confirmed_kinds: kinds(true),
            tongue: Tongue::Neutral,
            group: Group::Serves,
            place: 0,
        }
    }

    fn is_confirmed(&self) -> bool {
        self.confirmed_kinds != 0
    }

    fn is_closed(&self) -> bool {
        matches!(self.opening, Some(Opening::OpensAt { .. }))
    }

    /// What of it to show: asked kinds first, then confirmed contacts, else in the order of the file.
    fn contacts(&self, asked: Set, confirmed_kinds: Set) -> Vec<&'a Contact> {
        let hidden = if self.is_confirmed() { self.confirmed_kinds | confirmed_kinds } else { 0 };
        let mut shown = Vec::new();
        for (is_asked, is_confirmed) in [(true, true), (true, false), (false, true), (false, false)] {
            shown.extend(self.line.contacts.iter().filter(|contact| {
                let kind = bit(contact.kind() as u16);
                (kind & asked != 0, contact.confirmed) == (is_asked, is_confirmed)
                    && (contact.confirmed || kind & hidden == 0)
            }));
        }
        shown
    }
}

/// An ask, read as [`look_up`] says.
struct Need {
    topics: Set,
    people: Set,
    kinds: Set,
    open_now: bool,
    /// Only suicide or distress is wanted.
    is_general: bool,
    /// Nothing was asked of topics.
    is_any_general: bool,
    /// No people were asked for, and nothing narrow: the line must be for anyone.
    is_for_anyone: bool,
    is_region_asked: bool,
}

impl Need {
    fn of(ask: &Ask) -> Need {
        let (asked_topics, asked_people) = (topic_set(&ask.topics), audience_set(&ask.audiences) & !EVERYONE);
        let own_topics = topics_of(asked_people);
        let specific = asked_topics & !bit(Topic::EmotionalDistress as u16);
        let topics = match (specific, own_topics) {
            (0, 0) => asked_topics,
            (0, own_topics) => own_topics,
            (specific, _) => specific,
        };
        let is_general = topics & !GENERAL == 0;
        let kinds = ask.kinds.iter().fold(0, |set, kind| set | bit(*kind as u16));
        Need {
            topics: if topics == 0 { GENERAL } else { topics },
            people: asked_people | groups_of(asked_topics),
            kinds: if kinds == 0 && asked_people & DEAF != 0 { WRITTEN } else { kinds },
            open_now: ask.open_now,
            is_general,
            is_any_general: topics == 0,
            is_for_anyone: is_general && asked_people == 0,
            is_region_asked: ask.region.is_some(),
        }
    }

    fn is_served_by(&self, line: &Seen<'_>, fit: Fit) -> bool {
        let has_kind =
            self.kinds == 0 || line.kinds & self.kinds != 0 || self.people & line.people & DEAF != 0;
        let is_general = line.topics & GENERAL != 0 && self.suits(line);
        let has_topic = line.topics & self.wanted() != 0 && self.suits(line);
        let is_there = line.region != Reach::OtherRegion && !(self.open_now && line.is_closed());
        match fit {
            Fit::All => is_there && has_topic && has_kind && line.tongue != Tongue::Foreign,
            Fit::Topic => is_there && has_topic,
            Fit::GeneralByKind => is_there && is_general && has_kind,
            Fit::General => is_there && is_general,
            Fit::Anything => is_there,
        }
    }

    fn is_served_confirmed_by(&self, line: &Seen<'_>, fit: Fit) -> bool {
        let is_by_kind = fit != fit.by_any_kind() && self.kinds != 0 && line.kinds & self.kinds != 0;
        let kinds = if is_by_kind { self.kinds } else { Set::MAX };
        line.confirmed_kinds & kinds != 0 && self.is_served_by(line, fit)
    }

    /// Topics that serve.
    fn wanted(&self) -> Set {
        with_both_general(self.topics)
    }

    /// Whether the line is for the people asked for.
    fn suits(&self, line: &Seen<'_>) -> bool {
        let is_adults_only = line.people & !ADULTS == 0 && self.people & YOUNG == 0;
        line.is_for_all
            || is_adults_only
            || line.people & self.people != 0
            || (self.people == 0 && !self.is_for_anyone)
    }

    /// Sets what each line speaks, as seen by this visitor.
    fn weigh_languages(&self, seen: &mut [Seen<'_>], ask: &Ask, visitor: &Visitor<'_>, main: Option<&str>) {
        let is_asked = !ask.languages.is_empty();
        let wanted = if is_asked { &ask.languages[..] } else { visitor.speaks };
        // Asked languages are worth the same; of the visitor's own the first is meant.
        let n_first = if is_asked { wanted.len() } else { wanted.len().min(1) };
        let speaks = |line: &Line, wanted: &[Language]| {
            wanted.iter().any(|wanted| {
                let wanted = speech(wanted);
                line.languages.iter().any(|spoken| speech(spoken) == wanted)
                    || (line.languages.is_empty() && main == Some(wanted))
            })
        };
        for line in &mut *seen {
            line.tongue = if speaks(line.line, &wanted[..n_first]) {
                Tongue::Right
            } else if line.line.languages.is_empty() || speaks(line.line, wanted) {
                Tongue::Neutral
            } else {
                Tongue::Foreign
            };
        }
        // Where nobody speaks it, it sets no line behind another. What was asked has to be spoken by a line for the
        // need.
        let fit = if is_asked { Fit::Topic } else { Fit::Anything };
        let is_spoken = seen.iter().any(|line| line.tongue == Tongue::Right && self.is_served_by(line, fit));
        if !is_spoken {
            seen.iter_mut().for_each(|line| line.tongue = Tongue::Neutral);
        }
    }

    fn group(&self, line: &Seen<'_>, fit: Fit, any_confirmed: bool) -> Group {
        let serves = self.is_served_by(line, fit);
        if line.region == Reach::OtherRegion {
            if line.is_confirmed() { Group::OtherRegion } else { Group::OtherRegionUnconfirmed }
        } else if self.is_served_confirmed_by(line, fit) {
            Group::Serves
        } else if serves && !any_confirmed {
            if line.is_confirmed() { Group::ServesByDoubtful } else { Group::ServesUnconfirmed }
        } else if line.is_confirmed() {
            Group::Confirmed
        } else if serves {
            Group::Doubtful
        } else {
            Group::Unconfirmed
        }
    }

    /// The rules within a group, as one number: the smaller, the better.
    fn place(&self, seen: &Seen<'_>, today: Option<AsOf>) -> u64 {
        let line = seen.line;
        let is_general_line = seen.topics & GENERAL != 0;
        let missed = if self.is_any_general {
            0
        } else {
            let names_no_suicide = self.topics & bit(Topic::Suicide as u16) != 0 && !is_general_line;
            (self.topics & !seen.topics).count_ones() + u32::from(names_no_suicide)
        };
        let is_off_topic = seen.topics & self.wanted() == 0 && seen.people & self.people == 0;
        let is_open = matches!(seen.opening, Some(Opening::Always | Opening::OpenUntil { .. }));
        let opening = match (seen.is_closed(), self.open_now) {
            (true, _) => 2,
            (false, true) if !is_open => 1,
            _ => 0,
        };
        let age = match (line.as_of, today) {
            (Some(as_of), Some(today)) => u16::from(as_of.freshness(today) == Freshness::Old),
            (None, Some(_)) => 1,
            (as_of, None) => u16::MAX - as_of.map_or(0, AsOf::year),
        };
        let is_always = line.hours.as_ref().is_some_and(|hours| hours.is_always());
        let confirmations = line.contacts.iter().map(|contact| contact.confirmations).max().unwrap_or(0);
        let mut place = 0_u64;
        for (n_bits, value) in [
            (1, u32::from(seen.region == Reach::SomeRegion)),
            (5, missed),
            (1, u32::from(is_off_topic && !is_general_line)),
            (2, opening),
            (2, seen.tongue as u32),
            (1, u32::from(self.kinds != 0 && seen.kinds & self.kinds == 0)),
            (6, self.narrowness(seen)),
            (1, u32::from(self.topics & topic_set(&line.topics) == 0)),
            (1, u32::from(self.is_region_asked && seen.region == Reach::Nation)),
            (16, u32::from(age)),
            (1, u32::from(!is_open)),
            (1, u32::from(!is_always)),
            (1, u32::from(!line.topics.contains(&Topic::Suicide))),
            (4, 15 - u32::from(confirmations.min(15))),
            (21, line.as_of.map_or(0, AsOf::ordinal) ^ 0x1f_ffff),
        ] {
            place = place << n_bits | u64::from(value);
        }
        place
    }

    /// How many distinctions stand between a line and the people asked for, or anyone.
    fn narrowness(&self, line: &Seen<'_>) -> u32 {
        let named = (line.people & self.people).count_ones();
        let is_for_others = !line.is_for_all && named == 0 && self.people != 0;
        let unasked = line.people & !self.people & !(EVERYONE | ADULTS);
        let is_narrower_beside =
            unasked & !DEAF != 0 || (self.is_general && line.topics & !GENERAL & !self.topics != 0);
        let narrow = if line.is_for_all {
            u32::from(is_narrower_beside)
        } else if unasked != 0 {
            N_NARROW - 1
        } else {
            2 * u32::from(line.people & ADULTS & !self.people != 0)
        };
        (self.people.count_ones() - named + u32::from(is_for_others)) * N_NARROW + narrow
    }

    /// Which of `rest` stands second beside `first`, if any should. `confirmed_topics` are served by confirmed lines.
    fn second(&self, first: &Seen<'_>, rest: &[&Seen<'_>], confirmed_topics: Set) -> Option<usize> {
        let lacks_kind = |line: &Seen<'_>| self.kinds != 0 && line.kinds & self.kinds == 0;
        // What the first leaves open and this one does too, the graver the larger.
        let left_open = |line: &Seen<'_>| {
            let missed = self.topics & !first.topics;
            [
                !first.is_confirmed() && !line.is_confirmed(),
                !self.is_any_general && missed != 0 && missed & line.topics == 0,
                self.people & first.people == 0 && self.people != 0 && self.people & line.people == 0,
                first.is_closed() && line.is_closed(),
                lacks_kind(first) && lacks_kind(line),
                first.line.region.is_some() && line.line.region.is_some(),
                self.narrowness(line) % N_NARROW == N_NARROW - 1,
            ]
            .into_iter()
            .fold(0, |left, is_left| left << 1 | u8::from(is_left))
        };
        let served = with_both_general(confirmed_topics | first.topics);
        let may_stand = |line: &Seen<'_>| {
            let is_alike = line.group == first.group;
            let is_general = line.topics & (GENERAL | topics_of(self.people)) != 0 && self.suits(line);
            let is_there = line.region != Reach::OtherRegion && !(self.open_now && line.is_closed());
            let is_only_one = self.topics & line.topics & !served != 0;
            is_alike
                || (is_only_one && is_there && self.suits(line))
                || (line.is_confirmed() && is_there && (is_general || !first.is_confirmed()))
        };
        let mut second: Option<(u8, usize)> = None;
        for (at, line) in rest.iter().enumerate().filter(|(_, line)| may_stand(line)) {
            let left = left_open(line);
            if second.is_none_or(|(least, _)| left < least) {
                second = Some((left, at));
            }
        }
        second.map(|(_, at)| at)
    }
}

/// The language that most lines of the country are known to speak; of several the one named first.
fn main_language(directory: &Directory) -> Option<&str> {
    let mut counted: Vec<(&str, u8)> = Vec::new();
    for language in directory.lines.iter().flat_map(|line| &line.languages) {
        let language = speech(language);
        match counted.iter_mut().find(|(known, _)| *known == language) {
            Some((_, n_lines)) => *n_lines = n_lines.saturating_add(1),
            None => counted.push((language, 1)),
        }
    }
    let most = counted.iter().map(|(_, n_lines)| *n_lines).max()?;
    counted.into_iter().find(|(_, n_lines)| *n_lines == most).map(|(language, _)| language)
}

/// The language as it is spoken: without script and region, and the same for tags that browsers and sources use for
/// what speakers understand alike.
fn speech(language: &Language) -> &str {
    let tag = language.as_str();
    match tag.split('-').next().unwrap_or(tag) {
        "nb" | "nn" => "no",
        "tl" => "fil",
        "bs" | "hr" | "cnr" => "sr",
        tag => tag,
    }
}

#[cfg(test)]
mod tests;
