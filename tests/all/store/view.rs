//! The view is the store as it will be, and says so when it will not be.

use std::collections::{BTreeMap, VecDeque};
use std::future::Future;
use std::pin::Pin;

use lotse::store::memory::MemoryStore;
use lotse::store::view::View;
use lotse::store::{
    Condition, EngineKind, Key, Keyspace, Operation, Range, Store, StoreError, Value,
};
use proptest::prelude::*;

use super::{EVERYTHING, Site, batch, conditional, delete, dump, put, versioned};

const TICKET: Keyspace = Keyspace::Ticket;

#[derive(Debug, Clone)]
enum Step {
    HandOver(Vec<Operation>),
    Release(usize),
    Get(Key),
    Scan { from: Key, to: Key, limit: usize, reverse: bool },
}

fn any_step() -> impl Strategy<Value = Step> {
    let key = || proptest::collection::vec(0u8..4, 0..3);
    let operation = prop_oneof![
        (key(), any::<u8>()).prop_map(|(key, value)| Operation::Put(TICKET, key, vec![value])),
        key().prop_map(|key| Operation::Delete(TICKET, key)),
    ];
    prop_oneof![
        4 => proptest::collection::vec(operation, 0..4).prop_map(Step::HandOver),
        2 => (0usize..4).prop_map(Step::Release),
        2 => key().prop_map(Step::Get),
        4 => (key(), key(), 0usize..6, any::<bool>())
            .prop_map(|(from, to, limit, reverse)| Step::Scan { from, to, limit, reverse }),
    ]
}

type Waiting = VecDeque<Pin<Box<dyn Future<Output = Result<(), StoreError>>>>>;

async fn play(steps: Vec<Step>) {
    let store = MemoryStore::new();
    let view = View::new(store.clone());
    let mut model: BTreeMap<Key, Value> = BTreeMap::new();
    let mut waiting = Waiting::new();
    store.hold();
    for step in steps {
        match step {
            Step::HandOver(operations) => {
                for operation in &operations {
                    match operation.clone() {
                        Operation::Put(_, key, value) => model.insert(key, value),
                        Operation::Delete(_, key) => model.remove(&key),
                    };
                }
                store.hold();
                waiting.push_back(Box::pin(view.hand_over(batch(operations))));
            }
            Step::Release(count) => {
                for _ in 0..store.release(count) {
                    waiting.pop_front().unwrap().await.unwrap();
                }
            }
            Step::Get(key) => {
                assert_eq!(view.get(TICKET, &key).await.unwrap(), model.get(&key).cloned());
            }
            Step::Scan { from, to, limit, reverse } => {
                let range = Range { from: &from, to: &to, limit, reverse };
                assert_eq!(view.scan(TICKET, range).await.unwrap(), expected(&model, range));
            }
        }
        let all = view.scan(TICKET, EVERYTHING).await.unwrap();
        assert_eq!(all, expected(&model, EVERYTHING));
    }
    store.release(usize::MAX);
    for hand_over in waiting {
        hand_over.await.unwrap();
    }
    assert_eq!(view.pending(), 0);
    let stored = store.scan(TICKET, EVERYTHING).await.unwrap();
    assert_eq!(stored, expected(&model, EVERYTHING));
}

fn expected(model: &BTreeMap<Key, Value>, range: Range<'_>) -> Vec<(Key, Value)> {
    let within = |key: &[u8]| key >= range.from && (range.to.is_empty() || key < range.to);
    let mut found: Vec<_> =
        model.iter().filter(|(key, _)| within(key)).map(|(k, v)| (k.clone(), v.clone())).collect();
    if range.reverse {
        found.reverse();
    }
    found.truncate(range.limit);
    found
}

proptest! {
    #[test]
    fn view_equals_the_store_that_will_be(
        steps in proptest::collection::vec(any_step(), 1..60),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(play(steps));
    }
}

#[tokio::test]
async fn view_over_an_engine_ends_as_the_store() {
    for site in [EngineKind::Sled, EngineKind::Redb].map(|kind| Site::new(Some(kind))) {
        let (store, _) = site.open();
        let view = View::new(store.clone());
        let mut waiting = Vec::new();
        for number in 1..400u64 {
            let before = view.get(TICKET, b"n").await.unwrap();
            let read = before.as_deref().map_or_else(
                || Condition::Absent(TICKET, b"n".to_vec()),
                |_| Condition::Version(TICKET, b"n".to_vec(), number - 1),
            );
            let write = vec![put(TICKET, "n", &versioned(number)), delete(TICKET, "gone")];
            waiting.push(view.hand_over(conditional(read, write)));
            assert_eq!(view.get(TICKET, b"n").await.unwrap(), Some(versioned(number)));
        }
        for hand_over in waiting {
            hand_over.await.unwrap();
        }
        assert_eq!(view.pending(), 0);
        assert_eq!(dump(&store).await.len(), 2);
        assert_eq!(store.get(TICKET, b"n").await, Ok(Some(versioned(399))));
    }
}

#[tokio::test]
async fn a_failed_batch_breaks_the_view() {
    let store = MemoryStore::new();
    let view = View::new(store.clone());
    store.hold();
    let read = Condition::Version(TICKET, b"a".to_vec(), 7);
    let failing = view.hand_over(conditional(read, vec![put(TICKET, "a", b"1")]));
    let above = Condition::Version(TICKET, b"a".to_vec(), 8);
    let decided_on_it = view.hand_over(conditional(above, vec![put(TICKET, "b", b"1")]));
    assert_eq!(view.get(TICKET, b"a").await, Ok(Some(b"1".to_vec())));
    store.release(2);
    assert_eq!(failing.await, Err(StoreError::Conflict));
    assert_eq!(decided_on_it.await, Err(StoreError::Conflict));
    assert_eq!(view.get(TICKET, b"a").await, Err(StoreError::Conflict));
    assert_eq!(view.scan(TICKET, EVERYTHING).await, Err(StoreError::Conflict));
    let later = view.hand_over(batch(vec![put(TICKET, "c", b"1")]));
    assert_eq!(later.await, Err(StoreError::Conflict));
    assert_eq!(dump(&store).await, []);
    assert_eq!(View::new(store).get(TICKET, b"a").await, Ok(None));
}

#[tokio::test]
async fn a_batch_that_nobody_waits_for_breaks_the_view() {
    let view = View::new(MemoryStore::new());
    drop(view.hand_over(batch(vec![put(TICKET, "a", b"1")])));
    assert!(matches!(view.get(TICKET, b"a").await, Err(StoreError::Poisoned(_))));
}
