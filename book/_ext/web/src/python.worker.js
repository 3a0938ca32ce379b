// Python in a worker: loads it, runs one cell at a time, and tells the page what comes out. Nothing of it is in the
// page's own thread, so that a cell which never ends can be stopped by ending the worker.
/* global loadPyodide, importScripts */

const LOCK = "pyodide-lock.json"; // which package needs which
// matplotlib draws without these: they come when nothing else is to be done, or when a cell needs them.
const GROUPS = { later: ["fonttools", "matplotlib-pyodide", "pytz"] };
let loaded = 0;
let told = 0;
let anew = false; // fetch past every cache: what was kept may be broken
let where; // Python's own address
let brings; // the packages that the page is likely to need
let made; // the address of what the site has compiled, or null
let python;
let kernel;
let packages;
let keeping; // the timer that keeps what there is
let arrived;
const arrival = new Promise((resolve) => { arrived = resolve; });
const ahead = new Map(); // address to an answer that is on its way
const early = new Map(); // package to its kept files, which are being read
const there = new Map(); // package or group to { own, kept }: its folders, how many of its compiled files are kept

function tellPage(message) {
  self.postMessage(message);
}

// Every file that Python fetches is counted; one that fails, even half-way, is fetched again, twice.
const fetchOnce = self.fetch.bind(self);
async function fetchAgain(request, options) {
  const address = request.url ?? String(request);
  const kept = address.endsWith(".wasm") && (await isKept(address));
  const early = ahead.get(address);
  if (ahead.delete(address)) return early;
  for (let attempt = 0; ; attempt += 1) {
    const before = loaded;
    try {
      const response = await fetchOnce(request, anew || attempt ? { ...options, cache: "reload" } : options);
      if (response.status >= 500) throw new Error(`status ${response.status}`);
      // The browser keeps the machine code of a program with its own answer alone, and only with one that was kept.
      if (response.ok && address.endsWith(".wasm") && !anew) {
        const counted = read(response.clone());
        if (!kept) await counted;
        counted.then(arrived, () => {});
        return kept ? response : await fetchOnce(address, { cache: "force-cache" });
      }
      const { status, statusText, headers } = response;
      const body = joined(await read(response));
      const content = address.endsWith(LOCK) ? lighter(new TextDecoder().decode(body)) : body;
      return new Response(content, { status, statusText, headers });
    } catch (error) {
      loaded = before;
      if (attempt === 2) throw new Error(`${address.split("/").at(-1)} did not arrive (${error.message})`);
      await new Promise((resolve) => setTimeout(resolve, 500 * 2 ** attempt));
    }
  }
}

// The lock file without what comes later. When Python's program is there, the network has nothing to do: what the page
// will need and what is not kept is fetched then.
function lighter(text) {
  const lock = JSON.parse(text);
  for (const about of Object.values(lock.packages)) about.depends = about.depends.filter((name) => !GROUPS.later.includes(name));
  arrival.then(() => brings.forEach((name) => fetchAhead(lock.packages, name)));
  return JSON.stringify(lock);
}

function fetchAhead(packages, name) {
  const { file_name: file, sha256, depends } = packages[name];
  const address = `${where}${file}`;
  if (ahead.has(address)) return;
  askAhead(address, { integrity: `sha256-${btoa(sha256.replace(/../g, (byte) => String.fromCharCode(parseInt(byte, 16))))}` });
  depends.forEach((other) => fetchAhead(packages, other));
}

function askAhead(address, options) {
  const answer = fetchAgain(address, options);
  answer.catch(() => {}); // it is awaited where it is asked for
  ahead.set(address, answer);
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

// The parts of an answer's body; the page hears how it grows.
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
  return parts;
}

// As one: a blob would go to the browser's own process and back.
function joined(parts) {
  const whole = new Uint8Array(parts.reduce((size, part) => size + part.byteLength, 0));
  let start = 0;
  for (const part of parts) {
    whole.set(part, start);
    start += part.byteLength;
  }
  return whole;
}

async function start({ python: base, compiled: site, course, kernel: program, packages: helper, folder, fresh, brings: names }) {
  self.fetch = fetchAgain;
  [where, made, anew] = [base, site, fresh];
  for (const name of names) {
    const found = await find(`${where}${name}`);
    if (found) early.set(name, found.arrayBuffer()); // read while Python starts
  }
  brings = names.filter((name) => !early.has(name));
  const library = `${made ?? base}python_stdlib.zip`;
  [library, `${base}${LOCK}`, course].forEach((address) => askAhead(address));
  if (made) arrival.then(() => ["nncourse", ...brings].forEach((name) => askAhead(packed(name))));
  await importAgain(`${base}pyodide.js`);
  const env = { MPLBACKEND: "agg", HOME: "/home/pyodide" };
  python = await loadPyodide({ indexURL: base, env, stdLibURL: library });
  await unpack(course);
  self.tell = (json) => tellPage(JSON.parse(json));
  python.FS.writeFile("/home/pyodide/page_kernel.py", program);
  python.FS.writeFile("/home/pyodide/page_packages.py", helper);
  kernel = python.pyimport("page_kernel");
  packages = python.pyimport("page_packages");
  packages.enter(folder);
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
const packed = (name) => `${made}compiled/${name}.zip`;

async function addCompiled(name) {
  if (made) await unpack(packed(name), packages.COMPILED);
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

// Load a package with what it needs, or a group: from the files that an earlier visit kept, else as Pyodide does. One
// after the other: what is new in the folder is theirs.
let last = Promise.resolve();
function load(name) {
  const mine = last.then(() => there.has(name) || loadOne(name));
  last = mine.catch(() => {});
  return mine;
}

async function loadOne(name) {
  const before = python.FS.readdir(packages.SITE);
  const names = GROUPS[name] ?? [name];
  const kept = await (early.get(name) ?? (await find(`${where}${name}`))?.arrayBuffer());
  early.delete(name);
  if (kept) {
    spread(kept);
    names.forEach((one) => { python.loadedPackages[one] = "kept"; });
  } else {
    await fetchPackages(names);
    if (!(name in GROUPS)) await addCompiled(name);
    if (name === "matplotlib") packages.mend_fonts();
  }
  const own = python.FS.readdir(packages.SITE).filter((entry) => !before.includes(entry));
  there.set(name, { own, kept: kept ? compiled(own).length : -1 });
}

// Pyodide only says what went wrong.
async function fetchPackages(names) {
  const wrong = [];
  await python.loadPackage(names, { messageCallback() {}, errorCallback: (text) => wrong.push(text) });
  if (wrong.length) throw new Error(wrong.join(" "));
}

async function run({ cell, source }) {
  clearTimeout(keeping);
  for (const name of packages.needed(source).toJs()) await load(name);
  tellPage({ kind: "started", cell });
  tellPage({ kind: "done", cell, ok: await kernel.run(cell, source) });
  keeping = setTimeout(keep, 2000);
}

// The files of the packages, as they lie unpacked, and what Python has compiled of them, are kept beside Python's own
// files for the next visit, when nothing else is to be done: to unpack and to compile takes longer than all the rest.
// Where the browser keeps nothing, it is done again.
const store = () => caches.open(`compiled-${where}`);

async function find(address) {
  try {
    return anew ? undefined : await (await store()).match(address);
  } catch {
    return undefined;
  }
}

async function isKept(address) {
  try {
    return Boolean(await caches.match(address));
  } catch {
    return false;
  }
}

async function keep() {
  try {
    if (there.has("matplotlib")) await load("later");
    const cache = await store();
    for (const [name, about] of there) {
      const files = compiled(about.own);
      if (files.length <= 1.1 * about.kept) continue;
      await cache.put(`${where}${name}`, new Response(gathered([...about.own.flatMap((entry) => below(`${packages.SITE}/${entry}`)), ...files])));
      about.kept = files.length;
    }
  } catch {
    /* nothing is kept */
  }
}

// The files below a path.
function below(path) {
  const { FS } = python;
  if (!FS.analyzePath(path).exists) return [];
  if (!FS.isDir(FS.stat(path).mode)) return [path];
  return FS.readdir(path).filter((name) => name !== "." && name !== "..").flatMap((name) => below(`${path}/${name}`));
}

const compiled = (own) => own.flatMap((entry) => below(`${packages.COMPILED}${packages.SITE}/${entry}`));

// Files as one: the size of a list, the list of their names and sizes, their contents.
function gathered(paths) {
  const contents = paths.map((path) => python.FS.readFile(path));
  // Compiled files say that they need not be compared with their sources, which are younger on each visit.
  contents.forEach((content, index) => paths[index].endsWith(".pyc") && content.fill(0, 4, 16).fill(1, 4, 5));
  const list = new TextEncoder().encode(JSON.stringify(paths.map((path, index) => [path, contents[index].length])));
  return new Blob([new Uint32Array([list.length]), list, ...contents]);
}

function spread(buffer) {
  const [length] = new Uint32Array(buffer, 0, 1);
  let start = 4 + length;
  for (const [path, size] of JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length)))) {
    python.FS.mkdirTree(path.slice(0, path.lastIndexOf("/")));
    python.FS.writeFile(path, new Uint8Array(buffer, start, size), { canOwn: true });
    start += size;
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
