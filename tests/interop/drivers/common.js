// What the drivers share. A driver is a module for the browser that puts one SIP library behind `window.phone`, so that
// a test need not know which library it talks to:
//
//   start({ ws, aor, password })   connects and registers
//   call(target) → id              an outgoing call; calls are numbered from 0
//   answer(id) reject(id, status) hangup(id)
//   hold(id) resume(id)            resolve when the peer has agreed
//   dtmf(id, tone)                 by INFO
//   message(target, text) → status
//   options(target) → { status, allow }
//   peerConnection(id)
//   endAll()                       what is left of calls
//
// It tells what happens by `tell(type, facts)`: registered, disconnected; message {text}; and, with the `call` it is
// about, incoming, ringing (180 has come), established, ended {status}, dtmf {tone}.

const told = [];
const waiting = new Set();

/** Notes that something has happened. Null and undefined facts are left out. */
export function tell(type, facts = {}) {
  told.push({ type, ...facts });
  for (const check of waiting) check();
}

/** A driver's calls by their number. */
export class Calls {
  #list = [];

  add(call) {
    return this.#list.push(call) - 1;
  }

  at(id) {
    return this.#list[id];
  }

  get all() {
    return this.#list;
  }
}

/** Makes the driver known to the test, with what is the same for all. */
export function offer(driver) {
  window.phone = { ...driver, count: () => told.length, wait, audio, direction };
}

/** Resolves with the first that was told from the `from`-th on, is of that type and has those facts. */
function wait(type, facts, from, limit) {
  return new Promise((resolve, reject) => {
    const wanted = Object.entries({ type, ...facts });
    const fits = (event) => wanted.every(([name, value]) => event[name] === value);
    const settle = (finish, value) => {
      waiting.delete(check);
      clearTimeout(timeout);
      finish(value);
    };
    const check = () => {
      const index = told.findIndex((event, index) => index >= from && fits(event));
      if (index >= 0) settle(resolve, { ...told[index], index });
    };
    const late = () => {
      const now = JSON.stringify(told.slice(from));
      settle(reject, new Error(`no ${type} ${JSON.stringify(facts)} within ${limit} ms, but ${now}`));
    };
    const timeout = setTimeout(late, limit);
    waiting.add(check);
    check();
  });
}

/** Resolves with the bytes of sound that have come in since the call, once there are `packets` packets of it. */
async function audio(id, packets, limit) {
  const until = performance.now() + limit;
  const first = await received(id);
  for (;;) {
    const now = await received(id);
    if (now.packets >= first.packets + packets && now.bytes > first.bytes) return now.bytes - first.bytes;
    if (performance.now() > until) {
      const state = window.phone.peerConnection(id)?.connectionState;
      const came = now.packets - first.packets;
      throw new Error(`${came} packets of sound, not ${packets}, came within ${limit} ms; the connection is ${state}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 20)); // statistics have no event
  }
}

async function received(id) {
  const sum = { packets: 0, bytes: 0 };
  for (const report of (await window.phone.peerConnection(id)?.getStats())?.values() ?? []) {
    if (report.type !== "inbound-rtp" || report.kind !== "audio") continue;
    sum.packets += report.packetsReceived;
    sum.bytes += report.bytesReceived;
  }
  return sum;
}

/** Resolves once sound has been agreed to go that way. */
function direction(id, wanted, limit) {
  const connection = window.phone.peerConnection(id);
  const now = () => connection.getTransceivers()[0]?.currentDirection;
  return new Promise((resolve, reject) => {
    const settle = (finish, value) => {
      connection.removeEventListener("signalingstatechange", check);
      clearTimeout(timeout);
      finish(value);
    };
    // Directions count once both descriptions are there.
    const check = () => connection.signalingState === "stable" && now() === wanted && settle(resolve);
    const late = () => settle(reject, new Error(`sound is ${now()}, not ${wanted}, after ${limit} ms`));
    const timeout = setTimeout(late, limit);
    connection.addEventListener("signalingstatechange", check);
    check();
  });
}
