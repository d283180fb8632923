//! How far two words are apart in slips of a finger.

/// How many letters must be changed, added, left out or exchanged with their neighbor (Damerau,
/// restricted); `None` where it is more than `most`.
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

/// Whether [`distance`] is one at most: without a table, because hundreds of words are compared
/// with hundreds of labels.
#[must_use]
pub fn is_slip(one: &str, other: &str) -> bool {
    let (mut left, mut right) = (one.chars(), other.chars());
    loop {
        match (left.next(), right.next()) {
            (Some(here), Some(there)) if here == there => {}
            (Some(here), Some(there)) => {
                let (left, right) = (left.as_str(), right.as_str());
                let is_crossed = || left.strip_prefix(there) == right.strip_prefix(here);
                return left == right
                    || right.strip_prefix(here) == Some(left)
                    || left.strip_prefix(there) == Some(right)
                    || (left.starts_with(there) && is_crossed());
            }
            (None, None) => return true,
            (Some(_), None) => return left.as_str().is_empty(),
            (None, Some(_)) => return right.as_str().is_empty(),
        }
    }
}

/// The name of several that was probably meant: of the same first letter, with one slip of the
/// finger, two in long ones. Short names are too alike to tell.
#[must_use]
pub fn nearest<'a>(name: &str, mut all: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let most = match name.chars().count() {
        0..=3 => return None,
        4..=6 => 1,
        _ => 2,
    };
    all.find(|known| {
        known.chars().next() == name.chars().next() && distance(name, known, most).is_some()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_were_probably_meant_are_found() {
        let all = ["host", "user", "lmtp", "addresses", "fi"];
        for (typed, meant) in [
            ("hots", Some("host")),
            ("users", Some("user")),
            ("adress", None),
            ("adresses", Some("addresses")),
            ("smtp", None),
            ("fr", None),
        ] {
            assert_eq!(nearest(typed, all.into_iter()), meant, "{typed}");
        }
    }

    #[test]
    fn one_slip_of_the_finger_is_one() {
        for typed in ["grund", "grnd", "gruund", "gurnd", "grond"] {
            assert!(distance("grund", typed, 1).is_some(), "{typed}");
        }
        assert_eq!(distance("grund", "gunrd", 1), None);
        assert_eq!(distance("", "ab", 2), Some(2));
    }

    proptest::proptest! {
        #[test]
        fn slip_is_a_distance_of_one(one in "[abä]{0,6}", other in "[abä]{0,6}") {
            proptest::prop_assert_eq!(is_slip(&one, &other), distance(&one, &other, 1).is_some());
        }
    }
}
