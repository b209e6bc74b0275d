// A user agent whose peer is played, message by message, in fake time.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { direction, plainMedia, sdp } from "./phone.mjs";
import { field, respond, withPeer } from "./scripted.mjs";

const CONTACT = "Contact: <sip:bob@peer.invalid;transport=ws>";
const number = (message) => Number.parseInt(field(message, "CSeq"), 10);

/** The call that comes in when `peer` calls, accepted. */
async function talking({ ua, peer }) {
  let call;
  ua.on("call", (event) => (call = event.call), { once: true });
  await peer.call(sdp("bob"), () => call.accept());
  assert.equal(call.state, "established");
  return call;
}

describe("requests", { timeout: 30_000 }, () => {
  test("js_05_a_method_of_the_applications_own_is_sent_and_answered", async () => {
    await withPeer({}, async ({ ua, peer }) => {
      const answer = ua.request("FROB", "bob", { headers: { "X-A": "b" } });
      const request = await peer.expect("FROB sip:bob@example.com SIP/2.0\r\n");
      assert.equal(field(request, "X-A"), "b");
      await peer.say(respond(request, "299 Frobbed", ["X-B: c"]));
      const { status, phrase, headers } = await answer;
      assert.deepEqual([status, phrase, headers.get("x-b")], [299, "Frobbed", "c"]);
    });
  });

  test("a_request_nobody_answers_times_out_after_32_s", async () => {
    await withPeer({}, async ({ ua, peer, pass }) => {
      let code;
      ua.request("OPTIONS", "bob").catch((error) => (code = error.code));
      await peer.expect("OPTIONS ");
      await pass(31_900);
      assert.equal(code, undefined);
      await pass(200);
      assert.equal(code, "timeout");
    });
  });

  test("an_aborted_request_rejects_at_once_and_its_answer_is_of_no_account", async () => {
    await withPeer({}, async ({ ua, peer }) => {
      const controller = new AbortController();
      const answer = ua.message("bob", "hi", { signal: controller.signal });
      const request = await peer.expect("MESSAGE ");
      assert.match(request, /^Content-Type: text\/plain\r$[^]*\r\n\r\nhi$/m);
      controller.abort(new Error("enough"));
      await assert.rejects(answer, /enough/);
      await peer.say(respond(request, "200 OK"));
      await peer.silence();
    });
  });

  test("js_07_a_listener_that_never_answers_is_answered_for_after_30_s", async () => {
    await withPeer({}, async (all) => {
      const { peer, pass } = all;
      const call = await talking(all);
      let event;
      call.on("request", (given) => {
        event = given;
        given.preventDefault();
      });
      await peer.ask("INFO");
      await pass(29_900);
      await peer.silence();
      await pass(200);
      await peer.expect("SIP/2.0 200 ");
      assert.equal(event.respond(403), undefined, "too late, and harmless");
      await peer.silence();
      assert.equal(call.state, "established");
    });
  });

  test("tx_07_a_status_that_answers_no_request_is_refused_at_once_and_another_may_be_given", async () => {
    await withPeer({}, async (all) => {
      const { peer } = all;
      const call = await talking(all);
      call.on("request", (event) => {
        for (const status of [100, 180, 199]) assert.throws(() => event.respond(status), TypeError);
        for (const status of [408, 700]) assert.throws(() => event.respond(status), RangeError);
        event.respond(299);
      });
      await peer.ask("INFO");
      await peer.expect("SIP/2.0 299 ");
    });
  });

  test("js_07_a_listener_that_throws_delays_nothing", async () => {
    await withPeer({}, async (all) => {
      const { ua, peer } = all;
      const call = await talking(all);
      const reports = [];
      ua.on("diagnostic", ({ code, detail }) => reports.push(`${code} ${detail}`));
      call.on("request", () => {
        throw new Error("mine");
      });
      ua.on("message", async () => {
        throw new Error("ours");
      });
      await peer.ask("INFO");
      await peer.expect("SIP/2.0 200 ");
      await peer.say(outside("MESSAGE"));
      await peer.expect("SIP/2.0 200 ");
      assert.match(reports.join(), /listener .*mine.*listener .*ours/s);
    });
  });
});

/** A request of somebody's that belongs to no call. */
function outside(method) {
  const lines = [
    `${method} sip:alice@example.com SIP/2.0`,
    "Via: SIP/2.0/WS peer.invalid;branch=z9hG4bK-outside",
    "Max-Forwards: 70",
    "From: <sip:carol@example.com>;tag=carol",
    "To: <sip:alice@example.com>",
    "Call-ID: outside",
    `CSeq: 1 ${method}`,
    "Content-Type: text/plain",
    "Content-Length: 2",
  ];
  return `${lines.join("\r\n")}\r\n\r\nhi`;
}

describe("media", { timeout: 30_000 }, () => {
  test("js_06_an_offer_that_media_refuses_is_answered_488", async () => {
    const media = plainMedia("alice", { createAnswer: () => Promise.reject(new Error("no codec in common")) });
    await withPeer({ media }, async ({ ua, peer }) => {
      let accepted;
      ua.on("call", ({ call }) => (accepted = call.accept()));
      await peer.ask("INVITE", [], sdp("bob"));
      await peer.expect("SIP/2.0 488 ");
      await assert.rejects(accepted, { code: "media" });
      await peer.ask("ACK");
    });
  });

  test("js_06_an_answer_that_media_refuses_is_acknowledged_and_the_call_hung_up", async () => {
    const media = plainMedia("alice", { setAnswer: () => Promise.reject(new Error("no")) });
    await withPeer({ media }, async ({ ua, peer }) => {
      const call = ua.call("bob");
      const invite = await peer.expect("INVITE ");
      await peer.say(respond(invite, "200 OK", [CONTACT], sdp("bob")));
      await peer.expect("ACK ");
      await peer.say(respond(await peer.expect("BYE "), "200 OK"));
      assert.equal((await call.ended).cause, "media");
    });
  });

  test("js_07_media_that_never_answers_a_re_invite_is_answered_for_after_30_s", async () => {
    let answers = 0;
    const media = plainMedia("alice", {
      createAnswer: () => ((answers += 1) === 1 ? Promise.resolve(sdp("alice")) : new Promise(() => {})),
    });
    await withPeer({ media }, async (all) => {
      const { peer, pass } = all;
      const call = await talking(all);
      await peer.ask("INVITE", [], sdp("bob", "sendonly").replace("bob 1 1", "bob 1 2"));
      await pass(29_900);
      await peer.silence();
      await pass(200);
      await peer.expect("SIP/2.0 488 ");
      await peer.ask("ACK");
      assert.deepEqual([call.state, call.hold], ["established", { local: false, remote: false }]);
    });
  });

  test("iv_10_a_peer_that_holds_by_an_address_of_zeros_is_seen_to_hold", async () => {
    await withPeer({}, async (all) => {
      const { peer } = all;
      const call = await talking(all);
      const zeros = sdp("bob").replace("bob 1 1", "bob 1 2").replace("c=IN IP4 192.0.2.1", "c=IN IP4 0.0.0.0");
      await peer.ask("INVITE", [], zeros);
      await peer.expect("SIP/2.0 200 ");
      await peer.ask("ACK");
      assert.deepEqual(call.hold, { local: false, remote: true });
    });
  });

  test("iv_08_an_offer_of_theirs_before_ours_is_sent_is_answered_first", async () => {
    let open;
    const log = [];
    const media = plainMedia("alice", {
      createOffer: () => (log.push("createOffer"), new Promise((resolve) => (open = () => resolve(sdp("alice"))))),
      rollback: async () => void log.push("rollback"),
      createAnswer: async () => (log.push("createAnswer"), sdp("alice")),
    });
    await withPeer({ media }, async (all) => {
      const { peer } = all;
      const call = await talking(all);
      const held = call.setHold(true);
      await peer.silence();
      await peer.ask("INVITE", [], sdp("bob").replace("bob 1 1", "bob 1 2").replace("4000", "4002"));
      open();
      await peer.expect("SIP/2.0 200 ");
      await peer.ask("ACK");
      assert.deepEqual(log, ["createAnswer", "createOffer", "rollback", "createAnswer", "createOffer"]);
      open();
      const invite = await peer.expect("INVITE ");
      await peer.say(respond(invite, "200 OK", [CONTACT], sdp("bob", "recvonly").replace("bob 1 1", "bob 1 3")));
      await peer.expect("ACK ");
      assert.equal(await held, undefined);
    });
  });
});

describe("how calls are placed and refused", { timeout: 30_000 }, () => {
  test("iv_02_a_late_offer_is_answered_in_the_ack", async () => {
    await withPeer({}, async ({ ua, peer }) => {
      const call = ua.call("bob", { lateOffer: true });
      const invite = await peer.expect("INVITE ");
      assert.deepEqual([field(invite, "Content-Length"), call.media], ["0", null]);
      await peer.say(respond(invite, "200 OK", [CONTACT], sdp("bob")));
      assert.equal(direction(await peer.expect("ACK ")), "sendrecv");
      await call.established;
    });
  });

  test("iv_13_contacts_of_a_redirection_are_tried_in_turn", async () => {
    await withPeer({}, async ({ ua, peer }) => {
      const call = ua.call("bob", { followRedirects: 2 });
      const first = await peer.expect("INVITE sip:bob@example.com ");
      const contacts = "Contact: <sip:b2@example.com>;q=0.2, <sip:b1@example.com>;q=0.9, <mailto:bob@example.com>;q=1";
      await peer.say(respond(first, "302 Moved", [contacts]));
      await peer.expect("ACK ");
      const second = await peer.expect("INVITE sip:b1@example.com ");
      assert.deepEqual([field(second, "Call-ID"), number(second)], [field(first, "Call-ID"), number(first) + 1]);
      assert.deepEqual([field(second, "From"), field(second, "To")], [field(first, "From"), field(first, "To")]);
      await peer.say(respond(second, "404 Not Found"));
      await peer.expect("ACK ");
      const third = await peer.expect("INVITE sip:b2@example.com ");
      await peer.say(respond(third, "302 Moved", ["Contact: <sip:b1@example.com>, <sip:bob@example.com>"]));
      await peer.expect("ACK ");
      await peer.silence();
      assert.equal((await call.ended).status, 302, "nobody is tried twice");
    });
  });

  test("iv_13_a_redirection_is_not_followed_unless_asked_for", async () => {
    await withPeer({}, async ({ ua, peer }) => {
      const call = ua.call("bob");
      const invite = await peer.expect("INVITE ");
      await peer.say(respond(invite, "302 Moved", ["Contact: <sip:b1@example.com>"]));
      await peer.expect("ACK ");
      await peer.silence();
      const { cause, response } = await call.ended;
      assert.deepEqual([cause, response.headers.get("Contact")], ["redirected", "<sip:b1@example.com>"]);
    });
  });

  test("iv_13_an_incoming_call_is_redirected_for_now_or_for_good", async () => {
    for (const [options, status] of [[undefined, 302], [{ permanent: true }, 301]]) {
      await withPeer({}, async ({ ua, peer }) => {
        let redirected;
        ua.on("call", ({ call }) => (redirected = call.redirect(["carol", "sip:dave@example.org"], options)));
        await peer.ask("INVITE", [], sdp("bob"));
        const response = await peer.expect(`SIP/2.0 ${status} `);
        const contacts = [...response.matchAll(/<(sip:[^>]+)>/g)].map(([, uri]) => uri);
        assert.deepEqual(contacts.slice(-2), ["sip:carol@example.com", "sip:dave@example.org"]);
        assert.equal(await redirected, undefined);
        await peer.ask("ACK");
      });
    }
  });
});
