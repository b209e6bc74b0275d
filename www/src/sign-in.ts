/** The form by which a phone signs in: who, with which password, and whether the browser keeps that. */

import { part, show } from "./dom.js";
import type { Side } from "./ladder.js";
import { nobody, type Identity, type Preferences } from "./preferences.js";
import type { Place, User } from "./settings.js";

/** What the form asks for. */
export type Filled = Identity;

/** The sign-in form of one phone. */
export class SignIn {
  readonly #root: HTMLElement;
  readonly #side: Side;
  readonly #preferences: Preferences;
  #place: Place = { server: "", users: [] };

  /** `submit` is called when somebody wants to sign in, `named` when the address changes. */
  constructor(
    root: HTMLElement,
    side: Side,
    preferences: Preferences,
    { submit, named }: { submit(): void; named(): void },
  ) {
    this.#root = part(root, "identity");
    this.#side = side;
    this.#preferences = preferences;
    this.#root.addEventListener("submit", (event) => {
      event.preventDefault();
      submit();
    });
    this.#field("aor").addEventListener("input", named);
    this.#field("keep-password").addEventListener("change", () => this.#onKeep());
    part(this.#root, "user", HTMLSelectElement).addEventListener("change", () => {
      this.#choose();
      named();
    });
  }

  /** Fills the form for a server: with who signed in there before, else with `user`, if the page knows any there. */
  offer(place: Place, user: User | undefined): void {
    this.#place = place;
    const { users, server } = place;
    const select = part(this.#root, "user", HTMLSelectElement);
    show(part(this.#root, "user-choice"), users.length > 0);
    select.replaceChildren(...users.map(({ name }) => new Option(name)), new Option("someone else", ""));
    const kept = this.#preferences.values.identities[this.#side];
    const known = kept.server === server && kept.aor ? kept : null;
    const ready = known ? users.find(({ aor }) => aor === known.aor) : user;
    select.value = ready?.name ?? "";
    this.#fill(known ?? nobody(server));
    if (ready) this.#choose();
  }

  /** What stands in the form. */
  get filled(): Filled {
    return {
      server: this.#place.server,
      aor: withScheme(this.#field("aor").value),
      password: this.#field("password").value,
      displayName: this.#field("display-name").value.trim(),
      username: this.#field("username").value.trim(),
      keepPassword: this.#field("keep-password").checked,
    };
  }

  /** Keeps for the next time what may be kept; the page's ready users need no password kept. */
  remember(filled: Filled): void {
    const ready = this.#place.users.some(({ aor, password }) => aor === filled.aor && password === filled.password);
    this.#preferences.identity(this.#side, ready ? { ...filled, password: "", keepPassword: false } : filled);
  }

  focusPassword(): void {
    this.#field("password").focus();
  }

  #choose(): void {
    const chosen = this.#place.users.find(({ name }) => name === part(this.#root, "user", HTMLSelectElement).value);
    this.#fill({ ...nobody(this.#place.server), aor: chosen?.aor ?? "", password: chosen?.password ?? "" });
    show(part(this.#root, "keep-choice"), !chosen);
  }

  #fill({ aor, password, displayName, username, keepPassword }: Identity): void {
    this.#field("aor").value = aor;
    this.#field("password").value = password;
    this.#field("display-name").value = displayName;
    this.#field("username").value = username;
    this.#field("keep-password").checked = keepPassword;
    show(part(this.#root, "keep-choice"), true);
    show(part(this.#root, "keep-warning"), keepPassword);
  }

  /** What was kept goes at once, not only with the next sign-in. */
  #onKeep(): void {
    const { keepPassword, aor } = this.filled;
    show(part(this.#root, "keep-warning"), keepPassword);
    const kept = this.#preferences.values.identities[this.#side];
    if (!keepPassword && kept.aor === aor)
      this.#preferences.identity(this.#side, { ...kept, password: "", keepPassword });
  }

  #field(name: string): HTMLInputElement {
    return part(this.#root, name, HTMLInputElement);
  }
}

function withScheme(address: string): string {
  const text = address.trim();
  return /^sips?:/i.test(text) ? text : `sip:${text}`;
}
