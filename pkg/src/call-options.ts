/**
 * Options of calls: from what an application writes to what the engine is told. Like options.ts, it refuses everything
 * wrong at once and by name.
 */

import * as check from "./check.js";
import type { EngineBody, EngineOptions } from "./host.js";
import type {
  CallOptions,
  MediaConstraints,
  NameAddr,
  Reason,
  RejectOptions,
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

/** Checks whom to call; gives what the engine is told and what is shown until it tells more. */
export function dialTarget(
  target: Target,
  servers: readonly string[],
): { readonly uri: string; readonly shown: NameAddr } {
  const given: unknown = target;
  const isText = typeof given === "string";
  if (!isText && (typeof given !== "object" || given === null))
    throw new TypeError(
      `target: a URI like "sip:bob@example.com" or a user like "bob" is needed, not ${check.kind(given)}`,
    );
  const uri = check.text(isText ? given : (given as Partial<NameAddr>).uri, isText ? "target" : "target.uri");
  if (/[\s<>"]/.test(uri))
    throw new TypeError(`target: "${uri}" has characters that no URI has; escape them, or give the URI alone`);
  const [, scheme] = /^([a-z][a-z\d+.-]*):/i.exec(uri) ?? [];
  if (scheme !== undefined && !/^(sips?|tel|urn)$/i.test(scheme)) {
    throw new TypeError(`target: "${uri}" cannot be called; give a sip:, sips: or tel: URI, or a user like "bob"`);
  }
  if (/^sips:/i.test(uri) && servers.some((server) => /^ws:/i.test(server)))
    throw new TypeError(`target: "${uri}" asks for encryption, but a server is reached by ws:; use wss:`);
  const displayName = isText
    ? undefined
    : check.optionalText((given as Partial<NameAddr>).displayName || undefined, "target.displayName");
  return { uri, shown: { uri, ...(displayName !== undefined && { displayName }) } };
}

/** Checks how to place a call. */
export function dialOptions(options: CallOptions | undefined): Dial {
  const given = check.record(options, "options", ["headers", "media", "timeout", "signal"]);
  return {
    options: {
      headers: check.headerList(given["headers"], "headers"),
      timeoutMs: check.milliseconds(given["timeout"], "timeout", 180),
    },
    media: mediaConstraints(given["media"], "media"),
    signal: check.abortSignal(given["signal"], "signal"),
  };
}

/** Checks how to accept a call. */
export function acceptOptions(
  options: CallOptions | undefined,
): Omit<Dial, "options"> & { readonly options: EngineOptions["accept"] } {
  if (options?.timeout !== undefined) throw new TypeError("timeout: has a meaning only for a call we place");
  const { options: dial, media, signal } = dialOptions(options);
  return { options: { headers: dial.headers }, media, signal };
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
  const { status = 486, phrase, retryAfter, headers, body } = given;
  return {
    status: check.whole(status, "status", 400, 699),
    headers: check.headerList(headers, "headers"),
    ...(phrase !== undefined && { phrase: check.text(phrase, "phrase") }),
    ...(retryAfter !== undefined && { retryAfter: check.whole(retryAfter, "retryAfter", 0, 4_294_967_295) }),
    ...(body !== undefined && { body: bodyData(body) }),
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

function bodyData(value: unknown): EngineBody {
  const given = check.record(value, "body", ["contentType", "content", "disposition"]);
  const { content, disposition } = given;
  if (typeof content !== "string" && !(content instanceof Uint8Array))
    throw new TypeError(`body.content: a string or Uint8Array is needed, not ${check.kind(content)}`);
  return {
    contentType: check.text(given["contentType"], "body.contentType"),
    content,
    ...(disposition !== undefined && { disposition: check.text(disposition, "body.disposition") }),
  };
}
