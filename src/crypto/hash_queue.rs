//! The queue for password hashes. A bounded number runs at once, a bounded number waits, and the rest is refused. Known
//! callers go before strangers and have places of their own, so a flood of strangers costs a known caller the rest of one
//! running hash.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

use crate::domain::standing::Standing;

/// How many callers of each standing may wait for each hash that runs. At 45 ms each, the last of one standing waits three
/// quarters of a second while no other waits.
pub(super) const WAITING_FOR_EACH_RUNNING: usize = 16;

/// How many known callers go first in a row while a stranger waits. Then it is a stranger's turn: otherwise nobody could
/// log in on a new device while many others log in.
const KNOWN_IN_A_ROW: u32 = 3;

/// All waiting places of this standing are taken.
#[derive(Debug)]
pub(super) struct Full;

/// The queue of one process. Clones share it.
#[derive(Clone)]
pub(super) struct HashQueue(Arc<Shared>);

struct Shared {
    at_once: usize,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    running: usize,
    known: VecDeque<Waiter>,
    strangers: VecDeque<Waiter>,
    known_in_a_row: u32,
}

type Waiter = oneshot::Sender<Slot>;

/// The right to run one hash. When it is dropped, the next caller gets it.
pub(super) struct Slot(Option<Arc<Shared>>);

impl HashQueue {
    /// Lets so many hashes run at once.
    pub fn new(at_once: usize) -> Self {
        Self(Arc::new(Shared { at_once, state: Mutex::default() }))
    }

    /// Waits for a slot. A caller that stops waiting gives up its place.
    pub async fn slot(&self, standing: Standing) -> Result<Slot, Full> {
        let turn = {
            let mut state = self.0.state();
            state.forget_the_gone();
            if state.running < self.0.at_once {
                state.running += 1;
                return Ok(Slot(Some(Arc::clone(&self.0))));
            }
            let waiting = state.waiting(standing);
            if waiting.len() >= self.0.at_once * WAITING_FOR_EACH_RUNNING {
                return Err(Full);
            }
            let (waiter, turn) = oneshot::channel();
            waiting.push_back(waiter);
            turn
        };
        turn.await.map_err(|_| Full)
    }

    /// How many hashes run, and how many callers wait.
    pub fn load(&self) -> (usize, usize) {
        let mut state = self.0.state();
        state.forget_the_gone();
        (state.running, state.known.len() + state.strangers.len())
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn pass_on(self: &Arc<Self>) {
        let mut state = self.state();
        state.forget_the_gone();
        while let Some(waiter) = state.next() {
            match waiter.send(Slot(Some(Arc::clone(self)))) {
                Ok(()) => return,
                // It has just gone. The slot is still ours, and dropping it must not pass it on a second time.
                Err(mut slot) => slot.0 = None,
            }
        }
        state.running -= 1;
    }
}

impl State {
    fn waiting(&mut self, standing: Standing) -> &mut VecDeque<Waiter> {
        match standing {
            Standing::Known => &mut self.known,
            Standing::Stranger => &mut self.strangers,
        }
    }

    fn next(&mut self) -> Option<Waiter> {
        let is_strangers_turn = self.known.is_empty() || self.known_in_a_row >= KNOWN_IN_A_ROW;
        if self.strangers.is_empty() || is_strangers_turn {
            self.known_in_a_row = 0;
        } else {
            self.known_in_a_row += 1;
        }
        match is_strangers_turn {
            true => self.strangers.pop_front().or_else(|| self.known.pop_front()),
            false => self.known.pop_front(),
        }
    }

    fn forget_the_gone(&mut self) {
        self.known.retain(|waiter| !waiter.is_closed());
        self.strangers.retain(|waiter| !waiter.is_closed());
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        if let Some(queue) = self.0.take() {
            queue.pass_on();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::pin::Pin;
    use std::task::{Context, Poll, Waker};

    use super::{Full, HashQueue, KNOWN_IN_A_ROW, Slot, Standing, WAITING_FOR_EACH_RUNNING};
    use Standing::{Known, Stranger};

    type Waiting = Pin<Box<dyn Future<Output = Result<Slot, Full>>>>;

    fn arrives(queue: &HashQueue, standing: Standing) -> Waiting {
        let queue = queue.clone();
        let mut waiting: Waiting = Box::pin(async move { queue.slot(standing).await });
        // Only a caller that has been polled waits.
        assert!(look(&mut waiting).is_none(), "there was a slot");
        waiting
    }

    fn look(waiting: &mut Waiting) -> Option<Result<Slot, Full>> {
        match waiting.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(outcome) => Some(outcome),
            Poll::Pending => None,
        }
    }

    fn at_once(queue: &HashQueue, standing: Standing) -> Result<Slot, Full> {
        let queue = queue.clone();
        let mut waiting: Waiting = Box::pin(async move { queue.slot(standing).await });
        look(&mut waiting).expect("an answer without waiting")
    }

    #[test]
    fn a_flood_of_strangers_costs_a_known_caller_one_hash() {
        let queue = HashQueue::new(1);
        let mut running = at_once(&queue, Stranger).unwrap();
        let mut flood: Vec<Waiting> = (0..WAITING_FOR_EACH_RUNNING).map(|_| arrives(&queue, Stranger)).collect();
        assert!(at_once(&queue, Stranger).is_err());
        for _ in 0..5 {
            let mut alice = arrives(&queue, Known);
            drop(running);
            let slot = look(&mut alice).expect("her turn").unwrap();
            assert!(flood.iter_mut().all(|stranger| look(stranger).is_none()));
            drop(slot);
            running = look(&mut flood.remove(0)).expect("a stranger's turn").unwrap();
            flood.push(arrives(&queue, Stranger));
        }
    }

    #[test]
    fn every_fourth_turn_is_a_strangers_however_many_known_callers_wait() {
        let queue = HashQueue::new(1);
        let mut running = at_once(&queue, Known).unwrap();
        let mut known: Vec<Waiting> = (0..12).map(|_| arrives(&queue, Known)).collect();
        let mut strangers: Vec<Waiting> = (0..3).map(|_| arrives(&queue, Stranger)).collect();
        let mut turns = Vec::new();
        while !known.is_empty() || !strangers.is_empty() {
            drop(running);
            let (first_known, first_stranger) =
                (known.first_mut().and_then(look), strangers.first_mut().and_then(look));
            running = match (first_known, first_stranger) {
                (Some(slot), None) => {
                    drop(known.remove(0));
                    turns.push(Known);
                    slot.unwrap()
                }
                (None, Some(slot)) => {
                    drop(strangers.remove(0));
                    turns.push(Stranger);
                    slot.unwrap()
                }
                _ => panic!("not one turn, after {turns:?}"),
            };
        }
        let round: Vec<Standing> = [Known].repeat(KNOWN_IN_A_ROW as usize).into_iter().chain([Stranger]).collect();
        assert_eq!(turns, [round.repeat(3), [Known].repeat(3)].concat());
    }

    #[test]
    fn who_stops_waiting_gives_up_the_place_and_a_turn_that_has_come() {
        let queue = HashQueue::new(1);
        let running = at_once(&queue, Known).unwrap();
        let waiting: Vec<Waiting> = (0..WAITING_FOR_EACH_RUNNING).map(|_| arrives(&queue, Known)).collect();
        assert!(at_once(&queue, Known).is_err());
        assert_eq!(queue.load(), (1, WAITING_FOR_EACH_RUNNING));
        drop(waiting);
        assert_eq!(queue.load(), (1, 0));
        let (gone, mut next) = (arrives(&queue, Known), arrives(&queue, Known));
        drop(running);
        // The first one's turn has come, and it does not look.
        drop(gone);
        let slot = look(&mut next).expect("the turn was lost");
        assert_eq!(queue.load(), (1, 0));
        drop(slot);
        assert_eq!(queue.load(), (0, 0));
        assert!(at_once(&queue, Stranger).is_ok());
    }
}
