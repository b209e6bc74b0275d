// Modules of pkg/src that the package does not export, or the whole face over an engine made by a test.

import { fileURLToPath } from "node:url";
import { build } from "esbuild";

/** Imports one source file; `engine` is the source text that stands in for the generated pkg/wasm/patchcord.js. */
export async function importSource(file, engine) {
  const plugins = engine === undefined ? [] : [standIn(engine)];
  const entry = fileURLToPath(new URL(`../../pkg/src/${file}`, import.meta.url));
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    format: "esm",
    write: false,
    plugins,
    target: "node20",
    logLevel: "error",
  });
  return import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString("base64")}`);
}

function standIn(engine) {
  return {
    name: "engine",
    setup(builder) {
      builder.onResolve({ filter: /wasm\/patchcord\.js$/ }, () => ({ path: "engine", namespace: "test" }));
      builder.onLoad({ filter: /.*/, namespace: "test" }, () => ({ contents: engine, loader: "js" }));
    },
  };
}
