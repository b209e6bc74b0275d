/**
 * The engine's questions and who answers them: the credentials function, a call's media desk, a listener. Each question is
 * answered once; for one that nobody can answer there is a usual answer.
 */

import type { CallTable } from "./calls.js";
import { message, nameAddr } from "./convert.js";
import { explain } from "./errors.js";
import type { Answer, Host, Question } from "./host.js";
import type { MediaSession } from "./media.js";
import { credentials } from "./options.js";
import { replyOnce } from "./reply.js";
import type { RequestQuestion } from "./reply.js";
import { TEXT, refusalAnswer } from "./request-options.js";
import type { Challenge } from "./types.js";
import type { UserAgentEvents } from "./user-agent-events.js";

/** What is needed to answer. */
export interface QuestionParts<M extends MediaSession> {
  readonly host: Host;
  readonly table: CallTable<M>;
  /** The application's credentials function; gives undefined where there is none. */
  credentials(challenge: Challenge): unknown;
  /** Fires the event `message`. */
  message(facts: Omit<UserAgentEvents<M>["message"], keyof Event>): void;
  report(code: string, detail: string): void;
}

/** Answers the questions of one engine. */
export class Questions<M extends MediaSession> {
  readonly #parts: QuestionParts<M>;

  constructor(parts: QuestionParts<M>) {
    this.#parts = parts;
  }

  /** Sees to it that a question is answered, now or later. */
  take(ask: number, question: Question): void {
    const send = (answer: Answer) => this.#send(ask, answer);
    switch (question.type) {
      case "credentials":
        return void this.#answerChallenge(question.challenge).then(send);
      case "request":
        return this.#answerRequest(question, send);
      case "create-offer":
      case "create-answer":
      case "set-answer":
      case "rollback":
        return void this.#parts.table.answer(question).then(send);
    }
  }

  async #answerChallenge(challenge: Challenge): Promise<Answer> {
    try {
      const found = await this.#parts.credentials(challenge);
      return { type: "credentials", credentials: credentials(found) };
    } catch (error) {
      this.#parts.report("credentials", `the function given as credentials failed: ${explain(error)}`);
      return { type: "credentials" };
    }
  }

  #answerRequest(question: RequestQuestion, send: (answer: Answer) => void): void {
    if (question.call !== undefined) return this.#parts.table.request(question.call, question, send);
    const reply = replyOnce(send);
    if (question.method === "MESSAGE") {
      const { headers, body } = message(question.message);
      this.#parts.message({
        from: nameAddr(question.from),
        body: body ?? { contentType: TEXT, content: "" },
        headers,
        reject: (status) => reply.give(refusalAnswer(status)),
      });
    }
    reply.usual();
  }

  #send(ask: number, answer: Answer): void {
    const { host, report } = this.#parts;
    if (host.over) return;
    try {
      host.send({ type: "answer", ask, answer });
    } catch (error) {
      report("answer", `an answer was not taken: ${explain(error)}`);
    }
  }
}
