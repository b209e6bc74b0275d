/**
 * One call, as an application sees it. Its state is told by the engine, which call-mirror.ts keeps; this class shows it,
 * and passes on what is asked.
 *
 * ```text
 * calling ─▶ ringing ─▶ early ─▶ answering ─▶ established ─▶ ending ─▶ ended
 * ```
 * States may be skipped, never revisited.
 */

import type { CallDoor } from "./call-door.js";
import type { CallEvents } from "./call-events.js";
import { mediaDesk } from "./call-media.js";
import { CallMirror } from "./call-mirror.js";
import {
  acceptOptions,
  dtmfOptions,
  hangupOptions,
  redirectOptions,
  rejectOptions,
  renegotiateOptions,
  ringOptions,
} from "./call-options.js";
import * as check from "./check.js";
import { finalResponse, message } from "./convert.js";
import type { MediaDesk } from "./desk.js";
import { Emitter, tend } from "./emitter.js";
import type { Owner } from "./emitter.js";
import { PatchcordError, abortable, explain, handled, refusal, soon } from "./errors.js";
import type { Answer, Command, EngineOptions, Success } from "./host.js";
import type { MediaSession } from "./media.js";
import { replyOnce } from "./reply.js";
import type { RequestQuestion } from "./reply.js";
import { requestMethod, requestOptions, responseAnswer } from "./request-options.js";
import type {
  Body,
  CallEnd,
  CallOptions,
  DtmfOptions,
  MediaConstraints,
  NameAddr,
  RejectOptions,
  RenegotiateOptions,
  RequestOptions,
  RingOptions,
  SipHeaders,
  SipResponse,
  Target,
  TerminateOptions,
} from "./types.js";
import type { WebRtcSession } from "./webrtc.js";

/** A call, incoming or outgoing. Made by {@link UserAgent.call}, or handed over by the event `call`. */
export class Call<M extends MediaSession = WebRtcSession> extends Emitter<CallEvents<M>> {
  /** Names the call within its user agent. */
  readonly id: string;
  readonly direction: "incoming" | "outgoing";
  /** When it was placed or came in. */
  readonly startedAt = new Date();
  /** What the application hangs on the call. */
  readonly data = new Map<string, unknown>();
  readonly #door: CallDoor<M>;
  readonly #desk: MediaDesk<M>;
  readonly #events: Owner<CallEvents<M>>;
  readonly #mirror: CallMirror<M>;
  readonly #established: Promise<this>;

  /** @internal */
  constructor(door: CallDoor<M>, capture?: MediaConstraints) {
    super();
    if (!door) throw new TypeError("calls are made by UserAgent.call(), or come with its event call");
    this.#door = door;
    this.id = String(door.handle);
    this.direction = door.direction;
    this.#events = tend<CallEvents<M>>(this, {
      failed: (type, error) =>
        door.report("listener", `a listener of call ${this.id} for "${type}" failed: ${explain(error)}`),
      watched: (type) => this.#onWatched(type),
    });
    this.#desk = mediaDesk<M>(this, door, this.#events, capture);
    this.#mirror = new CallMirror<M>({ call: this, door, desk: this.#desk, events: this.#events });
    this.#established = handled(this.#mirror.established.promise.then(() => this));
    door.attach({
      receive: (event) => this.#mirror.receive(event),
      answer: (question) => this.#desk.answer(question),
      request: (question, send) => this.#onRequest(question, send),
    });
  }

  /**
   * calling: INVITE made or received, nothing answered · ringing: 180 sent or received · early: early media
   * · answering: accept() asked, 2xx not yet out, or 2xx in and media not yet set · established: 2xx sent, or received and ACKed
   * · ending: BYE, CANCEL or refusal on its way · ended.
   */
  get state(): "calling" | "ringing" | "early" | "answering" | "established" | "ending" | "ended" {
    return this.#mirror.state;
  }

  /** The other side. */
  get remote(): NameAddr {
    return this.#mirror.remote;
  }

  /** The INVITE as it arrived or left: From, P-Asserted-Identity, X-Queue … Without fields until ours has left. */
  get invite(): { headers: SipHeaders; body: Body | null } {
    return this.#mirror.invite;
  }

  /** When it was established. */
  get answeredAt(): Date | null {
    return this.#mirror.answeredAt;
  }

  /** When it ended. */
  get endedAt(): Date | null {
    return this.#mirror.endedAt;
  }

  /** The dialog's identity (RFC 3261 §12), once established. */
  get dialog(): { callId: string; localTag: string; remoteTag: string } | null {
    return this.#mirror.dialog;
  }

  /** Who has put the other on hold: `local` = we have, `remote` = the peer has. Both may at once. */
  get hold(): { local: boolean; remote: boolean } {
    return this.#mirror.hold;
  }

  /** The media session, from the first time media was needed. */
  get media(): M | null {
    return this.#desk.session;
  }

  /** Resolves when both sides have agreed. Rejects with a PatchcordError when the call ends unanswered. */
  get established(): Promise<this> {
    return this.#established;
  }

  /** Resolves when the call is over. Never rejects. */
  get ended(): Promise<CallEnd> {
    return this.#mirror.ended.promise;
  }

  /** Which of our kinds of media are silenced. */
  get muted(): { audio: boolean; video: boolean } {
    return this.#desk.muted;
  }

  /**
   * Sends 180 or 183 for an incoming call (RFC 3261 §13.3.1.1). Resolves when sent.
   * @returns Rejects with PatchcordError `wrong-state` unless the call is incoming and unanswered.
   */
  ring(options?: RingOptions): Promise<void> {
    const ring = ringOptions(options);
    return this.#take("ring()", (id) => ({ type: "ring", id, call: this.#door.handle, options: ring }));
  }

  /**
   * Accepts an incoming call: media is asked for, then 200 is sent. Resolves when established on our side (2xx sent); a
   * missing ACK ends the call later.
   * @returns Rejects with PatchcordError `wrong-state` unless the call is incoming and unanswered, `media` when media
   *   could not be had (the call is then refused), `ended` when the caller gave up meanwhile.
   */
  accept(options?: CallOptions): Promise<void> {
    const { options: accept, media, signal } = acceptOptions(options);
    if (signal?.aborted) return handled(Promise.reject(signal.reason));
    const done = this.#take("accept()", (id) => ({ type: "accept", id, call: this.#door.handle, options: accept }));
    this.#desk.wish(media, done);
    heed(this, signal);
    return done;
  }

  /**
   * Refuses an incoming call. Resolves when the refusal is sent.
   * @returns Rejects with PatchcordError `wrong-state` unless the call is incoming and unanswered.
   */
  reject(options?: RejectOptions): Promise<void> {
    const reject = rejectOptions(options);
    return this.#take("reject()", (id) => ({ type: "reject", id, call: this.#door.handle, options: reject }));
  }

  /**
   * Refuses an incoming call and names who may be called instead (302, RFC 3261 §8.3). Resolves when the refusal is sent.
   * @param contacts In order of preference.
   * @param options `permanent`: 301, the address is not to be tried again. Default false.
   * @returns Rejects with PatchcordError `wrong-state` unless the call is incoming and unanswered.
   *
   * @example
   * await call.redirect(["sip:bob@mobile.example.com", "sip:voicemail@example.com"]);
   */
  redirect(contacts: readonly Target[], options?: { permanent?: boolean }): Promise<void> {
    const redirect = redirectOptions(contacts, options);
    return this.#take("redirect()", (id) => ({ type: "redirect", id, call: this.#door.handle, ...redirect }));
  }

  /**
   * CANCEL, BYE or a final response, whichever this state calls for. Resolves when the call is over for the user, not when
   * the peer confirms. Twice is harmless.
   */
  hangup(options?: TerminateOptions): Promise<void> {
    const hangup = hangupOptions(options);
    if (this.state === "ended") return Promise.resolve();
    return settled(this.#door.request((id) => ({ type: "hangup", id, call: this.#door.handle, options: hangup })));
  }

  /**
   * Puts the peer on hold (RFC 3264 §8.4), or takes it off again: neither side hears the other meanwhile. Resolves when the
   * peer has agreed; `hold.local` then tells so. Until then, and where it refuses, everything is as it was.
   * @returns Rejects with PatchcordError `wrong-state` unless the call is established, `rejected` when the peer refuses,
   *   `media` when there was no description to send, `timeout`, `not-connected`, or `ended` when the call is over before.
   */
  setHold(held: boolean): Promise<void> {
    const wanted = check.flag(held, "held");
    return settled(this.#live("setHold()", (id) => ({ type: "set-hold", id, call: this.#door.handle, held: wanted })));
  }

  /**
   * Negotiates the media anew, by re-INVITE or UPDATE: other kinds of media, or another path. Resolves when the peer has
   * agreed. A failure leaves the call as it was.
   * @returns Rejects as {@link setHold} does.
   *
   * @example
   * await call.renegotiate({ media: { video: true } });
   */
  renegotiate(options?: RenegotiateOptions): Promise<void> {
    const { options: renegotiate, media } = renegotiateOptions(options);
    const done = settled(
      this.#live("renegotiate()", (id) => ({
        type: "renegotiate",
        id,
        call: this.#door.handle,
        options: renegotiate,
      })),
    );
    this.#desk.wish(media, done);
    return done;
  }

  /**
   * Sends tones, one after the other: "0" to "9", "*", "#", "A" to "D", "!" for a flash, and "," for two seconds of silence.
   * By the media (RFC 4733) where that can, else by INFO, unless `mode` says which. Resolves when the last has sounded, or
   * the peer has answered it.
   * @returns Rejects with PatchcordError `wrong-state` unless the call is established, `media` when tones by the media are
   *   asked for and cannot be sent, `rejected` when the peer refuses one by INFO (the rest is not sent then), `timeout`,
   *   `not-connected` or `ended`.
   *
   * @example
   * await call.sendDtmf("1,23#");
   */
  sendDtmf(tones: string, options?: DtmfOptions): Promise<void> {
    const { mode, options: dtmf } = dtmfOptions(tones, options);
    if (mode === "rtp" || (mode === "auto" && this.media?.canSendDtmf)) return handled(this.#sound(dtmf));
    return settled(
      this.#live("sendDtmf()", (id) => ({ type: "send-dtmf", id, call: this.#door.handle, options: dtmf })),
    );
  }

  /**
   * Sends a request in the call's dialog: INFO, MESSAGE, OPTIONS, or a method that only the application and its peer know.
   * Resolves with the final response, whatever its status.
   * @param method A token; case counts.
   * @throws TypeError for a method that the protocol sends by itself (INVITE, BYE, UPDATE …): it names what to use instead.
   * @returns Rejects only when no response has come: with PatchcordError `wrong-state`, `timeout`, `not-connected`, `busy`,
   *   `limit`, `authentication` or `ended`, or with the reason of an aborted `signal`.
   *
   * @example
   * const { status } = await call.request("INFO", { body: { contentType: "application/json", content: "{}" } });
   */
  request(method: string, options?: RequestOptions): Promise<SipResponse> {
    const checked = requestMethod(method);
    const { options: request, signal } = requestOptions(options);
    return abortable(signal, () =>
      this.#live("request()", (id) => ({
        type: "call-request",
        id,
        call: this.#door.handle,
        method: checked,
        options: request,
      })).then(finalResponse),
    );
  }

  /**
   * Silences what we send, or lets it be heard again; the peer is not told. May be called before there is media.
   * @param muted Both kinds, or each.
   * @throws PatchcordError `media` when the media session has no `localStream`.
   */
  setMuted(muted: boolean | { audio?: boolean; video?: boolean }): void {
    const before = this.#desk.muted;
    const given = typeof muted === "boolean" ? { audio: muted, video: muted } : mutedOptions(muted);
    const audio = check.flag(given["audio"], "muted.audio", before.audio);
    const video = check.flag(given["video"], "muted.video", before.video);
    if (audio === before.audio && video === before.video) return;
    this.#desk.mute({ audio, video });
    soon(() => this.#events.fire("change", {}));
  }

  /** What only an incoming call can do. */
  #take(what: string, make: (id: number) => Command): Promise<void> {
    if (this.direction === "outgoing")
      return refusal("wrong-state", `${what} is for incoming calls; this one is outgoing`);
    return settled(this.#live(what, make));
  }

  /** Tones by the media. */
  async #sound({ tones, ...pace }: EngineOptions["dtmf"]): Promise<void> {
    if (this.state !== "established")
      throw new PatchcordError("wrong-state", `this needs a call that is established; this one is ${this.state}`);
    if (!this.media?.sendDtmf)
      throw new PatchcordError("media", 'this media session sends no tones; use mode: "info"');
    await this.media.sendDtmf(tones, pace);
  }

  /** What a call can do that has not ended. */
  #live(what: string, make: (id: number) => Command): Promise<Success> {
    if (this.state === "ended") return refusal("wrong-state", `${what} came too late: the call has ended`);
    return this.#door.request(make);
  }

  #onRequest({ method, message: request }: RequestQuestion, send: (answer: Answer) => void): void {
    const reply = replyOnce(send);
    const later = this.#events.ask("request", {
      method,
      ...message(request),
      respond: (status, options) => reply.give(responseAnswer(status, options)),
    });
    if (!later) reply.usual();
  }

  #onWatched(type: string): void {
    if (type === "request" && this.state !== "ended") this.#door.wantRequests(this.#events.listens(type));
  }
}

/**
 * Hangs `call` up when `signal` is aborted, as long as the call lives.
 * @internal
 */
export function heed<M extends MediaSession>(call: Call<M>, signal: AbortSignal | undefined): void {
  if (!signal || call.state === "ended") return;
  const onAbort = () => void call.hangup();
  signal.addEventListener("abort", onAbort, { once: true });
  void call.ended.then(() => signal.removeEventListener("abort", onAbort));
}

function mutedOptions(muted: unknown): Readonly<Record<string, unknown>> {
  if (muted === undefined) throw new TypeError("muted: true, false or { audio, video } is needed");
  return check.record(muted, "muted", ["audio", "video"]);
}

function settled(done: Promise<Success>): Promise<void> {
  return handled(done.then(() => {}));
}
