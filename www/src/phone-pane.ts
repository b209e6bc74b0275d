/**
 * A softphone: signs in, makes and takes one call at a time, signs out.
 *
 *   sign in ──connect──▶ online ──call, or a call comes in──▶ call ──ended──▶ online ──disconnect──▶ sign in
 *
 * The page only mirrors what the user agent and the call say; it keeps no state of its own about them.
 */

import { UserAgent, type Call } from "patchcord";
import { CallCard } from "./call-card.js";
import { keepFocus, part, say, show } from "./dom.js";
import type { Ladder, Side } from "./ladder.js";
import type { User } from "./settings.js";
import { connectionWords, endWords, errorWords, nameOf, userOf } from "./words.js";

/** What a phone is made with. */
export interface PhoneOptions {
  side: Side;
  server: string;
  /** Users to choose from, and the one chosen at first. */
  users: readonly User[];
  user: User | undefined;
  /** Whom the dial field names at first. */
  dial: string;
  ladder: Ladder;
  /** Whether the other phone is signed in with this address. */
  isTaken(aor: string): boolean;
}

/** One of the two phones. */
export class PhonePane {
  /** The element to put on the page. */
  readonly root = document.createElement("section");
  readonly #options: PhoneOptions;
  readonly #card: CallCard;
  #userAgent: UserAgent | null = null;
  #call: Call | null = null;
  /** The address signed in with; null while there is none. */
  aor: string | null = null;

  constructor(options: PhoneOptions) {
    this.#options = options;
    const template = document.querySelector<HTMLTemplateElement>("template#phone");
    this.root.append(template?.content.cloneNode(true) ?? "");
    this.root.className = "phone";
    this.root.dataset["testid"] = `phone-${options.side}`;
    this.#card = new CallCard(this.root, (error) => this.#problem(errorWords(error)));
    this.#offerUsers();
    this.#field("dial").value = options.dial;
    this.#onSubmit("identity", () => this.#connect());
    this.#onSubmit("dial-form", () => this.#dial());
    this.#part("disconnect").addEventListener("click", () => this.#disconnect());
    this.#field("aor").addEventListener("input", () => this.#renderName());
    this.#render();
  }

  async #connect(): Promise<void> {
    const { server, isTaken } = this.#options;
    const aor = withScheme(this.#field("aor").value);
    if (isTaken(aor)) return this.#problem("The other phone is signed in with this address. Choose another one.");
    this.aor = aor;
    this.#outcome("");
    this.#problem("");
    this.#render();
    let userAgent: UserAgent | null = null;
    try {
      userAgent = await UserAgent.create({
        aor,
        servers: server,
        credentials: { username: userOf(aor), password: this.#field("password").value },
        displayName: this.#name(),
      });
      if (this.aor !== aor) return await userAgent.close(); // disconnected meanwhile
      this.#listen(userAgent);
      await userAgent.connect();
    } catch (error) {
      // Whoever presses Disconnect meanwhile knows why it did not work.
      if (userAgent === this.#userAgent) await this.#disconnect(errorWords(error));
    }
  }

  /** Ends the user agent, and with it call and registration. */
  async #disconnect(problem = ""): Promise<void> {
    const userAgent = this.#userAgent;
    this.#userAgent = null;
    this.aor = null;
    this.#render();
    this.#problem(problem);
    await userAgent?.close();
  }

  #listen(userAgent: UserAgent): void {
    this.#userAgent = userAgent;
    const { side, ladder } = this.#options;
    const who = this.#name();
    userAgent.addEventListener("statechange", ({ state, reason, retryAt }) => {
      if (userAgent !== this.#userAgent) return; // what one that is being closed says
      this.#render();
      this.#problem(state === "waiting" ? noConnection(this.#options.server, reason, retryAt) : "");
    });
    userAgent.registration.addEventListener("statechange", () => this.#render());
    userAgent.addEventListener("call", ({ call }) => this.#incoming(call));
    userAgent.addEventListener("trace", ({ direction, message, at }) => ladder.add({ side, who, direction, message, at }));
    userAgent.addEventListener("diagnostic", ({ code, detail }) => ladder.note(who, `${code}: ${detail}`));
    userAgent.addEventListener("fatal", ({ error }) => void this.#disconnect(errorWords(error)));
    this.#render();
  }

  #dial(): void {
    try {
      const call = this.#userAgent?.call(this.#field("dial").value.trim());
      if (call) this.#follow(call);
    } catch (error) {
      this.#problem(errorWords(error));
    }
  }

  #incoming(call: Call): void {
    const busy = this.#call !== null;
    const answer = busy ? call.reject({ status: 486 }) : call.ring();
    answer.catch((error: unknown) => this.#problem(errorWords(error)));
    if (!busy) this.#follow(call);
  }

  #follow(call: Call): void {
    this.#call = call;
    this.#outcome("");
    this.#problem("");
    this.#card.follow(call);
    this.#render();
    call.addEventListener("change", () => this.#render());
    call.addEventListener("ended", (end) => {
      this.#call = null;
      this.#outcome(endWords(end, nameOf(call.remote)), end.cause);
      if (this.#userAgent) this.#problem(""); // otherwise it tells why the phone was disconnected
      this.#render();
    });
  }

  #render(): void {
    const userAgent = this.#userAgent;
    const registered = userAgent?.registration.state === "registered";
    this.root.dataset["connection"] = userAgent?.state ?? "offline";
    this.root.dataset["registration"] = userAgent?.registration.state ?? "unregistered";
    say(this.#part("state"), userAgent ? connectionWords(userAgent) : this.aor ? "Starting…" : "Disconnected");
    say(this.#part("address"), this.aor ?? "");
    this.#renderName();
    keepFocus(this.root, () => {
      this.#card.render(this.#call);
      show(this.#part("identity"), this.aor === null);
      show(this.#part("online"), this.aor !== null);
      show(this.#part("dial-form"), this.aor !== null && this.#call === null);
      part(this.root, "call", HTMLButtonElement).disabled = !registered;
    });
  }

  #renderName(): void {
    const { side, ladder } = this.#options;
    const name = this.#name();
    say(this.#part("name"), name);
    ladder.name(side, name);
    this.root.ariaLabel = `Phone of ${name}`;
  }

  #name(): string {
    const address = this.#field("aor").value.trim();
    return address ? userOf(address) : `${this.#options.side} phone`;
  }

  /** Fills the sign-in form from a list of ready users, where there are any. */
  #offerUsers(): void {
    const { users, user } = this.#options;
    const select = part(this.root, "user", HTMLSelectElement);
    show(this.#part("user-choice"), users.length > 0);
    select.append(...users.map(({ name }) => new Option(name)), new Option("someone else", ""));
    const fill = (chosen: User | undefined) => {
      this.#field("aor").value = chosen?.aor ?? "";
      this.#field("password").value = chosen?.password ?? "";
    };
    select.value = user?.name ?? "";
    fill(user);
    select.addEventListener("change", () => {
      fill(users.find(({ name }) => name === select.value));
      this.#renderName();
    });
  }

  /** How the last call ended; `cause` for tests. */
  #outcome(text: string, cause = ""): void {
    say(this.#part("outcome"), text);
    this.root.dataset["outcome"] = cause;
  }

  #problem(text: string): void {
    say(this.#part("problem"), text);
  }

  #onSubmit(form: string, act: () => Promise<void> | void): void {
    this.#part(form).addEventListener("submit", (event) => {
      event.preventDefault();
      void act();
    });
  }

  #part(name: string): HTMLElement {
    return part(this.root, name);
  }

  #field(name: string): HTMLInputElement {
    return part(this.root, name, HTMLInputElement);
  }
}

function withScheme(address: string): string {
  const text = address.trim();
  return /^sips?:/i.test(text) ? text : `sip:${text}`;
}

function noConnection(server: string, reason: string | undefined, retryAt: Date | undefined): string {
  const why = reason ? ` (${reason})` : "";
  const next = retryAt ? ` Next try at ${retryAt.toLocaleTimeString()}.` : "";
  return `No connection to ${server}${why}.${next} Check that the server runs and that its address is right.`;
}
