/**
 * What the engine need tell or ask only while somebody listens. It is told so at each change, and not again.
 */

import type { Interest } from "./host.js";

/** Which listener of a user agent makes the engine tell what. */
const LISTENERS: Readonly<Record<string, Interest>> = { trace: "trace", call: "calls", message: "messages" };

/** The interests of one user agent. */
export class Interests {
  readonly #tell: (interests: Interest[]) => void;
  readonly #held = new Set<Interest>();

  /** `tell` is given all that are held, at each change. */
  constructor(tell: (interests: Interest[]) => void) {
    this.#tell = tell;
  }

  /** There is a listener of the user agent for `type` now, or none any more. */
  follow(type: string, listens: boolean): void {
    const interest = LISTENERS[type];
    if (interest) this.hold(interest, listens);
  }

  /** Holds an interest, or gives it up. */
  hold(interest: Interest, held: boolean): void {
    if (this.#held.has(interest) === held) return;
    if (held) this.#held.add(interest);
    else this.#held.delete(interest);
    this.#tell([...this.#held]);
  }
}
