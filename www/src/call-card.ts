/** One call as people see it: who, where it stands, how long, what can be done, and whether sound arrives. */

import type { Call } from "patchcord";
import { keepFocus, part, say, show } from "./dom.js";
import { callWords, nameOf } from "./words.js";

const REFRESH = 500; // ms between two looks at timer and meter

/** The card of a pane; shows one call after another. */
export class CallCard {
  readonly #pane: HTMLElement;
  readonly #root: HTMLElement;
  readonly #failed: (error: unknown) => void;
  #call: Call | null = null;
  #soundBlocked = false;

  /** `failed` is told what a button's action has failed with. */
  constructor(pane: HTMLElement, failed: (error: unknown) => void) {
    this.#pane = pane;
    this.#root = part(pane, "call-card");
    this.#failed = failed;
    const button = (name: string, act: (call: Call) => Promise<void> | void) =>
      this.#part(name).addEventListener("click", () => this.#call && this.#attempt(this.#call, act));
    button("answer", (call) => call.accept());
    button("refuse", (call) => call.reject({ status: 603 }));
    button("hangup", (call) => call.hangup());
    button("mute", (call) => call.setMuted({ audio: !call.muted.audio }));
    button("play", (call) => this.#playSound(call));
  }

  /** Gets ready for a new call. */
  follow(call: Call): void {
    this.#soundBlocked = false;
    this.#pane.dataset["bytesReceived"] = "0";
    say(this.#part("meter"), "");
    call.addEventListener("established", () => this.#attempt(call, () => this.#watch(call)));
    call.addEventListener("playbackblocked", () => {
      this.#soundBlocked = true;
      this.render(call);
    });
  }

  /** Brings the card in line with the call; hides it when there is none. */
  render(call: Call | null): void {
    this.#call = call;
    this.#pane.dataset["call"] = call?.state ?? "none";
    show(this.#root, call !== null);
    if (!call) return;
    const established = call.state === "established";
    const undecided = call.direction === "incoming" && ["calling", "ringing", "early"].includes(call.state);
    this.#root.classList.toggle("incoming", undecided);
    say(this.#part("peer"), nameOf(call.remote));
    say(this.#part("peer-address"), call.remote.uri);
    say(this.#part("call-state"), callWords(call));
    say(this.#part("timer"), established ? elapsed(call) : "");
    show(this.#part("meter"), established);
    show(this.#part("answer"), undecided);
    show(this.#part("refuse"), undecided);
    show(this.#part("hangup"), !undecided);
    show(this.#part("mute"), established);
    show(this.#part("play"), established && this.#soundBlocked);
    this.#part("mute").ariaPressed = String(call.muted.audio);
  }

  async #attempt(call: Call, act: (call: Call) => Promise<void> | void): Promise<void> {
    try {
      await act(call);
    } catch (error) {
      if (call.state !== "ended") this.#failed(error); // the end of a call tells its reason itself
    }
  }

  /** While the call is established: timer and meter. */
  async #watch(call: Call): Promise<void> {
    while (call.state === "established") {
      const bytes = await audioBytesReceived(call);
      if (this.#call !== call) return; // the browser took its time, and the call has ended
      this.#pane.dataset["bytesReceived"] = String(bytes);
      say(this.#part("meter"), `Audio in: ${(bytes / 1000).toFixed(1)} kB`);
      say(this.#part("timer"), elapsed(call));
      await new Promise((resolve) => setTimeout(resolve, REFRESH));
    }
  }

  async #playSound(call: Call): Promise<void> {
    await call.media?.play();
    this.#soundBlocked = false;
    keepFocus(this.#pane, () => this.render(call));
  }

  #part(name: string): HTMLElement {
    return part(this.#root, name);
  }
}

/** Bytes of sound that have arrived, from the browser's own statistics. */
async function audioBytesReceived(call: Call): Promise<number> {
  let bytes = 0;
  const report = await call.media?.stats();
  report?.forEach((entry) => {
    if (entry.type === "inbound-rtp" && entry.kind === "audio") bytes += entry.bytesReceived;
  });
  return bytes;
}

function elapsed({ answeredAt }: Call): string {
  const seconds = answeredAt ? Math.max(0, Math.floor((Date.now() - answeredAt.getTime()) / 1000)) : 0;
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}
