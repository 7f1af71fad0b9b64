//! What the visitor looks for: what they type, and what they choose beside it. It is kept in memory only, is never sent,
//! and goes with the panel.

use peer_support_domain::contact::Kind;
use peer_support_domain::helpline::{Audience, Label, Language, Topic};
use peer_support_domain::lookup::Ask;
use peer_support_domain::search::Terms;

use crate::signal::Signal;

/// One thing that is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Need {
    /// What it is about.
    Topic(Topic),
    /// Whom it is for.
    Audience(Audience),
    /// How to reach it.
    Kind(Kind),
    /// What is spoken.
    Language(Language),
    /// That it answers now.
    OpenNow,
}

/// All that is asked for.
#[derive(Clone, Copy)]
pub struct Needs {
    /// What stands in the search field.
    pub typed: Signal<String>,
    /// All needs, typed and chosen, without those that were taken away.
    pub all: Signal<Vec<Need>>,
    /// What is typed, when no need is recognised in it: it may be the name of a line.
    pub name: Signal<String>,
    chosen: Signal<Vec<Need>>,
    dropped: Signal<Vec<Need>>,
}

impl Needs {
    /// Nothing asked for.
    pub fn new() -> Needs {
        Needs {
            typed: Signal::new(String::new()),
            all: Signal::new(Vec::new()),
            name: Signal::new(String::new()),
            chosen: Signal::new(Vec::new()),
            dropped: Signal::new(Vec::new()),
        }
    }

    /// Asks for these when `is_wanted`, and else takes them away, whether they were chosen or recognised. It shows after
    /// [`Needs::refresh`].
    pub fn set(self, needs: &[Need], is_wanted: bool) {
        let (to, from) = if is_wanted { (self.chosen, self.dropped) } else { (self.dropped, self.chosen) };
        from.update(|from| from.retain(|need| !needs.contains(need)));
        to.update(|to| to.extend_from_slice(needs));
    }

    /// Understands anew what is typed. What the list follows changes only when what is asked for changes.
    pub fn refresh(self, terms: Option<&Terms>) {
        let typed = self.typed.now();
        let understood = list(terms.map(|terms| terms.understand(&typed)).unwrap_or_default());
        let is_about = understood.iter().any(|need| matches!(need, Need::Topic(_) | Need::Audience(_)));
        let name = if is_about { String::new() } else { typed };
        // What was taken away comes back when it is typed again.
        self.dropped.update(|dropped| dropped.retain(|need| understood.contains(need)));
        let dropped = self.dropped.share_now();
        let mut all = self.chosen.now();
        all.extend(understood.into_iter().filter(|need| !dropped.contains(need)));
        let mut seen = Vec::new();
        all.retain(|need| {
            let is_new = !seen.contains(need);
            seen.push(need.clone());
            is_new
        });
        if *self.all.share_now() != all {
            self.all.set(all);
        }
        if *self.name.share_now() != name {
            self.name.set(name);
        }
    }

    /// What to look up in `region`.
    pub fn ask(self, region: Option<Label>) -> Ask {
        let mut ask = Ask { region, ..Ask::default() };
        for need in &*self.all.share() {
            match need {
                Need::Topic(topic) => ask.topics.push(*topic),
                Need::Audience(audience) => ask.audiences.push(*audience),
                Need::Kind(kind) => ask.kinds.push(*kind),
                Need::Language(language) => ask.languages.push(language.clone()),
                Need::OpenNow => ask.open_now = true,
            }
        }
        ask
    }
}

fn list(ask: Ask) -> Vec<Need> {
    let Ask { topics, audiences, kinds, languages, region: _, open_now } = ask;
    let mut needs = Vec::new();
    needs.extend(topics.into_iter().map(Need::Topic));
    needs.extend(audiences.into_iter().map(Need::Audience));
    needs.extend(kinds.into_iter().map(Need::Kind));
    needs.extend(languages.into_iter().map(Need::Language));
    if open_now {
        needs.push(Need::OpenNow);
    }
    needs
}

#[cfg(test)]
mod tests {
    use leptos::prelude::Owner;
    use wasm_bindgen_test::wasm_bindgen_test;

    use super::*;

    const TERMS: &str = "topic gambling: betting\nkind sms: text\n";

    fn typed(needs: Needs, text: &str) -> Vec<Need> {
        needs.typed.set(text.to_owned());
        needs.refresh(Some(&Terms::parse(TERMS).unwrap()));
        needs.all.now()
    }

    #[wasm_bindgen_test]
    fn what_is_typed_and_what_is_chosen_count_once() {
        Owner::new().with(|| {
            let needs = Needs::new();
            needs.set(&[Need::Kind(Kind::Sms)], true);

            let all = typed(needs, "text betting");

            assert_eq!(all, [Need::Kind(Kind::Sms), Need::Topic(Topic::Gambling)]);
            assert_eq!(needs.name.now(), "");
        });
    }

    #[wasm_bindgen_test]
    fn what_is_taken_away_stays_away_until_it_is_typed_again() {
        Owner::new().with(|| {
            let terms = Terms::parse(TERMS).unwrap();
            let needs = Needs::new();
            typed(needs, "betting");

            needs.set(&[Need::Topic(Topic::Gambling)], false);
            needs.refresh(Some(&terms));
            assert_eq!(needs.all.now(), []);
            assert_eq!(typed(needs, "betting text"), [Need::Kind(Kind::Sms)]);

            typed(needs, "");
            assert_eq!(typed(needs, "betting"), [Need::Topic(Topic::Gambling)]);
        });
    }

    #[wasm_bindgen_test]
    fn what_means_nothing_may_be_a_name() {
        Owner::new().with(|| {
            let needs = Needs::new();

            assert_eq!(typed(needs, "Samaritans"), []);
            assert_eq!(needs.name.now(), "Samaritans");
        });
    }
}
