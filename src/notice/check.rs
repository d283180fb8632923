//! The checks of the templates that Handlebars leaves undone.
//!
//! Three mistakes would pass until a mail is due: an unknown slot inside a condition, a partial
//! that is not there, partials that include each other for ever (which would end the process).
//! Deliberately absent: filling the texts (`notice`), reading files (`config`).

use std::collections::{BTreeMap, BTreeSet};

use handlebars::template::{HelperTemplate, Parameter, Template, TemplateElement};
use handlebars::{Handlebars, Path};
use serde_json::Value;

use crate::notice::template::{TemplateProblem, file, names, shipped};
use crate::types::Locale;

/// Files of the site's folder that stand for nothing.
#[must_use]
pub fn strays(overrides: &BTreeMap<String, String>) -> Vec<TemplateProblem> {
    let known: BTreeSet<String> = shipped().map(|(file, _)| file).collect();
    overrides
        .keys()
        .filter(|file| !known.contains(*file))
        .map(|file| TemplateProblem {
            file: file.clone(),
            line: None,
            what: "it stands for no text of ours: correct its name, or remove it".to_owned(),
        })
        .collect()
}

/// Whether the partials of a language end: none is missing, none includes itself by a detour.
///
/// This must be asked before anything is rendered: a ring would end the process.
#[must_use]
pub fn ring_problems(registry: &Handlebars<'_>, locale: Locale) -> Vec<TemplateProblem> {
    let mut problems = Vec::new();
    let mut includes: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for name in names() {
        let Some(template) = registry.get_template(name) else { continue };
        let mut walk = Walk { file: file(locale, name), ..Walk::default() };
        walk.template(template, &[]);
        problems.append(&mut walk.problems);
        for (partial, line) in &walk.partials {
            if !names().any(|known| known == partial) {
                let what = format!("there is no text `{partial}` to include");
                problems.push(TemplateProblem { file: walk.file.clone(), line: *line, what });
            }
        }
        includes.insert(name, walk.partials.into_iter().map(|(partial, _)| partial).collect());
    }
    for name in includes.keys() {
        if reaches(&includes, name, name) {
            let what =
                format!("it includes itself, by way of others: take `{name}` out of the ring");
            problems.push(TemplateProblem { file: file(locale, name), line: None, what });
        }
    }
    problems
}

fn reaches(includes: &BTreeMap<&str, Vec<String>>, from: &str, to: &str) -> bool {
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    let mut ahead: Vec<&str> = vec![from];
    while let Some(name) = ahead.pop() {
        for partial in includes.get(name).into_iter().flatten() {
            if partial == to {
                return true;
            }
            if seen.insert(partial) {
                ahead.push(partial);
            }
        }
    }
    false
}

/// The slots that a template names and that its matter does not have, `full` being all there are.
#[must_use]
pub fn slot_problems(
    registry: &Handlebars<'_>,
    locale: Locale,
    name: &str,
    full: &Value,
) -> Vec<TemplateProblem> {
    let mut walk = Walk { file: file(locale, name), checks_slots: true, ..Walk::default() };
    let mut ahead = vec![name.to_owned()];
    let mut problems = Vec::new();
    while let Some(name) = ahead.pop() {
        let Some(template) = registry.get_template(&name) else { continue };
        walk.file = file(locale, &name);
        walk.template(template, &[full]);
        problems.append(&mut walk.problems);
        ahead.extend(std::mem::take(&mut walk.partials).into_iter().map(|(partial, _)| partial));
    }
    problems
}

/// A walk through a template: the partials it includes and what is wrong with it.
#[derive(Default)]
struct Walk {
    file: String,
    checks_slots: bool,
    partials: Vec<(String, Option<usize>)>,
    problems: Vec<TemplateProblem>,
    line: Option<usize>,
}

impl Walk {
    fn say(&mut self, what: String) {
        self.problems.push(TemplateProblem { file: self.file.clone(), line: self.line, what });
    }

    fn template(&mut self, template: &Template, scopes: &[&Value]) {
        for (number, element) in template.elements.iter().enumerate() {
            self.line = template.mapping.get(number).map(|mapping| mapping.0);
            self.element(element, scopes);
        }
    }

    fn element(&mut self, element: &TemplateElement, scopes: &[&Value]) {
        match element {
            TemplateElement::Expression(expression)
            | TemplateElement::HtmlExpression(expression) => {
                if matches!(element, TemplateElement::HtmlExpression(_)) {
                    self.say("three braces leave a value uncleaned: write two".to_owned());
                }
                if expression.params.is_empty() {
                    self.parameter(&expression.name, scopes);
                }
                expression.params.iter().for_each(|parameter| self.parameter(parameter, scopes));
            }
            TemplateElement::HelperBlock(block) => {
                block.params.iter().for_each(|parameter| self.parameter(parameter, scopes));
                let inner = self.inner(block, scopes);
                if let Some(template) = &block.template {
                    self.template(template, &inner);
                }
                if let Some(inverse) = &block.inverse {
                    self.template(inverse, scopes);
                }
            }
            TemplateElement::PartialExpression(partial) => match &partial.name {
                Parameter::Name(name) => self.partials.push((name.clone(), self.line)),
                Parameter::Path(Path::Relative((_, name))) => {
                    self.partials.push((name.clone(), self.line));
                }
                _ => {
                    self.say("a text that is included must be named outright".to_owned());
                }
            },
            TemplateElement::PartialBlock(_)
            | TemplateElement::DecoratorExpression(_)
            | TemplateElement::DecoratorBlock(_) => {
                self.say("decorators and partial blocks are not available here".to_owned());
            }
            TemplateElement::RawString(_) | TemplateElement::Comment(_) => {}
            _ => self.say("this kind of expression is not available here".to_owned()),
        }
    }

    /// The scopes inside a block: `each` and `with` open one.
    fn inner<'v>(&mut self, block: &HelperTemplate, scopes: &[&'v Value]) -> Vec<&'v Value> {
        let mut inner = scopes.to_vec();
        let name = name_of(&block.name);
        if block.block_param.is_some() {
            self.say("names between `|` are not available here: use `this`".to_owned());
        }
        let of = block.params.first().and_then(|parameter| match parameter {
            Parameter::Path(Path::Relative((_, raw))) => find(scopes, raw),
            _ => None,
        });
        match (name, of) {
            ("each", Some(Value::Array(items))) => inner.extend(items.first()),
            ("with", Some(value)) => inner.push(value),
            _ => {}
        }
        inner
    }

    fn parameter(&mut self, parameter: &Parameter, scopes: &[&Value]) {
        match parameter {
            Parameter::Path(Path::Relative((_, raw))) | Parameter::Name(raw) => {
                let is_helper = ["buttons", "chart"].contains(&raw.as_str());
                if self.checks_slots && !is_helper && find(scopes, raw).is_none() {
                    self.say(format!("there is no slot `{raw}` in this text"));
                }
            }
            Parameter::Subexpression(expression) => {
                for parameter in expression.params().into_iter().flatten() {
                    self.parameter(parameter, scopes);
                }
            }
            _ => {}
        }
    }
}

fn name_of(parameter: &Parameter) -> &str {
    match parameter {
        Parameter::Name(name) | Parameter::Path(Path::Relative((_, name))) => name,
        _ => "",
    }
}

/// The value that a path names, from the innermost scope on; `../` goes one out.
fn find<'v>(scopes: &[&'v Value], raw: &str) -> Option<&'v Value> {
    let mut depth = scopes.len();
    let mut path = raw;
    while let Some(rest) = path.strip_prefix("../") {
        depth = depth.checked_sub(1)?;
        path = rest;
    }
    let mut value = scopes.get(depth.checked_sub(1)?).copied()?;
    for part in path.split(['.', '/']).filter(|part| !part.is_empty() && *part != "this") {
        value = value.get(part)?;
    }
    Some(value)
}
