//! The line that stands on every view: whom to call in danger.

use peer_support_domain::helpline::{EmergencyNumber, Service};

use super::help_now::essentials;
use super::{icon, icons};
use crate::dom::{El, classed, el};
use crate::locale::{Locale, tr};
use crate::session::Session;

/// The emergency numbers of the chosen country, from what is inside the wasm: they need nothing and nobody.
pub fn emergency_strip(session: Session, t: Locale) -> El {
    classed("section", "strip").attr("part", "emergency").attr("aria-label", &tr!(t, "danger")).children_of(
        move || {
            let Some(country) = session.country.get() else {
                return vec![el("p").text(&tr!(t, "choose-country"))];
            };
            let directory = essentials(country);
            let numbers =
                directory.as_ref().map(|directory| directory.emergency_to_show()).unwrap_or_default();
            if numbers.is_empty() {
                let name = t.country(country.as_str());
                return vec![el("p").text(&tr!(t, "no-emergency", country = name))];
            }
            numbers.into_iter().map(|number| emergency_number(t, number)).collect()
        },
    )
}

fn emergency_number(t: Locale, number: &EmergencyNumber) -> El {
    let service = match number.service {
        Service::General => tr!(t, "service-general"),
        Service::Police => tr!(t, "service-police"),
        Service::Ambulance => tr!(t, "service-ambulance"),
        Service::Fire => tr!(t, "service-fire"),
    };
    el("a")
        .attr("href", &number.number.tel())
        .child(icon(icons::PHONE))
        .child(el("span").text(&service))
        .text(" ")
        .child(el("b").attr("dir", "ltr").text(number.number.as_str()))
}
