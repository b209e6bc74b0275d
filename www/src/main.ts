/** The demo: one softphone, or two side by side, and every SIP message they send and receive. */

import { Attention } from "./attention.js";
import { Devices } from "./devices.js";
import { part, say, show } from "./dom.js";
import { Ladder, type Side } from "./ladder.js";
import { Panel } from "./panel.js";
import { PhonePane } from "./phone-pane.js";
import { Preferences } from "./preferences.js";
import { Ringer } from "./ringer.js";
import { bringToLife } from "./settings-panel.js";
import { place } from "./settings.js";
import { listenForShortcuts, listShortcuts } from "./shortcuts.js";

const preferences = new Preferences();
const devices = new Devices();
const ladder = new Ladder(document.body);
const ringer = new Ringer(preferences);
const attention = new Attention(preferences, ringer);
const settingsPanel = new Panel("settings");
const helpPanel = new Panel("help");
const here = () => place(location, preferences.values.server);
let rung = 0; // calls that were ringing at the last look

const phones: PhonePane[] = [];
for (const side of ["left", "right"] as const) phones.push(phone(side));
part(document, "phones").append(...phones.map(({ root }) => root));

part(document, "panes").addEventListener("click", () => void setPanes(panes() === 1 ? 2 : 1));
part(document, "wire-toggle").addEventListener("click", () => preferences.set({ wire: !preferences.values.wire }));
listenForShortcuts(
  () => phones.filter(({ root }) => !root.hidden),
  () => helpPanel.open(),
);
listShortcuts(part(document, "keys"));
bringToLife({ root: settingsPanel.root, preferences, devices, ringer, serverSet, forgotten });
preferences.follow(render);
for (const gesture of ["pointerdown", "keydown"])
  document.addEventListener(gesture, () => setTimeout(look), { capture: true, once: true });
// Whoever leaves by mistake would hang up.
addEventListener("beforeunload", (event) => {
  if (phones.some(({ desk }) => desk.calls.length > 0)) event.preventDefault();
});

/** A phone that at first is the first or second user there is, ready to call the other. */
function phone(side: Side): PhonePane {
  const [own, other] = side === "left" ? [0, 1] : [1, 0];
  return new PhonePane({
    side,
    preferences,
    devices,
    ladder,
    place: here,
    first: (users) => ({ own: users[own], other: users[other] }),
    isShown: () => side === "left" || panes() === 2,
    isTaken: (address) => phones.some(({ aor }) => aor === address),
    changed: look,
  });
}

/** What all phones together call for. */
function look(): void {
  attention.look(phones);
  const ringing = phones.flatMap(({ cards }) => cards).filter(({ root }) => root.dataset["waiting"] === "true").length;
  // On a narrow page a panel covers the phone: somebody who is called must see by whom.
  if (ringing > rung && matchMedia("(max-width: 60rem)").matches)
    for (const panel of [settingsPanel, helpPanel]) panel.close();
  rung = ringing;
  const mute = preferences.values.ring && ringer.blocked && phones.some(({ aor }) => aor !== null);
  say(
    part(document, "page-note"),
    mute ? "The browser lets this page ring only after you have clicked or typed in it once." : "",
  );
  show(part(document, "page-note"), mute);
}

/** With the development edge there are two, so that they can call each other; an agent has one. */
function panes(): number {
  return preferences.values.panes || (here().users.length > 0 ? 2 : 1);
}

/** A phone that is not shown must not be called. */
async function setPanes(wanted: number): Promise<void> {
  const [, right] = phones;
  if (wanted === 1 && right && right.desk.calls.length > 0) {
    show(part(document, "page-note"), true);
    return say(part(document, "page-note"), "The right phone is in a call. Hang up there first.");
  }
  preferences.set({ panes: wanted });
  if (wanted === 1) await right?.signOut();
}

function render(): void {
  const { theme, wire } = preferences.values;
  document.documentElement.dataset["theme"] = theme;
  document.body.dataset["panes"] = String(panes());
  part(document, "panes").ariaPressed = String(panes() === 2);
  say(part(document, "server"), here().server);
  show(part(document, "phone-right"), panes() === 2);
  show(part(document, "ladder-right"), panes() === 2);
  show(part(document, "wire-body"), wire);
  part(document, "wire-toggle").ariaExpanded = String(wire);
  look();
}

/** The server that somebody sets goes before the one in the page's own address. */
function serverSet(): void {
  history.replaceState(null, "", location.pathname);
  render();
  for (const one of phones) one.offerSignIn();
}

function forgotten(): void {
  for (const one of phones) void one.signOut().then(() => one.offerSignIn());
}
