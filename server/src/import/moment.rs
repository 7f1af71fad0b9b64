//! The moments that other systems write, as milliseconds since the epoch.

/// Reads `2019-03-02T15:04:05.123-06:00`, `2019-03-02T15:04:05Z`, and, as UTC, the same without a zone or with a space in
/// place of the `T`. `None` for anything else, and for what lies before 1990 or after 2200: a mistake, or no date at all, such
/// as WordPress's `0000-00-00 00:00:00`.
pub(super) fn of_text(text: &str) -> Option<i64> {
    let text = text.trim();
    let (date, time) = text.split_once(['T', ' '])?;
    let mut date = date.splitn(3, '-');
    let (year, month, day) = (number(date.next()?, 4)?, number(date.next()?, 2)?, number(date.next()?, 2)?);
    let zone_at = time.find(['Z', 'z', '+', '-']).unwrap_or(time.len());
    let (time, zone) = time.split_at(zone_at);
    let (time, fraction) = time.split_once('.').unwrap_or((time, "0"));
    let mut time = time.splitn(3, ':');
    let (hour, minute, second) =
        (number(time.next()?, 2)?, number(time.next()?, 2)?, number(time.next()?, 2)?);
    if fraction.is_empty() || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let ms: i64 = format!("{fraction:0<3}")[..3].parse().ok()?;
    let is_real = (1990..=2200).contains(&year)
        && (1..=12).contains(&month)
        && (1..=days_in(year, month)).contains(&day)
        && (0..24).contains(&hour)
        && (0..60).contains(&minute)
        // A leap second.
        && (0..=60).contains(&second);
    let seconds = ((days_since_epoch(year, month, day) * 24 + hour) * 60 + minute) * 60 + second;
    is_real.then_some((seconds - zone_seconds(zone)?) * 1_000 + ms)
}

/// As `2019-03-02T15:04Z`, which [`of_text`] reads with its seconds and spreadsheets know.
pub(crate) fn to_text(ms: i64) -> String {
    let (days, in_day) = (ms.div_euclid(86_400_000), ms.rem_euclid(86_400_000));
    // Howard Hinnant's days_from_civil, backwards; checked against the tests below.
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let of_era = z.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    format!(
        "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z",
        in_day / 3_600_000,
        in_day / 60_000 % 60,
        in_day / 1_000 % 60
    )
}

fn number(digits: &str, n_digits: usize) -> Option<i64> {
    let is_number = digits.len() == n_digits && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| digits.parse().ok())?
}

fn zone_seconds(zone: &str) -> Option<i64> {
    if matches!(zone, "" | "Z" | "z") {
        return Some(0);
    }
    let (sign, zone) =
        if let Some(zone) = zone.strip_prefix('-') { (-1, zone) } else { (1, zone.strip_prefix('+')?) };
    let (hours, minutes) = zone.split_once(':')?;
    Some(sign * (number(hours, 2)? * 60 + number(minutes, 2)?) * 60)
}

fn days_in(year: i64, month: i64) -> i64 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        _ => 31,
    }
}

fn days_since_epoch(year: i64, month: i64, day: i64) -> i64 {
    let years = (1970..year).map(|year| 337 + days_in(year, 2)).sum::<i64>();
    let months = (1..month).map(|month| days_in(year, month)).sum::<i64>();
    years + months + day - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_of_every_system_are_read() {
        // `date -u -d 2019-03-02T21:04:05Z +%s`
        for text in [
            "2019-03-02T21:04:05Z",
            "2019-03-02T15:04:05-06:00",
            "2019-03-03T02:34:05+05:30",
            "2019-03-02 21:04:05",
            "2019-03-02T21:04:05",
            " 2019-03-02T21:04:05.000000001Z ",
        ] {
            assert_eq!(of_text(text), Some(1_551_560_645_000), "{text}");
        }
        assert_eq!(of_text("2024-02-29T00:00:00.25Z"), Some(1_709_164_800_250));
    }

    #[test]
    fn what_is_no_moment_is_none() {
        for text in [
            "",
            "yesterday",
            "0000-00-00 00:00:00",
            "2019-02-29T00:00:00Z",
            "2019-13-01T00:00:00Z",
            "2019-03-02T24:00:00Z",
            "2019-03-02T21:04:05+0100",
            "2019-03-02T21:04:05.Z",
            "2019-03-02",
            "9999-01-01T00:00:00Z",
        ] {
            assert_eq!(of_text(text), None, "{text}");
        }
    }

    #[test]
    fn a_moment_reads_back_as_written() {
        for text in
            ["1990-01-01T00:00:00Z", "2000-02-29T23:59:59Z", "2024-12-31T12:30:00Z", "2100-03-01T00:00:00Z"]
        {
            assert_eq!(to_text(of_text(text).unwrap()), text);
        }
    }
}
