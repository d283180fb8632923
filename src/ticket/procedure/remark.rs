//! Remarks: what a question or the word that all is there has to say beside facts.
//!
//! Data only; the words stand in the templates. Deliberately absent: what is missing (`facts`).

use crate::desk::procedure::FactType;
use crate::ticket::draft::Draft;
use crate::ticket::matter::{Remark, TextPart};
use crate::ticket::procedure::proofs::{PaperKind, SentText};
use crate::ticket::procedure::request::{About, Question, Request};
use crate::ticket::procedure::{agreement, value_known};
use crate::types::Locale;

/// What is to be said with the next mail to the requestor, the most urgent first.
pub(super) fn of(
    draft: &Draft<'_>,
    request: &Request,
    sent: &[SentText],
    locale: Locale,
) -> Vec<Remark> {
    let proofs = &request.proofs;
    let label = |name: &str| {
        request.procedure.fact(name).map_or(name, |fact| fact.known_as(locale)).to_owned()
    };
    let mut remarks = Vec::new();
    if proofs.nothing_attached {
        remarks.push(Remark::NothingAttached);
    }
    for (name, contested) in &proofs.contested {
        remarks.push(Remark::Contested {
            label: label(name),
            known: request.facts.get(name).cloned().unwrap_or_default(),
            value: contested.value.clone(),
            by: contested.by.to_string(),
        });
    }
    for (name, value) in &request.unfit {
        let fact = request.procedure.fact(name);
        let near = fact.map(|fact| value_known::nearest_names(fact, &draft.desk.register, value));
        if near.is_some_and(|near| near.is_empty()) {
            let (label, value) = (label(name), value.clone());
            remarks.push(Remark::Unfit { label, value });
        }
    }
    for fact in agreement::open(request) {
        let is_it = |sent: &&SentText| Some(&sent.text) == fact.text.as_ref();
        let Some(sent) = sent.iter().find(is_it) else { continue };
        let Some(text) = draft.desk.register.text(&sent.text, sent.version) else { continue };
        remarks.push(Remark::TextAttached {
            title: text.shown(locale).to_owned(),
            version: sent.version,
            noted: proofs.noted.contains_key(&fact.name),
        });
    }
    for consent in proofs.consents.values() {
        let Some(text) = draft.desk.register.text(&consent.text, consent.version) else { continue };
        remarks.push(Remark::Agreed {
            title: text.shown(locale).to_owned(),
            version: consent.version,
            at: consent.at,
        });
    }
    for fact in request.procedure.facts.iter().filter(|fact| fact.kind == FactType::Evidence) {
        let papers = || proofs.papers.iter().filter(|paper| paper.fact == fact.name);
        for paper in papers().filter(|paper| paper.for_all && paper.things.len() > 1) {
            remarks.push(Remark::CountsForAll {
                paper: paper.name.clone(),
                things: paper.things.clone(),
            });
        }
        let has_copy = papers().any(|paper| paper.kind == PaperKind::File);
        if !has_copy && papers().any(|paper| paper.kind == PaperKind::Link) {
            remarks.push(Remark::CopyWanted { label: fact.known_as(locale).to_owned() });
        }
    }
    let is_support = |question: &Question| question.about == About::Support;
    if request.support.is_none() && request.questions.values().any(is_support) {
        remarks.push(Remark::SupportAsked);
    }
    for (name, signature) in &proofs.signatures {
        if signature.asked_at.is_some() && signature.signed.is_none() {
            let value = request.facts.get(name).cloned();
            let value = value.unwrap_or_else(|| signature.address.to_string());
            remarks.push(Remark::SignatureAsked { name: value });
        }
    }
    remarks
}

/// The texts that go along with a mail.
pub(super) fn parts(sent: &[SentText]) -> Vec<TextPart> {
    let part = |sent: &SentText| TextPart {
        text: sent.text.clone(),
        version: sent.version,
        locale: sent.locale,
    };
    sent.iter().map(part).collect()
}
