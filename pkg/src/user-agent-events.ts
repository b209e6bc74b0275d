/**
 * What happens to a user agent: its events.
 */

import type { Call } from "./call.js";
import type { UaEvent } from "./emitter.js";
import type { PatchcordError } from "./errors.js";
import type { MediaSession } from "./media.js";
import type { Body, NameAddr, SipHeaders } from "./types.js";
import type { UserAgent } from "./user-agent.js";

/** What happens to a user agent. */
export interface UserAgentEvents<M extends MediaSession> {
  /** Any property has changed. */
  change: UaEvent<object>;
  /** `state` or `server` has changed; with the reason where nobody asked for it, and in state waiting the next attempt's time. */
  statechange: UaEvent<{ state: UserAgent["state"]; server: string | null; reason?: string; retryAt?: Date }>;
  /** An incoming call. Without a listener calls are answered 480. */
  call: UaEvent<{ call: Call<M> }>;
  /**
   * A MESSAGE (RFC 3428) that belongs to no call. It is answered 200 when the listeners have returned, unless one of them
   * has called `reject(status)`, 400 to 699; after that `reject()` throws PatchcordError `wrong-state`.
   */
  message: UaEvent<{ from: NameAddr; body: Body; headers: SipHeaders; reject(status: number): void }>;
  /** Every SIP message in and out, credentials masked. Costs nothing without a listener. */
  trace: UaEvent<{ direction: "in" | "out"; message: string; at: Date }>;
  /** What the engine could not act on, or tolerated: malformed messages, limits reached, peer faults, a listener that threw. Nothing is dropped silently. */
  diagnostic: UaEvent<{ code: string; detail: string }>;
  /** The engine trapped: this user agent is dead, and so is every other one of the page, which must be loaded anew. */
  fatal: UaEvent<{ error: PatchcordError }>;
}
