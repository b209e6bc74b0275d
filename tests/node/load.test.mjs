// Loading the engine: what works, and that each way of failing explains itself.

import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, mock, test } from "node:test";
import { pathToFileURL } from "node:url";
import { importSource } from "./source.mjs";

const { checkSource, compiled } = await importSource("load.ts");
const EMPTY_WASM = new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]);
const ANSWERS = {
  "/good.wasm": [200, "application/wasm", EMPTY_WASM],
  "/octets.wasm": [200, "application/octet-stream", EMPTY_WASM],
  "/index.html": [200, "text/html; charset=utf-8", "<!doctype html>"],
  "/damaged.wasm": [200, "application/wasm", "\0asm\x09\0\0\0"],
  "/secret.wasm": [403, "text/plain", "no"],
};
let server;
let base;
let folder;

before(async () => {
  server = createServer(({ url }, response) => {
    const [status, type, body] = ANSWERS[url] ?? [404, "text/plain", "nothing here"];
    response.writeHead(status, { "Content-Type": type }).end(body);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  base = `http://127.0.0.1:${server.address().port}`;
  folder = await mkdtemp(join(tmpdir(), "patchcord-"));
});

after(async () => {
  server.closeAllConnections();
  server.close();
  await rm(folder, { recursive: true });
});

const fails = (source, message) =>
  assert.rejects(
    compiled(source),
    (error) => error.name === "PatchcordError" && error.code === "not-initialised" && message.test(error.message),
  );

test("design_3_bytes_modules_urls_and_files_are_all_sources", async () => {
  const file = join(folder, "good.wasm");
  await writeFile(file, EMPTY_WASM);
  const module = await WebAssembly.compile(EMPTY_WASM);
  for (const source of [
    EMPTY_WASM,
    EMPTY_WASM.buffer,
    module,
    `${base}/good.wasm`,
    new URL(`${base}/good.wasm`),
    pathToFileURL(file),
  ]) {
    assert.ok((await compiled(checkSource(source))) instanceof WebAssembly.Module);
  }
});

test("design_3_webassembly_with_another_mime_type_works_and_warns", async () => {
  const warn = mock.method(console, "warn", () => {});
  assert.ok((await compiled(`${base}/octets.wasm`)) instanceof WebAssembly.Module);
  assert.match(warn.mock.calls[0].arguments[0], /application\/octet-stream/);
  warn.mock.restore();
});

test("design_3_an_index_page_in_its_place_is_explained", () =>
  fails(`${base}/index.html`, /MIME type "text\/html".*application\/wasm/s));
test("design_3_a_404_is_explained", () => fails(`${base}/gone.wasm`, /404.*init\(\{ wasm: url \}\)/));
test("design_3_a_403_is_explained", () => fails(`${base}/secret.wasm`, /403.*readable/));
test("design_3_a_damaged_file_is_explained", () => fails(`${base}/damaged.wasm`, /damaged/));
test("design_3_damaged_bytes_are_explained", () => fails(new Uint8Array(8), /damaged/));
test("design_3_a_missing_file_is_explained", () =>
  fails(pathToFileURL(join(folder, "gone.wasm")), /could not be read.*beside patchcord's index\.js/));
test("design_3_a_relative_url_without_a_page_is_explained", () => fails("patchcord_bg.wasm", /no URL/));

test("design_3_a_server_that_is_not_there_is_explained", async () => {
  const refuser = createServer();
  await new Promise((resolve) => refuser.listen(0, "127.0.0.1", resolve));
  const { port } = refuser.address();
  await new Promise((resolve) => refuser.close(resolve));
  await fails(`http://127.0.0.1:${port}/x.wasm`, /could not be fetched.*connect-src/);
});

test("design_3_a_content_security_policy_is_explained", async () => {
  const worded = [
    "WebAssembly.compile(): Compiling or instantiating WebAssembly module violates the following Content Security policy directive because 'unsafe-eval' is not allowed",
    "call to WebAssembly.compile() blocked by CSP",
    "WebAssembly.compile(): Wasm code generation disallowed by embedder",
  ];
  for (const message of worded) {
    const compile = mock.method(WebAssembly, "compile", () => Promise.reject(new WebAssembly.CompileError(message)));
    await fails(EMPTY_WASM, /'wasm-unsafe-eval' to its script-src/);
    compile.mock.restore();
  }
});

test("design_3_what_is_no_source_is_refused_at_once", () => {
  for (const source of [7, null, {}, []]) assert.throws(() => checkSource(source), TypeError);
});
