//! Words as they are compared: case, umlauts, signs and spaces aside, and how far two are apart.

/// Letters and digits in lower case, umlauts as two letters, everything else one space.
#[must_use]
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for c in text.chars().flat_map(char::to_lowercase) {
        match c {
            'ä' | 'æ' => folded.push_str("ae"),
            'ö' | 'ø' => folded.push_str("oe"),
            'ü' => folded.push_str("ue"),
            'ß' => folded.push_str("ss"),
            'å' | 'á' | 'à' | 'â' | 'ã' => folded.push('a'),
            'é' | 'è' | 'ê' | 'ë' => folded.push('e'),
            'í' | 'ì' | 'î' => folded.push('i'),
            'ó' | 'ò' | 'ô' | 'õ' => folded.push('o'),
            'ú' | 'ù' | 'û' => folded.push('u'),
            'ç' => folded.push('c'),
            'ñ' => folded.push('n'),
            // Apostrophes and marks above letters join what stands beside them.
            '\'' | '\u{2019}' | '\u{300}'..='\u{36f}' => {}
            c if c.is_alphanumeric() => folded.push(c),
            _ if folded.ends_with(' ') || folded.is_empty() => {}
            _ => folded.push(' '),
        }
    }
    folded.truncate(folded.trim_end().len());
    folded
}

/// How many letters must be changed, added, left out or exchanged with their neighbor; `None`
/// where it is more than `most`.
#[must_use]
pub fn distance(one: &str, other: &str, most: usize) -> Option<usize> {
    let one: Vec<char> = one.chars().collect();
    let other: Vec<char> = other.chars().collect();
    if one.len().abs_diff(other.len()) > most {
        return None;
    }
    let cell = |row: &[usize], at: usize| row.get(at).copied().unwrap_or(usize::MAX / 2);
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=other.len()).collect();
    for (y, left) in one.iter().enumerate() {
        let mut row = vec![y + 1];
        for (x, right) in other.iter().enumerate() {
            let change = cell(&above, x) + usize::from(left != right);
            let mut best = change.min(cell(&above, x + 1) + 1).min(cell(&row, x) + 1);
            let crossed =
                y > 0 && x > 0 && one.get(y - 1) == Some(right) && other.get(x - 1) == Some(left);
            if crossed {
                best = best.min(cell(&before, x - 1) + 1);
            }
            row.push(best);
        }
        before = std::mem::replace(&mut above, row);
    }
    above.last().copied().filter(|distance| *distance <= most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folded_words_differ_in_letters_only() {
        assert_eq!(fold(" *Begründung*, kurz: "), "begruendung kurz");
        assert_eq!(fold("Don\u{2019}t  OBJECT!"), "dont object");
    }

    #[test]
    fn one_slip_of_the_finger_is_one() {
        for typed in ["grund", "grnd", "gruund", "gurnd", "grond"] {
            assert!(distance("grund", typed, 1).is_some(), "{typed}");
        }
        assert_eq!(distance("grund", "gunrd", 1), None);
        assert_eq!(distance("", "ab", 2), Some(2));
    }
}
