// Makes a copy of the browser's Python's own library with compiled modules in it: from that Python starts in half the
// time. Python itself compiles them, the same as in the browser.

import { readFileSync, writeFileSync } from "node:fs";

const [, , pyodide, target] = process.argv;
const { loadPyodide } = await import(`${pyodide}/pyodide.mjs`);
let names = "";
for await (const part of process.stdin) names += part;

const python = await loadPyodide();
python.runPython(readFileSync(new URL("compile_library.py", import.meta.url), "utf-8"));
const make = python.globals.get("library");
writeFileSync(target, make(names.split(/\s+/)).toJs());
