/**
 * The calls of one phone, of which at most one is spoken in:
 *
 *   current ── the one that is shown in full; the only one that is not on hold
 *   others  ── on hold, or still ringing (call waiting)
 *
 * Taking up another call first puts the one that is spoken in on hold. Where that fails nothing else is done: two
 * parties must never hear what is meant for one.
 */

import type { Call, CallEnd } from "patchcord";

/** What a pane wants to know of its calls. */
export interface DeskListener {
  added(call: Call): void;
  changed(): void;
  /** `call` is the one that could not be taken off hold, answered or refused; or, if `holding`, be put on hold. */
  failed(error: unknown, call: Call, holding: boolean): void;
  /** `error` is what the media failed with, where it did. */
  ended(call: Call, end: CallEnd, error: unknown): void;
}

/** The calls of one phone. */
export class CallDesk {
  readonly #listener: DeskListener;
  readonly #changing = new Map<Call, string>();
  #calls: readonly Call[] = [];
  #current: Call | null = null;
  /** Changes are made one after the other. */
  #turn: Promise<void> = Promise.resolve();

  constructor(listener: DeskListener) {
    this.#listener = listener;
  }

  /** In the order they came. */
  get calls(): readonly Call[] {
    return this.#calls;
  }

  get current(): Call | null {
    return this.#current;
  }

  /** The call that is spoken in. */
  get spoken(): Call | null {
    return this.#calls.find((call) => call.state === "established" && !call.hold.local) ?? null;
  }

  /** What a call is being changed to just now, in words; empty: nothing. */
  changing(call: Call): string {
    return this.#changing.get(call) ?? "";
  }

  /** Places a call by `make`, once nobody is spoken to any more; what `make` throws is the caller's to tell. */
  async dial(make: () => Call): Promise<void> {
    let failure: unknown;
    await this.#inTurn(async () => {
      await this.#holdAllBut(null);
      try {
        const call = make();
        this.#add(call);
        this.#make(call);
      } catch (error) {
        failure = error;
      }
    });
    if (failure) throw failure;
  }

  /** A call has come in. */
  ring(call: Call): void {
    const alone = this.#calls.length === 0;
    this.#add(call);
    call.ring().catch((error: unknown) => this.#fail(error, call));
    if (alone) this.#make(call);
  }

  answer(call: Call): Promise<void> {
    return this.#inTurn(async () => {
      await this.#holdAllBut(call);
      if (!isWaiting(call)) return;
      this.#make(call);
      // It may take minutes, if the browser asks for permission: other calls need not wait for that.
      call.accept().catch((error: unknown) => this.#fail(error, call));
    });
  }

  /** Refused for all our devices; while another call is up, only here and now, so that others may take it. */
  refuse(call: Call): void {
    const alone = this.#calls.length === 1;
    call.reject({ status: alone ? 603 : 486 }).catch((error: unknown) => this.#fail(error, call));
  }

  hangup(call: Call): void {
    call.hangup().catch((error: unknown) => this.#fail(error, call));
  }

  hold(call: Call): Promise<void> {
    return this.#inTurn(() => this.#setHold(call, true));
  }

  /** Speaks in this call: whoever is spoken to is put on hold. */
  resume(call: Call): Promise<void> {
    return this.#inTurn(async () => {
      await this.#holdAllBut(call);
      this.#make(call);
      if (call.hold.local) await this.#setHold(call, false);
    });
  }

  /** The call after the current one, to be taken up next; null where there is no other. */
  get next(): Call | null {
    const others = this.#calls.filter(
      (call) => call !== this.#current && (call.state === "established" || isWaiting(call)),
    );
    const after = this.#calls.indexOf(this.#current as Call);
    return others.find((call) => this.#calls.indexOf(call) > after) ?? others[0] ?? null;
  }

  #add(call: Call): void {
    this.#calls = [...this.#calls, call];
    call.addEventListener("established", () => void this.#onEstablished(call));
    call.addEventListener("change", () => this.#listener.changed());
    call.addEventListener("ended", (end) => {
      this.#calls = this.#calls.filter((other) => other !== call);
      if (this.#current === call) this.#current = this.#calls.find(isWaiting) ?? this.#calls.at(-1) ?? null;
      this.#listener.changed();
      // What the media failed with is told by a promise, which settles a moment later.
      const tell = (error?: unknown) => this.#listener.ended(call, end, error);
      void call.established.then(() => tell(), tell);
    });
    this.#listener.added(call);
    this.#listener.changed();
  }

  /** One that is answered while we speak in another waits on hold. */
  async #onEstablished(call: Call): Promise<void> {
    if (this.#current !== call && this.spoken !== null) await this.hold(call);
  }

  #make(current: Call): void {
    this.#current = current;
    this.#listener.changed();
  }

  async #holdAllBut(call: Call | null): Promise<void> {
    for (const other of this.#calls) {
      if (other !== call && other.state === "established" && !other.hold.local) await this.#setHold(other, true);
    }
  }

  async #setHold(call: Call, held: boolean): Promise<void> {
    this.#changing.set(call, held ? "Putting on hold…" : "Resuming…");
    this.#listener.changed();
    try {
      await call.setHold(held);
    } catch (error) {
      if (call.state === "ended") return; // then it is in nobody's way
      this.#fail(error, call, held);
      throw error;
    } finally {
      this.#changing.delete(call);
      this.#listener.changed();
    }
  }

  /** The end of a call tells its reason itself. */
  #fail(error: unknown, call: Call, holding = false): void {
    if (call.state !== "ended" && call.state !== "ending") this.#listener.failed(error, call, holding);
  }

  #inTurn(act: () => Promise<void>): Promise<void> {
    // What has failed has been told, and the next one starts all the same.
    this.#turn = this.#turn.then(act).catch(() => {});
    return this.#turn;
  }
}

/** Whether a call has come in that nobody has answered yet. */
export function isWaiting({ direction, state }: Call): boolean {
  return direction === "incoming" && (state === "calling" || state === "ringing" || state === "early");
}
