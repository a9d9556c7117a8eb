//! Which ways of the mail are proved (practice.md, C): coverage is partial until, for each school,
//! mail from outside, to outside and within was seen by the gate.

use crate::{
    config::{CanaryConfig, CanaryWay},
    gateway::routes::Standing,
    mail::{Address, SchoolId},
    parties::{Direction, School},
};
use std::sync::Arc;

/// A way with how it stands.
#[derive(Clone, Copy, Debug)]
pub struct Way<'a> {
    pub canary: &'a CanaryConfig,
    pub stands: Standing,
}

/// A school with the directions that nothing proves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unproved {
    pub school: SchoolId,
    pub directions: Vec<Direction>,
}

/// What is not proved; nothing where coverage is whole.
pub fn unproved(schools: &[Arc<School>], ways: &[Way<'_>]) -> Vec<Unproved> {
    let all = [Direction::Inbound, Direction::Outbound, Direction::Internal];
    let of = |school: &School| {
        let open = |direction: &Direction| !ways.iter().any(|way| way.proves(school, *direction));
        Unproved { school: school.id.clone(), directions: all.into_iter().filter(open).collect() }
    };
    schools.iter().map(|school| of(school)).filter(|u| !u.directions.is_empty()).collect()
}

impl Way<'_> {
    pub fn is_proved(&self) -> bool {
        matches!(self.stands, Standing::Proved { .. })
    }

    fn proves(&self, school: &School, direction: Direction) -> bool {
        let CanaryWay::Route(route) = &self.canary.way else { return false };
        let own = |address: &Address| school.domains.iter().any(|own| covers(own, address.domain()));
        let its = match direction {
            Direction::Inbound => own(&self.canary.to),
            Direction::Outbound => own(&route.from),
            Direction::Internal => own(&route.from) && own(&self.canary.to),
        };
        self.is_proved() && route.direction == direction && its
    }
}

fn covers(own: &str, domain: &str) -> bool {
    domain.strip_suffix(own).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{config::canary_sample, gateway::routes::Why, parties::sample};
    use chrono::DateTime;

    #[test]
    fn each_direction_of_each_school_needs_a_way_that_is_proved() {
        let schools = sample::schools();
        let at = DateTime::UNIX_EPOCH;
        let own = |name, direction, from, to| canary_sample(name, direction, from, to);
        let canaries = [
            own("in", Direction::Inbound, "c@elsewhere.example", "c@oakfield.example"),
            own("out", Direction::Outbound, "c@pupils.oakfield.example", "c@elsewhere.example"),
            own("within", Direction::Internal, "c@oakfield.example", "d@oakfield.example"),
        ];
        let ways = |stands: Standing| -> Vec<Way<'_>> {
            canaries.iter().map(|canary| Way { canary, stands }).collect()
        };
        let open = |ways: &[Way<'_>]| -> Vec<(String, usize)> {
            unproved(&schools, ways).iter().map(|u| (u.school.to_string(), u.directions.len())).collect()
        };
        let all = [("oakfield".to_owned(), 3), ("brynglas".to_owned(), 3)];
        assert_eq!(open(&[]), all);
        assert_eq!(open(&ways(Standing::Waiting)), all);
        assert_eq!(open(&ways(Standing::Failing { since: at, why: Why::NotSeen })), all);
        assert_eq!(open(&ways(Standing::Proved { at })), all[1..], "the other school's are its own");
        let one = &ways(Standing::Proved { at })[..1];
        assert_eq!(open(one)[0], ("oakfield".to_owned(), 2));
    }
}
