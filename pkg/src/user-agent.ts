/// <reference lib="esnext.disposable" preserve="true" />
/**
 * The user agent: one engine, its connection, its registration, its calls, and requests that belong to none of them.
 */

import { dialOptions } from "./call-options.js";
import type { Call } from "./call.js";
import { CallTable } from "./calls.js";
import * as check from "./check.js";
import { Connection } from "./connection.js";
import { finalResponse, machines } from "./convert.js";
import { Emitter, tend } from "./emitter.js";
import type { Owner } from "./emitter.js";
import { PatchcordError, abortable, explain, handled, refusal } from "./errors.js";
import { Host } from "./host.js";
import type { CallEvent, Command, Config, EngineEvent, RegistrationEvent, Success } from "./host.js";
import { init } from "./init.js";
import { Interests } from "./interests.js";
import type { MediaProvider, MediaSession } from "./media.js";
import { credentialSettings, userAgentSettings } from "./options.js";
import type { CredentialSettings, Settings } from "./options.js";
import { tabInstance, watchPage } from "./page.js";
import { Questions } from "./questions.js";
import { Registration } from "./registration.js";
import { messageOptions, requestMethod, requestOptions } from "./request-options.js";
import type { Outgoing } from "./request-options.js";
import { reachableUri, shownTarget } from "./target.js";
import type { Body, CallOptions, RequestOptions, SipResponse, Target, UserAgentOptions } from "./types.js";
import type { UserAgentEvents } from "./user-agent-events.js";
import { webrtc } from "./webrtc.js";
import type { WebRtcSession } from "./webrtc.js";

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
  readonly #connection: Connection<M>;
  readonly #registration: Registration;
  readonly #table: CallTable<M>;
  readonly #questions: Questions<M>;
  readonly #interests: Interests;
  readonly #unwatch: () => void;
  #credentials: CredentialSettings;
  #registered: (event: RegistrationEvent) => void = () => {};
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
      const socket: unknown = this.#settings.webSocket(url);
      if (typeof (socket as Partial<WebSocket> | null)?.send === "function") return socket as WebSocket;
      throw new TypeError("the function given as webSocket returned no WebSocket");
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
    this.#events = tend<UserAgentEvents<M>>(this, {
      failed: (type, error) => this.#onListenerFailed(type, error),
      watched: (type) => this.#onWatched(type),
    });
    this.#connection = new Connection({
      events: this.#events,
      request: (make) => this.#request(make),
      date: (instant) => this.#host.date(instant),
    });
    const report = (code: string, detail: string) => this.#report(code, detail);
    this.#interests = new Interests((interests) => {
      if (!this.#host.over) this.#host.send({ type: "interest", interests });
    });
    this.#table = new CallTable({
      host: this.#host,
      provider,
      report,
      changed: () => this.#events.fire("change", {}),
      wantRequests: (wanted) => this.#interests.hold("requests", wanted),
    });
    this.#questions = new Questions({
      host: this.#host,
      table: this.#table,
      credentials: (challenge) => this.#credentials.ask?.(challenge),
      message: (facts) => this.#events.fire("message", facts),
      report,
    });
    this.#registration = new Registration({
      attach: (receive) => {
        this.#registered = receive;
      },
      request: (make) => this.#request(make),
      date: (instant) => this.#host.date(instant),
      report,
    });
    this.#unwatch = watchPage({ hint: (hint) => this.#host.hint(hint), leaving: () => this.#onLeaving() });
  }

  /** idle → connecting → connected; waiting = between attempts; closed is final. */
  get state(): "idle" | "connecting" | "connected" | "waiting" | "closed" {
    return this.#connection.state;
  }

  /** The server we are connected to, or trying. */
  get server(): string | null {
    return this.#connection.server;
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
    return this.#connection.connect(signal);
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
    return this.#connection.disconnect();
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
    const uri = reachableUri(target, this.#settings.config.servers);
    const shown = shownTarget(target, uri);
    const dial = dialOptions(options);
    this.#requireOpen();
    dial.signal?.throwIfAborted();
    const most = this.#settings.config.limits.calls;
    if (this.#table.list.length >= most)
      throw new PatchcordError("limit", `${most} calls are up already, and limits.calls allows no more`);
    return this.#table.place({ uri, shown }, dial);
  }

  /**
   * Sends a message (pager mode, RFC 3428). Resolves with the final response, whatever its status: 200 means that it has
   * arrived, 202 that somebody will pass it on.
   *
   * @param target As in {@link call}.
   * @param body A text, sent as text/plain, or anything with its type.
   * @throws TypeError for wrong arguments.
   * @returns Rejects only when no response has come: with PatchcordError `timeout`, `not-connected`, `busy`, `limit`,
   *   `authentication` or `closed`, or with the reason of an aborted `signal`.
   *
   * @example
   * const { status } = await ua.message("bob", "Lunch?");
   */
  message(target: Target, body: Body | string, options?: Omit<RequestOptions, "body">): Promise<SipResponse> {
    return this.#send("MESSAGE", target, messageOptions(body, options));
  }

  /**
   * Sends a request that belongs to no call: OPTIONS, MESSAGE, or a method that only the application and its peer know.
   * Resolves with the final response, whatever its status.
   *
   * @param method A token; case counts.
   * @throws TypeError for wrong arguments, and for a method that the protocol sends by itself (INVITE, REGISTER …): it names
   *   what to use instead.
   * @returns Rejects as {@link message} does.
   *
   * @example
   * const { headers } = await ua.request("OPTIONS", "sip:bob@example.com");
   * console.log(headers.getAll("Allow"));
   */
  request(method: string, target: Target, options?: RequestOptions): Promise<SipResponse> {
    return this.#send(requestMethod(method), target, requestOptions(options));
  }

  /** Every state machine with its next deadline, for a bug report. */
  snapshot(): Promise<object> {
    const told = this.#request((id) => ({ type: "snapshot", id }));
    return handled(
      told.then((success) => ({
        state: this.state,
        server: this.server,
        registration: this.#registration.state,
        machines: machines(success, (instant) => this.#host.date(instant)),
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
    if (this.state !== "closed") this.#connection.receive({ state: "closed", reason: reason.message });
  }

  #send(method: string, target: Target, { options, signal }: Outgoing): Promise<SipResponse> {
    const uri = reachableUri(target, this.#settings.config.servers);
    const send = () => this.#request((id) => ({ type: "request", id, target: uri, method, options }));
    return abortable(signal, () => send().then(finalResponse));
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

  #receive(event: Exclude<EngineEvent, { type: "done" }>): void {
    switch (event.type) {
      case "ask":
        return this.#questions.take(event.id, event.question);
      case "connection":
        return this.#connection.receive(event);
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

  #onCall(handle: number, event: CallEvent): void {
    const call = this.#table.receive(handle, event);
    if (call) this.#events.fire("call", { call });
  }

  #onWatched(type: string): void {
    this.#interests.follow(type, this.#events.listens(type as keyof UserAgentEvents<M>));
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
