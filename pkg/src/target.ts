/**
 * Whom a call or a request is for: checks what an application gives, at once and by name.
 */

import * as check from "./check.js";
import type { NameAddr, Target } from "./types.js";

/** Checks whom to reach; gives the URI, or user of our own domain, that the engine is told. */
export function targetUri(target: Target, name: string): string {
  const given: unknown = target;
  if (typeof given !== "string" && (typeof given !== "object" || given === null))
    throw new TypeError(
      `${name}: a URI like "sip:bob@example.com" or a user like "bob" is needed, not ${check.kind(given)}`,
    );
  const uri =
    typeof given === "string" ? check.text(given, name) : check.text((given as Partial<NameAddr>).uri, `${name}.uri`);
  if (/[\s<>"]/.test(uri))
    throw new TypeError(`${name}: "${uri}" has characters that no URI has; escape them, or give the URI alone`);
  const [, scheme] = /^([a-z][a-z\d+.-]*):/i.exec(uri) ?? [];
  if (scheme !== undefined && !/^(sips?|tel|urn)$/i.test(scheme)) {
    throw new TypeError(
      `${name}: "${uri}" cannot be called or written to; give a sip:, sips: or tel: URI, or a user like "bob"`,
    );
  }
  return uri;
}

/** The same for what leaves by one of `servers`: a sips: URI asks for encryption on the whole way (SL-09). */
export function reachableUri(target: Target, servers: readonly string[]): string {
  const uri = targetUri(target, "target");
  if (/^sips:/i.test(uri) && servers.some((server) => /^ws:/i.test(server)))
    throw new TypeError(`target: "${uri}" asks for encryption, but a server is reached by ws:; use wss:`);
  return uri;
}

/** What is shown of a target until the engine tells more. */
export function shownTarget(target: Target, uri: string): NameAddr {
  const displayName =
    typeof target === "string" ? undefined : check.optionalText(target.displayName || undefined, "target.displayName");
  return { uri, ...(displayName !== undefined && { displayName }) };
}
