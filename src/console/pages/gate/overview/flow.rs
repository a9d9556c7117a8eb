//! How much mail passes: by hour and day, as the message log has it, and what failed since the start.

use super::super::super::super::{
    Console, Fault,
    words::{fill, words},
};
use crate::{clock::in_uk, effects::Language, storage::Hour};
use chrono::{Days, NaiveDate, TimeDelta, Utc};
use std::collections::BTreeMap;

/// Days that are shown.
const DAYS: u64 = 7;

words! {
    pub struct FlowWords {
        title: "Mail that passes" / "Post sy'n mynd drwodd",
        this_hour: "in the last hour" / "yn yr awr ddiwethaf",
        this_day: "in the last 24 hours" / "yn y 24 awr ddiwethaf",
        busiest: "in the busiest hour of a week" / "yn awr brysuraf yr wythnos",
        failed: "failed inside since the start" / "wedi methu y tu mewn ers y dechrau",
        day: "Day" / "Diwrnod",
        messages: "Messages" / "Negeseuon",
        failed_says: "{} in assessing, {} in storing: those senders were told to come again, or what [on-failure] says."
            / "{} wrth asesu, {} wrth storio: dywedwyd wrth yr anfonwyr hynny am ddod eto, neu'r hyn y mae [on-failure] yn ei ddweud.",
    }
}

pub(super) struct DayLine {
    pub(super) day: String,
    pub(super) messages: u64,
    /// In hundredths of the busiest.
    pub(super) length: u64,
}

pub(super) struct Flow {
    pub(super) w: &'static FlowWords,
    pub(super) tiles: Vec<(u64, &'static str)>,
    pub(super) failed: String,
    pub(super) days: Vec<DayLine>,
}

pub(super) async fn flow(console: &Console, language: Language) -> Result<Flow, Fault> {
    let (w, now) = (FlowWords::of(language), Utc::now());
    let today = in_uk(now).date_naive();
    let first = today.checked_sub_days(Days::new(DAYS - 1)).unwrap_or(today);
    let since = async |time: TimeDelta| console.store.messages_by_hour(now - time).await;
    // A week back lies before the first midnight by any clock of the country.
    let hours = since(TimeDelta::days(DAYS as i64)).await?;
    let sum = |hours: &[Hour]| hours.iter().map(|hour| hour.messages).sum();
    let (assessing, storing) = console.gate.failures();
    Ok(Flow {
        w,
        tiles: vec![
            (sum(&since(TimeDelta::hours(1)).await?), w.this_hour),
            (sum(&since(TimeDelta::hours(24)).await?), w.this_day),
            (hours.iter().map(|h| h.messages).max().unwrap_or_default(), w.busiest),
            (assessing + storing, w.failed),
        ],
        failed: match assessing + storing {
            0 => String::new(),
            _ => fill(w.failed_says, &[&assessing.to_string(), &storing.to_string()]),
        },
        days: days(language, &hours, (first, today)),
    })
}

fn days(language: Language, hours: &[Hour], (first, last): (NaiveDate, NaiveDate)) -> Vec<DayLine> {
    let mut counts: BTreeMap<NaiveDate, u64> =
        first.iter_days().take_while(|day| *day <= last).map(|day| (day, 0)).collect();
    for hour in hours {
        if let Some(count) = counts.get_mut(&in_uk(hour.begins).date_naive()) {
            *count += hour.messages;
        }
    }
    let most = counts.values().copied().max().unwrap_or_default().max(1);
    let form = match language {
        Language::English => "%a %-d %b",
        Language::Welsh => "%d/%m/%Y",
    };
    let line = |(day, messages): (NaiveDate, u64)| DayLine {
        day: day.format(form).to_string(),
        messages,
        length: messages * 100 / most,
    };
    counts.into_iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_become_days_by_the_countrys_clock_and_days_without_mail_are_there() {
        let hour = |at: &str, messages| Hour { begins: at.parse().unwrap(), messages };
        // 23:00 UTC in summer is the next day.
        let hours = [
            hour("2026-06-01T23:00:00Z", 4),
            hour("2026-06-02T09:00:00Z", 4),
            hour("2026-06-04T09:00:00Z", 2),
        ];
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let days = days(Language::English, &hours, (day("2026-06-02"), day("2026-06-04")));
        let shown: Vec<(u64, u64)> = days.iter().map(|d| (d.messages, d.length)).collect();
        assert_eq!(shown, [(8, 100), (0, 0), (2, 25)]);
    }
}
