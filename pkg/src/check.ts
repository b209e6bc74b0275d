/**
 * Checks of single arguments. Each throws at once, before any traffic, and names the argument and the mend: TypeError
 * where the kind is wrong, RangeError where a number is out of its bounds. What passes can stand in a SIP message.
 */

import { canonicalName } from "./headers.js";

/** An object of options, each of whose keys is known. undefined = no options. */
export function record(value: unknown, name: string, known: readonly string[]): Readonly<Record<string, unknown>> {
  if (value === undefined) return {};
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new TypeError(`${name}: an object is needed, not ${kind(value)}`);
  for (const key of Object.keys(value)) {
    if (!known.includes(key))
      throw new TypeError(`${name}: there is no option "${key}"; there are ${known.join(", ")}`);
  }
  return value as Readonly<Record<string, unknown>>;
}

/** Text without CR, LF and NUL, which would end a header field (MS-16), and not empty. */
export function text(value: unknown, name: string): string {
  if (typeof value !== "string") throw new TypeError(`${name}: a string is needed, not ${kind(value)}`);
  if (value === "") throw new TypeError(`${name}: must not be empty`);
  return oneLine(value, name);
}

/** An optional {@link text}. */
export function optionalText(value: unknown, name: string): string | undefined {
  return value === undefined ? undefined : text(value, name);
}

/** A token (RFC 3261 §25.1). */
export function token(value: unknown, name: string): string {
  const found = text(value, name);
  if (!TOKEN.test(found)) throw new TypeError(`${name}: "${found}" is no token: letters, digits and -.!%*_+\`'~`);
  return found;
}

/** true or false; one of them must be given where there is no other way. */
export function flag(value: unknown, name: string, otherwise?: boolean): boolean {
  if (value === undefined && otherwise !== undefined) return otherwise;
  if (typeof value !== "boolean") throw new TypeError(`${name}: true or false is needed, not ${kind(value)}`);
  return value;
}

/** One of some words. */
export function choice<T extends string>(value: unknown, name: string, words: readonly T[], otherwise: T): T {
  if (value === undefined) return otherwise;
  const word = words.find((word) => word === value);
  if (word === undefined) throw new TypeError(`${name}: one of "${words.join('", "')}" is needed`);
  return word;
}

/** A whole number within bounds. */
export function whole(value: unknown, name: string, min: number, max: number): number {
  const found = number(value, name, min, max);
  if (!Number.isInteger(found)) throw new RangeError(`${name}: a whole number is needed, not ${found}`);
  return found;
}

/** Seconds, as whole milliseconds. The longest is what 32 bits of milliseconds hold, 49 days. */
export function milliseconds(value: unknown, name: string, otherwise: number, min = 0): number {
  return value === undefined ? otherwise * 1000 : Math.round(number(value, name, min, 4_294_967) * 1000);
}

/** A function. */
export function callable(value: unknown, name: string): (...args: never[]) => unknown {
  if (typeof value !== "function") throw new TypeError(`${name}: a function is needed, not ${kind(value)}`);
  return value as (...args: never[]) => unknown;
}

/** An AbortSignal. */
export function abortSignal(value: unknown, name: string): AbortSignal | undefined {
  if (value === undefined) return undefined;
  // Not instanceof: a signal may come from another window or a polyfill.
  const signal = value as Partial<AbortSignal> | null;
  if (typeof signal?.addEventListener !== "function" || typeof signal.aborted !== "boolean") {
    throw new TypeError(`${name}: an AbortSignal is needed, not ${kind(value)}`);
  }
  return value as AbortSignal;
}

/** Header fields to add, as pairs in order. */
export function headerList(value: unknown, name: string): [string, string][] {
  if (value === undefined) return [];
  if (typeof value !== "object" || value === null || Array.isArray(value) || Symbol.iterator in value) {
    throw new TypeError(`${name}: an object like { "X-Queue": "sales" } is needed, not ${kind(value)}`);
  }
  const list: [string, string][] = [];
  for (const [field, values] of Object.entries(value)) {
    headerName(field, name);
    const each: readonly unknown[] = Array.isArray(values) ? values : [values];
    for (const one of each) list.push([field, headerValue(one, `${name}["${field}"]`)]);
  }
  return list;
}

/** Parameters of a header field, as pairs in order. */
export function parameterList(value: unknown, name: string): [string, string | undefined][] {
  if (value === undefined) return [];
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new TypeError(`${name}: an object is needed, not ${kind(value)}`);
  return Object.entries(value).map(([parameter, content]: [string, unknown]) => {
    if (!TOKEN.test(parameter)) throw new TypeError(`${name}: "${printable(parameter)}" cannot name a parameter`);
    return [parameter, content === null ? undefined : text(content, `${name}.${parameter}`)];
  });
}

/** What kind of thing a wrong argument is, for messages. */
export function kind(value: unknown): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "an array" : typeof value;
}

/** RFC 3261 §25.1. */
const TOKEN = /^[\w.!%*+`'~-]+$/;

/** What the protocol itself writes; a second one of these would change whom a message is from, where it goes or what we can. */
const STRUCTURAL = [
  "via",
  "from",
  "to",
  "call-id",
  "cseq",
  "contact",
  "route",
  "record-route",
  "max-forwards",
  "timestamp",
  "require",
  "proxy-require",
  "supported",
  "allow",
  "rseq",
  "rack",
  "session-expires",
  "content-length",
  "content-type",
  "content-encoding",
  "content-disposition",
  "authorization",
  "proxy-authorization",
];

function headerName(field: string, name: string): void {
  if (!TOKEN.test(field)) throw new TypeError(`${name}: "${printable(field)}" cannot name a header field`);
  if (STRUCTURAL.includes(canonicalName(field)))
    throw new TypeError(`${name}: "${field}" is written by the protocol itself and cannot be given`);
}

function headerValue(value: unknown, name: string): string {
  if (typeof value !== "string")
    throw new TypeError(`${name}: a string or an array of strings is needed, not ${kind(value)}`);
  return oneLine(value, name);
}

function oneLine(value: string, name: string): string {
  if (/[\r\n\0]/.test(value))
    throw new TypeError(`${name}: must not contain CR, LF or NUL, which would end the header field`);
  return value;
}

function number(value: unknown, name: string, min: number, max: number): number {
  if (typeof value !== "number") throw new TypeError(`${name}: a number is needed, not ${kind(value)}`);
  if (!(value >= min && value <= max)) throw new RangeError(`${name}: ${value} is not within ${min} and ${max}`);
  return value;
}

function printable(value: string): string {
  return JSON.stringify(value).slice(1, -1);
}
