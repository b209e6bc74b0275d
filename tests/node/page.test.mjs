// What the page tells the engine about network, sleep and its own end.

import assert from "node:assert/strict";
import { test } from "node:test";
import { importSource } from "./source.mjs";

const { watchPage } = await importSource("page.ts");

/** Stands for the globals of a page while `scenario` runs. */
function inPage(scenario) {
  const scope = new EventTarget();
  const document = Object.assign(new EventTarget(), { visibilityState: "visible" });
  globalThis.addEventListener = scope.addEventListener.bind(scope);
  globalThis.document = document;
  try {
    return scenario({
      fire: (type) => scope.dispatchEvent(new Event(type)),
      show: (visibilityState) => {
        document.visibilityState = visibilityState;
        document.dispatchEvent(new Event("visibilitychange"));
      },
      resume: () => document.dispatchEvent(new Event("resume")),
    });
  } finally {
    delete globalThis.addEventListener;
    delete globalThis.document;
  }
}

test("tr_07_tr_09_network_and_waking_are_hints_and_leaving_is_told", () => {
  inPage(({ fire, show, resume }) => {
    const seen = [];
    const stop = watchPage({ hint: (hint) => seen.push(hint), leaving: () => seen.push("leaving") });
    fire("offline");
    fire("online");
    fire("pageshow");
    show("hidden");
    show("visible");
    resume();
    fire("pagehide");
    assert.deepEqual(seen, ["offline", "online", "resumed", "hidden", "resumed", "resumed", "leaving"]);
    stop();
    fire("online");
    resume();
    assert.equal(seen.length, 7, "nothing is heard after the end");
  });
});

test("tr_07_without_a_page_there_is_nothing_to_watch", () => {
  const stop = watchPage({ hint: () => assert.fail("no hint"), leaving: () => assert.fail("nobody leaves") });
  stop();
});
