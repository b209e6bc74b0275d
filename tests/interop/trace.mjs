// What went over the wire, as the browsers' developer tools tell it: their clock is the machine's monotonic one, so the
// frames of all pages stand in true order in one ladder.

import { mkdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { ladder } from "../lib/ladder.mjs";

const folder = fileURLToPath(new URL("../../target/interop/", import.meta.url));

export class Trace {
  #entries = [];
  #waiting = new Set();

  /** Notes the frames of a page, and the end of its sockets. */
  async watch(page, who) {
    const tools = await page.createCDPSession();
    const note = (name, direction, message) =>
      tools.on(name, (event) => this.#add({ who, direction, message: message(event), at: event.timestamp }));
    note("Network.webSocketFrameSent", "out", text);
    note("Network.webSocketFrameReceived", "in", text);
    note("Network.webSocketClosed", "in", () => "(the socket closes)");
    await tools.send("Network.enable");
  }

  clear() {
    this.#entries = [];
  }

  /** The messages that `who` has sent ("out") or received ("in") and that match. */
  of(who, direction, pattern) {
    const mine = this.#entries.filter((entry) => entry.who === who && entry.direction === direction);
    return mine.map(({ message }) => message).filter((message) => pattern.test(message));
  }

  /** Resolves with the first of those messages, once there is one. */
  seen(who, direction, pattern, limit = 5_000) {
    return new Promise((resolve, reject) => {
      const settle = (finish, value) => {
        this.#waiting.delete(check);
        clearTimeout(timeout);
        finish(value);
      };
      const check = () => {
        const [found] = this.of(who, direction, pattern);
        if (found !== undefined) settle(resolve, found);
      };
      const what = direction === "in" ? "received" : "sent";
      const late = new Error(`${who} has ${what} nothing like ${pattern} within ${limit} ms`);
      const timeout = setTimeout(() => settle(reject, late), limit);
      this.#waiting.add(check);
      check();
    });
  }

  /** The call flow. */
  ladder() {
    const entries = this.#sorted();
    const steps = entries.map(({ at, ...entry }) => ({ ...entry, t: (at - entries[0].at) * 1000 }));
    return ladder(steps, { centre: "kamailio" });
  }

  /** Writes the messages in full under target/interop/, and returns the file's name. */
  save(name) {
    const file = `${folder}${name.replaceAll(/[^a-z0-9]+/gi, "-")}.txt`;
    const show = ({ who, direction, message, at }) => `──── ${at.toFixed(3)} ${who} ${direction}\n${message}`;
    mkdirSync(folder, { recursive: true });
    writeFileSync(file, this.#sorted().map(show).join("\n").replaceAll("\r\n", "\n"));
    return file;
  }

  /** `at` is in seconds of the monotonic clock. */
  #add(entry) {
    this.#entries.push(entry);
    for (const check of this.#waiting) check();
  }

  #sorted() {
    return this.#entries.toSorted((one, other) => one.at - other.at);
  }
}

function text({ response: { opcode, payloadData } }) {
  return opcode === 2 ? Buffer.from(payloadData, "base64").toString() : payloadData;
}
