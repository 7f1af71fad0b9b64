//! `[sites.coverage]`: when a site's moderators are there.

use std::collections::BTreeMap;

use peer_support_domain::coverage::{Coverage, Staffing};
use peer_support_domain::hours::{OpeningHours, TimeZone};
use peer_support_domain::limits::COVERAGE_EXCEPTIONS;
use peer_support_domain::line_report::Day;

use super::{DECISION_TARGET_HOURS, Reader, Section, hours_ms};

/// Hours to a decision that visitors are shown while moderators are there, unless the site says otherwise.
const DEFAULT_STAFFED_TARGET_HOURS: i64 = 2;

/// When a site's moderators are there, by the clock of their zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SiteCoverage {
    /// The hours.
    pub coverage: Coverage,
    /// How long a decision should take at most of what comes while they are there, in milliseconds.
    pub staffed_target_ms: i64,
    zone: jiff::tz::TimeZone,
}

impl SiteCoverage {
    /// What the clock on the wall shows at a moment, as if it were in UTC.
    pub fn local_ms(&self, ms: i64) -> Option<i64> {
        let at = jiff::Timestamp::from_millisecond(ms).ok()?;
        Some(ms + i64::from(self.zone.to_offset(at).seconds()) * 1_000)
    }

    /// Whether moderators are there. When the clock cannot tell, nobody is.
    pub fn at(&self, now: i64) -> Staffing {
        let staffing = self.coverage.at(now, |ms| self.local_ms(ms));
        staffing.unwrap_or(Staffing { is_staffed: false, until: None })
    }
}

impl Reader {
    pub(super) fn coverage(&mut self, site: &mut Section) -> Option<SiteCoverage> {
        let mut section = self.table(site, "coverage")?;
        let zone: Option<TimeZone> =
            self.needed(&mut section, "zone").and_then(|(place, value)| self.parsed(&place, value));
        let known = zone.as_ref().and_then(|zone| jiff::tz::TimeZone::get(zone.as_str()).ok());
        if zone.is_some() && known.is_none() {
            self.problem(&section.place("zone"), "is no time zone that there is");
        }
        let hours: Option<OpeningHours> =
            self.needed(&mut section, "hours").and_then(|(place, value)| self.parsed(&place, value));
        let away = self.needed(&mut section, "outside").and_then(|(place, value)| self.parsed(&place, value));
        let target = self
            .whole_number(&mut section, "staffed_target_hours", DECISION_TARGET_HOURS)
            .unwrap_or(DEFAULT_STAFFED_TARGET_HOURS);
        let exceptions = self.exceptions(&mut section);
        self.no_more(section);
        Some(SiteCoverage {
            coverage: Coverage { zone: zone?, hours: hours?, exceptions, away: away? },
            staffed_target_ms: hours_ms(target),
            zone: known?,
        })
    }

    fn exceptions(
        &mut self,
        section: &mut Section,
    ) -> BTreeMap<Day, peer_support_domain::coverage::DayHours> {
        let Some(mut days) = self.table(section, "exceptions") else { return BTreeMap::new() };
        if days.table.len() > COVERAGE_EXCEPTIONS {
            let what = format_args!("has {} days; expected at most {COVERAGE_EXCEPTIONS}", days.table.len());
            let place = days.path.clone();
            self.problem(&place, what);
        }
        let mut exceptions = BTreeMap::new();
        for (day, hours) in std::mem::take(&mut days.table) {
            let place = days.place(&day);
            let hours = self.parsed(&place, hours);
            match (day.parse(), hours) {
                (Ok(day), Some(hours)) => drop(exceptions.insert(day, hours)),
                (Err(e), _) => self.problem(&place, e),
                (Ok(_), None) => {}
            }
        }
        exceptions
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::{Config, Overrides};

    const SITE: &str = r#"
        [[sites]]
        id = "rowan"
        name = "Rowan House"
        origins = []
        topics = ["low-mood", { id = "in-memory", label = "In memory", is_memorial = true }]
        [sites.coverage]
    "#;

    fn read(coverage: &str) -> Result<Config, String> {
        let text = format!("{SITE}{coverage}");
        Config::read(Some((Path::new("ps.toml"), &text)), &Overrides::default()).map_err(|e| e.to_string())
    }

    #[test]
    fn hours_are_read_as_they_are_written() {
        let config = read(
            r#"
            zone = "America/New_York"
            hours = "Mo-Fr 09:00-17:00"
            outside = "hold-all"
            exceptions = { 2026-12-25 = "closed", 2026-12-26 = "10:00-12:00" }
            "#,
        )
        .unwrap();

        let site = config.sites.get(&"rowan".parse().unwrap()).unwrap();
        assert_eq!(site.memorial_topics, ["in-memory".parse().unwrap()]);
        let ms = |instant: &str| instant.parse::<jiff::Timestamp>().unwrap().as_millisecond();
        // Nine in the morning there, of a day in winter.
        for (now, target_hours) in
            [("2026-11-26T13:59:00Z", 12), ("2026-11-26T14:00:00Z", 2), ("2026-12-25T15:00:00Z", 12)]
        {
            assert_eq!(site.target_ms(ms(now)), target_hours * 3_600_000, "{now}");
        }
    }

    #[test]
    fn what_is_wrong_with_hours_is_named() {
        let problems = read(
            r#"
            zone = "Europe/Atlantis"
            hours = "sometimes"
            outside = "closed"
            staffed_target_hours = 0
            exceptions = { "25 December" = "closed", 2026-12-26 = "late" }
            "#,
        )
        .unwrap_err();

        let places: Vec<_> = problems.lines().map(|line| line.split(": ").nth(1).unwrap()).collect();
        assert_eq!(
            places,
            [
                "sites[0].coverage.zone",
                "sites[0].coverage.hours",
                "sites[0].coverage.outside",
                "sites[0].coverage.staffed_target_hours",
                "sites[0].coverage.exceptions.2026-12-26",
                "sites[0].coverage.exceptions.25 December",
            ]
        );
    }
}
