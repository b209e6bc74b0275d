// Two user agents in Node, over real sockets, by way of the development edge.

import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { atEdge, next, plainMedia, reached, ringing, sdp, talking } from "./phone.mjs";

const { edge, offline, online } = atEdge();

describe("registration", { timeout: 30_000 }, () => {
  test("rg_01_connect_resolves_registered_and_disconnect_unregisters", async () => {
    const ua = await offline("alice");
    const states = [];
    ua.on("statechange", ({ state }) => states.push(state));
    const messages = [];
    ua.on("trace", ({ direction, message, at }) => messages.push({ direction, message, at }));
    assert.equal(ua.state, "idle");
    await ua.connect();
    assert.deepEqual([ua.state, ua.server, ua.registration.state], ["connected", (await edge).ws, "registered"]);
    assert.deepEqual(states, ["connecting", "connected"]);
    const left = (ua.registration.expiresAt.getTime() - Date.now()) / 1000;
    assert.ok(left > 0 && left <= 600, `${left} s`);
    const [contact] = ua.registration.contacts;
    assert.match(contact.params["+sip.instance"], /urn:uuid:/);
    assert.ok(
      messages.some(
        ({ direction, message }) =>
          direction === "out" && /^REGISTER sip:switchboard\.test SIP\/2\.0\r\n/.test(message),
      ),
    );
    assert.ok(messages.some(({ direction, message }) => direction === "in" && /^SIP\/2\.0 401 /.test(message)));
    const authorized = messages.find(({ message }) => /^Authorization:/m.test(message));
    assert.ok(
      authorized.at instanceof Date && !/response="?[\da-f]{16}/.test(authorized.message),
      "credentials are masked",
    );
    await ua.disconnect();
    assert.deepEqual([ua.registration.state, ua.registration.expiresAt], ["unregistered", null]);
    await ua.connect();
    assert.equal(ua.registration.state, "registered");
  });

  test("au_wrong_credentials_reject_connect", async () => {
    const ua = await offline("alice", { credentials: { username: "alice", password: "wrong" } });
    await assert.rejects(ua.connect(), { name: "PatchcordError", code: "authentication" });
    assert.equal(ua.registration.state, "rejected");
  });

  test("au_credentials_may_be_asked_for_at_each_challenge", async () => {
    const asked = [];
    const ua = await online("bob", {
      credentials: async ({ realm, algorithms }) => {
        asked.push({ realm, algorithms });
        return { username: "bob", password: "bob-secret" };
      },
    });
    assert.equal(ua.registration.state, "registered");
    assert.equal(asked[0].realm, "switchboard.test");
    assert.equal(asked[0].algorithms[0], "SHA-256");
    await ua.registration.unregister();
    assert.equal(ua.registration.state, "unregistered");
    await ua.registration.register();
    assert.equal(ua.registration.state, "registered");
  });
});

describe("calls", { timeout: 60_000 }, () => {
  let alice;
  let bob;
  let media;

  before(async () => {
    media = { alice: plainMedia("alice"), bob: plainMedia("bob") };
    [alice, bob] = await Promise.all([
      online("alice", { media: media.alice, displayName: "Alice" }),
      online("bob", { media: media.bob }),
    ]);
    bob.on("call", () => {});
  });

  test("iv_02_a_call_is_placed_rung_accepted_and_hung_up_by_the_callee", async () => {
    const { outgoing, incoming } = await ringing(alice, bob, { headers: { "X-Queue": "sales" } });
    assert.deepEqual([incoming.remote.displayName, incoming.remote.uri], ["Alice", "sip:alice@switchboard.test"]);
    assert.equal(incoming.invite.headers.get("x-queue"), "sales");
    assert.match(incoming.invite.body.contentType, /^application\/sdp/);
    const progress = next(outgoing, "progress", ({ response }) => response.status === 180);
    await incoming.ring();
    assert.equal((await progress).branch.call, outgoing);
    await reached(outgoing, "ringing");
    await incoming.accept();
    assert.equal(await outgoing.established, outgoing);
    await incoming.established;
    assert.deepEqual([outgoing.state, incoming.state], ["established", "established"]);
    assert.equal(outgoing.dialog.callId, incoming.dialog.callId);
    assert.equal(outgoing.dialog.localTag, incoming.dialog.remoteTag);
    assert.equal(outgoing.dialog.remoteTag, incoming.dialog.localTag);
    await incoming.hangup();
    const [theirs, ours] = await Promise.all([outgoing.ended, incoming.ended]);
    assert.deepEqual([theirs.by, theirs.cause, ours.by, ours.cause], ["remote", "hangup", "local", "hangup"]);
    assert.deepEqual(media.alice.log, [["createOffer"], ["setAnswer", sdp("bob"), false], ["close"]]);
    assert.deepEqual(media.bob.log, [["createAnswer", sdp("alice")], ["close"]]);
    assert.deepEqual([alice.calls, bob.calls], [[], []]);
  });

  test("iv_11_the_caller_hangs_up_with_a_reason", async () => {
    const { outgoing, incoming } = await talking(alice, bob);
    await outgoing.hangup({ reason: { protocol: "Q.850", cause: 16, text: "Normal" } });
    assert.deepEqual((await incoming.ended).reason, [{ protocol: "Q.850", cause: 16, text: "Normal" }]);
    assert.equal(await outgoing.hangup(), undefined, "twice is harmless");
  });

  test("iv_01_a_refused_call_tells_how", async () => {
    const { outgoing, incoming } = await ringing(alice, bob);
    await incoming.reject({ status: 603, phrase: "Not today", retryAfter: 60 });
    await assert.rejects(outgoing.established, { code: "rejected", status: 603 });
    const { by, cause, status, phrase, retryAfter } = await outgoing.ended;
    assert.deepEqual(
      { by, cause, status, phrase, retryAfter },
      { by: "remote", cause: "rejected", status: 603, phrase: "Not today", retryAfter: 60 },
    );
    assert.equal((await incoming.ended).by, "local");
  });

  test("iv_01_the_usual_refusal_is_busy", async () => {
    const { outgoing, incoming } = await ringing(alice, bob);
    await incoming.reject();
    const { cause, status } = await outgoing.ended;
    assert.deepEqual([cause, status], ["busy", 486]);
  });

  test("iv_11_a_call_is_cancelled_before_it_is_answered", async () => {
    const { outgoing, incoming } = await ringing(alice, bob);
    await incoming.ring();
    await reached(outgoing, "ringing");
    await outgoing.hangup();
    await assert.rejects(outgoing.established, { code: "ended" });
    const [ours, theirs] = await Promise.all([outgoing.ended, incoming.ended]);
    assert.deepEqual([ours.by, ours.cause, theirs.by, theirs.cause], ["local", "cancelled", "remote", "cancelled"]);
  });

  test("an_abort_signal_cancels", async () => {
    const controller = new AbortController();
    const { outgoing, incoming } = await ringing(alice, bob, { signal: controller.signal });
    controller.abort();
    assert.equal((await outgoing.ended).cause, "cancelled");
    assert.equal((await incoming.ended).cause, "cancelled");
  });

  test("px_nobody_of_that_name_and_nobody_at_home", async () => {
    const nobody = await alice.call("nobody").ended;
    assert.deepEqual([nobody.cause, nobody.status], ["rejected", 404]);
    const away = await alice.call("sip:carol@switchboard.test").ended;
    assert.deepEqual([away.cause, away.status], ["unanswered", 480]);
  });

  test("design_1_without_a_listener_calls_are_answered_480", async () => {
    await online("dave");
    const { cause, status } = await alice.call("dave").ended;
    assert.deepEqual([cause, status], ["unanswered", 480]);
  });

  test("what_the_state_forbids_is_wrong_state_and_changes_nothing", async () => {
    const { outgoing, incoming } = await talking(alice, bob);
    for (const act of ["ring", "accept", "reject"]) await assert.rejects(incoming[act](), { code: "wrong-state" });
    assert.deepEqual([outgoing.state, incoming.state], ["established", "established"]);
    await outgoing.hangup();
    await incoming.ended;
    await assert.rejects(incoming.accept(), { code: "wrong-state" });
  });

  test("what_is_no_uri_is_a_type_error_at_once", () => {
    const before = alice.calls;
    for (const target of [
      "sip:",
      "sip:bob@",
      "sip:bob@switchboard.test:port",
      "http://example.com/",
      "example.com:5060",
    ]) {
      assert.throws(() => alice.call(target), TypeError, target);
    }
    assert.equal(alice.calls, before);
  });

  test("js_06_an_offer_that_cannot_be_answered_is_refused_488", async () => {
    const picky = plainMedia("carol", { createAnswer: () => Promise.reject(new Error("no codec in common")) });
    const carol = await online("carol", { media: picky });
    const coming = next(carol, "call");
    const outgoing = alice.call("carol");
    const { call: incoming } = await coming;
    await assert.rejects(incoming.accept(), { code: "media" });
    const { cause, status } = await outgoing.ended;
    assert.deepEqual([cause, status], ["incompatible", 488]);
    const { by, cause: ours } = await incoming.ended;
    assert.deepEqual([by, ours], ["local", "incompatible"]);
    assert.equal(picky.log.at(-1)[0], "close");
    await carol.close();
  });

  test("js_06_a_microphone_that_is_refused_is_480", async () => {
    const deaf = plainMedia("carol", {
      createAnswer: () => Promise.reject(new DOMException("denied", "NotAllowedError")),
    });
    const carol = await online("carol", { media: deaf });
    const coming = next(carol, "call");
    const outgoing = alice.call("carol");
    const { call: incoming } = await coming;
    await assert.rejects(incoming.accept(), { code: "media" });
    assert.equal((await outgoing.ended).status, 480);
    await carol.close();
  });

  test("js_06_an_answer_that_cannot_be_set_ends_the_call", async () => {
    const carol = await online("carol", {
      media: plainMedia("carol", { setAnswer: () => Promise.reject(new Error("no")) }),
    });
    const { outgoing, incoming } = await ringing(carol, bob);
    await incoming.accept();
    assert.equal((await outgoing.ended).cause, "media");
    assert.equal((await incoming.ended).by, "remote");
    await carol.close();
  });

  test("design_1_media_that_fails_before_the_invite_ends_the_call_and_says_why", async () => {
    const carol = await online("carol", {
      media: plainMedia("carol", { createOffer: () => Promise.reject(new DOMException("denied", "NotAllowedError")) }),
    });
    const call = carol.call("bob");
    await assert.rejects(call.established, (error) => error.code === "media" && /denied/.test(error.message));
    await carol.close();
  });

  test("lost_media_ends_the_call", async () => {
    const contexts = [];
    const base = plainMedia("carol");
    const carol = await online("carol", { media: { open: (context) => (contexts.push(context), base.open()) } });
    const { outgoing, incoming } = await talking(carol, bob);
    contexts[0].failed(new Error("ICE failed"));
    const [ours, theirs] = await Promise.all([outgoing.ended, incoming.ended]);
    assert.deepEqual([ours.cause, theirs.by, theirs.cause], ["media", "remote", "hangup"]);
    await carol.close();
  });

  test("td_07_close_ends_the_calls_unregisters_and_is_final", async () => {
    const carol = await online("carol");
    const { outgoing, incoming } = await talking(carol, bob);
    const snapshot = await carol.snapshot();
    assert.ok(snapshot.machines.some(({ machine }) => machine.startsWith("call")));
    await carol.close();
    assert.deepEqual(
      [(await outgoing.ended).cause, carol.state, carol.registration.state],
      ["closed", "closed", "unregistered"],
    );
    assert.equal((await incoming.ended).by, "remote");
    assert.equal((await alice.call("carol").ended).status, 480, "she is registered no more");
    assert.throws(() => carol.call("bob"), { code: "closed" });
  });
});
