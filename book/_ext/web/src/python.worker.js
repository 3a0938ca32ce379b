// Python in a worker: loads it, runs one cell at a time, and tells the page what comes out. Nothing of it is in the
// page's own thread, so that a cell which never ends can be stopped by ending the worker.
/* global loadPyodide, importScripts */

const LIBRARY = "python_stdlib.zip"; // Python's own library
let loaded = 0;
let told = 0;
let anew = false; // fetch past every cache: what was kept may be broken
let where; // Python's own address
let python;
let kernel;
let packages;
let keeping; // the timer that keeps what Python compiled

function tellPage(message) {
  self.postMessage(message);
}

// Every file that Python fetches is counted; one that fails, even half-way, is fetched again, twice.
const fetchOnce = self.fetch.bind(self);
async function fetchAgain(request, options) {
  const address = request.url ?? String(request);
  const kept = address.endsWith(LIBRARY) && !anew && (await find(address));
  if (kept) return kept;
  for (let attempt = 0; ; attempt += 1) {
    const before = loaded;
    try {
      const response = await fetchOnce(request, anew || attempt ? { ...options, cache: "reload" } : options);
      if (response.status >= 500) throw new Error(`status ${response.status}`);
      // The browser keeps the machine code of a program only with its own answer; that one is counted on the side.
      if (response.ok && address.endsWith(".wasm") && !anew) {
        read(response.clone()).catch(() => {});
        return response;
      }
      const { status, statusText, headers } = response;
      return new Response(await read(response), { status, statusText, headers });
    } catch (error) {
      loaded = before;
      if (attempt === 2) throw new Error(`${address.split("/").at(-1)} did not arrive (${error.message})`);
      await new Promise((resolve) => setTimeout(resolve, 500 * 2 ** attempt));
    }
  }
}

// Pyodide would wait for ever where its program breaks off on the way, or is damaged: it is fetched again, whole.
const stream = WebAssembly.instantiateStreaming;
WebAssembly.instantiateStreaming = async (response, imports) => {
  try {
    return await stream(response, imports);
  } catch {
    try {
      anew = true;
      const whole = await fetchAgain(`${where}pyodide.asm.wasm`);
      return await WebAssembly.instantiate(await whole.arrayBuffer(), imports);
    } catch (error) {
      tellPage({ kind: "failed", text: reason(error) });
      throw error;
    }
  }
};

// The whole body of an answer; the page hears how it grows.
async function read(response) {
  const parts = [];
  const reader = response.body?.getReader();
  for (let part; reader && !(part = await reader.read()).done; ) {
    parts.push(part.value);
    loaded += part.value.byteLength;
    if (Math.abs(loaded - told) > 250_000) {
      told = loaded;
      tellPage({ kind: "loading", bytes: loaded });
    }
  }
  return new Blob(parts);
}

async function start({ python: base, course, kernel: program, packages: helper, folder, fresh }) {
  self.fetch = fetchAgain;
  [where, anew] = [base, fresh];
  const archive = fetchAgain(course).then((response) => {
    if (!response.ok) throw new Error(`${course}: status ${response.status}`);
    return response.arrayBuffer();
  });
  archive.catch(() => {}); // it is awaited below
  await fetchAgain(`${base}pyodide.js`); // a script's own loader would not try again
  importScripts(`${base}pyodide.js`);
  python = await loadPyodide({ indexURL: base, env: { MPLBACKEND: "agg", HOME: "/home/pyodide" } });
  await load(["numpy"]);
  python.unpackArchive(await archive, "zip");
  self.tell = (json) => tellPage(JSON.parse(json));
  python.FS.writeFile("/home/pyodide/page_kernel.py", program);
  python.FS.writeFile("/home/pyodide/page_packages.py", helper);
  kernel = python.pyimport("page_kernel");
  packages = python.pyimport("page_packages");
  packages.enter(folder);
  packages.recall(await (await find(`${where}compiled`))?.arrayBuffer());
  tellPage({ kind: "ready" });
}

// Load packages. Pyodide only says what went wrong.
async function load(names) {
  const wrong = [];
  await python.loadPackage(names, { messageCallback() {}, errorCallback: (text) => wrong.push(text) });
  if (wrong.length) throw new Error(wrong.join(" "));
}

async function run({ cell, source }) {
  clearTimeout(keeping);
  const wanted = packages.needed(source).toJs().filter((name) => !(name in python.loadedPackages));
  if (wanted.length) await load(wanted);
  tellPage({ kind: "started", cell });
  tellPage({ kind: "done", cell, ok: await kernel.run(cell, source) });
  keeping = setTimeout(keep, 2000);
}

// What Python has compiled is kept beside its files for the next visit, when nothing else is to be done: of the packages,
// and once of its own library. Where the browser keeps nothing, it is compiled again.
const store = () => caches.open(`compiled-${where}`);

async function find(address) {
  try {
    return anew ? undefined : await (await store()).match(address);
  } catch {
    return undefined;
  }
}

async function keep() {
  try {
    const content = packages.compiled();
    if (!content) return;
    const cache = await store();
    await cache.put(`${where}compiled`, new Response(content.toJs()));
    await cache.put(`${where}${LIBRARY}`, new Response(packages.library().toJs()));
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
    tellPage({ kind: "failed", text: reason(error) });
  }
};
