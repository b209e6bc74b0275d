/**
 * From what the engine tells to what applications see.
 */

import type {
  EngineAddress,
  EngineBody,
  EngineCallEnd,
  EngineFailure,
  EngineMessage,
  EngineReason,
  EngineResponse,
  Success,
} from "./host.js";
import { PatchcordError } from "./errors.js";
import { sipHeaders } from "./headers.js";
import type { Body, CallEnd, NameAddr, Reason, SipHeaders, SipResponse } from "./types.js";

/** An address. */
export function nameAddr(address: EngineAddress): NameAddr {
  const { uri, displayName, params } = address;
  return {
    uri,
    ...(displayName !== undefined && { displayName }),
    ...(params.length > 0 && { params: Object.fromEntries(params.map(([name, value]) => [name, value ?? null])) }),
  };
}

/** Header fields and body of a message. */
export function message(data: EngineMessage): { headers: SipHeaders; body: Body | null } {
  return { headers: sipHeaders(data.headers), body: data.body ? body(data.body) : null };
}

/** A response. */
export function sipResponse(data: EngineResponse): SipResponse {
  return { status: data.status, phrase: data.phrase, ...message(data.message) };
}

/** The final response that a request of ours was answered by. */
export function finalResponse(success: Success): SipResponse {
  if (success.type !== "response") throw new PatchcordError("engine", "the engine gave no response to the request");
  return sipResponse(success.response);
}

/** The state machines of a snapshot, each with what it waits for. */
export function machines(success: Success, date: (instant: number) => Date): readonly object[] {
  const list = success.type === "snapshot" ? success.machines : [];
  return list.map(({ at, ...machine }) => ({ ...machine, at: at === undefined ? null : date(at) }));
}

/** How a call ended. */
export function callEnd(end: EngineCallEnd): CallEnd {
  const response = end.response && sipResponse(end.response);
  return {
    by: end.by,
    cause: end.cause,
    ...(response && { status: response.status, phrase: response.phrase, response }),
    ...(end.reason.length > 0 && { reason: end.reason.map(reason) }),
    ...(end.retryAfter !== undefined && { retryAfter: end.retryAfter }),
  };
}

/** Why something did not happen. */
export function failure({ code, message: text, response }: EngineFailure): PatchcordError {
  return new PatchcordError(code, text, response ? { response: sipResponse(response) } : {});
}

/** Why a call that ended was never established. */
export function unanswered(end: CallEnd, media: Error | null, direction: "incoming" | "outgoing"): PatchcordError {
  // A call of ours is refused on our own side for one reason: there is no room for it.
  if (direction === "outgoing" && end.by === "local" && end.cause === "rejected")
    return new PatchcordError("limit", "the call was not placed: `limits` allows no more of them for now");
  const status = end.status === undefined ? "" : ` (${end.status} ${end.phrase ?? ""})`.replace(" )", ")");
  const why = end.cause === "media" && media ? `: ${media.message}` : "";
  return new PatchcordError(
    UNANSWERED[end.cause],
    `the call ended before it was established: ${end.cause}${status}${why}`,
    {
      ...(end.response && { response: end.response }),
      ...(why && { cause: media }),
    },
  );
}

const UNANSWERED = {
  hangup: "ended",
  cancelled: "ended",
  rejected: "rejected",
  busy: "rejected",
  unanswered: "timeout",
  redirected: "rejected",
  "answered-elsewhere": "ended",
  authentication: "authentication",
  incompatible: "rejected",
  timeout: "timeout",
  transport: "not-connected",
  protocol: "ended",
  media: "media",
  closed: "closed",
} as const satisfies Record<CallEnd["cause"], PatchcordError["code"]>;

function reason({ protocol, cause, text }: EngineReason): Reason {
  return { protocol, cause, ...(text !== undefined && { text }) };
}

function body({ contentType, content, disposition }: EngineBody): Body {
  return { contentType, content, ...(disposition !== undefined && { disposition }) };
}
