//! Signatures of mail, verified against a real name server on loopback.
//!
//! The keys are made for these tests; the names end in `.example` and nobody else is asked.
//! Deliberately absent: what a verdict leads to (`proof`), verdicts of other servers (`reading`).

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hickory_server::Server;
use hickory_server::proto::rr::rdata::{SOA, TXT};
use hickory_server::proto::rr::{Name, RData, Record};
use hickory_server::store::in_memory::InMemoryZoneHandler;
use hickory_server::zone_handler::{AxfrPolicy, Catalog, ZoneType};
use lotse::config::Resolver;
use lotse::daemon::reader::{self, Read};
use lotse::daemon::spool::Accepted;
use lotse::daemon::verify::{self, Verifier, WAIT_SPAN};
use lotse::mail::ReversePath;
use lotse::mail::authres::AuthResult;
use lotse::store::frame::{Frame, FrameKind};
use lotse::types::{Address, Position};
use mail_auth::common::crypto::{Ed25519Key, RsaKey, Sha256};
use mail_auth::common::headers::HeaderWriter;
use mail_auth::dkim::{Canonicalization, DkimSigner};
use tokio::net::{TcpListener, UdpSocket};
use tokio::runtime::Handle;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use tokio_rustls::rustls::pki_types::pem::PemObject;

use crate::servers_lotse::Lotse;

const RSA_KEY: &str = include_str!("../../fixtures/dkim/rsa.pem");
const RSA_RECORD: &str = include_str!("../../fixtures/dkim/rsa.txt");
const LETTER: &str = "From: Anna Muster <anna@members.example>\r\nTo: desk@nrw.example\r\n\
    Subject: Beamer\r\nMessage-ID: <1@members.example>\r\n\r\nDer Beamer ist da.\r\n";

/// A name server for everything that ends in `.example`.
struct Names {
    at: SocketAddr,
    _server: Server<Catalog>,
}

impl Names {
    async fn serve(records: &[(&str, &str)]) -> Self {
        let origin = Name::from_ascii("example.").unwrap();
        let policy = AxfrPolicy::Deny;
        let mut zone: InMemoryZoneHandler =
            InMemoryZoneHandler::empty(origin.clone(), ZoneType::Primary, policy);
        let host = Name::from_ascii("dns.example.").unwrap();
        let start = SOA::new(host.clone(), host, 1, 60, 60, 60, 60);
        zone.upsert_mut(Record::from_rdata(origin.clone(), 60, RData::SOA(start)), 0);
        for (name, text) in records {
            let parts = text.as_bytes().chunks(200);
            let parts = parts.map(|part| String::from_utf8(part.to_vec()).unwrap()).collect();
            let name = Name::from_ascii(format!("{name}.")).unwrap();
            zone.upsert_mut(Record::from_rdata(name, 60, RData::TXT(TXT::new(parts))), 0);
        }
        let mut catalog = Catalog::new();
        catalog.upsert(origin.into(), vec![Arc::new(zone)]);
        let mut server = Server::new(catalog);
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let at = socket.local_addr().unwrap();
        server.register_socket(socket);
        let listener = TcpListener::bind(at).await.unwrap();
        server.register_listener(listener, Duration::from_secs(5), 16);
        Self { at, _server: server }
    }

    fn verifier(&self) -> Arc<Verifier> {
        Arc::new(Verifier::new(Resolver::At(self.at)))
    }
}

/// RFC 4648 section 4, without line ends.
fn base64(octets: &[u8]) -> String {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for three in octets.chunks(3) {
        let bits = three.iter().fold(0_u32, |bits, octet| bits << 8 | u32::from(*octet));
        let bits = bits << (8 * (3 - three.len()));
        for place in 0..4 {
            let letter = LETTERS[(bits >> (18 - 6 * place) & 63) as usize];
            text.push(if place > three.len() { '=' } else { char::from(letter) });
        }
    }
    text
}

/// A key of one domain, and the record that its name server tells.
struct Domain {
    name: &'static str,
    key: Vec<u8>,
    record: String,
}

impl Domain {
    fn new(name: &'static str) -> Self {
        let key = Ed25519Key::generate_pkcs8().unwrap();
        let public = Ed25519Key::from_pkcs8_der(&key).unwrap().public_key();
        Self { name, key, record: format!("v=DKIM1; k=ed25519; p={}", base64(&public)) }
    }

    fn signs(&self, letter: &str, fields: &[&str]) -> String {
        let key = Ed25519Key::from_pkcs8_der(&self.key).unwrap();
        let signer = DkimSigner::from_key(key).domain(self.name).selector("one");
        let signature = signer.headers(fields.iter().copied()).sign(letter.as_bytes()).unwrap();
        format!("{}{letter}", signature.to_header())
    }

    fn signed(&self, letter: &str) -> String {
        self.signs(letter, &["From", "To", "Subject"])
    }

    fn told(&self) -> (String, &str) {
        (format!("one._domainkey.{}", self.name), &self.record)
    }
}

async fn serve(domains: &[&Domain]) -> Names {
    let told: Vec<_> = domains.iter().map(|domain| domain.told()).collect();
    let records: Vec<_> = told.iter().map(|(name, record)| (name.as_str(), *record)).collect();
    Names::serve(&records).await
}

/// What the daemon's reader understands of a message.
async fn verdict(verifier: &Arc<Verifier>, message: &str) -> AuthResult {
    let accepted = Accepted {
        received_at: "2026-11-23T10:00:00Z".parse().unwrap(),
        door: "lmtp".into(),
        reverse_path: ReversePath::Address(Address::parse("anna@members.example").unwrap()),
        recipients: vec![Address::parse("desk@nrw.example").unwrap()],
        is_backlog: false,
        whole_bytes: None,
    };
    let head = serde_json::to_vec(&accepted).unwrap();
    let body = message.as_bytes().to_vec();
    let (frame, verifier) = (Frame { kind: FrameKind::Message, head, body }, Arc::clone(verifier));
    let read = reader::understand(Position(0), &frame, &["mx.nrw.example".to_owned()]);
    let verifying = verifier.begin(&read, frame.body, &Handle::current());
    match verify::finished(read, verifying).await {
        Read::Mail(mail) => mail.verdicts.dkim_aligned,
        Read::Unreadable(_, why) => panic!("{why}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn signature_of_the_authors_domain_or_its_parent_passes() {
    let (members, parent) = (Domain::new("members.example"), Domain::new("town.example"));
    let names = serve(&[&members, &parent]).await;
    let verifier = names.verifier();
    let signed = members.signed(LETTER);
    assert_eq!(verdict(&verifier, &signed).await, AuthResult::Pass);
    let bare = signed.replace("\r\n", "\n");
    assert_eq!(verdict(&verifier, &bare).await, AuthResult::Pass, "a pipe brings bare line ends");
    let below = LETTER.replace("members.example", "choir.town.example");
    assert_eq!(verdict(&verifier, &parent.signed(&below)).await, AuthResult::Pass);
    let twice = parent.signed(&members.signed(LETTER));
    assert_eq!(verdict(&verifier, &twice).await, AuthResult::Pass, "a list signs as well");
}

#[tokio::test(flavor = "multi_thread")]
async fn rsa_signature_passes_in_both_canonical_forms() {
    let record = format!("v=DKIM1; k=rsa; p={RSA_RECORD}");
    let names = Names::serve(&[("one._domainkey.members.example", record.as_str())]).await;
    for form in [Canonicalization::Simple, Canonicalization::Relaxed] {
        let key = RsaKey::<Sha256>::from_key_der(
            PrivateKeyDer::from_pem_slice(RSA_KEY.as_bytes()).unwrap(),
        )
        .unwrap();
        let signer = DkimSigner::from_key(key).domain("members.example").selector("one");
        let signer = signer.headers(["From", "Subject"]);
        let signer = signer.header_canonicalization(form).body_canonicalization(form);
        let signed = format!("{}{LETTER}", signer.sign(LETTER.as_bytes()).unwrap().to_header());
        assert_eq!(verdict(&names.verifier(), &signed).await, AuthResult::Pass, "{form:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn failure_9_what_proves_nothing_is_unknown_and_never_failed() {
    let (members, evil) = (Domain::new("members.example"), Domain::new("evil.example"));
    let revoked = Domain { record: "v=DKIM1; p=".into(), ..Domain::new("revoked.example") };
    let silent = Domain::new("nowhere.example");
    let names = serve(&[&members, &evil, &revoked]).await;
    let verifier = names.verifier();
    let signed = members.signed(LETTER);
    let key = Ed25519Key::from_pkcs8_der(&members.key).unwrap();
    let partly = DkimSigner::from_key(key).domain("members.example").selector("one");
    let partly = partly.headers(["From"]).body_length(true).sign(LETTER.as_bytes()).unwrap();
    let of = |domain: &str| LETTER.replace("members.example", domain);
    for (why, message) in [
        ("no signature", LETTER.to_owned()),
        ("another body", signed.replace("Beamer ist da", "Beamer ist weg")),
        ("a list's footer", format!("{signed}--\r\nliste@lists.example\r\n")),
        ("another author of the domain", signed.replace("anna@", "ute@")),
        ("another subject", signed.replace("Subject: B", "Subject: [liste] B")),
        ("another domain's signature", evil.signed(LETTER)),
        ("an author field above that it does not mean", {
            format!("From: Ute <ute@members.example>\r\n{signed}")
        }),
        ("it does not cover the author", members.signs(LETTER, &["Subject"])),
        ("it covers a part of the body", format!("{}{LETTER}weg\r\n", partly.to_header())),
        ("it covers a body that may be longer", format!("{}{LETTER}", partly.to_header())),
        ("its key is revoked", revoked.signed(&of("revoked.example"))),
        ("no key is published", silent.signed(&of("nowhere.example"))),
        ("it cannot be read", format!("DKIM-Signature: v=1; a=rsa; d=members.example\r\n{LETTER}")),
    ] {
        assert_eq!(verdict(&verifier, &message).await, AuthResult::Unknown, "{why}");
    }
    assert_eq!(verdict(&verifier, &signed).await, AuthResult::Pass, "the rest does not matter");
}

/// A place where questions arrive and no answer leaves.
async fn deaf() -> (UdpSocket, Arc<Verifier>) {
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let verifier = Verifier::new(Resolver::At(socket.local_addr().unwrap()));
    (socket, Arc::new(verifier))
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_signature_cannot_prove_asks_no_name_server() {
    let (socket, verifier) = deaf().await;
    let (members, evil) = (Domain::new("members.example"), Domain::new("evil.example"));
    let signed = members.signed(LETTER);
    let judged = "Authentication-Results: mx.nrw.example; dmarc=fail (p=reject)\r\n";
    let passed = "Authentication-Results: mx.nrw.example; dkim=pass header.d=members.example\r\n";
    for (message, wanted) in [
        (LETTER.to_owned(), AuthResult::Unknown),
        (evil.signed(LETTER), AuthResult::Unknown),
        (format!("{judged}{signed}"), AuthResult::Unknown),
        (format!("{passed}{signed}"), AuthResult::Pass),
        (format!("Auto-Submitted: auto-replied\r\n{signed}"), AuthResult::Unknown),
        (signed.replace("Beamer ist da", "Beamer ist weg"), AuthResult::Unknown),
    ] {
        assert_eq!(verdict(&verifier, &message).await, wanted, "{message}");
    }
    assert!(socket.try_recv(&mut [0; 512]).is_err(), "somebody was asked");
}

#[tokio::test(flavor = "multi_thread")]
async fn silent_name_server_delays_a_mail_by_seconds_and_the_others_not() {
    let (socket, verifier) = deaf().await;
    let signed = Domain::new("members.example").signed(LETTER);
    // All at the same time, as the reader does it: the wait is one, not their sum.
    let three = || async {
        let (one, two, three) = tokio::join!(
            verdict(&verifier, &signed),
            verdict(&verifier, &signed),
            verdict(&verifier, &signed)
        );
        assert_eq!([one, two, three], [AuthResult::Unknown; 3]);
    };
    tokio::time::timeout(WAIT_SPAN * 2, three()).await.unwrap();
    assert!(socket.try_recv(&mut [0; 512]).is_ok(), "the name server was asked");
    // From now on nobody waits, for a minute.
    while socket.try_recv(&mut [0; 512]).is_ok() {}
    let many = async {
        for _ in 0..50 {
            assert_eq!(verdict(&verifier, &signed).await, AuthResult::Unknown);
        }
    };
    many.await;
    assert!(socket.try_recv(&mut [0; 512]).is_err(), "nobody is asked meanwhile");
}

#[tokio::test(flavor = "multi_thread")]
async fn name_server_is_reached_whether_or_not_it_knows_the_name() {
    let names = serve(&[]).await;
    for name in ["nrw.example", "elsewhere.test"] {
        let reached = names.verifier().reach(name).await;
        assert!(reached.is_ok() || name.ends_with(".test"), "{name}: {reached:?}");
    }
    let (_socket, verifier) = deaf().await;
    assert!(verifier.reach("nrw.example").await.is_err());
    assert!(Verifier::none().reach("nrw.example").await.is_err());
}

const ORGANIZATION: &str = r#"
[[person]]
id = "anna"
name = "Anna Muster"
addresses = ["anna@members.example"]
[[queue]]
name = "kontakt"
addresses = ["kontakt@nrw.example"]
[[queue.member]]
person = "anna"
access = "write"
notify = "none"
"#;

async fn deliver(lotse: &Lotse, to: &str, message: &str) {
    let (from, to) = (ReversePath::Unknown, [Address::parse(to).unwrap()]);
    let socket = lotse.path("data/mail.sock");
    let said = lotse::intake::pipe::deliver(&socket, &from, &to, message.as_bytes(), 1 << 20).await;
    assert_eq!(said.exit, 0, "{}", said.sentence);
}

/// Mails of ticket 1 that are not yet decided change nothing: waits until `wanted` holds.
async fn stands(lotse: &Lotse, wanted: &str) {
    crate::parts::wait_for(wanted, Duration::from_secs(30), || {
        (lotse.ticket(1)["status"] == wanted).then_some(())
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn daemon_believes_a_signature_that_it_verified_and_asks_where_there_is_none() {
    let members = Domain::new("members.example");
    let names = serve(&[&members]).await;
    let settings = format!(
        "[site]\nname = \"nrw\"\naddress = \"desk@nrw.example\"\ndispatcher = \"kontakt\"\n\
         control = \"control@nrw.example\"\norganization = \"organization.toml\"\n\
         [submit]\nkind = \"maildir\"\n[authentication]\nresolver = \"{}\"\n",
        names.at
    );
    let lotse = tokio::task::spawn_blocking(move || Lotse::start(&settings, ORGANIZATION));
    let lotse = lotse.await.unwrap();
    let otto = "From: otto@outside.example\r\nSubject: Beamer\r\n\r\nIst er da?\r\n";
    deliver(&lotse, "kontakt@nrw.example", otto).await;
    let line = |id: u8, line: &str| {
        let subject = format!("Subject: {id}");
        LETTER
            .replace("Subject: Beamer", &subject)
            .replace("<1@", &format!("<{id}@"))
            .replace("desk@", "control@")
            .replace("Der Beamer ist da.", line)
    };
    deliver(&lotse, "control@nrw.example", &members.signed(&line(1, "close 1"))).await;
    stands(&lotse, "resolved").await;
    deliver(&lotse, "control@nrw.example", &line(2, "reopen 1")).await;
    deliver(&lotse, "control@nrw.example", &members.signed(&line(3, "retitle 1 Saal"))).await;
    crate::parts::wait_for("the third mail", Duration::from_secs(30), || {
        lotse.history(1).contains(&"retitle".to_owned()).then_some(())
    });
    let history = lotse.history(1);
    assert!(history.contains(&"prove".to_owned()), "the unsigned one is asked about: {history:?}");
    assert_eq!(lotse.ticket(1)["status"], "resolved", "and nothing is done");
    let place = |kind: &str| history.iter().position(|known| known == kind);
    assert!(place("prove") < place("retitle"), "mails are decided in their order: {history:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn explained_is_whose_signature_was_verified_here() {
    let members = Domain::new("members.example");
    let names = serve(&[&members]).await;
    let settings = format!(
        "[site]\nname = \"nrw\"\naddress = \"desk@nrw.example\"\ndispatcher = \"kontakt\"\n\
         organization = \"organization.toml\"\n[submit]\nkind = \"maildir\"\n\
         [authentication]\nresolver = \"{}\"\n",
        names.at
    );
    let signed = members.signed(LETTER);
    let spoilt = signed.replace("Beamer ist da", "Beamer ist weg");
    let told = tokio::task::spawn_blocking(move || {
        let mut lotse = Lotse::furnish(&settings, ORGANIZATION);
        let explained = |lotse: &Lotse, message: &str| {
            let file = lotse.path("letter.eml");
            std::fs::write(&file, message).unwrap();
            let words = ["explain", "--to", "kontakt@nrw.example", file.to_str().unwrap()];
            lotse.look(&words).remove(0)
        };
        let all = [&signed, &spoilt, &LETTER.to_owned()];
        let alone = all.map(|message| explained(&lotse, message));
        lotse.serve();
        let by_daemon = all.map(|message| explained(&lotse, message));
        assert_eq!(lotse.tickets(), 0, "nothing is done");
        [alone, by_daemon]
    });
    for [signed, spoilt, bare] in told.await.unwrap() {
        let because = |told: &serde_json::Value| told["sentences"].to_string();
        assert_eq!(signed["author"]["rung"], 1, "{signed}");
        let verified = "a signature of the author's domain was verified here";
        assert!(because(&signed).contains(verified), "{signed}");
        for told in [spoilt, bare] {
            assert_eq!(told["author"]["rung"], 0, "{told}");
            assert!(!because(&told).contains(verified), "{told}");
        }
    }
}
