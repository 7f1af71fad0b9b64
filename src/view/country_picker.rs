//! The switch between countries, always one tap away: the guess may be wrong, and people look things up for others.

use peer_support_domain::bundle;

use super::choice;
use super::help_now::ESSENTIALS;
use crate::browser;
use crate::dom::{El, classed};
use crate::locale::{Locale, tr};
use crate::session::Session;

/// All countries that something is known of, by their names. What is chosen holds for this tab only.
pub fn country_picker(session: Session, t: Locale) -> El {
    let mut named: Vec<_> = bundle::countries(ESSENTIALS)
        .map(|country| (country.as_str().to_owned(), t.country(country.as_str())))
        .collect();
    browser::sort_by_name(&mut named, &t.language());
    // Built anew when the country is chosen elsewhere, by "Use Y".
    classed("span", "country").children_of(move || {
        let chosen = session.country.get().map_or("", |country| country.as_str());
        let none = chosen.is_empty().then(|| (String::new(), tr!(t, "choose-country")));
        let choose = move |code: String| {
            if let Ok(country) = code.parse() {
                session.country.set(Some(country));
            }
        };
        vec![choice(&tr!(t, "country"), "small", none.into_iter().chain(named.clone()), chosen, choose)]
    })
}
