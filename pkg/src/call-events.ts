/**
 * What happens to a call: its events, and the values they carry.
 */

import type { Call } from "./call.js";
import type { UaEvent } from "./emitter.js";
import type { LostDevice, MediaSession } from "./media.js";
import type { Body, CallEnd, ResponseOptions, SipHeaders, SipResponse } from "./types.js";
import type { WebRtcSession } from "./webrtc.js";

/** What happens to a call. */
export interface CallEvents<M extends MediaSession> {
  /** Any property has changed. */
  change: UaEvent<object>;
  /** `state` has changed. */
  statechange: UaEvent<{ state: Call["state"] }>;
  /** A provisional response above 100 to a call we placed. */
  progress: UaEvent<{ response: SipResponse; branch: ForkBranch<M> }>;
  /** Both sides have agreed; with the 2xx if the call is ours. */
  established: UaEvent<{ response?: SipResponse }>;
  /** A side has put the other on hold, or taken it off (RFC 3264 §8.4): `hold` is replaced. */
  hold: UaEvent<{ by: "local" | "remote"; held: boolean }>;
  /** The media session exists: `media` is set. */
  media: UaEvent<{ media: M }>;
  /** The browser refused to play sound before a user gesture; call `media.play()` from one. */
  playbackblocked: UaEvent<object>;
  /**
   * A device that the call used was unplugged. Where the microphone or camera was ours to choose, what the system prefers
   * has taken its place, or nothing (`replacement` is null), and the peer hears nothing until `media.setInput()` finds one.
   */
  devicelost: UaEvent<LostDevice>;
  /**
   * The peer has sent a request in this call: INFO (RFC 6086), MESSAGE (RFC 3428), or a method that only the application
   * knows. A listener answers it by `respond()`, 200 to 699 but for 408 and for those by which the peer would end the call
   * (404, 410, 416, 480 to 485, 502, 604; RFC 5057 §5.1).
   * If none does, it is answered as usual: 200 for MESSAGE and for INFO, 415 or 469 for an INFO whose body or package is
   * none we declare, 405 for a method nobody knows. To answer later, call `preventDefault()` in the listener; after 30 s the
   * usual answer is sent. `respond()` throws TypeError or RangeError for wrong arguments, and PatchcordError `wrong-state`
   * once there is an answer.
   *
   * @example
   * call.on("request", (event) => {
   *   if (event.method !== "INFO") return;
   *   event.preventDefault();
   *   store(event.body).then((stored) => event.respond(stored ? 200 : 500));
   * });
   */
  request: UaEvent<{
    method: string;
    headers: SipHeaders;
    body: Body | null;
    respond(status: number, options?: ResponseOptions): void;
  }>;
  /** The peer has sent a tone by INFO: "0" to "9", "*", "#", "A" to "D", or "!" for a flash. */
  dtmf: UaEvent<{ tone: string; durationMs: number }>;
  /** The call is over. Always the last but for a `change`. */
  ended: UaEvent<CallEnd>;
}

/** One of the places at which a forked call rings (RFC 3261 §12.1, told apart by To tag). */
export interface ForkBranch<M extends MediaSession = WebRtcSession> {
  /** The To tag; empty where the peer sent none. */
  readonly remoteTag: string;
  readonly call: Call<M>;
  /** What the application hangs on the branch. */
  readonly data: Map<string, unknown>;
}
