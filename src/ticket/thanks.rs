//! Whether an answer is only thanks or a reaction: filed, and a closed ticket stays closed.

use crate::mail::{Message, quote};

/// Words that thank or wave and say nothing else, by language; compared letter by letter.
const WORDS: [&str; 58] = [
    "danke",
    "dank",
    "dankeschön",
    "vielen",
    "herzlichen",
    "besten",
    "super",
    "prima",
    "toll",
    "bis",
    "dann",
    "perfekt",
    "alles",
    "klar",
    "ok",
    "okay",
    "liebe",
    "viele",
    "grüße",
    "gruß",
    "thanks",
    "thank",
    "you",
    "very",
    "much",
    "great",
    "perfect",
    "cheers",
    "many",
    "so",
    "kiitos",
    "kiitoksia",
    "paljon",
    "kiitti",
    "hyvä",
    "selvä",
    "tack",
    "så",
    "mycket",
    "bra",
    "toppen",
    "merci",
    "beaucoup",
    "gracias",
    "grazie",
    "mille",
    "dziękuję",
    "bedankt",
    "takk",
    "tak",
    "obrigado",
    "obrigada",
    "montag",
    "dienstag",
    "mittwoch",
    "donnerstag",
    "freitag",
    "hi",
];
/// Words of which at least one must stand there.
const THANKS: [&str; 22] = [
    "danke",
    "dank",
    "dankeschön",
    "thanks",
    "thank",
    "cheers",
    "kiitos",
    "kiitoksia",
    "kiitti",
    "tack",
    "merci",
    "gracias",
    "grazie",
    "dziękuję",
    "bedankt",
    "takk",
    "tak",
    "obrigado",
    "obrigada",
    "perfekt",
    "perfect",
    "super",
];
/// More words than these are a message.
const WORDS_MAX: usize = 12;

/// Whether the new text is only thanks, or the message is only a reaction.
#[must_use]
pub fn is_only_thanks(message: &Message) -> bool {
    is_settled(message)
        .unwrap_or_else(|| thanks_only(message, &quote::split(&message.text, None).text()))
}

/// The same, where the new text is known already, no forward being looked for.
#[must_use]
pub(crate) fn is_only_thanks_in(message: &Message, new: &str) -> bool {
    is_settled(message).unwrap_or_else(|| thanks_only(message, new))
}

/// What is known without the text: a reaction says nothing else, and who attaches something does.
fn is_settled(message: &Message) -> Option<bool> {
    if is_reaction(message) {
        return Some(true);
    }
    (!message.attachments.is_empty()).then_some(false)
}

fn thanks_only(message: &Message, new: &str) -> bool {
    let is_long = words(new).nth(WORDS_MAX).is_some();
    if is_long || new.contains('?') {
        return false;
    }
    let text = new.to_lowercase();
    let signer = message.author().map(|author| author.name.to_lowercase()).unwrap_or_default();
    let words: Vec<&str> = words(&text).collect();
    !words.is_empty()
        && words.iter().any(|word| THANKS.contains(word))
        && words
            .iter()
            .all(|word| WORDS.contains(word) || THANKS.contains(word) || signer.contains(word))
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty())
}

/// What Outlook says of a reaction in a field; the parser knows the other forms.
fn is_reaction(message: &Message) -> bool {
    message.field("X-MS-Reactions").is_some_and(|value| value.contains("reaction"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> bool {
        is_only_thanks(&Message { text: text.into(), ..Message::default() })
    }

    #[test]
    fn thanks_are_only_thanks() {
        for text in
            ["Super danke 👍 bis dienstag!", "Thank you very much", "Kiitos!", "Tack så mycket"]
        {
            assert!(of(text), "{text}");
        }
    }

    #[test]
    fn thanks_with_more_are_a_message() {
        for text in ["Danke, aber die Tür war zu", "Thanks. And parking?", "OK", "bis dann"] {
            assert!(!of(text), "{text}");
        }
    }
}
