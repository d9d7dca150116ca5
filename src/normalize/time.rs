//! Instants, days and times of day in text: what dlt takes for a timestamp, and to what it converts.
//!
//! Two grammars, the second tried where the first fails, as in the library dlt reads dates with (pendulum 3):
//! * ISO 8601, strict about two digits a field, basic or extended but not mixed, calendar, ordinal or week dates;
//! * the "common" form: `2024/01/02 3:04`, digits of any script, every part but the year optional.
//!
//! A text without a zone is UTC. Instants are microseconds since the Unix epoch in UTC, of the years 1 to 9999. A text that
//! reads as an instant but cannot be one (an offset of a day or more, a year that UTC moves out of range) is not one here;
//! dlt breaks off the load.

use super::number::float;
use super::unicode::digit;

const SECOND: i64 = 1_000_000;
const MINUTE: i64 = 60 * SECOND;
const DAY: i64 = 86_400 * SECOND;
/// 0001-01-01T00:00:00Z and 9999-12-31T23:59:59.999999Z.
const FIRST: i64 = -62_135_596_800 * SECOND;
const LAST: i64 = 253_402_300_800 * SECOND - 1;
/// The common form is never longer, in characters.
const LONGEST_COMMON: usize = 29;

/// What a text stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Moment {
    /// Microseconds of the clock on the wall, and minutes that it is ahead of UTC.
    DateTime(i64, Option<i64>),
    /// Days since 1970-01-01.
    Date(i64),
    /// Microseconds since midnight, and minutes ahead of UTC.
    Time(i64, Option<i64>),
}

/// The instant, in microseconds, if dlt's detector `iso_timestamp` takes the text for a date with a time.
#[inline]
pub fn detect_timestamp(text: &[u8]) -> Option<i64> {
    usual(text).or_else(|| detect_unusual(text))
}

#[cold]
fn detect_unusual(text: &[u8]) -> Option<i64> {
    match text.first() {
        Some(first) if first.is_ascii_digit() || !first.is_ascii() => match parse(std::str::from_utf8(text).ok()?)? {
            Moment::DateTime(wall, offset) => utc(wall, offset),
            Moment::Date(_) | Moment::Time(..) => None,
        },
        _ => None,
    }
}

/// `2024-01-02T03:04:05` and what may follow it, the form that APIs send, without a detour: eight characters at once.
#[inline(always)]
fn usual(text: &[u8]) -> Option<i64> {
    const DATE: (u64, u64) = form(b"0000-00-");
    const DAY_T: (u64, u64) = form(b"0-00-00T");
    const DAY_SPACE: (u64, u64) = form(b"0-00-00 ");
    const TIME: (u64, u64) = form(b"00:00:00");
    let day = if *text.get(10)? == b' ' { DAY_SPACE } else { DAY_T };
    let year = digits(text.first_chunk()?, DATE)?;
    let date = digits(text.get(3..)?.first_chunk()?, day)?;
    let time = digits(text.get(11..)?.first_chunk()?, TIME)?;
    let days = days(pair(year, 0) * 100 + pair(year, 2), pair(date, 2), pair(date, 5))?;
    let wall = days * DAY + clock(pair(time, 0), pair(time, 3), pair(time, 6))?;
    let rest = text.get(19..)?;
    if let [b'.', a @ b'0'..=b'9', b @ b'0'..=b'9', c @ b'0'..=b'9', b'Z'] = rest {
        let millis = i64::from(a - b'0') * 100 + i64::from(b - b'0') * 10 + i64::from(c - b'0');
        return Some(wall + millis * 1000);
    }
    let mut rest = Cursor(rest);
    let fraction = rest.fraction()?;
    let offset = rest.zone()?;
    if rest.at_end() { utc(wall + fraction, offset) } else { None }
}

/// Eight characters of a form, `0` standing for any digit: themselves, and what [`digits`] adds to each.
#[allow(clippy::indexing_slicing, reason = "run by the compiler, which refuses what is out of bounds")]
const fn form(text: &[u8; 8]) -> (u64, u64) {
    let mut most = [0x7F; 8];
    let mut at = 0;
    while at < 8 {
        if text[at] == b'0' {
            most[at] = 0x76;
        }
        at += 1;
    }
    (u64::from_le_bytes(*text), u64::from_le_bytes(most))
}

/// The characters' values, if they are digits where the form has a zero, and else the form's own.
#[inline(always)]
fn digits(text: &[u8; 8], (form, most): (u64, u64)) -> Option<u64> {
    // A digit and `0` differ in its value; adding 0x76 to more than 9, or 0x7F to more than 0, reaches the highest bit.
    let value = u64::from_le_bytes(*text) ^ form;
    let wrong = (value.wrapping_add(most) | value) & 0x8080_8080_8080_8080;
    (wrong == 0).then_some(value)
}

/// The number of two digits, the first at `at`.
#[inline(always)]
fn pair(digits: u64, at: u32) -> i64 {
    let two = digits >> (8 * at);
    ((two & 15) * 10 + (two >> 8 & 15)) as i64
}

/// The day, counted from 1970-01-01, if dlt's detector `iso_date` takes the text for a date.
pub fn detect_date(text: &str) -> Option<i64> {
    match parse(text)? {
        Moment::Date(days) => Some(days),
        Moment::DateTime(..) | Moment::Time(..) => None,
    }
}

/// Text for a timestamp column: a date-time, a date (its midnight), or else a number: seconds since the epoch.
pub fn to_timestamp(text: &str) -> Option<i64> {
    match parse(text) {
        Some(Moment::DateTime(wall, offset)) => utc(wall, offset),
        Some(Moment::Date(days)) => Some(days * DAY),
        Some(Moment::Time(..)) => None,
        None => epoch(float(text)?),
    }
}

/// Text for a date column: as [`to_timestamp`], then the day in UTC, counted from 1970-01-01.
pub fn to_date(text: &str) -> Option<i64> {
    to_timestamp(text).map(day)
}

/// Text for a time column: only a time of day. Microseconds since midnight, in UTC where the text has a zone.
pub fn to_time(text: &str) -> Option<i64> {
    match parse(text)? {
        Moment::Time(wall, offset) => Some(utc(wall, offset)?.rem_euclid(DAY)),
        Moment::DateTime(..) | Moment::Date(_) => None,
    }
}

/// The day, counted from 1970-01-01, that an instant falls on.
pub fn day(micros: i64) -> i64 {
    micros.div_euclid(DAY)
}

/// Seconds since the epoch as an instant, to the nearest microsecond, halves to even.
pub fn epoch(seconds: f64) -> Option<i64> {
    // Saturates far outside the calendar; `nan` becomes 0.
    let whole = (seconds.trunc() as i64).checked_mul(SECOND)?;
    let micros = (seconds.fract() * 1e6).round_ties_even() as i64;
    if seconds.is_nan() { None } else { in_range(whole.checked_add(micros)?) }
}

/// Whole seconds since the epoch as an instant.
pub fn epoch_seconds(seconds: i64) -> Option<i64> {
    in_range(seconds.checked_mul(SECOND)?)
}

/// `2024-01-02T03:04:05.000006Z`.
pub fn format_timestamp(micros: i64) -> String {
    format!("{}T{}Z", format_date(day(micros)), format_time(micros.rem_euclid(DAY)))
}

/// `2024-01-02` of days since 1970-01-01.
pub fn format_date(days: i64) -> String {
    // Years begin in March here, so that the leap day is the last one; 719_468 days lie between 0000-03-01 and 1970-01-01.
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = era * 400 + year_of_era + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}

/// `03:04:05.000006` of microseconds since midnight.
pub fn format_time(micros: i64) -> String {
    let seconds = micros / SECOND;
    let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    format!("{hour:02}:{minute:02}:{second:02}.{:06}", micros % SECOND)
}

fn parse(text: &str) -> Option<Moment> {
    iso(text.as_bytes()).or_else(|| common(text))
}

fn utc(wall: i64, offset: Option<i64>) -> Option<i64> {
    let offset = offset.unwrap_or(0);
    if offset.abs() < 24 * 60 { in_range(wall - offset * MINUTE) } else { None }
}

fn in_range(micros: i64) -> Option<i64> {
    (FIRST..=LAST).contains(&micros).then_some(micros)
}

/// Days of a common year before each month, and all of them.
const BEFORE: [i64; 13] = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365];

/// Days since 1970-01-01 of a date that exists.
fn days(year: i64, month: i64, day: i64) -> Option<i64> {
    let month = usize::try_from(month).ok()?;
    let (before, end) = (*BEFORE.get(month.checked_sub(1)?)?, *BEFORE.get(month)?);
    let leap = is_leap(year);
    let length = end - before + i64::from(leap && month == 2);
    if !(1..=9999).contains(&year) || !(1..=length).contains(&day) {
        return None;
    }
    let past = year as u32 - 1;
    let years = past * 365 + past / 4 - past / 100 + past / 400;
    // 719_162 days lie between 0001-01-01 and 1970-01-01.
    Some(i64::from(years) + before + i64::from(leap && month > 2) + day - 1 - 719_162)
}

fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

/// The `ordinal`th day of a year.
fn ordinal_date(year: i64, ordinal: i64) -> Option<i64> {
    let length = 365 + i64::from(is_leap(year));
    if (1..=length).contains(&ordinal) { Some(days(year, 1, 1)? + ordinal - 1) } else { None }
}

/// A day of an ISO week. Week 0 and day 0 are taken, as by dlt: they count back from the first.
fn week_date(year: i64, week: i64, day: i64) -> Option<i64> {
    let fourth = days(year, 1, 4)?;
    // 1970-01-01 was a Thursday: Monday is 0 here.
    let monday = |days: i64| days - (days + 3).rem_euclid(7);
    let long = (days(year, 12, 31)? + 3).rem_euclid(7) == 3 || (days(year, 1, 1)? + 3).rem_euclid(7) == 3;
    if week > 52 + i64::from(long) || day > 7 {
        return None;
    }
    let date = monday(fourth) + (week - 1) * 7 + day - 1;
    (FIRST / DAY..=LAST / DAY).contains(&date).then_some(date)
}

/// Microseconds since midnight of a time that exists; there is no 24:00 and no second 60.
fn clock(hour: i64, minute: i64, second: i64) -> Option<i64> {
    let exists = hour < 24 && minute < 60 && second < 60;
    exists.then_some(((hour * 60 + minute) * 60 + second) * SECOND)
}

/// What is left of the text.
#[derive(Clone, Copy)]
struct Cursor<'a>(&'a [u8]);

impl Cursor<'_> {
    fn at_end(&self) -> bool {
        self.0.is_empty()
    }

    fn at(&self, set: &[u8]) -> bool {
        self.0.first().is_some_and(|byte| set.contains(byte))
    }

    fn eat(&mut self, set: &[u8]) -> bool {
        let found = self.at(set);
        if let (true, [_, rest @ ..]) = (found, self.0) {
            self.0 = rest;
        }
        found
    }

    fn digit(&mut self) -> Option<i64> {
        let (first, rest) = self.0.split_first().filter(|(first, _)| first.is_ascii_digit())?;
        self.0 = rest;
        Some(i64::from(first - b'0'))
    }

    /// Exactly that many digits.
    fn digits(&mut self, count: usize) -> Option<i64> {
        (0..count).try_fold(0, |value, _| Some(value * 10 + self.digit()?))
    }

    /// One or two digits.
    fn one_or_two(&mut self) -> Option<i64> {
        let first = self.digit()?;
        Some(self.digit().map_or(first, |second| first * 10 + second))
    }

    /// A point and digits as microseconds, 0 without a point.
    fn fraction(&mut self) -> Option<i64> {
        if self.eat(b".,") { self.decimals() } else { Some(0) }
    }

    /// Digits after a point as microseconds. At least one; those beyond the sixth are dropped.
    fn decimals(&mut self) -> Option<i64> {
        let mut micros = self.digit()? * 100_000;
        let mut unit = 10_000;
        while let Some(digit) = self.digit() {
            micros += digit * unit;
            unit /= 10;
        }
        Some(micros)
    }

    /// Minutes ahead of UTC. The minutes of an offset may exceed 59, and a colon may end the text.
    fn zone(&mut self) -> Option<Option<i64>> {
        if self.eat(b"Z") {
            return Some(Some(0));
        }
        let sign = if self.at(b"-") { -1 } else { 1 };
        if !self.eat(b"+-") {
            return Some(None);
        }
        let hours = self.digits(2)?;
        self.eat(b":");
        let minutes = if self.at_end() { 0 } else { self.digits(2)? };
        Some(Some(sign * (hours * 60 + minutes)))
    }

    /// A time of day to the end of the text. `extended` says how the date was written.
    fn time(&mut self, hour: i64, extended: bool) -> Option<(i64, Option<i64>)> {
        let done = |cursor: &Self| cursor.at_end() || cursor.at(b"Z+-");
        let (mut minute, mut second, mut fraction) = (0, 0, 0);
        if !done(self) {
            let colon = self.eat(b":");
            minute = self.digits(2)?;
            let seconds = !done(self);
            if seconds {
                if colon && !self.eat(b":") {
                    return None;
                }
                second = self.digits(2)?;
                fraction = self.fraction()?;
            }
            // One style for date and time; only `hh:mm` goes with a basic date as well.
            if colon != extended && (!colon || seconds) {
                return None;
            }
        }
        let offset = self.zone()?;
        if self.at_end() { Some((clock(hour, minute, second)? + fraction, offset)) } else { None }
    }
}

fn iso(text: &[u8]) -> Option<Moment> {
    let mut text = Cursor(text);
    if text.eat(b"T") {
        let hour = text.digits(2)?;
        let (wall, offset) = text.time(hour, false)?;
        return Some(Moment::Time(wall, offset));
    }
    let hour = text.digits(2)?;
    if text.at(b":") {
        let (wall, offset) = text.time(hour, true)?;
        return Some(Moment::Time(wall, offset));
    }
    let year = hour * 100 + text.digits(2)?;
    let extended = text.eat(b"-");
    let whole = |text: &Cursor| text.at_end() || text.at(b" T");
    let date = if text.eat(b"W") {
        let week = text.digits(2)?;
        let day = if whole(&text) {
            1
        } else if extended && !text.eat(b"-") {
            return None;
        } else {
            text.digit()?
        };
        week_date(year, week, day)?
    } else {
        let month = text.digits(2)?;
        if extended && whole(&text) {
            days(year, month, 1)?
        } else if extended && text.eat(b"-") {
            days(year, month, text.digits(2)?)?
        } else {
            let third = text.digit()?;
            if extended || whole(&text) {
                ordinal_date(year, month * 10 + third)?
            } else {
                days(year, month, third * 10 + text.digit()?)?
            }
        }
    };
    if text.at_end() {
        return Some(Moment::Date(date));
    }
    if !text.eat(b"T ") {
        return None;
    }
    let hour = text.digits(2)?;
    let (wall, offset) = text.time(hour, extended)?;
    Some(Moment::DateTime(date * DAY + wall, offset))
}

/// `[YYYY[[/:]MM[/:]DD]][ h:m[:s][.f]]`; the first reading that takes the whole text counts, even if its date does not exist.
fn common(text: &str) -> Option<Moment> {
    if text.chars().nth(LONGEST_COMMON).is_some() {
        return None;
    }
    let ascii: String = text.chars().map(|c| digit(c).map_or(c, |value| char::from(b'0' + value))).collect();
    let start = Cursor(ascii.as_bytes());
    let mut after_year = start;
    if let Some(year) = after_year.digits(4) {
        let mut after_day = after_year;
        after_day.eat(b"/:");
        let month = after_day.digits(2);
        after_day.eat(b"/:");
        let day = month.and(after_day.digits(2));
        if let (Some(month), Some(day)) = (month, day) {
            if after_day.at_end() {
                return days(year, month, day).map(Moment::Date);
            }
            if let Some(time) = common_time(after_day) {
                return Some(Moment::DateTime(days(year, month, day)? * DAY + time?, None));
            }
        }
        if after_year.at_end() {
            return days(year, 1, 1).map(Moment::Date);
        }
        if let Some(time) = common_time(after_year) {
            return Some(Moment::DateTime(days(year, 1, 1)? * DAY + time?, None));
        }
    }
    Some(Moment::Time(common_time(start)??, None))
}

/// `None`: not of this form. `Some(None)`: of this form, but no such time.
fn common_time(mut text: Cursor) -> Option<Option<i64>> {
    text.eat(b" ");
    let hour = text.one_or_two()?;
    if !text.eat(b":") {
        return None;
    }
    let minute = text.one_or_two()?;
    let second = if text.eat(b":") { text.one_or_two()? } else { 0 };
    let fraction = if text.eat(b".,|") {
        if text.0.len() > 9 {
            return None;
        }
        text.decimals()?
    } else {
        0
    };
    text.at_end().then(|| Some(clock(hour, minute, second)? + fraction))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_are_microseconds_since_the_epoch() {
        assert_eq!(detect_timestamp(b"1970-01-01T00:00:00.0000019Z"), Some(1));
        assert_eq!(detect_timestamp(b"1970-01-01T01:00:00+01:00"), Some(0));
        assert_eq!(detect_timestamp(b"0001-01-01T00:00:00"), Some(FIRST));
        assert_eq!(detect_timestamp(b"9999-12-31T23:59:59.999999999Z"), Some(LAST));
    }

    #[test]
    fn what_dlt_detects_but_cannot_convert_is_no_instant() {
        for text in ["2024-01-02T03:04:05+24:00", "0001-01-01T00:00:00+01:00", "9999-12-31T23:59:59-01:00"] {
            assert_eq!(detect_timestamp(text.as_bytes()), None, "{text}");
            assert_eq!(to_timestamp(text), None, "{text}");
        }
    }

    #[test]
    fn the_common_form_is_taken_where_iso_fails() {
        let noon = detect_timestamp(b"2024-01-02T12:30:00Z");
        for text in ["2024/01/02 12:30", "2024:01:02 12:30", "202401/02 12:30:0", "2024010212:30", "٢٠٢٤/01/02 12:30"]
        {
            assert_eq!(detect_timestamp(text.as_bytes()), noon, "{text}");
        }
        for text in ["12:30", "2024/01/02 12:", "2024/01/02T12:30", "2024/1/2 12:30", "2024/01/02 12:30Z"] {
            assert_eq!(detect_timestamp(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn dates_are_written_as_they_are_read() {
        for day in (FIRST / DAY..=LAST / DAY).step_by(97) {
            assert_eq!(detect_date(&format_date(day)), Some(day));
        }
        assert_eq!(format_timestamp(-1), "1969-12-31T23:59:59.999999Z");
    }

    #[test]
    fn seconds_of_the_epoch_are_rounded_to_the_even_microsecond() {
        assert_eq!(epoch(0.000_000_5), Some(0));
        assert_eq!(epoch(-1.5), Some(-1_500_000));
        assert_eq!(epoch(253_402_300_799.0), Some(LAST - 999_999));
        assert_eq!((epoch(253_402_300_800.0), epoch(f64::NAN), epoch(f64::INFINITY)), (None, None, None));
        assert_eq!((epoch_seconds(i64::MAX), epoch_seconds(-62_135_596_800)), (None, Some(FIRST)));
    }
}
