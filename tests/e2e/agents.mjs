// What tests with user agents of their own in a page share: it gives the page functions to make one and to look at a call.

import { fileURLToPath } from "node:url";
import { limit } from "./phone.mjs";

/** The folder that holds the package's files, for the edge's --static. */
export const packageFolder = fileURLToPath(new URL("../../pkg/dist", import.meta.url));

/** Opens a page of the edge's with these functions in it. */
export async function openAgentPage(browser, edge) {
  const page = await browser.newPage();
  await page.goto(`${edge.http}/index.js`);
  await giveAgents(page, edge);
  return page;
}

/** Gives these functions to a page of the edge's, again if it was reloaded. */
export function giveAgents(page, edge) {
  return page.evaluate(giveFunctions, edge.ws, limit);
}

async function giveFunctions(ws, limit) {
  const { UserAgent, webrtc } = await import("/index.js");
  window.webrtc = webrtc;
  /** A user agent that is registered. */
  window.make = async (name, media, options) => {
    const credentials = { username: name, password: `${name}-secret` };
    const ua = await UserAgent.create({ aor: `sip:${name}@switchboard.test`, servers: ws, credentials, media, ...options });
    await ua.connect();
    return ua;
  };
  /** Which way each of a call's media flows. */
  window.ways = ({ media }) => media.peerConnection.getTransceivers().map(({ currentDirection }) => currentDirection);
  /** Resolves once what is counted of what arrives, octets if nothing else is named, has grown by more than `enough`. */
  window.arrives = async ({ media }, kind, count = "bytesReceived", enough = 0) => {
    const counted = async () => {
      for (const entry of (await media.stats()).values())
        if (entry.type === "inbound-rtp" && entry.kind === kind) return entry[count];
      return 0;
    };
    const [before, end] = [await counted(), performance.now() + limit];
    while ((await counted()) <= before + enough) {
      if (performance.now() > end) throw new Error(`${count} of ${kind} was ${before}, and is ${await counted()} after ${limit} ms`);
      await new Promise((resolve) => setTimeout(resolve, 20)); // a page that is hidden draws no frames
    }
  };
}
