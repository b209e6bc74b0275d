/**
 * The words all of the API shares: plain values that go in or come out.
 */

import type { MediaProvider } from "./media.js";

/**
 * Whom to call: a URI ("sip:bob@example.com"), a user of our own domain ("bob"), or an address as a call shows it. Of a
 * {@link NameAddr} only the URI is used.
 */
export type Target = string | NameAddr;

/** An address as From, To and Contact carry it (RFC 3261 §20.10). */
export interface NameAddr {
  /** The URI, without angle brackets. */
  uri: string;
  /** The display name, without quotes. */
  displayName?: string;
  /** Header parameters; null where one has no value. */
  params?: Readonly<Record<string, string | null>>;
}

/** A message body. */
export interface Body {
  /** Content-Type, parameters included. */
  contentType: string;
  /** Text where the octets are UTF-8. */
  content: string | Uint8Array;
  /** Content-Disposition. */
  disposition?: string;
}

/** Header fields to add: `{ "X-Queue": "sales", "Alert-Info": ["<urn:a>", "<urn:b>"] }`. An array gives one field a value. */
export type HeaderInit = Readonly<Record<string, string | readonly string[]>>;

/** What every request or response we cause may carry. */
export interface RequestOptions {
  /** Added to the message. Fields the protocol itself is made of (Via, From, To, Contact …) are refused. */
  headers?: HeaderInit;
}

/** SIP header fields: any case or compact name, order kept, never joined. */
export interface SipHeaders extends Iterable<readonly [name: string, value: string]> {
  /** The first field of that name, or null. */
  get(name: string): string | null;
  /** Every field of that name, in order. */
  getAll(name: string): readonly string[];
  /** Whether there is a field of that name. */
  has(name: string): boolean;
}

/** A response as it came. */
export interface SipResponse {
  /** 100 to 699. */
  status: number;
  /** The reason phrase. */
  phrase: string;
  headers: SipHeaders;
  body: Body | null;
}

/** A Reason header field (RFC 3326): `{ protocol: "SIP", cause: 200, text: "Call completed elsewhere" }`. */
export interface Reason {
  /** "SIP", "Q.850" … */
  protocol: string;
  /** A status code for "SIP", a cause value for "Q.850". */
  cause: number;
  text?: string;
}

/** User name and secret for digest authentication (RFC 7616). */
export interface Credentials {
  username: string;
  /** The password; or `ha1` in its place. */
  password?: string;
  /** H(username:realm:password) in hexadecimal: 32 digits for MD5, 64 for SHA-256. It fits that algorithm only. */
  ha1?: string;
  /** The only realm these are for. */
  realm?: string;
}

/** What a server asks credentials for. */
export interface Challenge {
  /** The protection realm. */
  realm: string;
  /** Algorithms offered, topmost first. */
  algorithms: readonly string[];
  /** Whether a proxy asks (407) rather than the server itself (401). */
  proxy: boolean;
  /** Whether only the nonce was out of date. */
  stale: boolean;
}

/** How to register (RFC 3261 §10). */
export interface RegistrationOptions {
  /** Seconds asked for. Default 600. */
  expires?: number;
  /** The registrar's URI. Default: the domain of the address of record. */
  registrar?: string;
  /** Parameters added to our Contact; null for one without a value. */
  contactParams?: Readonly<Record<string, string | null>>;
}

/** Reconnecting and keep-alive (RFC 5626 §4.4, §4.5). Seconds. */
export interface ReconnectOptions {
  /** Bound of the first wait after a loss. Default 2. */
  minDelay?: number;
  /** Bound of every wait. Default 1800. */
  maxDelay?: number;
  /** Longest time between keep-alives where the server names none; 0 = none. Default 25. */
  keepAlive?: number;
  /** How long the answer to a keep-alive may take. Default 10. */
  pongTimeout?: number;
  /** WebSocket close codes after which no attempt is made. Default none. */
  noRetryCodes?: readonly number[];
}

/** Bounds on what a user agent holds. */
export interface Limits {
  /** Calls at once. Default 32. */
  calls?: number;
  /**
   * Octets of a message that are read, 1024 to 1048576. Default 65536. A larger request is answered 513 (RFC 3261
   * §21.5.7), a larger response is dropped with a `diagnostic`. A message of more than 1 MiB closes the connection (1009).
   */
  messageBytes?: number;
  /** Header lines of a message that are read, 16 to 4096. Default 128. A request with more is answered 400, a response is dropped. */
  headers?: number;
}

/** What a user agent is made with. */
export interface UserAgentOptions {
  /** Address of record, "sip:alice@example.com". */
  aor: string;
  /** WebSocket edges in order of preference; fail over and back is automatic. ws: only for localhost unless `allowInsecure`. */
  servers: string | readonly string[];
  /** Shown to those we call. */
  displayName?: string;
  /** Fixed, or asked for at each challenge (rotating passwords). Digest with MD5 or SHA-256 (RFC 7616). */
  credentials?: Credentials | ((challenge: Challenge) => Credentials | Promise<Credentials>);
  /** Default: register at connect, 600 s. */
  registration?: false | RegistrationOptions;
  /** Reconnecting and keep-alive. */
  reconnect?: ReconnectOptions;
  /** Default `webrtc()`. Anything that can make and take SDP will do. */
  media?: MediaProvider;
  /** Where the engine runs. */
  host?: "inline";
  /**
   * +sip.instance (RFC 5626): a UUID, with or without "urn:uuid:". Default: one per tab, kept in sessionStorage so that a
   * reload keeps it, and guarded by a Web Lock so that a duplicated tab gets its own. Two user agents of one tab and one
   * address of record need one each.
   */
  instanceId?: string;
  /** User-Agent header field. Default none. */
  userAgent?: string;
  /** Header fields added to every request, e.g. { "X-Tenant": "42" }. */
  headers?: HeaderInit;
  /** Whether ws: is allowed to other hosts than localhost. Default false: what is said there can be read and changed by anyone on the way. */
  allowInsecure?: boolean;
  /** Whether MD5 digests may be used. Default true: many servers know nothing else. */
  allowMd5?: boolean;
  /** What a page being closed or put away does with its calls. Default "hangup". */
  pagehide?: "hangup" | "leave";
  /** How a socket is made; default `new WebSocket(url, "sip")`. With the npm package ws: `url => new WebSocket(url, "sip")`. */
  webSocket?: (url: string) => WebSocket;
  /** Bounds on what the user agent holds. */
  limits?: Limits;
}

/** How to place or accept a call. */
export interface CallOptions extends RequestOptions {
  /** What to capture for this call, in place of what the media provider was told. */
  media?: MediaConstraints;
  /** Seconds until an unanswered call is cancelled. Default 180, 0 = never. For outgoing calls only. */
  timeout?: number;
  /** Aborting it hangs the call up, whatever state it is in. */
  signal?: AbortSignal;
}

/** How to send a provisional response. */
export interface RingOptions extends RequestOptions {
  /** 180 Ringing or 183 Session Progress. Default 180. */
  status?: 180 | 183;
}

/** How to refuse a call. */
export interface RejectOptions extends RequestOptions {
  /** 400 to 699. Default 486: not here and now, while other devices go on ringing; 603 refuses for all of them. */
  status?: number;
  /** Reason phrase. Default: the usual one of that status. */
  phrase?: string;
  /** Seconds after which to try again, as Retry-After. */
  retryAfter?: number;
  /** Body of the response. */
  body?: Body;
}

/** How to end a call. */
export interface TerminateOptions extends RequestOptions {
  /** Reason header field (RFC 3326) of the BYE or CANCEL. */
  reason?: Reason;
  /** Final response, 400 to 699, where the call is incoming and unanswered. Default 480. */
  status?: number;
}

/** How a call ended. */
export interface CallEnd {
  /** Who ended it; "network" = the connection to the server was lost. */
  by: "local" | "remote" | "network";
  /** Why. */
  cause:
    | "hangup"
    | "cancelled"
    | "rejected"
    | "busy"
    | "unanswered"
    | "redirected"
    | "answered-elsewhere"
    | "authentication"
    | "incompatible"
    | "timeout"
    | "transport"
    | "protocol"
    | "media"
    | "closed";
  /** Status of the response that ended it. */
  status?: number;
  /** Its reason phrase. */
  phrase?: string;
  /** Reason header fields of the BYE, CANCEL or response. */
  reason?: readonly Reason[];
  /** Seconds after which the peer may be tried again. */
  retryAfter?: number;
  /** The response that ended it. */
  response?: SipResponse;
}

/** What to capture. */
export interface MediaConstraints {
  /** Default true; false = listen only. */
  audio?: MediaTrackConstraints | boolean;
  /** Default false. */
  video?: MediaTrackConstraints | boolean;
  /** A stream of the application's own, in place of capture. Its tracks are never stopped here. */
  stream?: MediaStream;
}
