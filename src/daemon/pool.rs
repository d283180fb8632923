//! A fixed number of threads for work that wants a processor, and rarely waits for anything.
//!
//! The runtime makes a thread for each piece of blocking work: a hundred of them beside four
//! processors take their time from the one that decides, and each keeps memory. Deliberately
//! absent: an order between pieces; who wants one awaits the answers in it.

use std::collections::VecDeque;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use tokio::sync::oneshot;

/// Threads at most.
const THREADS_MAX: usize = 16;

/// Threads that work; dropped, they finish what waits and end.
#[derive(Debug)]
pub struct Pool {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
}

type Work = Box<dyn FnOnce() + Send>;

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    filled: Condvar,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<Work>,
    is_closed: bool,
}

impl Pool {
    /// Starts a thread of this name for each processor.
    ///
    /// # Errors
    /// The system gives no thread.
    pub fn start(name: &str) -> io::Result<Self> {
        let count = std::thread::available_parallelism()?.get().min(THREADS_MAX);
        let mut pool = Self { shared: Arc::default(), threads: Vec::with_capacity(count) };
        for _ in 0..count {
            let shared = Arc::clone(&pool.shared);
            let thread = std::thread::Builder::new().name(name.to_owned());
            pool.threads.push(thread.spawn(move || shared.work())?);
        }
        Ok(pool)
    }

    /// Has work done; the answer says nothing more if the work panicked.
    pub fn give<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> oneshot::Receiver<T> {
        let (answer, receiver) = oneshot::channel();
        let work = Box::new(move || {
            // Who asked may have stopped waiting.
            drop(answer.send(work()));
        });
        self.shared.lock().waiting.push_back(work);
        self.shared.filled.notify_one();
        receiver
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.shared.lock().is_closed = true;
        self.shared.filled.notify_all();
        for thread in self.threads.drain(..) {
            if thread.join().is_err() {
                tracing::debug!("a thread of a pool panicked");
            }
        }
    }
}

impl Shared {
    fn work(&self) {
        while let Some(work) = self.next() {
            if catch_unwind(AssertUnwindSafe(work)).is_err() {
                tracing::debug!("a piece of work panicked");
            }
        }
    }

    fn next(&self) -> Option<Work> {
        let mut state = self.lock();
        loop {
            if let Some(work) = state.waiting.pop_front() {
                return Some(work);
            }
            if state.is_closed {
                return None;
            }
            state = self.filled.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_panics_costs_its_answer_and_no_thread() {
        let pool = Pool::start("test").unwrap();
        for _ in 0..2 * THREADS_MAX {
            assert!(pool.give(|| assert!(std::hint::black_box(false))).await.is_err());
        }
        assert_eq!(pool.give(|| 7).await, Ok(7));
    }

    #[tokio::test]
    async fn what_waits_is_done_before_the_pool_ends() {
        let pool = Pool::start("test").unwrap();
        let answers: Vec<_> = (0..1000).map(|number| pool.give(move || number)).collect();
        drop(pool);
        for (number, answer) in answers.into_iter().enumerate() {
            assert_eq!(answer.await, Ok(number));
        }
    }
}
