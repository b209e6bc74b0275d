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
  #gruu: Gruu = {};

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

  /**
   * unregistered: nobody tries · registering: REGISTER is on its way, and we were not registered · registered
   * · waiting: between two attempts, or until there is a connection · rejected: refused for good. A refresh in time shows
   * no other state than registered. After one that failed the state is waiting while the registrar still holds our
   * contact: `expiresAt` says until when, and an attempt is made before.
   */
  get state(): "unregistered" | "registering" | "registered" | "waiting" | "rejected" {
    return this.#state;
  }

  /**
   * When the binding ends unless it is refreshed, which happens by itself. null when the registrar does not hold our
   * contact, as far as we know.
   */
  get expiresAt(): Date | null {
    return this.#expiresAt;
  }

  /** All contacts the registrar holds for the address of record. */
  get contacts(): readonly NameAddr[] {
    return this.#contacts;
  }

  /**
   * Addresses by which this very user agent is reached from everywhere (RFC 5627), where the registrar gives some. The
   * public one is the Contact of calls; the temporary one, which does not tell whose it is, changes with each refresh.
   */
  get gruu(): { public?: string; temporary?: string } {
    return this.#gruu;
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
    else if (event.type === "state") this.#onState(event);
    else this.#forget();
    this.#events.fire("change", {});
  }

  /** The state follows in an event of its own; whoever looks meanwhile sees both as they are. */
  #onRefreshed({ expiresAt: instant, contacts, gruu }: Extract<RegistrationEvent, { type: "refreshed" }>): void {
    const expiresAt = this.#door.date(instant);
    this.#state = "registered";
    this.#expiresAt = expiresAt;
    this.#contacts = contacts.map(nameAddr);
    this.#gruu = gruu;
    this.#events.fire("refreshed", { expiresAt });
  }

  #onState({ state, response, retryAt }: Extract<RegistrationEvent, { type: "state" }>): void {
    this.#state = state;
    if (state === "unregistered" || state === "rejected") this.#forget();
    this.#events.fire("statechange", {
      state,
      ...(response && { response: sipResponse(response) }),
      ...(retryAt !== undefined && { retryAt: this.#door.date(retryAt) }),
    });
  }

  /** The registrar holds our contact no longer. */
  #forget(): void {
    this.#expiresAt = null;
    this.#contacts = [];
    this.#gruu = {};
  }
}

type Gruu = Registration["gruu"];
type RegistrationState = Registration["state"];
