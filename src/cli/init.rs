//! `lotse init`: a folder to begin with: settings, one queue, one person.
//!
//! What the command line does not say is asked, and a plain Enter takes what is proposed.
//! Deliberately absent: writing over anything, and procedures, which `contrib` shows.

use std::fs::{self, OpenOptions};
use std::io::{self, BufRead, Write as _};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use crate::cli::{out, serve};
use crate::types::{Address, Locale};

/// What is known before anything is asked.
#[derive(Debug, Clone, clap::Args)]
pub(super) struct Known {
    /// The address that people write to
    #[arg(long, value_name = "ADDRESS")]
    address: Option<String>,
    /// Who reads and answers that mail first; more people are added in organization.toml
    #[arg(long, value_name = "ADDRESS")]
    admin: Option<String>,
    /// That person's name
    #[arg(long)]
    name: Option<String>,
    /// de, en, fi or sv
    #[arg(long)]
    locale: Option<String>,
    /// A mail server hands mail over here: 127.0.0.1:2424 or unix:lmtp.sock
    #[arg(long, value_name = "LISTEN", conflicts_with = "imap")]
    lmtp: Option<String>,
    /// Mail is fetched from a mailbox at this server
    #[arg(long, value_name = "HOST")]
    imap: Option<String>,
    /// The login of that mailbox
    #[arg(long, requires = "imap")]
    user: Option<String>,
    /// lotse's own address, from which reply addresses are made; desk@ of the same domain
    #[arg(long, value_name = "ADDRESS")]
    own: Option<String>,
}

/// What stands in the files.
struct Plan {
    address: Address,
    own: Address,
    admin: Address,
    name: String,
    locale: Locale,
    door: Door,
}

enum Door {
    Lmtp(String),
    Imap { host: String, user: String },
}

/// The listener that a mail server finds where nothing else is said.
const LISTEN: &str = "127.0.0.1:2424";

/// `lotse init`
pub(super) async fn run(folder: &Path, known: Known) -> u8 {
    let names = ["lotse.toml", "organization.toml", "imap.password"];
    let there = names.iter().map(|name| folder.join(name)).find(|path| path.exists());
    if let Some(path) = there {
        let path = path.display();
        return out::refuse(1, &format!("{path} is there already; nothing was written"));
    }
    let plan = match ask(known, &mut io::stdin().lock()) {
        Ok(plan) => plan,
        Err(sentence) => return out::refuse(1, &format!("{sentence}; nothing was written")),
    };
    if let Err(error) = write(folder, &plan) {
        return out::refuse(1, &format!("{}: {error}", folder.display()));
    }
    let settings = folder.join("lotse.toml");
    let code = serve::check(&settings, None).await;
    if code == 0 {
        next_steps(&plan, &settings);
    }
    code
}

fn next_steps(plan: &Plan, settings: &Path) {
    let config = settings.display();
    if let Door::Imap { .. } = plan.door {
        let password = settings.with_file_name("imap.password");
        out::line(&format!("Write the password of the mailbox into {}.", password.display()));
    }
    out::line(&format!("Begin: lotse serve --config {config}"));
    out::line("Nothing leaves the machine before [submit] in lotse.toml says how.");
}

/// The answer to a question: known, or asked; what is proposed for an empty line.
fn answer(
    known: Option<String>,
    (question, flag): (&str, &str),
    proposed: Option<&str>,
    input: &mut impl BufRead,
) -> Result<String, String> {
    if let Some(known) = known {
        return Ok(known);
    }
    let shown = proposed.map(|proposed| format!(" [{proposed}]")).unwrap_or_default();
    out::text(&format!("{question}{shown}: "));
    let flush = io::stdout().flush();
    let mut line = String::new();
    let read = flush.and_then(|()| input.read_line(&mut line));
    let read = read.map_err(|error| error.to_string())?;
    let said = line.trim();
    match proposed.filter(|_| said.is_empty()) {
        Some(proposed) => Ok(proposed.to_owned()),
        None if read == 0 || said.is_empty() => Err(format!("{flag} is needed")),
        None => Ok(said.to_owned()),
    }
}

fn address(said: &str, flag: &str) -> Result<Address, String> {
    Address::parse(said).map_err(|error| format!("{flag}: `{said}` is no address: {error}"))
}

fn ask(known: Known, input: &mut impl BufRead) -> Result<Plan, String> {
    let question = ("Which address do people write to", "--address");
    let wanted = address(&answer(known.address, question, None, input)?, "--address")?;
    let question = ("Who reads and answers that mail first: an own address", "--admin");
    let admin = address(&answer(known.admin, question, None, input)?, "--admin")?;
    let proposed = capital(admin.local());
    let name = answer(known.name, ("And the name", "--name"), Some(&proposed), input)?;
    let question = ("Language of the mails: de, en, fi or sv", "--locale");
    let locale = answer(known.locale, question, Some("en"), input)?;
    let locale = Locale::find(&locale)
        .ok_or_else(|| format!("--locale: `{locale}` is none of de, en, fi, sv"))?;
    let door = match (known.lmtp, known.imap) {
        (Some(listen), _) => Door::Lmtp(listen),
        (None, Some(host)) => imap(host, known.user, input)?,
        (None, None) => {
            let question = (
                "How does mail come in: \"lmtp\" from a mail server on this machine, or the name \
                 of the IMAP server that keeps the mailbox",
                "--lmtp or --imap",
            );
            let said = answer(None, question, Some("lmtp"), input)?;
            if said == "lmtp" {
                Door::Lmtp(LISTEN.to_owned())
            } else {
                imap(said, known.user, input)?
            }
        }
    };
    let own = match known.own {
        Some(own) => address(&own, "--own")?,
        None => own_address(&wanted, &door)?,
    };
    if own == wanted || own == admin || wanted == admin {
        return Err("--address, --admin and --own must be three addresses: mail would run in a \
                    circle"
            .to_owned());
    }
    Ok(Plan { address: wanted, own, admin, name, locale, door })
}

fn imap(host: String, user: Option<String>, input: &mut impl BufRead) -> Result<Door, String> {
    let user = answer(user, ("The login of the mailbox", "--user"), None, input)?;
    Ok(Door::Imap { host, user })
}

/// The mailbox itself, where its login is an address; else desk@ of the same domain.
fn own_address(wanted: &Address, door: &Door) -> Result<Address, String> {
    if let Door::Imap { user, .. } = door
        && let Some(mailbox) = Address::parse(user).ok().filter(|mailbox| mailbox != wanted)
    {
        return Ok(mailbox);
    }
    address(&format!("desk@{}", wanted.domain()), "--own")
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// A word that may be a name in settings: small letters, digits and hyphens.
fn word(text: &str) -> String {
    let kept = text.chars().map(|letter| match letter.to_ascii_lowercase() {
        letter @ ('a'..='z' | '0'..='9') => letter,
        _ => '-',
    });
    let kept: String = kept.collect();
    let kept = kept.trim_matches('-');
    if kept.is_empty() { "mail".to_owned() } else { kept.to_owned() }
}

fn write(folder: &Path, plan: &Plan) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    write_new(&folder.join("organization.toml"), &organization(plan), 0o644)?;
    if let Door::Imap { .. } = plan.door {
        write_new(&folder.join("imap.password"), "", 0o600)?;
    }
    write_new(&folder.join("lotse.toml"), &settings(plan), 0o644)
}

fn write_new(path: &PathBuf, text: &str, mode: u32) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(path)?;
    file.write_all(text.as_bytes())
}

/// A text in quotation marks of TOML.
fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

fn settings(plan: &Plan) -> String {
    let domain = plan.address.domain();
    let site = word(domain.split('.').next().unwrap_or_default());
    let zone = jiff::tz::TimeZone::system();
    let zone = zone.iana_name().unwrap_or("UTC");
    let queue = word(plan.address.local());
    let door = match &plan.door {
        Door::Lmtp(listen) => format!(
            "# Mail comes from a mail server by LMTP; contrib/postfix shows one.\n[[door]]\n\
             kind = \"lmtp\"\nlisten = {}\n",
            quoted(listen)
        ),
        Door::Imap { host, user } => format!(
            "# Mail is fetched from this mailbox. What lies there at first contact stays where it \
             is.\n[[door]]\nkind = \"imap\"\nhost = {}\nuser = {}\n\
             password_file = \"imap.password\"     # its first line\n",
            quoted(host),
            quoted(user)
        ),
    };
    format!(
        "# Where mail comes in and how it leaves. Every setting: contrib/lotse.toml.\n\n[site]\n\
         # Subjects get the tag [{site} #17].\nname = \"{site}\"\n\
         # lotse's own mailbox. Answers come back to it with a key: \
         {own_local}+17.key@{own_domain}.\n\
         address = {own}\n\
         # What stands before the key; \"\" where the mail server knows no such addresses.\n\
         separator = \"+\"\n\
         # The queue for mail that fits nowhere.\ndispatcher = \"{queue}\"\n\
         # The language where nothing says another: de, en, fi, sv.\nlocale = \"{locale}\"\n\
         # Where days begin and end.\ntime_zone = \"{zone}\"\n\
         # People and queues, loaded at the first start; later changes: lotse apply.\n\
         organization = \"organization.toml\"\n\n[store]\npath = \"data\"\n\n{door}\n\
         # A rehearsal: mail is written into this folder, and nothing leaves the machine.\n\
         # To go live: kind = \"smtp\", host, port and tls, then lotse check --live.\n\
         [submit]\nkind = \"maildir\"\npath = \"outgoing\"\n",
        own = quoted(plan.own.as_str()),
        own_local = plan.own.local(),
        own_domain = plan.own.domain(),
        locale = plan.locale,
    )
}

fn organization(plan: &Plan) -> String {
    let (queue, person) = (word(plan.address.local()), word(plan.admin.local()));
    format!(
        "# Who works here, and on what. Loaded at the first start; later changes: lotse apply.\n\n\
         [[person]]\nid = \"{person}\"\nname = {name}\naddresses = [{admin}]\n\
         locale = \"{locale}\"\n\n\
         # What people write to. Another queue: one more block like this, with its own address.\n\
         [[queue]]\nname = \"{queue}\"\n# The name that people outside read.\ntitle = {title}\n\
         addresses = [{address}]\n\n\
         # Who works in it: \"write\" answers, \"read\" only reads. One block for each person.\n\
         [[queue.member]]\nperson = \"{person}\"\naccess = \"write\"\n",
        name = quoted(&plan.name),
        admin = quoted(plan.admin.as_str()),
        locale = plan.locale,
        title = quoted(&capital(plan.address.local())),
        address = quoted(plan.address.as_str()),
    )
}
