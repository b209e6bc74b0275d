// Events: DOM semantics, except that a listener that fails stops nobody and ends nothing.

import assert from "node:assert/strict";
import { test } from "node:test";
import { importSource } from "./source.mjs";

const { Emitter, tend } = await importSource("emitter.ts");

function emitter() {
  const failures = [];
  const watched = [];
  const target = new Emitter();
  const owner = tend(target, {
    failed: (type, error) => failures.push([type, error.message]),
    watched: (type) => watched.push(type),
  });
  return { target, owner, failures, watched, fire: owner.fire };
}

test("js_01_an_event_is_a_dom_event_that_carries_its_facts", () => {
  const { target, fire } = emitter();
  let seen;
  target.addEventListener("tone", (event) => (seen = event));
  fire("tone", { pitch: 440 });
  assert.ok(seen instanceof Event);
  assert.equal(seen.type, "tone");
  assert.equal(seen.pitch, 440);
  assert.equal(seen.target, target);
  assert.throws(() => (seen.pitch = 1), TypeError, "facts are read-only");
});

test("js_01_the_same_listener_is_called_once_and_capture_makes_it_another", () => {
  const { target, fire } = emitter();
  let count = 0;
  const listener = () => (count += 1);
  target.addEventListener("x", listener);
  target.addEventListener("x", listener);
  target.addEventListener("x", listener, { capture: true });
  fire("x", {});
  assert.equal(count, 2);
  target.removeEventListener("x", listener);
  fire("x", {});
  assert.equal(count, 3, "the one with capture is still there");
  target.removeEventListener("x", listener, true);
  fire("x", {});
  assert.equal(count, 3);
});

test("js_01_once_is_gone_before_it_runs", () => {
  const { target, fire } = emitter();
  let count = 0;
  target.on(
    "x",
    () => {
      count += 1;
      fire("x", {});
    },
    { once: true },
  );
  fire("x", {});
  assert.equal(count, 1);
});

test("js_01_on_returns_its_own_removal_and_a_second_use_of_it_removes_nobody_else", () => {
  const { target, fire } = emitter();
  let count = 0;
  const listener = () => (count += 1);
  const off = target.on("x", listener);
  off();
  target.on("x", listener);
  off();
  fire("x", {});
  assert.equal(count, 1);
});

test("js_01_a_signal_removes_and_an_aborted_one_never_adds", () => {
  const { target, fire } = emitter();
  let count = 0;
  const controller = new AbortController();
  target.addEventListener("x", () => (count += 1), { signal: controller.signal });
  target.addEventListener("x", () => (count += 10), { signal: AbortSignal.abort() });
  fire("x", {});
  controller.abort();
  fire("x", {});
  assert.equal(count, 1);
});

test("js_01_listeners_removed_during_an_event_do_not_hear_it_and_those_added_hear_the_next", () => {
  const { target, fire } = emitter();
  const heard = [];
  const late = () => heard.push("late");
  const gone = () => heard.push("gone");
  target.on("x", () => {
    target.removeEventListener("x", gone);
    target.addEventListener("x", late);
  });
  target.on("x", gone);
  fire("x", {});
  assert.deepEqual(heard, []);
  fire("x", {});
  assert.deepEqual(heard, ["late"]);
});

test("js_01_stop_immediate_propagation_stops_the_rest", () => {
  const { target, fire } = emitter();
  const heard = [];
  target.on("x", (event) => {
    heard.push(1);
    event.stopPropagation();
  });
  target.on("x", (event) => {
    heard.push(2);
    event.stopImmediatePropagation();
  });
  target.on("x", () => heard.push(3));
  fire("x", {});
  assert.deepEqual(heard, [1, 2]);
});

test("js_07_a_listener_that_throws_or_rejects_is_reported_and_stops_nobody", async () => {
  const { target, fire, failures } = emitter();
  let reached = false;
  target.on("x", () => {
    throw new Error("thrown");
  });
  target.on("x", async () => {
    throw new Error("rejected");
  });
  target.on("x", () => (reached = true));
  fire("x", {});
  await null;
  assert.ok(reached);
  assert.deepEqual(failures, [
    ["x", "thrown"],
    ["x", "rejected"],
  ]);
});

test("js_01_what_is_no_listener_is_refused", () => {
  const { target } = emitter();
  assert.throws(() => target.on("x", {}), /listener for "x": a function is needed/);
  assert.throws(() => target.addEventListener("x", null), TypeError);
  assert.throws(() => target.on(7, () => {}), TypeError);
});

test("js_08_the_owner_learns_of_the_first_listener_and_of_the_last_one_gone", () => {
  const { target, owner, watched, fire } = emitter();
  const off = target.on("trace", () => {});
  target.on("trace", () => {}, { once: true });
  assert.deepEqual(watched, ["trace"]);
  assert.ok(owner.listens("trace"));
  fire("trace", {});
  assert.deepEqual(watched, ["trace"], "one is left");
  off();
  assert.deepEqual(watched, ["trace", "trace"]);
  assert.ok(!owner.listens("trace"));
});

test("js_07_a_default_is_prevented_by_whoever_says_so_and_by_nobody_else", () => {
  const { target, owner, fire, failures } = emitter();
  assert.equal(owner.ask("x", {}), false, "nobody listens");
  const off = target.on("x", (event) => assert.equal(event.cancelable, true));
  target.on("x", () => {
    throw new Error("mine");
  });
  assert.equal(owner.ask("x", {}), false);
  off();
  target.on("x", (event) => event.preventDefault(), { once: true });
  target.on("x", (event) => event.stopImmediatePropagation());
  assert.equal(owner.ask("x", {}), true, "one says so, another stops the rest");
  assert.equal(owner.ask("x", {}), false, "each event anew");
  assert.deepEqual(new Set(failures.map(([type, message]) => `${type}: ${message}`)), new Set(["x: mine"]));
  let seen;
  target.on("y", (event) => (seen = event));
  fire("y", {});
  seen.preventDefault();
  assert.deepEqual([seen.cancelable, seen.defaultPrevented], [false, false], "most events have no default");
});
