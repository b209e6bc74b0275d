// What the demo page makes of text: numbers as people paste them, lines that name STUN and TURN servers, ladders; and what
// it says when a call has ended.

import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const { targetOf } = await page("target-text");
const { iceServers } = await page("ice");
const { ladderText, summary } = await page("ladder-text");
const { endWords } = await page("words");

test("what people paste becomes what can be called", () => {
  const table = {
    bob: "bob",
    "  bob ": "bob",
    "sip:bob@example.com": "sip:bob@example.com",
    "SIPS:bob@example.com;transport=tls": "sips:bob@example.com;transport=tls",
    "Bob Builder <sip:bob@example.com>": "sip:bob@example.com",
    '"Bob" <tel:+49-30-123>;tag=1': "+4930123",
    "bob@example.com": "bob@example.com",
    "sip:bob": "bob",
    "tel:+1-201-555-0123": "+12015550123",
    "tel:7042;phone-context=example.com": "7042",
    "callto://+49 30 123": "+4930123",
    "+49 (0)30 / 123-45": "+493012345",
    "(030) 123.45": "03012345",
    "030\u00a0123\u201145": "03012345",
    "\u202a+49 30 1\u202c": "+49301",
    "*43#": "*43#",
    "": "",
    "   ": "",
    "tel:": "",
    "conf-2024-room": "conf-2024-room",
    "1000-bob": "1000-bob",
  };
  const found = Object.fromEntries(Object.keys(table).map((typed) => [typed, targetOf(typed)]));
  assert.deepEqual(found, table);
});

test("lines name STUN and TURN servers, and what is wrong with one is told", () => {
  const { servers, problems } = iceServers(
    "\n stun:a.example \nturns:b.example:443?transport=tcp zoe pass word\nturn:c.example zoe\nhttps://d.example\n",
  );
  assert.deepEqual(servers, [
    { urls: "stun:a.example" },
    { urls: "turns:b.example:443?transport=tcp", username: "zoe", credential: "pass word" },
  ]);
  assert.equal(problems.length, 2);
  assert.match(problems[0], /turn:c\.example.*needs a user name and a password/);
  assert.match(problems[1], /https:\/\/d\.example.*no address/);
});

test("a ladder as text shows the flow, then each message in full", () => {
  const invite = "INVITE sip:bob@example.com SIP/2.0\r\nCSeq: 1 INVITE\r\n\r\n";
  const ringing = "SIP/2.0 180 Ringing\r\nCSeq: 1 INVITE\r\n\r\n";
  const at = (ms) => new Date(1_700_000_000_000 + ms);
  const text = ladderText(
    [
      { side: "left", who: "alice", direction: "out", message: invite, at: at(0) },
      { side: "right", who: "bob", direction: "in", message: invite, at: at(12) },
      { side: "right", who: "bob", direction: "out", message: ringing, at: at(1500) },
    ],
    { left: "alice", right: "bob" },
  );
  const [head, first, second, third, empty, title] = text.split("\n");
  assert.match(head, /^ {8}s {2}alice +server +bob$/);
  assert.match(first, /^ {4}0\.000 {2}│ INVITE ─+▶ │ +│$/);
  assert.match(second, /^ {4}0\.012 {2}│ +│ INVITE ─+▶ │$/);
  assert.match(third, /^ {4}1\.500 {2}│ +│ ◀─+ 180 Ringing \(INVITE\) │$/);
  assert.deepEqual(
    [first, second, third].map(({ length }) => length),
    Array(3).fill(first.length),
  );
  assert.equal(empty, "");
  assert.equal(title, "--- 2023-11-14T22:13:20.000Z  alice to server");
  assert.ok(text.includes("\nINVITE sip:bob@example.com SIP/2.0\nCSeq: 1 INVITE\n"));
});

test("a message is told in few words whatever it is", () => {
  assert.equal(summary("\r\n\r\n").label, "keep-alive");
  assert.equal(summary("SIP/2.0 200\r\nCSeq: 2 BYE\r\n\r\n").label, "200 (BYE)");
  assert.deepEqual(
    ["SIP/2.0 100 Trying", "SIP/2.0 202 Accepted", "SIP/2.0 503 Away"].map((line) => summary(line).kind),
    ["provisional", "success", "failure"],
  );
});

test("every end of a call is told in words, from the side of whoever reads them", () => {
  const remote = { uri: "sip:bob@example.com" };
  const cases = [
    [{ by: "remote", cause: "busy", status: 486 }, "outgoing", /^bob is busy/],
    [{ by: "local", cause: "unanswered" }, "outgoing", /^bob did not answer/],
    [{ by: "local", cause: "unanswered" }, "incoming", /^You missed a call from bob/],
    [
      { by: "remote", cause: "unanswered", status: 480, phrase: "Away" },
      "outgoing",
      /^bob cannot be reached.*\(480 Away\)/,
    ],
    [{ by: "remote", cause: "rejected", status: 404 }, "outgoing", /knows no bob/],
    [
      { by: "remote", cause: "rejected", status: 503, phrase: "Full", retryAfter: 9 },
      "outgoing",
      /\(503 Full\)\. .*wait 9 s/,
    ],
    [{ by: "local", cause: "rejected" }, "incoming", /^You refused/],
    [{ by: "remote", cause: "incompatible", status: 488 }, "outgoing", /no kind of sound in common/],
    [{ by: "network", cause: "transport" }, "outgoing", /connection to the server was lost/],
    [{ by: "network", cause: "timeout" }, "incoming", /no longer answers/],
  ];
  for (const [end, direction, words] of cases) assert.match(endWords(end, { direction, answeredAt: null, remote }), words);
  const refused = Object.assign(new Error("no"), { name: "NotAllowedError" });
  const error = new Error("media", { cause: new Error("capture", { cause: refused }) });
  assert.match(
    endWords({ by: "local", cause: "media" }, { direction: "outgoing", answeredAt: null, remote }, error),
    /Allow it in the browser's site settings/,
  );
  const answered = { direction: "incoming", answeredAt: new Date(), remote };
  assert.match(endWords({ by: "local", cause: "media" }, answered), /^The sound broke off .*bob/);
});

/** A module of the page, with all it needs. */
async function page(name) {
  const file = (path) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
  const { outputFiles } = await build({
    entryPoints: [file(`www/src/${name}.ts`)],
    alias: { patchcord: file("pkg/dist/index.js") },
    bundle: true,
    format: "esm",
    write: false,
  });
  return import(`data:text/javascript,${encodeURIComponent(outputFiles[0].text)}`);
}
