//! Thieves who keep up with their victim generation by generation, within the overlap, from another place than hers. Each
//! generation that both are given takes from the credit, so they are caught while it lasts.

use std::time::Duration;

use heirloom::domain::policy::{Lifetimes, RotationPolicy};
use heirloom::domain::rotation::{Decision, Generation, recovery_credits};
use proptest::collection::vec;
use proptest::prelude::{Just, Strategy, any, prop_oneof};
use proptest::{prop_assert, prop_assert_eq};

use super::world::World;
use super::{ELSEWHERE, HOME, holds, place};

/// Where a second tab of the victim's may be.
const ON_THE_WAY: u16 = 2;

/// How both come to the next generation.
#[derive(Clone, Copy, Debug)]
struct Turn {
    thief_goes_first: bool,
    /// Between the two requests.
    lag: Duration,
    /// Who shows the new access token to Heirloom, and whether before the other's request or after it.
    victim_confirms: Option<When>,
    thief_confirms: Option<When>,
    has_second_tab: bool,
}

#[derive(Clone, Copy, PartialEq, Debug)]
enum When {
    AtOnce,
    Later,
}

fn turns(lag: impl Strategy<Value = Duration>) -> impl Strategy<Value = Vec<Turn>> {
    let confirms = || prop_oneof![Just(None), Just(Some(When::AtOnce)), Just(Some(When::Later))];
    let turn = (any::<bool>(), lag, confirms(), confirms(), any::<bool>()).prop_map(
        |(thief_goes_first, lag, victim_confirms, thief_confirms, has_second_tab)| Turn {
            thief_goes_first,
            lag,
            victim_confirms,
            thief_confirms,
            has_second_tab,
        },
    );
    vec(turn, 8)
}

fn within_the_overlap() -> impl Strategy<Value = Duration> {
    (0..=10_000_u64).prop_map(Duration::from_millis)
}

fn at_any_time() -> impl Strategy<Value = Duration> {
    prop_oneof![3 => within_the_overlap(), 1 => (10_001..864_000_000_u64).prop_map(Duration::from_millis)]
}

struct Pair {
    world: World,
    /// What both hold.
    token: Generation,
}

impl Pair {
    /// A victim who has refreshed so often since her login, with full credit, and a thief with a copy of her token.
    fn after(refreshes: u32, policy: RotationPolicy) -> Self {
        let year = Duration::from_secs(365 * 24 * 3600);
        let mut world = World::new(policy, Lifetimes { idle: year, absolute: year });
        world.confirm(Generation::FIRST);
        let mut token = Generation::FIRST;
        for _ in 0..refreshes {
            world.passes(Duration::from_secs(840));
            token = world.show(token).unwrap();
            world.confirm(token);
        }
        Self { world, token }
    }

    /// Whether both were given the next generation.
    fn lives_through(&mut self, turn: Turn) -> Result<(), Decision> {
        self.world.passes(Duration::from_secs(840));
        let old = self.token;
        let (victim, thief) = ((HOME, turn.victim_confirms), (ELSEWHERE, turn.thief_confirms));
        let (first, second) = if turn.thief_goes_first { (thief, victim) } else { (victim, thief) };
        self.token = self.world.show_from(place(first.0), old)?;
        if first.1 == Some(When::AtOnce) {
            self.world.confirm(self.token);
        }
        if turn.has_second_tab {
            self.world.show_from(place(ON_THE_WAY), old)?;
        }
        self.world.passes(turn.lag);
        self.world.show_from(place(second.0), old)?;
        if first.1.or(second.1).is_some() {
            self.world.confirm(self.token);
        }
        Ok(())
    }

    /// How many generations both are given before they are found out.
    fn shared(&mut self, turns: impl IntoIterator<Item = Turn>) -> u32 {
        turns.into_iter().take_while(|&turn| self.lives_through(turn).is_ok()).count().try_into().unwrap()
    }
}

#[test]
fn whatever_he_does_both_are_given_four_generations_at_most() {
    holds((0..60_u32, turns(at_any_time())), |(refreshes, turns)| {
        let mut pair = Pair::after(refreshes, RotationPolicy::default());
        let shared = pair.shared(turns);
        prop_assert!(shared <= 4, "{} generations", shared);
        prop_assert!(pair.world.is_over());
        Ok(())
    });
}

#[test]
fn one_who_always_comes_within_the_overlap_is_caught_at_the_fifth_generation_confirmed_or_not() {
    holds((0..60_u32, turns(within_the_overlap())), |(refreshes, turns)| {
        let mut pair = Pair::after(refreshes, RotationPolicy::default());
        prop_assert_eq!(pair.shared(turns), 4);
        Ok(())
    });
}

/// Each generation costs more than it earns, so the credit of any policy runs out.
#[test]
fn one_who_follows_is_caught_under_any_policy() {
    let policies = (0..6_u32, 2..20_u32).prop_map(|(recovery_burst, recovery_every)| RotationPolicy {
        recovery_burst,
        recovery_every,
        ..RotationPolicy::default()
    });
    holds((policies, 0..60_u32, turns(within_the_overlap())), |(policy, refreshes, turns)| {
        let mut pair = Pair::after(refreshes, policy);
        let (credit, price) = (policy.recovery_burst * policy.recovery_every, (2 * policy.recovery_every).div_ceil(3));
        prop_assert_eq!(pair.shared(turns.into_iter().cycle()), credit.saturating_sub(1) / (price - 1));
        Ok(())
    });
}

#[test]
fn a_crowd_of_thieves_in_one_generation_takes_no_more_from_the_credit_than_one() {
    holds((0..60_u32, vec(1..200_u16, 1..50), any::<bool>()), |(refreshes, places, is_confirmed)| {
        let policy = RotationPolicy::default();
        let mut pair = Pair::after(refreshes, policy);
        let old = pair.token;
        let new = pair.world.show(old).unwrap();
        if is_confirmed {
            pair.world.confirm(new);
        }
        for number in places {
            prop_assert_eq!(pair.world.show_from(place(number), old), Ok(new));
        }
        prop_assert_eq!(recovery_credits(&pair.world.state, &policy), 2);
        Ok(())
    });
}

/// What the rule cannot see: SECURITY.md says so.
#[test]
fn one_who_follows_from_the_same_place_is_taken_for_a_second_tab() {
    holds((0..60_u32, within_the_overlap()), |(refreshes, lag)| {
        let mut pair = Pair::after(refreshes, RotationPolicy::default());
        for _ in 0..100 {
            pair.world.passes(Duration::from_secs(840));
            let old = pair.token;
            pair.token = pair.world.show(old).unwrap();
            pair.world.confirm(pair.token);
            pair.world.passes(lag);
            prop_assert_eq!(pair.world.show(old), Ok(pair.token));
        }
        Ok(())
    });
}
