//! In which language a text is written, if it says enough.
//!
//! Scripts tell some languages; for the others the small words are counted that every sentence
//! has. Neighbors that lotse does not speak are counted too, so that Norwegian is not taken for
//! Swedish and answered in it.
//! Deliberately absent: guesses. A text of few words has no language here.

use std::collections::BTreeMap;
use std::sync::LazyLock;

/// Words that are looked at.
const WORDS_MAX: usize = 400;
/// Words that a text has at least.
const WORDS_MIN: usize = 8;
/// Small words that must be found.
const FOUND_MIN: usize = 4;
/// And of them, such as the next language does not have.
const OWN_MIN: usize = 2;

/// A language and its small words.
type Small = (&'static str, &'static [&'static str]);

/// The language of a text (ISO 639-1), in de en fi sv fr es it nl pl da no pt et ru uk ja zh ko;
/// nothing if it is short, mixed or something else.
#[must_use]
pub fn recognize(text: &str) -> Option<&'static str> {
    if let Some(language) = by_script(text) {
        return Some(language);
    }
    let words = text.split(|c: char| !c.is_alphabetic()).filter(|word| !word.is_empty());
    let mut count = 0;
    let words = words.take(WORDS_MAX).inspect(|_| count += 1);
    let found: Vec<u32> = words.filter_map(languages_of).collect();
    let mut ranked: Vec<(usize, &'static str, u32)> = (0..)
        .zip(WORDS)
        .map(|(number, (language, _))| {
            let this = 1 << number;
            (found.iter().filter(|languages| **languages & this != 0).count(), *language, this)
        })
        .collect();
    ranked.sort_by_key(|(count, ..)| std::cmp::Reverse(*count));
    let (Some((best, language, first)), Some((_, _, second))) = (ranked.first(), ranked.get(1))
    else {
        return None;
    };
    // What both have tells nothing.
    let own = |one: u32, other: u32| {
        found.iter().filter(|languages| **languages & one != 0 && **languages & other == 0).count()
    };
    let (for_it, against) = (own(*first, *second), own(*second, *first));
    let is_clear = *best >= FOUND_MIN && *best * 6 >= count;
    let is_clear = is_clear && for_it >= OWN_MIN && for_it > 2 * against;
    (count >= WORDS_MIN && is_clear).then_some(*language)
}

/// The language of a script that no other here uses.
fn by_script(text: &str) -> Option<&'static str> {
    // The first octet of Cyrillic in UTF-8; Latin letters, with whatever accents, stand before.
    if text.bytes().all(|octet| octet < 0xd0) {
        return None;
    }
    let (mut kana, mut han, mut hangul, mut cyrillic, mut ukrainian, mut all) = (0, 0, 0, 0, 0, 0);
    for c in text.chars().filter(|c| c.is_alphabetic()).take(WORDS_MAX * 8) {
        all += 1;
        if c < '\u{400}' {
            continue;
        }
        match c {
            '\u{3040}'..='\u{30ff}' => kana += 1,
            '\u{3400}'..='\u{9fff}' => han += 1,
            '\u{ac00}'..='\u{d7a3}' => hangul += 1,
            'і' | 'ї' | 'є' | 'ґ' | 'І' | 'Ї' | 'Є' => {
                ukrainian += 1;
                cyrillic += 1;
            }
            '\u{400}'..='\u{4ff}' => cyrillic += 1,
            _ => {}
        }
    }
    let is_most = |count: usize| count * 2 > all;
    if is_most(kana + han) && kana + han >= WORDS_MIN {
        return Some(if kana > 0 { "ja" } else { "zh" });
    }
    if is_most(hangul) && hangul >= WORDS_MIN {
        return Some("ko");
    }
    let is_long = cyrillic >= WORDS_MIN * 3;
    (is_most(cyrillic) && is_long).then_some(if ukrainian > 0 { "uk" } else { "ru" })
}

/// The languages that have a word as a small one, as bits in the order of [`WORDS`]; whatever its
/// case.
fn languages_of(word: &str) -> Option<u32> {
    let number = if word.is_ascii() { number(word)? } else { number(&word.to_lowercase())? };
    let at = LANGUAGES.binary_search_by_key(&number, |(small, _)| *small).ok()?;
    LANGUAGES.get(at).map(|(_, languages)| *languages)
}

/// The octets of a word as one number, capitals of ASCII as small letters: every mail asks for all
/// its words, and numbers are compared at once. Nothing if it is longer than any small word.
fn number(word: &str) -> Option<u128> {
    let digits = word.bytes().map(|octet| u128::from(octet.to_ascii_lowercase()));
    (word.len() <= size_of::<u128>()).then(|| digits.fold(0, |sum, digit| (sum << 8) | digit))
}

/// Small words as numbers, in order, with their languages.
static LANGUAGES: LazyLock<Vec<(u128, u32)>> = LazyLock::new(|| {
    let mut languages: BTreeMap<u128, u32> = BTreeMap::new();
    for (place, (_, words)) in (0..).zip(WORDS) {
        for small in words.iter().filter_map(|word| number(word)) {
            *languages.entry(small).or_default() |= 1 << place;
        }
    }
    languages.into_iter().collect()
});

/// Small words of each language; what two share tells nothing and hurts nothing.
const WORDS: &[Small] = &[
    (
        "de",
        &[
            "und", "der", "die", "das", "ich", "nicht", "ist", "ein", "eine", "einen", "zu", "den",
            "mit", "wir", "für", "auf", "von", "sie", "im", "es", "ihr", "bitte", "noch", "auch",
            "wie", "mir", "dem", "bei", "haben", "habe", "oder", "kann", "uns", "wenn", "sind",
            "aus", "wird", "zum", "zur", "am", "danke", "wer", "hat", "nur", "aber", "mich",
            "dass",
        ],
    ),
    (
        "en",
        &[
            "the", "and", "to", "of", "is", "for", "you", "we", "that", "it", "have", "with", "i",
            "be", "this", "are", "please", "can", "not", "my", "your", "our", "on", "would",
            "will", "from", "was", "but", "or", "if", "an", "as", "at", "by", "do", "what", "when",
            "thanks",
        ],
    ),
    (
        "fi",
        &[
            "ja",
            "on",
            "ei",
            "se",
            "että",
            "hei",
            "kun",
            "tai",
            "mutta",
            "myös",
            "jos",
            "niin",
            "olen",
            "ole",
            "oli",
            "kiitos",
            "voi",
            "voiko",
            "nyt",
            "vielä",
            "tämä",
            "meidän",
            "minun",
            "teidän",
            "kuin",
            "sitten",
            "joka",
            "mitä",
            "miten",
            "en",
            "olemme",
            "ovat",
            "terveisin",
            "saada",
            "onko",
            "me",
            "minä",
            "jo",
            "sen",
            "tämän",
            "mukaan",
        ],
    ),
    (
        "sv",
        &[
            "och", "att", "är", "jag", "inte", "det", "som", "på", "för", "en", "ett", "vi", "med",
            "har", "till", "av", "den", "om", "kan", "hej", "tack", "från", "eller", "men", "så",
            "när", "vad", "min", "oss", "ni", "ska", "skulle", "mig", "finns", "också", "få",
        ],
    ),
    (
        "da",
        &[
            "og", "at", "er", "jeg", "ikke", "det", "som", "på", "for", "en", "et", "vi", "med",
            "har", "til", "af", "den", "om", "kan", "hej", "tak", "fra", "eller", "men", "så",
            "når", "hvad", "min", "os", "skal", "mig", "også", "få", "jer", "hvis", "blive",
        ],
    ),
    (
        "no",
        &[
            "og", "at", "er", "jeg", "ikke", "det", "som", "på", "for", "en", "et", "vi", "med",
            "har", "til", "av", "den", "om", "kan", "hei", "takk", "fra", "eller", "men", "så",
            "når", "hva", "min", "oss", "skal", "meg", "også", "få", "dere", "hvis", "bli",
        ],
    ),
    (
        "nl",
        &[
            "de", "het", "een", "en", "ik", "is", "niet", "van", "dat", "op", "te", "voor", "met",
            "zijn", "wij", "we", "ons", "onze", "je", "jullie", "kan", "kunnen", "graag", "naar",
            "ook", "aan", "er", "om", "maar", "als", "bij", "dit", "heb", "wat", "nog", "of",
        ],
    ),
    (
        "fr",
        &[
            "le", "la", "les", "de", "des", "et", "je", "vous", "nous", "est", "pas", "que",
            "pour", "un", "une", "dans", "sur", "avec", "au", "du", "en", "ce", "qui", "mon",
            "votre", "bonjour", "merci", "à", "il", "ne", "ou", "si", "plus", "sont", "notre",
            "être",
        ],
    ),
    (
        "es",
        &[
            "el", "la", "los", "las", "de", "y", "que", "en", "un", "una", "por", "para", "con",
            "no", "es", "se", "lo", "del", "mi", "su", "al", "como", "más", "pero", "hola",
            "gracias", "está", "nos", "me", "si", "qué", "hay", "puedo", "nuestro", "tengo",
        ],
    ),
    (
        "pt",
        &[
            "o", "a", "os", "as", "de", "e", "que", "em", "um", "uma", "por", "para", "com", "não",
            "é", "se", "do", "da", "no", "na", "ao", "como", "mais", "mas", "olá", "obrigado",
            "obrigada", "está", "nos", "me", "meu", "minha", "posso", "você", "são", "pela",
        ],
    ),
    (
        "it",
        &[
            "il", "la", "lo", "gli", "le", "di", "e", "che", "in", "un", "una", "per", "con",
            "non", "è", "si", "del", "della", "al", "come", "più", "ma", "ciao", "grazie", "sono",
            "ci", "mi", "nel", "vi", "o", "anche", "abbiamo", "vorrei", "questo", "alla", "ho",
        ],
    ),
    (
        "pl",
        &[
            "i",
            "w",
            "na",
            "nie",
            "to",
            "się",
            "jest",
            "z",
            "że",
            "do",
            "o",
            "czy",
            "dla",
            "jak",
            "po",
            "ale",
            "proszę",
            "od",
            "mam",
            "są",
            "za",
            "przez",
            "dzień",
            "dobry",
            "dziękuję",
            "już",
            "tylko",
            "lub",
            "jeszcze",
            "ten",
            "ta",
            "które",
            "mogę",
            "pani",
            "moje",
        ],
    ),
    (
        "et",
        &[
            "ja", "on", "ei", "et", "see", "kui", "ka", "mis", "või", "aga", "siis", "ma", "me",
            "tere", "palun", "aitäh", "oma", "meie", "kas", "olen", "oleme", "mul", "selle",
            "juba",
        ],
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_of_people_are_recognized() {
        for (language, text) in [
            ("de", "Hallo, ich brauche für den Freitag einen Schlüssel. Wer hat ihn?"),
            ("en", "Hello, I need a key for the meeting. Can you tell me who has it?"),
            ("fi", "Hei, tarvitsen avaimen. Voiko sen hakea jo torstaina, jos ei ole kiire?"),
            ("sv", "Hej, jag behöver en nyckel till mötet på fredag. Vet ni vem som har den?"),
            ("da", "Hej, jeg skal bruge en nøgle på fredag. Hvad nu, hvis den ikke er der?"),
            ("no", "Hei, jeg trenger en nøkkel på fredag. Hva gjør dere hvis den ikke er der?"),
            ("nl", "Hallo, ik heb voor de vergadering een sleutel nodig. Wie kan mij helpen?"),
            ("fr", "Bonjour, il me faut une clé pour la réunion. Est-ce que vous pouvez aider ?"),
            ("es", "Hola, necesito una llave para la reunión. ¿Me dicen por favor quién la tiene?"),
            ("pt", "Olá, preciso de uma chave para a reunião. Não sei com quem está."),
            (
                "it",
                "Ciao, mi serve una chiave per la riunione di venerdì. Non so chi la ha, grazie!",
            ),
            ("pl", "Dzień dobry, czy jest ktoś, kto ma klucz na piątek? Proszę o odpowiedź."),
            ("et", "Tere, mul on võtit vaja. Kas see on teie juures või mitte? Aitäh"),
            ("ru", "Здравствуйте, мне нужен ключ для встречи в пятницу."),
            ("uk", "Добрий день, мені потрібен ключ для зустрічі у п'ятницю."),
            ("ja", "金曜日の会議のために鍵が必要です。"),
            ("zh", "我需要星期五开会用的钥匙。"),
        ] {
            assert_eq!(recognize(text), Some(language), "{text}");
        }
    }

    #[test]
    fn few_words_have_no_language() {
        for text in ["", "ok", "Ja, danke.", "4711", "OK thanks", "Name: Otto\nGrund: Raum", "Да"]
        {
            assert_eq!(recognize(text), None, "{text}");
        }
    }
}
