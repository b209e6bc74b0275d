/** What calls people to the page: its title, the ring, and a notification while they look elsewhere. */

import { isWaiting } from "./call-desk.js";
import type { CallCard } from "./call-card.js";
import type { PhonePane } from "./phone-pane.js";
import type { Preferences } from "./preferences.js";
import type { Ringer } from "./ringer.js";
import { nameOf } from "./words.js";

const TITLE = "patchcord";

/** Watches over the phones. */
export class Attention {
  readonly #preferences: Preferences;
  readonly #ringer: Ringer;
  readonly #shown = new Map<CallCard, Notification | null>();

  constructor(preferences: Preferences, ringer: Ringer) {
    this.#preferences = preferences;
    this.#ringer = ringer;
  }

  /** Looks at the phones anew. */
  look(phones: readonly PhonePane[]): void {
    const cards = phones.flatMap((phone) => phone.cards);
    const waiting = cards.filter(({ call }) => isWaiting(call));
    const spoken = phones.some(({ desk }) => desk.spoken !== null);
    const audible = waiting.filter(({ silenced }) => !silenced);
    const rings = this.#preferences.values.ring && audible.length > 0;
    this.#ringer.ring(rings ? (spoken ? "softly" : "aloud") : null);
    document.title = titleOf(phones, waiting);
    document.documentElement.dataset["ringing"] = this.#ringer.ringing ?? "";
    this.#notify(waiting);
  }

  #notify(waiting: readonly CallCard[]): void {
    for (const [card, notification] of this.#shown) {
      if (waiting.includes(card)) continue;
      notification?.close();
      this.#shown.delete(card);
    }
    for (const card of waiting.filter((one) => !this.#shown.has(one))) this.#shown.set(card, this.#show(card));
  }

  #show({ call, root }: CallCard): Notification | null {
    const inFront = document.visibilityState === "visible" && document.hasFocus();
    if (inFront || !this.#preferences.values.notify || notificationPermission() !== "granted") return null;
    try {
      const notification = new Notification(`${nameOf(call.remote)} is calling`, {
        body: call.remote.uri,
        tag: `patchcord-${call.id}`,
        requireInteraction: true,
      });
      notification.onclick = () => {
        window.focus();
        root.focus();
        notification.close();
      };
      return notification;
    } catch {
      return null; // Android shows them only from a service worker
    }
  }
}

/** Whether this browser shows notifications of this page. */
export function notificationPermission(): NotificationPermission | "unknown" {
  return typeof Notification === "function" ? Notification.permission : "unknown";
}

function titleOf(phones: readonly PhonePane[], waiting: readonly CallCard[]): string {
  const [first, ...others] = waiting;
  if (first)
    return `☎ ${nameOf(first.call.remote)} is calling${others.length ? ` (+${others.length})` : ""} – ${TITLE}`;
  const spoken = phones.map(({ desk }) => desk.spoken).find((call) => call !== null);
  if (spoken) return `In call with ${nameOf(spoken.remote)} – ${TITLE}`;
  const held = phones.flatMap(({ desk }) => desk.calls).filter(({ hold }) => hold.local).length;
  if (held) return `${held} on hold – ${TITLE}`;
  return phones.some(({ troubled }) => troubled) ? `No connection – ${TITLE}` : TITLE;
}
