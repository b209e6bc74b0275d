/**
 * The only file that touches the engine: it loads it, sends commands, and hands events on. Commands that carry an id are
 * answered by exactly one `done` event; here they become promises.
 *
 * Everything that crosses is structured-cloneable plain data, so that the engine can move into a worker by a change in
 * this file alone. Tests set `globalThis[Symbol.for("patchcord.clone")] = true`: then every value that crosses is cloned.
 *
 * A trap (a failed engine) comes out of the call that caused it, or by the engine's `fatal` callback where a socket or
 * timer caused it. Either way the host is dead from then on, and says so once.
 */

import load, { Engine } from "../wasm/patchcord.js";
import type { Command, Config, Event as EngineEvent, Outcome, RequestId } from "../wasm/patchcord.js";
import { failure } from "./convert.js";
import { PatchcordError, deferred, explain, handled, refusal, soon } from "./errors.js";
import type { Deferred } from "./errors.js";

export type {
  Address as EngineAddress,
  Answer,
  Body as EngineBody,
  CallEnd as EngineCallEnd,
  CallEvent,
  Command,
  Config,
  CredentialSource,
  Credentials as EngineCredentials,
  Event as EngineEvent,
  Failure as EngineFailure,
  Interest,
  MessageData as EngineMessage,
  Question,
  ReasonData as EngineReason,
  RegistrationEvent,
  ResponseData as EngineResponse,
} from "../wasm/patchcord.js";

/** What the engine is told about calls and requests. */
export interface EngineOptions {
  dial: Extract<Command, { type: "call" }>["options"];
  ring: Extract<Command, { type: "ring" }>["options"];
  accept: Extract<Command, { type: "accept" }>["options"];
  reject: Extract<Command, { type: "reject" }>["options"];
  hangup: Extract<Command, { type: "hangup" }>["options"];
  renegotiate: Extract<Command, { type: "renegotiate" }>["options"];
  dtmf: Extract<Command, { type: "send-dtmf" }>["options"];
  request: Extract<Command, { type: "request" }>["options"];
}

/** How a command that was done ended. */
export type Success = Exclude<Outcome, { type: "failed" }>;

/** What the host needs of its owner. */
export interface HostParts {
  /** Takes an event; must not throw. */
  deliver(event: Exclude<EngineEvent, { type: "done" }>): void;
  /** Makes a socket. May throw: that attempt has failed. */
  open(url: string): WebSocket;
  /** The engine has trapped. Called once. */
  fatal(error: PatchcordError): void;
}

/** All engines share one memory: after a trap in one none can be trusted, and none can be made. */
let broken: PatchcordError | undefined;

/** Starts the engine's code, once for all engines. Rejects with PatchcordError `not-initialised`. */
export async function startEngine(module: WebAssembly.Module): Promise<void> {
  try {
    await load({ module_or_path: module });
  } catch (error) {
    throw new PatchcordError(
      "not-initialised",
      `the engine could not be started (${explain(error)}): patchcord_bg.wasm and index.js must be of the same version`,
      { cause: error },
    );
  }
}

/** One engine. */
export class Host {
  readonly #engine: Engine;
  readonly #parts: HostParts;
  readonly #waiting = new Map<RequestId, Deferred<Success>>();
  readonly #sockets = new Set<WebSocket>();
  #lastId: RequestId = 0;
  #over: PatchcordError | undefined;

  /** Throws TypeError where the engine finds the configuration wrong, PatchcordError `engine` after a trap. `init` must have been awaited. */
  constructor(config: Config, parts: HostParts) {
    if (broken) throw broken;
    this.#parts = parts;
    const callbacks = {
      deliver: (events: EngineEvent[]) => this.#deliver(crossing(events)),
      open: (url: string) => this.#open(url),
      fatal: (message: string) => this.#trap(new Error(message)),
    };
    this.#engine = this.#guarded(() => new Engine(crossing(config), callbacks));
  }

  /** Why nothing can be sent any more; undefined while it can. */
  get over(): PatchcordError | undefined {
    return this.#over;
  }

  /** Sends a command nobody waits for. Throws TypeError for a wrong argument, PatchcordError `closed` or `engine` when it is over. */
  send(command: Command): void {
    if (this.#over) throw this.#over;
    this.#guarded(() => this.#engine.command(crossing(command)));
  }

  /** Sends a command and waits for it to be done. Throws TypeError for a wrong argument; everything else rejects. */
  request(make: (id: RequestId) => Command): Promise<Success> {
    if (this.#over) return refusal(this.#over.code, this.#over.message);
    const id = (this.#lastId = (this.#lastId + 1) >>> 0);
    const waiting = deferred<Success>();
    this.#waiting.set(id, waiting);
    try {
      this.send(make(id));
    } catch (error) {
      this.#waiting.delete(id);
      if (error instanceof PatchcordError) return handled(Promise.reject(error));
      throw error;
    }
    return waiting.promise;
  }

  /** Tells what the page has learned about the network and itself. */
  hint(hint: "online" | "offline" | "resumed" | "hidden"): void {
    if (this.#over) return;
    try {
      this.#guarded(() => this.#engine.hint(hint));
    } catch {
      // A trap, and already told.
    }
  }

  /** An instant of the engine's clock as a date; now when the engine is gone. */
  date(instant: number): Date {
    return new Date(this.#over ? Date.now() : Date.now() + (instant - this.#engine.now()));
  }

  /** Frees the engine and lets everybody who still waits know. Twice is harmless. */
  stop(reason: PatchcordError): void {
    if (this.#over) return;
    this.#end(reason);
    this.#engine.free();
  }

  #end(reason: PatchcordError): void {
    this.#over = reason;
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const one of waiting) one.reject(reason);
  }

  #deliver(events: EngineEvent[]): void {
    for (const event of events) {
      if (this.#over) return;
      if (event.type === "done") this.#settle(event.id, event.outcome);
      else this.#parts.deliver(event);
    }
  }

  #settle(id: RequestId, outcome: Outcome): void {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (outcome.type === "failed") waiting?.reject(failure(outcome.failure));
    else waiting?.resolve(outcome);
  }

  #open(url: string): WebSocket {
    for (const socket of this.#sockets) if (socket.readyState === 3) this.#sockets.delete(socket);
    const socket = this.#parts.open(url);
    this.#sockets.add(socket);
    return socket;
  }

  /** Calls the engine. What it throws is the caller's fault, told as TypeError, or a trap. */
  #guarded<T>(call: () => T): T {
    try {
      return call();
    } catch (error) {
      // A RangeError is a full stack, as JavaScript engines tell it.
      if (error instanceof WebAssembly.RuntimeError || error instanceof RangeError) throw this.#trap(error);
      throw new TypeError(error instanceof Error ? error.message : String(error), { cause: error });
    }
  }

  /** The engine cannot be freed after a trap (it may be in use further down the stack), so what it holds is shut from here. */
  #trap(cause: Error): PatchcordError {
    const error = new PatchcordError(
      "engine",
      `the engine has failed (${cause.message}); reload the page, or start the process again`,
      { cause },
    );
    broken ??= error;
    if (this.#over) return error;
    this.#end(error);
    for (const socket of this.#sockets) {
      socket.onopen = socket.onmessage = socket.onerror = socket.onclose = null;
      socket.close();
    }
    soon(() => this.#parts.fatal(error));
    return error;
  }
}

function crossing<T>(value: T): T {
  const cloned = (globalThis as { [key: symbol]: unknown })[Symbol.for("patchcord.clone")] === true;
  return cloned ? structuredClone(value) : value;
}
