//! A small world of mail around the real binary: Postfix before and behind it, Dovecot with the
//! mailboxes of everybody who takes part.
//!
//! Deliberately absent: what is written in it (`servers`).

use crate::dovecot::{Dovecot, Wish};
use crate::parts::{free_port, wait_for};
use crate::postfix::{Postfix, Setup, send};
use crate::servers_lotse::{Lotse, PROGRAM};
use crate::servers_reader::{PATIENCE, Reader};

/// The account that lotse reads where it comes by a mailbox.
pub(crate) const DESK: &str = "desk@nrw.example";
/// Who has a mailbox.
const ACCOUNTS: &[&str] = &[
    DESK,
    "otto@outside.example",
    "anna@members.example",
    "bernd@members.example",
    "eva@outside.example",
    "kim@outside.example",
    "shop@outside.example",
    "runde@lists.example",
    "vera@members.example",
    "crew-koeln@provider.example",
    "nele@members.example",
    "ute@provider.example",
    "jo@members.example",
    "tara@members.example",
    "koordination@lists.nrw.example",
];

/// People and queues of every test here.
pub(crate) const ORGANIZATION: &str = r#"
[[person]]
id = "anna"
name = "Anna Muster"
addresses = ["anna@members.example"]
locale = "de"

[[person]]
id = "bernd"
name = "Bernd Beispiel"
addresses = ["bernd@members.example"]
locale = "de"

[[queue]]
name = "kontakt"
title = "Kontakt NRW"
addresses = ["kontakt@nrw.example"]
locale = "de"
[[queue.member]]
person = "anna"
access = "write"
notify = "each"
[[queue.member]]
person = "bernd"
access = "write"
notify = "each"

[[queue]]
name = "vorstand"
addresses = ["vorstand@nrw.example"]
[[queue.member]]
person = "bernd"
access = "write"
notify = "each"
"#;

/// By which door mail comes to lotse.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// Postfix hands it over by LMTP.
    Lmtp,
    /// Postfix leaves it in a mailbox that lotse reads.
    Imap,
}

/// What a test wants otherwise.
#[derive(Debug, Clone, Copy)]
pub(crate) struct World<'a> {
    /// The door.
    pub(crate) way: Way,
    /// Folders are named `INBOX.Done`.
    pub(crate) has_inbox_prefix: bool,
    /// More lines of `[site]`.
    pub(crate) site: &'a str,
    /// More lines of `[submit]`.
    pub(crate) submit: &'a str,
    /// More lines for the `main.cf` of the server behind lotse.
    pub(crate) behind: &'a str,
}

impl Default for World<'_> {
    fn default() -> Self {
        Self { way: Way::Lmtp, has_inbox_prefix: false, site: "", submit: "", behind: "" }
    }
}

/// Where servers listen on 127.0.0.1.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ports {
    /// Where Postfix expects lotse.
    pub(crate) lmtp: u16,
    /// Dovecot.
    pub(crate) imap: u16,
    /// Where lotse hands mail over.
    pub(crate) submit: u16,
}

/// Everything that runs.
#[derive(Debug)]
pub(crate) struct Town {
    /// The daemon; ended first.
    pub(crate) lotse: Lotse,
    /// The server before it: takes mail from the world.
    pub(crate) front: Postfix,
    /// The server behind it: takes mail from lotse, to the world.
    pub(crate) behind: Postfix,
    /// The mailboxes.
    pub(crate) dovecot: Dovecot,
    /// Somebody outside.
    pub(crate) otto: Reader,
    /// A member of kontakt.
    pub(crate) anna: Reader,
    /// Another.
    pub(crate) bernd: Reader,
}

impl Town {
    /// Starts everything; `behind` is told where Postfix takes mail from lotse, and returns where
    /// lotse shall hand it over.
    pub(crate) fn start(world: &World<'_>, behind: impl FnOnce(u16) -> u16) -> Self {
        Self::start_around(world, behind, |ports| {
            let mut lotse = Lotse::furnish(&settings(world, ports), ORGANIZATION);
            std::fs::write(lotse.path("imap.password"), crate::dovecot::PASSWORD).unwrap();
            lotse.serve();
            lotse
        })
    }

    /// The same around a daemon that `serve` starts.
    pub(crate) fn start_around(
        world: &World<'_>,
        behind: impl FnOnce(u16) -> u16,
        serve: impl FnOnce(&Ports) -> Lotse,
    ) -> Self {
        let dovecot = dovecot(&Wish {
            accounts: ACCOUNTS,
            has_inbox_prefix: world.has_inbox_prefix,
            ..Wish::default()
        });
        let lmtp_port = free_port();
        let front = front(world.way, lmtp_port, dovecot.lmtp_port);
        let last = postfix_behind(world, front.smtp_port, dovecot.lmtp_port);
        let submit = behind(last.submit_port);
        let lotse = serve(&Ports { lmtp: lmtp_port, imap: dovecot.port, submit });
        let town = Self {
            otto: Reader::new("Otto Normal", "otto@outside.example", dovecot.port),
            anna: Reader::new("Anna Muster", "anna@members.example", dovecot.port),
            bernd: Reader::new("Bernd Beispiel", "bernd@members.example", dovecot.port),
            lotse,
            front,
            behind: last,
            dovecot,
        };
        if world.way == Way::Imap && town.lotse.is_running() {
            wait_for("the mailbox", PATIENCE, || {
                town.lotse.log().contains("first contact").then_some(())
            });
        }
        town
    }

    /// Hands a mail to the server of its author.
    pub(crate) fn post(&self, from: &str, to: &str, mail: &str) {
        let answer = send(self.front.smtp_port, from, to, mail);
        assert!(answer.starts_with("250 "), "{answer}\n{}", self.front.log());
    }
}

/// Dovecot, started from a test that is not asynchronous.
pub(crate) fn dovecot(wish: &Wish) -> Dovecot {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(Dovecot::start(wish))
}

/// The site's server for what comes in. Nothing leaves the site by it.
fn front(way: Way, lmtp_port: u16, mailbox_port: u16) -> Postfix {
    let mut lines = "default_transport = error:this server only takes mail in\n".to_owned();
    if way == Way::Imap {
        // A hoster: every address of the domain ends in one mailbox, which says for whom it was.
        lines += &format!(
            "transport_maps =\nmailbox_destination_recipient_limit = 1\n\
             relay_transport = mailbox:inet:127.0.0.1:{mailbox_port}\n\
             virtual_alias_maps = inline:{{ {{ kontakt@nrw.example = {DESK} }}, \
             {{ vorstand@nrw.example = {DESK} }} }}\n"
        );
    }
    Postfix::start(&Setup {
        lmtp_port,
        program: PROGRAM,
        config: "/etc/lotse/lotse.toml",
        lines: &lines,
        ..Setup::default()
    })
}

/// The server that takes mail from lotse: to the mailboxes of the world, and back to the site's
/// own server, under another name.
fn postfix_behind(world: &World<'_>, front_port: u16, mailbox_port: u16) -> Postfix {
    let lines = format!(
        "myhostname = out.hoster.example\nrelay_domains =\nrecipient_delimiter =\n\
         transport_maps = inline:{{ {{ nrw.example = smtp:[127.0.0.1]:{front_port} }} }}\n\
         default_transport = lmtp:inet:127.0.0.1:{mailbox_port}\n{}",
        world.behind
    );
    Postfix::start(&Setup {
        lmtp_port: front_port,
        program: PROGRAM,
        config: "/etc/lotse/lotse.toml",
        lines: &lines,
        ..Setup::default()
    })
}

/// The settings of lotse in such a world.
pub(crate) fn settings(world: &World<'_>, ports: &Ports) -> String {
    let Ports { lmtp: lmtp_port, imap: imap_port, submit: submit_port } = *ports;
    let door = match world.way {
        Way::Lmtp => format!("kind = \"lmtp\"\nlisten = \"127.0.0.1:{lmtp_port}\""),
        Way::Imap => format!(
            "kind = \"imap\"\nhost = \"127.0.0.1\"\nport = {imap_port}\ntls = \"none\"\n\
             user = \"{DESK}\"\npassword_file = \"imap.password\"\npoll_span = \"200 ms\"\n\
             retry_span = \"50 ms\""
        ),
    };
    let (site, submit) = (world.site, world.submit);
    format!(
        "[site]\nname = \"nrw\"\naddress = \"{DESK}\"\ndomains = [\"nrw.example\"]\n\
         dispatcher = \"kontakt\"\nlocale = \"de\"\ntime_zone = \"Europe/Berlin\"\n\
         organization = \"organization.toml\"\n{site}\n\
         [store]\npath = \"data\"\n\n[[door]]\n{door}\n\n\
         [submit]\nkind = \"smtp\"\nhost = \"127.0.0.1\"\nport = {submit_port}\ntls = \"none\"\n\
         {submit}\n\n[authentication]\nresolver = \"none\"\n"
    )
}
