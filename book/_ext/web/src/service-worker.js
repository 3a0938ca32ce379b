// Keeps what the reader has loaded: pages that were visited, and Python once it has run. The next visit needs no
// network. Its own address says which version of the course this is, and where Python comes from.

const told = new URL(self.location).searchParams;
const PYTHON = new URL(told.get("python"), self.location).href;
const PAGES = `course-${told.get("version")}`;
const KEPT = `python-${PYTHON}`;
const SCOPE = new URL("./", self.location).href;

self.addEventListener("install", (event) => event.waitUntil(self.skipWaiting()));

self.addEventListener("activate", (event) => {
  const old = (name) => /^(course|python)-/.test(name) && name !== PAGES && name !== KEPT;
  event.waitUntil(
    caches.keys()
      .then((names) => Promise.all(names.filter(old).map((name) => caches.delete(name))))
      .then(() => self.clients.claim()),
  );
});

// What a page had loaded before we were there.
async function keep(addresses) {
  const cache = await caches.open(PAGES);
  await Promise.all(addresses.map(async (address) => (await cache.match(address)) ?? cache.add(address).catch(() => {})));
}

self.addEventListener("message", (event) => event.waitUntil(keep(event.data)));

async function fromCache(request, name) {
  const cache = await caches.open(name);
  return (await cache.match(request.url)) ?? fetchAndKeep(request, cache);
}

// What the network has, or else what was kept: also where a server answers that it cannot.
async function fromNetwork(request) {
  const cache = await caches.open(PAGES);
  const kept = async () => (await cache.match(request.url)) ?? cache.match(request.url, { ignoreSearch: true });
  try {
    const response = await fetchAndKeep(request, cache);
    return response.status < 500 ? response : ((await kept()) ?? response);
  } catch (error) {
    const found = await kept();
    if (found) return found;
    throw error;
  }
}

// A script from elsewhere is asked for with CORS: an answer that we may not read would weigh megabytes.
async function fetchAndKeep(request, cache) {
  const foreign = new URL(request.url).origin !== self.location.origin;
  const response = await fetch(foreign ? new Request(request.url, { mode: "cors", credentials: "omit" }) : request);
  if (response.status === 200) await cache.put(request.url, response.clone());
  return response;
}

self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET" || request.headers.has("range")) return;
  if (request.url.startsWith(PYTHON)) event.respondWith(fromCache(request, KEPT));
  else if (request.url.startsWith(SCOPE) && !request.url.startsWith(`${SCOPE}lite/`)) event.respondWith(fromNetwork(request));
});
