/**
 * Loading the engine, once.
 */

import { record } from "./check.js";
import { handled } from "./errors.js";
import { startEngine } from "./host.js";
import { checkSource, compiled } from "./load.js";

let loading: Promise<void> | undefined;

/**
 * Fetches and compiles the engine once; memoised. `UserAgent.create` calls it when nobody has. After a failure it may be
 * called again.
 *
 * @param source Where patchcord_bg.wasm is, its bytes, or a compiled module. Default: the file beside the package's
 *   index.js, which bundlers that know `new URL(…, import.meta.url)` copy by themselves. Counts at the first call only.
 * @throws TypeError at once if `source` is of no use.
 * @returns Rejects with PatchcordError `not-initialised`, which explains what went wrong: a 404, a wrong MIME type, a
 *   Content-Security-Policy without 'wasm-unsafe-eval', …
 *
 * @example
 * await init({ wasm: "/assets/patchcord_bg.wasm" });
 */
export function init(source?: { wasm?: string | URL | BufferSource | WebAssembly.Module }): Promise<void> {
  const { wasm } = record(source, "source", ["wasm"]);
  const given = wasm === undefined ? undefined : checkSource(wasm);
  loading ??= handled(
    start(given).catch((error: unknown) => {
      loading = undefined;
      throw error;
    }),
  );
  return loading;
}

async function start(given: ReturnType<typeof checkSource> | undefined): Promise<void> {
  await startEngine(await compiled(given ?? new URL("patchcord_bg.wasm", import.meta.url)));
}
