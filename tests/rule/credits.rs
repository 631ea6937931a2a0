//! What is told of the credit for late answers is what the rule goes by.

use heirloom::domain::policy::RotationPolicy;
use heirloom::domain::rotation::{Decision, FamilyState, Generation, decide, recovery_credits};
use proptest::prelude::*;

use super::table::{HOUR, NOW};
use super::{HOME, generation, place};

proptest! {
    #[test]
    fn the_next_lost_answer_is_made_good_exactly_while_a_credit_is_left(
        newest in 2_u32..2_000, ahead in 0_u64..200, recovery_burst in 0_u32..8, recovery_every in 2_u32..30,
    ) {
        let policy = RotationPolicy { recovery_burst, recovery_every, ..RotationPolicy::default() };
        let mut state = FamilyState {
            generation: generation(newest),
            rotated_at: NOW - HOUR,
            rotated_from: place(HOME),
            confirmed: generation(newest - 1),
            recovered: Generation::NONE,
            recovery_tat: u64::from(newest) + ahead,
            idle_expires_at: NOW + HOUR,
            expires_at: NOW + HOUR * 24,
            revoked: None,
        };
        // At one generation each late answer takes exactly one.
        loop {
            let left = recovery_credits(&state, &policy);
            match decide(&state, generation(newest - 1), place(HOME), NOW, &policy) {
                Decision::Recover { recovery_tat: Some(tat), .. } => {
                    prop_assert!(left > 0);
                    state.recovery_tat = tat;
                    prop_assert_eq!(recovery_credits(&state, &policy), left - 1);
                }
                Decision::Reuse { .. } => {
                    prop_assert_eq!(left, 0);
                    break;
                }
                other => prop_assert!(false, "{:?}", other),
            }
        }
    }
}
