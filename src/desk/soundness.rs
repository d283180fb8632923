//! Whether the steps of a procedure can be done: each names people, queues and facts that are
//! there, and has its texts.
//!
//! Every mistake is a sentence that says what to do. Deliberately absent: facts (`procedure`),
//! whether a request comes to its end (`passage`), lines of files (`config`).

use crate::desk::procedure::{Fact, FactType, Procedure, Texts, Who};
use crate::desk::step::{self, Alter, Apply, By, Create, Step, Tell, Wait};
use crate::desk::{Register, passage, speech};
use crate::types::{Locale, QueueName, UnitId, nearest};

/// Beside what steps are looked at.
#[derive(Debug, Clone, Copy)]
pub(super) struct Beside<'a> {
    pub(super) procedure: &'a Procedure,
    pub(super) register: &'a Register,
    pub(super) locale: Locale,
}

/// What to write instead of a queue that is none.
pub(super) fn queue_meant(register: &Register, name: &QueueName) -> String {
    match nearest(name.as_str(), register.queues().map(|queue| queue.name.as_str())) {
        Some(known) => format!("write `{known}`"),
        None => "correct the name, or add a [[queue]]".to_owned(),
    }
}

impl<'a> Beside<'a> {
    /// Mistakes of what stands above the steps.
    pub(super) fn head(&self) -> Vec<String> {
        let procedure = self.procedure;
        let one = procedure.settle_span.iter().chain(&procedure.expire);
        let one = one.chain(&procedure.bounce_span);
        let spans = one.chain(procedure.remind.iter().flatten());
        let mut problems: Vec<String> = spans.filter_map(|span| step::length(span).err()).collect();
        if let Some(appeal) = &procedure.appeal {
            let within = step::days(&appeal.within).err();
            problems.extend(within.map(|said| said.replacen("`span`", "[appeal] `within`", 1)));
            problems.extend(step::length(&appeal.span).err());
            problems.extend(self.by(&appeal.to).map(|said| format!("[appeal] {said}")));
        }
        let Some(asks) = &procedure.asks else { return problems };
        match (&asks.unit, asks.who) {
            (None, Who::Speaker) => problems.push(
                "[asks] lets the speaker of a unit ask and names no unit: add `unit` and the name \
                 of a fact of type `unit`"
                    .to_owned(),
            ),
            (Some(fact), _) => problems.extend(self.fact(fact, &[FactType::Unit]).err()),
            (None, Who::Anyone | Who::Members) => {}
        }
        problems
    }

    /// Mistakes of one step, beside those before it.
    pub(super) fn step(&self, step: &Step, before: &[Step]) -> Vec<String> {
        let mut problems = self.deadline(step);
        let unknown = speech::unknown(self.procedure, step).into_iter();
        problems.extend(unknown.map(|(key, name)| {
            let remedy = self.meant(name);
            format!("`{key}` names the fact `{name}`, which is none: {remedy}")
        }));
        match step {
            Step::Collect {} if before.contains(&Step::Collect {}) => {
                problems.push(
                    "nothing is left to collect behind the first `collect`: remove it, or wait \
                     for the fact with `kind = \"wait\"`"
                        .to_owned(),
                );
            }
            Step::Review(review) => problems.extend(self.by(&review.by)),
            Step::Confirm(confirm) => {
                problems.extend(self.by(&confirm.by));
                if !confirm.about.is_empty() {
                    problems.extend(self.text(&confirm.about, "about"));
                }
            }
            Step::Joint(joint) => {
                problems.extend(joint.by.iter().filter_map(|by| self.by(by)));
                if joint.by.len() < 2 {
                    problems.push("a joint decision is of two or more: name them in `by`".into());
                }
            }
            Step::Task(task) => {
                problems.extend(self.queue(&task.queue));
                problems.extend(self.text(&task.text, "text"));
            }
            Step::Checklist(list) => {
                if list.items.is_empty() {
                    problems.push("the list is empty: add [[step.item]]".to_owned());
                }
                for item in &list.items {
                    problems.extend(self.by(&item.by));
                    problems.extend(self.text(&item.text, "text"));
                    problems.extend(step::length(&item.span).err());
                }
            }
            Step::Wait(wait) => problems.extend(self.wait(wait)),
            Step::Escalate(escalate) => problems.extend(self.by(&escalate.to)),
            Step::Run(run) => {
                if run.program.is_empty() {
                    problems.push("it starts nothing: name the program in `program`".to_owned());
                }
                problems.extend(step::length(&run.timeout).err());
                problems.extend(run.team.as_ref().and_then(|team| self.queue(team)));
            }
            Step::Apply(apply) => problems.extend(self.apply(apply)),
            Step::Tell(tell) => problems.extend(self.tell(tell)),
            _ => {}
        }
        problems
    }

    fn deadline(&self, step: &Step) -> Vec<String> {
        let mut problems = Vec::new();
        let (target, promise, escalate_to) = match step {
            Step::Review(one) => (&one.target, &one.promise, &one.escalate_to),
            Step::Confirm(one) => (&one.target, &one.promise, &one.escalate_to),
            Step::Joint(one) => (&one.target, &one.promise, &one.escalate_to),
            Step::Task(one) => (&one.target, &one.promise, &one.escalate_to),
            Step::Escalate(one) => {
                problems.extend(step::length(&one.span).err());
                return problems;
            }
            _ => return problems,
        };
        let spans = target.iter().chain(promise);
        problems.extend(spans.filter_map(|span| step::length(span).err()));
        if target.is_some() && promise.is_some() {
            problems.push("it has a `target` and a `promise`: leave one".to_owned());
        }
        if escalate_to.is_some() && promise.is_none() {
            problems.push(
                "`escalate_to` is for a broken promise, and nothing is promised: add `promise`, or \
                 remove it"
                    .to_owned(),
            );
        }
        problems.extend(escalate_to.as_ref().and_then(|by| self.by(by)));
        problems
    }

    fn by(&self, by: &By) -> Option<String> {
        match by {
            By::Queue(queue) => self.queue(queue).or_else(|| {
                let is_served = passage::is_served(self.register, queue);
                (!is_served).then(|| format!("nobody may write in queue `{queue}`: add a member"))
            }),
            By::Person(person) => self.register.person(person).is_none().then(|| {
                format!(
                    "it names the person `{person}`, whom the organization does not know: add a \
                     [[person]] or correct the name"
                )
            }),
            By::Fact(fact) => self.fact(fact, &[FactType::Person]).err(),
            By::Speaker(fact) => self.fact(fact, &[FactType::Unit]).err(),
            By::Coordinators => None,
        }
    }

    fn queue(&self, queue: &QueueName) -> Option<String> {
        let is_queue = self.register.queue(queue).is_some();
        (!is_queue).then(|| {
            let remedy = queue_meant(self.register, queue);
            format!("it names `{queue}`, which is no queue: {remedy}")
        })
    }

    fn fact(&self, name: &str, kinds: &[FactType]) -> Result<&'a Fact, String> {
        let Some(fact) = self.procedure.fact(name) else {
            let remedy = self.meant(name);
            return Err(format!("it names the fact `{name}`, which is none: {remedy}"));
        };
        if kinds.is_empty() || kinds.contains(&fact.kind) {
            return Ok(fact);
        }
        let kinds: Vec<String> = kinds
            .iter()
            .filter_map(|kind| serde_json::to_value(kind).ok()?.as_str().map(str::to_owned))
            .collect();
        Err(format!("the fact `{name}` must be of type `{}`", kinds.join("` or `")))
    }

    /// What to write instead of a fact that is none: the nearest one, else one of all.
    fn meant(&self, name: &str) -> String {
        let all: Vec<&str> = self.procedure.facts.iter().map(|fact| fact.name.as_str()).collect();
        match (nearest(name, all.iter().copied()), all.as_slice()) {
            (Some(known), _) => format!("write `{known}`"),
            (None, []) => "add a [[fact]] of this name".to_owned(),
            (None, [one]) => format!("write `{one}`"),
            (None, all) => format!("write one of `{}`", all.join("`, `")),
        }
    }

    fn text(&self, texts: &Texts, key: &str) -> Option<String> {
        let is_there = texts.get(&self.locale).is_some_and(|text| !text.trim().is_empty());
        let locale = self.locale;
        (!is_there).then(|| format!("it has no words in the site's language: add `{key}.{locale}`"))
    }

    fn wait(&self, wait: &Wait) -> Vec<String> {
        let named = [&wait.date, &wait.span, &wait.fact].into_iter().flatten().count();
        if named != 1 {
            return vec!["it waits for one thing: write `date`, `span` or `fact`".to_owned()];
        }
        let span = wait.span.as_ref().and_then(|span| step::length(span).err());
        let date = wait.date.as_ref().and_then(|fact| self.fact(fact, &[FactType::Date]).err());
        let fact = wait.fact.as_ref().and_then(|fact| self.fact(fact, &[]).err());
        span.into_iter().chain(date).chain(fact).collect()
    }

    fn apply(&self, apply: &Apply) -> Vec<String> {
        let mut problems = Vec::new();
        if apply.create.is_some() == apply.change.is_some() {
            problems.push("it makes or changes one thing: write `create` or `change`".to_owned());
        }
        let person = (&apply.person, "person");
        let queue = (&apply.queue, "queue");
        let address = (&apply.address, "address");
        let needed = match (apply.create, apply.change) {
            (Some(Create::Person), _) | (_, Some(Alter::Suspend | Alter::Revoke)) => vec![person],
            (Some(Create::Queue), _) | (_, Some(Alter::Archive)) => vec![queue],
            (Some(Create::Membership), _) => vec![person, queue],
            (Some(Create::Bind), _) => vec![queue, address],
            (Some(Create::Role), _) => vec![person, queue, (&apply.role, "role")],
            (Some(Create::Unit), _) => vec![(&apply.unit, "unit")],
            (_, Some(Alter::Transfer)) => vec![person, (&apply.to, "to")],
            (None, None) => Vec::new(),
        };
        for (value, key) in needed {
            if value.is_none() {
                problems.push(format!("`{key}` is missing: add it"));
            }
        }
        let person = apply.person.iter().chain(&apply.to).filter(|name| *name != "requestor");
        let kinds = [FactType::Person, FactType::UserName];
        problems.extend(person.filter_map(|fact| self.fact(fact, &kinds).err()));
        let address = apply.address.as_ref();
        problems.extend(address.and_then(|fact| self.fact(fact, &[FactType::Address]).err()));
        problems.extend(apply.name.iter().filter_map(|fact| self.fact(fact, &[]).err()));
        problems.extend(self.units(apply));
        let role = apply.role.as_ref().filter(|name| self.register.role(name).is_none());
        problems.extend(role.and_then(|fact| self.fact(fact, &[FactType::Role]).err()));
        problems.extend(apply.server.as_ref().and_then(|queue| self.queue(queue)));
        problems
    }

    fn units(&self, apply: &Apply) -> Vec<String> {
        let kinds: &[FactType] = match apply.create {
            Some(Create::Unit) => &[FactType::Text, FactType::Name],
            _ => &[FactType::Unit],
        };
        let unit = apply.unit.as_ref().and_then(|fact| self.fact(fact, kinds).err());
        let is_unit = |name: &&String| self.register.unit(&UnitId::new(name.as_str())).is_some();
        let parent = apply.parent.as_ref().filter(|name| !is_unit(name));
        let parent = parent.and_then(|fact| self.fact(fact, &[FactType::Unit]).err());
        unit.into_iter().chain(parent).collect()
    }

    fn tell(&self, tell: &Tell) -> Vec<String> {
        let Some(help) = &tell.help else { return Vec::new() };
        let queues = help.procedure.iter().chain(&help.technical);
        let mut problems: Vec<String> = queues.filter_map(|queue| self.queue(queue)).collect();
        if !tell.ask_help {
            problems.push("nobody is asked whether help is needed: add `ask_help = true`".into());
        }
        problems
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(steps: &str) -> Vec<String> {
        let text = format!(
            "name = \"p\"\naddresses = [\"p@nrw.example\"]\ntitle.de = \"P\"\n[[fact]]\n\
             name = \"why\"\ntype = \"text\"\nneed = \"optional\"\nlabel.de = [\"Grund\"]\n{steps}"
        );
        Procedure::parse(&text).unwrap().check(Locale::De, &Register::default())
    }

    #[test]
    fn steps_that_cannot_be_done_are_named() {
        for (step, begin) in [
            ("kind = \"review\"\nby = \"queue:x\"", "step 1: it names `x`, which is no queue"),
            ("kind = \"review\"\nby = \"person:x\"", "step 1: it names the person `x`"),
            ("kind = \"confirm\"\nby = \"fact:x\"", "step 1: it names the fact `x`"),
            (
                "kind = \"confirm\"\nby = \"fact:why\"",
                "step 1: the fact `why` must be of type `per",
            ),
            ("kind = \"joint\"\nby = [\"coordinators\"]", "step 1: a joint decision is of two"),
            ("kind = \"task\"\nqueue = \"x\"\ntext.de = \"t\"", "step 1: it names `x`"),
            ("kind = \"checklist\"", "step 1: the list is empty"),
            ("kind = \"wait\"", "step 1: it waits for one thing"),
            ("kind = \"wait\"\nspan = \"soon\"", "step 1: `soon` is no span"),
            ("kind = \"wait\"\ndate = \"why\"", "step 1: the fact `why` must be of type `date`"),
            ("kind = \"run\"\nprogram = []\ntimeout = \"9 s\"", "step 1: it starts nothing"),
            ("kind = \"apply\"", "step 1: it makes or changes one thing"),
            ("kind = \"apply\"\nchange = \"archive\"", "step 1: `queue` is missing"),
            ("kind = \"tell\"\nhelp = {}", "step 1: nobody is asked whether"),
            ("kind = \"apply\"\ncreate = \"role\"", "step 1: `role` is missing"),
            (
                "kind = \"apply\"\ncreate = \"role\"\nrole = \"why\"",
                "step 1: the fact `why` must be of type `role`",
            ),
            ("kind = \"apply\"\ncreate = \"unit\"", "step 1: `unit` is missing"),
            (
                "kind = \"apply\"\ncreate = \"unit\"\nunit = \"why\"\nparent = \"why\"",
                "step 1: the fact `why` must be of type `unit`",
            ),
            (
                "kind = \"review\"\nby = \"coordinators\"\ntarget = \"1 day\"\npromise = \"1 day\"",
                "step 1: it has a `target` and a `promise`",
            ),
            (
                "kind = \"review\"\nby = \"coordinators\"\nescalate_to = \"coordinators\"",
                "step 1: `escalate_to` is for a broken promise",
            ),
            ("kind = \"collect\"\n[[step]]\nkind = \"collect\"", "step 2: nothing is left"),
        ] {
            let found = problems(&format!("[[step]]\n{step}\n"));
            assert!(found.iter().any(|said| said.starts_with(begin)), "{step}: {found:?}");
        }
        assert_eq!(problems("[[step]]\nkind = \"tell\"\n"), Vec::<String>::new());
    }

    #[test]
    fn heads_that_cannot_be_kept_are_named() {
        let found = problems("[asks]\nwho = \"speaker\"\n[[step]]\nkind = \"tell\"\n");
        assert!(found.iter().any(|said| said.starts_with("[asks] lets the speaker")), "{found:?}");
    }
}
