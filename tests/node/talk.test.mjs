// What two user agents do within a call and beside it, over real sockets, by way of the development edge.

import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { atEdge, direction, next, plainMedia, ringing, talking } from "./phone.mjs";

const { offline, online } = atEdge();
let alice;
let bob;
let media;
const wire = [];

before(async () => {
  media = { alice: plainMedia("alice"), bob: pickyMedia("bob") };
  [alice, bob] = await Promise.all([online("alice", { media: media.alice }), online("bob", { media: media.bob })]);
  bob.on("call", () => {});
  alice.on("trace", ({ direction, message }) => wire.push(`${direction} ${message}`));
});

/** Media that refuses as many offers as `refusals` says. */
function pickyMedia(owner) {
  const { log, open } = plainMedia(owner);
  const picky = { log, refusals: 0 };
  picky.open = () => {
    const session = open();
    return {
      ...session,
      createAnswer: (...args) =>
        picky.refusals-- > 0 ? Promise.reject(new Error("not now")) : session.createAnswer(...args),
    };
  };
  return picky;
}

/** What alice has sent ("out …") and received ("in …") that starts like this. */
const sent = (start) => wire.filter((message) => message.startsWith(start));

describe("hold and new media", { timeout: 60_000 }, () => {
  test("iv_10_hold_is_sendonly_and_seen_by_the_other_side_and_so_is_its_end", async () => {
    const { outgoing, incoming } = await talking(alice, bob);
    wire.length = 0;
    const seen = next(incoming, "hold");
    const ours = next(outgoing, "hold");
    await outgoing.setHold(true);
    assert.deepEqual(outgoing.hold, { local: true, remote: false });
    const [{ by, held }, own] = [await seen, await ours];
    assert.deepEqual([by, held, own.by, own.held], ["remote", true, "local", true]);
    assert.deepEqual(incoming.hold, { local: false, remote: true });
    assert.equal(direction(sent("out INVITE ")[0]), "sendonly");
    assert.equal(direction(media.bob.log.at(-1)[1]), "sendonly");
    assert.equal(direction(media.alice.log.at(-1)[1]), "recvonly", "mirrored");
    assert.doesNotMatch(wire.join(""), /c=IN IP4 0\.0\.0\.0/);

    const both = next(outgoing, "hold");
    await incoming.setHold(true);
    assert.deepEqual([(await both).by, outgoing.hold], ["remote", { local: true, remote: true }]);
    assert.equal(direction(media.bob.log.at(-1)[1]), "inactive");

    const resumed = next(incoming, "hold", ({ by, held }) => by === "remote" && !held);
    await outgoing.setHold(false);
    await resumed;
    await incoming.setHold(false);
    assert.deepEqual(
      [outgoing.hold.local, incoming.hold],
      [false, { local: false, remote: false }],
    );
    await outgoing.hangup();
    await incoming.ended;
  });

  test("iv_07_a_hold_that_is_refused_488_leaves_the_call_as_it_was", async () => {
    const { outgoing, incoming } = await talking(alice, bob);
    const before = [outgoing.hold, incoming.hold];
    media.bob.refusals = 1;
    await assert.rejects(outgoing.setHold(true), { name: "PatchcordError", code: "rejected", status: 488 });
    assert.equal(media.alice.log.at(-1)[0], "rollback");
    assert.deepEqual([outgoing.hold, incoming.hold], before);
    assert.deepEqual([outgoing.state, incoming.state], ["established", "established"]);
    await outgoing.setHold(true);
    assert.equal(outgoing.hold.local, true, "the next one may do");
    await incoming.hangup();
    await outgoing.ended;
  });

  test("iv_07_media_is_renegotiated_by_either_side_and_either_method", async () => {
    const { outgoing, incoming } = await talking(alice, bob);
    wire.length = 0;
    await outgoing.renegotiate();
    assert.equal(sent("out INVITE ").length, 1);
    await outgoing.renegotiate({ method: "update", iceRestart: true });
    assert.equal(sent("out UPDATE ").length, 1);
    assert.match(sent("out UPDATE ")[0], /\r\nv=0\r\n/);
    await incoming.renegotiate({ method: "invite" });
    assert.equal(sent("in INVITE ").length, 1);
    assert.deepEqual([outgoing.state, incoming.state], ["established", "established"]);
    await outgoing.hangup();
    await incoming.ended;
  });

  test("what_changes_a_call_is_wrong_state_before_it_is_established", async () => {
    const { outgoing, incoming } = await ringing(alice, bob);
    for (const call of [outgoing, incoming]) {
      await assert.rejects(call.setHold(true), { code: "wrong-state" });
      await assert.rejects(call.renegotiate(), { code: "wrong-state" });
      await assert.rejects(call.sendDtmf("1"), { code: "wrong-state" });
    }
    await outgoing.hangup();
    await incoming.ended;
  });
});

describe("requests and tones within a call", { timeout: 60_000 }, () => {
  test("js_05_a_request_is_answered_by_the_other_sides_listener", async () => {
    const { outgoing, incoming } = await talking(alice, bob);
    const body = { contentType: "application/json", content: '{"seat":7}' };
    const off = incoming.on("request", (event) => {
      assert.deepEqual([event.headers.get("x-seat"), event.body.content], ["7", body.content]);
      event.respond(202, { headers: { "X-Answer": event.method }, body: { contentType: "text/plain", content: "ja" } });
    });
    const options = { headers: { "X-Seat": "7" }, body };
    for (const method of ["INFO", "MESSAGE", "FROB"]) {
      const response = await outgoing.request(method, options);
      assert.deepEqual(
        [response.status, response.headers.get("X-Answer"), response.body.content],
        [202, method, "ja"],
      );
    }
    off();
    const usual = [
      ["INFO", {}, 200],
      ["INFO", { body }, 415],
      ["INFO", { headers: { "Info-Package": "seat" } }, 469],
      ["MESSAGE", { body }, 200],
      ["FROB", {}, 405],
    ];
    for (const [method, options, expected] of usual)
      assert.equal((await outgoing.request(method, options)).status, expected, `the usual answer to ${method}`);
    await outgoing.hangup();
    await incoming.ended;
  });

  test("js_05_a_request_may_be_answered_later", async () => {
    const { outgoing, incoming } = await talking(alice, bob);
    incoming.on("request", (event) => {
      event.preventDefault();
      setImmediate(() => event.respond(403));
    });
    assert.equal((await outgoing.request("INFO")).status, 403);
    await outgoing.hangup();
    await incoming.ended;
  });

  test("iv_16_tones_arrive_one_by_one_and_in_order", async () => {
    const { outgoing, incoming } = await talking(alice, bob);
    const heard = [];
    incoming.on("dtmf", ({ tone, durationMs }) => heard.push([tone, durationMs]));
    await outgoing.sendDtmf("1#a", { durationMs: 40, gapMs: 30 });
    assert.deepEqual(heard, [
      ["1", 40],
      ["#", 40],
      ["A", 40],
    ]);
    await outgoing.hangup();
    await incoming.ended;
  });

  test("a_request_that_is_under_way_when_the_call_ends_is_settled", async () => {
    const { outgoing, incoming } = await talking(alice, bob);
    incoming.on("request", (event) => event.preventDefault());
    const asked = next(incoming, "request");
    const request = outgoing.request("INFO").then(
      ({ status }) => status,
      ({ code }) => code,
    );
    await asked;
    await outgoing.hangup();
    await incoming.ended;
    assert.ok(["ended", 487, 481].includes(await request), String(await request));
  });
});

describe("messages and requests out of calls", { timeout: 60_000 }, () => {
  test("iv_16_a_message_arrives_and_is_accepted_unless_it_is_rejected", async () => {
    const coming = next(bob, "message");
    const sent = await alice.message("bob", "Grüße");
    const { from, body, headers } = await coming;
    assert.deepEqual([sent.status, from.uri, body.content], [200, "sip:alice@switchboard.test", "Grüße"]);
    assert.match(headers.get("content-type"), /^text\/plain/);
    const off = bob.on("message", ({ reject }) => reject(486));
    assert.equal((await alice.message("bob", "again")).status, 486);
    off();
    assert.equal((await alice.message("bob", "nobody listens")).status, 200);
    assert.equal((await alice.message("sip:nobody@switchboard.test", "?")).status, 404);
  });

  test("iv_15_options_tell_what_is_offered_and_a_capability_that_is_off_is_missing_everywhere", async () => {
    const all = await alice.request("OPTIONS", "bob");
    assert.equal(all.status, 200);
    const allowed = all.headers.getAll("Allow").join();
    for (const method of ["INVITE", "UPDATE", "INFO", "MESSAGE"]) assert.match(allowed, new RegExp(`\\b${method}\\b`));
    await online("carol", { capabilities: { update: false, info: false, message: false } });
    const fewer = await alice.request("OPTIONS", "carol");
    assert.doesNotMatch(fewer.headers.getAll("Allow").join(), /UPDATE|INFO|MESSAGE/);
    assert.equal((await alice.message("carol", "hi")).status, 405);
  });

  test("js_05_a_method_nobody_knows_is_refused_by_the_peer_and_resolves", async () => {
    const { status, headers } = await alice.request("FROB", "bob");
    assert.equal(status, 405);
    assert.match(headers.getAll("Allow").join(), /INVITE/);
  });

  test("requests_need_a_connection", async () => {
    const dave = await offline("dave");
    await assert.rejects(dave.message("bob", "hi"), { code: "not-connected" });
    await assert.rejects(dave.request("OPTIONS", "bob"), { code: "not-connected" });
  });
});
