// The files of the packages, as they lie unpacked, and what Python has compiled of them: kept beside Python's own files
// for the next visit, when nothing else is to be done. To unpack and to compile takes longer than all the rest. Where
// the browser keeps nothing, it is done again.

import { anew } from "./network.js";

let name; // of the cache; service-worker.js throws away what another version kept

export function keepIn(cache) {
  name = cache;
}

export async function find(address) {
  try {
    return anew ? undefined : await (await caches.open(name)).match(address);
  } catch {
    return undefined;
  }
}

// Keep files of Python's as one: the size of a list, the list of their names and sizes, their contents.
export async function keep(address, FS, paths) {
  const contents = paths.map((path) => FS.readFile(path));
  // Compiled files say that they need not be compared with their sources, which are younger on each visit.
  contents.forEach((content, index) => paths[index].endsWith(".pyc") && content.fill(0, 4, 16).fill(1, 4, 5));
  const list = new TextEncoder().encode(JSON.stringify(paths.map((path, index) => [path, contents[index].length])));
  const body = new Blob([new Uint32Array([list.length]), list, ...contents]);
  await (await caches.open(name)).put(address, new Response(body));
}

// Write them where they lay.
export function spread(buffer, FS) {
  const [length] = new Uint32Array(buffer, 0, 1);
  let start = 4 + length;
  for (const [path, size] of JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length)))) {
    FS.mkdirTree(path.slice(0, path.lastIndexOf("/")));
    FS.writeFile(path, new Uint8Array(buffer, start, size), { canOwn: true });
    start += size;
  }
}

// The files below a path.
export function below(path, FS) {
  if (!FS.analyzePath(path).exists) return [];
  if (!FS.isDir(FS.stat(path).mode)) return [path];
  return FS.readdir(path).filter((entry) => entry !== "." && entry !== "..").flatMap((entry) => below(`${path}/${entry}`, FS));
}
