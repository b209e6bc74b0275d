/**
 * Options of the user agent: from what an application writes to what the engine is configured with. Everything wrong is
 * refused here, at once and by name; an option that does not exist is wrong.
 */

import * as check from "./check.js";
import type { Config, CredentialSource, EngineCredentials } from "./host.js";
import type { MediaProvider } from "./media.js";
import type { Challenge, UserAgentOptions } from "./types.js";

/** Where credentials come from: what the engine is told, and the function it asks through us. */
export interface CredentialSettings {
  readonly source: CredentialSource;
  readonly ask?: (challenge: Challenge) => unknown;
}

/** Options checked and sorted. */
export interface Settings {
  readonly config: Omit<Config, "instanceId">;
  /** undefined: this tab's own. */
  readonly instanceId: string | undefined;
  readonly credentials: CredentialSettings;
  readonly media: MediaProvider | undefined;
  readonly pagehide: "hangup" | "leave";
  readonly webSocket: (url: string) => WebSocket;
}

/** Checks the options of a user agent. Throws TypeError or RangeError. */
export function userAgentSettings(options: UserAgentOptions): Settings {
  if (options === undefined) throw new TypeError("options: { aor, servers } are needed");
  const given = check.record(options, "options", USER_AGENT);
  check.choice(given["host"], "host", ["inline"], "inline");
  const allowInsecure = check.flag(given["allowInsecure"], "allowInsecure", false);
  const aor = addressOfRecord(given["aor"]);
  const displayName = check.optionalText(given["displayName"], "displayName");
  const userAgent = check.optionalText(given["userAgent"], "userAgent");
  const registration = registrationConfig(given["registration"]);
  const credentials = credentialSettings(given["credentials"]);
  return {
    config: {
      aor,
      servers: servers(given["servers"], aor, allowInsecure),
      credentials: credentials.source,
      reconnect: reconnectConfig(given["reconnect"]),
      headers: check.headerList(given["headers"], "headers"),
      allowMd5: check.flag(given["allowMd5"], "allowMd5", true),
      allowInsecure,
      limits: limits(given["limits"]),
      timers: timers(given["timers"]),
      capabilities: capabilities(given["capabilities"]),
      ...(displayName !== undefined && { displayName }),
      ...(userAgent !== undefined && { userAgent }),
      ...(registration && { registration }),
    },
    instanceId: instanceId(given["instanceId"]),
    credentials,
    media: mediaProvider(given["media"]),
    pagehide: check.choice(given["pagehide"], "pagehide", ["hangup", "leave"], "hangup"),
    webSocket: socketMaker(given["webSocket"]),
  };
}

/** Checks credentials or the function that gets them. Throws TypeError. */
export function credentialSettings(value: unknown): CredentialSettings {
  if (value === undefined) return { source: { type: "none" } };
  if (typeof value === "function") return { source: { type: "ask" }, ask: value as (challenge: Challenge) => unknown };
  return { source: { type: "fixed", credentials: credentials(value) } };
}

/** Checks credentials. Throws TypeError. */
export function credentials(value: unknown): EngineCredentials {
  const name = "credentials";
  if (value === undefined) throw new TypeError(`${name}: { username, password } is needed`);
  const given = check.record(value, name, ["username", "password", "ha1", "realm", "token"]);
  const { password, ha1, realm, token } = given;
  const username = check.text(given["username"], `${name}.username`);
  if (password === undefined && ha1 === undefined && token === undefined)
    throw new TypeError(`${name}: password or ha1 is needed, or a token`);
  if (password !== undefined && ha1 !== undefined) throw new TypeError(`${name}: password or ha1 is needed, not both`);
  if (password !== undefined && typeof password !== "string")
    throw new TypeError(`${name}.password: a string is needed, not ${check.kind(password)}`);
  if (ha1 !== undefined && !/^([\da-f]{32}|[\da-f]{64})$/i.test(check.text(ha1, `${name}.ha1`))) {
    throw new TypeError(`${name}.ha1: 32 hexadecimal digits (MD5) or 64 (SHA-256, SHA-512-256) are needed`);
  }
  return {
    username,
    ...(password !== undefined && { password }),
    ...(ha1 !== undefined && { ha1: String(ha1).toLowerCase() }),
    ...(realm !== undefined && { realm: check.text(realm, `${name}.realm`) }),
    ...(token !== undefined && { token: bearerToken(token, `${name}.token`) }),
  };
}

/** RFC 6750 §2.1. The token itself is in no message. */
function bearerToken(value: unknown, name: string): string {
  const token = check.text(value, name);
  if (!/^[\w.~+/-]+=*$/.test(token))
    throw new TypeError(`${name}: holds what no bearer token can; letters, digits and -._~+/ are allowed, = at its end`);
  return token;
}

const USER_AGENT = [
  "aor",
  "servers",
  "displayName",
  "credentials",
  "registration",
  "reconnect",
  "media",
  "host",
  "instanceId",
  "userAgent",
  "headers",
  "allowInsecure",
  "allowMd5",
  "pagehide",
  "webSocket",
  "limits",
  "timers",
  "capabilities",
] as const satisfies readonly (keyof UserAgentOptions)[];

function addressOfRecord(value: unknown): string {
  const aor = check.text(value, "aor");
  const address = /^sips?:[^@\s<>"]+@(?:\[[\da-f:.]+\]|[\w.-]+)(?::(\d+))?$/i.exec(aor);
  if (!address || Number(address[1] ?? 0) > 65_535)
    throw new TypeError(`aor: "${aor}" is no address of record; write it like "sip:alice@example.com"`);
  return aor;
}

function servers(value: unknown, aor: string, allowInsecure: boolean): string[] {
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (list.length === 0) throw new TypeError("servers: at least one WebSocket URL is needed");
  const urls = list.map((one, index) =>
    serverUrl(one, Array.isArray(value) ? `servers[${index}]` : "servers", aor, allowInsecure),
  );
  const twice = urls.find((url, index) => urls.indexOf(url) !== index);
  if (twice !== undefined) throw new TypeError(`servers: "${twice}" is there twice`);
  return urls;
}

function serverUrl(value: unknown, name: string, aor: string, allowInsecure: boolean): string {
  const given = check.text(value, name);
  const url = parsed(given);
  if (!url || !/^wss?:$/.test(url.protocol))
    throw new TypeError(`${name}: "${given}" is no WebSocket URL; write it like "wss://edge.example.com/sip"`);
  if (url.hash) throw new TypeError(`${name}: "${given}" has a fragment, which a WebSocket URL must not have`);
  if (url.protocol === "wss:") return given;
  if (/^sips:/i.test(aor))
    throw new TypeError(`${name}: "${given}" is not encrypted, but "${aor}" asks for that; use wss: or a sip: address`);
  if (!allowInsecure && !isThisHost(url.hostname))
    throw new TypeError(`${name}: "${given}" is not encrypted; use wss:, or set allowInsecure: true`);
  return given;
}

function parsed(url: string): URL | undefined {
  try {
    return new URL(url);
  } catch {
    return undefined;
  }
}

function isThisHost(host: string): boolean {
  return host === "localhost" || host.endsWith(".localhost") || /^127(\.\d+){3}$/.test(host) || host === "[::1]";
}

function registrationConfig(value: unknown): Config["registration"] | undefined {
  if (value === false) return undefined;
  const given = check.record(value, "registration", ["expires", "registrar", "contactParams", "requireOutbound"]);
  const { expires = 600, registrar } = given;
  return {
    expires: check.whole(expires, "registration.expires", 1, 4_294_967_295),
    contactParams: contactParams(given["contactParams"], "registration.contactParams"),
    requireOutbound: check.flag(given["requireOutbound"], "registration.requireOutbound", false),
    ...(registrar !== undefined && { registrar: registrarUri(registrar) }),
  };
}

function contactParams(value: unknown, name: string): [string, string | undefined][] {
  const list = check.parameterList(value, name);
  const ours = list.find(([parameter]) => /^(\+sip\.instance|reg-id|expires|(pub|temp)-gruu)$/i.test(parameter));
  if (ours) throw new TypeError(`${name}: "${ours[0]}" is written by the protocol itself and cannot be given`);
  return list;
}

function registrarUri(value: unknown): string {
  const uri = check.text(value, "registration.registrar");
  if (!/^sips?:[^\s<>"]+$/i.test(uri))
    throw new TypeError(`registration.registrar: "${uri}" is no SIP URI; write it like "sip:example.com"`);
  return uri;
}

function reconnectConfig(value: unknown): Config["reconnect"] {
  const given = check.record(value, "reconnect", ["minDelay", "maxDelay", "keepAlive", "pongTimeout", "noRetryCodes"]);
  // RFC 6455 §7.4.1: 1008 says that we ourselves are the reason, and trying again would change nothing.
  const { noRetryCodes = [1008] } = given;
  if (!Array.isArray(noRetryCodes))
    throw new TypeError("reconnect.noRetryCodes: an array of WebSocket close codes is needed");
  const minDelayMs = check.milliseconds(given["minDelay"], "reconnect.minDelay", 2);
  const maxDelayMs = check.milliseconds(given["maxDelay"], "reconnect.maxDelay", 1800);
  if (maxDelayMs < minDelayMs) throw new RangeError("reconnect.maxDelay: must not be less than minDelay");
  return {
    minDelayMs,
    maxDelayMs,
    keepAliveMs: check.milliseconds(given["keepAlive"], "reconnect.keepAlive", 25),
    pongTimeoutMs: check.milliseconds(given["pongTimeout"], "reconnect.pongTimeout", 10, 1),
    noRetryCodes: noRetryCodes.map((code: unknown, index) =>
      check.whole(code, `reconnect.noRetryCodes[${index}]`, 1000, 4999),
    ),
  };
}

function limits(value: unknown): Config["limits"] {
  const given = check.record(value, "limits", ["calls", "dialogs", "transactions", "messageBytes", "headers"]);
  const { calls = 32, dialogs = 64, transactions = 256, messageBytes = 65_536, headers = 128 } = given;
  return {
    calls: check.whole(calls, "limits.calls", 1, 4_294_967_295),
    dialogs: check.whole(dialogs, "limits.dialogs", 1, 4_294_967_295),
    transactions: check.whole(transactions, "limits.transactions", 1, 4_294_967_295),
    messageBytes: check.whole(messageBytes, "limits.messageBytes", 1_024, 1_048_576),
    headers: check.whole(headers, "limits.headers", 16, 4_096),
  };
}

function timers(value: unknown): Config["timers"] {
  const given = check.record(value, "timers", ["t1", "t2", "t4", "nonInvite100"]);
  return {
    t1Ms: check.milliseconds(given["t1"], "timers.t1", 0.5, 0.001),
    t2Ms: check.milliseconds(given["t2"], "timers.t2", 4),
    t4Ms: check.milliseconds(given["t4"], "timers.t4", 5),
    nonInvite100: check.flag(given["nonInvite100"], "timers.nonInvite100", true),
  };
}

function capabilities(value: unknown): Config["capabilities"] {
  const given = check.record(value, "capabilities", ["update", "info", "message"]);
  const offered = (name: string) => check.flag(given[name], `capabilities.${name}`, true);
  return { update: offered("update"), info: offered("info"), message: offered("message") };
}

function instanceId(value: unknown): string | undefined {
  if (value === undefined) return undefined;
  const uuid = check
    .text(value, "instanceId")
    .toLowerCase()
    .replace(/^urn:uuid:/, "");
  if (!/^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/.test(uuid))
    throw new TypeError('instanceId: a UUID is needed, with or without "urn:uuid:" before it');
  return `urn:uuid:${uuid}`;
}

function mediaProvider(value: unknown): MediaProvider | undefined {
  if (value === undefined) return undefined;
  if (typeof (value as MediaProvider | null)?.open !== "function")
    throw new TypeError("media: an object with a method open(context) is needed, like webrtc()");
  return value as MediaProvider;
}

function socketMaker(value: unknown): (url: string) => WebSocket {
  if (value !== undefined) return check.callable(value, "webSocket") as (url: string) => WebSocket;
  if (typeof WebSocket === "undefined") {
    throw new TypeError(
      'webSocket: there is no WebSocket here; give one, with the npm package ws: webSocket: url => new WebSocket(url, "sip")',
    );
  }
  return (url) => new WebSocket(url, "sip");
}
