/** The demo: two softphones side by side, and below them every SIP message they send and receive. */

import { part } from "./dom.js";
import { Ladder, type Side } from "./ladder.js";
import { PhonePane } from "./phone-pane.js";
import { settings } from "./settings.js";

const { server, users } = settings(location);
const ladder = new Ladder(document.body);
const phones = [phone("left", 0, 1), phone("right", 1, 0)];

part(document, "server").textContent = server;
part(document, "phones").append(...phones.map(({ root }) => root));

/** A phone that at first is the user with the index `own`, ready to call the one with the index `other`. */
function phone(side: Side, own: number, other: number): PhonePane {
  return new PhonePane({
    side,
    server,
    users,
    ladder,
    user: users[own],
    dial: users[other]?.name ?? "",
    isTaken: (address) => phones.some(({ aor }) => aor === address),
  });
}
