/** The panel of settings: each holds as soon as it is changed, and is kept as preferences.ts says. */

import { notificationPermission } from "./attention.js";
import { canChooseOutput, type Devices } from "./devices.js";
import { part, say, show } from "./dom.js";
import { iceServers } from "./ice.js";
import type { Preferences, Theme, Values } from "./preferences.js";
import { canChooseRinger, type Ringer } from "./ringer.js";
import { errorWords } from "./words.js";

/** What it works on. */
export interface PanelParts {
  root: HTMLElement;
  preferences: Preferences;
  devices: Devices;
  ringer: Ringer;
  /** The server in the page's own address goes before the set one; called when somebody sets one all the same. */
  serverSet(): void;
  /** Whoever is signed in shall be so no longer. */
  forgotten(): void;
}

/** Those of a kind that a control of the panel stands for. */
const FLAGS = {
  "setting-keep": "keep",
  "setting-ring": "ring",
  "setting-stay": "staySignedIn",
  "setting-keep-ice-passwords": "keepIcePasswords",
} as const;
const TEXTS = { "setting-server": "server", "setting-ice": "ice" } as const;
const CHOICES = {
  "setting-microphone": "microphone",
  "setting-speaker": "speaker",
  "setting-ring-device": "ringDevice",
} as const;

/** Brings the panel to life. */
export function bringToLife(parts: PanelParts): void {
  const { root, preferences, devices, ringer } = parts;
  followFields(root, preferences);
  followDevices(root, preferences, devices);
  part(root, "try-ring").addEventListener("click", () => void ringer.try());
  part(root, "setting-server").addEventListener("change", parts.serverSet);
  part(root, "setting-notify").addEventListener("change", () => void askToNotify(root, preferences));
  part(root, "name-devices").addEventListener("click", async () => {
    say(part(root, "settings-problem"), await devices.askForNames().then(() => "", errorWords));
  });
  part(root, "forget").addEventListener("click", () => {
    preferences.forget();
    parts.forgotten();
    say(part(root, "forgotten"), "Forgotten: this browser keeps nothing of this page any more.");
  });
}

function followFields(root: HTMLElement, preferences: Preferences): void {
  const wire = (name: string, change: (field: HTMLInputElement) => Partial<Values>) => {
    const field = part(root, name) as HTMLInputElement;
    field.addEventListener("change", () => preferences.set(change(field)));
  };
  for (const [name, key] of Object.entries(FLAGS)) wire(name, ({ checked }) => ({ [key]: checked }));
  for (const [name, key] of Object.entries(TEXTS)) wire(name, ({ value }) => ({ [key]: value.trim() }));
  for (const [name, key] of Object.entries(CHOICES)) wire(name, ({ value }) => ({ [key]: value }));
  wire("setting-theme", ({ value }) => ({ theme: value as Theme }));
  wire("setting-ring-volume", ({ valueAsNumber }) => ({ ringVolume: valueAsNumber }));
  preferences.follow((values) => fill(root, values, preferences.refused));
}

function fill(root: HTMLElement, values: Readonly<Values>, refused: boolean): void {
  const field = (name: string) => part(root, name) as HTMLInputElement;
  for (const [name, key] of Object.entries(FLAGS)) field(name).checked = values[key];
  for (const [name, key] of Object.entries(TEXTS)) field(name).value = values[key];
  field("setting-theme").value = values.theme;
  field("setting-ring-volume").value = String(values.ringVolume);
  field("setting-notify").checked = values.notify && notificationPermission() === "granted";
  const { problems } = iceServers(values.ice);
  say(
    part(root, "settings-problem"),
    refused
      ? "This browser keeps nothing for this page: its storage is forbidden or full. What you set holds until you leave."
      : problems.join(" "),
  );
  if (values.recent.left.length || values.recent.right.length || values.server) say(part(root, "forgotten"), "");
}

function followDevices(root: HTMLElement, preferences: Preferences, devices: Devices): void {
  const select = (name: string) => part(root, name, HTMLSelectElement);
  const fillAll = () => {
    const { microphone, speaker, ringDevice } = preferences.values;
    devices.fill(select("setting-microphone"), "audioinput", microphone);
    devices.fill(select("setting-speaker"), "audiooutput", speaker);
    devices.fill(select("setting-ring-device"), "audiooutput", ringDevice);
    show(part(root, "name-devices"), devices.nameless);
  };
  show(part(root, "speaker-choice"), canChooseOutput);
  show(part(root, "ring-choice"), canChooseRinger);
  devices.follow(fillAll);
  preferences.follow(fillAll);
}

/** The browser asks once, and only when somebody has just asked for it. */
async function askToNotify(root: HTMLElement, preferences: Preferences): Promise<void> {
  const wanted = part(root, "setting-notify", HTMLInputElement).checked;
  if (wanted && notificationPermission() === "default") await Notification.requestPermission().catch(() => "denied");
  const permission = notificationPermission();
  preferences.set({ notify: wanted && permission === "granted" });
  const refusal =
    permission === "unknown"
      ? "This browser shows no notifications."
      : "The browser does not let this page show notifications. Allow them in its site settings.";
  say(part(root, "notify-state"), wanted && permission !== "granted" ? refusal : "");
}
