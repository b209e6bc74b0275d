/**
 * The path a call's media takes through the network. It breaks when Wi-Fi does, and is renewed by ICE restart (RFC 8839
 * §4.4.1), which the user agent negotiates as soon as its own connection allows.
 *
 * ```text
 *            4 s without an answer, at once if ICE gave up or the network has changed
 *  whole ◀──▶ doubtful ──▶ renewing ──agreed──▶ proving ──connected──▶ whole
 *                             │ refused            │ ICE gives up again, or 30 s
 *                             ▼                    ▼
 *                          stranded ──────────▶ lost: the call ends
 *                                   ICE gives up
 * ```
 */

import { PatchcordError, explain } from "../errors.js";
import type { MediaContext } from "../media.js";

/** What a path that is silent is waited for: a Wi-Fi that only stutters needs no new one. */
const PATIENCE_MS = 4000;
/** What a renewed path may take until media gets through. */
const PROOF_MS = 30_000;
/** For how long a change of the network explains a path that falls silent. */
const MEMORY_MS = 30_000;

type Step = "whole" | "doubtful" | "renewing" | "proving" | "stranded" | "lost";

/** The path of one call. */
export class Path {
  readonly #pc: RTCPeerConnection;
  readonly #context: MediaContext;
  readonly #over = new AbortController();
  #step: Step = "whole";
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** When the network changed last. */
  #changedAt = -Infinity;

  constructor(pc: RTCPeerConnection, context: MediaContext) {
    this.#pc = pc;
    this.#context = context;
    const { signal } = this.#over;
    pc.addEventListener("connectionstatechange", () => this.#onState(), { signal });
    for (const [source, type] of networkChanges())
      source?.addEventListener?.(type, () => this.#onNetworkChanged(), { signal });
  }

  /** Nothing is watched any more. */
  close(): void {
    this.#to("lost");
    this.#over.abort();
  }

  #onState(): void {
    const { connectionState, iceConnectionState } = this.#pc;
    if (connectionState === "connected") return this.#onConnected();
    if (connectionState === "disconnected") return this.#onSilent();
    if (connectionState !== "failed") return;
    // Encryption has failed on a path that works: another path would not help.
    if (iceConnectionState === "connected" || iceConnectionState === "completed")
      return this.#lose("the peer's encryption (DTLS) does not fit its SDP");
    this.#onFailed();
  }

  #onConnected(): void {
    if (this.#step !== "lost" && this.#step !== "renewing") this.#to("whole");
  }

  #onSilent(): void {
    if (this.#step !== "whole") return;
    if (this.#hasChanged()) return this.#renew();
    this.#to("doubtful", PATIENCE_MS, () => this.#renew());
  }

  #onFailed(): void {
    if (this.#step === "whole" || this.#step === "doubtful") return this.#renew();
    if (this.#step === "renewing" || this.#step === "lost") return;
    if (this.#hasChanged()) this.#renew();
    else this.#lose("no media gets through, on a renewed path neither");
  }

  #onNetworkChanged(): void {
    this.#changedAt = performance.now();
    if (this.#step === "doubtful" || this.#step === "stranded") this.#renew();
  }

  #hasChanged(): boolean {
    return performance.now() - this.#changedAt < MEMORY_MS;
  }

  #renew(): void {
    this.#to("renewing");
    this.#changedAt = -Infinity;
    Promise.resolve(this.#context.renegotiate({ iceRestart: true })).then(
      () => this.#onAgreed(),
      (error: unknown) => this.#onRefused(error),
    );
  }

  #onAgreed(): void {
    if (this.#step !== "renewing") return;
    this.#to("proving", PROOF_MS, () => this.#lose("no media gets through, on a renewed path neither"));
    // It may have come through already. One that has failed is the old one: the new one will tell.
    if (this.#pc.connectionState === "connected") this.#to("whole");
  }

  #onRefused(error: unknown): void {
    if (this.#step !== "renewing") return;
    const { connectionState } = this.#pc;
    if (connectionState === "connected") return this.#to("whole");
    this.#to("stranded");
    if (connectionState === "failed") this.#lose(`no media gets through, and the path cannot be renewed: ${explain(error)}`);
  }

  #lose(why: string): void {
    this.#to("lost");
    this.#context.failed(new PatchcordError("media", why));
  }

  #to(step: Step, ms?: number, then?: () => void): void {
    clearTimeout(this.#timer);
    this.#step = step;
    if (ms !== undefined && then) this.#timer = setTimeout(then, ms);
  }
}

/** Where the browser tells that the network is another one. Not every browser has the second. */
function networkChanges(): readonly (readonly [EventTarget | undefined, string])[] {
  const page = typeof addEventListener === "function" ? (globalThis as unknown as EventTarget) : undefined;
  const { connection } = (globalThis.navigator ?? {}) as { connection?: EventTarget };
  return [
    [page, "online"],
    [connection, "change"],
  ];
}
