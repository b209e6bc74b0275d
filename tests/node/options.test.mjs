// The built package: importing it does nothing, and wrong options are refused at once and by name.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { PatchcordError, UserAgent, init, webrtc } from "../../pkg/dist/index.js";

const GOOD = { aor: "sip:alice@example.com", servers: "wss://edge.example.com/sip", webSocket: () => ({}) };

function refused(options, kind, message) {
  assert.throws(
    () => UserAgent.create(options),
    (error) => error.constructor === kind && message.test(error.message),
    `${JSON.stringify(options)} should be refused with ${kind.name} ${message}`,
  );
}

test("design_3_importing_the_package_touches_nothing", () => {
  const script = `
    const touched = [];
    for (const name of ["fetch", "setTimeout", "setInterval", "queueMicrotask", "addEventListener", "WebSocket"]) {
      globalThis[name] = new Proxy(function () {}, { apply: () => touched.push(name), construct: () => (touched.push(name), {}) });
    }
    WebAssembly.compile = WebAssembly.instantiate = () => touched.push("WebAssembly");
    for (const name of ["crypto", "navigator", "performance", "window", "document"]) {
      Object.defineProperty(globalThis, name, { configurable: true, get() { touched.push(name); return undefined; } });
    }
    const keys = Reflect.ownKeys(globalThis).length;
    await import(${JSON.stringify(new URL("../../pkg/dist/index.js", import.meta.url).href)});
    if (Reflect.ownKeys(globalThis).length !== keys) touched.push("globalThis");
    process.stdout.write(touched.join());`;
  assert.equal(execFileSync(process.execPath, ["--input-type=module", "--eval", script], { encoding: "utf8" }), "");
});

test("js_02_an_unknown_option_is_refused_by_name_and_so_is_one_inside_another", () => {
  refused({ ...GOOD, sessionTimer: {} }, TypeError, /"sessionTimer"/);
  refused({ ...GOOD, AOR: "x" }, TypeError, /"AOR"/);
  refused({ ...GOOD, limits: { calls: 1, call: 2 } }, TypeError, /limits: there is no option "call"/);
  refused({ ...GOOD, timers: { t3: 1 } }, TypeError, /timers: there is no option "t3"/);
  refused({ ...GOOD, registration: { expire: 60 } }, TypeError, /registration: .*"expire"/);
  refused({ ...GOOD, reconnect: { delay: 1 } }, TypeError, /reconnect: .*"delay"/);
  refused({ ...GOOD, credentials: { username: "a", secret: "b" } }, TypeError, /credentials: .*"secret"/);
  for (const later of ["refer", "outOfDialogRefer", "replaces", "noReferSub", "reliableProvisional"])
    refused({ ...GOOD, capabilities: { [later]: true } }, TypeError, new RegExp(`capabilities: .*"${later}"`));
});

test("js_02_options_of_the_wrong_kind_are_refused_by_name", () => {
  refused(undefined, TypeError, /aor/);
  refused(null, TypeError, /options: an object/);
  refused({}, TypeError, /aor/);
  refused({ ...GOOD, aor: undefined }, TypeError, /aor: a string/);
  refused({ ...GOOD, aor: "alice" }, TypeError, /aor: "alice"/);
  refused({ ...GOOD, aor: "sip:example.com" }, TypeError, /aor/);
  refused({ ...GOOD, aor: "tel:+4930" }, TypeError, /aor/);
  refused({ ...GOOD, aor: "sip:alice@example.com:99999" }, TypeError, /aor/);
  refused({ ...GOOD, aor: "sip:alice@[2001:db8::1" }, TypeError, /aor/);
  refused({ ...GOOD, aor: "sip:alice@example.com;transport=ws" }, TypeError, /aor/);
  refused({ ...GOOD, displayName: 7 }, TypeError, /displayName: a string/);
  refused({ ...GOOD, displayName: null }, TypeError, /displayName: .*null/);
  refused({ ...GOOD, registration: true }, TypeError, /registration/);
  refused({ ...GOOD, registration: { expires: 0 } }, RangeError, /registration\.expires/);
  refused({ ...GOOD, registration: { expires: 1.5 } }, RangeError, /registration\.expires/);
  refused({ ...GOOD, registration: { registrar: "example.com" } }, TypeError, /registration\.registrar/);
  refused({ ...GOOD, registration: { contactParams: { "a b": "" } } }, TypeError, /contactParams/);
  refused({ ...GOOD, reconnect: { minDelay: 9, maxDelay: 3 } }, RangeError, /reconnect\.maxDelay/);
  refused({ ...GOOD, reconnect: { keepAlive: -1 } }, RangeError, /reconnect\.keepAlive/);
  refused({ ...GOOD, reconnect: { minDelay: NaN } }, RangeError, /reconnect\.minDelay/);
  refused({ ...GOOD, reconnect: { noRetryCodes: [99] } }, RangeError, /noRetryCodes\[0\]/);
  refused({ ...GOOD, reconnect: { noRetryCodes: 1008 } }, TypeError, /noRetryCodes/);
  refused({ ...GOOD, media: {} }, TypeError, /media: .*open/);
  refused({ ...GOOD, host: "worker" }, TypeError, /host: .*"inline"/);
  refused({ ...GOOD, headers: [["a", "b"]] }, TypeError, /headers/);
  refused({ ...GOOD, headers: new Map() }, TypeError, /headers/);
  refused({ ...GOOD, headers: { "X-A": 7 } }, TypeError, /headers\["X-A"\]/);
  refused({ ...GOOD, headers: { "Call-ID": "x" } }, TypeError, /"Call-ID"/);
  refused({ ...GOOD, headers: { i: "x" } }, TypeError, /"i"/);
  refused({ ...GOOD, allowMd5: "no" }, TypeError, /allowMd5/);
  refused({ ...GOOD, pagehide: "stay" }, TypeError, /pagehide/);
  refused({ ...GOOD, webSocket: {} }, TypeError, /webSocket: a function/);
  refused({ ...GOOD, capabilities: ["info"] }, TypeError, /capabilities: an object/);
  refused({ ...GOOD, capabilities: { info: "yes" } }, TypeError, /capabilities\.info/);
});

test("sl_02_a_limit_is_a_whole_number_from_1", () => {
  for (const limit of ["calls", "dialogs", "transactions"]) {
    for (const wrong of [0, -1, 1.5, NaN, Infinity, 2 ** 32])
      refused({ ...GOOD, limits: { [limit]: wrong } }, RangeError, new RegExp(`limits\\.${limit}`));
    refused({ ...GOOD, limits: { [limit]: "9" } }, TypeError, new RegExp(`limits\\.${limit}`));
  }
});

test("tx_07_timers_are_seconds_within_bounds_and_a_switch", () => {
  refused({ ...GOOD, timers: { t1: 0 } }, RangeError, /timers\.t1/);
  for (const timer of ["t1", "t2", "t4"]) {
    for (const wrong of [-1, NaN, Infinity])
      refused({ ...GOOD, timers: { [timer]: wrong } }, RangeError, new RegExp(`timers\\.${timer}`));
  }
  refused({ ...GOOD, timers: { nonInvite100: 1 } }, TypeError, /timers\.nonInvite100: true or false/);
  refused({ ...GOOD, timers: 500 }, TypeError, /timers: an object/);
});

test("sl_01_the_size_of_messages_is_configurable_within_bounds", () => {
  for (const [name, least, most] of [["messageBytes", 1024, 1_048_576], ["headers", 16, 4096]]) {
    refused({ ...GOOD, limits: { [name]: least - 1 } }, RangeError, new RegExp(`limits\\.${name}`));
    refused({ ...GOOD, limits: { [name]: most + 1 } }, RangeError, new RegExp(`limits\\.${name}`));
  }
});

test("rg_01_an_instance_that_is_no_uuid_is_refused", () => {
  refused({ ...GOOD, instanceId: "device-1" }, TypeError, /instanceId/);
  refused({ ...GOOD, instanceId: "urn:imei:90420156-025763-0" }, TypeError, /instanceId/);
});

test("sl_09_ws_is_refused_but_for_this_host_unless_allowed", () => {
  refused({ ...GOOD, servers: "ws://edge.example.com" }, TypeError, /servers: .*allowInsecure/);
  refused({ ...GOOD, servers: ["wss://a.example.com", "ws://192.0.2.1"] }, TypeError, /servers\[1\]: .*allowInsecure/);
  refused({ ...GOOD, servers: "ws://localhost.example.com" }, TypeError, /allowInsecure/);
  refused({ ...GOOD, servers: "ws://localhost", aor: "sips:alice@example.com" }, TypeError, /sips:alice/);
  refused(
    { ...GOOD, servers: "ws://edge.example.com", aor: "sips:alice@example.com", allowInsecure: true },
    TypeError,
    /use wss:/,
  );
});

test("sl_09_ws_is_accepted_for_this_host_and_where_it_is_allowed", async () => {
  const accepted = [
    { ...GOOD, servers: "ws://localhost:5080/sip" },
    { ...GOOD, servers: "ws://LOCALHOST" },
    { ...GOOD, servers: ["wss://edge.example.com", "ws://phone.localhost", "ws://127.0.0.1:80", "ws://[::1]/sip"] },
    { ...GOOD, servers: "ws://edge.example.com", allowInsecure: true },
    { ...GOOD, servers: "WSS://edge.example.com", aor: "sips:alice@example.com" },
  ];
  for (const options of accepted) {
    const ua = await UserAgent.create(options);
    await ua.close();
  }
});

test("sl_09_a_user_or_a_host_that_only_looks_like_this_host_is_not", () => {
  for (const servers of ["ws://localhost@evil.example", "ws://127.evil.example", "ws://127.0.0.1.evil.example"])
    refused({ ...GOOD, servers }, TypeError, /allowInsecure/);
});

test("sl_09_a_sips_target_over_ws_is_refused", async () => {
  const ua = await UserAgent.create({ ...GOOD, servers: "ws://localhost" });
  assert.throws(() => ua.call("sips:bob@example.com"), /use wss:/);
  assert.equal(ua.calls.length, 0);
  await ua.close();
});

test("sl_06_without_crypto_nothing_starts_and_the_error_says_why", () => {
  for (const instanceId of [undefined, "f81d4fae-7dec-11d0-a765-00a0c91e6bf6"]) {
    const script = `
      Object.defineProperty(globalThis, "crypto", { configurable: true, value: undefined });
      const { UserAgent } = await import(${JSON.stringify(new URL("../../pkg/dist/index.js", import.meta.url).href)});
      const options = ${JSON.stringify({ aor: GOOD.aor, servers: GOOD.servers, instanceId })};
      const outcome = await UserAgent.create({ ...options, webSocket: () => ({}) }).then(
        () => "started",
        (error) => (error instanceof Error ? error.message : "no error"),
      );
      process.stdout.write(outcome);`;
    const outcome = execFileSync(process.execPath, ["--input-type=module", "--eval", script], { encoding: "utf8" });
    assert.match(outcome, /crypto\.getRandomValues is missing/);
  }
});

test("tr_06_servers_that_cannot_be_are_refused", () => {
  refused({ ...GOOD, servers: [] }, TypeError, /servers: at least one/);
  refused({ ...GOOD, servers: undefined }, TypeError, /servers: a string/);
  refused({ ...GOOD, servers: "edge.example.com" }, TypeError, /servers: "edge\.example\.com" is no WebSocket URL/);
  refused({ ...GOOD, servers: "https://edge.example.com" }, TypeError, /is no WebSocket URL/);
  refused({ ...GOOD, servers: "wss://edge.example.com/#x" }, TypeError, /fragment/);
  refused({ ...GOOD, servers: ["wss://a.example.com", "wss://a.example.com"] }, TypeError, /twice/);
});

test("ms_16_cr_lf_and_nul_are_refused_in_every_text", () => {
  for (const evil of ["a\r\nEvil: 1", "a\nb", "a\rb", "a\0b"]) {
    refused({ ...GOOD, aor: `sip:alice@example.com${evil}` }, TypeError, /aor: must not contain/);
    refused({ ...GOOD, servers: `wss://a.example.com/${evil}` }, TypeError, /servers: must not contain/);
    refused({ ...GOOD, displayName: evil }, TypeError, /displayName: must not contain/);
    refused({ ...GOOD, userAgent: evil }, TypeError, /userAgent: must not contain/);
    refused({ ...GOOD, instanceId: evil }, TypeError, /instanceId: must not contain/);
    refused(
      { ...GOOD, credentials: { username: evil, password: "x" } },
      TypeError,
      /credentials\.username: must not contain/,
    );
    refused(
      { ...GOOD, credentials: { username: "a", password: "x", realm: evil } },
      TypeError,
      /credentials\.realm: must not contain/,
    );
    refused({ ...GOOD, registration: { registrar: evil } }, TypeError, /registration\.registrar: must not contain/);
    refused({ ...GOOD, registration: { contactParams: { a: evil } } }, TypeError, /contactParams\.a: must not contain/);
    refused({ ...GOOD, registration: { contactParams: { [evil]: "a" } } }, TypeError, /contactParams: .*cannot name/);
    refused({ ...GOOD, headers: { "X-A": evil } }, TypeError, /headers\["X-A"\]: must not contain/);
    refused({ ...GOOD, headers: { "X-A": ["fine", evil] } }, TypeError, /headers\["X-A"\]: must not contain/);
    refused({ ...GOOD, headers: { [evil]: "a" } }, TypeError, /headers: .*cannot name/);
  }
});

test("au_credentials_need_a_name_and_one_secret", () => {
  refused({ ...GOOD, credentials: null }, TypeError, /credentials/);
  refused({ ...GOOD, credentials: { password: "x" } }, TypeError, /credentials\.username/);
  refused({ ...GOOD, credentials: { username: "a" } }, TypeError, /password or ha1/);
  refused(
    { ...GOOD, credentials: { username: "a", password: "x", ha1: "0".repeat(32) } },
    TypeError,
    /password or ha1/,
  );
  refused({ ...GOOD, credentials: { username: "a", password: 7 } }, TypeError, /credentials\.password/);
  refused({ ...GOOD, credentials: { username: "a", ha1: "0".repeat(40) } }, TypeError, /credentials\.ha1/);
});

test("au_07_a_token_must_be_one_that_a_header_can_hold", () => {
  for (const token of ["", "a b", "a\r\nEvil: 1", "a,b", "=", "a=b", "ä", 7, null])
    refused({ ...GOOD, credentials: { username: "a", token } }, TypeError, /credentials\.token/);
});

test("rg_08_contact_parameters_that_the_protocol_writes_are_refused", () => {
  for (const name of ["+sip.instance", "reg-id", "Expires", "pub-gruu", "temp-gruu"])
    refused({ ...GOOD, registration: { contactParams: { [name]: "1" } } }, TypeError, /contactParams: .*cannot be given/);
  refused({ ...GOOD, registration: { requireOutbound: "yes" } }, TypeError, /registration\.requireOutbound/);
});

test("a_secret_is_in_no_message", () => {
  assert.throws(
    () => UserAgent.create({ ...GOOD, credentials: { username: "a", password: "hunter2", ha1: "hunter2" } }),
    (error) => !error.message.includes("hunter2"),
  );
  assert.throws(
    () => UserAgent.create({ ...GOOD, credentials: { username: "a", token: "hunter2, hunter2" } }),
    (error) => !error.message.includes("hunter2"),
  );
});

test(
  "without_a_websocket_the_message_says_what_to_give",
  { skip: typeof WebSocket !== "undefined" && "this Node has one" },
  () => {
    refused({ aor: GOOD.aor, servers: GOOD.servers }, TypeError, /webSocket: .*new WebSocket\(url, "sip"\)/);
  },
);

test("options_of_webrtc_are_refused_by_name", () => {
  const wrong = [
    [{ iceServer: [] }, /"iceServer"/],
    [{ iceServers: {} }, /iceServers: an array/],
    [{ rtcConfiguration: 7 }, /rtcConfiguration/],
    [{ gatheringTimeoutMs: "3000" }, /gatheringTimeoutMs/],
    [{ gatheringTimeoutMs: -1 }, /gatheringTimeoutMs/],
    [{ audio: "yes" }, /webrtc\.audio/],
    [{ stream: {} }, /webrtc\.stream/],
    [{ output: "speakers" }, /output/],
  ];
  for (const [options, message] of wrong)
    assert.throws(
      () => webrtc(options),
      (error) => /^(Type|Range)Error$/.test(error.name) && message.test(error.message),
    );
  assert.throws(
    () => webrtc().open({}),
    (error) => error instanceof PatchcordError && error.code === "media",
  );
});

test("init_refuses_what_is_no_source_at_once", () => {
  assert.throws(() => init({ wasm: 7 }), /wasm: a URL/);
  assert.throws(() => init({ url: "x" }), /"url"/);
});

test("the_package_describes_itself", async () => {
  const description = JSON.parse(await readFile(new URL("../../pkg/package.json", import.meta.url), "utf8"));
  const changes = await readFile(new URL("../../pkg/CHANGELOG.md", import.meta.url), "utf8");
  assert.ok(changes.includes(`## ${description.version}`));
  assert.equal(description.dependencies, undefined, "nothing is needed at run time");
});
