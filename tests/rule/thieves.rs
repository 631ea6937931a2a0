//! Thieves: each has copied the token of a user whose client uses what it gets. Each is caught, and how soon is known.

use std::time::Duration;

use heirloom::domain::policy::{Lifetimes, RotationPolicy};
use heirloom::domain::revocation::RevocationReason;
use heirloom::domain::rotation::{Decision, Generation};
use proptest::collection::vec;
use proptest::prelude::{Strategy, any};
use proptest::{prop_assert, prop_assert_eq};

use super::world::World;
use super::{generation, holds};

/// A user's client: it holds a token, and uses each access token that it gets.
struct Victim {
    jar: Generation,
    world: World,
}

impl Victim {
    /// One who has refreshed so often since her login, with full credit.
    fn after(refreshes: u32) -> Self {
        Self::under(RotationPolicy::default(), refreshes)
    }

    fn under(policy: RotationPolicy, refreshes: u32) -> Self {
        let year = Duration::from_secs(365 * 24 * 3600);
        let mut world = World::new(policy, Lifetimes { idle: year, absolute: year });
        world.confirm(Generation::FIRST);
        let mut victim = Self { jar: Generation::FIRST, world };
        for _ in 0..refreshes {
            victim.world.passes(Duration::from_secs(840));
            assert!(victim.refreshes().is_ok());
        }
        victim
    }

    fn refreshes(&mut self) -> Result<Generation, Decision> {
        let answered = self.world.show(self.jar)?;
        self.jar = answered;
        self.world.confirm(answered);
        Ok(answered)
    }
}

fn is_reuse<T>(answer: &Result<T, Decision>) -> bool {
    matches!(answer, Err(Decision::Reuse { .. }))
}

/// Longer than the overlap, and up to ten days: how rarely the victim comes plays no part.
fn after_the_overlap() -> impl Strategy<Value = Duration> {
    (10_001..864_000_000_u64).prop_map(Duration::from_millis)
}

fn within_the_overlap() -> impl Strategy<Value = Duration> {
    (0..=10_000_u64).prop_map(Duration::from_millis)
}

#[test]
fn one_who_goes_first_and_uses_what_he_gets_is_caught_at_the_victims_next_refresh() {
    holds((0..60_u32, after_the_overlap(), after_the_overlap()), |(refreshes, lead, later)| {
        let mut victim = Victim::after(refreshes);
        victim.world.passes(lead);
        let stolen = victim.world.show(victim.jar).unwrap();
        victim.world.confirm(stolen);
        victim.world.passes(later);
        prop_assert!(is_reuse(&victim.refreshes()));
        prop_assert_eq!(victim.world.show(stolen), Err(Decision::Revoked(RevocationReason::Reuse)));
        Ok(())
    });
}

#[test]
fn one_who_goes_first_twice_is_caught_at_the_victims_next_refresh_even_within_the_overlap() {
    holds((0..60_u32, 2..9_u32, any::<bool>(), within_the_overlap()), |(refreshes, times, uses_it, later)| {
        let mut victim = Victim::after(refreshes);
        let mut stolen = victim.jar;
        for _ in 0..times {
            victim.world.passes(Duration::from_secs(60));
            stolen = victim.world.show(stolen).unwrap();
            if uses_it {
                victim.world.confirm(stolen);
            }
        }
        victim.world.passes(later);
        prop_assert!(is_reuse(&victim.refreshes()));
        prop_assert!(victim.world.show(stolen).is_err());
        Ok(())
    });
}

#[test]
fn one_who_goes_first_and_never_uses_it_is_caught_at_the_victims_fourth_refresh() {
    let pauses = vec((after_the_overlap(), after_the_overlap()), 4..5);
    holds((0..60_u32, pauses), |(refreshes, pauses)| {
        let mut victim = Victim::after(refreshes);
        let mut stolen = victim.jar;
        for (at, &(lead, later)) in pauses.iter().enumerate() {
            victim.world.passes(lead);
            stolen = victim.world.show(stolen).unwrap();
            victim.world.passes(later);
            prop_assert_eq!(is_reuse(&victim.refreshes()), at == 3, "refresh {}", at + 1);
        }
        prop_assert!(victim.world.show(stolen).is_err());
        Ok(())
    });
}

/// Each refresh of hers costs her `recovery_every` and earns her 1. Where it costs 1, she never notices: no setting may
/// allow that.
#[test]
fn the_silent_one_is_caught_under_any_policy_that_gives_back_less_than_he_takes() {
    let policies = (0..6_u32, 2..20_u32).prop_map(|(recovery_burst, recovery_every)| RotationPolicy {
        recovery_burst,
        recovery_every,
        ..RotationPolicy::default()
    });
    holds((policies, 0..60_u32, after_the_overlap()), |(policy, refreshes, pause)| {
        let mut victim = Victim::under(policy, refreshes);
        let (mut stolen, mut count) = (victim.jar, 0);
        while !victim.world.is_over() {
            stolen = victim.world.show(stolen).unwrap();
            victim.world.passes(pause);
            count += u32::from(victim.refreshes().is_ok());
        }
        let credit = policy.recovery_every * policy.recovery_burst;
        prop_assert_eq!(count, credit.saturating_sub(1) / (policy.recovery_every - 1));
        Ok(())
    });
}

#[test]
fn a_victim_who_has_lost_answers_before_catches_the_silent_one_no_later() {
    holds((5..60_u32, 1..4_usize, after_the_overlap()), |(refreshes, lost, pause)| {
        let mut victim = Victim::after(refreshes);
        for _ in 0..lost {
            victim.world.show(victim.jar).unwrap();
            victim.world.passes(pause);
            prop_assert!(victim.refreshes().is_ok());
        }
        let (mut stolen, mut count) = (victim.jar, 0);
        while !victim.world.is_over() {
            stolen = victim.world.show(stolen).unwrap();
            victim.world.passes(pause);
            count += usize::from(victim.refreshes().is_ok());
        }
        prop_assert_eq!(count, 3 - lost);
        Ok(())
    });
}

#[test]
fn one_who_trails_by_one_is_caught_at_once() {
    holds((0..60_u32, after_the_overlap(), after_the_overlap()), |(refreshes, pause, trail)| {
        let mut victim = Victim::after(refreshes);
        let stolen = victim.jar;
        victim.world.passes(pause);
        victim.refreshes().unwrap();
        victim.world.passes(trail);
        prop_assert!(is_reuse(&victim.world.show(stolen)));
        prop_assert!(victim.refreshes().is_err());
        Ok(())
    });
}

/// Within the overlap a thief cannot be told from a second tab; but he is given the victim's own next token, no other, and
/// from then on one of the two comes second.
#[test]
fn one_who_comes_within_the_overlap_is_caught_when_either_comes_second_after_it() {
    holds(
        (0..60_u32, within_the_overlap(), after_the_overlap(), any::<bool>()),
        |(refreshes, trail, later, he_goes_on)| {
            let mut victim = Victim::after(refreshes);
            let old = victim.jar;
            victim.world.passes(Duration::from_secs(840));
            victim.refreshes().unwrap();
            victim.world.passes(trail);
            let stolen = victim.world.show(old).unwrap();
            prop_assert_eq!(stolen, victim.jar);
            victim.world.passes(Duration::from_secs(840));
            if he_goes_on {
                let next = victim.world.show(stolen).unwrap();
                victim.world.confirm(next);
                victim.world.passes(later);
                prop_assert!(is_reuse(&victim.refreshes()));
            } else {
                victim.refreshes().unwrap();
                victim.world.passes(later);
                prop_assert!(is_reuse(&victim.world.show(stolen)));
            }
            Ok(())
        },
    );
}

#[test]
fn one_who_shows_an_old_token_late_is_caught_at_once_whatever_its_age() {
    holds((2..200_u32, any::<proptest::sample::Index>(), within_the_overlap()), |(refreshes, old, pause)| {
        let mut victim = Victim::after(refreshes);
        let newest = victim.jar.number();
        let stolen = generation(1 + u32::try_from(old.index(refreshes as usize - 1)).unwrap());
        victim.world.passes(pause);
        let distance = newest - stolen.number();
        prop_assert!(distance >= 2);
        prop_assert_eq!(victim.world.show(stolen), Err(Decision::Reuse { distance }));
        prop_assert_eq!(victim.refreshes(), Err(Decision::Revoked(RevocationReason::Reuse)));
        Ok(())
    });
}
