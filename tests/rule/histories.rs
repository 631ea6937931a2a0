//! What holds in any history: anyone presents any token that was ever issued, from anywhere, at any time, in any order.

use std::time::Duration;

use heirloom::domain::place::Place;
use heirloom::domain::policy::{Lifetimes, RotationPolicy};
use heirloom::domain::rotation::{Decision, FamilyState, Generation, decide};
use proptest::collection::vec;
use proptest::prelude::{Strategy, any, prop_oneof};
use proptest::test_runner::TestCaseError;
use proptest::{prop_assert, prop_assert_eq, prop_assert_ne};

use super::world::World;
use super::{generation, holds, place};

/// Something that happens to a family. Generations are counted back from the newest that was ever issued.
#[derive(Clone, Copy, Debug)]
enum Step {
    Passes(Duration),
    /// And from which place.
    Shows(u32, u16),
    Confirms(u32),
    Loses(usize),
}

fn steps(is_reliable: bool) -> impl Strategy<Value = Vec<Step>> {
    let time = prop_oneof![
        6 => (0..20_000_u64).prop_map(Duration::from_millis),
        6 => (0..7_200_u64).prop_map(Duration::from_secs),
        1 => (0..200_u64).prop_map(|hours| Duration::from_secs(hours * 3600)),
    ];
    let back = || prop_oneof![8 => 0..2_u32, 1 => 2..10_u32];
    let step = prop_oneof![
        4 => time.prop_map(Step::Passes),
        8 => (back(), prop_oneof![4 => 0..1_u16, 1 => 1..4_u16]).prop_map(|(back, place)| Step::Shows(back, place)),
        4 => back().prop_map(Step::Confirms),
        1 => (0..6_usize).prop_map(move |writes| Step::Loses(if is_reliable { 0 } else { writes })),
    ];
    vec(step, 1..60)
}

fn policies() -> impl Strategy<Value = RotationPolicy> {
    (0..30_u64, 0..5_u32, 1..20_u32).prop_map(|(overlap, recovery_burst, recovery_every)| RotationPolicy {
        overlap: Duration::from_secs(overlap),
        recovery_burst,
        recovery_every,
    })
}

/// Runs `steps` in a new family, with `check` seeing the world before each token that is shown, and what came of it.
fn run(
    policy: RotationPolicy,
    steps: &[Step],
    mut check: impl FnMut(&Shown, &World) -> Result<(), TestCaseError>,
) -> Result<(), TestCaseError> {
    let mut world = World::new(policy, Lifetimes::default());
    for step in steps {
        let issued = |world: &World, back: u32| generation(world.issued.number().saturating_sub(back).max(1));
        match *step {
            Step::Passes(time) => world.passes(time),
            Step::Confirms(back) => world.confirm(issued(&world, back)),
            Step::Loses(writes) => world.loses(writes),
            Step::Shows(back, number) => {
                let (token, from) = (issued(&world, back), place(number));
                let (before, was_over) = (world.state, world.is_over());
                let answer = world.show_from(from, token);
                check(&Shown { token, from, before, was_over, answer }, &world)?;
            }
        }
    }
    Ok(())
}

/// A token that was shown: how the family stood before, and what was answered.
struct Shown {
    token: Generation,
    from: Place,
    before: FamilyState,
    was_over: bool,
    answer: Result<Generation, Decision>,
}

impl Shown {
    fn was_caught(&self) -> bool {
        matches!(self.answer, Err(Decision::Reuse { .. }))
    }
}

#[test]
fn whatever_is_answered_is_the_newest_of_its_family_whatever_the_database_loses() {
    holds((policies(), steps(false)), |(policy, steps)| {
        run(policy, &steps, |shown, after| {
            if let Ok(answered) = shown.answer {
                prop_assert_eq!(answered, after.state.generation);
                prop_assert!(answered > shown.token);
            }
            Ok(())
        })
    });
}

#[test]
fn there_are_never_two_live_successors() {
    holds((policies(), steps(true)), |(policy, steps)| {
        let mut newest_answer = Generation::FIRST;
        run(policy, &steps, |shown, after| {
            if let Ok(answered) = shown.answer {
                prop_assert!(answered >= newest_answer, "{:?} after {:?}", answered, newest_answer);
                newest_answer = answered;
            }
            prop_assert_eq!(after.issued, after.state.generation);
            // Whoever comes next with whatever token gets the newest or its successor, or nothing.
            for (number, from) in (1..=after.issued.number()).flat_map(|number| [(number, 0), (number, 1)]) {
                let rules = match decide(&after.state, generation(number), place(from), after.now, &after.policy) {
                    Decision::Rotate(next) => Some(next) == after.state.generation.next(),
                    Decision::Replay(same)
                    | Decision::ReplayElsewhere { generation: same, .. }
                    | Decision::Recover { generation: same, .. } => same == after.state.generation,
                    Decision::Ahead(_) => false,
                    Decision::Revoked(_) | Decision::Expired | Decision::Reuse { .. } => true,
                };
                prop_assert!(rules, "generation {} from {} in {:?}", number, from, after.state);
            }
            Ok(())
        })
    });
}

#[test]
fn a_token_older_than_the_last_but_one_ends_the_family_unless_it_is_over_already() {
    holds((policies(), steps(false)), |(policy, steps)| {
        run(policy, &steps, |shown, after| {
            if shown.token.next() < Some(shown.before.generation) {
                prop_assert!(shown.answer.is_err());
                prop_assert_eq!(shown.was_caught(), !shown.was_over);
                prop_assert!(after.is_over());
            }
            Ok(())
        })
    });
}

#[test]
fn nothing_of_a_family_is_accepted_after_its_end() {
    holds((policies(), steps(false), any::<bool>()), |(policy, steps, is_theft)| {
        let mut has_ended = false;
        let theft = [Step::Shows(0, 0), Step::Shows(0, 0), Step::Shows(2, 0)];
        let end = if is_theft { &theft[..] } else { &[Step::Passes(Lifetimes::default().idle)] };
        let (before, after_the_end) = steps.split_at(steps.len() / 2);
        let steps = [before, end, after_the_end, &[Step::Loses(100), Step::Shows(0, 0)]].concat();
        run(policy, &steps, |shown, after| {
            has_ended |= shown.was_over;
            prop_assert!(!has_ended || shown.answer.is_err(), "{:?} was honoured", shown.token);
            prop_assert!(!(shown.was_over && shown.was_caught()));
            has_ended |= after.is_over();
            Ok(())
        })
    });
}

#[test]
fn a_refusal_other_than_reuse_changes_nothing() {
    holds((policies(), steps(false)), |(policy, steps)| {
        run(policy, &steps, |shown, after| {
            if shown.answer.is_err() {
                prop_assert_eq!(after.state.generation, shown.before.generation);
                prop_assert!(after.is_over());
            }
            Ok(())
        })
    });
}

#[test]
fn no_generation_is_given_to_two_places_unless_it_has_taken_from_the_credit() {
    holds((policies(), steps(false)), |(policy, steps)| {
        run(policy, &steps, |shown, after| {
            let is_repeated = shown.answer == Ok(shown.before.generation);
            if is_repeated && shown.from != shown.before.rotated_from {
                prop_assert_eq!(after.state.recovered, after.state.generation);
            }
            Ok(())
        })
    });
}

#[test]
fn a_generation_takes_from_the_credit_at_most_once_and_never_more_than_there_is() {
    holds((policies(), steps(true)), |(policy, steps)| {
        let price = (2 * policy.recovery_every).div_ceil(3);
        let mut paid: Vec<u32> = Vec::new();
        run(policy, &steps, |shown, after| {
            if after.state.recovery_tat == shown.before.recovery_tat {
                return Ok(());
            }
            let newest = after.state.generation.number();
            prop_assert_eq!(after.state.recovered.number(), newest);
            prop_assert_ne!(paid.last(), Some(&newest));
            paid.push(newest);
            // In any stretch of generations no more than the burst, and what the stretch has earned.
            for (count, &first) in (1..).zip(paid.iter().rev()) {
                let earned = newest - first;
                prop_assert!(count * price <= policy.recovery_burst * policy.recovery_every + earned, "{:?}", paid);
            }
            Ok(())
        })
    });
}
