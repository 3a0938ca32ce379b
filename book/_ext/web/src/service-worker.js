// Keeps what the reader has loaded: pages that were visited, and Python once it has run. The next visit needs no
// network; of a new version of the course, pages are kept as they are visited. Its own address says which version of
// the course and of Python this is, and where Python comes from. Where the browser keeps nothing, because it may not or
// has no room, everything comes from the network.

const told = new URL(self.location).searchParams;
const SCOPE = new URL("./", self.location).href;
const PYTHON = told.get("python");
const OURS = `nncourse ${SCOPE} `; // other sites of this host have caches, too
const PAGES = `${OURS}course-${told.get("version")}`;
const PROGRAM = `${OURS}python-${told.get("runtime")}-${PYTHON}`; // Python's own files
const COMPILED = told.get("compiled"); // worker/kept.js fills it

self.addEventListener("install", (event) => event.waitUntil(self.skipWaiting()));

self.addEventListener("activate", (event) => {
  const old = (name) => name.startsWith(OURS) && ![PAGES, PROGRAM, COMPILED].includes(name);
  event.waitUntil(
    caches.keys()
      .then((names) => Promise.all(names.filter(old).map((name) => caches.delete(name))))
      .catch(() => {})
      .then(() => self.clients.claim()),
  );
});

// What a page had loaded before we were there.
async function keep(addresses) {
  const cache = await caches.open(PAGES);
  await Promise.all(addresses.map(async (address) => (await cache.match(address)) ?? cache.add(address)));
}

// Chromium may leave us waiting for half a minute, if an older one had work when we came: a page reminds us then.
self.addEventListener("message", (event) => {
  if (self.registration.waiting) self.skipWaiting();
  event.waitUntil(keep(event.data).catch(() => {}));
});

async function find(address, name, options) {
  try {
    return await (await caches.open(name)).match(address, options);
  } catch {
    return undefined;
  }
}

// A page that asks for something anew has seen that what we have is broken.
async function fromCache(event) {
  const { request } = event;
  const found = request.cache === "reload" ? undefined : await find(request.url, PROGRAM);
  return found ?? fetchAndKeep(event, PROGRAM);
}

// What the network has, or else what was kept: also where a server answers that it cannot.
async function fromNetwork(event) {
  const { url } = event.request;
  const kept = async () => (await find(url, PAGES)) ?? find(url, PAGES, { ignoreSearch: true });
  try {
    const response = await fetchAndKeep(event, PAGES);
    return response.status < 500 ? response : ((await kept()) ?? response);
  } catch (error) {
    const found = await kept();
    if (found) return found;
    throw error;
  }
}

// A script from elsewhere is asked for with CORS: an answer that we may not read would weigh megabytes. The page reads
// while we keep; an answer that breaks off is not kept.
async function fetchAndKeep(event, name) {
  const { request } = event;
  const foreign = new URL(request.url).origin !== self.location.origin;
  const response = await fetch(foreign ? new Request(request.url, { mode: "cors", credentials: "omit", cache: request.cache }) : request);
  if (response.status === 200) {
    const copy = response.clone();
    const address = request.mode === "navigate" ? request.url.split("?")[0] : request.url; // one page, whatever is searched
    event.waitUntil(caches.open(name).then((cache) => cache.put(address, copy)).catch(() => {}));
  }
  return response;
}

self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET" || request.headers.has("range")) return;
  if (request.url.startsWith(PYTHON)) event.respondWith(fromCache(event));
  else if (request.url.startsWith(SCOPE) && !request.url.startsWith(`${SCOPE}lite/`)) event.respondWith(fromNetwork(event));
});
