/**
 * A request of the peer's that the application may answer: exactly one answer is sent, the application's or the usual one.
 */

import { PatchcordError } from "./errors.js";
import type { Answer, Question } from "./host.js";

/** The question how a request is to be answered. */
export type RequestQuestion = Extract<Question, { type: "request" }>;

/** The one answer to a request. */
export interface Reply {
  /** Gives the application's answer. Throws PatchcordError `wrong-state` where there is one already. */
  give(answer: Answer): void;
  /** Gives the answer that is sent where nobody listens, unless there is one already. */
  usual(): void;
}

/** A reply that is sent by `send`. */
export function replyOnce(send: (answer: Answer) => void): Reply {
  let answered = false;
  const give = (answer: Answer) => {
    if (answered) {
      throw new PatchcordError(
        "wrong-state",
        "this request has been answered already; to answer one later, prevent its default while the listener runs",
      );
    }
    answered = true;
    send(answer);
  };
  return {
    give,
    usual() {
      if (!answered) give({ type: "usual" });
    },
  };
}
