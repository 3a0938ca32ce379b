// Python in a worker: loads it, runs one cell at a time, and tells the page what comes out. Nothing of it is in the
// page's own thread, so that a cell which never ends can be stopped by ending the worker.
/* global loadPyodide, importScripts */

let loaded = 0;
let told = 0;
let python;
let kernel;

function tellPage(message) {
  self.postMessage(message);
}

// Every file that Python fetches is counted; one that fails is fetched again, twice.
const fetchOnce = self.fetch.bind(self);
async function fetchAgain(request, options) {
  for (let attempt = 0; ; attempt += 1) {
    try {
      const response = await fetchOnce(request, options);
      if (response.status >= 500 && attempt < 2) throw new Error(`status ${response.status}`);
      return counted(response);
    } catch (error) {
      if (attempt === 2) throw new Error(`${request.url ?? request}: ${error.message}`);
      await new Promise((resolve) => setTimeout(resolve, 500 * 2 ** attempt));
    }
  }
}

function counted(response) {
  if (!response.ok || !response.body) return response;
  const counter = new TransformStream({
    transform(chunk, controller) {
      loaded += chunk.byteLength;
      if (loaded - told > 250_000) {
        told = loaded;
        tellPage({ kind: "loading", bytes: loaded });
      }
      controller.enqueue(chunk);
    },
  });
  const { status, statusText, headers } = response;
  return new Response(response.body.pipeThrough(counter), { status, statusText, headers });
}

async function start({ python: base, course, kernel: program }) {
  self.fetch = fetchAgain;
  const archive = fetchAgain(course).then((response) => {
    if (!response.ok) throw new Error(`${course}: status ${response.status}`);
    return response.arrayBuffer();
  });
  importScripts(`${base}pyodide.js`);
  python = await loadPyodide({ indexURL: base, packages: ["numpy"], env: { MPLBACKEND: "agg", HOME: "/home/pyodide" } });
  python.unpackArchive(await archive, "zip");
  self.tell = (json) => tellPage(JSON.parse(json));
  python.FS.writeFile("/home/pyodide/page_kernel.py", program);
  kernel = python.pyimport("page_kernel");
  tellPage({ kind: "ready" });
}

async function run({ cell, source }) {
  const wanted = kernel.needed(source).toJs();
  if (wanted.length) await python.loadPackage(wanted, { messageCallback() {} });
  tellPage({ kind: "started", cell });
  tellPage({ kind: "done", cell, ok: kernel.run(cell, source) });
}

self.onmessage = async ({ data }) => {
  try {
    await (data.kind === "start" ? start(data) : run(data));
  } catch (error) {
    tellPage({ kind: "failed", doing: data.kind, text: String(error?.message ?? error) });
  }
};
