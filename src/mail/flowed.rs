//! Paragraphs of `format=flowed` (RFC 3676) in one line each.
//!
//! Deliberately absent: writing it; our own texts are wrapped by their templates.

/// Joins the flowed lines of a text with LF line ends. `deletes_space` is `delsp=yes`.
pub(super) fn unfold(text: &str, deletes_space: bool) -> String {
    let mut unfolded = String::with_capacity(text.len());
    let mut open: Option<usize> = None;
    for line in text.split('\n') {
        let content = line.trim_start_matches('>');
        let depth = line.len() - content.len();
        let content = content.strip_prefix(' ').unwrap_or(content);
        let is_mark = content == "-- ";
        if open != Some(depth) || is_mark {
            if open.is_some() {
                unfolded.push('\n');
            }
            quote(depth, content, &mut unfolded);
        }
        open = None;
        if let Some(shorter) = content.strip_suffix(' ')
            && !is_mark
        {
            unfolded.push_str(if deletes_space { shorter } else { content });
            open = Some(depth);
        } else {
            unfolded.push_str(content);
            unfolded.push('\n');
        }
    }
    let end = unfolded.trim_end_matches('\n').len();
    unfolded.truncate(end);
    unfolded
}

fn quote(depth: usize, content: &str, unfolded: &mut String) {
    if depth > 0 {
        unfolded.extend(std::iter::repeat_n('>', depth));
        if !content.is_empty() {
            unfolded.push(' ');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paragraphs_become_lines_and_quotes_stay_quotes() {
        for (text, deletes_space, unfolded) in [
            ("one \ntwo\nthree\n", false, "one two\nthree"),
            ("Haus \nboot\n", true, "Hausboot"),
            ("> one \n> two\nthree \n> four\n", false, "> one two\nthree \n> four"),
            (">> a\n> \n b\n", false, ">> a\n>\nb"),
            ("Gruß \n-- \nOtto\n", false, "Gruß \n-- \nOtto"),
            (" From here\n", false, "From here"),
        ] {
            assert_eq!(unfold(text, deletes_space), unfolded);
        }
    }
}
