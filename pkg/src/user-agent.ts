/// <reference lib="esnext.disposable" preserve="true" />
/**
 * The user agent: one engine, its connection, its registration and its calls.
 *
 * ```text
 * idle ─▶ connecting ─▶ connected ─▶ waiting ─▶ connecting …      disconnect(): ─▶ idle      close(): ─▶ closed
 * ```
 */

import { dialOptions, dialTarget } from "./call-options.js";
import type { Call } from "./call.js";
import { CallTable } from "./calls.js";
import * as check from "./check.js";
import { Emitter, tend } from "./emitter.js";
import type { Owner, UaEvent } from "./emitter.js";
import { PatchcordError, deferred, explain, handled, refusal } from "./errors.js";
import { Host } from "./host.js";
import type {
  Answer,
  CallEvent,
  Command,
  Config,
  EngineEvent,
  Interest,
  Question,
  RegistrationEvent,
  Success,
} from "./host.js";
import { init } from "./init.js";
import type { MediaProvider, MediaSession } from "./media.js";
import { credentialSettings, credentials, userAgentSettings } from "./options.js";
import type { CredentialSettings, Settings } from "./options.js";
import { tabInstance, watchPage } from "./page.js";
import { Registration } from "./registration.js";
import type { CallOptions, Challenge, Target, UserAgentOptions } from "./types.js";
import { webrtc } from "./webrtc.js";
import type { WebRtcSession } from "./webrtc.js";

/** What happens to a user agent. */
export interface UserAgentEvents<M extends MediaSession> {
  /** Any property has changed. */
  change: UaEvent<object>;
  /** `state` or `server` has changed; with the reason where nobody asked for it, and in state waiting the next attempt's time. */
  statechange: UaEvent<{ state: UserAgent["state"]; server: string | null; reason?: string; retryAt?: Date }>;
  /** An incoming call. Without a listener calls are answered 480. */
  call: UaEvent<{ call: Call<M> }>;
  /** Every SIP message in and out, credentials masked. Costs nothing without a listener. */
  trace: UaEvent<{ direction: "in" | "out"; message: string; at: Date }>;
  /** What the engine could not act on, or tolerated: malformed messages, limits reached, peer faults, a listener that threw. Nothing is dropped silently. */
  diagnostic: UaEvent<{ code: string; detail: string }>;
  /** The engine trapped: this user agent is dead, and so is every other one of the page, which must be loaded anew. */
  fatal: UaEvent<{ error: PatchcordError }>;
}

/**
 * A SIP user agent over WebSocket (RFC 7118).
 *
 * @example
 * const ua = await UserAgent.create({
 *   aor: "sip:alice@example.com",
 *   servers: "wss://edge.example.com/sip",
 *   credentials: { username: "alice", password: "…" },
 * });
 * ua.on("call", ({ call }) => call.accept());
 * await ua.connect();
 * const call = ua.call("bob");
 * await call.established;
 */
export class UserAgent<M extends MediaSession = WebRtcSession> extends Emitter<UserAgentEvents<M>> {
  readonly #events: Owner<UserAgentEvents<M>>;
  readonly #settings: Settings;
  readonly #host: Host;
  readonly #registration: Registration;
  readonly #table: CallTable<M>;
  readonly #unwatch: () => void;
  #credentials: CredentialSettings;
  #registered: (event: RegistrationEvent) => void = () => {};
  #state: ConnectionState = "idle";
  #server: string | null = null;
  #connects = 0;
  #closing: Promise<void> | undefined;

  /**
   * Makes a user agent. It says nothing to anybody before {@link connect}.
   *
   * @throws TypeError or RangeError at once for an option that is wrong or does not exist, naming it and the mend.
   * @returns Rejects with PatchcordError `not-initialised` when the engine cannot be loaded (see {@link init}).
   */
  static create<P extends MediaProvider = MediaProvider<WebRtcSession>>(
    options: UserAgentOptions & { media?: P },
  ): Promise<UserAgent<P extends MediaProvider<infer S> ? S : never>> {
    type Session = P extends MediaProvider<infer S> ? S : never;
    const settings = userAgentSettings(options);
    // Where no provider is given P is webrtc()'s; otherwise it is the given one's. Neither can be told to the compiler.
    const provider = (settings.media ?? webrtc()) as unknown as MediaProvider<Session>;
    return handled(UserAgent.#create(settings, provider));
  }

  static async #create<S extends MediaSession>(settings: Settings, provider: MediaProvider<S>): Promise<UserAgent<S>> {
    const [instanceId] = await Promise.all([settings.instanceId ?? tabInstance(), init()]);
    return new UserAgent(settings, provider, { ...settings.config, instanceId });
  }

  #open(url: string): WebSocket {
    try {
      return this.#settings.webSocket(url);
    } catch (error) {
      this.#report("webSocket", `no socket could be made for ${url}: ${explain(error)}`);
      throw error;
    }
  }

  private constructor(settings: Settings, provider: MediaProvider<M>, config: Config) {
    super();
    if (!settings) throw new TypeError("user agents are made by UserAgent.create()");
    this.#settings = settings;
    this.#credentials = settings.credentials;
    this.#host = new Host(config, {
      deliver: (event) => this.#receive(event),
      open: (url) => this.#open(url),
      fatal: (error) => this.#onFatal(error),
    });
    const report = (code: string, detail: string) => this.#report(code, detail);
    this.#table = new CallTable({ host: this.#host, provider, report, changed: () => this.#events.fire("change", {}) });
    this.#registration = new Registration({
      attach: (receive) => {
        this.#registered = receive;
      },
      request: (make) => this.#request(make),
      date: (instant) => this.#host.date(instant),
      report,
    });
    this.#events = tend<UserAgentEvents<M>>(this, {
      failed: (type, error) => this.#onListenerFailed(type, error),
      watched: (type) => this.#onWatched(type),
    });
    this.#unwatch = watchPage({ hint: (hint) => this.#host.hint(hint), leaving: () => this.#onLeaving() });
  }

  /** idle → connecting → connected; waiting = between attempts; closed is final. */
  get state(): "idle" | "connecting" | "connected" | "waiting" | "closed" {
    return this.#state;
  }

  /** The server we are connected to, or trying. */
  get server(): string | null {
    return this.#server;
  }

  /** The registration of the address of record. */
  get registration(): Registration {
    return this.#registration;
  }

  /** Calls that have not ended, oldest first. */
  get calls(): readonly Call<M>[] {
    return this.#table.list;
  }

  /**
   * Resolves when the socket is open and, unless switched off, the AOR is registered. While servers are merely unreachable it keeps trying.
   * @param options `signal`: aborting it stops the attempt.
   * @returns Rejects with PatchcordError on a final refusal (403, bad credentials, no server speaks `sip`), and with the
   *   signal's reason when aborted.
   */
  connect(options?: { signal?: AbortSignal }): Promise<void> {
    const given = check.record(options, "options", ["signal"]);
    const signal = check.abortSignal(given["signal"], "signal");
    if (signal?.aborted) return handled(Promise.reject(signal.reason));
    const connected = this.#ask((id) => ({ type: "connect", id }));
    this.#connects += 1;
    const over = () => {
      this.#connects -= 1;
    };
    connected.then(over, over);
    return signal ? this.#abortable(connected, signal) : connected;
  }

  /**
   * Try again in a second instead of at the end of the back-off; while connected, ask whether the connection lives. Like the
   * page's own signs (`online`, `pageshow`) it has an effect once in five seconds.
   */
  reconnect(): void {
    this.#requireOpen();
    this.#host.send({ type: "reconnect" });
  }

  /**
   * Ends unanswered calls, unregisters and closes the socket, within 2 s; `connect` may follow. Established calls stay, and can be
   * hung up: the peer learns of it on the next connection.
   */
  disconnect(): Promise<void> {
    return this.#ask((id) => ({ type: "disconnect", id }));
  }

  /** Other credentials from the next challenge on. */
  setCredentials(credentials: UserAgentOptions["credentials"]): void {
    const settings = credentialSettings(credentials);
    this.#requireOpen();
    this.#host.send({ type: "set-credentials", credentials: settings.source });
    this.#credentials = settings;
  }

  /**
   * Places a call. How it goes is told by the call's events and promises; the first of them come after this has returned.
   * While {@link connect} is under way the call waits for it; without a connection, or with more than 1 MiB waiting in its
   * socket, the call ends at once with cause `transport`.
   *
   * @param target "sip:bob@example.com", "bob" (domain of the AOR), or an address as a call shows it.
   * @throws TypeError or RangeError for wrong arguments, PatchcordError `closed` after {@link close} and `limit` when
   *   `limits.calls` are up already, and the signal's reason when it is aborted already.
   *
   * @example
   * const call = ua.call("sip:bob@example.com", { timeout: 30, headers: { "X-Queue": "sales" } });
   * call.on("statechange", ({ state }) => console.log(state));
   * const { cause } = await call.ended;
   */
  call(target: Target, options?: CallOptions): Call<M> {
    const to = dialTarget(target, this.#settings.config.servers);
    const dial = dialOptions(options);
    this.#requireOpen();
    dial.signal?.throwIfAborted();
    const most = this.#settings.config.maxCalls;
    if (this.#table.list.length >= most)
      throw new PatchcordError("limit", `${most} calls are up already, and limits.calls allows no more`);
    return this.#table.place(to, dial);
  }

  /** Every state machine with its next deadline, for a bug report. */
  snapshot(): Promise<object> {
    const machines = this.#request((id) => ({ type: "snapshot", id })).then((success) =>
      success.type === "snapshot" ? success.machines : [],
    );
    return handled(
      machines.then((list) => ({
        state: this.#state,
        server: this.#server,
        registration: this.#registration.state,
        machines: list.map(({ at, ...machine }) => ({ ...machine, at: at === undefined ? null : this.#host.date(at) })),
      })),
    );
  }

  /**
   * Ends calls, unregisters, closes the socket, frees the engine. Twice is harmless. Never rejects. Without a connection it
   * is done at once, and what only a connection could have told the peers is not told.
   * @param options `timeout`: the longest it may take, in seconds. Default 5; the last 2 of them belong to the registrar.
   */
  close(options?: { timeout?: number }): Promise<void> {
    const given = check.record(options, "options", ["timeout"]);
    const timeoutMs = check.milliseconds(given["timeout"], "timeout", 5);
    return (this.#closing ??= this.#close(timeoutMs));
  }

  /** `await using ua = await UserAgent.create(…)`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(timeoutMs: number): Promise<void> {
    try {
      await this.#host.request((id) => ({ type: "close", id, timeoutMs }));
    } catch {
      // The engine is gone already: there is nothing left to close, and `fatal` has told why.
    }
    this.#finish(new PatchcordError("closed", "the user agent has been closed; create a new one"));
  }

  /** What close and a trap have in common: nothing happens from here on, and nobody is left waiting. */
  #finish(reason: PatchcordError): void {
    this.#unwatch();
    this.#host.stop(reason);
    this.#table.endAll();
    if (this.#registration.state !== "unregistered") this.#registered({ type: "state", state: "unregistered" });
    if (this.#state !== "closed") this.#onConnection({ type: "connection", state: "closed", reason: reason.message });
  }

  #onFatal(error: PatchcordError): void {
    this.#finish(error);
    this.#events.fire("fatal", { error });
  }

  #onLeaving(): void {
    if (this.#settings.pagehide === "leave") return;
    for (const call of this.#table.list) void call.hangup();
  }

  #requireOpen(): void {
    if (this.#host.over) throw this.#host.over;
    if (this.#closing) throw new PatchcordError("closed", "the user agent is being closed; create a new one");
  }

  #request(make: (id: number) => Command): Promise<Success> {
    if (this.#closing && !this.#host.over) return refusal("closed", "the user agent is being closed; create a new one");
    return this.#host.request(make);
  }

  #ask(make: (id: number) => Command): Promise<void> {
    return handled(this.#request(make).then(() => {}));
  }

  /** Rejects when aborted, and stops connecting unless somebody else waits for that too. */
  #abortable(connected: Promise<void>, signal: AbortSignal): Promise<void> {
    const { promise, resolve, reject } = deferred<void>();
    const onAbort = () => {
      reject(signal.reason);
      if (this.#connects === 1 && !this.#host.over && !this.#closing) void this.disconnect();
    };
    signal.addEventListener("abort", onAbort, { once: true });
    connected.then(resolve, reject).then(() => signal.removeEventListener("abort", onAbort));
    return promise;
  }

  #receive(event: Exclude<EngineEvent, { type: "done" }>): void {
    switch (event.type) {
      case "ask":
        return void this.#onAsk(event.id, event.question);
      case "connection":
        return this.#onConnection(event);
      case "registration":
        return this.#registered(event.event);
      case "call":
        return this.#onCall(event.call, event.event);
      case "trace":
        return this.#events.fire("trace", {
          direction: event.direction,
          message: event.message,
          at: this.#host.date(event.at),
        });
      case "diagnostic":
        return this.#report(event.code, event.detail);
    }
  }

  #onConnection({ state, server, reason, retryAt }: Extract<EngineEvent, { type: "connection" }>): void {
    this.#state = state;
    this.#server = server ?? null;
    this.#events.fire("statechange", {
      state,
      server: this.#server,
      ...(reason !== undefined && { reason }),
      ...(retryAt !== undefined && { retryAt: this.#host.date(retryAt) }),
    });
    this.#events.fire("change", {});
  }

  #onCall(handle: number, event: CallEvent): void {
    const call = this.#table.receive(handle, event);
    if (call) this.#events.fire("call", { call });
  }

  async #onAsk(ask: number, question: Question): Promise<void> {
    const answer = await (question.type === "credentials"
      ? this.#answerChallenge(question.challenge)
      : this.#table.answer(question));
    if (this.#host.over) return;
    try {
      this.#host.send({ type: "answer", ask, answer });
    } catch (error) {
      this.#report("answer", `an answer was not taken: ${explain(error)}`);
    }
  }

  async #answerChallenge(challenge: Challenge): Promise<Answer> {
    try {
      const found = await this.#credentials.ask?.(challenge);
      return { type: "credentials", credentials: credentials(found) };
    } catch (error) {
      this.#report("credentials", `the function given as credentials failed: ${explain(error)}`);
      return { type: "credentials" };
    }
  }

  #onWatched(type: string): void {
    if ((type !== "trace" && type !== "call") || this.#host.over) return;
    const interests: Interest[] = [];
    if (this.#events.listens("trace")) interests.push("trace");
    if (this.#events.listens("call")) interests.push("calls");
    this.#host.send({ type: "interest", interests });
  }

  #report(code: string, detail: string): void {
    this.#events.fire("diagnostic", { code, detail });
  }

  #onListenerFailed(type: string, error: unknown): void {
    const detail = `a listener of the user agent for "${type}" failed: ${explain(error)}`;
    // One that fails at being told of failures would go on for ever.
    if (type === "diagnostic") console.error(`patchcord: ${detail}`);
    else this.#report("listener", detail);
  }
}

type ConnectionState = UserAgent["state"];
