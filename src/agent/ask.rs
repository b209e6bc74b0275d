//! Questions to the outside: the table of what each may cost in time and what is assumed without an answer, and
//! those that are open.
//!
//! | question | answer within | without an answer |
//! |---|---|---|
//! | credentials | 30 s | none: the request fails with `authentication` |
//! | the first offer or answer of a call | 180 s, for permission prompts take their time | media failed: 480 |
//! | taking the peer's answer | 30 s | media failed: BYE |
//! | rollback | 30 s | media failed |
//! | whether to take a call | 180 s, kept by the call itself | 480 |

use crate::time::{Deadline, Duration, Instant, Table, Timed};
use crate::usage::Owner;
use crate::usage::data::AskId;
use crate::usage::question::{Answer, Question};

/// A question that is open.
#[derive(Debug)]
struct Open {
    owner: Owner,
    default_at: Instant,
    default: Answer,
}

impl Timed for Open {
    fn deadline(&self) -> Option<Deadline> {
        Some(Deadline::new(self.default_at, "take the default answer"))
    }
}

/// The questions that are open.
#[derive(Debug, Default)]
pub(super) struct Asks(Table<AskId, Open>);

impl Asks {
    /// A question goes out.
    pub(super) fn open(&mut self, now: Instant, id: AskId, owner: Owner, question: &Question) {
        let (within, default) = terms(question);
        self.0.insert(id, Open { owner, default_at: now + within, default });
    }

    /// A question is answered or withdrawn: whose it was, if it was still open.
    pub(super) fn close(&mut self, id: AskId) -> Option<Owner> {
        self.0.remove(id).map(|open| open.owner)
    }

    /// A question whose time is up, with its default answer.
    pub(super) fn overdue(&mut self, now: Instant) -> Option<(AskId, Owner, Answer)> {
        let id = self.0.due(now)?;
        self.0.remove(id).map(|open| (id, open.owner, open.default))
    }

    pub(super) fn next_deadline(&self) -> Option<Deadline> {
        self.0.next_deadline()
    }

    pub(super) fn ids(&self) -> impl Iterator<Item = (AskId, Option<Deadline>)> {
        self.0.iter().map(|(id, open)| (id, open.deadline()))
    }
}

fn terms(question: &Question) -> (Duration, Answer) {
    let usual = Duration::from_secs(30);
    match question {
        Question::Credentials { .. } => (usual, Answer::Credentials { credentials: None }),
        Question::CreateOffer { .. } | Question::CreateAnswer { .. } => {
            (Duration::from_secs(180), silent("the media made no session description in time"))
        }
        Question::SetAnswer { .. } => (usual, silent("the media did not take the peer's answer in time")),
        Question::Rollback { .. } => (usual, silent("the media did not go back in time")),
    }
}

fn silent(detail: &str) -> Answer {
    Answer::MediaFailed { detail: detail.to_owned(), incompatible: false }
}
