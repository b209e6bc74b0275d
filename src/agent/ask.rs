//! Questions to the outside: the table of what each may cost in time and what is assumed without an answer, and
//! those that are open.
//!
//! | question | answer within | without an answer |
//! |---|---|---|
//! | credentials | 30 s | none: the request fails with `authentication` |
//! | the first offer or answer of a call | 180 s, for permission prompts take their time | media failed: 480 |
//! | taking the peer's answer | 30 s | media failed: BYE |
//! | rollback | 30 s | media failed |
//! | how to answer a request of the peer's | 30 s | as where nobody is asked |
//! | whether to take a call | 180 s, kept by the call itself | 480 |

use crate::time::{Deadline, Duration, Instant, Table, Timed};
use crate::usage::Owner;
use crate::usage::data::{AskId, Misuse};
use crate::usage::question::{Answer, Question};

/// A question that is open.
#[derive(Debug)]
struct Open {
    owner: Owner,
    kind: Kind,
    default_at: Instant,
    default: Answer,
}

/// What an answer to a question can be; media may always have failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Credentials,
    Description,
    Confirmation,
    Response,
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
        let (kind, within, default) = terms(question);
        self.0.insert(id, Open { owner, kind, default_at: now + within, default });
    }

    /// A question is answered: whose it was, if it was still open.
    ///
    /// # Errors
    /// [`Misuse`] when it asked for something else; it stays open.
    pub(super) fn answer(&mut self, id: AskId, answer: &Answer) -> Result<Option<Owner>, Misuse> {
        match self.0.get(id) {
            Some(open) if !open.kind.takes(answer) => {
                Err(Misuse::new(format!("answer: question {} asks for something else", id.0)))
            }
            Some(_) | None => Ok(self.close(id)),
        }
    }

    /// A question is withdrawn: whose it was, if it was still open.
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

impl Kind {
    fn takes(self, answer: &Answer) -> bool {
        match answer {
            Answer::Credentials { .. } => self == Self::Credentials,
            Answer::Sdp { .. } => self == Self::Description,
            Answer::Applied => self == Self::Confirmation,
            Answer::Response { .. } | Answer::Usual => self == Self::Response,
            Answer::MediaFailed { .. } => matches!(self, Self::Description | Self::Confirmation),
        }
    }
}

fn terms(question: &Question) -> (Kind, Duration, Answer) {
    let usual = Duration::from_secs(30);
    match question {
        Question::Credentials { .. } => (Kind::Credentials, usual, Answer::Credentials { credentials: None }),
        Question::CreateOffer { .. } | Question::CreateAnswer { .. } => {
            let failed = silent("the media made no session description in time");
            (Kind::Description, Duration::from_secs(180), failed)
        }
        Question::SetAnswer { .. } => {
            (Kind::Confirmation, usual, silent("the media did not take the peer's answer in time"))
        }
        Question::Request { .. } => (Kind::Response, usual, Answer::Usual),
        Question::Rollback { .. } => (Kind::Confirmation, usual, silent("the media did not go back in time")),
    }
}

fn silent(detail: &str) -> Answer {
    Answer::MediaFailed { detail: detail.to_owned(), incompatible: false }
}
