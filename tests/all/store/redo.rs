//! Archive and engine fit together after whatever happened between them.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use lotse::store::any::{self, AnyStore};
use lotse::store::archive::Archive;
use lotse::store::embedded::{EmbeddedStore, Engine};
use lotse::store::frame::{Frame, FrameKind};
use lotse::store::journal::{self, Writes};
use lotse::store::memory::MemoryEngine;
use lotse::store::{
    Condition, EngineKind, Key, Keyspace, Operation, Range, Store, StoreError, StoreSettings, Value,
};

use super::{EVERYTHING, Site, batch, conditional, delete, dump, put, versioned};

const TICKET: Keyspace = Keyspace::Ticket;

fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_folder(&entry.path(), &to);
        } else {
            std::fs::copy(entry.path(), to).unwrap();
        }
    }
}

async fn fill<S: Store>(store: &S, numbers: std::ops::Range<u64>) {
    let commits: Vec<_> = numbers
        .map(|number| {
            let key = |number: u64| number.to_be_bytes().to_vec();
            store.commit(batch(vec![
                Operation::Put(TICKET, key(number), vec![b'x'; 3000]),
                Operation::Delete(TICKET, key(number / 2)),
                Operation::Put(Keyspace::Index, key(number % 7), key(number)),
            ]))
        })
        .collect();
    for commit in commits {
        commit.await.unwrap();
    }
}

#[tokio::test]
async fn an_older_engine_gets_what_the_archive_has() {
    for site in Site::durable() {
        let engine = any::engine_folder(&site.settings(), site.kind.unwrap());
        let saved = site.folder.path().join("saved");
        let (store, _) = site.open();
        fill(&store, 0..50).await;
        drop(store);
        copy_folder(&engine, &saved);
        let (store, folded) = site.open();
        assert_eq!(folded.batches, 0, "a clean end leaves nothing to do again");
        let refused = Condition::Version(TICKET, b"none".to_vec(), 1);
        let refused = conditional(refused, vec![put(TICKET, "conflict", b"1")]);
        assert_eq!(store.commit(refused).await, Err(StoreError::Conflict));
        fill(&store, 50..350).await;
        let expected = dump(&store).await;
        drop(store);

        std::fs::remove_dir_all(&engine).unwrap();
        copy_folder(&saved, &engine);
        let (store, folded) = site.open();
        assert_eq!(folded.batches, 300, "conflicts are not in the archive");
        assert_eq!(dump(&store).await, expected);
        drop(store);

        std::fs::remove_dir_all(&engine).unwrap();
        let (store, folded) = site.open();
        assert_eq!(folded.batches, 350);
        assert_eq!(dump(&store).await, expected);
    }
}

#[tokio::test]
async fn an_older_archive_is_refused() {
    let site = Site::new(Some(EngineKind::Redb));
    let (store, _) = site.open();
    fill(&store, 0..5).await;
    drop(store);
    let archive = site.folder.path().join("archive");
    let saved = site.folder.path().join("saved");
    copy_folder(&archive, &saved);
    let (store, _) = site.open();
    fill(&store, 5..10).await;
    drop(store);
    std::fs::remove_dir_all(&archive).unwrap();
    copy_folder(&saved, &archive);
    let error = AnyStore::open(&site.settings(), site.archive()).unwrap_err();
    assert!(error.to_string().contains("the archive ends at"), "{error}");
}

#[tokio::test]
async fn damage_among_batches_to_redo_is_refused_and_listed_by_rebuild() {
    let site = Site::new(Some(EngineKind::Redb));
    let (store, _) = site.open();
    for number in 0..3 {
        fill(&store, number..number + 1).await;
    }
    drop(store);
    let segment = site.folder.path().join("archive/0000000001.segment");
    let mut bytes = std::fs::read(&segment).unwrap();
    bytes[5000] ^= 1;
    std::fs::write(&segment, bytes).unwrap();
    std::fs::remove_dir_all(site.folder.path().join("redb")).unwrap();
    let (archive, recovery) = Archive::open(site.folder.path()).unwrap();
    assert_eq!(recovery.damaged.len(), 1);
    let error = AnyStore::open(&site.settings(), archive.clone()).unwrap_err();
    assert!(error.to_string().contains("archive segment 1, offset"), "{error}");
    let folded = any::rebuild(&site.settings(), &archive, |_| {}).unwrap();
    assert_eq!((folded.batches, folded.damaged.len()), (2, 1));
    let (store, folded) = AnyStore::open(&site.settings(), archive).unwrap();
    assert_eq!(folded.batches, 0);
    assert_eq!(store.scan(TICKET, EVERYTHING).await.unwrap().len(), 1);
}

fn contents(engine: &dyn Engine) -> Vec<(Key, Value)> {
    engine.scan(EVERYTHING).unwrap()
}

#[tokio::test]
async fn rebuilt_and_copied_stores_are_the_same_to_the_byte() {
    for site in Site::durable() {
        let archive = site.archive();
        let (store, _) = AnyStore::open(&site.settings(), archive.clone()).unwrap();
        let message = Frame { kind: FrameKind::Message, head: vec![], body: b"mail".to_vec() };
        archive.append(message).await.unwrap();
        fill(&store, 0..700).await;
        store.commit(batch(vec![delete(TICKET, "none")])).await.unwrap();
        drop(store);
        let original = any::open_engine(&site.settings(), site.kind.unwrap()).unwrap();
        let expected = contents(original.as_ref());
        assert_eq!(expected.len(), 350 + 7 + 1);

        let model = MemoryEngine::default();
        let mut steps = Vec::new();
        let folded = journal::rebuild(&archive, &model, |position| steps.push(position)).unwrap();
        assert_eq!((folded.batches, folded.damaged.len()), (701, 0));
        assert!(steps.len() > 2 && steps.is_sorted());
        assert_eq!(contents(&model), expected);
        assert!(journal::rebuild(&archive, &model, |_| {}).is_err(), "it is not empty");

        for kind in [EngineKind::Sled, EngineKind::Redb] {
            let folder = tempfile::tempdir().unwrap();
            let elsewhere = StoreSettings { path: folder.path().join("a"), ..site.settings() };
            let rebuilt = any::open_engine(&elsewhere, kind).unwrap();
            journal::rebuild(&archive, rebuilt.as_ref(), |_| {}).unwrap();
            assert_eq!(contents(rebuilt.as_ref()), expected);
            let elsewhere = StoreSettings { path: folder.path().join("b"), ..site.settings() };
            let copied = any::open_engine(&elsewhere, kind).unwrap();
            let mut last = 0;
            let count = journal::copy(original.as_ref(), copied.as_ref(), |count| last = count);
            assert_eq!((count, last), (Ok(358), 358));
            assert_eq!(contents(copied.as_ref()), expected);
        }
    }
}

#[tokio::test]
async fn a_rebuilt_store_takes_the_old_ones_place() {
    for site in Site::durable() {
        let (store, _) = site.open();
        fill(&store, 0..20).await;
        let expected = dump(&store).await;
        drop(store);
        for _ in 0..2 {
            any::rebuild(&site.settings(), &site.archive(), |_| {}).unwrap();
            let (store, folded) = site.open();
            assert_eq!(folded.batches, 0);
            assert_eq!(dump(&store).await, expected);
        }
    }
}

/// An engine whose writes fail or panic from the `left`-th on.
#[derive(Clone)]
struct Faulty {
    engine: Arc<MemoryEngine>,
    left: Arc<AtomicUsize>,
    panics: bool,
}

impl Engine for Faulty {
    fn get(&self, key: &[u8]) -> Result<Option<Value>, StoreError> {
        self.engine.get(key)
    }

    fn scan(&self, range: Range<'_>) -> Result<Vec<(Key, Value)>, StoreError> {
        self.engine.scan(range)
    }

    fn write_durable(&self, changes: &Writes<'_>) -> Result<(), StoreError> {
        let left =
            self.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
        match left {
            Ok(_) => self.engine.write_durable(changes),
            Err(_) if self.panics => panic!("planted panic"),
            Err(_) => Err(StoreError::Poisoned("planted error".into())),
        }
    }
}

#[tokio::test]
async fn a_failed_engine_is_sticky_and_whole_after_the_next_start() {
    for panics in [false, true] {
        let site = Site::new(None);
        let engine = Arc::new(MemoryEngine::default());
        let left = Arc::new(AtomicUsize::new(usize::MAX));
        let faulty = Faulty { engine: Arc::clone(&engine), left: Arc::clone(&left), panics };
        let (store, _) = EmbeddedStore::open(faulty.clone(), site.archive()).unwrap();
        let write = |number: u64| batch(vec![put(TICKET, "a", &versioned(number))]);
        store.commit(write(1)).await.unwrap();
        store.commit(write(2)).await.unwrap();
        let place = [&[TICKET.number()], b"a".as_slice()].concat();
        let has_both = || engine.get(&place) == Ok(Some(versioned(2)));
        tokio::time::timeout(Duration::from_secs(30), async {
            while !has_both() {
                tokio::task::yield_now().await;
            }
        })
        .await
        .expect("the engine follows");
        left.store(0, Ordering::SeqCst);
        store.commit(write(3)).await.unwrap();
        assert!(store.poisoned().await.contains("planted"), "it was archived, and then it failed");
        assert!(matches!(store.commit(write(4)).await, Err(StoreError::Poisoned(_))));
        assert!(matches!(store.get(TICKET, b"a").await, Err(StoreError::Poisoned(_))));
        drop(store);
        left.store(99, Ordering::SeqCst);
        let (store, folded) = EmbeddedStore::open(faulty, site.archive()).unwrap();
        assert_eq!(folded.batches, 1, "the durable batch was archived, the later one was not");
        assert_eq!(store.get(TICKET, b"a").await, Ok(Some(versioned(3))));
        drop(store);
        assert!(journal::applied(engine.as_ref()).unwrap() > folded.last.unwrap());
    }
}

#[tokio::test]
async fn a_failed_archive_fails_the_store() {
    let site = Site::new(Some(EngineKind::Redb));
    let (store, _) = site.open();
    fill(&store, 0..2).await;
    std::fs::remove_dir_all(site.folder.path().join("archive")).unwrap();
    // More than the segment holds, so that the next one must be made.
    let mut large = batch(vec![put(TICKET, "a", b"1")]);
    large.event = vec![b' '; 65 << 20];
    assert!(matches!(store.commit(large).await, Err(StoreError::Poisoned(_))));
    assert!(matches!(store.get(TICKET, b"a").await, Err(StoreError::Poisoned(_))));
}

#[tokio::test]
async fn sled_forgives_an_interrupted_open_and_refuses_nodes_outside_its_log() {
    let site = Site::new(Some(EngineKind::Sled));
    let (store, _) = site.open();
    fill(&store, 0..5).await;
    drop(store);
    let folder = site.folder.path().join("sled");
    std::fs::write(folder.join("snap.0000000000000001.generating"), b"half").unwrap();
    std::fs::write(site.folder.path().join("sled.open"), b"").unwrap();
    let (store, folded) = site.open();
    assert_eq!(folded.batches, 0);
    fill(&store, 5..6).await;
    drop(store);
    assert!(!site.folder.path().join("sled.open").exists());
    std::fs::create_dir_all(folder.join("blobs")).unwrap();
    std::fs::write(folder.join("blobs/17"), b"node").unwrap();
    let error = AnyStore::open(&site.settings(), site.archive()).unwrap_err();
    assert!(error.to_string().contains("blobs"), "{error}");
}

#[tokio::test]
async fn damage_in_what_is_applied_does_not_stop_the_store() {
    let site = Site::new(Some(EngineKind::Redb));
    let (store, _) = site.open();
    fill(&store, 0..1).await;
    fill(&store, 1..2).await;
    drop(store);
    // Both batches: the second is the last frame of all, and the mark has passed it.
    drop(Archive::open(site.folder.path()).unwrap());
    let segment = site.folder.path().join("archive/0000000001.segment");
    let mut bytes = std::fs::read(&segment).unwrap();
    bytes[500] ^= 1;
    bytes[5000] ^= 1;
    std::fs::write(&segment, bytes).unwrap();
    let (store, folded) = site.open();
    assert_eq!(folded.batches, 0);
    fill(&store, 2..3).await;
    let left = store.scan(TICKET, EVERYTHING).await.unwrap();
    assert_eq!(left, [(2u64.to_be_bytes().to_vec(), vec![b'x'; 3000])]);
    drop(store);
    let (_, folded) = site.open();
    assert_eq!(folded.batches, 0);
}

#[tokio::test]
async fn an_engine_whose_making_was_interrupted_is_made_again() {
    for site in Site::durable() {
        let folder = any::engine_folder(&site.settings(), site.kind.unwrap());
        let making = folder.with_extension("making");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::create_dir_all(&making).unwrap();
        for torn in ["conf", "db", "records.redb"] {
            std::fs::write(making.join(torn), vec![0; 40]).unwrap();
        }
        let (store, _) = site.open();
        fill(&store, 0..3).await;
        assert!(!making.exists());
        drop(store);
        assert_eq!(site.open().1.batches, 0);
    }
}
