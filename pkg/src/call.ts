/**
 * One call, as an application sees it. Its state is told by the engine; this class mirrors it, and passes on what is asked.
 *
 * ```text
 * calling ─▶ ringing ─▶ early ─▶ answering ─▶ established ─▶ ending ─▶ ended
 * ```
 * States may be skipped, never revisited.
 */

import { acceptOptions, hangupOptions, rejectOptions, ringOptions } from "./call-options.js";
import * as check from "./check.js";
import { callEnd, message, nameAddr, sipResponse, unanswered } from "./convert.js";
import { MediaDesk } from "./desk.js";
import type { MediaQuestion } from "./desk.js";
import { Emitter, tend } from "./emitter.js";
import type { Owner, UaEvent } from "./emitter.js";
import { deferred, explain, handled, refusal, soon } from "./errors.js";
import { sipHeaders } from "./headers.js";
import type { Answer, CallEvent, Command, Success } from "./host.js";
import type { MediaContext, MediaProvider, MediaSession } from "./media.js";
import type {
  Body,
  CallEnd,
  CallOptions,
  MediaConstraints,
  NameAddr,
  RejectOptions,
  RingOptions,
  SipHeaders,
  SipResponse,
  TerminateOptions,
} from "./types.js";
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
  /** The media session exists: `media` is set. */
  media: UaEvent<{ media: M }>;
  /** The browser refused to play sound before a user gesture; call `media.play()` from one. */
  playbackblocked: UaEvent<object>;
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

/** What a call needs of its user agent. @internal */
export interface CallDoor<M extends MediaSession> {
  readonly handle: number;
  readonly direction: "incoming" | "outgoing";
  readonly remote: NameAddr;
  readonly provider: MediaProvider<M>;
  /** Hands over the functions by which the user agent reaches the call. */
  attach(receive: (event: CallEvent) => void, answer: (question: MediaQuestion) => Promise<Answer>): void;
  send(command: Command): void;
  request(make: (id: number) => Command): Promise<Success>;
  date(instant: number): Date;
  report(code: string, detail: string): void;
  /** The call is over: forget it. */
  ended(): void;
}

/** A call, incoming or outgoing. Made by {@link UserAgent.call}, or handed over by the event `call`. */
export class Call<M extends MediaSession = WebRtcSession> extends Emitter<CallEvents<M>> {
  /** Names the call within its user agent. */
  readonly id: string;
  readonly direction: "incoming" | "outgoing";
  /** When it was placed or came in. */
  readonly startedAt = new Date();
  /** What the application hangs on the call. */
  readonly data = new Map<string, unknown>();
  readonly #events: Owner<CallEvents<M>>;
  readonly #door: CallDoor<M>;
  readonly #desk: MediaDesk<M>;
  readonly #branches = new Map<string, ForkBranch<M>>();
  readonly #whenEstablished = deferred<this>();
  readonly #whenEnded = deferred<CallEnd>();
  #state: CallState = "calling";
  #remote: NameAddr;
  #invite: { headers: SipHeaders; body: Body | null } = { headers: sipHeaders(""), body: null };
  #answeredAt: Date | null = null;
  #endedAt: Date | null = null;
  #dialog: { callId: string; localTag: string; remoteTag: string } | null = null;
  #release: () => void = () => {};

  /** @internal */
  constructor(
    door: CallDoor<M>,
    { media, signal }: { media?: MediaConstraints | undefined; signal?: AbortSignal | undefined } = {},
  ) {
    super();
    if (!door) throw new TypeError("calls are made by UserAgent.call(), or come with its event call");
    this.#door = door;
    this.id = String(door.handle);
    this.direction = door.direction;
    this.#remote = door.remote;
    this.#desk = new MediaDesk(() => this.#openMedia());
    this.#desk.constraints = media;
    this.#events = tend<CallEvents<M>>(this, {
      failed: (type, error) =>
        door.report("listener", `a listener of call ${this.id} for "${type}" failed: ${explain(error)}`),
    });
    door.attach(
      (event) => this.#receive(event),
      (question) => this.#desk.answer(question),
    );
    this.#heed(signal);
  }

  /**
   * calling: INVITE made or received, nothing answered · ringing: 180 sent or received · early: early media
   * · answering: accept() asked, 2xx not yet out, or 2xx in and media not yet set · established: 2xx sent, or received and ACKed
   * · ending: BYE, CANCEL or refusal on its way · ended.
   */
  get state(): "calling" | "ringing" | "early" | "answering" | "established" | "ending" | "ended" {
    return this.#state;
  }

  /** The other side. */
  get remote(): NameAddr {
    return this.#remote;
  }

  /** The INVITE as it arrived or left: From, P-Asserted-Identity, X-Queue … Without fields until ours has left. */
  get invite(): { headers: SipHeaders; body: Body | null } {
    return this.#invite;
  }

  /** When it was established. */
  get answeredAt(): Date | null {
    return this.#answeredAt;
  }

  /** When it ended. */
  get endedAt(): Date | null {
    return this.#endedAt;
  }

  /** The dialog's identity (RFC 3261 §12), once established. */
  get dialog(): { callId: string; localTag: string; remoteTag: string } | null {
    return this.#dialog;
  }

  /** The media session, from the first time media was needed. */
  get media(): M | null {
    return this.#desk.session;
  }

  /** Resolves when both sides have agreed. Rejects with a PatchcordError when the call ends unanswered. */
  get established(): Promise<this> {
    return this.#whenEstablished.promise;
  }

  /** Resolves when the call is over. Never rejects. */
  get ended(): Promise<CallEnd> {
    return this.#whenEnded.promise;
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
    return this.#ask("ring()", (id) => ({ type: "ring", id, call: this.#door.handle, options: ring }));
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
    const before = this.#desk.constraints;
    if (this.#open() && media) this.#desk.constraints = media;
    const done = this.#ask("accept()", (id) => ({ type: "accept", id, call: this.#door.handle, options: accept }));
    this.#heed(signal);
    return handled(
      done.catch((error: unknown) => {
        this.#desk.constraints = before;
        throw error;
      }),
    );
  }

  /**
   * Refuses an incoming call. Resolves when the refusal is sent.
   * @returns Rejects with PatchcordError `wrong-state` unless the call is incoming and unanswered.
   */
  reject(options?: RejectOptions): Promise<void> {
    const reject = rejectOptions(options);
    return this.#ask("reject()", (id) => ({ type: "reject", id, call: this.#door.handle, options: reject }));
  }

  /**
   * CANCEL, BYE or a final response, whichever this state calls for. Resolves when the call is over for the user, not when
   * the peer confirms. Twice is harmless.
   */
  hangup(options?: TerminateOptions): Promise<void> {
    const hangup = hangupOptions(options);
    if (this.#state === "ended") return Promise.resolve();
    return settled(this.#door.request((id) => ({ type: "hangup", id, call: this.#door.handle, options: hangup })));
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

  #open(): boolean {
    return this.direction === "incoming" && this.#state !== "ended";
  }

  #ask(what: string, make: (id: number) => Command): Promise<void> {
    if (this.direction === "outgoing")
      return refusal("wrong-state", `${what} is for incoming calls; this one is outgoing`);
    if (this.#state === "ended") return refusal("wrong-state", `${what} came too late: the call has ended`);
    return settled(this.#door.request(make));
  }

  /** Hangs up when `signal` is aborted, as long as the call lives. */
  #heed(signal: AbortSignal | undefined): void {
    if (!signal || this.#state === "ended") return;
    const onAbort = () => void this.hangup();
    const before = this.#release;
    signal.addEventListener("abort", onAbort, { once: true });
    this.#release = () => {
      before();
      signal.removeEventListener("abort", onAbort);
    };
  }

  #openMedia(): M {
    const context: MediaContext = {
      call: this.id,
      direction: this.direction,
      failed: (error) => this.#mediaLost(error),
      playbackBlocked: () => this.#events.fire("playbackblocked", {}),
    };
    const media = this.#door.provider.open(context);
    soon(() => {
      this.#events.fire("media", { media });
      this.#events.fire("change", {});
    });
    return media;
  }

  #mediaLost(error: Error): void {
    if (this.#state === "ended") return;
    try {
      this.#door.send({ type: "media-lost", call: this.#door.handle, detail: explain(error) });
    } catch (failure) {
      // The provider that told us is not at fault.
      this.#door.report("media", `the loss of call ${this.id}'s media could not be told: ${explain(failure)}`);
    }
  }

  #receive(event: CallEvent): void {
    switch (event.type) {
      case "incoming":
      case "invited":
        this.#remote = nameAddr(event.remote);
        this.#invite = message(event.invite);
        break;
      case "state":
        this.#move(event.state);
        break;
      case "progress":
        return this.#events.fire("progress", {
          response: sipResponse(event.response),
          branch: this.#branch(event.branch),
        });
      case "established":
        this.#onEstablished(event);
        break;
      case "ended":
        this.#onEnded(event);
        break;
    }
    this.#events.fire("change", {});
  }

  #move(state: CallState): void {
    if (state === this.#state) return;
    this.#state = state;
    if (state === "ending" || state === "ended") this.#closeMedia();
    this.#events.fire("statechange", { state });
  }

  /** Microphone and sound stop when the call is over for the user, however long the peer takes to confirm. */
  #closeMedia(): void {
    try {
      this.#desk.close();
    } catch (error) {
      this.#door.report("media", `the media session of call ${this.id} failed to close: ${explain(error)}`);
    }
  }

  #onEstablished({ dialog, response }: Extract<CallEvent, { type: "established" }>): void {
    this.#dialog = dialog;
    this.#answeredAt = new Date();
    this.#move("established");
    this.#whenEstablished.resolve(this);
    this.#events.fire("established", response ? { response: sipResponse(response) } : {});
  }

  #onEnded({ end: data }: Extract<CallEvent, { type: "ended" }>): void {
    const end = callEnd(data);
    this.#endedAt = this.#door.date(data.at);
    this.#release();
    this.#door.ended();
    this.#move("ended");
    this.#whenEstablished.reject(unanswered(end, this.#desk.failure, this.direction));
    this.#whenEnded.resolve(end);
    this.#events.fire("ended", end);
  }

  #branch(remoteTag: string): ForkBranch<M> {
    let branch = this.#branches.get(remoteTag);
    if (!branch) {
      branch = { remoteTag, call: this, data: new Map() };
      this.#branches.set(remoteTag, branch);
    }
    return branch;
  }
}

type CallState = Call["state"];

function mutedOptions(muted: unknown): Readonly<Record<string, unknown>> {
  if (muted === undefined) throw new TypeError("muted: true, false or { audio, video } is needed");
  return check.record(muted, "muted", ["audio", "video"]);
}

function settled(done: Promise<Success>): Promise<void> {
  return handled(done.then(() => {}));
}
