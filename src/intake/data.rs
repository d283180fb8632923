//! The bytes between DATA and the line with the single dot (RFC 5321 section 4.5.2).
//!
//! Only CR LF `.` CR LF ends them. A bare CR or LF is part of the message and never of its end:
//! a server that was generous here would take the text of one mail for the commands of a second
//! (SMTP smuggling). Deliberately absent: replies, envelopes, any look at what the bytes mean.

use memchr::memmem;

/// A message that is being taken in, with a limit that its memory cannot pass.
#[derive(Debug, Default)]
pub struct Body {
    bytes: Vec<u8>,
    bytes_max: usize,
    is_too_big: bool,
}

impl Body {
    /// An empty body that keeps at most `bytes_max` octets, made ready for `bytes_expected`.
    #[must_use]
    pub fn new(bytes_max: usize, bytes_expected: usize) -> Self {
        let bytes = Vec::with_capacity(bytes_expected.min(bytes_max));
        Self { bytes, bytes_max, is_too_big: false }
    }

    /// Adds octets. What would pass the limit makes the body too big and gives its memory back.
    pub fn append(&mut self, more: &[u8]) {
        if self.is_too_big {
            return;
        }
        if more.len() > self.bytes_max.saturating_sub(self.bytes.len()) {
            self.refuse();
            return;
        }
        self.bytes.extend_from_slice(more);
    }

    /// Adds so many octets that were announced and not seen yet: too big is known before they come.
    pub fn announce(&mut self, octets: usize) {
        if octets > self.bytes_max.saturating_sub(self.bytes.len()) {
            self.refuse();
        }
    }

    /// Whether more came than the limit allows.
    #[must_use]
    pub fn is_too_big(&self) -> bool {
        self.is_too_big
    }

    /// The octets, as they came.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    fn refuse(&mut self) {
        self.is_too_big = true;
        self.bytes = Vec::new();
    }
}

/// Where in a line the last octet stood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// After CR LF, or right after the DATA command.
    LineStart,
    /// After a dot at the start of a line; the dot is not kept.
    Dot,
    /// After a dot and a CR, the CR being held back.
    DotCr,
    /// After a CR within a line.
    Cr,
    /// Anywhere else.
    Text,
}

/// Finds the end of data across the borders of chunks and takes away the dots of RFC 5321
/// section 4.5.2.
#[derive(Debug)]
pub struct DataReader {
    place: Place,
}

impl Default for DataReader {
    fn default() -> Self {
        Self { place: Place::LineStart }
    }
}

impl DataReader {
    /// Reads from the front of `input`, which keeps what was not read.
    ///
    /// `true` when the end of data was found; `input` then begins right behind it.
    pub fn read(&mut self, input: &mut &[u8], body: &mut Body) -> bool {
        while let Some((&octet, rest)) = input.split_first() {
            match (self.place, octet) {
                (Place::LineStart, b'.') => {
                    self.place = Place::Dot;
                    *input = rest;
                }
                (Place::Dot, b'\r') => {
                    self.place = Place::DotCr;
                    *input = rest;
                }
                (Place::DotCr, b'\n') => {
                    *input = rest;
                    return true;
                }
                (Place::DotCr, _) => {
                    body.append(b"\r");
                    self.place = Place::Cr;
                }
                (Place::Cr, b'\n') => {
                    body.append(b"\n");
                    self.place = Place::LineStart;
                    *input = rest;
                }
                (Place::LineStart | Place::Dot | Place::Cr | Place::Text, _) => {
                    self.read_text(input, body);
                }
            }
        }
        false
    }

    /// Takes everything up to and including the next CR LF that a dot follows.
    fn read_text(&mut self, input: &mut &[u8], body: &mut Body) {
        let length = memmem::find(input, b"\r\n.").map_or(input.len(), |at| at + 2);
        let (text, rest) = input.split_at_checked(length).unwrap_or((input, &[]));
        body.append(text);
        self.place = match text {
            [.., b'\r', b'\n'] => Place::LineStart,
            [.., b'\r'] => Place::Cr,
            _ => Place::Text,
        };
        *input = rest;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(chunks: &[&[u8]]) -> (Vec<u8>, Option<Vec<u8>>) {
        let (mut reader, mut body) = (DataReader::default(), Body::new(1000, 0));
        for (number, chunk) in chunks.iter().enumerate() {
            let mut input = *chunk;
            if reader.read(&mut input, &mut body) {
                let behind = [input].iter().chain(&chunks[number + 1..]).copied().collect();
                let behind: Vec<&[u8]> = behind;
                return (body.into_bytes(), Some(behind.concat()));
            }
            assert!(input.is_empty());
        }
        (body.into_bytes(), None)
    }

    #[test]
    fn dots_are_taken_away_and_the_end_is_found() {
        for (data, message) in [
            ("a\r\n.\r\n", "a\r\n"),
            (".\r\n", ""),
            ("..\r\n.\r\n", ".\r\n"),
            (".a\r\n..b\r\n.\r\n", "a\r\n.b\r\n"),
            ("\r\n.\r\n", "\r\n"),
            ("a\r\n.\rb\r\n.\r\n", "a\r\n\rb\r\n"),
        ] {
            let whole = format!("{data}QUIT");
            let (bytes, behind) = read(&[whole.as_bytes()]);
            assert_eq!(String::from_utf8(bytes).unwrap(), message, "{data:?}");
            assert_eq!(behind.as_deref(), Some(&b"QUIT"[..]), "{data:?}");
        }
    }

    #[test]
    fn nothing_but_crlf_dot_crlf_ends_the_data() {
        for data in [
            "\n.\n",
            "\r.\r",
            "\n.\r\n",
            "\r\n.\n",
            "\r\n.\r",
            "\r.\r\n",
            "\r\n.\r\r\n",
            "\n\r.\r\n",
            "\r\n\0.\r\n",
            "\r\r\n.\r.\r\n",
        ] {
            let (_, behind) = read(&[b"a", data.as_bytes(), b"MAIL FROM:<x@y.example>\r\n"]);
            assert_eq!(behind, None, "{data:?}");
        }
    }

    #[test]
    fn bare_line_ends_stay_in_the_message() {
        let (bytes, behind) = read(&[b"a\n.\nb\r.\rc\n.\r\nd\r\n.\ne\r\n.\r\n"]);
        assert_eq!(bytes, b"a\n.\nb\r.\rc\n.\r\nd\r\n\ne\r\n");
        assert_eq!(behind, Some(Vec::new()));
    }

    #[test]
    fn a_body_over_the_limit_gives_its_memory_back_and_the_end_is_still_found() {
        let (mut reader, mut body) = (DataReader::default(), Body::new(4, 0));
        let mut input: &[u8] = b"12345\r\nmore\r\n.\r\nQUIT";
        assert!(reader.read(&mut input, &mut body));
        assert_eq!(input, b"QUIT");
        assert!(body.is_too_big());
        assert_eq!(body.into_bytes().capacity(), 0);
    }
}
