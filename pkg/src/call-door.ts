/**
 * What stands between a call and its user agent: by the door a call reaches the engine, by the port the engine reaches
 * the call.
 */

import type { MediaQuestion } from "./desk.js";
import type { Answer, CallEvent, Command, Success } from "./host.js";
import type { MediaProvider, MediaSession } from "./media.js";
import type { RequestQuestion } from "./reply.js";
import type { NameAddr } from "./types.js";

/** What a call takes. */
export interface CallPort {
  /** What has happened. */
  receive(event: CallEvent): void;
  /** A question about media. Never rejects. */
  answer(question: MediaQuestion): Promise<Answer>;
  /** A request of the peer's, to be answered by `send`, once. */
  request(question: RequestQuestion, send: (answer: Answer) => void): void;
}

/** What a call needs of its user agent. */
export interface CallDoor<M extends MediaSession> {
  readonly handle: number;
  readonly direction: "incoming" | "outgoing";
  readonly remote: NameAddr;
  readonly provider: MediaProvider<M>;
  attach(port: CallPort): void;
  send(command: Command): void;
  request(make: (id: number) => Command): Promise<Success>;
  date(instant: number): Date;
  report(code: string, detail: string): void;
  /** Whether requests of the peer's are wanted: somebody listens. */
  wantRequests(wanted: boolean): void;
  /** The call is over: forget it. */
  ended(): void;
}
