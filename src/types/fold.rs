//! Words as they are compared: case, umlauts, signs and spaces aside.

/// What one letter in lower case becomes.
#[derive(Clone, Copy)]
enum Piece {
    Letter(char),
    Letters(&'static str),
    /// It joins what stands beside it.
    Nothing,
    /// One space, however many there are.
    Gap,
}

fn piece(c: char) -> Piece {
    match c {
        'a'..='z' | '0'..='9' => Piece::Letter(c),
        'ä' | 'æ' => Piece::Letters("ae"),
        'ö' | 'ø' => Piece::Letters("oe"),
        'ü' => Piece::Letters("ue"),
        'ß' => Piece::Letters("ss"),
        'å' | 'á' | 'à' | 'â' | 'ã' => Piece::Letter('a'),
        'é' | 'è' | 'ê' | 'ë' => Piece::Letter('e'),
        'í' | 'ì' | 'î' => Piece::Letter('i'),
        'ó' | 'ò' | 'ô' | 'õ' => Piece::Letter('o'),
        'ú' | 'ù' | 'û' => Piece::Letter('u'),
        'ç' => Piece::Letter('c'),
        'ñ' => Piece::Letter('n'),
        // Apostrophes and marks above letters.
        '\'' | '\u{2019}' | '\u{300}'..='\u{36f}' => Piece::Nothing,
        c if c.is_alphanumeric() => Piece::Letter(c),
        _ => Piece::Gap,
    }
}

fn pieces(text: &str) -> impl Iterator<Item = Piece> + '_ {
    text.chars().flat_map(char::to_lowercase).map(piece)
}

/// Letters and digits in lower case, umlauts as two letters, everything else one space.
#[must_use]
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    let mut gap = false;
    for c in text.chars() {
        // Most letters of most mails: every word of a mail comes here.
        if c.is_ascii_alphanumeric() {
            write(&mut folded, &mut gap, Piece::Letter(c.to_ascii_lowercase()));
        } else if c.is_ascii() {
            write(&mut folded, &mut gap, piece(c));
        } else {
            c.to_lowercase().for_each(|c| write(&mut folded, &mut gap, piece(c)));
        }
    }
    folded
}

/// Writes a piece behind what is folded already; a gap only once something follows it.
fn write(folded: &mut String, gap: &mut bool, piece: Piece) {
    if matches!(piece, Piece::Nothing) {
        return;
    }
    if matches!(piece, Piece::Gap) {
        *gap = !folded.is_empty();
        return;
    }
    if std::mem::take(gap) {
        folded.push(' ');
    }
    match piece {
        Piece::Letter(c) => folded.push(c),
        Piece::Letters(letters) => folded.push_str(letters),
        Piece::Nothing | Piece::Gap => {}
    }
}

/// The first octet of what [`fold`] makes of a text: most words differ in it.
#[must_use]
pub fn first_octet(text: &str) -> Option<u8> {
    pieces(text).find_map(|piece| match piece {
        Piece::Letter(c) => c.encode_utf8(&mut [0; 4]).bytes().next(),
        Piece::Letters(letters) => letters.bytes().next(),
        Piece::Nothing | Piece::Gap => None,
    })
}

/// Whether [`fold`] makes `folded` of a text: most differ in their first letter, and nothing is
/// written down to see that.
#[must_use]
pub fn folds_to(text: &str, folded: &str) -> bool {
    let mut rest = Some(folded);
    let mut gap = false;
    for piece in pieces(text) {
        let Some(left) = rest else { return false };
        if matches!(piece, Piece::Nothing) {
            continue;
        }
        if matches!(piece, Piece::Gap) {
            gap = left.len() < folded.len();
            continue;
        }
        let left = if std::mem::take(&mut gap) { left.strip_prefix(' ') } else { Some(left) };
        rest = match piece {
            Piece::Letter(c) => left.and_then(|left| left.strip_prefix(c)),
            Piece::Letters(letters) => left.and_then(|left| left.strip_prefix(letters)),
            Piece::Gap | Piece::Nothing => left,
        };
    }
    rest.is_some_and(str::is_empty)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folded_words_differ_in_letters_only() {
        assert_eq!(fold(" *Begründung*, kurz: "), "begruendung kurz");
        assert_eq!(fold("Don\u{2019}t  OBJECT!"), "dont object");
    }

    proptest::proptest! {
        #[test]
        fn comparing_is_folding(
            text in "[ \\-!aäAÄbßéñ\u{301}'1]{0,8}",
            other in "[ \\-aäb1]{0,4}",
        ) {
            let folded = fold(&text);
            proptest::prop_assert!(folds_to(&text, &folded));
            proptest::prop_assert_eq!(first_octet(&text), folded.bytes().next());
            proptest::prop_assert_eq!(folds_to(&text, &fold(&other)), folded == fold(&other));
            proptest::prop_assert_eq!(folds_to(&text, &format!("{folded} ")), false);
        }
    }
}
