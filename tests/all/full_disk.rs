//! A disk without room: doors answer 452 before an engine fails, and take mail again when there
//! is room; what was acknowledged is there.
//!
//! A small disk is mounted for the tests, in a namespace of their own where that needs no root.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::json;

use crate::daemon::{Plan, Site, await_some};
use crate::parts::is_root;

const QUEUE: &str = "kontakt@nrw.example";

fn mail(number: usize, octets: usize) -> String {
    let line = "Es ist kein Platz mehr auf der Platte, und das ist ein Problem.\r\n";
    format!(
        "From: Otto <otto{number}@outside.example>\r\nTo: {QUEUE}\r\nSubject: Frage {number}\r\n\
         Message-ID: <f{number}@outside.example>\r\n\r\nGuten Tag {number}\r\n{}",
        line.repeat(octets / line.len())
    )
}

fn deliver(site: &Site, number: usize, octets: usize) -> std::io::Result<u16> {
    site.deliver(&format!("otto{number}@outside.example"), QUEUE, &mail(number, octets))
}

#[test]
fn below_the_floor_mail_is_refused_for_now_and_the_daemon_goes_on() {
    let plan =
        Plan { store: format!("free_floor = {}", u64::MAX >> 1), ..Plan::new("nrw", "sled") };
    let mut site = Site::started(plan);
    assert_eq!(deliver(&site, 0, 100).unwrap(), 452);
    assert_eq!(site.look(&["ticket", "list"]).len(), 0);
    assert_eq!(site.stop().code(), Some(0));
    site.plan.store = "free_floor = 0".to_owned();
    site.write_settings();
    site.start().unwrap();
    assert_eq!(deliver(&site, 0, 100).unwrap(), 250);
    site.move_clock("+1s");
    assert_eq!(site.look(&["ticket", "list"]).len(), 1);
}

/// A disk of its own, as long as it is held.
struct Disk<'a>(&'a Path);

impl<'a> Disk<'a> {
    fn mount(at: &'a Path, size: &str) -> Self {
        fs::create_dir_all(at).unwrap();
        let options = format!("size={size}");
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &options, "tmpfs"]).arg(at);
        let output = mount.output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "no small disk can be mounted: {said}");
        Self(at)
    }
}

impl Drop for Disk<'_> {
    fn drop(&mut self) {
        // A disk that is still in use goes away once nothing uses it.
        drop(Command::new("umount").arg("-l").arg(self.0).status());
    }
}

/// Fills the disk up to so many octets.
fn fill(disk: &Path, free: u64) {
    use std::os::unix::fs::FileExt;
    let found = free_octets(disk);
    let file = fs::File::create(disk.join("ballast")).unwrap();
    let chunk = vec![1; 1 << 16];
    let mut at = 0;
    while at + free < found {
        let octets = chunk.len().min(usize::try_from(found - free - at).unwrap());
        if file.write_all_at(&chunk[..octets], at).is_err() {
            break;
        }
        at += octets as u64;
    }
}

/// Free octets as `df` says.
fn free_octets(disk: &Path) -> u64 {
    let output = Command::new("df").args(["--output=avail", "-B1"]).arg(disk).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().nth(1).unwrap().trim().parse().unwrap()
}

/// Starts the daemon once more when it ended and asked for that, as the shipped unit does.
fn keep_running(site: &mut Site) {
    if let Some(status) = site.try_end() {
        assert!(site.plan.store.ends_with("= 0"), "nothing fails above the floor: {}", site.log());
        assert_eq!(status.code(), Some(75), "{}", site.log());
        site.spawn();
    }
}

/// Runs this test once more where it may mount: in a namespace in which it is root.
fn in_a_namespace(test: &str) {
    let mut again = Command::new("unshare");
    again.args(["--user", "--map-root-user", "--mount", "--"]);
    again.arg(std::env::current_exe().unwrap()).args(["--exact", test, "--nocapture"]);
    let output = again.output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    assert!(
        output.status.success(),
        "{}\nwhere users may make no namespaces, all tests pass with \
         sudo -E env \"PATH=$PATH\" contrib/test",
        String::from_utf8_lossy(&said)
    );
}

fn survives_a_full_disk(engine: &'static str, floor: u64, left: u64) {
    let plan =
        Plan { clock: "real", store: format!("free_floor = {floor}"), ..Plan::new("nrw", engine) };
    let mut site = Site::new(plan);
    let data = site.path("data");
    let disk = Disk::mount(&data, "200M");
    site.start().unwrap();
    let mut accepted = Vec::new();
    for number in 0..20 {
        assert_eq!(deliver(&site, number, 2_000).unwrap(), 250);
        accepted.push(number);
    }
    fill(&data, left);
    let mut refused = 0;
    for number in 20..60 {
        keep_running(&mut site);
        match deliver(&site, number, 400_000) {
            Ok(250) => accepted.push(number),
            Ok(code) => {
                // Where a floor is kept, nothing fails: it is refused, and for lack of room.
                let is_honest = code == 452 || floor == 0 && [451, 421].contains(&code);
                assert!(is_honest, "{code}");
                refused += 1;
            }
            Err(error) => {
                assert!(floor == 0, "{error}");
                refused += 1;
            }
        }
    }
    assert!(refused > 0, "the disk was never full");
    fs::remove_file(data.join("ballast")).unwrap();
    await_some("mail to be taken again", || {
        keep_running(&mut site);
        (deliver(&site, 99, 2_000).ok()? == 250).then_some(())
    });
    accepted.push(99);
    await_some("everything to be decided", || {
        keep_running(&mut site);
        let output = site.run(&["ticket", "list", "--json"]);
        let lines = String::from_utf8(output.stdout).unwrap().lines().count();
        (lines >= accepted.len()).then_some(())
    });
    let subjects = site.look(&["ticket", "list"]);
    for number in accepted {
        let subject = json!(format!("Frage {number}"));
        let count = subjects.iter().filter(|ticket| ticket["subject"] == subject).count();
        assert_eq!(count, 1, "mail {number}");
    }
    assert_eq!(site.look(&["audit"])[0]["broken"], json!([]));
    assert_eq!(site.look(&["quarantine"]).len(), 0);
    site.kill();
    drop(disk);
}

#[test]
fn disk_that_fills_up_is_answered_452_before_sled_fails() {
    if !is_root() {
        return in_a_namespace("full_disk::disk_that_fills_up_is_answered_452_before_sled_fails");
    }
    survives_a_full_disk("sled", 24 << 20, 20 << 20);
}

#[test]
fn disk_that_fills_up_is_answered_452_before_redb_fails() {
    if !is_root() {
        return in_a_namespace("full_disk::disk_that_fills_up_is_answered_452_before_redb_fails");
    }
    survives_a_full_disk("redb", 24 << 20, 20 << 20);
}

#[test]
fn disk_that_others_fill_to_the_last_octet_loses_nothing() {
    if !is_root() {
        return in_a_namespace("full_disk::disk_that_others_fill_to_the_last_octet_loses_nothing");
    }
    survives_a_full_disk("sled", 0, 0);
}
