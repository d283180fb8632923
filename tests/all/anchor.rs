//! `lotse audit --anchor`: what was done to the data since a sheet was mailed out is found and
//! named, also where whoever did it made everything agree again.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use lotse::store::any::AnyStore;
use lotse::store::archive::Archive;
use lotse::store::{Batch, Key, Keyspace, Operation, Range, Store, Value};
use lotse::ticket::seal::{self, Leaf};
use lotse::types::Hash;
use serde_json::json;

use crate::daemon::{Plan, Site};

/// Octets before the JSON of a record.
const HEAD_BYTES: usize = 11;

const PROCEDURE: &str = r#"
name = "key"
addresses = ["key@nrw.example"]
title.de = "Schlüssel"
[[fact]]
name = "reason"
type = "text"
need = "required"
label.de = ["Grund"]
[[fact]]
name = "minutes"
type = "evidence"
need = "required"
label.de = ["Protokoll"]
[[step]]
kind = "collect"
[[step]]
kind = "tell"
"#;

fn request() -> String {
    "From: Kim <kim@mail.example>\r\nTo: key@nrw.example\r\nSubject: Schluessel\r\n\
     Message-ID: <k1@mail.example>\r\nMIME-Version: 1.0\r\n\
     Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\n\
     Grund: Proben am Montag\r\n\r\n--b\r\nContent-Type: application/pdf; name=minutes.pdf\r\n\
     Content-Disposition: attachment; filename=minutes.pdf\r\n\r\n%PDF agreed\r\n--b--\r\n"
        .to_owned()
}

fn question(number: usize) -> String {
    format!(
        "From: Otto <otto{number}@outside.example>\r\nTo: kontakt@nrw.example\r\n\
         Subject: Frage {number}\r\nMessage-ID: <q{number}@outside.example>\r\n\r\nWann?\r\n"
    )
}

/// A site that ends a request, stopped, and the sheet that it mailed.
fn decided() -> (Site, PathBuf) {
    let mut site = Site::new(Plan::new("nrw", "sled"));
    let path = site.path("lotse.toml");
    let settings = fs::read_to_string(&path).unwrap();
    let settings =
        settings.replace("organization = ", "procedures = \"procedures\"\norganization = ");
    fs::write(&path, settings).unwrap();
    fs::create_dir(site.path("procedures")).unwrap();
    fs::write(site.path("procedures/key.toml"), PROCEDURE).unwrap();
    site.start().unwrap();
    for number in 1..=2 {
        let message = question(number);
        let from = format!("otto{number}@outside.example");
        assert_eq!(site.deliver(&from, "kontakt@nrw.example", &message).unwrap(), 250);
    }
    assert_eq!(site.deliver("kim@mail.example", "key@nrw.example", &request()).unwrap(), 250);
    site.move_clock("+1h");
    let sheets: Vec<String> = site
        .outgoing()
        .into_values()
        .filter(|sent| sent.message.contains("lotse decision sheet"))
        .map(|sent| sent.message)
        .collect();
    assert_eq!(sheets.len(), 1, "one sheet for one decision");
    let sheet = site.path("sheet.eml");
    fs::write(&sheet, &sheets[0]).unwrap();
    assert_eq!(site.stop().code(), Some(0));
    (site, sheet)
}

/// What the audit says, and whether it is content.
fn audit(site: &Site, sheet: &Path) -> (bool, String) {
    let output = site.run(&["audit", "--anchor", sheet.to_str().unwrap()]);
    let said = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8(said).unwrap())
}

/// The store as somebody opens it who means to change it.
fn opened(site: &Site) -> AnyStore {
    let config = lotse::config::load(&site.path("lotse.toml")).unwrap();
    let (archive, _) = Archive::open(&config.store.path).unwrap();
    AnyStore::open(&config.store, archive).unwrap().0
}

async fn all(store: &AnyStore, keyspace: Keyspace, from: &[u8], to: &[u8]) -> Vec<(Key, Value)> {
    let range = Range { from, to, limit: usize::MAX, reverse: false };
    store.scan(keyspace, range).await.unwrap()
}

/// Opens the store, changes it, closes it.
fn tamper<F>(site: &Site, changes: F)
where
    F: AsyncFnOnce(&AnyStore) -> Vec<Operation>,
{
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let store = opened(site);
        let operations = changes(&store).await;
        assert!(!operations.is_empty(), "there is something to change");
        let batch = Batch { operations, ..Batch::default() };
        store.commit(batch).await.unwrap();
    });
}

/// The first transaction of a ticket, its subject changed by one letter.
async fn forged(store: &AnyStore, ticket: u64) -> (Key, Value) {
    let from = ticket.to_be_bytes();
    let to = (ticket + 1).to_be_bytes();
    let (key, value) = all(store, Keyspace::Transaction, &from, &to).await.remove(0);
    let text = String::from_utf8_lossy(&value[HEAD_BYTES..]).replace("Frage", "Fragf");
    (key, [&value[..HEAD_BYTES], text.as_bytes()].concat())
}

/// The same letter in the ticket itself, so that it is still the fold of its history.
async fn forged_ticket(store: &AnyStore, ticket: u64) -> Operation {
    let key = ticket.to_be_bytes().to_vec();
    let value = store.get(Keyspace::Ticket, &key).await.unwrap().unwrap();
    let text = String::from_utf8_lossy(&value[HEAD_BYTES..]).replace("Frage", "Fragf");
    Operation::Put(Keyspace::Ticket, key, [&value[..HEAD_BYTES], text.as_bytes()].concat())
}

#[test]
fn data_that_nobody_touched_is_what_the_mail_says() {
    let (mut site, sheet) = decided();
    let (is_fine, said) = audit(&site, &sheet);
    assert!(is_fine && said.contains("the data is what the mail says"), "{said}");
    site.start().unwrap();
    let message = question(3);
    assert_eq!(site.deliver("o@outside.example", "kontakt@nrw.example", &message).unwrap(), 250);
    site.move_clock("+1h");
    let (is_fine, said) = audit(&site, &sheet);
    assert!(is_fine, "what is added later changes nothing: {said}");
    assert!(site.run(&["rebuild"]).status.code() != Some(0), "a running daemon has it open");
    assert_eq!(site.stop().code(), Some(0));
    assert!(site.run(&["rebuild"]).status.success());
    let (is_fine, said) = audit(&site, &sheet);
    assert!(is_fine, "also made anew from the archive: {said}");
}

#[test]
fn changed_byte_is_found_and_its_ticket_named() {
    let (site, sheet) = decided();
    tamper(&site, async |store| {
        let (key, value) = forged(store, 1).await;
        vec![Operation::Put(Keyspace::Transaction, key, value), forged_ticket(store, 1).await]
    });
    let (is_fine, said) = audit(&site, &sheet);
    assert!(!is_fine);
    assert!(said.contains("ticket 1: one of its first"), "{said}");
    assert!(!said.contains("ticket 2") && !said.contains("computed anew"), "{said}");
}

#[test]
fn truncated_history_is_found_and_its_ticket_named() {
    let (site, sheet) = decided();
    tamper(&site, async |store| {
        let (from, to) = (2_u64.to_be_bytes(), 3_u64.to_be_bytes());
        let last = all(store, Keyspace::Transaction, &from, &to).await.pop().unwrap();
        vec![Operation::Delete(Keyspace::Transaction, last.0)]
    });
    let (is_fine, said) = audit(&site, &sheet);
    assert!(!is_fine);
    assert!(said.contains("ticket 2: 1 of ") && said.contains("are missing"), "{said}");
}

#[test]
fn removed_ticket_is_found_and_named() {
    let (site, sheet) = decided();
    tamper(&site, async |store| {
        let (from, to) = (2_u64.to_be_bytes(), 3_u64.to_be_bytes());
        let gone = all(store, Keyspace::Transaction, &from, &to).await;
        let gone = gone.into_iter().map(|(key, _)| Operation::Delete(Keyspace::Transaction, key));
        gone.chain([Operation::Delete(Keyspace::Ticket, from.to_vec())]).collect()
    });
    let (is_fine, said) = audit(&site, &sheet);
    assert!(!is_fine);
    assert!(said.contains("ticket 2 is gone"), "{said}");
}

/// Everything that says how histories were, computed anew from how they are.
async fn recomputed(store: &AnyStore, forged: &(Key, Value)) -> Vec<Operation> {
    let json = |value: &Value| -> serde_json::Value {
        serde_json::from_slice(&value[HEAD_BYTES..]).unwrap()
    };
    let written = |old: &Value, new: &serde_json::Value| {
        [&old[..HEAD_BYTES], &serde_json::to_vec(new).unwrap()].concat()
    };
    let mut operations = Vec::new();
    let mut salts = BTreeMap::new();
    for (key, value) in all(store, Keyspace::Meta, b"seal/t/", b"seal/t0").await {
        let id = u64::from_be_bytes(key[7..].try_into().unwrap());
        salts.insert(id, (key, value));
    }
    let mut root = Hash::default();
    for (key, value) in all(store, Keyspace::Meta, b"seal/l/", b"seal/l0").await {
        let mut leaf: Leaf = serde_json::from_value(json(&value)).unwrap();
        let (sealed_key, sealed) = &salts[&leaf.ticket.0];
        let mut sealed_json = json(sealed);
        let salt = Hash::parse(sealed_json["salt"].as_str().unwrap()).unwrap();
        let (from, to) = (leaf.ticket.0.to_be_bytes(), (leaf.ticket.0 + 1).to_be_bytes());
        let mut head = Hash::default();
        let history = all(store, Keyspace::Transaction, &from, &to).await;
        for (number, (key, value)) in (1..=leaf.transactions).zip(history) {
            let value = if key == forged.0 { forged.1.clone() } else { value };
            let commitment = seal::commitment(&salt, number, &value[HEAD_BYTES..]);
            head = seal::head(head, &commitment);
        }
        leaf.head = head;
        root = leaf.root(root);
        sealed_json["head"] = json!(head);
        let sealed = written(sealed, &sealed_json);
        operations.push(Operation::Put(Keyspace::Meta, sealed_key.clone(), sealed));
        let leaf = written(&value, &json!(leaf));
        operations.push(Operation::Put(Keyspace::Meta, key, leaf));
    }
    let value = store.get(Keyspace::Meta, b"seal/root").await.unwrap().unwrap();
    let mut root_json = json(&value);
    root_json["root"] = json!(root);
    let value = written(&value, &root_json);
    operations.push(Operation::Put(Keyspace::Meta, b"seal/root".to_vec(), value));
    operations
}

#[test]
fn wholly_recomputed_chain_is_found_and_named() {
    let (site, sheet) = decided();
    tamper(&site, async |store| {
        let forged = forged(store, 1).await;
        let mut operations = recomputed(store, &forged).await;
        operations.push(forged_ticket(store, 1).await);
        operations.push(Operation::Put(Keyspace::Transaction, forged.0, forged.1));
        operations
    });
    let output = site.run(&["audit"]);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "alone it agrees with itself: {said}");
    let (is_fine, said) = audit(&site, &sheet);
    assert!(!is_fine);
    assert!(said.contains("in the mail and") && said.contains("computed anew"), "{said}");
}

#[test]
fn mail_without_a_sheet_or_of_another_site_is_no_anchor() {
    let (site, sheet) = decided();
    let plain = site.path("plain.eml");
    fs::write(&plain, question(1)).unwrap();
    let (is_fine, said) = audit(&site, &plain);
    assert!(!is_fine && said.contains("carries no decision sheet"), "{said}");
    let text = fs::read_to_string(&sheet).unwrap();
    let id = text.lines().find(|line| line.starts_with("Message-ID:")).unwrap();
    let foreign = site.path("foreign.eml");
    fs::write(&foreign, text.replace(id, "Message-ID: <41.3.9.x@nrw.example>")).unwrap();
    let (is_fine, said) = audit(&site, &foreign);
    assert!(!is_fine && said.contains("no mail of this site"), "{said}");
}
