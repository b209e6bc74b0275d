/**
 * The connection of a user agent: where it stands, as the engine tells, and who waits for it.
 *
 * ```text
 * idle ─▶ connecting ─▶ connected ─▶ waiting ─▶ connecting …      disconnect(): ─▶ idle      close(): ─▶ closed
 * ```
 */

import type { Owner } from "./emitter.js";
import { abortable, handled } from "./errors.js";
import type { Command, EngineEvent, Success } from "./host.js";
import type { MediaSession } from "./media.js";
import type { UserAgentEvents } from "./user-agent-events.js";

/** What the connection needs of its user agent. */
export interface ConnectionParts<M extends MediaSession> {
  readonly events: Owner<UserAgentEvents<M>>;
  request(make: (id: number) => Command): Promise<Success>;
  date(instant: number): Date;
}

/** The connection. */
export class Connection<M extends MediaSession> {
  state: "idle" | "connecting" | "connected" | "waiting" | "closed" = "idle";
  server: string | null = null;
  readonly #parts: ConnectionParts<M>;
  /** How many wait for it. */
  #waiting = 0;

  constructor(parts: ConnectionParts<M>) {
    this.#parts = parts;
  }

  /** Connects. Where `signal` is aborted it stops connecting, unless somebody else waits for that too. */
  connect(signal: AbortSignal | undefined): Promise<void> {
    const start = () => {
      const connected = this.#ask((id) => ({ type: "connect", id }));
      this.#waiting += 1;
      const over = () => {
        this.#waiting -= 1;
      };
      connected.then(over, over);
      return connected;
    };
    return abortable(signal, start, () => {
      if (this.#waiting === 1) void this.disconnect();
    });
  }

  disconnect(): Promise<void> {
    return this.#ask((id) => ({ type: "disconnect", id }));
  }

  /** Takes what has happened. */
  receive({ state, server, reason, retryAt }: Omit<Extract<EngineEvent, { type: "connection" }>, "type">): void {
    const { events, date } = this.#parts;
    this.state = state;
    this.server = server ?? null;
    events.fire("statechange", {
      state,
      server: this.server,
      ...(reason !== undefined && { reason }),
      ...(retryAt !== undefined && { retryAt: date(retryAt) }),
    });
    events.fire("change", {});
  }

  #ask(make: (id: number) => Command): Promise<void> {
    return handled(this.#parts.request(make).then(() => {}));
  }
}
