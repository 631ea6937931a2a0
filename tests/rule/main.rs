//! The rule of `docs/rotation.md`: its whole table, what it promises over random histories, and proof that these tests
//! would notice a broken one.
#![allow(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

mod clocks;
mod credits;
mod elsewhere;
mod followers;
mod histories;
mod honest;
mod mutants;
mod rows;
mod simulation;
mod table;
mod thieves;
mod world;

use std::fmt::Debug;
use std::net::Ipv4Addr;

use heirloom::domain::Timestamp;
use heirloom::domain::client::Client;
use heirloom::domain::place::Place;
use heirloom::domain::policy::RotationPolicy;
use heirloom::domain::rotation::{Decision, FamilyState, Generation};
use proptest::strategy::Strategy;
use proptest::test_runner::{Config, TestCaseError, TestRunner};

/// Anything that judges a presented token: the rule, or a broken one.
type Rule = dyn Fn(&FamilyState, Generation, Place, Timestamp, &RotationPolicy) -> Decision;

fn generation(number: u32) -> Generation {
    Generation::new(number).unwrap()
}

/// A place of its own for each number. The user of a session is at [`HOME`].
fn place(number: u16) -> Place {
    let address = Ipv4Addr::from_bits(0xc633_0000 + u32::from(number));
    Place::of(&Client::new(Some(address.into()), Some("Firefox")))
}

const HOME: u16 = 0;
const ELSEWHERE: u16 = 1;

/// Fails with the smallest input found for which `property` does not hold.
fn holds<S>(strategy: S, property: impl Fn(S::Value) -> Result<(), TestCaseError>)
where
    S: Strategy,
    S::Value: Debug,
{
    let config = Config { cases: 400, failure_persistence: None, ..Config::default() };
    if let Err(failure) = TestRunner::new(config).run(&strategy, property) {
        panic!("{failure}");
    }
}
