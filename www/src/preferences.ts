/**
 * What people have set, and what the browser keeps of it: everything but passwords, and those where somebody asked for
 * it. What is read back is checked field by field, as anybody may have written it.
 */

import type { Side } from "./ladder.js";
import { shelf } from "./store.js";

/** Everything that can be set. */
export interface Values {
  /** Whether the browser keeps any of this. */
  keep: boolean;
  /** Address of the SIP server's WebSocket; empty: the server this page came from. */
  server: string;
  /** How many phones the page shows; 0 = as the server suggests. */
  panes: number;
  theme: Theme;
  /** Whether an incoming call rings, how loud (0 to 1), and on which device (empty: the browser's choice). */
  ring: boolean;
  ringVolume: number;
  ringDevice: string;
  microphone: string;
  speaker: string;
  notify: boolean;
  /** Whether a reloaded tab signs in again. */
  staySignedIn: boolean;
  /** STUN and TURN servers, one a line; see ice.ts. */
  ice: string;
  keepIcePasswords: boolean;
  /** Whether the SIP messages are shown. */
  wire: boolean;
  identities: Record<Side, Identity>;
  recent: Record<Side, readonly RecentCall[]>;
}

export type Theme = "system" | "light" | "dark";

/** Who signs in, and where: an identity, and above all its password, is for no other server. */
export interface Identity {
  server: string;
  aor: string;
  displayName: string;
  username: string;
  keepPassword: boolean;
  password: string;
}

/** A call of the past. */
export interface RecentCall {
  direction: "incoming" | "outgoing";
  uri: string;
  name: string;
  /** ms since 1970 */
  at: number;
  /** Seconds it was established; 0 = never. */
  seconds: number;
}

const KEY = "patchcord.phone";
const RECENT = 30; // calls kept

/** The settings of the page. */
export class Preferences {
  readonly #shelf = shelf("localStorage", KEY);
  readonly #listeners = new Set<() => void>();
  #values = checked(this.#shelf.read());
  /** Whether the browser refused to keep what it should have. */
  refused = false;

  get values(): Readonly<Values> {
    return this.#values;
  }

  /** Changes some, keeps what may be kept, and tells everybody. */
  set(change: Partial<Values>): void {
    this.#values = { ...this.#values, ...change };
    if (this.#values.keep) this.refused = !this.#shelf.write(withoutSecrets(this.#values));
    else this.#shelf.clear();
    this.#tell();
  }

  identity(side: Side, identity: Identity): void {
    this.set({ identities: { ...this.#values.identities, [side]: identity } });
  }

  recall(side: Side, call: RecentCall): void {
    const calls = [call, ...this.#values.recent[side]].slice(0, RECENT);
    this.set({ recent: { ...this.#values.recent, [side]: calls } });
  }

  /** Back to the defaults; the browser keeps nothing any more. */
  forget(): void {
    this.#shelf.clear();
    this.#values = checked(undefined);
    this.#tell();
  }

  /** Runs `listener` now and after every change. */
  follow(listener: (values: Readonly<Values>) => void): void {
    const tell = () => listener(this.#values);
    this.#listeners.add(tell);
    tell();
  }

  #tell(): void {
    for (const tell of this.#listeners) tell();
  }
}

/** An identity nobody has filled in yet. */
export function nobody(server: string): Identity {
  return { server, aor: "", displayName: "", username: "", keepPassword: false, password: "" };
}

function withoutSecrets(values: Values): Values {
  const safe = (identity: Identity): Identity => (identity.keepPassword ? identity : { ...identity, password: "" });
  const { left, right } = values.identities;
  return {
    ...values,
    identities: { left: safe(left), right: safe(right) },
    ice: values.keepIcePasswords ? values.ice : withoutIcePasswords(values.ice),
  };
}

/** What stands behind the second word of a line is its password. */
function withoutIcePasswords(lines: string): string {
  const shortened = lines.split("\n").map((line) => line.trim().split(/\s+/).slice(0, 2).join(" "));
  return shortened.join("\n");
}

/** What is stored, with the default in place of everything that is not as it should be. */
function checked(stored: unknown): Values {
  const given = record(stored);
  const { identities, recent } = { identities: record(given["identities"]), recent: record(given["recent"]) };
  return {
    keep: flag(given["keep"], true),
    server: text(given["server"]),
    panes: given["panes"] === 1 || given["panes"] === 2 ? given["panes"] : 0,
    theme: given["theme"] === "light" || given["theme"] === "dark" ? given["theme"] : "system",
    ring: flag(given["ring"], true),
    ringVolume: fraction(given["ringVolume"], 0.6),
    ringDevice: text(given["ringDevice"]),
    microphone: text(given["microphone"]),
    speaker: text(given["speaker"]),
    notify: flag(given["notify"], false),
    staySignedIn: flag(given["staySignedIn"], true),
    ice: text(given["ice"]),
    keepIcePasswords: flag(given["keepIcePasswords"], false),
    wire: flag(given["wire"], true),
    identities: { left: identity(identities["left"]), right: identity(identities["right"]) },
    recent: { left: calls(recent["left"]), right: calls(recent["right"]) },
  };
}

function identity(value: unknown): Identity {
  const given = record(value);
  return {
    server: text(given["server"]),
    aor: text(given["aor"]),
    displayName: text(given["displayName"]),
    username: text(given["username"]),
    keepPassword: flag(given["keepPassword"], false),
    password: text(given["password"]),
  };
}

function calls(value: unknown): readonly RecentCall[] {
  const list: unknown[] = Array.isArray(value) ? value.slice(0, RECENT) : [];
  return list.map(record).flatMap((given) => {
    const { uri, at, seconds } = given;
    if (typeof uri !== "string" || !uri || typeof at !== "number" || !Number.isFinite(new Date(at).getTime()))
      return [];
    const direction = given["direction"] === "incoming" ? "incoming" : "outgoing";
    return [{ direction, uri, name: text(given["name"]), at, seconds: typeof seconds === "number" ? seconds : 0 }];
  });
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

function text(value: unknown): string {
  return typeof value === "string" ? value.slice(0, 4000) : "";
}

function flag(value: unknown, otherwise: boolean): boolean {
  return typeof value === "boolean" ? value : otherwise;
}

function fraction(value: unknown, otherwise: number): number {
  return typeof value === "number" && value >= 0 && value <= 1 ? value : otherwise;
}
