/**
 * The calls of one user agent: makes them, hands them what the engine tells and asks about them, forgets them when they
 * have ended. Handles of calls we place are even, those of incoming ones, which the engine makes, odd.
 */

import type { CallDoor, CallPort } from "./call-door.js";
import type { Dial } from "./call-options.js";
import { Call, heed } from "./call.js";
import { nameAddr } from "./convert.js";
import type { MediaQuestion } from "./desk.js";
import { soon } from "./errors.js";
import type { Answer, CallEvent, Host } from "./host.js";
import type { MediaProvider, MediaSession } from "./media.js";
import type { RequestQuestion } from "./reply.js";
import type { NameAddr } from "./types.js";

/** What the table needs of its user agent. */
export interface CallTableParts<M extends MediaSession> {
  readonly host: Host;
  readonly provider: MediaProvider<M>;
  report(code: string, detail: string): void;
  /** `list` has been replaced. */
  changed(): void;
  /** Whether some call listens to requests of its peer. */
  wantRequests(wanted: boolean): void;
}

interface Entry<M extends MediaSession> {
  call: Call<M> | undefined;
  readonly port: CallPort;
}

/** The table. */
export class CallTable<M extends MediaSession> {
  readonly #parts: CallTableParts<M>;
  readonly #entries = new Map<number, Entry<M>>();
  /** Handles of the calls that listen to requests. */
  readonly #listening = new Set<number>();
  #list: readonly Call<M>[] = [];
  #lastHandle = 0;

  constructor(parts: CallTableParts<M>) {
    this.#parts = parts;
  }

  /** Calls that have not ended, oldest first. Replaced, never changed. */
  get list(): readonly Call<M>[] {
    return this.#list;
  }

  /** Places a call. Throws what the engine finds wrong; then there is none. */
  place(target: { readonly uri: string; readonly shown: NameAddr }, { options, media, signal }: Dial): Call<M> {
    const handle = (this.#lastHandle += 2);
    const call = new Call<M>(this.#door(handle, "outgoing", target.shown), media);
    try {
      this.#parts.host.send({ type: "call", call: handle, target: target.uri, options });
    } catch (error) {
      this.#entries.delete(handle);
      throw error;
    }
    heed(call, signal);
    this.#add(handle, call);
    soon(() => this.#parts.changed());
    return call;
  }

  /** Takes an event of a call; gives the call that has come in with it. */
  receive(handle: number, event: CallEvent): Call<M> | undefined {
    if (event.type !== "incoming") {
      this.#entries.get(handle)?.port.receive(event);
      return undefined;
    }
    const call = new Call<M>(this.#door(handle, "incoming", nameAddr(event.remote)));
    this.#entries.get(handle)?.port.receive(event);
    this.#add(handle, call);
    this.#parts.changed();
    return call;
  }

  /** Answers a question about a call's media. */
  answer(question: MediaQuestion): Promise<Answer> {
    const entry = this.#entries.get(question.call);
    return (
      entry?.port.answer(question) ??
      Promise.resolve({ type: "media-failed", detail: "the call has ended", incompatible: false })
    );
  }

  /** Lets a call answer a request of its peer. */
  request(handle: number, question: RequestQuestion, send: (answer: Answer) => void): void {
    const entry = this.#entries.get(handle);
    if (entry) entry.port.request(question, send);
    else send({ type: "usual" });
  }

  /** Every call is over, because the engine is. */
  endAll(): void {
    for (const { port } of [...this.#entries.values()])
      port.receive({ type: "ended", end: { by: "local", cause: "closed", reason: [], at: 0 } });
  }

  #add(handle: number, call: Call<M>): void {
    const entry = this.#entries.get(handle);
    if (entry) entry.call = call;
    this.#list = [...this.#list, call];
  }

  #remove(handle: number): void {
    const call = this.#entries.get(handle)?.call;
    this.#entries.delete(handle);
    this.#listen(handle, false);
    this.#list = this.#list.filter((other) => other !== call);
    this.#parts.changed();
  }

  #listen(handle: number, wanted: boolean): void {
    if (wanted) this.#listening.add(handle);
    else this.#listening.delete(handle);
    this.#parts.wantRequests(this.#listening.size > 0);
  }

  #door(handle: number, direction: "incoming" | "outgoing", remote: NameAddr): CallDoor<M> {
    const { host, provider, report } = this.#parts;
    return {
      handle,
      direction,
      remote,
      provider,
      attach: (port) => this.#entries.set(handle, { call: undefined, port }),
      send: (command) => host.send(command),
      request: (make) => host.request(make),
      date: (instant) => host.date(instant),
      report,
      wantRequests: (wanted) => this.#listen(handle, wanted),
      ended: () => this.#remove(handle),
    };
  }
}
