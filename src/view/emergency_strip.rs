//! The line that stands on every view: whom to call in danger.

use peer_support_domain::country::Country;
use peer_support_domain::helpline::{Directory, EmergencyNumber, Service};

use super::{icon, icons};
use crate::directories::essentials;
use crate::dom::{El, classed, el, follow};
use crate::locale::{Locale, tr};
use crate::session::Session;

/// The emergency numbers of the chosen country, from what is inside the wasm or newer: they need nothing and nobody. As
/// long as the country is open, those of each that it may be.
pub fn emergency_strip(session: Session, t: Locale) -> El {
    let strip = classed("section", "strip").attr("part", "emergency").attr("aria-label", &tr!(t, "danger"));
    let shown = strip.clone();
    follow(Box::new(move || {
        let candidates = &session.kept().config.candidates;
        let mut numbers = el("p");
        match &*session.here.share() {
            Some(here) => numbers = numbers.children(numbers_of(t, &here.directory, false)),
            None if candidates.is_empty() => numbers = numbers.child(el("p").text(&tr!(t, "choose-country"))),
            None => {
                for country in candidates {
                    numbers = numbers.children(numbers_of(t, &essentials(*country), true));
                }
            }
        }
        // A newer directory hardly ever has another number: the same one stays under the finger that is about to press it.
        shown.turn_into(&numbers);
    }));
    strip
}

/// The numbers of a country; each with its name when there is another country's beside them.
fn numbers_of(t: Locale, directory: &Directory, is_one_of_two: bool) -> Vec<El> {
    let country: Country = directory.country;
    let name = t.country(country.as_str());
    let numbers = directory.emergency_to_show();
    if numbers.is_empty() {
        return vec![el("p").text(&tr!(t, "no-emergency", country = name))];
    }
    let named = |number: &&EmergencyNumber| match number.service {
        Service::General if is_one_of_two => name.clone(),
        service if is_one_of_two => [&name, ": ", &service_name(t, service)].concat(),
        service => service_name(t, service),
    };
    numbers.into_iter().map(|number| emergency_number(&named(&number), number)).collect()
}

/// Whom an emergency number reaches, in words.
pub fn service_name(t: Locale, service: Service) -> String {
    match service {
        Service::General => tr!(t, "service-general"),
        Service::Police => tr!(t, "service-police"),
        Service::Ambulance => tr!(t, "service-ambulance"),
        Service::Fire => tr!(t, "service-fire"),
    }
}

fn emergency_number(name: &str, number: &EmergencyNumber) -> El {
    el("a")
        .attr("href", &number.number.tel())
        .child(icon(icons::PHONE))
        .child(el("span").text(name))
        .text(" ")
        .child(el("b").attr("dir", "ltr").text(number.number.as_str()))
}
