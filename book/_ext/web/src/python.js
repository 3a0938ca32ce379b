// The page's Python: one worker for the page, started when it is first needed, ended to stop what does not stop.

const GRACE = 5; // seconds for which an answer may go on after its limit, which Python itself watches

export class Python {
  // before: what the next start waits for; settings: { python, compiled, course, brings, later, folder, store, programs,
  // worker }: three addresses (or null for what is compiled), packages that the page needs, and those that come when
  // nothing else is to be done, where the page lies in the course, the cache for what was unpacked, Python's modules, a
  // text.
  constructor(before, settings) {
    Object.assign(this, { before, settings });
    this.worker = null;
    this.fresh = false; // fetch everything anew: the last start failed
    this.turn = 0; // how often Python was started or stopped
    this.timer = null; // ends Python where an answer that is checked cannot be stopped from within
    this.listeners = new Map(); // by cell: what hears its messages
    this.onloading = () => {};
    this.onstate = () => {};
  }

  // Start Python, or wait until it is there.
  start() {
    this.ready ??= this.load();
    return this.ready;
  }

  async load() {
    const { worker, ...rest } = this.settings;
    const turn = (this.turn += 1);
    this.onstate("loading");
    await this.before;
    if (turn !== this.turn) throw new Error("stopped");
    return new Promise((resolve, reject) => {
      this.fail = reject;
      this.url = URL.createObjectURL(new Blob([worker], { type: "text/javascript" }));
      try {
        this.worker = new Worker(this.url);
      } catch (error) {
        this.die(`the browser refused to start it (${error.message})`);
        return;
      }
      this.worker.onerror = (event) => this.die(event.message || "the browser refused to start it");
      this.worker.onmessage = ({ data }) => this.hear(data, resolve);
      this.worker.postMessage({ kind: "start", ...rest, fresh: this.fresh });
    });
  }

  hear(message, resolve) {
    if (message.kind === "loading") this.onloading(message.bytes);
    else if (message.kind === "ready") {
      this.fresh = false;
      this.onstate("ready");
      resolve();
    } else if (message.kind === "failed") {
      this.fresh = message.starting;
      this.die(message.text);
    } else if (message.kind === "limit") this.limit(message.seconds);
    else this.listeners.get(message.cell)?.(message);
  }

  limit(seconds) {
    clearTimeout(this.timer);
    const all = seconds + GRACE;
    const reason = `Stopped after ${all} s: the answer made a call that does not come back, and Python was ended with it.`;
    if (seconds !== null) this.timer = setTimeout(() => this.die(reason), Math.min(1000 * all, 2 ** 31 - 1));
  }

  // Python is gone: whoever waits is told why, and the next start makes a new one.
  die(reason) {
    this.turn += 1;
    clearTimeout(this.timer);
    if (this.worker) this.worker.onerror = this.worker.onmessage = null; // it may still speak, after its end
    this.worker?.terminate();
    URL.revokeObjectURL(this.url);
    const waiting = [...this.listeners.values()];
    const fail = this.fail;
    this.worker = this.ready = this.fail = null;
    this.listeners.clear();
    fail?.(new Error(reason));
    waiting.forEach((listener) => listener({ kind: "gone", reason }));
    this.onstate("gone", reason);
  }

  stop() {
    if (this.ready) this.die("stopped");
  }

  // Run a cell; every message about it goes to the listener. Resolves to whether it ran to its end.
  async run(cell, source, listener) {
    await this.start();
    return new Promise((resolve, reject) => {
      this.listeners.set(cell, (message) => {
        if (message.kind === "done" || message.kind === "gone") this.listeners.delete(cell);
        if (message.kind === "done") resolve(message.ok);
        else if (message.kind === "gone") reject(new Error(message.reason));
        else listener(message);
      });
      this.worker.postMessage({ kind: "run", cell, source });
    });
  }
}

// Why Python cannot run here, or "".
export function obstacle() {
  const way = "Any other browser of the last years runs the page; the stored outputs are below the cells.";
  if (typeof WebAssembly !== "object") return `This browser has no WebAssembly, which Python needs, or it is turned off. ${way}`;
  if (typeof Worker !== "function") return `This browser has no web workers, which Python needs. ${way}`;
  return "";
}
