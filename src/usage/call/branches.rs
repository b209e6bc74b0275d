//! What is kept of an INVITE of ours after its first 2xx, for as long as more may come (RFC 6026: Timer M): the ACK of
//! each branch that has answered, and the early dialogs of those that have not (RFC 3261 §13.2.2.4).
//!
//! A repeat of a 2xx is answered by the same octets, whatever has become of the call.

use crate::dialog::DialogId;
use crate::message::{Head, Method, Name, Request, StatusCode};
use crate::store::Store;
use crate::transaction::{ClientId, ServerId};
use crate::usage::data::CallHandle;
use crate::usage::{Cx, Usage, add_sdp};

/// Branches by INVITE transaction.
#[derive(Debug, Default)]
pub struct Branches(Store<ClientId, Vec<Branch>>);

#[derive(Debug)]
enum Branch {
    /// The branch with this To tag was acknowledged by this ACK.
    Acknowledged { tag: String, ack: Box<Request> },
    /// A sibling of the branch that won.
    Early { dialog: DialogId },
}

impl Branches {
    /// How many INVITEs have some.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether none has.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many branches of an INVITE have been acknowledged.
    pub(super) fn acknowledged(&self, invite: ClientId) -> usize {
        let branches = self.0.get(invite).into_iter().flatten();
        branches.filter(|branch| matches!(branch, Branch::Acknowledged { .. })).count()
    }

    fn ack(&self, invite: ClientId, head: &Head) -> Option<&Request> {
        let to = head.to_tag().unwrap_or_default();
        self.0.get(invite)?.iter().find_map(|branch| match branch {
            Branch::Acknowledged { tag, ack } if tag == to => Some(ack.as_ref()),
            Branch::Acknowledged { .. } | Branch::Early { .. } => None,
        })
    }

    fn keep(&mut self, invite: ClientId, branch: Branch) {
        match self.0.get_mut(invite) {
            Some(branches) => branches.push(branch),
            None => {
                self.0.insert(invite, vec![branch]);
            }
        }
    }
}

impl Cx {
    /// Acknowledges a 2xx (TX-04): in its dialog, with the credentials of the INVITE (RFC 3261 §22.1) and, where the 2xx
    /// offered, with our answer.
    pub(super) fn acknowledge(&mut self, invite: ClientId, dialog: DialogId, head: &Head, answer: Option<&str>) {
        let Some(mut ack) = self.dialogs.get(dialog).map(|dialog| dialog.ack(head.cseq.number)) else { return };
        if let Some(request) = self.transactions.client_request(invite) {
            for name in [Name::Authorization, Name::ProxyAuthorization] {
                for value in request.headers.get_all(&name) {
                    ack.headers.push(name.clone(), value.as_bytes());
                }
            }
        }
        if let Some(answer) = answer {
            ack.body = add_sdp(&mut ack.headers, answer);
        }
        self.finish(&mut ack);
        self.send_ack(&ack);
        // Media may take longer over an answer than repeats of the 2xx are told.
        if self.transactions.client_request(invite).is_some() {
            let tag = head.to_tag().unwrap_or_default().to_owned();
            self.branches.keep(invite, Branch::Acknowledged { tag, ack: Box::new(ack) });
        }
    }

    /// Answers a repeated 2xx as before. Whether it was one.
    pub(super) fn acknowledge_again(&mut self, invite: ClientId, head: &Head) -> bool {
        let Some(ack) = self.branches.ack(invite, head).cloned() else { return false };
        self.send_ack(&ack);
        true
    }

    /// Keeps the early dialogs of branches that may still answer (FK-03). What is said in them is no longer about the call.
    pub(super) fn keep_siblings(&mut self, invite: ClientId, call: CallHandle, early: Vec<DialogId>) {
        for dialog in early {
            self.dialogs.hand_over(dialog, Usage::Invite(call), Usage::Lost);
            self.branches.keep(invite, Branch::Early { dialog });
        }
    }

    /// A request in the early dialog of a branch that has lost. It is as good as being left: BYE ends it, and nothing else is
    /// about a call (RC-04).
    pub fn on_request_of_lost(&mut self, id: ServerId, request: &Request, head: &Head) {
        let is_bye = request.method == Method::Bye;
        if let Some(dialog) = self.dialogs.of_request(head).filter(|_| is_bye) {
            self.dialogs.end_usage(dialog, Usage::Lost);
        }
        let status = if is_bye { StatusCode::OK } else { StatusCode::CALL_DOES_NOT_EXIST };
        self.refuse(id, request, status, "");
    }

    /// The INVITE transaction is over: no 2xx will come.
    pub fn forget_branches(&mut self, invite: ClientId) {
        for branch in self.branches.0.remove(invite).into_iter().flatten() {
            if let Branch::Early { dialog } = branch {
                self.dialogs.end_usage(dialog, Usage::Lost);
            }
        }
    }
}
