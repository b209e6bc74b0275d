/** Why a phone cannot be called just now, when that is tried to be mended next, and a way to have it tried at once. */

import type { SipResponse, UserAgent } from "patchcord";
import { keepFocus, part, say, show } from "./dom.js";
import { connectionWords, noConnection, noRegistration, untilWords } from "./words.js";

/** What stands in the way. */
interface Trouble {
  text: string;
  retryAt: Date | undefined;
  retry(): void;
}

/** Shows the trouble of one phone, with its countdown, beside whatever else has gone wrong. */
export class Status {
  readonly #root: HTMLElement;
  #trouble: Trouble | null = null;
  #problem = "";
  #ticking: ReturnType<typeof setInterval> | undefined;

  constructor(root: HTMLElement) {
    this.#root = root;
    part(root, "retry").addEventListener("click", () => this.#trouble?.retry());
  }

  /** What somebody's action has come to; empty: it went well. */
  set problem(text: string) {
    this.#problem = text;
    this.#render();
  }

  /** Whether there is no connection or no registration, though there should be. */
  get troubled(): boolean {
    return this.#trouble !== null;
  }

  /** Follows a user agent as long as `current()`; `changed` is called after everything it says. */
  follow(userAgent: UserAgent, server: string, current: () => boolean, changed: () => void): void {
    const { registration } = userAgent;
    let worked = false;
    userAgent.addEventListener("statechange", ({ state, reason, retryAt }) => {
      if (!current()) return;
      if (state === "connected") this.#set(null);
      if (state === "waiting" || (state === "idle" && worked)) {
        const text = noConnection(server, reason, userAgent.calls.length > 0);
        this.#set({ text, retryAt, retry: () => (state === "idle" ? connect(userAgent) : userAgent.reconnect()) });
      }
      // While it is tried again the trouble stands.
      if (state === "connecting" && this.#trouble) this.#set({ ...this.#trouble, retryAt: new Date() });
      worked ||= state === "connected";
      changed();
    });
    registration.addEventListener("statechange", ({ state, response, retryAt }) => {
      if (!current()) return;
      if (userAgent.state === "connected") this.#set(registrationTrouble(userAgent, worked, response, retryAt));
      worked ||= state === "registered";
      changed();
    });
  }

  /** Nobody is signed in any more. */
  end(): void {
    this.#set(null);
  }

  #set(trouble: Trouble | null): void {
    this.#trouble = trouble;
    clearInterval(this.#ticking);
    if (trouble?.retryAt) this.#ticking = setInterval(() => this.#renderCountdown(), 1000);
    this.#render();
  }

  #render(): void {
    say(part(this.#root, "problem"), this.#trouble?.text ?? this.#problem);
    this.#renderCountdown();
    keepFocus(this.#root, () => show(part(this.#root, "retry"), this.#trouble !== null));
    part(this.#root, "trouble").dataset["waiting"] = String(this.#trouble !== null);
  }

  #renderCountdown(): void {
    const retryAt = this.#trouble?.retryAt;
    say(part(this.#root, "countdown"), retryAt ? untilWords(retryAt) : "");
  }
}

/** Where the phone stands, in a word or two. */
export function stateWords(userAgent: UserAgent | null, signingIn: boolean): string {
  if (userAgent) return connectionWords(userAgent);
  return signingIn ? "Starting…" : "Signed out";
}

/** One that is refused while signing in is told by connect(). */
function registrationTrouble(
  userAgent: UserAgent,
  worked: boolean,
  response: SipResponse | undefined,
  retryAt: Date | undefined,
): Trouble | null {
  const { registration } = userAgent;
  const final = registration.state === "rejected";
  if (registration.state !== "waiting" && !(final && worked)) return null;
  const retry = () => void registration.register().catch(() => {}); // its state tells what came of it
  return { text: noRegistration(response, final), retryAt, retry };
}

function connect(userAgent: UserAgent): void {
  userAgent.connect().catch(() => {}); // its state tells what came of it
}
