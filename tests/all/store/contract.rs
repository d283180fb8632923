//! What every store does alike.

use std::collections::BTreeSet;

use lotse::store::memory::MemoryStore;
use lotse::store::{
    Batch, Condition, Keyspace, Operation, Range, Store, StoreError, VALUE_BYTES_MAX,
};
use proptest::prelude::*;

use super::{EVERYTHING, Site, batch, conditional, delete, dump, put, versioned};

const TICKET: Keyspace = Keyspace::Ticket;

#[tokio::test]
async fn conditions_decide() {
    for site in Site::all() {
        conditions(&site.open().0).await;
    }
}

async fn conditions<S: Store>(store: &S) {
    let absent = || Condition::Absent(TICKET, b"a".to_vec());
    let version = |version| Condition::Version(TICKET, b"a".to_vec(), version);
    let write = |value: u64| vec![put(TICKET, "a", &versioned(value))];
    assert_eq!(store.commit(conditional(version(1), write(1))).await, Err(StoreError::Conflict));
    assert_eq!(store.commit(conditional(absent(), write(1))).await, Ok(()));
    assert_eq!(store.commit(conditional(absent(), write(2))).await, Err(StoreError::Conflict));
    assert_eq!(store.commit(conditional(version(2), write(3))).await, Err(StoreError::Conflict));
    assert_eq!(store.commit(conditional(version(1), write(2))).await, Ok(()));
    assert_eq!(store.get(TICKET, b"a").await, Ok(Some(versioned(2))));
    // Same key, other family: another record.
    let elsewhere = Condition::Absent(Keyspace::Outbox, b"a".to_vec());
    assert_eq!(store.commit(conditional(elsewhere, vec![delete(TICKET, "a")])).await, Ok(()));
    assert_eq!(store.commit(conditional(absent(), write(1))).await, Ok(()));
}

#[tokio::test]
async fn a_batch_is_whole_or_not_at_all() {
    for site in Site::all() {
        atomicity(&site.open().0).await;
    }
}

async fn atomicity<S: Store>(store: &S) {
    store.commit(batch(vec![put(TICKET, "a", b"1"), put(TICKET, "b", b"1")])).await.unwrap();
    let before = dump(store).await;
    let refused = Batch {
        conditions: vec![
            Condition::Absent(TICKET, b"c".to_vec()),
            Condition::Absent(TICKET, b"b".to_vec()),
        ],
        ..batch(vec![put(TICKET, "c", b"1"), delete(TICKET, "a")])
    };
    assert_eq!(store.commit(refused).await, Err(StoreError::Conflict));
    assert_eq!(store.get(TICKET, b"c").await, Ok(None));
    assert_eq!(tickets(&before), tickets(&dump(store).await));
    // Operations of one batch count in their order.
    let twice = vec![put(TICKET, "a", b"2"), delete(TICKET, "a"), put(TICKET, "a", b"3")];
    store.commit(batch(twice)).await.unwrap();
    store.commit(batch(vec![put(TICKET, "b", b"2"), delete(TICKET, "b")])).await.unwrap();
    assert_eq!(store.get(TICKET, b"a").await, Ok(Some(b"3".to_vec())));
    assert_eq!(store.get(TICKET, b"b").await, Ok(None));
}

/// Everything but the mark of the archive, which every store but the model keeps.
fn tickets<T: Clone>(dump: &[(Keyspace, T, T)]) -> Vec<(Keyspace, T, T)> {
    dump.iter().filter(|(keyspace, ..)| *keyspace != Keyspace::Meta).cloned().collect()
}

#[tokio::test]
async fn scans_keep_to_range_limit_and_direction() {
    for site in Site::all() {
        scans(&site.open().0).await;
    }
}

async fn scans<S: Store>(store: &S) {
    let keys = ["", "a", "a\0", "ab", "b", "c", "\u{7f}"];
    let operations = keys.iter().map(|key| put(TICKET, key, key.as_bytes())).collect();
    store.commit(batch(operations)).await.unwrap();
    let around = vec![put(Keyspace::Seen, "b", b"x"), put(Keyspace::Transaction, "b", b"x")];
    store.commit(batch(around)).await.unwrap();
    let cases: [(&str, &str, usize, bool, &[&str]); 9] = [
        ("", "", 99, false, &keys),
        ("", "", 2, false, &["", "a"]),
        ("", "", 2, true, &["\u{7f}", "c"]),
        ("a", "b", 99, false, &["a", "a\0", "ab"]),
        ("a", "b", 2, true, &["ab", "a\0"]),
        ("aa", "", 1, false, &["ab"]),
        ("b", "a", 9, false, &[]),
        ("b", "b", 9, true, &[]),
        ("a", "c", 0, false, &[]),
    ];
    for (from, to, limit, reverse, expected) in cases {
        let range = Range { from: from.as_bytes(), to: to.as_bytes(), limit, reverse };
        let found = store.scan(TICKET, range).await.unwrap();
        let found: Vec<_> =
            found.into_iter().map(|(key, _)| String::from_utf8(key).unwrap()).collect();
        assert_eq!(found, expected, "{from:?}..{to:?} limit {limit} reverse {reverse}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn many_at_once_are_committed_in_call_order() {
    for site in Site::all() {
        order(&site.open().0).await;
        one_winner(&Site::new(site.kind).open().0).await;
    }
}

async fn order<S: Store>(store: &S) {
    let commits: Vec<_> = (0..300u64)
        .map(|number| {
            let read = number.checked_sub(1).map_or_else(
                || Condition::Absent(TICKET, b"n".to_vec()),
                |before| Condition::Version(TICKET, b"n".to_vec(), before),
            );
            store.commit(conditional(read, vec![put(TICKET, "n", &versioned(number))]))
        })
        .collect();
    // Awaited from the last to the first: only the order of calls counts.
    for commit in commits.into_iter().rev() {
        assert_eq!(commit.await, Ok(()));
    }
    assert_eq!(store.get(TICKET, b"n").await, Ok(Some(versioned(299))));
}

async fn one_winner<S: Store>(store: &S) {
    let tasks: Vec<_> = (0..200u64)
        .map(|number| {
            let read = Condition::Absent(TICKET, (number % 10).to_be_bytes().to_vec());
            let key = (number % 10).to_be_bytes().to_vec();
            let write = Operation::Put(TICKET, key, number.to_be_bytes().to_vec());
            let store = store.clone();
            tokio::spawn(async move { store.commit(conditional(read, vec![write])).await })
        })
        .collect();
    let mut won = 0;
    for task in tasks {
        match task.await.unwrap() {
            Ok(()) => won += 1,
            Err(error) => assert_eq!(error, StoreError::Conflict),
        }
    }
    assert_eq!(won, 10);
}

#[tokio::test]
async fn what_is_too_big_is_refused_by_name() {
    for site in Site::all() {
        sizes(&site.open().0).await;
    }
}

async fn sizes<S: Store>(store: &S) {
    let fits = put(TICKET, "fits", &vec![b'x'; VALUE_BYTES_MAX]);
    store.commit(batch(vec![fits])).await.unwrap();
    let large = put(TICKET, "large", &vec![b'x'; VALUE_BYTES_MAX + 1]);
    let error = store.commit(batch(vec![put(TICKET, "beside", b"1"), large])).await.unwrap_err();
    let said = error.to_string();
    assert!(said.contains("Ticket") && said.contains("`large`"), "{said}");
    assert_eq!(store.get(TICKET, b"beside").await, Ok(None));
    let key = "k".repeat(2000);
    assert!(store.commit(batch(vec![put(TICKET, &key, b"")])).await.is_err());
    let many = (0..70).map(|number| put(TICKET, &format!("{number}"), &vec![0; 64 << 10]));
    assert!(store.commit(batch(many.collect())).await.is_err());
    assert!(store.commit(batch(vec![put(Keyspace::Meta, "applied", b"1")])).await.is_err());
    assert_eq!(store.commit(batch(vec![put(TICKET, "next", b"1")])).await, Ok(()));
}

#[tokio::test]
async fn the_model_fails_on_demand() {
    let store = MemoryStore::new();
    let write = || batch(vec![put(TICKET, "a", b"1")]);
    store.fail_next([StoreError::Full, StoreError::Conflict]);
    assert_eq!(store.commit(write()).await, Err(StoreError::Full));
    assert_eq!(store.commit(write()).await, Err(StoreError::Conflict));
    assert_eq!(store.commit(write()).await, Ok(()));
    store.hold();
    let waiting = store.commit(batch(vec![put(TICKET, "a", b"2")]));
    assert_eq!(store.get(TICKET, b"a").await, Ok(Some(b"1".to_vec())));
    let crashed = store.crashed();
    assert_eq!(store.release(9), 1);
    assert_eq!(waiting.await, Ok(()));
    assert_eq!(store.get(TICKET, b"a").await, Ok(Some(b"2".to_vec())));
    assert_eq!(crashed.get(TICKET, b"a").await, Ok(Some(b"1".to_vec())));
    assert_eq!((store.committed().len(), crashed.committed().len()), (2, 1));
    store.fail_next([StoreError::Poisoned("planted".into())]);
    assert!(store.commit(write()).await.is_err());
    assert!(matches!(store.commit(write()).await, Err(StoreError::Poisoned(_))));
    assert!(matches!(store.get(TICKET, b"a").await, Err(StoreError::Poisoned(_))));
}

/// One batch over few keys, so that conditions meet what others wrote.
fn any_batch() -> impl Strategy<Value = Batch> {
    let key = || proptest::collection::vec(0u8..3, 0..3);
    let keyspace = || proptest::sample::select(vec![TICKET, Keyspace::Outbox, Keyspace::Digest]);
    let condition = prop_oneof![
        (keyspace(), key()).prop_map(|(keyspace, key)| Condition::Absent(keyspace, key)),
        (keyspace(), key(), 0u64..4)
            .prop_map(|(keyspace, key, version)| Condition::Version(keyspace, key, version)),
    ];
    let operation = prop_oneof![
        3 => (keyspace(), key(), 0u64..4)
            .prop_map(|(keyspace, key, version)| Operation::Put(keyspace, key, versioned(version))),
        1 => (keyspace(), key()).prop_map(|(keyspace, key)| Operation::Delete(keyspace, key)),
    ];
    let conditions = proptest::collection::vec(condition, 0..2);
    let operations = proptest::collection::vec(operation, 0..5);
    (conditions, operations).prop_map(|(conditions, operations)| Batch {
        conditions,
        operations,
        event: b"{}".to_vec(),
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn every_engine_agrees_with_the_model(
        batches in proptest::collection::vec(any_batch(), 1..120),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let model = MemoryStore::new();
            let mut answers = Vec::new();
            for batch in &batches {
                answers.push(model.commit(batch.clone()).await);
            }
            let expected = dump(&model).await;
            for site in Site::durable() {
                let (store, _) = site.open();
                let commits: Vec<_> =
                    batches.iter().map(|batch| store.commit(batch.clone())).collect();
                let mut found = Vec::new();
                for commit in commits {
                    found.push(commit.await);
                }
                assert_eq!(found, answers);
                assert_eq!(tickets(&dump(&store).await), expected);
                drop(store);
                let (store, folded) = site.open();
                assert_eq!(folded.batches, 0);
                assert_eq!(tickets(&dump(&store).await), expected);
            }
        });
    }
}

#[tokio::test]
async fn keyspaces_are_told_apart_by_their_number() {
    let numbers: BTreeSet<_> = Keyspace::ALL.iter().map(|keyspace| keyspace.number()).collect();
    assert_eq!(numbers.len(), Keyspace::ALL.len());
    for keyspace in Keyspace::ALL {
        assert_eq!(Keyspace::find(keyspace.number()), Some(keyspace));
    }
    let store = MemoryStore::new();
    for keyspace in Keyspace::ALL {
        store.commit(batch(vec![put(keyspace, "k", &[keyspace.number()])])).await.unwrap();
    }
    for keyspace in Keyspace::ALL {
        let found = store.scan(keyspace, EVERYTHING).await.unwrap();
        assert_eq!(found, [(b"k".to_vec(), vec![keyspace.number()])]);
    }
}
