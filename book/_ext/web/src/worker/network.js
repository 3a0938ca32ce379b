// What Python fetches: every file is counted, and one that fails, even half-way, is fetched again, twice. What is
// certain to be needed is asked for ahead.

export const LOCK = "pyodide-lock.json"; // which package needs which
export let anew = false; // fetch past every cache: what was kept may be broken
let loaded = 0;
let told = 0;
let expected; // { python, brings, later }: Python's address, packages that the page will need, those that come later
let arrived;
export const arrival = new Promise((resolve) => { arrived = resolve; }); // of Python's program
const ahead = new Map(); // address to an answer that is on its way

export function fetchAnew() {
  anew = true;
}

export function expect(packages) {
  expected = packages;
}

const fetchOnce = self.fetch.bind(self);
export async function fetchAgain(request, options) {
  const address = request.url ?? String(request);
  const kept = address.endsWith(".wasm") && (await isKept(address));
  const early = ahead.get(address);
  if (ahead.delete(address)) return early;
  for (let attempt = 0; ; attempt += 1) {
    const before = loaded;
    try {
      const response = await fetchOnce(request, anew || attempt ? { ...options, cache: "reload" } : options);
      if (response.status >= 500) throw new Error(`status ${response.status}`);
      if (response.ok && address.endsWith(".wasm") && !anew) return await program(response, address, kept);
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

// Python's program. The browser keeps the machine code of a program with its own answer alone, and only with one that
// the service worker has kept.
async function program(response, address, kept) {
  const counted = read(response.clone());
  if (!kept) await counted;
  counted.then(arrived, () => {});
  return kept ? response : fetchOnce(address, { cache: "force-cache" });
}

async function isKept(address) {
  try {
    return Boolean(await caches.match(address));
  } catch {
    return false;
  }
}

// The lock file without what comes later. When Python's program is there, the network has nothing to do: what the page
// will need and what is not kept is fetched then.
function lighter(text) {
  const lock = JSON.parse(text);
  const { brings, later } = expected;
  for (const about of Object.values(lock.packages)) about.depends = about.depends.filter((name) => !later.includes(name));
  arrival.then(() => brings.forEach((name) => fetchAhead(lock.packages, name)));
  return JSON.stringify(lock);
}

function fetchAhead(packages, name) {
  const { file_name: file, sha256, depends } = packages[name];
  const address = `${expected.python}${file}`;
  if (ahead.has(address)) return;
  askAhead(address, { integrity: `sha256-${btoa(sha256.replace(/../g, (byte) => String.fromCharCode(parseInt(byte, 16))))}` });
  depends.forEach((other) => fetchAhead(packages, other));
}

export function askAhead(address, options) {
  const answer = fetchAgain(address, options);
  answer.catch(() => {}); // it is awaited where it is asked for
  ahead.set(address, answer);
}

// The parts of an answer's body; the page hears how it grows.
async function read(response) {
  const parts = [];
  const reader = response.body?.getReader();
  for (let part; reader && !(part = await reader.read()).done; ) {
    parts.push(part.value);
    loaded += part.value.byteLength;
    if (Math.abs(loaded - told) > 250_000) {
      told = loaded;
      self.postMessage({ kind: "loading", bytes: loaded });
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
