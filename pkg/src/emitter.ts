/**
 * Typed events in the manner of the DOM, with one difference: a listener that throws, or whose promise rejects, is
 * reported to the owner and stops nobody. (A native EventTarget hands it to window.onerror, or in Node ends the process.)
 *
 * What an owner may do and an application may not, {@link tend} hands out; the package does not export it.
 */

/** A DOM event that carries its facts as properties: `event.call`, `event.state`. */
export type UaEvent<T> = Event & Readonly<T>;

/** What an owner wants to know of its emitter. @internal */
export interface EmitterHooks {
  /** A listener threw, or returned a promise that was rejected. */
  failed(type: string, error: unknown): void;
  /** The first listener for `type` has come, or the last one gone. */
  watched?(type: string): void;
}

interface Entry {
  readonly listener: (event: never) => unknown;
  readonly capture: boolean;
  readonly once: boolean;
  live: boolean;
  /** Takes back what was left with an AbortSignal. */
  readonly forget: () => void;
}

/** What an owner can do with its emitter. @internal */
export interface Owner<M> {
  /** Fires an event made of `facts`. Costs nothing without a listener. */
  fire<K extends keyof M & string>(type: K, facts: Omit<M[K], keyof Event>): void;
  /** The same for an event whose default can be prevented. Gives whether a listener did. */
  ask<K extends keyof M & string>(type: K, facts: Omit<M[K], keyof Event>): boolean;
  /** Whether there is a listener for `type`. */
  listens(type: keyof M & string): boolean;
}

let own: <M>(emitter: Emitter<M>, hooks: EmitterHooks) => Owner<M>;

/** Typed and strict: an event name that does not exist does not compile. Semantics are those of the DOM: see {@link https://dom.spec.whatwg.org/#interface-eventtarget}. */
export class Emitter<M> {
  readonly #entries = new Map<string, readonly Entry[]>();
  #hooks: EmitterHooks | undefined;

  static {
    own = (emitter, hooks) => {
      emitter.#hooks = hooks;
      return {
        fire: (type, facts) => void emitter.#fire(type, facts, false),
        ask: (type, facts) => emitter.#fire(type, facts, true),
        listens: (type) => emitter.#entries.has(type),
      };
    };
  }

  /**
   * Calls `listener` at every event of that type. The same listener added twice is called once.
   * @param options `once`, `signal` and `capture` as in the DOM.
   */
  addEventListener<K extends keyof M & string>(
    type: K,
    listener: (event: M[K]) => void,
    options?: AddEventListenerOptions | boolean,
  ): void {
    this.#add(type, listener, options);
  }

  /** Removes what was added with the same type, listener and `capture`. */
  removeEventListener<K extends keyof M & string>(
    type: K,
    listener: (event: M[K]) => void,
    options?: EventListenerOptions | boolean,
  ): void {
    const entry = this.#find(type, listener, captures(options));
    if (entry) this.#remove(type, entry);
  }

  /**
   * `addEventListener` that returns its own removal.
   *
   * @example
   * const off = call.on("change", () => render(call));
   * off();
   */
  on<K extends keyof M & string>(
    type: K,
    listener: (event: M[K]) => void,
    options?: AddEventListenerOptions,
  ): () => void {
    const entry = this.#add(type, listener, options);
    return () => {
      if (entry) this.#remove(type, entry);
    };
  }

  #add(
    type: string,
    listener: Entry["listener"],
    options: AddEventListenerOptions | boolean | undefined,
  ): Entry | undefined {
    if (typeof type !== "string") throw new TypeError("type: the name of an event is needed");
    if (typeof listener !== "function") throw new TypeError(`listener for "${type}": a function is needed`);
    const { once = false, signal } = typeof options === "object" ? options : {};
    if (signal?.aborted) return undefined;
    const capture = captures(options);
    const known = this.#find(type, listener, capture);
    if (known) return known;
    const onAbort = () => this.#remove(type, entry);
    const entry: Entry = {
      listener,
      capture,
      once,
      live: true,
      forget: () => signal?.removeEventListener("abort", onAbort),
    };
    signal?.addEventListener("abort", onAbort, { once: true });
    const before = this.#entries.get(type);
    this.#entries.set(type, [...(before ?? []), entry]);
    if (!before) this.#hooks?.watched?.(type);
    return entry;
  }

  #find(type: string, listener: Entry["listener"], capture: boolean): Entry | undefined {
    return this.#entries.get(type)?.find((entry) => entry.listener === listener && entry.capture === capture);
  }

  #remove(type: string, entry: Entry): void {
    if (!entry.live) return;
    entry.live = false;
    entry.forget();
    const rest = (this.#entries.get(type) ?? []).filter((other) => other !== entry);
    if (rest.length > 0) {
      this.#entries.set(type, rest);
      return;
    }
    this.#entries.delete(type);
    this.#hooks?.watched?.(type);
  }

  #fire(type: string, facts: object, cancelable: boolean): boolean {
    const entries = this.#entries.get(type);
    if (!entries) return false;
    const { event, stopped } = makeEvent(this, type, facts, cancelable);
    // The list is replaced, never changed: whoever is added meanwhile hears the next event, whoever is removed none.
    for (const entry of entries) {
      if (stopped()) break;
      if (!entry.live) continue;
      if (entry.once) this.#remove(type, entry);
      this.#call(type, entry, event);
    }
    return event.defaultPrevented;
  }

  #call(type: string, entry: Entry, event: Event): void {
    try {
      const result = entry.listener(event as never);
      if (result instanceof Promise) result.catch((error: unknown) => this.#hooks?.failed(type, error));
    } catch (error) {
      this.#hooks?.failed(type, error);
    }
  }
}

/**
 * Makes the caller the owner of `emitter`.
 * @internal
 */
export function tend<M>(emitter: Emitter<M>, hooks: EmitterHooks): Owner<M> {
  return own(emitter, hooks);
}

function captures(options: EventListenerOptions | boolean | undefined): boolean {
  return typeof options === "boolean" ? options : options?.capture === true;
}

function makeEvent(
  target: object,
  type: string,
  facts: object,
  cancelable: boolean,
): { event: Event; stopped(): boolean } {
  const event = new Event(type, { cancelable });
  let stopped = false;
  const own = {
    ...facts,
    target,
    currentTarget: target,
    stopImmediatePropagation(): void {
      stopped = true;
    },
  };
  for (const [name, value] of Object.entries(own)) Object.defineProperty(event, name, { value, enumerable: true });
  return { event, stopped: () => stopped };
}
