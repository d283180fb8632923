//! The templates: which there are, and what a site may put in their place.
//!
//! A template is plain text. A line of it is a line of the mail, however long: it is wrapped when
//! it is filled. A blank line separates paragraphs, `# ` begins a heading, a line `--` is the
//! signature mark. What stands in slots is cleaned by the registry. Deliberately absent: files,
//! which `config` reads, and the checks at start (`check`).

use std::collections::BTreeMap;
use std::fmt;

use handlebars::{Context, Handlebars, Helper, HelperResult, Output, RenderContext};

use crate::notice::page;
use crate::notice::words;
use crate::types::Locale;

macro_rules! texts {
    ($($name:literal)*) => {
        &[$((
            $name,
            [
                include_str!(concat!("../../templates/de/", $name, ".txt")),
                include_str!(concat!("../../templates/en/", $name, ".txt")),
                include_str!(concat!("../../templates/fi/", $name, ".txt")),
                include_str!(concat!("../../templates/sv/", $name, ".txt")),
            ],
        )),*]
    };
}

/// Every text, in the order of [`Locale::ALL`].
const TEXTS: &[(&str, [&str; 4])] = texts! {
    "receipt"
    "copy"
    "comment"
    "practice"
    "answer-copy"
    "again"
    "answer"
    "held"
    "held-colleague"
    "held-internal"
    "held-other"
    "result"
    "help"
    "register"
    "renewal"
    "breach"
    "breach-told"
    "undeliverable"
    "breaker"
    "quarantine"
    "erase-plan"
    "over-budget"
    "changes"
    "neglect"
    "delayed"
    "liaison"
    "digest"
    "may-add"
    "was-it-you"
    "question"
    "reminder"
    "expired"
    "escalated"
    "complete"
    "extended"
    "unreached"
    "announcement"
    "objection"
    "objection-asked"
    "objection-not-counted"
    "objection-unclear"
    "decided"
    "withdrawal-asked"
    "withdrawn"
    "stopped"
    "outcome"
    "signature-asked"
    "sheet"
    "why"
    "refusal"
    "review"
    "confirm"
    "reason-asked"
    "settled"
    "task"
    "item"
    "overdue"
    "probe"
    "playbook"
    "agenda"
    "minutes"
    "ruling"
    "decides"
    "ballot"
    "ballot-taken"
    "polled"
    "remarks"
    "closing"
};

/// The frame of the HTML part.
const FRAME: (&str, &str) = ("base.html", include_str!("../../templates/base.html"));

/// The name of the frame in its registry.
pub const FRAME_NAME: &str = "base";

/// What is wrong with a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateProblem {
    /// The file below the folder of templates: `de/receipt.txt`.
    pub file: String,
    /// The line, counted from 1, where it is known.
    pub line: Option<usize>,
    /// What is wrong and what helps, as a sentence.
    pub what: String,
}

impl fmt::Display for TemplateProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "{}, line {line}: {}", self.file, self.what),
            None => write!(f, "{}: {}", self.file, self.what),
        }
    }
}

/// Every file that a site may put its own in the place of, with what is shipped.
pub fn shipped() -> impl Iterator<Item = (String, &'static str)> {
    let texts = TEXTS.iter().flat_map(|(name, sources)| {
        Locale::ALL
            .into_iter()
            .zip(sources)
            .map(move |(locale, source)| (file(locale, name), *source))
    });
    texts.chain([(FRAME.0.to_owned(), FRAME.1)])
}

/// The file of a text.
#[must_use]
pub fn file(locale: Locale, name: &str) -> String {
    format!("{locale}/{name}.txt")
}

/// The texts of one language.
#[must_use]
pub fn registry() -> Handlebars<'static> {
    let mut registry = Handlebars::new();
    registry.set_strict_mode(true);
    registry.set_prevent_indent(true);
    registry.register_escape_fn(page::clean);
    for (name, mark) in
        [("words", page::WORDS), ("quote", page::QUOTE), ("verbatim", page::VERBATIM)]
    {
        registry.register_helper(name, Box::new(reference(mark)));
    }
    registry.register_helper("buttons", Box::new(buttons));
    registry.register_helper("chart", Box::new(chart));
    registry.register_helper("plural", Box::new(plural));
    registry
}

/// The frame of the HTML part: here slots are escaped for HTML.
#[must_use]
pub fn frame_registry() -> Handlebars<'static> {
    let mut registry = Handlebars::new();
    registry.set_strict_mode(true);
    registry
}

/// Writes a mark and the number that its slot holds; the page puts the words there.
fn reference(
    mark: char,
) -> impl for<'reg, 'rc> Fn(
    &Helper<'rc>,
    &'reg Handlebars<'reg>,
    &'rc Context,
    &mut RenderContext<'reg, 'rc>,
    &mut dyn Output,
) -> HelperResult
+ Send
+ Sync {
    move |helper: &Helper<'_>,
          _: &Handlebars<'_>,
          _: &Context,
          _: &mut RenderContext<'_, '_>,
          out: &mut dyn Output| {
        let number = helper.param(0).and_then(|value| value.value().as_str()).unwrap_or_default();
        out.write(&format!("{mark}{number}"))?;
        Ok(())
    }
}

fn buttons(
    helper: &Helper<'_>,
    _: &Handlebars<'_>,
    _: &Context,
    _: &mut RenderContext<'_, '_>,
    out: &mut dyn Output,
) -> HelperResult {
    let number = helper.param(0).and_then(|value| value.value().as_u64());
    let number = number.map(|number| number.to_string()).unwrap_or_default();
    out.write(&format!("{}{number}", page::BUTTONS))?;
    Ok(())
}

/// Writes the mark of the mail's picture.
fn chart(
    _: &Helper<'_>,
    _: &Handlebars<'_>,
    _: &Context,
    _: &mut RenderContext<'_, '_>,
    out: &mut dyn Output,
) -> HelperResult {
    out.write(&page::PICTURE.to_string())?;
    Ok(())
}

/// `{{plural count "one" "% many"}}`: in all four languages only 1 is one; `%` is the count.
fn plural(
    helper: &Helper<'_>,
    _: &Handlebars<'_>,
    _: &Context,
    _: &mut RenderContext<'_, '_>,
    out: &mut dyn Output,
) -> HelperResult {
    let count = helper.param(0).and_then(|value| value.value().as_u64()).unwrap_or_default();
    let form = if count == 1 { 1 } else { 2 };
    let form = helper.param(form).and_then(|value| value.value().as_str()).unwrap_or_default();
    out.write(&form.replace('%', &count.to_string()))?;
    Ok(())
}

/// What a template's author writes as structure, as the page reads it.
/// Keywords are put in here, once, because they are the same in every mail of a language.
fn marked(source: &str, locale: Locale) -> String {
    let mut source = source.to_owned();
    for (name, word) in words::keywords(locale) {
        source = source.replace(&format!("{{{{keyword.{name}}}}}"), word);
    }
    let mut marked = String::with_capacity(source.len() + 8);
    for line in source.lines().map(page_line) {
        if line.trim_end() == "--" {
            marked.push(page::FOOT);
        } else if let Some(heading) = line.strip_prefix("# ") {
            marked.push(page::HEADING);
            marked.push_str(heading);
        } else {
            marked.push_str(&line);
        }
        marked.push('\n');
    }
    marked
}

fn page_line(line: &str) -> String {
    page::clean(line.trim_end())
}

/// Puts one text into a registry.
///
/// # Errors
/// The mistake in it, with its line.
pub fn register(
    registry: &mut Handlebars<'static>,
    locale: Locale,
    name: &str,
    source: &str,
) -> Result<(), TemplateProblem> {
    registry
        .register_template_string(name, marked(source, locale))
        .map_err(|error| syntax(&file(locale, name), &error))
}

/// Puts the frame into its registry.
///
/// # Errors
/// The mistake in it, with its line.
pub fn register_frame(
    registry: &mut Handlebars<'static>,
    source: &str,
) -> Result<(), TemplateProblem> {
    registry.register_template_string(FRAME_NAME, source).map_err(|error| syntax(FRAME.0, &error))
}

fn syntax(file: &str, error: &handlebars::TemplateError) -> TemplateProblem {
    let line = error.pos().map(|(line, _)| line);
    let what = format!("it cannot be read: {}", error.reason().to_string().trim());
    TemplateProblem { file: file.to_owned(), line, what }
}

/// What went wrong while a template was filled.
#[must_use]
pub fn unfilled(locale: Locale, name: &str, error: &handlebars::RenderError) -> TemplateProblem {
    let file =
        error.template_name.as_deref().map_or_else(|| file(locale, name), |at| file(locale, at));
    let what = format!("it cannot be filled: {}", error.reason());
    TemplateProblem { file, line: error.line_no, what }
}

/// The text under this name in the site's folder or ours.
#[must_use]
pub fn source<'a>(
    overrides: &'a BTreeMap<String, String>,
    locale: Locale,
    name: &str,
) -> Option<&'a str> {
    if let Some(own) = overrides.get(&file(locale, name)) {
        return Some(own);
    }
    let (_, sources) = TEXTS.iter().find(|(known, _)| *known == name)?;
    Locale::ALL.into_iter().zip(sources).find(|(of, _)| *of == locale).map(|(_, source)| *source)
}

/// The frame in the site's folder or ours.
#[must_use]
pub fn frame_source(overrides: &BTreeMap<String, String>) -> &str {
    overrides.get(FRAME.0).map_or(FRAME.1, String::as_str)
}

/// The names of all texts.
pub fn names() -> impl Iterator<Item = &'static str> {
    TEXTS.iter().map(|(name, _)| *name)
}
