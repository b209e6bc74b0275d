/**
 * A softphone: signs in, makes and takes calls, signs out.
 *
 *   sign in ──connect──▶ online, with any number of calls, one of them spoken in ──disconnect──▶ sign in
 *
 * The page only mirrors what the user agent and the calls say; it keeps no state of its own about them.
 */

import { UserAgent, type Call, type CallEnd } from "patchcord";
import { CallCard } from "./call-card.js";
import { CallDesk, isWaiting } from "./call-desk.js";
import { mediaAsSet, type Devices } from "./devices.js";
import { Dial } from "./dial.js";
import { copyOf, keepFocus, part, say, show } from "./dom.js";
import type { Ladder, Side } from "./ladder.js";
import type { Preferences, RecentCall } from "./preferences.js";
import { showRecent } from "./recent.js";
import { noteSignedIn, wasSignedIn } from "./session.js";
import type { Place, User } from "./settings.js";
import { SignIn, type Filled } from "./sign-in.js";
import { stateWords, Status } from "./status.js";
import { callWords, changeWords, endWords, errorWords, nameOf, userOf } from "./words.js";

/** What a phone is made with. */
export interface PhoneOptions {
  side: Side;
  preferences: Preferences;
  devices: Devices;
  ladder: Ladder;
  /** Where to sign in. */
  place(): Place;
  /** Of the users the place knows: the one chosen at first, and the one to be called. */
  first(users: readonly User[]): { own: User | undefined; other: User | undefined };
  /** Whether the page shows it: one that nobody sees does not sign in by itself. */
  isShown(): boolean;
  /** Whether the other phone is signed in with this address. */
  isTaken(aor: string): boolean;
  /** Told after everything that happens. */
  changed(): void;
}

/** One of the two phones. */
export class PhonePane {
  /** The element to put on the page. */
  readonly root = document.createElement("section");
  readonly #options: PhoneOptions;
  readonly #desk: CallDesk;
  readonly #dial: Dial;
  readonly #signIn: SignIn;
  readonly #status: Status;
  #cards: readonly CallCard[] = [];
  #userAgent: UserAgent | null = null;
  #recent: readonly RecentCall[] = [];
  /** Who is signed in; null while nobody is. */
  #who: Filled | null = null;

  constructor(options: PhoneOptions) {
    const { side, preferences } = options;
    this.#options = options;
    this.root.append(copyOf("phone"));
    this.root.className = "phone";
    this.root.tabIndex = -1;
    this.root.dataset["testid"] = `phone-${side}`;
    this.#desk = new CallDesk({
      added: (call) => this.#onAdded(call),
      changed: () => this.#render(),
      failed: (error, call, holding) => this.#problem(changeWords(error, nameOf(call.remote), holding)),
      ended: (call, end, error) => this.#onEnded(call, end, error),
    });
    this.#status = new Status(this.root);
    this.#signIn = new SignIn(this.root, side, preferences, {
      submit: () => void this.#connect(),
      named: () => this.#renderName(),
    });
    this.#dial = new Dial(
      this.root,
      (target) => void this.#call(target),
      () => this.#lastDialled(),
    );
    this.#part("disconnect").addEventListener("click", () => void this.signOut());
    preferences.follow(({ recent }) => this.#renderRecent(recent[side]));
    this.offerSignIn();
  }

  /** The address signed in with; null while there is none. */
  get aor(): string | null {
    return this.#who?.aor ?? null;
  }

  /** The cards of its calls, in the order the calls came. */
  get cards(): readonly CallCard[] {
    return this.#cards;
  }

  get desk(): CallDesk {
    return this.#desk;
  }

  /** Whether there is no connection or no registration, though there should be. */
  get troubled(): boolean {
    return this.#status.troubled;
  }

  /** The card of the current call. */
  get card(): CallCard | null {
    return this.#cards.find(({ call }) => call === this.#desk.current) ?? null;
  }

  /** Fills the sign-in form for the server there is now; who is signed in stays so. */
  offerSignIn(): void {
    const { place, first, side, preferences, isShown } = this.#options;
    if (this.#who) return;
    const found = place();
    const { own, other } = first(found.users);
    this.#signIn.offer(found, own);
    if (other) this.#dial.value = other.name;
    this.#render();
    const filled = this.#signIn.filled;
    if (!preferences.values.staySignedIn || !isShown() || !wasSignedIn(side, filled)) return;
    if (filled.password) void this.#connect();
    else this.#problem("The page was loaded anew. Enter your password to sign in again.");
  }

  /** Puts the focus where a call is made. */
  focusDial(): boolean {
    if (!this.#who) return false;
    this.#dial.focus();
    return true;
  }

  /** Ends the user agent, and with it calls and registration. */
  async signOut(problem = ""): Promise<void> {
    const userAgent = this.#userAgent;
    this.#userAgent = null;
    this.#who = null;
    noteSignedIn(this.#options.side, null);
    this.#status.end();
    this.#render();
    this.#problem(problem);
    if (this.#signIn.filled.server !== this.#options.place().server) this.offerSignIn(); // another one was set meanwhile
    await userAgent?.close();
  }

  async #connect(): Promise<void> {
    const { isTaken, preferences, side } = this.#options;
    const who = this.#signIn.filled;
    if (isTaken(who.aor)) return this.#problem("The other phone is signed in with this address. Choose another one.");
    this.#who = who;
    this.#outcome("");
    this.#problem("");
    this.#render();
    let userAgent: UserAgent | null = null;
    try {
      userAgent = await UserAgent.create({
        aor: who.aor,
        servers: who.server,
        credentials: { username: who.username || userOf(who.aor), password: who.password },
        media: mediaAsSet(preferences),
        ...(who.displayName && { displayName: who.displayName }),
      });
      if (this.#who !== who) return await userAgent.close(); // signed out meanwhile
      this.#listen(userAgent, who);
      await userAgent.connect();
      this.#signIn.remember(who);
      noteSignedIn(side, who);
    } catch (error) {
      // Whoever signs out meanwhile knows why it did not work.
      if (userAgent === this.#userAgent && this.#who === who) await this.signOut(errorWords(error));
    }
  }

  #listen(userAgent: UserAgent, { server, aor }: Filled): void {
    this.#userAgent = userAgent;
    const { side, ladder } = this.#options;
    const who = userOf(aor);
    // What one that is being closed says is of no interest.
    this.#status.follow(
      userAgent,
      server,
      () => userAgent === this.#userAgent,
      () => this.#render(),
    );
    userAgent.addEventListener("call", ({ call }) => this.#desk.ring(call));
    userAgent.addEventListener("trace", ({ direction, message, at }) =>
      ladder.add({ side, who, direction, message, at }),
    );
    userAgent.addEventListener("diagnostic", ({ code, detail }) => ladder.note(who, `${code}: ${detail}`));
    userAgent.addEventListener("fatal", ({ error }) => void this.signOut(errorWords(error)));
    this.#render();
  }

  async #call(target: string): Promise<void> {
    const userAgent = this.#userAgent;
    if (!userAgent) return;
    this.#problem("");
    try {
      // A hash would begin something else in an address.
      await this.#desk.dial(() => userAgent.call(target.replaceAll("#", "%23")));
      this.card?.root.focus();
    } catch (error) {
      this.#problem(errorWords(error));
    }
  }

  #onAdded(call: Call): void {
    const { devices, preferences, changed } = this.#options;
    this.#outcome("");
    const card = new CallCard(call, {
      desk: this.#desk,
      devices,
      preferences,
      failed: (message) => this.#problem(message),
      heard: (bytes) => call === this.#desk.current && (this.root.dataset["bytesReceived"] = String(bytes)),
      changed,
    });
    this.#cards = [...this.#cards, card];
    this.#part("calls").append(card.root);
    let told = "";
    call.addEventListener("change", () => {
      const words = callWords(call);
      if (words === told || ["answering", "ending", "ended"].includes(call.state)) return;
      this.#announce(call, words);
      told = words;
    });
  }

  #onEnded(call: Call, end: CallEnd, error: unknown): void {
    const { preferences, side } = this.#options;
    this.#outcome(endWords(end, call, error), end.cause);
    if (this.#userAgent) this.#problem(""); // otherwise it tells why the phone was signed out
    const { direction, remote, startedAt, answeredAt, endedAt } = call;
    const seconds =
      answeredAt && endedAt ? Math.max(1, Math.round((endedAt.getTime() - answeredAt.getTime()) / 1000)) : 0;
    const elsewhere = end.cause === "answered-elsewhere"; // not missed
    preferences.recall(side, {
      direction,
      uri: remote.uri,
      name: nameOf(remote),
      at: startedAt.getTime(),
      seconds: elsewhere ? 1 : seconds,
    });
  }

  #render(): void {
    const userAgent = this.#userAgent;
    const registration = userAgent?.registration.state ?? "unregistered";
    this.root.dataset["connection"] = userAgent?.state ?? "offline";
    this.root.dataset["registration"] = registration;
    this.root.dataset["call"] = this.#desk.current?.state ?? "none";
    this.root.dataset["calls"] = String(this.#desk.calls.length);
    say(this.#part("state"), stateWords(userAgent, this.#who !== null));
    this.#renderName();
    // Online the focus goes to the phone itself, not into a field: there no shortcut would work.
    this.root.toggleAttribute("data-focus", this.#who !== null);
    keepFocus(this.root, () => {
      this.#renderCards();
      show(this.#part("identity"), this.#who === null);
      show(this.#part("disconnect"), this.#who !== null);
      show(this.#part("dial-form"), this.#who !== null);
      const reachable =
        userAgent?.state === "connected" && (registration === "registered" || registration === "waiting");
      part(this.root, "call", HTMLButtonElement).disabled = !reachable;
    });
    this.#options.changed();
  }

  #renderCards(): void {
    const { calls, current } = this.#desk;
    for (const card of this.#cards.filter(({ call }) => !calls.includes(call))) card.root.remove();
    this.#cards = this.#cards.filter(({ call }) => calls.includes(call));
    for (const card of this.#cards) card.render();
    const waiting = calls.filter((call) => isWaiting(call) && call !== current).length;
    this.root.dataset["waiting"] = String(waiting);
  }

  #renderName(): void {
    const { side, ladder } = this.#options;
    const filled = this.#who ?? this.#signIn.filled;
    const name = filled.aor === "sip:" ? `${side} phone` : userOf(filled.aor);
    say(this.#part("name"), name);
    say(this.#part("address"), this.#who?.aor ?? "");
    ladder.name(side, name);
    this.root.ariaLabel = `Phone of ${name}`;
  }

  #renderRecent(calls: readonly RecentCall[]): void {
    if (calls === this.#recent) return;
    this.#recent = calls;
    showRecent(this.root, calls, ({ uri }) => {
      const target = this.#short(uri);
      this.#dial.value = target;
      void this.#call(target);
    });
  }

  #lastDialled(): readonly string[] {
    return this.#recent.filter(({ direction }) => direction === "outgoing").map(({ uri }) => this.#short(uri));
  }

  /** An address as people would type it: without a domain that is our own. */
  #short(uri: string): string {
    const domain = (address: string) => address.split("@")[1];
    return this.#who && domain(uri) === domain(this.#who.aor) ? userOf(uri) : uri;
  }

  /** Told once to those who do not see the page; the end of a call is told by its outcome. */
  #announce(call: Call, words: string): void {
    say(this.#part("announcement"), `${nameOf(call.remote)}: ${words}`);
  }

  /** How the last call ended; `cause` for tests. */
  #outcome(text: string, cause = ""): void {
    say(this.#part("outcome"), text);
    this.root.dataset["outcome"] = cause;
  }

  #problem(text: string): void {
    this.#status.problem = text;
  }

  #part(name: string): HTMLElement {
    return part(this.root, name);
  }
}
