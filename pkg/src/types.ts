/**
 * The words all of the API shares: plain values that go in or come out.
 */

import type { MediaProvider } from "./media.js";

/**
 * Whom to reach: a URI ("sip:bob@example.com"), a user of our own domain ("bob"), or an address as a call shows it. Of a
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

/** What a request of ours may carry. */
export interface RequestOptions {
  /** Added to the message. Fields the protocol itself is made of (Via, From, To, Contact …) are refused. */
  headers?: HeaderInit;
  /** The body. */
  body?: Body;
  /** Aborting it rejects the promise with the signal's reason. What has been sent by then cannot be called back. */
  signal?: AbortSignal;
}

/** What a response of ours may carry. */
export interface ResponseOptions extends Omit<RequestOptions, "signal"> {}

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

/**
 * User name and secrets: for digest authentication (RFC 7616, RFC 8760), for bearer authentication (RFC 8898), or for
 * both. Of what a server offers, the first that these fit is answered.
 */
export interface Credentials {
  username: string;
  /** The password; or `ha1` in its place. */
  password?: string;
  /**
   * H(username:realm:password) in hexadecimal, so that the password itself need not be here: 32 digits for MD5, 64 for
   * whichever of SHA-256 and SHA-512-256 the server names first. It fits that algorithm only.
   */
  ha1?: string;
  /** The only realm these are for. */
  realm?: string;
  /** Sent as `Authorization: Bearer …` to servers that ask for a token (RFC 8898). */
  token?: string;
}

/** What a server asks credentials for. */
export interface Challenge {
  /** The protection realm. */
  realm: string;
  /** Algorithms offered, topmost first, as written; "MD5" where none is named, "Bearer" where a token will do. */
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
  /**
   * Parameters added to our Contact; null for one without a value. Those of push notifications (`pn-provider`, `pn-prid`,
   * `pn-param`; RFC 8599) stand in its URI.
   */
  contactParams?: Readonly<Record<string, string | null>>;
  /**
   * Where the way to the registrar cannot do outbound (439, RFC 5626 §11.6): true = refused for good. Default false: registered
   * without it.
   */
  requireOutbound?: boolean;
}

/** Reconnecting and keep-alive (RFC 5626 §4.4, §4.5). Seconds. */
export interface ReconnectOptions {
  /**
   * Bound of the first wait after a loss, in seconds. Default 2. The whole curve scales with it: by default the waits are
   * at most 2, 4 and 8 s, then 30 to 60 s, 60 to 120 s and so on (RFC 5626 §4.5).
   */
  minDelay?: number;
  /** Bound of every wait, in seconds. Default 1800. */
  maxDelay?: number;
  /**
   * Longest time between keep-alives (RFC 5626 §3.5.1) where the server names none by Flow-Timer, in seconds; they leave
   * after four to five fifths of it. Default 25; 0 = none are ever sent.
   */
  keepAlive?: number;
  /** How long the answer to a keep-alive may take, in seconds, of a server that is known to answer them. Default 10. */
  pongTimeout?: number;
  /**
   * WebSocket close codes after which no attempt is made: the state becomes `idle` with the reason, and `connect` may
   * follow. Default 1008, policy violation (RFC 6455 §7.4.1); codes of 4000 to 4999 mean what your server says.
   */
  noRetryCodes?: readonly number[];
}

/**
 * Bounds on what a user agent holds, so that nobody can fill its memory. A call too many is answered 486, any other
 * request 500 with Retry-After; a call of ours too many fails with `limit`. What ends calls or keeps them alive goes on.
 */
export interface Limits {
  /** Calls at once. Default 32. */
  calls?: number;
  /** Dialogs at once, those of branches that ring and of calls that ended within the last 32 s among them. Default 64. */
  dialogs?: number;
  /** Transactions at once (RFC 3261 §17); what goes on within calls may take a quarter more. Default 256. */
  transactions?: number;
  /**
   * Octets of a message that are read, 1024 to 1048576. Default 65536. A larger request is answered 513 (RFC 3261
   * §21.5.7), a larger response is dropped with a `diagnostic`. A message of more than 1 MiB closes the connection (1009).
   */
  messageBytes?: number;
  /** Header lines of a message that are read, 16 to 4096. Default 128. A request with more is answered 400, a response is dropped. */
  headers?: number;
}

/** Timers of the protocol (RFC 3261 §17, table 4); everything else follows from them. Seconds. */
export interface TimerOptions {
  /** Estimate of a round trip: an INVITE without any answer is given up after 64 times this. Default 0.5. */
  t1?: number;
  /** The longest time between two repeats of a 2xx. Default 4. */
  t2?: number;
  /** How long a message may live in the network. Default 5. */
  t4?: number;
  /** Whether requests other than INVITE that are not answered within 3.5 s are answered 100 (RFC 4320 §4.1). Default true. */
  nonInvite100?: boolean;
}

/** What a user agent is made with. */
export interface UserAgentOptions {
  /** Address of record, "sip:alice@example.com". */
  aor: string;
  /**
   * WebSocket edges in order of preference. Fail over is automatic: each attempt goes to the next one. So is failing back:
   * the first one is tried out of its turn as soon as it is due again, but a connection that works is never given up for
   * it, because calls live on it. ws: only for localhost unless `allowInsecure`.
   */
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
  /** Timers of the protocol; rarely worth changing. */
  timers?: TimerOptions;
  /** Which protocol features are offered. One that is off is left out of Allow and Accept, and refused. Default: all on. */
  capabilities?: {
    /** UPDATE (RFC 3311). */
    update?: boolean;
    /** INFO (RFC 6086), by which tones come. */
    info?: boolean;
    /** MESSAGE (RFC 3428). */
    message?: boolean;
  };
}

/** How to place or accept a call. */
export interface CallOptions extends Omit<RequestOptions, "body"> {
  /** What to capture for this call, in place of what the media provider was told. */
  media?: MediaConstraints;
  /** Seconds until an unanswered call is cancelled. Default 180, 0 = never. For outgoing calls only. */
  timeout?: number;
  /** INVITE without SDP, so that the peer offers (RFC 3261 §13.2.1). Default false. For outgoing calls only. */
  lateOffer?: boolean;
  /**
   * How many contacts of a redirection (3xx, RFC 3261 §8.1.3.4) are tried, one after the other: 0 to 5. Default 0: the call
   * ends `redirected`. For outgoing calls only.
   */
  followRedirects?: number;
  /** Aborting it hangs the call up, whatever state it is in. */
  signal?: AbortSignal;
}

/** How to send a provisional response. */
export interface RingOptions extends Pick<RequestOptions, "headers"> {
  /** 180 Ringing or 183 Session Progress. Default 180. */
  status?: 180 | 183;
}

/** How to refuse a call. */
export interface RejectOptions extends ResponseOptions {
  /** 400 to 699. Default 486: not here and now, while other devices go on ringing; 603 refuses for all of them. */
  status?: number;
  /** Reason phrase. Default: the usual one of that status. */
  phrase?: string;
  /** Seconds after which to try again, as Retry-After. */
  retryAfter?: number;
}

/** Which request carries a new offer: re-INVITE ("invite", RFC 3261 §14), UPDATE ("update", RFC 3311), or whichever suits. */
export type RefreshMethod = "auto" | "update" | "invite";

/** How to renegotiate media. */
export interface RenegotiateOptions {
  /** `true` or constraints add a kind that is not sent yet, `false` ends one. A kind that is left out stays as it is. */
  media?: MediaConstraints;
  /** Whether new ICE credentials are wanted, as after a change of network (RFC 8445 §9). Default false. */
  iceRestart?: boolean;
  /**
   * Default "auto": re-INVITE, which gives the peer time to ask its user. "update" must be answered at once; where the peer
   * turns out not to know it, re-INVITE takes its place.
   */
  method?: RefreshMethod;
}

/** How to send tones. */
export interface DtmfOptions {
  /**
   * "rtp": within the media (RFC 4733), as gateways and voice menus expect. "info": one INFO (RFC 6086) a tone. Default: "rtp"
   * where media and peer can, else "info".
   */
  mode?: "rtp" | "info";
  /** How long each tone lasts: 40 to 6000 ms. Default 100. */
  durationMs?: number;
  /** Silence between two: 30 to 60,000 ms. Default 70. */
  gapMs?: number;
}

/** How to end a call. */
export interface TerminateOptions extends Pick<RequestOptions, "headers"> {
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
