//! What the archive promises about torn tails, flipped bits, order and space.

use std::path::Path;

use lotse::store::StoreError;
use lotse::store::archive::{Archive, ArchiveLimits, Damage};
use lotse::store::frame::{Frame, FrameKind};
use lotse::types::Position;

const SMALL: ArchiveLimits = ArchiveLimits { segment_bytes: 16 << 10, free_floor: 0 };
const SEGMENT: &str = "archive/0000000001.segment";

fn message(text: &str) -> Frame {
    Frame { kind: FrameKind::Message, head: b"{\"n\":1}x".to_vec(), body: text.into() }
}

fn offset(position: Position) -> usize {
    usize::try_from(position.0 & 0xff_ffff_ffff).unwrap()
}

/// Three frames of whole words, each synced on its own; nothing of them is padding.
async fn three(folder: &Path) -> Vec<Position> {
    let (archive, _) = Archive::open_with(folder, SMALL).unwrap();
    let mut positions = Vec::new();
    for text in ["first***", "second**", "third***"] {
        positions.push(archive.append(message(text)).await.unwrap());
    }
    positions
}

fn bodies(archive: &Archive) -> Vec<Result<String, StoreError>> {
    let text = |frame: Frame| String::from_utf8(frame.body).unwrap();
    archive.scan(Position(0)).map(|found| found.map(|(_, frame)| text(frame))).collect()
}

fn texts(archive: &Archive) -> Vec<String> {
    bodies(archive).into_iter().map(Result::unwrap).collect()
}

#[tokio::test]
async fn frames_stand_in_call_order_and_come_back() {
    let folder = tempfile::tempdir().unwrap();
    let (archive, _) = Archive::open(folder.path()).unwrap();
    let waiting: Vec<_> =
        (0..500).map(|number| archive.append(message(&number.to_string()))).collect();
    let mut positions = Vec::new();
    for append in waiting {
        positions.push(append.await.unwrap());
    }
    assert!(positions.is_sorted_by(|a, b| a < b));
    assert_eq!(archive.read(positions[499]).unwrap(), message("499"));
    let expected: Vec<_> = (0..500).map(|number: u32| number.to_string()).collect();
    assert_eq!(texts(&archive), expected);
    let scanned: Vec<_> = archive.scan(positions[490]).map(|found| found.unwrap().0).collect();
    assert_eq!(scanned, positions[490..]);
    drop(archive);
    let (archive, recovery) = Archive::open(folder.path()).unwrap();
    assert_eq!((recovery.frames, recovery.cut, recovery.damaged), (500, None, vec![]));
    assert_eq!(texts(&archive), expected);
}

#[tokio::test]
async fn dropping_the_future_does_not_take_the_frame_back() {
    let folder = tempfile::tempdir().unwrap();
    let (archive, _) = Archive::open(folder.path()).unwrap();
    drop(archive.append(message("dropped")));
    archive.append(message("awaited")).await.unwrap();
    assert_eq!(texts(&archive), ["dropped", "awaited"]);
}

#[tokio::test]
async fn a_tail_torn_at_any_byte_is_cut_and_written_over() {
    let folder = tempfile::tempdir().unwrap();
    let positions = three(folder.path()).await;
    let whole = std::fs::read(folder.path().join(SEGMENT)).unwrap();
    let mark = std::fs::read(folder.path().join("archive/mark")).unwrap();
    let (last, end) = (offset(positions[2]), offset(positions[2]) + 24 + 16);
    for (torn, garbage) in (last..end).flat_map(|torn| [(torn, 0), (torn, 0xff)]) {
        let mut bytes = whole.clone();
        bytes[torn..end].fill(garbage);
        std::fs::write(folder.path().join(SEGMENT), &bytes).unwrap();
        std::fs::write(folder.path().join("archive/mark"), &mark).unwrap();
        let (archive, recovery) = Archive::open_with(folder.path(), SMALL).unwrap();
        let is_empty = torn == last && garbage == 0;
        assert_eq!(recovery.cut, (!is_empty).then_some(positions[2]), "torn at {torn}");
        assert_eq!((recovery.frames, recovery.end), (2, positions[2]));
        assert_eq!(recovery.damaged, []);
        assert!(archive.read(positions[2]).is_err());
        // Shorter than what was torn: nothing of that may show behind it.
        assert_eq!(archive.append(message("")).await.unwrap(), positions[2]);
        assert_eq!(texts(&archive), ["first***", "second**", ""]);
        drop(archive);
        let (_, recovery) = Archive::open_with(folder.path(), SMALL).unwrap();
        assert_eq!((recovery.frames, recovery.cut), (1, None));
    }
}

#[tokio::test]
async fn any_flipped_bit_in_the_middle_is_named_and_never_served() {
    let folder = tempfile::tempdir().unwrap();
    let positions = three(folder.path()).await;
    let whole = std::fs::read(folder.path().join(SEGMENT)).unwrap();
    for flipped in offset(positions[1])..offset(positions[2]) {
        let mut bytes = whole.clone();
        bytes[flipped] ^= 1 << (flipped % 8);
        std::fs::write(folder.path().join(SEGMENT), &bytes).unwrap();
        for _ in 0..2 {
            let (archive, recovery) = Archive::open_with(folder.path(), SMALL).unwrap();
            let place = Damage::at(1, offset(positions[1]) as u64);
            assert_eq!((recovery.damaged, recovery.cut), (vec![place], None), "at {flipped}");
            let error = archive.read(positions[1]).unwrap_err().to_string();
            assert!(error.contains(&format!("segment 1, offset {}", place.offset)), "{error}");
            let found = bodies(&archive);
            assert_eq!(found.len(), 3);
            assert_eq!(found[0], Ok("first***".into()));
            assert!(matches!(found[1], Err(StoreError::Damaged(_))));
            assert_eq!(found[2], Ok("third***".into()));
        }
    }
}

#[tokio::test]
async fn damage_within_a_synced_group_is_no_torn_tail() {
    let folder = tempfile::tempdir().unwrap();
    let (archive, _) = Archive::open_with(folder.path(), SMALL).unwrap();
    let waiting: Vec<_> = (0..30).map(|_| archive.append(message("one of many"))).collect();
    let mut positions = Vec::new();
    for append in waiting {
        positions.push(append.await.unwrap());
    }
    archive.append(message("alone in the last group")).await.unwrap();
    drop(archive);
    let whole = std::fs::read(folder.path().join(SEGMENT)).unwrap();
    for position in positions {
        let mut bytes = whole.clone();
        bytes[offset(position) + 30] ^= 4;
        std::fs::write(folder.path().join(SEGMENT), &bytes).unwrap();
        let (archive, recovery) = Archive::open_with(folder.path(), SMALL).unwrap();
        assert_eq!(recovery.damaged, [Damage::at(1, offset(position) as u64)]);
        assert_eq!((recovery.cut, recovery.frames), (None, 30));
        assert_eq!(bodies(&archive).iter().filter(|found| found.is_ok()).count(), 30);
    }
}

#[tokio::test]
async fn a_sound_frame_in_a_wrong_place_is_not_served() {
    let folder = tempfile::tempdir().unwrap();
    let positions = three(folder.path()).await;
    let mut bytes = std::fs::read(folder.path().join(SEGMENT)).unwrap();
    let (first, second) = (offset(positions[0]), offset(positions[1]));
    bytes.copy_within(first..second, second);
    std::fs::write(folder.path().join(SEGMENT), &bytes).unwrap();
    let (archive, recovery) = Archive::open_with(folder.path(), SMALL).unwrap();
    assert_eq!(recovery.damaged, [Damage::at(1, second as u64)]);
    assert!(archive.read(positions[1]).is_err());
}

#[tokio::test]
async fn damage_before_the_mark_is_found_by_reading_and_after_losing_the_mark() {
    let folder = tempfile::tempdir().unwrap();
    let positions = three(folder.path()).await;
    drop(Archive::open_with(folder.path(), SMALL).unwrap());
    let mut bytes = std::fs::read(folder.path().join(SEGMENT)).unwrap();
    bytes[offset(positions[0]) + 25] ^= 1;
    std::fs::write(folder.path().join(SEGMENT), &bytes).unwrap();
    let (archive, recovery) = Archive::open_with(folder.path(), SMALL).unwrap();
    assert_eq!(recovery.damaged, []);
    assert!(archive.read(positions[0]).is_err());
    drop(archive);
    std::fs::remove_file(folder.path().join("archive/mark")).unwrap();
    let (_, recovery) = Archive::open_with(folder.path(), SMALL).unwrap();
    assert_eq!(recovery.damaged, [Damage::at(1, offset(positions[0]) as u64)]);
}

#[tokio::test]
async fn a_lost_segment_is_named() {
    let folder = tempfile::tempdir().unwrap();
    three(folder.path()).await;
    drop(Archive::open_with(folder.path(), SMALL).unwrap());
    std::fs::remove_file(folder.path().join(SEGMENT)).unwrap();
    let (archive, recovery) = Archive::open_with(folder.path(), SMALL).unwrap();
    assert_eq!(recovery.damaged.len(), 1);
    let position = archive.append(message("after")).await.unwrap();
    assert!(position.0 >> 40 > 1, "a lost position is not used again");
}

#[tokio::test]
async fn segments_follow_each_other() {
    let folder = tempfile::tempdir().unwrap();
    let (archive, _) = Archive::open_with(folder.path(), SMALL).unwrap();
    let mut expected = Vec::new();
    for number in 0..40 {
        let bytes = if number == 20 { 100_000 } else { 1_500 };
        expected.push(format!("{number}{}", "x".repeat(bytes)));
        archive.append(message(&expected[number])).await.unwrap();
    }
    assert_eq!(texts(&archive), expected);
    let end = archive.end();
    assert!(end.0 >> 40 > 3, "{end}");
    drop(archive);
    let (archive, recovery) = Archive::open_with(folder.path(), SMALL).unwrap();
    assert_eq!((recovery.end, recovery.damaged), (end, vec![]));
    assert!(recovery.frames < 12, "only what follows the mark is verified");
    assert_eq!(texts(&archive), expected);
}

#[tokio::test]
async fn a_segment_whose_making_was_interrupted_is_made_again() {
    for left in [vec![], vec![0; 16 << 10]] {
        let folder = tempfile::tempdir().unwrap();
        three(folder.path()).await;
        std::fs::write(folder.path().join("archive/0000000002.segment"), left).unwrap();
        let (archive, recovery) = Archive::open_with(folder.path(), SMALL).unwrap();
        assert_eq!(recovery.damaged, []);
        let position = archive.append(message("next")).await.unwrap();
        assert_eq!(position.0 >> 40, 2);
        assert_eq!(texts(&archive), ["first***", "second**", "third***", "next"]);
    }
}

#[tokio::test]
async fn a_second_opener_is_told_in_a_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let (archive, _) = Archive::open(folder.path()).unwrap();
    let error = Archive::open(folder.path()).unwrap_err().to_string();
    assert!(error.contains("another lotse works in the folder"), "{error}");
    drop(archive);
    Archive::open(folder.path()).unwrap();
}

#[tokio::test]
async fn only_the_owner_looks_into_the_archive() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let (_archive, _) = Archive::open_with(folder.path(), SMALL).unwrap();
    let mode = folder.path().join("archive").metadata().unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
}

#[tokio::test]
async fn the_floor_of_free_space_says_no() {
    let folder = tempfile::tempdir().unwrap();
    let limits = ArchiveLimits { free_floor: u64::MAX, ..SMALL };
    let (archive, _) = Archive::open_with(folder.path(), limits).unwrap();
    assert!(!archive.has_room(1));
    drop(archive);
    let (archive, _) = Archive::open_with(folder.path(), SMALL).unwrap();
    assert!(archive.has_room(1));
}

#[tokio::test]
async fn a_failed_write_is_sticky() {
    let folder = tempfile::tempdir().unwrap();
    let (archive, _) = Archive::open_with(folder.path(), SMALL).unwrap();
    archive.append(message("before")).await.unwrap();
    std::fs::remove_dir_all(folder.path().join("archive")).unwrap();
    let large = message(&"x".repeat(20_000));
    let error = archive.append(large).await.unwrap_err();
    assert!(matches!(error, StoreError::Poisoned(_)), "{error}");
    assert!(archive.poisoned().await.contains("begin a segment"));
    let error = archive.append(message("small")).await.unwrap_err();
    assert!(matches!(error, StoreError::Poisoned(_)), "{error}");
    assert!(!error.is_transient());
}

fn holds(folder: &Path, words: &str) -> bool {
    let bytes = std::fs::read(folder.join(SEGMENT)).unwrap();
    bytes.windows(words.len()).any(|window| window == words.as_bytes())
}

#[tokio::test]
async fn an_erased_message_is_gone_from_the_disk_and_everything_else_stands() {
    let folder = tempfile::tempdir().unwrap();
    let positions = three(folder.path()).await;
    let (archive, _) = Archive::open_with(folder.path(), SMALL).unwrap();
    archive.erase(positions[1]).unwrap();
    archive.erase(positions[1]).unwrap();
    assert!(!holds(folder.path(), "second"));
    let erased = archive.read(positions[1]).unwrap();
    assert_eq!((erased.kind, erased.head), (FrameKind::Erased, b"{\"n\":1}x".to_vec()));
    assert_eq!(erased.body, [0; 8]);
    let fourth = archive.append(message("fourth**")).await.unwrap();
    drop(archive);
    std::fs::remove_file(folder.path().join("archive/mark")).unwrap();
    let (archive, recovery) = Archive::open_with(folder.path(), SMALL).unwrap();
    assert_eq!((recovery.frames, recovery.cut, recovery.damaged), (4, None, vec![]));
    assert_eq!(texts(&archive), ["first***", "\0\0\0\0\0\0\0\0", "third***", "fourth**"]);
    assert_eq!(archive.read(fourth).unwrap(), message("fourth**"));
}

#[tokio::test]
async fn an_erased_message_takes_no_space() {
    use std::os::unix::fs::MetadataExt;
    let folder = tempfile::tempdir().unwrap();
    let (archive, _) = Archive::open(folder.path()).unwrap();
    let large = Frame { body: vec![b'x'; 1 << 20], ..message("") };
    let position = archive.append(large.clone()).await.unwrap();
    let behind = archive.append(message("behind")).await.unwrap();
    let taken = || std::fs::metadata(folder.path().join(SEGMENT)).unwrap().blocks() * 512;
    let before = taken();
    archive.erase(position).unwrap();
    assert!(before - taken() >= (1 << 20) - 8192, "{before} octets on disk, then {}", taken());
    assert_eq!(archive.read(position).unwrap().body, vec![0; 1 << 20]);
    assert_eq!(archive.read(behind).unwrap(), message("behind"));
}

#[tokio::test]
async fn only_messages_are_erased() {
    let folder = tempfile::tempdir().unwrap();
    let (archive, _) = Archive::open_with(folder.path(), SMALL).unwrap();
    let batch = Frame { kind: FrameKind::Batch, ..message("a batch") };
    let position = archive.append(batch.clone()).await.unwrap();
    assert!(archive.erase(position).is_err());
    assert!(archive.erase(Position(position.0 + 8)).is_err(), "no frame begins there");
    assert!(archive.erase(archive.end()).is_err());
    assert_eq!(archive.read(position).unwrap(), batch);
}

/// A power cut keeps some of the writes of an erasing: whichever, doing it again ends it.
#[tokio::test]
async fn a_power_cut_while_erasing_is_healed_by_doing_it_again() {
    let folder = tempfile::tempdir().unwrap();
    let positions = three(folder.path()).await;
    let segment = folder.path().join(SEGMENT);
    let whole = std::fs::read(&segment).unwrap();
    let (archive, _) = Archive::open_with(folder.path(), SMALL).unwrap();
    archive.erase(positions[1]).unwrap();
    drop(archive);
    let erased = std::fs::read(&segment).unwrap();
    let at = offset(positions[1]);
    let (prefix, body) = (at..at + 24, at + 24 + 8..at + 24 + 16);
    for (kept, is_sound) in
        [(prefix.clone(), true), (at..at + 8, false), (body.clone(), false), (0..0, true)]
    {
        let mut bytes = whole.clone();
        bytes[kept.clone()].copy_from_slice(&erased[kept.clone()]);
        std::fs::write(&segment, &bytes).unwrap();
        std::fs::remove_file(folder.path().join("archive/mark")).unwrap();
        let (archive, recovery) = Archive::open_with(folder.path(), SMALL).unwrap();
        assert_eq!(recovery.damaged.is_empty(), is_sound, "{kept:?}");
        archive.erase(positions[1]).unwrap();
        drop(archive);
        assert!(!holds(folder.path(), "second"), "{kept:?}");
        let (archive, recovery) = Archive::open_with(folder.path(), SMALL).unwrap();
        assert_eq!(recovery.damaged, vec![], "{kept:?}");
        assert_eq!(texts(&archive).len(), 3);
    }
}
