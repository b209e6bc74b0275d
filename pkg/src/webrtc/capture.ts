/**
 * Microphone and camera: asked for, and explained to people where they cannot be had.
 */

import { PatchcordError } from "../errors.js";
import type { MediaConstraints } from "../types.js";
import type { Kind } from "./senders.js";

/** Which device to capture from, where one was chosen. */
export type Devices = Readonly<Partial<Record<Kind, string>>>;

/** What to ask the browser for: what is wanted of a kind, from the device chosen for it. */
export function constraintsOf(kind: Kind, wanted: MediaConstraints, devices: Devices): MediaTrackConstraints | boolean {
  const given = wanted[kind] ?? false;
  const device = devices[kind];
  if (given === false || device === undefined) return given;
  const { deviceId: _usual, ...others } = given === true ? {} : given;
  // Chromium calls what the system prefers "default", Firefox has no name for it.
  return device === "" || device === "default" ? others : { ...others, deviceId: { exact: device } };
}

/** Captures. Rejects with a PatchcordError `media` that says what people can do about it. */
export async function capture(constraints: MediaStreamConstraints): Promise<MediaStream> {
  const devices = globalThis.navigator?.mediaDevices;
  if (!devices)
    throw new PatchcordError(
      "media",
      "microphone and camera are only to be had on pages served by https: or from localhost",
    );
  try {
    return await devices.getUserMedia(constraints);
  } catch (error) {
    const what = constraints.video ? (constraints.audio ? "microphone or camera" : "camera") : "microphone";
    throw refusal(error, refusals(what), `the ${what} could not be had`);
  }
}

/** An error of the browser's in words; `known` has them by its name. */
export function refusal(error: unknown, known: Readonly<Record<string, string>>, what: string): PatchcordError {
  const name = error instanceof Error ? error.name : "";
  return new PatchcordError("media", known[name] ?? `${what}: ${String(error)}`, { cause: error });
}

function refusals(what: string): Readonly<Record<string, string>> {
  return {
    NotAllowedError: `the use of the ${what} was refused; the user can allow it in the browser's settings for this site`,
    NotFoundError: `no ${what} was found; connect one, or listen only with audio: false`,
    NotReadableError: `the ${what} is in use by another program, or the system refuses it`,
    OverconstrainedError: `no ${what} fits the constraints asked for; the device may have been unplugged`,
    SecurityError: `this page may not use the ${what}: its Permissions-Policy forbids it`,
  };
}
