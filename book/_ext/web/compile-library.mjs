// Makes a copy of the browser's Python's own library with compiled modules in it, and files of what is compiled of
// packages: from those Python starts and imports in half the time. Python itself compiles them, the same as in the
// browser.

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";

const [, , pyodide, folder] = process.argv;
const { loadPyodide } = await import(`${pyodide}/pyodide.mjs`);
let told = "";
for await (const part of process.stdin.setEncoding("utf-8")) told += part;
const { names, packages, wheel } = JSON.parse(told);

const python = await loadPyodide();
await python.loadPackage(wheel, { messageCallback() {} }); // any: what unpacks it is in use then
python.runPython(readFileSync(new URL("compile_library.py", import.meta.url), "utf-8"));
const [library, compiled] = ["library", "compiled"].map((name) => python.globals.get(name));
mkdirSync(`${folder}/compiled`, { recursive: true });
writeFileSync(`${folder}/python_stdlib.zip`, library(names).toJs());
for (const [name, sources] of Object.entries(packages)) {
  writeFileSync(`${folder}/compiled/${name}.zip`, compiled(python.toPy(sources)).toJs());
}
