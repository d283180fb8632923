//! lotse brings mail to the people who must act on it: a ticketing daemon worked by mail alone.
//!
//! This page is for developers; the README is for users. Read it, then `daemon/decider` (the loop),
//! `ticket/receive` (what a mail leads to) and one scenario or test of the part you change.
//! Size: the map names every file once.
//!
//! # Layers
//!
//! ```text
//! types < mail < desk < ticket < notice < { intake | store | submit } < config < daemon < cli
//! '---------------- pure --------------'  '---------- edges ---------'  '------- shell --------'
//! ```
//!
//! A module uses only what stands to its left; the three edges do not know each other. The pure
//! layers have no clock, files, network, threads, async or log: time, randomness and order are
//! arguments, so the same input gives the same mail, in a test as on a server.
//!
//! # The life of a message
//!
//! ```text
//!   LMTP  pipe  IMAP                                          maildir  SMTP  sendmail
//!     \    |    /     intake                          submit       \    |    /
//!      accept          daemon/spool                                 outbox   daemon/outbox
//!        |                                                             ^
//!     archive          store/archive: synced, then "250"               |
//!        |                                                             |
//!      parse           mail/parse: never fails, lists defects       notice   words for a matter
//!        |                                                             ^
//!    look up           daemon/ledger: what the decision asks for       |
//!        |                                                             |
//!     decide  -------> effects: history, timers, outbox rows, seen -> one batch, durable
//!   ticket/decide                                                   daemon/ledger, store
//! ```
//!
//! 1. A door hands bytes and envelope to `Spool::accept`. It says yes (250, exit 0, moved) only
//!    after the archive is synced. Whatever happens later, the message is there.
//! 2. The reader parses ahead of the decider, in the order of the archive.
//! 3. `ticket::decide` is asked with a `Case`. What it misses it names as `Missing`; the ledger
//!    looks it up and asks again. Nothing is read from inside a decision.
//! 4. Its effects become one batch through the view (store plus what is handed over and not yet
//!    durable), so that the next decision never waits for the disk.
//! 5. Once the batch is durable the outbox renders each row and submits it, under a Message-ID
//!    that stays the same however often it is tried.
//! 6. Timers are rows too: what is due is an event like a mail.
//!
//! # Laws, and what is deliberately absent
//!
//! - One function decides. Doors, store and outbox contain no rule about tickets.
//! - One event is one batch, committed whole or not at all; mail leaves afterwards.
//! - Only `daemon/clock` reads the clock.
//! - Hostile input is no error: parsing gives a message and a list of defects, always.
//! - What a person did wrong becomes a sentence to that person; what we did wrong becomes a log
//!   line and exit 75, never mail to who wrote.
//! - No automatic answer to automatic mail, a null reverse-path or ourselves.
//! - A failed write or sync poisons archive and store: the process ends and starts anew.
//! - Words are referred to by message and lines, not copied into records.
//! - Declared once: keywords, texts, settings, commands stand in one table each; help, README and
//!   checks are made from it.
//! - Absent: a web page, a scripting language, plug-ins, a spam filter, mailboxes, `unsafe`.
//!
//! `tests/all/tidy.rs` keeps layers, sizes, heads and words.
//!
//! # How to add
//!
//! - **a keyword**: one entry and one function in its family's file below `ticket/command`, a
//!   scenario, then `UPDATE=1 cargo test --test all -- scenario readme`, which writes its
//!   transcript: read that. Help, the answer to an unknown word and the README's table are made of
//!   the entry. New state needs a variant of `ticket::state::Change` too; the compiler names the
//!   rest.
//! - **a text**: `templates/LANGUAGE/NAME.txt` in every language and a line in `notice/matrix`; one
//!   that is missing, unused or cannot be filled fails the test.
//! - **a door**: a file in `intake` that ends at `Spool::accept`, and a variant of `config::Door`
//!   opened by `daemon/serve`. A way out: a file in `submit` and a variant of its `Kind`.
//! - **a store**: a file in `store` that implements `Engine`, a variant of `EngineKind`; the
//!   contract suite (`tests/all/store`) runs over every one.
//! - **a setting**: a field of its edge's settings, with a line in `contrib/lotse.toml`.
//! - **a procedure**: no Rust; one TOML file.
//!
//! # The map
//!
//! <!-- map: made by tests/all/readme.rs -->
//! - `cli`: The command line: one file per family of commands; it prints, and asks the core nothing
//!   that a mail could not ask.
//! - `cli/demo`: `lotse demo`: some days of an organization, played with a real daemon in a folder
//!   of its own.
//! - `cli/demo/letter`: Mails as the people of the story write them, and answers as their programs
//!   make them.
//! - `cli/demo/postman`: A mail server's hand: carries one message to the daemon by LMTP (RFC 2033)
//!   over TCP.
//! - `cli/demo/site`: The played site: its folder, its daemon as a process of its own, its moved
//!   clock, its mail.
//! - `cli/demo/story`: What is played: some days at kontakt@, in German and in English, and a
//!   request for a key.
//! - `cli/demo/transcript`: The transcript: who wrote what to whom and why, for a reader at a
//!   terminal of 80 columns.
//! - `cli/erase`: `lotse erase`: shows what it would do, asks, has it done by the daemon or without
//!   one.
//! - `cli/explain`: `lotse explain`: what would happen to a message now, without doing it.
//! - `cli/init`: `lotse init`: a folder to begin with: settings, one queue, one person.
//! - `cli/inspect`: `lotse inspect`: what is understood of a message, without settings.
//! - `cli/keep`: Commands that keep the store: `rebuild`, `store copy`, `backup`, `restore`,
//!   `secret rotate`.
//! - `cli/live`: `lotse check --live`: logs in at every door and way out, sends probes, waits for
//!   them.
//! - `cli/looks`: Commands that look at what a daemon, or the store of one that does not run,
//!   holds.
//! - `cli/out`: What is printed: plain lines, aligned tables, JSON; a reader that went away is no
//!   error.
//! - `cli/serve`: `serve`, `deliver`, `check`.
//! - `cli/simulate`: `lotse simulate`: a conversation played with a moved clock, against a store
//!   that is thrown away.
//! - `config`: `lotse.toml`: the settings that each edge declares for itself, composed; all
//!   problems at once.
//! - `config/authentication`: The section `[authentication]`: whose verdicts are believed, and how
//!   much proof is needed.
//! - `config/canned`: The files of canned answers: `answers/QUEUE/NAME.LANGUAGE.txt` in the folder
//!   of templates.
//! - `config/circles`: Failure 5: copies of mail and announcements that would come back to us.
//! - `config/meetings`: The `[[meeting]]` and `[[liaison]]` tables of `lotse.toml`, checked.
//! - `config/places`: Settings that name queues and people, beside the register.
//! - `config/playbook`: The files of playbooks, read from the folder of the settings.
//! - `config/problem`: Problems of the settings: collected over all files, each with its file, line
//!   and remedy.
//! - `config/rule_text`: The files of rule texts, read beside the organization's file.
//! - `config/secrets`: `secrets.toml` in the data folder: made at first start, mode 0600, never
//!   logged.
//! - `config/source`: A TOML file read for people who make mistakes: every mistake of form at once,
//!   and the line that a sentence is about.
//! - `config/written`: The settings as they are written, flat: what a later start compares with.
//! - `daemon`: The loop: event, look up, decide, commit; and everything around it that touches the
//!   world.
//! - `daemon/ahead`: What a message's decision needs first, looked up before its turn comes, by
//!   whoever has time.
//! - `daemon/alive`: What was heard up to when, over restarts: what nobody listened to must not
//!   count as silence.
//! - `daemon/allowance`: What the outbox may hand to the way out now: counts and refusals, shared
//!   by all that leaves.
//! - `daemon/alone`: A message read in a process of its own, because it may have ended ours (design
//!   section 2).
//! - `daemon/casework`: One event from its look-ups to its batch: what the daemon, a dry run and
//!   the simulation share.
//! - `daemon/clock`: The one place that reads the clock; or a clock that stands still until it is
//!   moved.
//! - `daemon/control`: The socket for administrators: who may open it may look at everything (mode
//!   0600).
//! - `daemon/course`: The course of a request in sentences, for who explains a message or plays a
//!   scenario.
//! - `daemon/decider`: The only task that decides: one event after the other, each one batch, never
//!   waiting for a disk in between.
//! - `daemon/due`: Timers whose time has come: which of them fire now, and when the next does.
//! - `daemon/erase`: Erasing a person or a ticket for good (design section 10): what it would do,
//!   and doing it.
//! - `daemon/erase/mask`: What others wrote, without the words that are erased: what they quoted of
//!   them goes, and names.
//! - `daemon/erase/records`: Every record of the store as it reads after an erasure, family by
//!   family.
//! - `daemon/erase/survey`: What an erasure concerns, found before anything is done: tickets,
//!   messages, words.
//! - `daemon/erase/words`: The words that are erased, and how a text or record reads without them.
//! - `daemon/errand`: Errands: work that reads more than a decision may, done once the batch that
//!   asks for it is durable; what came of it goes to the decider.
//! - `daemon/explain`: What would happen to a message now, in sentences, without doing it.
//! - `daemon/export`: Everything that is kept about one person, for who asks to see it: mbox and
//!   JSON.
//! - `daemon/kept`: Procedures that changed while requests of theirs run: each request keeps the
//!   text that it began with, and whoever changes a procedure reads how many do.
//! - `daemon/ledger`: The books: looks up what a decision needs, and writes what follows as one
//!   batch.
//! - `daemon/look`: What an administrator may look at: one short answer for each request.
//! - `daemon/marker`: Which messages are being decided, noted where the end of the process does not
//!   take it along (design section 2).
//! - `daemon/outbox`: Rows of the outbox leave from here, once the batch that made them is durable.
//! - `daemon/pool`: A fixed number of threads for work that wants a processor, and rarely waits for
//!   anything.
//! - `daemon/postbag`: How many mails a play sends to whom: what a setting costs its people, before
//!   it costs them.
//! - `daemon/probe`: Mails of lotse to itself: which are sent, and what it means how they come
//!   back, or do not.
//! - `daemon/program`: Programs that requests start: the facts as JSON on stdin, the argv as it is,
//!   never a shell.
//! - `daemon/progress`: How far the daemon has come, for whoever waits for it.
//! - `daemon/reader`: Accepted messages in the order of the archive, parsed ahead of the decider on
//!   other cores.
//! - `daemon/recipients`: The addresses that doors may take, kept in a small file beside the store.
//! - `daemon/records`: Which records there are, under which keys: the one place that knows both.
//! - `daemon/registers`: Registers derived from live data: who there is, what they belong to, what
//!   they agreed to.
//! - `daemon/rehearse`: Plays a scenario: the real daemon over a throw-away store, with a clock
//!   that is moved.
//! - `daemon/running`: A running daemon as others see it: asked, told, waited for, ended.
//! - `daemon/scenario`: Conversations as text: blocks `## at TIME from <..> to <..>`, each with a
//!   raw message; `signed` behind them says that the author's domain signed it.
//! - `daemon/seal`: Sealing histories and checking them: the site's root, kept without a walk for
//!   each message.
//! - `daemon/seal/kept`: What an erasure leaves of sealed histories, so that the chain stays whole
//!   without what it hid.
//! - `daemon/search`: Keeps the search index behind the decider, and answers what is looked for.
//! - `daemon/serve`: The parts of a daemon, opened in the right order, put together and watched.
//! - `daemon/settling`: Batches on their way to the disk, awaited in the order in which they were
//!   handed over.
//! - `daemon/sheet`: The outbox in the books: sheets of rows, written once, and how their rows
//!   stand.
//! - `daemon/spool`: Where every door ends: envelope and bytes into the archive, durable before the
//!   answer.
//! - `daemon/tallies`: The places where tickets wait and the counts of them, kept in the batch of
//!   each change.
//! - `daemon/texts`: Words of accepted messages, read from the archive when a notice needs them.
//! - `daemon/verify`: DKIM signatures (RFC 6376) of the author's domain, verified ahead of the
//!   decider.
//! - `desk`: Who and what there is: the site, its people and queues, who may do what.
//! - `desk/account`: What a site runs with, in rows that can be compared: version, settings,
//!   addresses, promises, procedures, rule texts; and in what two of them differ (000-07).
//! - `desk/breach`: Breaches of the rules of use: warnings, notes and suspensions, with the rule
//!   that held that day (000-08).
//! - `desk/calendar`: When people work: hours by weekday, holidays, pauses; and counting in them.
//! - `desk/canned`: Canned answers: texts that a queue sends again and again, by name and language.
//! - `desk/consent`: Consents: who agreed to which rule text, when, in which mail, proven how
//!   (000-14, 000-26).
//! - `desk/declaration`: Declarations: who gave which signed paper, and who keeps the original
//!   (000-21, 000-22).
//! - `desk/digest`: When a person gets a digest, and of what: the choices that stand beside the
//!   person's name.
//! - `desk/fact`: Facts as a procedure declares them: what must be known, of which type, under
//!   which labels.
//! - `desk/holiday`: Public holidays of the sixteen German states, Finland and Sweden, by rule.
//! - `desk/labels`: Labels of facts as they are compared: folded once for each procedure, however
//!   many mails are read against it.
//! - `desk/liaison`: Liaison tasks: what one team asks another again and again, so that they stay
//!   in touch (000-06).
//! - `desk/listing`: The rows of registers, derived from live data: who there is, what they belong
//!   to, what they agreed to.
//! - `desk/meeting`: Meetings of a site: who meets, when, who leads, and how long before the agenda
//!   goes out.
//! - `desk/member`: Somebody in a queue: what he may do there, and what he is told at once.
//! - `desk/organization`: `organization.toml`: people, units, queues, roles and rule texts for an
//!   empty register, and what differs later.
//! - `desk/passage`: Whether a request comes through: every step is reached, everything waited for
//!   is asked of somebody, and nothing begins anew by itself.
//! - `desk/procedure`: Procedures as they are declared: facts that are needed and steps that
//!   follow.
//! - `desk/proofs`: What a procedure says of evidence, consents and co-signatures, checked beside
//!   the register.
//! - `desk/readership`: Who may read which rows of a register.
//! - `desk/register`: The register: people, units, queues, memberships, rule texts, consents.
//! - `desk/renewal`: Renewals: a new version of a rule text asks everybody concerned for consent
//!   again (000-09).
//! - `desk/resting`: Places in queues that rest for a while, and come back: for consents that did
//!   not come, and for suspensions.
//! - `desk/role`: Roles as data: what they are called, and what who has one may do.
//! - `desk/rule_text`: Rule texts with versions: what people agree to (000-09).
//! - `desk/site`: The settings of a site that decisions and notices read.
//! - `desk/soundness`: Whether the steps of a procedure can be done: each names people, queues and
//!   facts that are there, and has its texts.
//! - `desk/speech`: Whether a procedure says everything in each language that it speaks: those of
//!   its title, and the site's.
//! - `desk/step`: The steps of a procedure as they are declared, who does them, and how long they
//!   may take.
//! - `desk/table`: Registers as tables: which there are, and which columns each has.
//! - `desk/unit`: Units: areas, teams, parishes, crews; a tree, with who speaks for each and until
//!   when.
//! - `desk/vote`: Votes by mail as they are declared.
//! - `intake`: Ways in.
//! - `intake/data`: The bytes between DATA and the line with the single dot (RFC 5321 section
//!   4.5.2).
//! - `intake/imap`: The IMAP door: reads a mailbox, moves what was taken, watches for more.
//! - `intake/imap_answer`: Questions and answers of the IMAP dialog, one at a time.
//! - `intake/imap_connect`: The way to a session: TCP, TLS, greeting, login.
//! - `intake/imap_envelope`: What a mailbox still knows of the envelope: the header fields that
//!   deliverers left on top.
//! - `intake/imap_error`: Why a connection ended, in words for the log: never a mail's content,
//!   never a password.
//! - `intake/imap_health`: How a door is, for whoever watches it.
//! - `intake/imap_junk`: The junk folder: read and left as it is; what carries a key of ours is
//!   taken.
//! - `intake/imap_name`: Mailbox names as they travel: modified UTF-7 (RFC 3501 section 5.1.3).
//! - `intake/imap_session`: One connection to an IMAP server: opened, logged in, asked with a
//!   deadline for every answer.
//! - `intake/imap_settings`: The settings of an IMAP door, and every problem that can be seen
//!   without a server.
//! - `intake/imap_state`: What a door remembers of a folder between two starts.
//! - `intake/imap_survey`: A look at a mailbox before a door is opened for good: what is there, and
//!   what comes meanwhile.
//! - `intake/imap_take`: One look at the folder: what waits is fetched, accepted, and only then
//!   moved away.
//! - `intake/lmtp`: The LMTP door: listens, and carries octets between connections, sessions and
//!   the spool.
//! - `intake/lmtp_listen`: Where LMTP connections come from: a TCP port or a Unix socket with its
//!   group and mode.
//! - `intake/lmtp_reply`: Every answer of the LMTP door: reply code (RFC 5321), status code (RFC
//!   3463), words.
//! - `intake/lmtp_session`: One LMTP session (RFC 2033) as a state machine: octets in, answers and
//!   wishes out.
//! - `intake/pipe`: The pipe door's outer half: one message from standard input to the running
//!   daemon.
//! - `mail`: RFC 5322 bytes to values and back.
//! - `mail/answered`: Our own text found again in an answer, whatever the program did to it.
//! - `mail/attribution`: Attribution lines: "On .. wrote:" in the languages that mail programs
//!   speak.
//! - `mail/attribution/words`: Words of attribution lines in many languages.
//! - `mail/authres`: Authentication-Results (RFC 8601) of the servers that the site trusts.
//! - `mail/automatic`: Whether a person or a machine wrote a message (RFC 3834), and whether a
//!   machine may answer it.
//! - `mail/blame`: Whom a delivery report in words is about.
//! - `mail/body`: What of a message's parts is its text, its HTML, and what is attached.
//! - `mail/card`: Calendar entries (RFC 5545) and business cards (RFC 6350) in one line each.
//! - `mail/challenge`: Answers of programs that only words betray: challenges, absences told in the
//!   text, reactions.
//! - `mail/charset`: Octets to text, whatever their label says.
//! - `mail/compose`: Outgoing messages: values to RFC 5322 bytes.
//! - `mail/dsn`: Delivery reports (RFC 3464, RFC 6522, RFC 3463, RFC 6533).
//! - `mail/field`: Values of header fields: text (RFC 2047), parameters (RFC 2231), mailboxes,
//!   Message-IDs, dates.
//! - `mail/flowed`: Paragraphs of `format=flowed` (RFC 3676) in one line each.
//! - `mail/glance`: What can be said of a message that nobody could read: who seems to write, of
//!   what, the first words.
//! - `mail/header`: A block of header fields, cut out of octets (RFC 5322 section 2.2).
//! - `mail/history`: Where unmarked history begins: header blocks as Outlook writes them, and its
//!   separators.
//! - `mail/history/names`: What header lines, messages and the line above which to answer are
//!   called, in many languages.
//! - `mail/html`: HTML of strangers: to readable text, and nothing else.
//! - `mail/html/role`: What an element of HTML is to a reader: hidden, quoted, history, a
//!   signature, or plain.
//! - `mail/html/tables`: Tables: rows of short cells become lines with columns, all others are read
//!   cell by cell.
//! - `mail/html/text`: A tree of HTML as lines that a person reads and `quote` takes apart.
//! - `mail/html/tree`: HTML of strangers as a tree of elements and texts, whatever is broken in it.
//! - `mail/language`: In which language a text is written, if it says enough.
//! - `mail/list`: The mailing list that carried a message (RFC 2369, RFC 2919), and what it did to
//!   the author.
//! - `mail/oldbounce`: Delivery reports in words: qmail (QSBMF), Postfix, Exim, Exchange, Gmail and
//!   their kin.
//! - `mail/opaque`: Texts inside signatures: opaque S/MIME (RFC 8551 section 3.5.2) and
//!   clear-signed OpenPGP (RFC 9580 section 7).
//! - `mail/original`: A message as it came, for a reader who doubts what was understood of it.
//! - `mail/parse`: Bytes to a `Message`: never fails, lists defects.
//! - `mail/part`: The tree of a message's parts (RFC 2046), cut out of its octets without copying
//!   them.
//! - `mail/phrases`: Subjects that machines write, in many languages.
//! - `mail/quote`: What is new in an answer, and what is quoted, attributed, signed or old.
//! - `mail/servertalk`: Words of mail servers about delivery, in many languages, found in one pass.
//! - `mail/servertalk/words`: The words of mail servers, by what they tell, written as texts are
//!   compared: small letters, no accents.
//! - `mail/signature`: Signatures: below `-- `, below a rule, a phone's advertisement, a plain
//!   block of name and number.
//! - `mail/signature/words`: Words of signatures, phones' lines and disclaimers in the languages
//!   that programs speak.
//! - `mail/subject`: Subjects: tags, and prefixes of replies and forwards in many languages.
//! - `mail/tnef`: What a `winmail.dat` holds: the files and the text that Outlook hid in it
//!   (MS-OXTNEF).
//! - `mail/transfer`: Content transfer encodings (RFC 2045 section 6), read forgivingly and written
//!   readably.
//! - `notice`: From what a notice is about to the mail that says so, in the reader's language.
//! - `notice/breaches`: The slots of mails about breaches of the rules: to their person, and to the
//!   coordinators.
//! - `notice/changes`: What the template of change notices may name.
//! - `notice/chart`: The chart of a digest: what was open, and what came and went, week by week.
//! - `notice/check`: The checks of the templates that Handlebars leaves undone.
//! - `notice/csv`: Tables as comma-separated values (RFC 4180), harmless in a table program.
//! - `notice/date`: Dates as people say them in each language, in the site's zone.
//! - `notice/digest`: What the template of digests may name.
//! - `notice/digest_files`: What goes along with a digest: its numbers as tables, its deadlines for
//!   a calendar.
//! - `notice/duties`: The slots of notices that ask for a decision or for work, and say what became
//!   of it.
//! - `notice/head`: The head of a notice: who it is from, where answers go, its subject, its
//!   fields, its buttons.
//! - `notice/help`: The slot of the help: the keywords that its reader may use.
//! - `notice/html`: The blocks of a page as HTML: the same words in the same order, every one
//!   escaped.
//! - `notice/ics`: Dates for a reader's calendar (RFC 5545), published (RFC 5546 section 3.2.1), no
//!   invitation.
//! - `notice/matrix`: Which mail carries what: one line for every matter, so that a new one breaks
//!   the table.
//! - `notice/meeting`: What the templates of meetings and votes may name.
//! - `notice/outcome`: What became of a keyword line: one short sentence a kind and language.
//! - `notice/outcome/aside`: What a result says of a line besides what became of it: how the ticket
//!   stands again, what left, and that it was only tried.
//! - `notice/outcome/english`: What became of a keyword line, in English.
//! - `notice/outcome/finnish`: What became of a keyword line, in Finnish.
//! - `notice/outcome/german`: What became of a keyword line, in German.
//! - `notice/outcome/swedish`: What became of a keyword line, in Swedish.
//! - `notice/page`: A rendered template as blocks, and the blocks as text of 72 columns.
//! - `notice/practice`: The slots of a practice's mails: what became of a step, and which is next.
//! - `notice/purpose`: What somebody asked for in a reader's name, in the reader's language.
//! - `notice/quarantine`: What the templates of messages that lie aside and of erasing may name,
//!   and what is answered.
//! - `notice/record`: The record of a decision as a file: the same for every reader, with the full
//!   sums.
//! - `notice/registers`: Registers as mails to read on a phone, and the tables that go along.
//! - `notice/registers_words`: The words of registers in each language; tables only.
//! - `notice/requests`: The slots of notices about requests: questions, windows, outcomes, sheets,
//!   explanations.
//! - `notice/sample`: One full and one bare notice of every matter: what each text is filled with
//!   before it is used.
//! - `notice/sample/bare`: The bare samples: every matter with none of its optional parts.
//! - `notice/sample/digest`: The full sample of a digest that tells how things stand.
//! - `notice/sample/duty`: Samples of what those get who are asked for a decision or for work.
//! - `notice/sample/keep`: Samples of what those get who look after the site.
//! - `notice/sample/meeting`: Samples of what meetings and votes send.
//! - `notice/sample/register`: Samples of registers: each with full and with missing cells, in
//!   words of strangers.
//! - `notice/sample/request`: Samples of what is sent about requests.
//! - `notice/sample/upkeep`: Samples of neglect and of liaison tasks, in every stage.
//! - `notice/sample/work`: Samples of results of keywords, and of tickets that come back to who
//!   works on them.
//! - `notice/slots`: What the templates may name: the slots of each matter, in the reader's
//!   language.
//! - `notice/template`: The templates: which there are, and what a site may put in their place.
//! - `notice/upkeep`: What the templates of neglect and of liaison tasks may name.
//! - `notice/words`: The words that code puts into mails, by language: answers, button labels,
//!   names of addresses.
//! - `store`: Keeping: the archive of what was accepted and decided, and the store made from it.
//! - `store/any`: The store that the settings name.
//! - `store/archive`: The append-only archive: accepted messages and committed batches as
//!   checksummed frames.
//! - `store/creation`: The making of an engine's folder: whole and synced under its name, or not
//!   there.
//! - `store/embedded`: The embedded store: any engine behind the archive, all writes by one thread.
//! - `store/frame`: One frame of the archive: what it holds, and how it stands on disk.
//! - `store/index`: The search index: which tickets hold which words, in sorted files beside the
//!   store.
//! - `store/index/holders`: The tickets that hold a word, and what of them is left where other
//!   words are looked for as well.
//! - `store/journal`: Batches as frames of the archive, and stores made from them: redo, rebuild,
//!   copy.
//! - `store/memory`: The model: a map.
//! - `store/pending`: What the archive has and the engine does not yet: written to it in order,
//!   read before it.
//! - `store/poison`: The sticky mark of a failed write: once set it stays until the process ends.
//! - `store/queue`: The bounded queue in front of a writer thread: filled in call order, emptied in
//!   groups.
//! - `store/record`: The frame around every stored record: `[format u8][schema u16][version u64]`,
//!   then JSON.
//! - `store/recovery`: What is done with an archive before anything is read from it: verified, its
//!   torn tail cut.
//! - `store/redb`: redb: one file, one table, every write durable before it returns.
//! - `store/remake`: Archive and engine made anew beside the old ones without what is erased, then
//!   exchanged whole.
//! - `store/remembered`: What the engine said lately of single records, so that it is not asked
//!   again.
//! - `store/room`: How much space the disk has left, asked again after so many octets written and
//!   never by time.
//! - `store/segment`: One segment file of the archive: a header, then frames, then space not yet
//!   written.
//! - `store/sled`: sled 0.34.7, used in the one way that lost nothing in simulated power cuts.
//! - `store/touched`: Which records were changed last by what, remembered in a table of fixed size.
//! - `store/view`: The store plus the batches handed over and not yet durable: what the next
//!   decision reads.
//! - `store/writer`: The archive's only writer: takes what waits, writes it at once, syncs it once,
//!   answers.
//! - `submit`: Ways out: one message to one recipient, and what became of it.
//! - `submit/letter`: One SMTP transaction: a parcel goes over a connection that stands.
//! - `submit/maildir`: Submission into a maildir: the rehearsal, in which nothing leaves the
//!   machine.
//! - `submit/reply`: What a server's reply means for a parcel (RFC 5321 section 4.2, RFC 3463, RFC
//!   2034).
//! - `submit/sendmail`: Submission to a program beside us, such as `/usr/sbin/sendmail`.
//! - `submit/settings`: The `[submit]` table of `lotse.toml`.
//! - `submit/smtp`: Submission to a server (RFC 6409): one transaction per parcel over a few kept
//!   connections.
//! - `submit/wire`: One SMTP connection: commands out, replies in, and exactly how much of a
//!   message went out.
//! - `ticket`: Every decision: what follows from an event, for which ticket, told to whom.
//! - `ticket/answer`: What members write to requestors: sent, shown to who works on the ticket,
//!   kept a while where the queue says so.
//! - `ticket/bounce`: A delivery report came: it is an event about an address (failures 3 and 4),
//!   never a message.
//! - `ticket/breach`: Breaches of the rules: recorded with the rule that held, told to their
//!   person, heard, withdrawn, forgotten (000-08).
//! - `ticket/breaker`: The circuit breaker: when automatic mail to an address stops, who is told,
//!   and what the answer does (design section 9, failures 1 and 2).
//! - `ticket/budget`: How much mail a site may send in an hour and in a day, and what goes first
//!   (design section 9).
//! - `ticket/caps`: How much automatic mail an address gets (design section 9, failures 1 and 2).
//! - `ticket/case`: What a decision reads beyond the desk: tickets, correspondents, the thread
//!   index.
//! - `ticket/changes`: Change notices: what changed in how the site runs is told to the
//!   coordinating team (000-07).
//! - `ticket/command`: Keywords: one table that says for each what it is called, who may use it,
//!   what it does.
//! - `ticket/command/away`: The family of talk, third part: who is not there, until when, and who
//!   stands in.
//! - `ticket/command/bond`: The family of work, third part: what tickets have to do with each
//!   other.
//! - `ticket/command/canned`: The family of talk, fourth part: answers that are written already.
//! - `ticket/command/day`: Days as people write them behind a keyword: a date, a weekday, tomorrow,
//!   so many days.
//! - `ticket/command/decide`: The family of decisions: what a meeting decided, and votes by mail.
//! - `ticket/command/decision`: The family of decisions: what becomes of a request, or of a team's
//!   task for one.
//! - `ticket/command/find`: The keyword that finds tickets by their words.
//! - `ticket/command/fold`: Words as people type them: case, umlauts and typing errors aside.
//! - `ticket/command/named`: Queues as people name them: by their short name, their title, or
//!   nearly so.
//! - `ticket/command/priority`: The family of work, fourth part: how soon a ticket wants somebody.
//! - `ticket/command/read`: Keyword lines in a text: which there are, which words belong to them,
//!   which words are left.
//! - `ticket/command/register`: The keyword that sends a register: people, units, queues, consents,
//!   declarations, renewals, rules, roles, breaches.
//! - `ticket/command/rest`: The family of work, second part: whose something is from now on, and
//!   when it comes back.
//! - `ticket/command/rhythm`: When somebody gets digests, chosen by mail: how often, at which hour,
//!   of what.
//! - `ticket/command/site`: The family of the site: mail that was set aside, and addresses that get
//!   no automatic mail.
//! - `ticket/command/talk`: The family of talk: what is said inside, who is served, who is told,
//!   what there is to know.
//! - `ticket/command/train`: The keyword that begins a practice.
//! - `ticket/command/undo`: Taking back, and trying out.
//! - `ticket/command/warn`: The keyword for breaches of the rules: a warning, a note, a suspension,
//!   and what ends them.
//! - `ticket/command/watch`: The family of talk, second part: what somebody is told of, and what
//!   waits for somebody.
//! - `ticket/command/why`: The keyword that explains: why a mail came, what its reader may do, how
//!   a deadline was counted.
//! - `ticket/command/work`: The family of work: whose a ticket is, where it stands, in which queue.
//! - `ticket/decide`: The one function that decides, and what it must know first.
//! - `ticket/digest`: Digests: what needs their reader, what waited for them, and how things stand;
//!   workable by answer.
//! - `ticket/digest/gather`: What a digest lists: gathered from the shelves of its reader and of
//!   the queues it is about.
//! - `ticket/digest/numbers`: How things stand, in numbers: from counts that are kept, so that none
//!   is made by walking over tickets.
//! - `ticket/draft`: How core code writes: a draft records an effect and applies it at once, so
//!   that the next line of code already sees it.
//! - `ticket/effect`: What a decision consists of: data only; the shell carries it out.
//! - `ticket/erasing`: Erasing by mail: what would go is surveyed, its asker reads the plan and
//!   says yes with a code, and reads once more when it is done.
//! - `ticket/event`: Everything that can set the daemon going.
//! - `ticket/filing`: What is remembered of a message: its fingerprint, its thread, what became of
//!   it.
//! - `ticket/fingerprint`: By what a message is recognized when it comes a second time.
//! - `ticket/first`: A first message: a ticket in every queue it went to, linked to each other, one
//!   receipt for all.
//! - `ticket/history`: The history of a ticket: its transactions, and what each may change.
//! - `ticket/identity`: Who wrote a message, and how surely: the one function for all paths (design
//!   section 4).
//! - `ticket/inbox`: What waits for a person's next digest, and how much mail the person had today.
//! - `ticket/key`: Keyed addresses and Message-IDs: made here, found again here.
//! - `ticket/liaison`: Liaison tasks: on its day a ticket is made in the other team's queue, its
//!   members are asked; an answer settles it and is passed on, silence reminds, and is then told
//!   (000-06).
//! - `ticket/matter`: What a notice is about: data only; the words come from templates in the
//!   reader's language.
//! - `ticket/matter/breach`: What is said of a breach of the rules, to its person and to the
//!   coordinators.
//! - `ticket/matter/register`: What a register is as a mail: its rows, and what the reader may read
//!   of it; how far somebody is who was asked to agree to a new version; what changed in how the
//!   site runs; how a queue stands.
//! - `ticket/matter/request`: What notices about requests are made of.
//! - `ticket/matter/talk`: What notices about messages, keywords and addresses are made of.
//! - `ticket/meeting`: Meetings: requests come on an agenda, the agenda goes out, results come back
//!   by mail.
//! - `ticket/meeting/agenda`: What stands on an agenda, when it goes out, and what becomes of what
//!   is left.
//! - `ticket/meeting/clause`: What a few words say of one request: a result, votes, where a reason
//!   begins.
//! - `ticket/meeting/heads`: Where results begin in a line: the numbers that something is said of.
//! - `ticket/meeting/minutes`: Results of a meeting as people write them: in the fields of the
//!   agenda, in own words, by keyword.
//! - `ticket/meeting/result_words`: Words by which results of meetings are known, in four
//!   languages; tables only.
//! - `ticket/meeting/results`: What becomes of an answer to an agenda: results that stand are
//!   carried out and told, doubtful ones come back as one question, and nobody hears of those
//!   before it is answered.
//! - `ticket/meeting/sheets`: The decision sheets of a meeting: one mail with all of them, once no
//!   question about a result is open.
//! - `ticket/member`: What members write: answers, words that stay inside, keywords, answers to
//!   questions.
//! - `ticket/member/claim`: Mail in a member's name that proves nothing: kept inside, and the
//!   registered address is asked.
//! - `ticket/member/hold`: Answers that wait for a word (design section 9).
//! - `ticket/member/letter`: A proven member's mail: which words go out, which stay inside, what is
//!   done, what waits first.
//! - `ticket/member/lines`: Lines of an answer to a digest: the number or the keyword first, a
//!   marker or none.
//! - `ticket/member/requestor`: What a requestor does with the own ticket by a keyword or in plain
//!   words.
//! - `ticket/member/task`: A keyword line that is to be done: on which ticket, with which right,
//!   what became of it.
//! - `ticket/member/worklist`: Lists that members send: answers to digests, and mails to the
//!   control address.
//! - `ticket/merge`: Tickets that were put together: which one answers for another, and what leaves
//!   under whose name.
//! - `ticket/neglect`: Neglect: where a queue breaks its promise, or nobody works in it, those who
//!   work there, who coordinates it and who waits are told once; and once more when it is well
//!   again (000-29).
//! - `ticket/outbox`: Rows of the outbox: whether one may leave now, and what follows from what a
//!   server said.
//! - `ticket/practice`: Practice: a ticket by a made-up requestor, on which somebody tries
//!   everything out.
//! - `ticket/procedure`: Requests of procedures: what mail, timers and silence do to them.
//! - `ticket/procedure/agenda`: Requests on agendas, and what follows when a meeting or a vote has
//!   decided.
//! - `ticket/procedure/agreement`: Consents: to which text in which version, and from when one
//!   counts.
//! - `ticket/procedure/ahead`: What a first mail says of the request that it would begin, read
//!   before its turn comes.
//! - `ticket/procedure/announce`: The step that publishes a request: to lists and people, facts
//!   marked `public` only.
//! - `ticket/procedure/apply`: The step that changes the register: people, queues, places in
//!   queues, addresses.
//! - `ticket/procedure/asking`: What those read who are asked something by a step, and the
//!   requestor meanwhile.
//! - `ticket/procedure/author_name`: What the author of a request stands for, where a procedure
//!   says so: a name, a unit.
//! - `ticket/procedure/bind`: Binding an address: it takes mail at once, and is done when a mail of
//!   ours came through it.
//! - `ticket/procedure/change`: What may happen to a request of a procedure: one variant for each
//!   transition.
//! - `ticket/procedure/chase`: Targets and promises: who owes a step is reminded, and a broken
//!   promise is handed on.
//! - `ticket/procedure/checklist`: The step of several things by several people: each is asked for
//!   and chased by itself.
//! - `ticket/procedure/clause`: Clauses of free words: what is said in each, and what is denied,
//!   past, conditional or asked.
//! - `ticket/procedure/clause_words`: Words by which the mood of a clause is known, folded, in four
//!   languages; tables only.
//! - `ticket/procedure/collect`: Collecting facts: what mails say, the one question, taking up
//!   again.
//! - `ticket/procedure/declare`: Declarations: papers that somebody keeps stand in the register
//!   once their request is complete, and as acknowledged once who keeps them says so (000-22).
//! - `ticket/procedure/duty`: Duties: people who must say yes or no before a request goes on.
//! - `ticket/procedure/entry`: What the lines of a mail give: values behind labels, remarks at
//!   quoted lines, free words.
//! - `ticket/procedure/facts`: Facts of a request, read from what people write.
//! - `ticket/procedure/handle`: One-word values in free words: user names, names of new queues,
//!   addresses.
//! - `ticket/procedure/handover`: Handing a request to a higher body: because who asked does not
//!   accept a refusal, or because people inside cannot agree (000-37).
//! - `ticket/procedure/help`: What becomes of an answer to the question whether help is needed.
//! - `ticket/procedure/label`: Labels: which facts a line gives, in any language, in part, together
//!   or mistyped.
//! - `ticket/procedure/label_short`: Labels as people shorten them: with a stop, by their first
//!   word, in other joints, with dots behind them.
//! - `ticket/procedure/lists`: Which lists of small words a word stands in, looked up once for each
//!   word of a mail.
//! - `ticket/procedure/names`: Whose request it is, in free words: "Gareth Pugh here", "an account
//!   for our treasurer Jo Doe".
//! - `ticket/procedure/names_words`: Words by which it is known whose name stands in a text,
//!   folded, in four languages; tables only.
//! - `ticket/procedure/objection`: Objections: who says so, whether it stands, what it does to the
//!   clock.
//! - `ticket/procedure/outcome`: The step that tells the requestor the outcome, and a refusal with
//!   its reason.
//! - `ticket/procedure/outlook`: What a request waits for, in one line: data for digests and for
//!   looking.
//! - `ticket/procedure/paper`: Papers: which a mail brings, what each is said to prove, whether one
//!   was forgotten.
//! - `ticket/procedure/people`: Whom a requestor names: by address, id or name, also in part or
//!   misspelled.
//! - `ticket/procedure/playbook`: Who may read what a procedure tells those who work on its
//!   requests (000-23).
//! - `ticket/procedure/progress`: How a request changes: what each `RequestChange` does to it, and
//!   nothing else does.
//! - `ticket/procedure/proofs`: What proves a request: papers, consents, signatures, as they are
//!   recorded.
//! - `ticket/procedure/prose`: Facts in free words, where they are clear: "ich heiße Anna Muster",
//!   "the user name rsample".
//! - `ticket/procedure/prose_words`: Words by which facts are known in free words, folded, in four
//!   languages; tables only.
//! - `ticket/procedure/queues`: Queues in free words: which are wanted, which are not, which only
//!   might be.
//! - `ticket/procedure/recant`: What becomes of a known value when free words say another one, or
//!   take it back.
//! - `ticket/procedure/remark`: Remarks: what a question or the word that all is there has to say
//!   beside facts.
//! - `ticket/procedure/remind`: Reminders of what is missing, the expiry of a request, and until
//!   when it is taken up again.
//! - `ticket/procedure/renew`: Renewals: on the first day of a new version of a rule text everybody
//!   concerned is asked for consent by a request of one's own, which the daemon begins (000-09).
//! - `ticket/procedure/request`: A request of a procedure, as far as it has come.
//! - `ticket/procedure/round`: Who is asked together, and by a mail at once.
//! - `ticket/procedure/ruling`: Rulings: coordinators decide whether an objection stands that its
//!   author did not confirm.
//! - `ticket/procedure/run`: The step that starts a program for what lives outside.
//! - `ticket/procedure/sheet`: The decision sheet: one record and one mail for every decision.
//! - `ticket/procedure/signature`: Co-signatures: somebody besides the requestor must say yes.
//! - `ticket/procedure/silence`: The step that waits for objections: silence counts until a
//!   promised end.
//! - `ticket/procedure/spoken`: Values in free words that mark themselves: a quoted name behind
//!   "Queue", an address behind "Adresse", a link where one paper lacks.
//! - `ticket/procedure/stance`: What a person's words say about a request: against it, for it, a
//!   question, a withdrawal.
//! - `ticket/procedure/stance_aside`: Sentences beside a request: leave, why somebody asks, what
//!   went to the wrong place.
//! - `ticket/procedure/stance_turns`: Turns of phrase by which a stance is known, folded, in four
//!   languages: withdrawals, idioms, doubts; tables only.
//! - `ticket/procedure/stance_words`: Words by which a stance is known, folded, in four languages;
//!   tables only.
//! - `ticket/procedure/steps`: The interpreter of steps: what a complete request does, one step
//!   after the other.
//! - `ticket/procedure/support`: Who may ask: a request of anybody else is kept, and who speaks for
//!   the unit is asked to support it with one word.
//! - `ticket/procedure/table`: Facts in columns: tables with labels above, names alone on a line,
//!   values in a row.
//! - `ticket/procedure/task`: The step that gives a team something to do: a linked ticket in its
//!   queue, waited for.
//! - `ticket/procedure/token`: The words of a mail, each taken apart, folded and looked up once for
//!   everybody who reads them.
//! - `ticket/procedure/told`: Texts in free words: who asks, why, and who works with it.
//! - `ticket/procedure/value`: Values: what stands behind a label, as the type of its fact
//!   understands it.
//! - `ticket/procedure/value_aside`: What of a value only explains it, is taken back, or stands in
//!   for the case that it cannot be.
//! - `ticket/procedure/value_date`: Days and numbers behind labels.
//! - `ticket/procedure/value_known`: Names behind labels that the register knows, queues, units and
//!   roles, and the nearest to one that it does not.
//! - `ticket/procedure/value_name`: Names behind labels: of people, of users, of queues that are to
//!   be.
//! - `ticket/procedure/value_words`: Words by which values are known that stand behind labels,
//!   folded, in four languages; tables only.
//! - `ticket/procedure/verdict`: What somebody says who was asked to grant something: a yes, a no
//!   with its reason, or neither.
//! - `ticket/procedure/vote`: Votes by mail: one ballot a person, changeable until the close, shown
//!   to nobody before it.
//! - `ticket/procedure/waiting`: The step that waits for a day, a span or a fact.
//! - `ticket/procedure/which`: Which procedure a first mail starts, where several start at one
//!   address (000-10).
//! - `ticket/procedure/window`: The arithmetic of objection windows: days of the site's calendar,
//!   ends at 24:00.
//! - `ticket/procedure/word`: Decisions by a keyword: who may answer for a seat grants or refuses,
//!   a team says that a task cannot be done.
//! - `ticket/proof`: Proof by one-time codes: the second rung of the ladder (design section 4).
//! - `ticket/proof/waiting`: What waits for somebody's proof, and which rung of the ladder each
//!   purpose needs.
//! - `ticket/quarantine`: Messages that could not be decided: who is told of them, and what a
//!   coordinator's word does.
//! - `ticket/query`: What is looked for: words and conditions, as people write them behind
//!   `!search`.
//! - `ticket/receive`: A message was accepted: what it is, where it belongs, and what follows.
//! - `ticket/report`: What a digest says: data only; the words come from templates in the reader's
//!   language.
//! - `ticket/route`: Where a message belongs: five independent keys, then the envelope, then the
//!   dispatcher (design section 3).
//! - `ticket/route/search`: The ticket that a message belongs to: five independent keys in one
//!   order of precedence, read from top to bottom.
//! - `ticket/seal`: Seals: sums over histories, chained, and the site's root over all of them.
//! - `ticket/shelf`: Where a ticket waits and what it counts for: kept beside it at each change, so
//!   that no digest walks over all tickets.
//! - `ticket/sitting`: One date of a meeting as a ticket: its agenda, and what came of each item.
//! - `ticket/standing`: How a ticket stands, as far as a deed can be taken back: taken down before
//!   and after it.
//! - `ticket/state`: A ticket as it stands: the fold of its transactions (`history`), nothing else.
//! - `ticket/stay`: Answers that stay in the outbox for a while, where their queue says so
//!   (`hold`), so that who wrote one can catch it.
//! - `ticket/tally`: Votes counted, and what they say: for a meeting's minutes and for votes by
//!   mail.
//! - `ticket/tell`: Who is told of what (design section 9): receipts, copies to members, questions.
//! - `ticket/thanks`: Whether an answer is only thanks or a reaction: filed, and a closed ticket
//!   stays closed.
//! - `ticket/way_out`: What is remembered of the way out: which senders it refused, and how much
//!   left lately.
//! - `ticket/words`: Which lines of a message count as its author's own words, as an `Excerpt`.
//! - `types`: Values that every layer shares: addresses, numbers that must not be mixed up,
//!   languages, months, slips of a finger, folded words, secrets, sums.
//! - `types/address`: Addresses as RFC 5322 section 3.4.1 and RFC 5321 section 4.1.2 write them,
//!   with subaddresses of RFC 5233.
//! - `types/fold`: Words as they are compared: case, umlauts, signs and spaces aside.
//! - `types/hash`: SHA-256 sums that are kept, compared and printed.
//! - `types/id`: Numbers and names that must not be mixed up.
//! - `types/locale`: The languages that lotse speaks.
//! - `types/month`: Days and the names of months as people say them, for those who write dates and
//!   those who read them.
//! - `types/secret`: The site's secrets and the keys made with them.
//! - `types/typo`: How far two words are apart in slips of a finger.
//! <!-- end of map -->

pub mod cli;
pub mod config;
pub mod daemon;
pub mod desk;
pub mod intake;
pub mod mail;
pub mod notice;
pub mod store;
pub mod submit;
pub mod ticket;
pub mod types;
