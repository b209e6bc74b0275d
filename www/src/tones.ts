/** Tones into a call, typed faster than they can be sent: they go out in order, and none twice. */

import type { Call } from "patchcord";

/** The tones of one call. */
export class Tones {
  readonly #call: Call;
  readonly #failed: (error: unknown) => void;
  #waiting = "";
  #sending = false;

  constructor(call: Call, failed: (error: unknown) => void) {
    this.#call = call;
    this.#failed = failed;
  }

  /** Sends one of 0 to 9, * and #, once those before it are out. */
  send(tone: string): void {
    this.#waiting += tone;
    if (!this.#sending) void this.#sendAll();
  }

  async #sendAll(): Promise<void> {
    this.#sending = true;
    try {
      while (this.#waiting && this.#call.state === "established") {
        const tones = this.#waiting;
        this.#waiting = "";
        await this.#call.sendDtmf(tones);
      }
    } catch (error) {
      this.#waiting = "";
      if (this.#call.state !== "ended") this.#failed(error);
    } finally {
      this.#sending = false;
    }
  }
}
