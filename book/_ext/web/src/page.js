// Run a chapter in its page: a bar for the page, buttons for its cells. Cells run in order, earlier ones first.

import backend from "./backend.py";
import kernel from "./kernel.py";
import packages from "./packages.py";
import shown from "./shown.py";
import worker from "python.worker.js"; // tools/web.py makes it of worker/
import { Cell, DOUBLE, RAN } from "./cell.js";
import { mark } from "./changes.js";
import { keepOffline } from "./offline.js";
import { obstacle, Python } from "./python.js";

const settings = JSON.parse(document.getElementById("nncourse-run").textContent);
const absolute = (address) => new URL(address, document.baseURI).href;
for (const name of ["root", "python", "course"]) settings[name] = absolute(settings[name]);
const unpacking = mark(worker + packages + settings.later);
settings.store = `nncourse ${settings.root} compiled-${unpacking}-${settings.runtime}-${settings.python}`; // of files as we unpack them

// A reader's code may have damaged the packages, as they are kept.
async function forgetPackages() {
  try {
    await caches.delete(settings.store);
  } catch {
    // nothing is kept
  }
}

class Page {
  constructor() {
    this.marks = {}; // how many cells have the same text
    this.queue = [];
    this.busy = null;
    this.python = new Python(obstacle() ? null : keepOffline(settings), {
      python: settings.python,
      compiled: settings.compiled && absolute(settings.compiled),
      course: settings.course,
      brings: settings.brings,
      later: settings.later,
      folder: settings.page.replace(/[^/]*$/, ""),
      store: settings.store,
      programs: { page_packages: packages, page_shown: shown, page_backend: backend, page_kernel: kernel },
      worker,
    });
    this.addBar();
    this.cells = [...document.querySelectorAll("div.cell")]
      .filter((box) => box.querySelector(".cell_input pre"))
      .map((box, index) => new Cell(this, box, index + 1));
    this.python.onloading = (bytes) => this.sayLoading(Math.round(bytes / 1e6));
    this.python.onstate = (state, reason) => this.hearState(state, reason);
    window.addEventListener("storage", ({ key, newValue }) => {
      const cell = this.cells.find((other) => other.key === key);
      cell?.follow(newValue ?? cell.original);
    });
  }

  // Under which name the browser keeps a change: cells that come or go above do not matter.
  keyOf(text) {
    const name = mark(text);
    this.marks[name] = (this.marks[name] ?? 0) + 1;
    return `nncourse:${new URL(settings.root).pathname}${settings.page}:${name}:${this.marks[name]}`;
  }

  // The bar is in the page: run_cells.py.
  addBar() {
    this.bar = document.querySelector("div.run-page");
    [this.all, this.stopButton, this.again] = this.bar.querySelectorAll("button");
    this.status = this.bar.querySelector("[role=status]");
    this.progress = this.bar.querySelector(".run-progress"); // not said aloud: it changes often
    this.all.addEventListener("click", () => this.runAll());
    this.stopButton.addEventListener("click", ({ timeStamp }) => timeStamp - this.began > DOUBLE && this.stop());
    this.again.addEventListener("click", () => this.restart());
  }

  say(text) {
    this.status.textContent = text;
    this.progress.textContent = "";
  }

  // Shown and not said: one of many.
  pass(text) {
    this.status.textContent = "";
    this.progress.textContent = text;
  }

  // Said in the bar, and beside every cell that waits: the bar may be far above.
  sayLoading(megabytes) {
    if (!this.busy) return; // what comes in later is nobody's concern
    const all = megabytes <= settings.megabytes ? ` of about ${settings.megabytes}` : "";
    this.progress.textContent = `${megabytes}${all} MB.`;
    const words = `Python is loading: ${this.progress.textContent}`;
    for (const cell of [this.busy, ...this.queue]) if (cell?.state === "waiting") cell.said.textContent = words;
  }

  hearState(state, reason) {
    if (state === "loading") this.say("Python is loading.");
    if (state === "ready") {
      this.say("Python is ready.");
      this.queue.forEach((cell) => cell.show()); // they said how much has come
    }
    if (state === "gone") {
      this.forgetRuns();
      this.why = `Python could not go on: ${reason}. Run the cell again, and it starts anew; if that does not help, reload the page.`;
      if (reason === "stopped") this.why = "Stopped. Python starts anew with the next cell that you run.";
      if (reason.startsWith("Stopped after")) this.why = `${reason} It starts anew with the next cell that you run.`;
      this.say(this.why);
    }
    if (state !== "ready" && document.activeElement === this.again) (this.busy ? this.stopButton : this.all).focus();
    this.again.hidden = state !== "ready";
  }

  // What the cells have done is gone with their Python; what they show is not.
  forgetRuns() {
    this.cells.forEach((cell) => RAN.includes(cell.state) && cell.become("not run"));
  }

  // Run a cell. The ones before it that have not run yet go first, and those from the first whose text was changed since;
  // solutions that are still closed do not.
  run(cell) {
    const above = this.cells.slice(0, cell.number - 1);
    const changed = above.findIndex((other) => RAN.includes(other.state) && other.source !== other.ran);
    const before = above.filter((other, index) => !other.current || (changed >= 0 && index > changed));
    this.asked = cell;
    this.add([...before.filter((other) => !other.box.closest("details:not([open])")), cell]);
  }

  // What ran after a cell, with another text in it, is old.
  age(cell) {
    const { state, ran } = cell.before;
    if (!RAN.includes(state) || ran === cell.ran) return;
    for (const other of this.cells.slice(cell.number)) {
      if (RAN.includes(other.state)) Object.assign(other, { old: true }).show();
    }
  }

  runAll() {
    this.asked = null;
    this.add(this.cells);
  }

  add(cells) {
    const text = obstacle();
    if (text) {
      this.say(text);
      this.asked?.notice(text);
      return;
    }
    if (this.busy && cells.at(-1) === this.busy) {
      this.say(`Cell ${this.busy.number} still runs: stop it first, or wait.`);
      return;
    }
    const waiting = new Set(this.queue);
    const added = cells.filter((cell) => !waiting.has(cell) && cell !== this.busy);
    added.forEach((cell) => cell.begin());
    this.queue.push(...added);
    if (!this.busy) this.working = this.work();
  }

  async work() {
    this.began = performance.now();
    this.showStop(true);
    while (this.queue.length) {
      const cell = this.busy = this.queue.shift();
      if (cell === this.asked && this.python.worker) this.say(`Cell ${cell.number} runs.`);
      const ok = await this.python.run(cell.number, cell.ran, (message) => cell.hear(message)).catch(() => null);
      if (ok === null) this.leave(cell);
      else this.finish(cell, ok);
      this.busy = null;
    }
    this.showStop(false);
  }

  // A cell has come to its end, or to an error.
  finish(cell, ok) {
    cell.end(ok);
    this.age(cell);
    const how = `Cell ${cell.number} of ${this.cells.length}: ${cell.said.textContent || cell.state}.`;
    const why = cell.state === "ok" ? "" : cell.why();
    if (this.queue.length && !why) this.pass(how);
    else this.say(`${this.queue.length ? how : this.summary(how)} ${why}`.trim());
    if (!ok && cell.state === "failed") this.forget(`Cell ${cell.number} failed, so that this one did not run.`);
  }

  // Python is gone, in the middle of a cell.
  leave(cell) {
    cell.put();
    cell.outputs.stream({ name: "stderr", text: `${this.why}\n` });
    cell.become("stopped");
    this.forget(this.why);
    this.forgetRuns();
  }

  // What is said after the last cell of those that were asked for.
  summary(how) {
    const count = (state) => this.cells.filter((cell) => cell.state === state).length;
    const [ran, left, total] = [count("ok"), count("left out"), this.cells.length];
    if (ran + left < total) return how;
    if (!left) return `All ${total} cells have run.`;
    return `The page has run: ${ran} of ${total} cells; ${left} ${left > 1 ? "need" : "needs"} what it does not have.`;
  }

  // Stop stands where Run all cells stood, and takes the keyboard over; then back.
  showStop(busy) {
    const held = [this.all, this.stopButton].includes(document.activeElement);
    this.stopButton.hidden = !busy;
    this.all.hidden = busy;
    if (held) (busy ? this.stopButton : this.all).focus();
  }

  // What waits behind a cell that failed does not run; the one that the reader wanted says why.
  forget(why) {
    const waiting = this.queue.splice(0);
    waiting.forEach((cell) => cell.drop());
    if (why && waiting.includes(this.asked)) this.asked.notice(why);
  }

  // Stop what runs, or take a cell that still waits, and those behind it, out of the queue.
  stop(cell) {
    const place = this.queue.indexOf(cell);
    if (place >= 0) {
      this.queue.splice(place).forEach((other) => other.drop());
      this.say(`Cell ${cell.number} will not run.`);
      return;
    }
    this.forget();
    this.python.stop();
  }

  async restart() {
    this.stop();
    this.python.before = forgetPackages();
    await this.working;
    this.cells.forEach((cell) => cell.outputs && cell.showStored());
    this.say("Python starts anew with the next cell that you run.");
  }
}

window.nncoursePage = new Page();
