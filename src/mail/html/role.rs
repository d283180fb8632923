//! What an element of HTML is to a reader: hidden, quoted, history, a signature, or plain.
//!
//! Names of classes and elements are those that mail programs give; one rule serves all languages.
//! Deliberately absent: how it is written down (`text`).

use crate::mail::history;
use crate::mail::html::tree::{Content, Element, NodeId, Tree};

/// Nodes that are looked at for the first words of a quote.
const PEEK_NODES_MAX: usize = 40;

/// What an element is to a reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Plain,
    /// Nobody sees it.
    Hidden,
    /// Words of an earlier message.
    Quote,
    /// An attribution and the quote below it; what follows the quote was typed there.
    Answered,
    /// All below is an earlier message.
    History,
    Signature,
}

/// What of an element's style and attributes decides whether and how it is read.
#[derive(Default)]
pub(super) struct Style {
    pub(super) look: Look,
    /// Whether the text in it has no size, if it says so.
    pub(super) has_no_size: Option<bool>,
    /// A paragraph without room around it.
    pub(super) is_tight: bool,
}

/// What a style makes of an element.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Look {
    #[default]
    Plain,
    /// Nobody sees it.
    Hidden,
    /// Below the rule above Outlook's header block.
    Ruled,
    /// Behind Outlook's blue line.
    Lined,
}

impl Style {
    /// Reads it.
    pub(super) fn of(element: &Element<'_>) -> Self {
        if !element.has_attributes() {
            return Self::default();
        }
        let style = element.attribute("style").unwrap_or_default().to_ascii_lowercase();
        let style: String = style.split_whitespace().collect();
        let has = |words: &str| style.contains(words);
        let is_named = |name: &str| {
            element.attribute("class").is_some_and(|class| {
                class.split_ascii_whitespace().any(|one| one.eq_ignore_ascii_case(name))
            })
        };
        let is_squeezed =
            (has("max-height:0") || has(";height:0") || style.starts_with("height:0"))
                && has("overflow:hidden");
        let is_hidden = has("display:none")
            || has("visibility:hidden")
            || has("mso-hide:all")
            || has("opacity:0;")
            || style.ends_with("opacity:0")
            || is_squeezed && !has("max-height:0.")
            || element.attribute("hidden").is_some();
        let is_ruled = has("border-top:solid#e1e1e1") || has("border-top:solid#b5c4df");
        let look = if is_hidden {
            Look::Hidden
        } else if is_ruled {
            Look::Ruled
        } else if has("border-left:solidblue") {
            Look::Lined
        } else {
            Look::Plain
        };
        Self {
            look,
            has_no_size: style.split(';').find_map(|one| one.strip_prefix("font-size:")).map(
                |size| {
                    size.trim_start_matches(['0', '.']).bytes().all(|b| !b.is_ascii_digit())
                        && size.starts_with('0')
                },
            ),
            is_tight: ["MsoNormal", "MsoPlainText", "MsoListParagraph"].into_iter().any(is_named)
                || has("margin:0") && !has("margin:0.")
                || has("margin-top:0") && has("margin-bottom:0"),
        }
    }
}

/// What an element with this style is.
pub(super) fn role(tree: &Tree<'_>, id: NodeId, element: &Element<'_>, style: &Style) -> Role {
    let hidden = [
        "script", "style", "title", "template", "textarea", "svg", "math", "object", "iframe",
        "noembed", "noframes", "select", "audio", "video", "canvas", "map", "meta", "link",
    ];
    if style.look == Look::Hidden || hidden.contains(&&*element.name) {
        return Role::Hidden;
    }
    match &*element.name {
        "blockquote" => return Role::Quote,
        _ if style.look == Look::Lined => return Role::Answered,
        "includetail" => return Role::Answered,
        _ => {}
    }
    if !element.has_attributes() {
        return Role::Plain;
    }
    let named = |name: &str| element.attribute(name).unwrap_or_default().to_ascii_lowercase();
    let (own_id, class) = (named("id"), named("class"));
    let marker = named("data-marker");
    // Outlook puts x_ before the names in what it quotes.
    let is_id = |wanted: &str| own_id.trim_start_matches("x_") == wanted;
    let is_class = |wanted: &str| {
        class.split_ascii_whitespace().any(|one| one.trim_start_matches("x_") == wanted)
    };
    if HISTORIES.iter().any(|wanted| is_id(wanted) || is_class(wanted) || marker == *wanted)
        || style.look == Look::Ruled
    {
        return Role::History;
    }
    // Programs and houses name it as they like: "Signature", "x-signature", "our_signature".
    let is_signed = |name: &str| name.ends_with("signature");
    if class.split_ascii_whitespace().any(is_signed)
        || is_signed(&own_id)
        || SIGNATURES.iter().any(|wanted| is_class(wanted) || is_id(wanted))
    {
        return Role::Signature;
    }
    let is_answered = ANSWERED.iter().any(|wanted| is_class(wanted) || is_id(wanted))
        // Yahoo puts a number of its own before the name.
        || class.ends_with("yahoo_quoted")
        || ["quote", "messagereplysection"].contains(&&*named("name"));
    if !is_answered || first_words(tree, id).lines().any(history::is_forward) {
        return Role::Plain;
    }
    Role::Answered
}

/// What stands at or around the header block of an answered message: Outlook, its web and Mac
/// forms, Zimbra.
const HISTORIES: [&str; 6] = [
    "outlookmessageheader",
    "divrplyfwdmsg",
    "olk_src_body_section",
    "zwchr",
    "__headers__",
    "mail-editor-reference-message-container",
];

/// Signatures that programs put there by themselves, under names that do not end in the word.
const SIGNATURES: [&str; 2] = ["protonmail_signature_block", "signature_block"];

/// Attributions, and what holds an attribution and its quote: Gmail, Thunderbird, Yahoo, Proton,
/// GMX, Zoho, Roundcube, Spark, and what copies them.
const ANSWERED: [&str; 12] = [
    "gmail_quote",
    "gmail_attr",
    "moz-cite-prefix",
    "yahoo_quoted",
    "yahooquoted",
    "protonmail_quote",
    "zmail_extra",
    "reply-intro",
    "spark_quote",
    "isreplycontent",
    "bloop_original_html",
    "airmail_ext_on",
];

/// The first words below a node, as far as a few nodes hold them; a line for each text.
pub(super) fn first_words(tree: &Tree<'_>, id: NodeId) -> String {
    let mut words = String::new();
    let mut waiting: Vec<NodeId> = vec![id];
    for _ in 0..PEEK_NODES_MAX {
        let Some(id) = waiting.pop() else { break };
        if let Some(Content::Text(text)) = tree.content(id)
            && !text.trim().is_empty()
        {
            words.push_str(text.trim());
            words.push('\n');
        }
        if words.len() > 200 {
            break;
        }
        let from = waiting.len();
        waiting.extend(tree.children(id).take(PEEK_NODES_MAX));
        waiting.get_mut(from..).unwrap_or_default().reverse();
    }
    words
}
