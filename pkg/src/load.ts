/**
 * From a place to a compiled WebAssembly module, with an explanation for each way in which that goes wrong: file not
 * found, wrong MIME type, Content-Security-Policy, network.
 */

import { kind } from "./check.js";
import { PatchcordError, explain } from "./errors.js";

/** Where the engine's file may come from. */
export type WasmSource = string | URL | BufferSource | WebAssembly.Module;

/** Refuses what is no source. Throws TypeError. */
export function checkSource(source: unknown): WasmSource {
  const fits =
    typeof source === "string" ||
    source instanceof URL ||
    source instanceof ArrayBuffer ||
    ArrayBuffer.isView(source) ||
    source instanceof WebAssembly.Module;
  if (!fits)
    throw new TypeError(`wasm: a URL, the file's bytes or a WebAssembly.Module is needed, not ${kind(source)}`);
  return source as WasmSource;
}

/** Gets and compiles. Rejects with PatchcordError `not-initialised`. */
export async function compiled(source: WasmSource): Promise<WebAssembly.Module> {
  if (source instanceof WebAssembly.Module) return source;
  if (typeof source === "string" || source instanceof URL) return located(source);
  return compile(source, "the bytes given to init()");
}

async function located(source: string | URL): Promise<WebAssembly.Module> {
  const url = absolute(source);
  if (url.protocol === "file:" && "process" in globalThis) return compile(await readFile(url), url.href);
  const response = await get(url);
  const type = (response.headers.get("Content-Type") ?? "none").split(";", 1)[0]?.trim().toLowerCase();
  if (type === "application/wasm" && "compileStreaming" in WebAssembly) {
    return WebAssembly.compileStreaming(response).catch((error: unknown) => {
      throw uncompiled(url.href, error);
    });
  }
  const bytes = new Uint8Array(await response.arrayBuffer());
  if (!isWasm(bytes)) {
    throw failed(
      `${url.href} came with MIME type "${type}" and is no WebAssembly. A server that answers unknown paths with its index page does this: ` +
        `serve patchcord_bg.wasm there as application/wasm, or name its place with init({ wasm: url })`,
    );
  }
  console.warn(`patchcord: ${url.href} came with MIME type "${type}"; served as application/wasm it starts sooner`);
  return compile(bytes, url.href);
}

function absolute(source: string | URL): URL {
  try {
    return new URL(source, globalThis.document?.baseURI);
  } catch (error) {
    throw failed(
      `"${String(source)}" is no URL from which the engine could be loaded; name one with init({ wasm: url })`,
      error,
    );
  }
}

async function get(url: URL): Promise<Response> {
  const response = await fetch(url, { credentials: "same-origin" }).catch((error: unknown) => {
    throw failed(
      `${url.href} could not be fetched (${explain(error)}): the network, CORS, or a Content-Security-Policy whose connect-src does not name this place`,
      error,
    );
  });
  if (response.ok) return response;
  const mend =
    response.status === 404
      ? "copy patchcord_bg.wasm there, or name its place with init({ wasm: url })"
      : "it must be readable for everybody who loads the page";
  throw failed(`${url.href} was answered with ${response.status} ${response.statusText}`.trimEnd() + `: ${mend}`);
}

/** In Node, whose fetch does not read files. Not by import: bundlers would look for the module. */
async function readFile(url: URL): Promise<BufferSource> {
  try {
    const fs = (globalThis as NodeLike).process?.getBuiltinModule?.("node:fs/promises");
    if (!fs) throw new Error("Node 20.16 or newer is needed for this");
    return await fs.readFile(url);
  } catch (error) {
    throw failed(
      `${url.href} could not be read (${explain(error)}): patchcord_bg.wasm belongs beside patchcord's index.js, or name its place with init({ wasm: url })`,
      error,
    );
  }
}

/** What of Node is needed. */
interface NodeLike {
  process?: { getBuiltinModule?(name: string): { readFile(path: URL): Promise<Uint8Array<ArrayBuffer>> } | undefined };
}

function isWasm(bytes: Uint8Array): boolean {
  return [0x00, 0x61, 0x73, 0x6d].every((byte, index) => bytes[index] === byte);
}

async function compile(bytes: BufferSource, place: string): Promise<WebAssembly.Module> {
  try {
    return await WebAssembly.compile(bytes);
  } catch (error) {
    throw uncompiled(place, error);
  }
}

function uncompiled(place: string, error: unknown): PatchcordError {
  // Browsers word it differently and have no error class for it.
  const forbidden = /content.security.policy|\bcsp\b|unsafe-eval|disallowed by embedder/i.test(explain(error));
  const why = forbidden
    ? "the page's Content-Security-Policy forbids WebAssembly; add 'wasm-unsafe-eval' to its script-src"
    : "it is damaged, or not patchcord_bg.wasm";
  return failed(`${place} could not be compiled (${explain(error)}): ${why}`, error);
}

function failed(message: string, cause?: unknown): PatchcordError {
  return new PatchcordError(
    "not-initialised",
    `the engine could not be loaded: ${message}`,
    cause === undefined ? {} : { cause },
  );
}
