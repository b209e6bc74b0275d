/**
 * The registration of the address of record, as an application sees it (RFC 3261 §10). The engine keeps it fresh.
 */

import * as check from "./check.js";
import { nameAddr, sipResponse } from "./convert.js";
import { Emitter, tend } from "./emitter.js";
import type { Owner, UaEvent } from "./emitter.js";
import { explain, handled } from "./errors.js";
import type { Command, RegistrationEvent, Success } from "./host.js";
import type { NameAddr, SipResponse } from "./types.js";

/** What happens to a registration. */
export interface RegistrationEvents {
  /** Any property has changed. */
  change: UaEvent<object>;
  /** `state` has changed; with the response that caused it, and in state waiting when it is tried again. */
  statechange: UaEvent<{ state: Registration["state"]; response?: SipResponse; retryAt?: Date }>;
  /** The registrar has confirmed it, for the first time or again. */
  refreshed: UaEvent<{ expiresAt: Date }>;
}

/** What a registration needs of its user agent. @internal */
export interface RegistrationDoor {
  attach(receive: (event: RegistrationEvent) => void): void;
  request(make: (id: number) => Command): Promise<Success>;
  date(instant: number): Date;
  report(code: string, detail: string): void;
}

/** The registration of a user agent: {@link UserAgent.registration}. */
export class Registration extends Emitter<RegistrationEvents> {
  readonly #events: Owner<RegistrationEvents>;
  readonly #door: RegistrationDoor;
  #state: RegistrationState = "unregistered";
  #expiresAt: Date | null = null;
  #contacts: readonly NameAddr[] = [];

  /** @internal */
  constructor(door: RegistrationDoor) {
    super();
    if (!door) throw new TypeError("a registration comes with its user agent: UserAgent.create()");
    this.#door = door;
    this.#events = tend<RegistrationEvents>(this, {
      failed: (type, error) =>
        door.report("listener", `a listener of the registration for "${type}" failed: ${explain(error)}`),
    });
    door.attach((event) => this.#receive(event));
  }

  /** waiting = between two attempts; rejected = refused for good. */
  get state(): "unregistered" | "registering" | "registered" | "waiting" | "rejected" {
    return this.#state;
  }

  /** When the binding ends unless it is refreshed, which happens by itself. */
  get expiresAt(): Date | null {
    return this.#expiresAt;
  }

  /** All contacts the registrar holds for the address of record. */
  get contacts(): readonly NameAddr[] {
    return this.#contacts;
  }

  /** Globally routable addresses of this user agent (RFC 5627), where the registrar gives some. */
  get gruu(): { public?: string; temporary?: string } {
    return {};
  }

  /**
   * Registers, or registers anew. Resolves when registered.
   * @returns Rejects with PatchcordError `rejected`, `authentication`, `not-connected` or `closed`.
   */
  register(): Promise<void> {
    return this.#ask((id) => ({ type: "register", id }));
  }

  /**
   * Removes our contact; the connection stays. Resolves when removed.
   * @param options `all`: every contact of the address of record, those of other devices too (`Contact: *`).
   */
  unregister(options?: { all?: boolean }): Promise<void> {
    const given = check.record(options, "options", ["all"]);
    const all = check.flag(given["all"], "all", false);
    return this.#ask((id) => ({ type: "unregister", id, all }));
  }

  #ask(make: (id: number) => Command): Promise<void> {
    return handled(this.#door.request(make).then(() => {}));
  }

  #receive(event: RegistrationEvent): void {
    if (event.type === "refreshed") this.#onRefreshed(event);
    else this.#onState(event);
    this.#events.fire("change", {});
  }

  #onRefreshed({ expiresAt: instant, contacts }: Extract<RegistrationEvent, { type: "refreshed" }>): void {
    const expiresAt = this.#door.date(instant);
    this.#expiresAt = expiresAt;
    this.#contacts = contacts.map(nameAddr);
    this.#events.fire("refreshed", { expiresAt });
  }

  #onState({ state, response, retryAt }: Extract<RegistrationEvent, { type: "state" }>): void {
    this.#state = state;
    if (state === "unregistered" || state === "rejected") {
      this.#expiresAt = null;
      this.#contacts = [];
    }
    this.#events.fire("statechange", {
      state,
      ...(response && { response: sipResponse(response) }),
      ...(retryAt !== undefined && { retryAt: this.#door.date(retryAt) }),
    });
  }
}

type RegistrationState = Registration["state"];
