/**
 * The one error class of the package, and what promises need so that each settles once and none kills the host.
 */

import type { SipResponse } from "./types.js";

/** The stable words of {@link PatchcordError.code}. */
export type PatchcordErrorCode =
  | "not-initialised"
  | "wrong-state"
  | "not-connected"
  | "timeout"
  | "rejected"
  | "ended"
  | "limit"
  | "busy"
  | "media"
  | "authentication"
  | "closed"
  | "engine";

/**
 * Thrown, or what promises reject with. `code` is stable; `message` tells what to do about it.
 *
 * | code | meaning |
 * |---|---|
 * | `not-initialised` | the WebAssembly file could not be loaded |
 * | `wrong-state` | the call or user agent is in a state in which this cannot be done |
 * | `not-connected` | there is no connection to a server |
 * | `timeout` | nobody answered in time |
 * | `rejected` | the peer or a server refused; see `response` |
 * | `ended` | what was waited for has ended |
 * | `limit` | a limit of the options is reached |
 * | `busy` | the socket cannot take more just now |
 * | `media` | microphone, camera or session description could not be had |
 * | `authentication` | no credentials, or none that were accepted |
 * | `closed` | the user agent has been closed |
 * | `engine` | the engine has failed; reload the page |
 *
 * Wrong arguments are `TypeError` or `RangeError`, thrown at once.
 */
export class PatchcordError extends Error {
  /** Stable word for programs. */
  readonly code: PatchcordErrorCode;
  /** Status of the response that refused it. */
  readonly status?: number;
  /** The response that refused it. */
  readonly response?: SipResponse;

  /** Applications need this only in tests of their own. */
  constructor(code: PatchcordErrorCode, message: string, details: { response?: SipResponse; cause?: unknown } = {}) {
    super(message, "cause" in details ? { cause: details.cause } : undefined);
    this.name = "PatchcordError";
    this.code = code;
    if (details.response) {
      this.status = details.response.status;
      this.response = details.response;
    }
  }
}

/** Marks a promise of ours as handled: one that nobody looks at must not end a Node process or clutter a console. */
export function handled<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {});
  return promise;
}

/** A rejected promise, marked as handled. */
export function refusal(code: PatchcordErrorCode, message: string): Promise<never> {
  return handled(Promise.reject(new PatchcordError(code, message)));
}

/** Calls `then` in a microtask. Not by queueMicrotask, which fake timers of test tools hold back. */
export function soon(then: () => void): void {
  void Promise.resolve().then(then);
}

/** A promise with the means to settle it. */
export interface Deferred<T> {
  readonly promise: Promise<T>;
  resolve(value: T): void;
  reject(error: unknown): void;
}

/** A promise to be settled from outside, marked as handled. Settling twice has no effect. */
export function deferred<T>(): Deferred<T> {
  let settle: Omit<Deferred<T>, "promise"> | undefined;
  const promise = handled(
    new Promise<T>((resolve, reject) => {
      settle = { resolve, reject };
    }),
  );
  return {
    promise,
    resolve: (value) => settle?.resolve(value),
    reject: (error) => settle?.reject(error),
  };
}

/**
 * What `start` promises, unless `signal` is aborted first: then it rejects with the signal's reason, and `aborted` is
 * called. Nothing is started where it is aborted already.
 */
export function abortable<T>(
  signal: AbortSignal | undefined,
  start: () => Promise<T>,
  aborted = (): void => {},
): Promise<T> {
  if (!signal) return handled(start());
  if (signal.aborted) return handled(Promise.reject(signal.reason));
  const { promise, resolve, reject } = deferred<T>();
  const onAbort = () => {
    reject(signal.reason);
    aborted();
  };
  const started = start();
  signal.addEventListener("abort", onAbort, { once: true });
  started.then(resolve, reject).then(() => signal.removeEventListener("abort", onAbort));
  return promise;
}

/** An error or anything else thrown, as text for people. */
export function explain(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}
