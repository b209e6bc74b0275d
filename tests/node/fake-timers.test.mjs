// Fake timers of test tools drive the whole: a call rings for three minutes in no time.

import assert from "node:assert/strict";
import { test } from "node:test";
import FakeTimers from "@sinonjs/fake-timers";
import { UserAgent, init } from "../../pkg/dist/index.js";
import { plainMedia } from "./phone.mjs";
import { field, memorySocket, respond } from "./scripted.mjs";

/** Registers everybody, rings for ever, ends when cancelled; notes when each method came. */
function ringingServer() {
  const seen = [];
  let invite = "";
  const server = (message, answer) => {
    if (message === "\r\n\r\n") return answer("\r\n");
    const [method] = message.split(" ", 1);
    seen.push({ method, at: Date.now() });
    if (method === "REGISTER")
      answer(respond(message, "200 OK", [`Contact: ${field(message, "Contact")};expires=600`]));
    if (method === "INVITE") {
      invite = message;
      answer(respond(message, "180 Ringing", ["Contact: <sip:bob@192.0.2.1>"]));
    }
    if (method === "CANCEL") {
      answer(respond(message, "200 OK"));
      answer(respond(invite, "487 Request Terminated"));
    }
  };
  return { seen, server };
}

/**
 * Runs `work` with a registered user agent at such a server, all in fake time; `seen` is what came to the server. Afterwards
 * the user agent is closed and nothing must be left ticking.
 */
async function inFakeTime(work) {
  await init();
  const clock = FakeTimers.install({ now: Date.UTC(2024, 0, 1) });
  try {
    const { seen, server } = ringingServer();
    const Socket = memorySocket(server);
    const ua = await UserAgent.create({
      aor: "sip:alice@example.com",
      servers: "wss://edge.example.com",
      media: plainMedia("alice"),
      webSocket: (url) => new Socket(url),
    });
    const connected = ua.connect();
    await clock.tickAsync(100);
    await connected;
    assert.equal(ua.registration.state, "registered");
    await work({ ua, seen, clock });
    const closed = ua.close();
    await clock.tickAsync(6000);
    await closed;
    assert.equal(clock.countTimers(), 0, "nothing is left ticking");
  } finally {
    clock.uninstall();
  }
}

test("design_3_a_call_nobody_answers_is_cancelled_after_180_s_of_fake_time", { timeout: 30_000 }, async () => {
  await inFakeTime(async ({ ua, seen, clock }) => {
    const placedAt = Date.now();
    const call = ua.call("bob");
    await clock.tickAsync(1000);
    assert.equal(call.state, "ringing");
    await clock.tickAsync(178_900);
    assert.deepEqual(
      seen.filter(({ method }) => method === "CANCEL"),
      [],
      "not a moment too soon",
    );
    await clock.tickAsync(200);
    const [cancel] = seen.filter(({ method }) => method === "CANCEL");
    const after = cancel.at - placedAt;
    assert.ok(after >= 180_000 && after <= 180_050, `${after} ms`);
    const { by, cause } = await call.ended;
    assert.deepEqual([by, cause], ["local", "unanswered"]);
    await assert.rejects(call.established, { code: "timeout" });
    await clock.tickAsync(1000);
    assert.equal(seen.at(-1).method, "ACK", "487 is acknowledged");
  });
});

test("rg_03_the_registration_is_refreshed_in_fake_time", { timeout: 30_000 }, async () => {
  await inFakeTime(async ({ ua, seen, clock }) => {
    await clock.tickAsync(600_000);
    const [first, refresh] = seen.filter(({ method }) => method === "REGISTER");
    const after = (refresh.at - first.at) / 1000;
    assert.ok(after >= 450 && after <= 541, `refreshed after ${after} s of 600`);
    assert.equal(ua.registration.state, "registered");
  });
});
