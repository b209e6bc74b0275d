// A user whose phone is a library in a page, and the user's side of a call. Which library it is shows nowhere: the
// drivers see to that.

import { domain } from "./kamailio/start.mjs";

/** The longest any one thing may take, in milliseconds. */
export const limit = 15_000;
/** Packets of sound that count as sound: half a second of it. */
const heard = 25;

/** The address of a user, or of one of the numbers in kamailio.cfg. */
export const addressOf = (name) => `sip:${name}@${domain}`;

export class User {
  #page;
  #from = 0;
  errors = [];

  constructor(page, name, library) {
    this.#page = page;
    this.name = name;
    this.library = library;
    page.on("pageerror", (error) => this.errors.push(`${name}: ${error.stack ?? error}`));
  }

  get address() {
    return addressOf(this.name);
  }

  register(ws) {
    return this.do("start", { ws, aor: this.address, password: `${this.name}-secret` });
  }

  /** Runs a function of the driver. */
  do(method, ...args) {
    return this.#page.evaluate((method, args) => window.phone[method](...args), method, args);
  }

  /** What has happened so far is of no more interest. */
  async begin() {
    this.errors.length = 0;
    this.#from = await this.do("count");
  }

  /** Resolves with the first event of that type and with those facts since `begin()`. */
  until(type, facts = {}, from = this.#from) {
    return this.do("wait", type, facts, from, limit).catch((error) => {
      throw new Error(`${this.name} (${this.library}): ${error.message}`);
    });
  }

  /** Resolves with what `act` gives once the event has happened that comes after it, and not before. */
  async expecting(type, facts, act) {
    const from = await this.do("count");
    const result = await act();
    await this.until(type, facts, from);
    return result;
  }

  async call(target) {
    return new Side(this, await this.do("call", target));
  }

  /** The next call that comes in after `begin()`. */
  async incoming() {
    const { call, index } = await this.until("incoming");
    this.#from = index + 1;
    return new Side(this, call);
  }
}

/** One user's side of a call. */
export class Side {
  constructor(user, id) {
    this.user = user;
    this.id = id;
  }

  until(type, facts = {}) {
    return this.user.until(type, { call: this.id, ...facts });
  }

  answer() {
    return this.user.do("answer", this.id);
  }

  reject(status) {
    return this.user.do("reject", this.id, status);
  }

  hangup() {
    return this.user.do("hangup", this.id);
  }

  hold() {
    return this.user.do("hold", this.id);
  }

  resume() {
    return this.user.do("resume", this.id);
  }

  dtmf(tone) {
    return this.user.do("dtmf", this.id, tone);
  }

  /** Resolves once half a second of sound has come in from now on. */
  audio() {
    return this.user.do("audio", this.id, heard, limit).catch((error) => {
      throw new Error(`${this.user.name} (${this.user.library}) hears nothing: ${error.message}`);
    });
  }

  /** Resolves once sound goes that way. */
  direction(wanted) {
    return this.user.do("direction", this.id, wanted, limit);
  }
}
