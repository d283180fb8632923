//! Whether a request comes through: every step is reached, everything waited for is asked of
//! somebody, and nothing begins anew by itself.
//!
//! Every mistake is a sentence that says what to do. Deliberately absent: whether what a step names
//! is there (`soundness`), in which languages it says so (`speech`).

use crate::desk::procedure::{Need, Procedure, Who};
use crate::desk::step::{self, Alter, Apply, By, Create, EXPIRE_SPAN, Step};
use crate::desk::{Access, Register};
use crate::types::QueueName;

/// The values of `access`.
const ACCESS: [&str; 2] = ["read", "write"];

/// A procedure beside the register.
#[derive(Debug, Clone, Copy)]
pub(super) struct Passage<'a> {
    pub(super) procedure: &'a Procedure,
    pub(super) register: &'a Register,
}

/// Whether somebody may write in a queue, by own or inherited membership.
pub(super) fn is_served(register: &Register, queue: &QueueName) -> bool {
    register.members(queue).iter().any(|member| member.access == Access::Write)
}

impl Passage<'_> {
    /// Mistakes of what stands above the steps.
    pub(super) fn head(&self) -> Vec<String> {
        let mut problems = self.late_reminders();
        let asks = self.procedure.asks.as_ref().filter(|asks| asks.who == Who::Speaker);
        let unit = asks.and_then(|asks| self.procedure.fact(asks.unit.as_ref()?));
        if let Some(fact) = unit.filter(|fact| fact.need != Need::Required) {
            problems.push(format!(
                "[asks] waits for the speaker of the unit in `{}`, which may be missing: nobody \
                 would be asked, and it would never end; say `need = \"required\"` there",
                fact.name
            ));
        }
        problems
    }

    fn late_reminders(&self) -> Vec<String> {
        let procedure = self.procedure;
        let expire = procedure.expire.as_ref().map(|span| step::length(span));
        let Ok(expire) = expire.unwrap_or(Ok(EXPIRE_SPAN)) else { return Vec::new() };
        let is_late = |span: &&String| step::length(span).is_ok_and(|span| span >= expire);
        let late = procedure.remind.iter().flatten().filter(is_late);
        let days = expire.as_hours() / 24;
        late.map(|span| {
            format!(
                "`remind` holds `{span}`, when a request has expired already, after {days} days: \
                 remove it, or set a longer `expire`"
            )
        })
        .collect()
    }

    /// Mistakes of one step, beside those before it.
    pub(super) fn step(&self, step: &Step, before: &[Step]) -> Vec<String> {
        let mut problems = self.place(step, before);
        match step {
            Step::Joint(joint) => {
                let known = |place: usize| joint.by.iter().take(place);
                let twice = joint.by.iter().enumerate();
                let twice = twice.filter(|(place, by)| known(*place).any(|known| known == *by));
                problems.extend(twice.map(|(_, by)| {
                    format!("`{by}` stands twice and would be asked once: remove one")
                }));
            }
            Step::Wait(wait) => {
                if let Some(date) = wait.date.as_ref().filter(|date| self.may_lack(date, before)) {
                    problems.push(format!(
                        "nobody may have said the date `{date}`, and it would never end: say `need \
                         = \"required\"` there, or put a step before it that waits for the fact"
                    ));
                }
                let fact = wait.fact.as_ref().filter(|fact| self.procedure.fact(fact).is_some());
                if let Some(fact) = fact.filter(|fact| !self.may_lack(fact, before)) {
                    problems.push(format!(
                        "`{fact}` is known before this step, which would never wait: remove it"
                    ));
                }
            }
            Step::Apply(apply) => problems.extend(self.apply(apply, before)),
            _ => {}
        }
        problems.extend(self.circle(step));
        problems
    }

    /// Whether a step can be reached where it stands, and does anything there.
    fn place(&self, step: &Step, before: &[Step]) -> Vec<String> {
        let mut problems = Vec::new();
        let is_collect = *step == Step::Collect {};
        if is_collect && !before.is_empty() && !before.contains(step) {
            problems.push(
                "a request counts as complete once another step has begun: nothing would be \
                 collected any more, and it would never end; make `collect` the first step"
                    .to_owned(),
            );
        }
        let says_once = match step {
            Step::Announce { .. } | Step::Tell(_) | Step::Apply(_) | Step::Agenda { .. } => true,
            Step::Collect {}
            | Step::Window { .. }
            | Step::Review(_)
            | Step::Confirm(_)
            | Step::Joint(_)
            | Step::Task(_)
            | Step::Checklist(_)
            | Step::Wait(_)
            | Step::Escalate(_)
            | Step::Run(_)
            | Step::Vote(_) => false,
        };
        if says_once && before.last() == Some(step) {
            problems.push("it does again what the step before it did: remove one".to_owned());
        }
        problems
    }

    /// Whether a fact may be unknown when a step begins.
    fn may_lack(&self, name: &str, before: &[Step]) -> bool {
        let Some(fact) = self.procedure.fact(name) else { return false };
        let waits = |step: &Step| match step {
            Step::Wait(wait) => wait.fact.as_deref() == Some(name),
            _ => false,
        };
        // Where nothing is collected at all, that is said once for the whole procedure.
        fact.need != Need::Required && !before.iter().any(waits)
    }

    fn apply(&self, apply: &Apply, before: &[Step]) -> Vec<String> {
        let mut problems = Vec::new();
        let person = [&apply.person, &apply.to].into_iter().flatten();
        let needed = person.chain(&apply.queue).chain(&apply.unit).chain(&apply.role);
        for name in needed.filter(|name| self.may_lack(name, before)) {
            problems.push(format!(
                "the fact `{name}` may be missing here: say `need = \"required\"` there, or put a \
                 step before it that waits for the fact"
            ));
        }
        let own = self.procedure.queue.as_ref();
        let archives = apply.change == Some(Alter::Archive);
        if let Some(own) =
            own.filter(|own| archives && apply.queue.as_deref() == Some(own.as_str()))
        {
            problems.push(format!(
                "the requests themselves stand in `{own}`, which so cannot be archived: name \
                 another queue"
            ));
        }
        let takes_access = matches!(apply.create, Some(Create::Membership | Create::Role));
        match apply.access.as_ref().filter(|access| !ACCESS.contains(&access.as_str())) {
            Some(access) if !takes_access || !self.is_access(access) => problems.push(format!(
                "`access` is `{access}`: write `read`, `write`, or a fact of type `choice` with \
                 these options, where a membership is made"
            )),
            _ => {}
        }
        problems
    }

    fn is_access(&self, name: &str) -> bool {
        let options = self.procedure.fact(name).map(|fact| fact.options.keys());
        let mut options = options.into_iter().flatten().peekable();
        options.peek().is_some() && options.all(|option| ACCESS.contains(&option.as_str()))
    }

    /// A broken promise that would go to those who broke it, and a task that nobody can do.
    fn circle(&self, step: &Step) -> Vec<String> {
        let (owes, higher) = match step {
            Step::Review(one) => (Some(&one.by), &one.escalate_to),
            Step::Confirm(one) => (Some(&one.by), &one.escalate_to),
            Step::Task(one) => {
                let own = By::Queue(one.queue.clone());
                let higher = one.escalate_to.as_ref().filter(|higher| **higher == own);
                return higher.map(handed_back).into_iter().chain(self.idle(&one.queue)).collect();
            }
            Step::Run(one) => return one.team.iter().filter_map(|team| self.idle(team)).collect(),
            Step::Apply(one) => {
                return one.server.iter().filter_map(|team| self.idle(team)).collect();
            }
            _ => (None, &None),
        };
        let higher = higher.as_ref().filter(|higher| Some(*higher) == owes);
        higher.map(handed_back).into_iter().collect()
    }

    fn idle(&self, queue: &QueueName) -> Option<String> {
        let is_idle = self.register.queue(queue).is_some() && !is_served(self.register, queue);
        is_idle.then(|| format!("nobody may write in queue `{queue}`: add a member"))
    }
}

fn handed_back(higher: &By) -> String {
    format!("`escalate_to` is `{higher}`, who broke the promise then: name somebody else")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::Locale;

    fn problems(head: &str, steps: &str) -> Vec<String> {
        let text = format!(
            "name = \"p\"\naddresses = [\"p@nrw.example\"]\ntitle.de = \"P\"\n{head}\n[[fact]]\n\
             name = \"day\"\ntype = \"date\"\nneed = \"optional\"\nlabel.de = [\"Tag\"]\n[[fact]]\n\
             name = \"unit\"\ntype = \"unit\"\nneed = \"optional\"\nlabel.de = [\"Einheit\"]\n\
             {steps}"
        );
        Procedure::parse(&text).unwrap().check(Locale::De, &Register::default())
    }

    #[test]
    fn ways_that_never_end_are_named() {
        for (head, steps, said) in [
            ("", "kind = \"tell\"\n[[step]]\nkind = \"collect\"", "step 2: a request counts as"),
            ("", "kind = \"wait\"\ndate = \"day\"", "step 1: nobody may have said the date"),
            ("[asks]\nwho = \"speaker\"\nunit = \"unit\"", "kind = \"tell\"", "[asks] waits for"),
            ("remind = [\"30 days\"]", "kind = \"tell\"", "`remind` holds `30 days`, when a"),
            (
                "queue = \"x\"",
                "kind = \"apply\"\nchange = \"archive\"\nqueue = \"x\"",
                "step 1: the requests themselves stand in `x`",
            ),
            (
                "",
                "kind = \"review\"\nby = \"coordinators\"\npromise = \"1 day\"\nescalate_to = \
                 \"coordinators\"",
                "step 1: `escalate_to` is `coordinators`, who broke",
            ),
        ] {
            let found = problems(head, &format!("[[step]]\n{steps}\n"));
            assert!(found.iter().any(|one| one.starts_with(said)), "{steps}: {found:?}");
        }
    }

    #[test]
    fn steps_without_effect_are_named() {
        for (steps, said) in [
            ("kind = \"tell\"\n[[step]]\nkind = \"tell\"", "step 2: it does again what"),
            (
                "kind = \"wait\"\nfact = \"day\"\n[[step]]\nkind = \"wait\"\nfact = \"day\"",
                "step 2: `day` is known before this step",
            ),
            (
                "kind = \"joint\"\nby = [\"coordinators\", \"coordinators\"]",
                "step 1: `coordinators` stands twice",
            ),
            (
                "kind = \"apply\"\ncreate = \"membership\"\nperson = \"requestor\"\nqueue = \
                 \"x\"\naccess = \"admin\"",
                "step 1: `access` is `admin`: write",
            ),
        ] {
            let found = problems("", &format!("[[step]]\n{steps}\n"));
            assert!(found.iter().any(|one| one.starts_with(said)), "{steps}: {found:?}");
        }
        let date = "[[step]]\nkind = \"wait\"\nfact = \"day\"\n[[step]]\nkind = \"wait\"\n\
            date = \"day\"\n";
        assert_eq!(problems("", date), Vec::<String>::new());
    }
}
