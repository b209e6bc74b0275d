/**
 * Header fields for showing. They cross the boundary as one text and are split when somebody looks.
 */

import type { SipHeaders } from "./types.js";

/** Compact names (RFC 3261 §7.3.3 and the registry of header fields). */
const COMPACT: Readonly<Record<string, string>> = {
  a: "accept-contact",
  b: "referred-by",
  c: "content-type",
  d: "request-disposition",
  e: "content-encoding",
  f: "from",
  i: "call-id",
  j: "reject-contact",
  k: "supported",
  l: "content-length",
  m: "contact",
  o: "event",
  r: "refer-to",
  s: "subject",
  t: "to",
  u: "allow-events",
  v: "via",
  x: "session-expires",
  y: "identity",
};

/** The name by which fields are compared: long, lower case. */
export function canonicalName(name: string): string {
  const lower = name.toLowerCase();
  return (Object.hasOwn(COMPACT, lower) && COMPACT[lower]) || lower;
}

/** Header fields from `Name: value` lines, each ended by CR LF. */
export function sipHeaders(text: string): SipHeaders {
  let fields: readonly (readonly [name: string, value: string])[] | undefined;
  const all = () => (fields ??= split(text));
  const getAll = (name: string) => {
    const wanted = canonicalName(name);
    return all()
      .filter(([own]) => canonicalName(own) === wanted)
      .map(([, value]) => value);
  };
  return {
    get: (name) => getAll(name)[0] ?? null,
    getAll,
    has: (name) => getAll(name).length > 0,
    [Symbol.iterator]: () => all()[Symbol.iterator](),
  };
}

function split(text: string): (readonly [string, string])[] {
  const fields: (readonly [string, string])[] = [];
  for (const line of text.split("\r\n")) {
    const colon = line.indexOf(":");
    if (colon > 0) fields.push([line.slice(0, colon).trim(), line.slice(colon + 1).trim()]);
  }
  return fields;
}
