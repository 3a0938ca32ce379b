// Python in a worker: loads it, runs one cell at a time, and tells the page what comes out. Nothing of it is in the
// page's own thread, so that a cell which never ends can be stopped by ending the worker.
/* global loadPyodide, importScripts */

import { below, find, keep, keepIn, spread } from "./kept.js";
import { arrival, askAhead, expect, fetchAgain, fetchAnew, LOCK } from "./network.js";

const SCRIPTS = ["pyodide.js", "pyodide.asm.js"]; // a script's own loader takes what is kept, be it broken
let told; // what the page said at the start
let python;
let kernel;
let packages;
let keeping; // the timer that keeps what there is
const early = new Map(); // package to its kept files, which are being read
const there = new Map(); // package or group to { own, kept }: its folders, how many of its compiled files are kept

function tellPage(message) {
  self.postMessage(message);
}

// Pyodide would wait for ever where its program breaks off on the way, or is damaged: it is fetched again, whole.
const stream = WebAssembly.instantiateStreaming;
WebAssembly.instantiateStreaming = async (response, imports) => {
  try {
    return await stream(response, imports);
  } catch {
    try {
      fetchAnew();
      const whole = await fetchAgain(`${told.python}pyodide.asm.wasm`);
      return await WebAssembly.instantiate(await whole.arrayBuffer(), imports);
    } catch (error) {
      tellPage({ kind: "failed", text: reason(error), starting: true });
      throw error;
    }
  }
};

async function start(settings) {
  told = settings;
  const { python: base, compiled: made, course, later, fresh } = told;
  self.fetch = fetchAgain;
  if (fresh) fetchAnew();
  keepIn(told.store);
  for (const name of told.brings) {
    const found = await find(`${base}${name}`);
    if (found) early.set(name, found.arrayBuffer()); // read while Python starts
  }
  const brings = told.brings.filter((name) => !early.has(name));
  expect({ python: base, brings, later });
  const library = `${made ?? base}python_stdlib.zip`;
  [library, `${base}${LOCK}`, course].forEach((address) => askAhead(address));
  if (made) arrival.then(() => ["nncourse", ...brings].forEach((name) => askAhead(packed(name))));
  if (fresh) for (const name of SCRIPTS) await fetchAgain(`${base}${name}`, { cache: "reload" });
  await importAgain(`${base}${SCRIPTS[0]}`);
  const env = { MPLBACKEND: "module://page_backend", HOME: "/home/pyodide" };
  python = await loadPyodide({ indexURL: base, env, stdLibURL: library });
  await unpack(course);
  self.tell = (json) => tellPage(JSON.parse(json));
  for (const [name, text] of Object.entries(told.programs)) python.FS.writeFile(`/home/pyodide/${name}.py`, text);
  packages = python.pyimport("page_packages");
  kernel = python.pyimport("page_kernel");
  packages.enter(told.folder, python.toPy(later));
  await addCompiled("nncourse");
  await load("numpy");
  tellPage({ kind: "ready" });
}

async function unpack(address, folder) {
  const archive = await fetchAgain(address);
  if (!archive.ok) throw new Error(`${address}: status ${archive.status}`);
  python.unpackArchive(await archive.arrayBuffer(), "zip", folder && { extractDir: folder });
}

// What the site has compiled of a package: Python compares its source, and compiles it where it is another.
const packed = (name) => `${told.compiled}compiled/${name}.zip`;

async function addCompiled(name) {
  if (told.compiled) await unpack(packed(name), packages.COMPILED);
}

// A script's own loader does not try again.
async function importAgain(address) {
  try {
    importScripts(address);
  } catch {
    await fetchAgain(address, { cache: "reload" });
    importScripts(address);
  }
}

// Load a package with what it needs, or the group that comes later: from the files that an earlier visit kept, else as
// Pyodide does. One after the other: what is new in the folder is theirs.
let last = Promise.resolve();
function load(name) {
  const mine = last.then(() => there.has(name) || loadOne(name));
  last = mine.catch(() => {});
  return mine;
}

async function loadOne(name) {
  const before = python.FS.readdir(packages.SITE);
  const names = name === "later" ? told.later : [name];
  const kept = await (early.get(name) ?? (await find(`${told.python}${name}`))?.arrayBuffer());
  early.delete(name);
  if (kept) {
    spread(kept, python.FS);
    names.forEach((one) => { python.loadedPackages[one] = "kept"; });
  } else {
    await fetchPackages(names);
    if (name !== "later") await addCompiled(name);
    if (name === "matplotlib") packages.mend_fonts();
  }
  const own = python.FS.readdir(packages.SITE).filter((entry) => !before.includes(entry));
  there.set(name, { own, kept: kept ? compiled(own).length : -1 });
}

// Pyodide only says what went wrong; then what came with it is loaded again the next time, with what it needs.
async function fetchPackages(names) {
  const wrong = [];
  const before = Object.keys(python.loadedPackages);
  await python.loadPackage(names, { messageCallback() {}, errorCallback: (text) => wrong.push(text) });
  if (!wrong.length) return;
  for (const name of Object.keys(python.loadedPackages)) if (!before.includes(name)) delete python.loadedPackages[name];
  throw new Error(wrong.join(" "));
}

async function run({ cell, source }) {
  clearTimeout(keeping);
  const needed = packages.needed(source).toJs();
  try {
    for (const name of needed) await load(name);
  } catch (error) { // what there is goes on, and the next run tries again
    fetchAnew();
    const text = `ImportError: what this cell imports did not arrive. Run the cell again. (${reason(error)})`;
    tellPage({ kind: "error", cell, name: "ImportError", text, line: null, missing: null });
    tellPage({ kind: "done", cell, ok: false });
    return;
  }
  tellPage({ kind: "started", cell });
  tellPage({ kind: "done", cell, ok: await kernel.run(cell, source) });
  keeping = setTimeout(keepAll, 2000);
}

const compiled = (own) => own.flatMap((entry) => below(`${packages.COMPILED}${packages.SITE}/${entry}`, python.FS));

async function keepAll() {
  try {
    if (there.has("matplotlib")) await load("later").catch(() => {}); // the rest is kept all the same
    for (const [name, about] of there) {
      const files = compiled(about.own);
      if (files.length <= 1.1 * about.kept) continue;
      const sources = about.own.flatMap((entry) => below(`${packages.SITE}/${entry}`, python.FS));
      await keep(`${told.python}${name}`, python.FS, [...sources, ...files]);
      about.kept = files.length;
    }
  } catch {
    /* nothing is kept */
  }
}

// Why Python is gone, in words: what the browser says of a full stack or memory is for its makers.
function reason(error) {
  const text = String(error?.message ?? error).trim();
  if (/call stack|recursion/i.test(text)) return "calls within calls went too deep for the browser";
  if (/memory/i.test(text)) return "it has no more memory";
  return text.split("\n").at(-1);
}

self.onmessage = async ({ data }) => {
  try {
    await (data.kind === "start" ? start(data) : run(data));
  } catch (error) {
    tellPage({ kind: "failed", text: reason(error), starting: data.kind === "start" });
  }
};
