//! Where unmarked history begins: header blocks as Outlook writes them, and its separators.
//!
//! A forward's separator ends the search, because what follows it is the forwarded message, and
//! that is what its sender wants to be read.
//! Deliberately absent: the values of the header lines.

use crate::mail::attribution;
use crate::mail::quote::{Line, Part, next_seen};

/// Lines in which a header block must be complete; recipients may fill some.
const BLOCK_LINES_MAX: usize = 12;
/// Characters of the longest header name.
const NAME_MAX: usize = 24;
/// Octets above which a line is a paragraph, no separator.
const BYTES_MAX: usize = 400;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Header {
    From,
    Sent,
    To,
    Subject,
    Other,
}

/// Names of header lines in en de fi sv fr es it nl pl da no pt ru uk cs ja zh ko.
const NAMES: &[(Header, &[&str])] = &[
    (
        Header::From,
        &[
            "from",
            "von",
            "lähettäjä",
            "från",
            "de",
            "da",
            "van",
            "afzender",
            "od",
            "fra",
            "от",
            "expéditeur",
            "mittente",
            "remitente",
            "від",
            "отправитель",
            "发件人",
            "寄件者",
            "寄件人",
            "差出人",
            "送信者",
            "보낸 사람",
            "absender",
        ],
    ),
    (
        Header::Sent,
        &[
            "sent",
            "date",
            "gesendet",
            "gesendet am",
            "datum",
            "lähetetty",
            "päivämäärä",
            "päiväys",
            "pvm",
            "skickat",
            "skickat den",
            "envoyé",
            "envoyé le",
            "message du",
            "enviado",
            "enviado el",
            "enviado em",
            "enviada em",
            "enviada",
            "fecha",
            "data",
            "inviato",
            "verzonden",
            "verstuurd",
            "wysłano",
            "wysłane",
            "sendt",
            "dato",
            "отправлено",
            "дата",
            "надіслано",
            "odesláno",
            "发送时间",
            "发送日期",
            "日期",
            "時間",
            "傳送時間",
            "寄件日期",
            "送信日時",
            "日付",
            "보낸 날짜",
            "날짜",
        ],
    ),
    (
        Header::To,
        &[
            "to",
            "an",
            "vastaanottaja",
            "till",
            "à",
            "a",
            "para",
            "aan",
            "do",
            "til",
            "кому",
            "destinataire",
            "destinatario",
            "komu",
            "收件人",
            "收件者",
            "宛先",
            "받는 사람",
        ],
    ),
    (
        Header::Subject,
        &[
            "subject",
            "betreff",
            "aihe",
            "ämne",
            "objet",
            "asunto",
            "oggetto",
            "onderwerp",
            "temat",
            "emne",
            "assunto",
            "тема",
            "předmět",
            "主题",
            "主旨",
            "件名",
            "题目",
            "제목",
        ],
    ),
    (
        Header::Other,
        &[
            "cc",
            "kopie",
            "kopia",
            "kopio",
            "copie",
            "kopi",
            "копия",
            "抄送",
            "副本",
            "bcc",
            "reply-to",
            "antwort an",
            "importance",
            "wichtigkeit",
            "priorität",
            "priority",
            "attachments",
            "anlagen",
            "vedlegg",
            "liitteet",
        ],
    ),
];

/// Marks all below the first header block or separator as history.
pub(super) fn mark(lines: &mut [Line<'_>]) {
    let Some(start) = find(lines) else { return };
    for line in lines.get_mut(start..).unwrap_or_default() {
        if matches!(line.part, Part::New | Part::Attribution) {
            line.part = Part::History;
        }
    }
}

fn find(lines: &[Line<'_>]) -> Option<usize> {
    for (index, line) in lines.iter().enumerate() {
        if line.part != Part::New || line.text.len() > BYTES_MAX {
            continue;
        }
        if is_forward(line.text) {
            return None;
        }
        let is_separator = is_separator(line.text) && !leads_to_marked(lines, index);
        if is_separator || is_block(lines, index) {
            return Some(with_rule_above(lines, index));
        }
    }
    None
}

/// Whether an attribution or marked quote follows, as Proton writes it: then the marks count.
fn leads_to_marked(lines: &[Line<'_>], index: usize) -> bool {
    next_seen(lines, index).is_some_and(|next| {
        let is_marked = lines
            .get(next)
            .is_some_and(|line| matches!(line.part, Part::Quoted | Part::Attribution));
        is_marked || attribution::is_certain_at(lines, next)
    })
}

/// Outlook draws a rule above its header block.
fn with_rule_above(lines: &[Line<'_>], index: usize) -> usize {
    let above = lines.get(..index).unwrap_or_default();
    let seen = above.iter().rev().take(3).position(|line| !line.is_blank());
    match seen.map(|back| index - 1 - back) {
        Some(at) if lines.get(at).is_some_and(|line| is_rule(line.text)) => at,
        _ => index,
    }
}

/// A line of nothing but dashes or underscores.
pub(super) fn is_rule(text: &str) -> bool {
    let text = text.trim();
    text.chars().take(3).count() == 3
        && text.chars().all(|c| matches!(c, '_' | '-' | '=' | '*' | ' ' | '\u{2500}' | '\u{2014}'))
}

/// Whether a header block begins here: From and Sent with a date, and Subject or To, such that
/// somebody's own lines "Von: .. Bis: .." are none.
fn is_block(lines: &[Line<'_>], index: usize) -> bool {
    let starts = lines.get(index).and_then(|line| header(line.text));
    if !starts.is_some_and(|(name, _)| name != Header::Other) {
        return false;
    }
    let (mut has_from, mut has_sent, mut has_to, mut has_subject) = (false, false, false, false);
    let mut has_address = false;
    for line in lines.iter().skip(index).take(BLOCK_LINES_MAX) {
        if line.part == Part::Quoted && !has_from {
            return false;
        }
        let Some((name, value)) = header(line.text) else {
            if line.is_blank() && has_from && has_sent {
                break;
            }
            continue;
        };
        match name {
            Header::From => has_from = !value.is_empty(),
            Header::Sent => has_sent |= is_instant(value),
            Header::To => has_to = true,
            Header::Subject => has_subject = true,
            Header::Other => {}
        }
        has_address |= matches!(name, Header::From | Header::To) && value.contains('@');
    }
    has_from && has_sent && (has_subject && (has_to || has_address) || has_to && has_address)
}

/// A date as programs write it: a year, or a time of day.
fn is_instant(value: &str) -> bool {
    let mut groups = value.split(|c: char| !c.is_ascii_digit()).filter(|group| !group.is_empty());
    let has_year = groups.clone().any(|group| group.len() == 4);
    has_year || groups.by_ref().take(3).count() == 3
}

/// Name and value of a header line: emphasis, no-break spaces and full-width colons forgiven.
fn header(text: &str) -> Option<(Header, &str)> {
    let text = text.trim_matches(|c: char| c.is_whitespace() || c == '*');
    if !text.starts_with(char::is_alphabetic) {
        return None;
    }
    let (at, colon) =
        text.char_indices().take(NAME_MAX).find(|(_, c)| matches!(c, ':' | '\u{ff1a}'))?;
    let name = text.get(..at)?.trim_matches(|c: char| c.is_whitespace() || c == '*').to_lowercase();
    let value = text.get(at + colon.len_utf8()..)?;
    Some((named(&name)?, value.trim_matches(|c: char| c.is_whitespace() || c == '*')))
}

fn named(name: &str) -> Option<Header> {
    NAMES.iter().find(|(_, names)| names.contains(&name)).map(|(header, _)| *header)
}

/// "-----Original Message-----": dashes on both sides, one of the known names between.
fn is_separator(text: &str) -> bool {
    dashed(text).is_some_and(|words| {
        matches!(
            words.as_str(),
            "original message"
                | "ursprüngliche nachricht"
                | "originalnachricht"
                | "original-nachricht"
                | "original nachricht"
                | "ursprungliche nachricht"
                | "alkuperäinen viesti"
                | "ursprungligt meddelande"
                | "originalmeddelande"
                | "message d'origine"
                | "message d\u{2019}origine"
                | "message original"
                | "message initial"
                | "mensaje original"
                | "messaggio originale"
                | "oorspronkelijk bericht"
                | "origineel bericht"
                | "wiadomość oryginalna"
                | "oryginalna wiadomość"
                | "original meddelelse"
                | "oprindelig meddelelse"
                | "oprindelig besked"
                | "opprinnelig melding"
                | "mensagem original"
                | "исходное сообщение"
                | "исходное письмо"
                | "оригинальное сообщение"
                | "původní zpráva"
                | "元のメッセージ"
                | "original"
                | "原始邮件"
                | "原始郵件"
                | "原邮件"
                | "original appointment"
                | "ursprünglicher termin"
                | "reply message"
                | "ursprüngl. nachricht"
                | "originalmail"
                | "original e-mail"
                | "urspr. nachricht"
        )
    })
}

/// Whether a forwarded message begins here.
pub(super) fn is_forward(text: &str) -> bool {
    if text.len() > BYTES_MAX {
        return false;
    }
    let bare = text.trim().trim_end_matches(':').to_lowercase();
    let is_apple = text.trim().ends_with(':')
        && matches!(
            bare.trim(),
            "begin forwarded message"
                | "anfang der weitergeleiteten nachricht"
                | "anfang der weitergeleiteten e-mail"
                | "début du message réexpédié"
                | "début du message transféré"
                | "välitetty viesti alkaa"
                | "aloita välitetty viesti"
                | "vidarebefordrat brev"
                | "inicio del mensaje reenviado"
                | "inizio messaggio inoltrato"
                | "begin doorgestuurd bericht"
                | "start på videresendt besked"
                | "start på videresendt melding"
                | "początek przekazywanej wiadomości"
                | "início da mensagem reencaminhada"
                | "início da mensagem encaminhada"
                | "начало переадресованного сообщения"
                | "転送されたメッセージ"
                | "开始转发的邮件"
        );
    is_apple
        || dashed(text).is_some_and(|words| {
            matches!(
                words.as_str(),
                "forwarded message"
                    | "weitergeleitete nachricht"
                    | "weitergeleitete mail"
                    | "weitergeleitete e-mail"
                    | "edelleenlähetetty viesti"
                    | "välitetty viesti"
                    | "vidarebefordrat meddelande"
                    | "message transféré"
                    | "forwarded by"
                    | "mensaje reenviado"
                    | "messaggio inoltrato"
                    | "doorgestuurd bericht"
                    | "forwarded mail"
                    | "wiadomość przekazana dalej"
                    | "przekazana wiadomość"
                    | "treść przekazanej wiadomości"
                    | "videresendt besked"
                    | "forwarded email"
                    | "videresendt meddelelse"
                    | "videresendt melding"
                    | "mensagem encaminhada"
                    | "mensagem reencaminhada"
                    | "пересылаемое сообщение"
                    | "转发的邮件"
                    | "пересланное сообщение"
                    | "přeposlaná zpráva"
                    | "转发邮件信息"
                    | "轉寄郵件"
                    | "転送メッセージ"
                    | "forwarded message from"
                    | "message réexpédié"
            )
        })
}

/// The words between dashes, in lower case; both sides need two at least, the right one may fail
/// where "Forwarded message from .." says more.
fn dashed(text: &str) -> Option<String> {
    let text = text.trim();
    let is_dash = |c: char| matches!(c, '-' | '_' | '*' | '=' | '\u{2014}' | '\u{2500}' | ' ');
    let dashes = text.chars().take_while(|c| matches!(c, '-' | '_' | '*' | '=' | '\u{2014}'));
    if dashes.count() < 2 || text.len() > BYTES_MAX {
        return None;
    }
    let words = text.trim_matches(|c: char| is_dash(c) || c == ':').to_lowercase();
    Some(words.split_whitespace().collect::<Vec<_>>().join(" "))
}
