// Several calls at one phone of the demo page: one is spoken in, the others wait or are on hold.

import assert from "node:assert/strict";
import { test } from "node:test";
import { alt, atDesk, call, cardIs, cardOf, clickIn, letGo, notInFirefox, signIn, talk, until } from "./desk.mjs";

const { withPage, outsider } = atDesk();

test("a call that waits is shown and rings softly, and who is refused hears busy", () =>
  withPage(async (desk) => {
    const { page, left: alice, right: bob } = desk;
    await talk(desk);
    await withPage(async ({ left: carol }) => {
      await signIn(carol, "carol");
      await call(carol, "bob");
      await cardIs(bob, "carol", { waiting: "true", current: "false" });
      assert.equal(await page.title(), "☎ carol is calling – patchcord");
      assert.equal(await page.$eval("html", (html) => html.dataset.ringing), "softly");
      await clickIn(bob, "carol", "refuse");
      await carol.is({ call: "none", outcome: "busy" });
    });
    await bob.is({ call: "established", calls: "1" });
    await alice.audio(2);
    assert.match(await page.title(), /^In call with/);
  }));

test("answering a second call holds the first; each can be taken up again; and no hold is left by itself", () =>
  withPage(async (desk) => {
    const { left: alice, right: bob } = desk;
    await talk(desk);
    await withPage(async ({ left: carol }) => {
      await signIn(carol, "carol");
      await call(carol, "bob");
      await clickIn(bob, "carol", "answer");
      await cardIs(bob, "carol", { state: "established", current: "true", held: "false" });
      await cardIs(bob, "alice", { held: "true", current: "false" });
      await alice.says("call-state", /put you on hold/);
      await carol.audio(3);

      await clickIn(bob, "alice", "resume");
      await cardIs(bob, "alice", { held: "false", current: "true" });
      await cardIs(bob, "carol", { held: "true", current: "false" });
      await carol.says("call-state", /put you on hold/);
      await alice.audio(3);

      await clickIn(bob, "alice", "hangup");
      await alice.is({ call: "none", outcome: "hangup" });
      await cardIs(bob, "carol", { held: "true", current: "true" });
      await clickIn(bob, "carol", "resume");
      await carol.says("call-state", /^In call$/);
      await carol.audio(3);
    });
  }));

test("a new call holds the one that is spoken in", () =>
  withPage(async (desk) => {
    const { left: alice } = desk;
    await talk(desk);
    await withPage(async ({ left: carol }) => {
      await signIn(carol, "carol");
      await call(alice, "carol");
      await cardIs(alice, "bob", { held: "true" });
      await carol.click("answer");
      await cardIs(alice, "carol", { state: "established", current: "true", held: "false" });
      await clickIn(alice, "carol", "hangup");
      await cardIs(alice, "bob", { held: "true", current: "true" });
    });
  }));

test("a call that cannot be put on hold is not left for another one, and that is said", () =>
  withPage(async (desk) => {
    const { page, right: bob } = desk;
    await talk(desk);
    await page.evaluate(() => {
      RTCPeerConnection.prototype.createOffer = () => Promise.reject(new Error("not now"));
    });
    await withPage(async ({ left: carol }) => {
      await signIn(carol, "carol");
      await call(carol, "bob");
      await clickIn(bob, "carol", "answer");
      await bob.says("problem", /^alice could not be put on hold, so nothing else was done/);
      await cardIs(bob, "carol", { waiting: "true" });
      await cardIs(bob, "alice", { state: "established", held: "false", current: "true" });
    });
  }));

test("a first call rings aloud until somebody silences it, and shows the title and its headers", () =>
  withPage(async ({ page, left, right: bob }) => {
    await bob.register();
    const carol = await outsider("carol", { displayName: "Carol C." });
    const headers = { Subject: "broken modem", "X-Queue": "support", "P-Preferred-Service": "urn:a" };
    const ringing = carol.call("bob", { headers });
    await bob.says("peer", /^Carol C\.$/);
    assert.equal(await page.title(), "☎ Carol C. is calling – patchcord");
    await until(page, () => document.documentElement.dataset.ringing === "aloud");
    const shown = await page.$eval(bob.part("header-list"), (list) => list.innerText);
    for (const text of ["Subject", "broken modem", "X-Queue", "support", "From", "sip:carol@switchboard.test"])
      assert.ok(shown.includes(text), `${text} in ${shown}`);
    await bob.click("silence");
    await until(page, () => document.documentElement.dataset.ringing === "");
    await bob.is({ call: "ringing" });
    await ringing.hangup();
    await bob.is({ call: "none", outcome: "cancelled" });
    assert.equal(await page.title(), "patchcord");
    await bob.says("recent-list", /Carol C\..*missed/);
    assert.equal(await left.text("recent-list"), "");
  }));

test("hold, mute and their ends are shown on both sides", () =>
  withPage(async (desk) => {
    const { page, left: alice, right: bob } = desk;
    await talk(desk);
    await alice.click("hold");
    await alice.says("call-state", /^On hold$/);
    await bob.says("call-state", /put you on hold/);
    await bob.click("hold");
    await bob.says("call-state", /both sides/);
    assert.equal(await page.title(), "2 on hold – patchcord");
    await alice.click("resume");
    await bob.click("resume");
    await alice.says("call-state", /^In call$/);
    await bob.says("call-state", /^In call$/);
    await alice.click("mute");
    await alice.says("call-state", /muted/);
    assert.equal(await page.$eval(alice.part("mute"), (button) => button.ariaPressed), "true");
    await alice.says("timer", /^\d+:\d\d$/);
  }));

test("tones go by keypad and keyboard, all of them and in order, and digits in a field do not", () =>
  withPage(
    async (desk) => {
      const { page, left: alice } = desk;
      await talk(desk);
      await alice.click("keypad");
      await page.click(`${cardOf(alice, "bob")} [data-testid="tone-pad"] [data-key="7"]`);
      await page.focus(cardOf(alice, "bob"));
      await page.keyboard.type("12*#");
      await page.type(alice.part("dial"), "55");
      await alice.says("tones-sent", /^712\*#$/);
      await until(page, sentTones, "712*#");
    },
    { prepare: hearTones },
  ));

test("a recent call is made again by one click, and the last number by an arrow", () =>
  withPage(async ({ page, left: alice, right: bob }) => {
    await alice.register();
    await bob.register();
    await call(alice, "bob");
    await bob.click("refuse");
    await alice.is({ call: "none", outcome: "rejected" });
    await alice.fill("dial", "+49 (0)30 / 12-3");
    await alice.click("call");
    await alice.is({ call: "none" });
    await alice.says("recent-list", /30123.*bob/s);
    assert.equal(await alice.value("dial"), "+4930123", "what is called is what people see");
    await page.focus(alice.part("dial"));
    for (const [key, expected] of [
      ["ArrowUp", "+4930123"],
      ["ArrowUp", "bob"],
      ["ArrowDown", "+4930123"],
    ]) {
      await page.keyboard.press(key);
      assert.equal(await alice.value("dial"), expected);
    }
    await page.click(`${alice.root} li:last-child [data-testid="again"]`);
    await bob.says("peer", /^alice$/);
    await letGo(page);
    await alt(page, "r");
    await alice.is({ call: "none" });
  }));

test("a number is dialled by pad, and pasted numbers come in clean", { skip: notInFirefox("Firefox hands a made-up paste on without its text") }, () =>
  withPage(async ({ page, left: alice }) => {
    await alice.register();
    await alice.fill("dial", "");
    await alice.click("dial-pad-toggle");
    for (const key of ["+", "4", "9", "1", "⌫"])
      await page.click(`${alice.root} [data-testid="dial-pad"] [data-key="${key}"]`);
    assert.equal(await alice.value("dial"), "+49");
    await page.$eval(alice.part("dial"), (field) => {
      const clipboardData = new DataTransfer();
      clipboardData.setData("text/plain", " tel:+49-30 12;ext=3\u200b ");
      field.select();
      field.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
    });
    assert.equal(await alice.value("dial"), "+493012");
  }));

// Notes each tone that leaves, by the media or by INFO.
function hearTones() {
  window.tones = "";
  const { insertDTMF } = RTCDTMFSender.prototype;
  RTCDTMFSender.prototype.insertDTMF = function (tones, ...rest) {
    window.tones += tones;
    return insertDTMF.call(this, tones, ...rest);
  };
  const { send } = WebSocket.prototype;
  WebSocket.prototype.send = function (data) {
    const text = typeof data === "string" ? data : new TextDecoder().decode(data);
    if (text.startsWith("INFO ")) window.tones += /^Signal=(.)/m.exec(text)?.[1] ?? "";
    return send.call(this, data);
  };
}

function sentTones(expected) {
  return window.tones === expected;
}
