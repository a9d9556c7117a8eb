//! That a `[[canary]]` takes the way that it says.

use super::Cross;
use crate::{
    config::{CanaryConfig, CanaryWay, canary::CanaryMarks},
    parties::Direction,
};
use std::collections::HashMap;

impl Cross<'_> {
    pub(super) fn canaries(&self) {
        let mut seen: HashMap<&str, ()> = HashMap::new();
        for marks in &self.marks.canaries {
            if seen.insert(&marks.name.value, ()).is_some() {
                let hint = "The ledger calls a way by its name.";
                self.source.error(&marks.name.span, "Two `[[canary]]` have this name.", hint);
            }
            let found = self.config.canaries.iter().find(|canary| canary.name == marks.name.value);
            if let Some(canary) = found {
                self.canary_goes_its_way(canary, marks);
            }
            self.canary_begins_before_the_gate(marks);
        }
    }

    fn canary_goes_its_way(&self, canary: &CanaryConfig, marks: &CanaryMarks) {
        let CanaryWay::Route(route) = &canary.way else { return };
        let (from, to) = (self.is_ours(route.from.domain()), self.is_ours(canary.to.domain()));
        let (from_inside, to_inside) = match route.direction {
            Direction::Inbound => (false, true),
            Direction::Outbound => (true, false),
            Direction::Internal => (true, true),
        };
        let place =
            |inside: bool| if inside { "in a school's domain" } else { "outside the schools' domains" };
        let hint = "Name other addresses, or another `direction`.";
        if let Some(span) = marks.from.as_ref().filter(|_| from != from_inside) {
            let text = format!("`from` of {} mail is {}.", route.direction.name(), place(from_inside));
            self.source.error(span, text, hint);
        }
        if to != to_inside {
            let text = format!("`to` of {} mail is {}.", route.direction.name(), place(to_inside));
            self.source.error(&marks.to, text, hint);
        }
    }

    /// Handed to the gate's own door it would prove nothing.
    fn canary_begins_before_the_gate(&self, marks: &CanaryMarks) {
        for host in marks.hosts.iter().filter(|host| self.is_our_relay(&host.value)) {
            let hint = "Name the mail server before it: the canary proves that this one asks the gate.";
            self.source.error(&host.span, "This is the relay itself.", hint);
        }
    }
}
