//! Whether a procedure says everything in each language that it speaks: those of its title, and
//! the site's.
//!
//! Labels and words by which mails are known may be there in more languages, because they are read
//! as well. Deliberately absent: what lotse itself says (`templates/`).

use std::collections::BTreeMap;

use crate::desk::procedure::{Procedure, Texts};
use crate::desk::step::Step;
use crate::types::Locale;

/// Every text that is missing, as a sentence that says what to add; `site` is the site's language.
pub(super) fn problems(procedure: &Procedure, site: Locale) -> Vec<String> {
    let mut problems = Vec::new();
    for locale in procedure.title.keys().copied().filter(|locale| *locale != site) {
        problems.extend(facts(procedure, locale));
        for (place, step) in procedure.steps.iter().enumerate() {
            let lacking = texts(step).into_iter().filter(|(_, texts)| lacks(texts, locale));
            problems.extend(lacking.map(|(key, _)| {
                format!("step {}: it has no words in `{locale}`: add `{key}.{locale}`", place + 1)
            }));
        }
    }
    let spoken = procedure.title.keys().copied().filter(|locale| *locale != site).chain([site]);
    let called = spoken.map(|locale| ("called", &procedure.called, locale));
    // A playbook is a paper of the staff's, who may have it in one language only.
    for (key, texts, locale) in called.chain([("playbook", &procedure.playbook, site)]) {
        if !texts.is_empty() && lacks(texts, locale) {
            problems.push(format!("`{key}` says nothing in `{locale}`: add `{key}.{locale}`"));
        }
    }
    problems
}

fn lacks(texts: &Texts, locale: Locale) -> bool {
    texts.get(&locale).is_none_or(|text| text.trim().is_empty())
}

fn facts(procedure: &Procedure, locale: Locale) -> Vec<String> {
    let none = |words: &BTreeMap<Locale, Vec<String>>| words.get(&locale).is_none_or(Vec::is_empty);
    let mut problems = Vec::new();
    for fact in &procedure.facts {
        let name = &fact.name;
        if none(&fact.label) {
            problems.push(format!(
                "fact `{name}` has no label in `{locale}`, unlike the title: add `label.{locale}`"
            ));
        }
        let options = fact.options.iter().filter(|(_, words)| none(words));
        problems.extend(options.map(|(option, _)| {
            format!(
                "option `{option}` of fact `{name}` has no words in `{locale}`, unlike the title: \
                 add `{locale}`"
            )
        }));
    }
    problems
}

/// What a step says, by its key.
fn texts(step: &Step) -> Vec<(&'static str, &Texts)> {
    let about = |about| Vec::from([("about", about)]);
    match step {
        Step::Confirm(confirm) if !confirm.about.is_empty() => about(&confirm.about),
        Step::Joint(joint) if !joint.about.is_empty() => about(&joint.about),
        Step::Task(task) => vec![("text", &task.text)],
        Step::Checklist(list) => list.items.iter().map(|item| ("text", &item.text)).collect(),
        _ => Vec::new(),
    }
}

/// The facts that texts of a step name in braces and that are none.
pub(super) fn unknown<'a>(procedure: &Procedure, step: &'a Step) -> Vec<(&'static str, &'a str)> {
    let mut unknown = Vec::new();
    for (key, texts) in texts(step) {
        for text in texts.values() {
            let named = text.split('{').skip(1).filter_map(|rest| Some(rest.split_once('}')?.0));
            unknown.extend(named.filter(|name| procedure.fact(name).is_none()).map(|it| (key, it)));
        }
    }
    unknown.sort_unstable();
    unknown.dedup();
    unknown
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::desk::Register;

    #[test]
    fn texts_that_are_missing_in_a_language_are_named() {
        let text = r#"
            name = "p"
            addresses = ["p@nrw.example"]
            title = { de = "P", fi = "P" }
            called.fi = "P"
            [[fact]]
            name = "size"
            type = "choice"
            need = "optional"
            label.de = ["Größe"]
            options.small = { de = ["klein"], fi = ["pieni"] }
            options.large = { de = ["groß"] }
            [[step]]
            kind = "confirm"
            by = "coordinators"
            about.de = "Es passt für {size}, {colour} und {colour}."
        "#;
        let found = Procedure::parse(text).unwrap().check(Locale::De, &Register::default());
        for said in [
            "`called` says nothing in `de`: add `called.de`",
            "fact `size` has no label in `fi`, unlike the title: add `label.fi`",
            "option `large` of fact `size` has no words in `fi`, unlike the title: add `fi`",
            "step 1: it has no words in `fi`: add `about.fi`",
            "step 1: `about` names the fact `colour`, which is none: write `size`",
        ] {
            assert!(found.iter().any(|one| one == said), "{said}: {found:#?}");
        }
        assert_eq!(found.len(), 5, "{found:#?}");
    }
}
