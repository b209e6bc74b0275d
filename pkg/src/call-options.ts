/**
 * Options of calls: from what an application writes to what the engine is told. Like options.ts, it refuses everything
 * wrong at once and by name.
 */

import * as check from "./check.js";
import type { EngineOptions } from "./host.js";
import { content } from "./request-options.js";
import { targetUri } from "./target.js";
import type {
  CallOptions,
  DtmfOptions,
  MediaConstraints,
  Reason,
  RefreshMethod,
  RejectOptions,
  RenegotiateOptions,
  RingOptions,
  Target,
  TerminateOptions,
} from "./types.js";

/** Options of a call, checked. */
export interface Dial {
  readonly options: EngineOptions["dial"];
  readonly media: MediaConstraints | undefined;
  readonly signal: AbortSignal | undefined;
}

/** What accepting and placing a call have in common. */
const ACCEPT = ["headers", "media", "signal"] as const;
/** What only placing one has. */
const DIAL = ["timeout", "lateOffer", "followRedirects"] as const;

/** Checks how to place a call. */
export function dialOptions(options: CallOptions | undefined): Dial {
  const given = check.record(options, "options", [...ACCEPT, ...DIAL]);
  const { followRedirects = 0 } = given;
  return {
    options: {
      headers: check.headerList(given["headers"], "headers"),
      timeoutMs: check.milliseconds(given["timeout"], "timeout", 180),
      lateOffer: check.flag(given["lateOffer"], "lateOffer", false),
      followRedirects: check.whole(followRedirects, "followRedirects", 0, 5),
    },
    ...captureAndSignal(given),
  };
}

/** Checks how to accept a call. */
export function acceptOptions(
  options: CallOptions | undefined,
): Omit<Dial, "options"> & { readonly options: EngineOptions["accept"] } {
  const given = check.record(options, "options", [...ACCEPT, ...DIAL]);
  const misplaced = DIAL.find((name) => given[name] !== undefined);
  if (misplaced !== undefined) throw new TypeError(`${misplaced}: has a meaning only for a call we place`);
  return { options: { headers: check.headerList(given["headers"], "headers") }, ...captureAndSignal(given) };
}

/** Checks how to send a provisional response. */
export function ringOptions(options: RingOptions | undefined): EngineOptions["ring"] {
  const { status = 180, headers } = check.record(options, "options", ["status", "headers"]);
  if (status !== 180 && status !== 183) throw new RangeError("status: 180 or 183 is needed");
  return { status, headers: check.headerList(headers, "headers") };
}

/** Checks how to refuse a call. */
export function rejectOptions(options: RejectOptions | undefined): EngineOptions["reject"] {
  const given = check.record(options, "options", ["status", "phrase", "retryAfter", "headers", "body"]);
  const { status = 486, phrase, retryAfter } = given;
  return {
    status: check.whole(status, "status", 400, 699),
    ...content(given),
    ...(phrase !== undefined && { phrase: check.text(phrase, "phrase") }),
    ...(retryAfter !== undefined && { retryAfter: check.whole(retryAfter, "retryAfter", 0, 4_294_967_295) }),
  };
}

/** Checks whom to try in place of us; gives the URIs, and whether that holds for good. */
export function redirectOptions(
  contacts: readonly Target[],
  options: { permanent?: boolean } | undefined,
): { readonly contacts: string[]; readonly permanent: boolean } {
  const given = check.record(options, "options", ["permanent"]);
  if (!Array.isArray(contacts) || contacts.length === 0)
    throw new TypeError('contacts: an array like ["sip:carol@example.com"] is needed');
  return {
    contacts: contacts.map((contact: Target, index) => targetUri(contact, `contacts[${index}]`)),
    permanent: check.flag(given["permanent"], "permanent", false),
  };
}

/** Checks how to renegotiate. */
export function renegotiateOptions(options: RenegotiateOptions | undefined): {
  readonly options: EngineOptions["renegotiate"];
  readonly media: MediaConstraints | undefined;
} {
  const given = check.record(options, "options", ["media", "iceRestart", "method"]);
  return {
    options: {
      iceRestart: check.flag(given["iceRestart"], "iceRestart", false),
      method: check.choice<RefreshMethod>(given["method"], "method", ["auto", "update", "invite"], "auto"),
      lasting: false,
    },
    media: mediaConstraints(given["media"], "media"),
  };
}

/** Checks which tones to send, and how. */
export function dtmfOptions(
  tones: string,
  options: DtmfOptions | undefined,
): { readonly mode: "rtp" | "info" | "auto"; readonly options: EngineOptions["dtmf"] } {
  const given = check.record(options, "options", ["mode", "durationMs", "gapMs"]);
  const { durationMs = 100, gapMs = 70 } = given;
  const mode = check.choice<"rtp" | "info" | "auto">(given["mode"], "mode", ["rtp", "info"], "auto");
  if (!/^[\d*#a-d!,]+$/i.test(check.text(tones, "tones")))
    throw new TypeError(`tones: "${tones}" has others than 0 to 9, *, #, A to D, ! and ,`);
  const flash = tones.includes("!");
  if (flash && mode === "rtp") throw new TypeError('tones: "!", a flash, can be sent by mode "info" only');
  return {
    mode: flash ? "info" : mode,
    options: {
      tones: tones.toUpperCase(),
      durationMs: check.whole(durationMs, "durationMs", 40, 6000),
      gapMs: check.whole(gapMs, "gapMs", 30, 60_000),
    },
  };
}

/** Checks how to end a call. */
export function hangupOptions(options: TerminateOptions | undefined): EngineOptions["hangup"] {
  const { reason, status, headers } = check.record(options, "options", ["reason", "status", "headers"]);
  return {
    headers: check.headerList(headers, "headers"),
    ...(reason !== undefined && { reason: reasonData(reason) }),
    ...(status !== undefined && { status: check.whole(status, "status", 400, 699) }),
  };
}

/** Checks what to capture. */
export function mediaConstraints(value: unknown, name: string): MediaConstraints | undefined {
  if (value === undefined) return undefined;
  const given = check.record(value, name, ["audio", "video", "stream"]);
  return captureOptions(given, name);
}

/** Checks the three keys that say what to capture, wherever they stand. */
export function captureOptions(given: Readonly<Record<string, unknown>>, name: string): MediaConstraints {
  const { audio, video, stream } = given;
  for (const [key, value] of Object.entries({ audio, video })) {
    const usable = value === undefined || typeof value === "boolean" || (typeof value === "object" && value !== null);
    if (!usable)
      throw new TypeError(`${name}.${key}: true, false or track constraints are needed, not ${check.kind(value)}`);
  }
  if (stream !== undefined && typeof (stream as Partial<MediaStream> | null)?.getTracks !== "function") {
    throw new TypeError(`${name}.stream: a MediaStream is needed, not ${check.kind(stream)}`);
  }
  return {
    ...(audio !== undefined && { audio: audio as MediaTrackConstraints | boolean }),
    ...(video !== undefined && { video: video as MediaTrackConstraints | boolean }),
    ...(stream !== undefined && { stream: stream as MediaStream }),
  };
}

function reasonData(value: unknown): Reason {
  const given = check.record(value, "reason", ["protocol", "cause", "text"]);
  const { text } = given;
  return {
    protocol: check.text(given["protocol"], "reason.protocol"),
    cause: check.whole(given["cause"], "reason.cause", 0, 65_535),
    ...(text !== undefined && { text: check.text(text, "reason.text") }),
  };
}

function captureAndSignal(given: Readonly<Record<string, unknown>>): Pick<Dial, "media" | "signal"> {
  return {
    media: mediaConstraints(given["media"], "media"),
    signal: check.abortSignal(given["signal"], "signal"),
  };
}
