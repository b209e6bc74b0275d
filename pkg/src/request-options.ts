/**
 * Options of single requests and responses: from what an application writes to what the engine is told. Like options.ts,
 * it refuses everything wrong at once and by name.
 */

import * as check from "./check.js";
import type { Answer, EngineBody, EngineOptions } from "./host.js";
import type { Body, RequestOptions, ResponseOptions } from "./types.js";

/** Options of a request, checked. */
export interface Outgoing {
  readonly options: EngineOptions["request"];
  readonly signal: AbortSignal | undefined;
}

/** Methods that mean something to the protocol's own machines, and what to use in their place. */
const OWN: Readonly<Record<string, string>> = {
  INVITE: "use UserAgent.call(), or in a call Call.renegotiate() or Call.setHold()",
  UPDATE: "use Call.renegotiate() or Call.setHold()",
  BYE: "use Call.hangup()",
  CANCEL: "use Call.hangup()",
  ACK: "it is sent by itself",
  PRACK: "it is sent by itself",
  REGISTER: "use Registration.register()",
  SUBSCRIBE: "subscriptions are not in this version",
  NOTIFY: "subscriptions are not in this version",
  REFER: "transfers are not in this version",
};

/** Checks the method of a request. */
export function requestMethod(value: unknown): string {
  const method = check.token(value, "method");
  const own = method.toUpperCase();
  if (Object.hasOwn(OWN, own))
    throw new TypeError(`method: ${own} cannot be sent like this, for it is the protocol's own: ${OWN[own]}`);
  return method;
}

/** Checks how to send a request. */
export function requestOptions(options: RequestOptions | undefined): Outgoing {
  const given = check.record(options, "options", ["headers", "body", "signal"]);
  return { options: content(given), signal: check.abortSignal(given["signal"], "signal") };
}

/** Checks what to write to somebody, and how. */
export function messageOptions(body: Body | string, options: Omit<RequestOptions, "body"> | undefined): Outgoing {
  const given = check.record(options, "options", ["headers", "signal"]);
  const typed = typeof body === "string" ? { contentType: TEXT, content: body } : body;
  return {
    options: { ...content(given), body: bodyData(typed) },
    signal: check.abortSignal(given["signal"], "signal"),
  };
}

/** What a body is where nobody says. */
export const TEXT = "text/plain";

/** Checks how a request is answered. */
export function responseAnswer(status: number, options?: ResponseOptions): Answer {
  const given = check.record(options, "options", ["headers", "body"]);
  if (FAREWELLS.includes(status))
    throw new RangeError(`status: ${status} tells the peer that the call is over (RFC 5057); hang up, or use another`);
  return { type: "response", status: finalStatus(status, 200), ...content(given) };
}

/** Statuses that end a call at the peer when they answer a request within it. */
const FAREWELLS: readonly number[] = [404, 410, 416, 480, 481, 482, 483, 484, 485, 502, 604];

/** Checks how a message is refused. */
export function refusalAnswer(status: number): Answer {
  return { type: "response", status: finalStatus(status, 400), headers: [] };
}

/** A final status for a request that is no INVITE: 408 never answers one (RFC 4320 §4.2). */
function finalStatus(status: number, min: number): number {
  if (status >= 100 && status < 200) throw new TypeError("status: no provisional response but 100 answers it (RFC 4320)");
  if (status === 408) throw new RangeError("status: 408 says that nobody answered; use another");
  return check.whole(status, "status", min, 699);
}

/** Checks the header fields and the body of a message. */
export function content(given: Readonly<Record<string, unknown>>): EngineOptions["request"] {
  const { headers, body } = given;
  return {
    headers: check.headerList(headers, "headers"),
    ...(body !== undefined && { body: bodyData(body) }),
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
