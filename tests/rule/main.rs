//! The rule of `docs/rotation.md`: its whole table, what it promises over random histories, and proof that these tests
//! would notice a broken one.
#![allow(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

mod credits;
mod histories;
mod honest;
mod mutants;
mod rows;
mod table;
mod thieves;
mod world;

use std::fmt::Debug;

use heirloom::domain::Timestamp;
use heirloom::domain::policy::RotationPolicy;
use heirloom::domain::rotation::{Decision, FamilyState, Generation};
use proptest::strategy::Strategy;
use proptest::test_runner::{Config, TestCaseError, TestRunner};

/// Anything that judges a presented token: the rule, or a broken one.
type Rule = dyn Fn(&FamilyState, Generation, Timestamp, &RotationPolicy) -> Decision;

fn generation(number: u32) -> Generation {
    Generation::new(number).unwrap()
}

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
