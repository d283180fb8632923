//! What a `winmail.dat` holds: the files and the text that Outlook hid in it (MS-OXTNEF).
//!
//! Deliberately absent: formatted text (compressed RTF), meetings and tasks, checksums.

use crate::mail::charset::{self, Hint};

/// Files of one container that are told apart.
const FILES_MAX: usize = 100;
/// Properties of one file or message that are looked at.
const PROPERTIES_MAX: u32 = 2_000;

/// A file found in the container.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct File<'a> {
    /// The name as its author knew it; empty if there is none.
    pub(super) name: String,
    /// The media type, if the container names one.
    pub(super) media_type: String,
    /// Its octets.
    pub(super) content: &'a [u8],
}

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Container<'a> {
    pub(super) files: Vec<File<'a>>,
    /// The plain text, if there is one.
    pub(super) text: String,
    /// The HTML text, if there is one.
    pub(super) html: String,
}

const SIGNATURE: u32 = 0x223e_9f78;
const BODY: u32 = 0x0002_800c;
const MESSAGE_PROPERTIES: u32 = 0x0006_9003;
const CODE_PAGE: u32 = 0x0006_9007;
const FILE_BEGINS: u32 = 0x0006_9002;
const FILE_TITLE: u32 = 0x0001_8010;
const FILE_DATA: u32 = 0x0006_800f;
const FILE_PROPERTIES: u32 = 0x0006_9005;

const TEXT: u16 = 0x1000;
const HTML: u16 = 0x1013;
const DATA: u16 = 0x3701;
const SHORT_NAME: u16 = 0x3704;
const LONG_NAME: u16 = 0x3707;
const MEDIA_TYPE: u16 = 0x370e;

/// Takes a container apart; `None` if it is none. One that was cut off gives what it still holds.
pub(super) fn unpack(bytes: &[u8]) -> Option<Container<'_>> {
    let mut rest = Octets(bytes);
    if rest.long()? != SIGNATURE {
        return None;
    }
    rest.short()?;
    let mut container = Container::default();
    let mut charset = String::new();
    while let Some((id, value)) = attribute(&mut rest) {
        match id {
            CODE_PAGE => {
                charset = Octets(value).long().map(|page| format!("cp{page}")).unwrap_or_default();
            }
            BODY => container.text = text(value, &charset),
            MESSAGE_PROPERTIES => message(value, &charset, &mut container),
            FILE_BEGINS if container.files.len() < FILES_MAX => {
                container.files.push(File::default());
            }
            FILE_BEGINS => break,
            _ => {
                if let Some(file) = container.files.last_mut() {
                    describe(file, id, value, &charset);
                }
            }
        }
    }
    Some(container)
}

fn describe<'a>(file: &mut File<'a>, id: u32, value: &'a [u8], charset: &str) {
    match id {
        FILE_TITLE if file.name.is_empty() => file.name = text(value, charset),
        FILE_DATA => file.content = value,
        FILE_PROPERTIES => {
            let mut short_name = String::new();
            for property in properties(value) {
                match property.id {
                    LONG_NAME => file.name = property.text(charset),
                    SHORT_NAME => short_name = property.text(charset),
                    MEDIA_TYPE => file.media_type = property.text(charset).to_ascii_lowercase(),
                    // A message in the message stands behind the 16 octets of its kind.
                    DATA if file.content.is_empty() && property.kind == KIND_OBJECT => {
                        file.content = property.value.get(16..).unwrap_or_default();
                    }
                    DATA if file.content.is_empty() => file.content = property.value,
                    _ => {}
                }
            }
            if file.name.is_empty() {
                file.name = short_name;
            }
        }
        _ => {}
    }
}

fn message(value: &[u8], charset: &str, container: &mut Container<'_>) {
    for property in properties(value) {
        match property.id {
            TEXT => container.text = property.text(charset),
            HTML => container.html = property.text(charset),
            _ => {}
        }
    }
}

fn text(value: &[u8], charset: &str) -> String {
    let label = Some(charset).filter(|charset| !charset.is_empty());
    let text = charset::decode(value, label, Hint::default()).text;
    text.trim_matches(['\0', ' ', '\r', '\n']).to_owned()
}

/// The next attribute: its id and its value. Level and checksum are passed over.
fn attribute<'a>(rest: &mut Octets<'a>) -> Option<(u32, &'a [u8])> {
    rest.take(1)?;
    let id = rest.long()?;
    let length = usize::try_from(rest.long()?).ok()?;
    let value = rest.take(length.min(rest.0.len()))?;
    // Without its checksum it is the last one, and cut off.
    if rest.short().is_none() {
        rest.0 = &[];
    }
    Some((id, value))
}

const KIND_UNICODE: u16 = 0x001f;
const KIND_OBJECT: u16 = 0x000d;

struct Property<'a> {
    id: u16,
    kind: u16,
    value: &'a [u8],
}

impl Property<'_> {
    fn text(&self, charset: &str) -> String {
        let label = if self.kind == KIND_UNICODE { "utf-16le" } else { charset };
        text(self.value, label)
    }
}

/// The properties of a file or message; what follows a damaged one is lost.
fn properties(value: &[u8]) -> impl Iterator<Item = Property<'_>> {
    let mut rest = Octets(value);
    let count = rest.long().unwrap_or_default().min(PROPERTIES_MAX);
    let mut left = count;
    std::iter::from_fn(move || {
        left = left.checked_sub(1)?;
        property(&mut rest)
    })
}

fn property<'a>(rest: &mut Octets<'a>) -> Option<Property<'a>> {
    let kind = rest.short()?;
    let id = rest.short()?;
    if id >= 0x8000 {
        rest.take(16)?;
        if rest.long()? == 0 {
            rest.take(4)?;
        } else {
            let length = rest.long()?;
            rest.padded(length)?;
        }
    }
    let single = kind & !0x1000;
    let is_many = kind & 0x1000 != 0;
    let is_long = matches!(single, 0x000d | 0x001e | 0x001f | 0x0102);
    let count = if is_many || is_long { rest.long()? } else { 1 };
    let mut value: &[u8] = &[];
    for index in 0..count {
        let length = match single {
            _ if is_long => rest.long()?,
            0x0005 | 0x0006 | 0x0007 | 0x0014 | 0x0040 => 8,
            0x0048 => 16,
            _ => 4,
        };
        let found = rest.padded(length)?;
        if index == 0 {
            value = found;
        }
    }
    Some(Property { id, kind: single, value })
}

/// Little-endian numbers cut off the front.
struct Octets<'a>(&'a [u8]);

impl<'a> Octets<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    fn short(&mut self) -> Option<u16> {
        self.take(2)?.try_into().ok().map(u16::from_le_bytes)
    }

    fn long(&mut self) -> Option<u32> {
        self.take(4)?.try_into().ok().map(u32::from_le_bytes)
    }

    /// A value and what fills it up to a multiple of four.
    fn padded(&mut self, length: u32) -> Option<&'a [u8]> {
        let length = usize::try_from(length).ok()?;
        let value = self.take(length)?;
        let filling = length.wrapping_neg() % 4;
        self.take(filling.min(self.0.len()))?;
        Some(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attribute(id: u32, value: &[u8]) -> Vec<u8> {
        let length = u32::try_from(value.len()).unwrap();
        let mut bytes = vec![2];
        bytes.extend(id.to_le_bytes());
        bytes.extend(length.to_le_bytes());
        bytes.extend(value);
        bytes.extend([0, 0]);
        bytes
    }

    fn long_name(name: &str) -> Vec<u8> {
        let wide: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let mut value = 2_u32.to_le_bytes().to_vec();
        value.extend([0x03, 0, 0x05, 0x37, 1, 0, 0, 0]);
        value.extend([0x1f, 0, 0x07, 0x37, 1, 0, 0, 0]);
        value.extend(u32::try_from(wide.len()).unwrap().to_le_bytes());
        value.extend(&wide);
        value.resize(value.len().next_multiple_of(4), 0);
        value
    }

    fn container() -> Vec<u8> {
        let mut bytes = SIGNATURE.to_le_bytes().to_vec();
        bytes.extend([1, 0]);
        bytes.extend(attribute(CODE_PAGE, &1252_u64.to_le_bytes()));
        bytes.extend(attribute(BODY, b"Gr\xfc\xdfe\0"));
        bytes.extend(attribute(FILE_BEGINS, &[0; 14]));
        bytes.extend(attribute(FILE_TITLE, b"PROTOK~1.PDF\0"));
        bytes.extend(attribute(FILE_DATA, b"%PDF"));
        bytes.extend(attribute(FILE_PROPERTIES, &long_name("Protokoll März.pdf")));
        bytes.extend(attribute(FILE_BEGINS, &[0; 14]));
        bytes.extend(attribute(FILE_TITLE, b"plan.png\0"));
        bytes.extend(attribute(FILE_DATA, b"png"));
        bytes
    }

    #[test]
    fn files_and_text_are_found() {
        let bytes = container();
        let found = unpack(&bytes).unwrap();
        let files: Vec<(&str, &[u8])> =
            found.files.iter().map(|file| (file.name.as_str(), file.content)).collect();
        assert_eq!(files, [("Protokoll März.pdf", &b"%PDF"[..]), ("plan.png", b"png")]);
        assert_eq!(found.text, "Grüße");
    }

    #[test]
    fn containers_cut_off_or_false_give_what_they_hold() {
        let bytes = container();
        for end in 0..bytes.len() {
            assert!(unpack(&bytes[..end]).is_none_or(|found| found.files.len() <= 2));
        }
        assert!(unpack(b"%PDF-1.7 and more").is_none());
        let mut endless = SIGNATURE.to_le_bytes().to_vec();
        endless.extend([1, 0]);
        endless.extend(attribute(FILE_BEGINS, &[]).repeat(100_000));
        assert_eq!(unpack(&endless).unwrap().files.len(), FILES_MAX);
    }
}
