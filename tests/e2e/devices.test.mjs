// Microphones and loudspeakers on the demo page: changed in a call, unplugged in a call, and asked for by name.

import assert from "node:assert/strict";
import { test } from "node:test";
import { atDesk, notInFirefox, talk, until } from "./desk.mjs";

const { withPage } = atDesk();

test("another microphone is chosen in a call, and the call goes on with it", { skip: notInFirefox("Firefox makes up one microphone, which has a name") }, () =>
  withPage(async (desk) => {
    const { page, left: alice, right: bob } = desk;
    await talk(desk);
    await alice.click("meter");
    const options = await page.$$eval(`${alice.part("microphone")} option`, (all) =>
      all.map(({ value, text }) => ({ value, text })),
    );
    assert.ok(options.length > 2, JSON.stringify(options));
    const { value } = options.at(-1);
    await page.evaluate(noteCaptures);
    await page.select(alice.part("microphone"), value);
    await until(page, (wanted) => window.captured.includes(wanted), value);
    await bob.audio(3);
    assert.equal(await alice.text("problem"), "");
  }));

test("another loudspeaker is chosen in a call, where the browser lets pages choose", () =>
  withPage(async (desk) => {
    const { page, left: alice } = desk;
    await talk(desk);
    if (!(await page.evaluate(() => "setSinkId" in HTMLMediaElement.prototype))) {
      return assert.equal(await page.$eval(alice.part("call-speaker-choice"), ({ hidden }) => hidden), true);
    }
    await page.evaluate(() => {
      HTMLMediaElement.prototype.setSinkId = async (id) => void (window.sink = id);
    });
    await alice.click("meter");
    const value = await page.$eval(`${alice.part("speaker")} option:last-child`, (option) => option.value);
    await page.select(alice.part("speaker"), value);
    if (value) await until(page, (wanted) => window.sink === wanted, value);
    assert.equal(await alice.text("problem"), "");
  }));

test("a microphone that is unplugged in a call is named, with what to do", { skip: notInFirefox("Firefox fires no made-up event at a microphone") }, () =>
  withPage(async (desk) => {
    const { page, left: alice } = desk;
    await page.evaluate(keepTracks);
    await talk(desk);
    await page.evaluate(() => {
      navigator.mediaDevices.getUserMedia = () =>
        Promise.reject(new DOMException("unplugged by the test", "NotFoundError"));
      for (const track of window.tracks) track.dispatchEvent(new Event("ended"));
    });
    await alice.says(
      "call-warning",
      /The microphone .*is gone\. The other side does not hear you: plug it in again, or choose another/,
    );
    await alice.is({ call: "established" });
    assert.equal(await page.$eval(alice.part("sound"), ({ open }) => open), true, "where one chooses is shown");
  }));

test("devices without names get them once the microphone is allowed", { skip: notInFirefox("Firefox makes up one microphone, which has a name") }, () =>
  withPage(async ({ page }) => {
    await page.evaluate(() => {
      const { enumerateDevices, getUserMedia } = navigator.mediaDevices;
      let allowed = false;
      navigator.mediaDevices.enumerateDevices = async function () {
        const all = await enumerateDevices.call(this);
        return allowed ? all : all.map(({ kind, deviceId }) => ({ kind, deviceId, label: "" }));
      };
      navigator.mediaDevices.getUserMedia = async function (constraints) {
        allowed = true;
        return getUserMedia.call(this, constraints);
      };
      navigator.mediaDevices.dispatchEvent(new Event("devicechange"));
    });
    await page.click('[data-testid="open-settings"]');
    const names = () => page.$eval('[data-testid="setting-microphone"]', (select) => select.innerText);
    await until(page, () =>
      /Microphone 1/.test(document.querySelector('[data-testid="setting-microphone"]').innerText),
    );
    await page.click('[data-testid="name-devices"]');
    await until(page, () => document.querySelector('[data-testid="name-devices"]').hidden);
    assert.doesNotMatch(await names(), /Microphone 1/);
  }));

// The functions below run in the page.

function noteCaptures() {
  const { getUserMedia } = navigator.mediaDevices;
  window.captured = "";
  navigator.mediaDevices.getUserMedia = function (constraints) {
    window.captured += JSON.stringify(constraints);
    return getUserMedia.call(this, constraints);
  };
}

function keepTracks() {
  const { getUserMedia } = navigator.mediaDevices;
  window.tracks = [];
  navigator.mediaDevices.getUserMedia = async function (constraints) {
    const stream = await getUserMedia.call(this, constraints);
    window.tracks.push(...stream.getTracks());
    return stream;
  };
}
