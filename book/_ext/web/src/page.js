// Run a chapter in its page: a bar for the page, buttons for its cells. Cells run in order, earlier ones first.

import kernel from "./kernel.py";
import packages from "./packages.py";
import worker from "./python.worker.js";
import { Cell } from "./cell.js";
import { keepOffline } from "./offline.js";
import { obstacle, Python } from "./python.js";

const settings = JSON.parse(document.getElementById("nncourse-run").textContent);

const RAN = ["ok", "failed", "left out"]; // in the Python that is there now

class Page {
  constructor() {
    this.name = settings.page;
    this.queue = [];
    this.busy = null;
    this.kept = obstacle() ? null : keepOffline(settings);
    this.python = new Python({
      before: this.kept,
      python: new URL(settings.python, document.baseURI).href,
      compiled: settings.compiled && new URL(settings.compiled, document.baseURI).href,
      course: new URL(settings.course, document.baseURI).href,
      kernel,
      packages,
      brings: settings.brings,
      folder: settings.page.replace(/[^/]*$/, ""),
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

  addBar() {
    const kept = document.querySelector("div.run-page"); // the room that the page keeps for it
    this.bar = kept ?? document.createElement("div");
    this.bar.className = "run-page";
    this.bar.setAttribute("role", "group");
    this.bar.setAttribute("aria-label", "Run this page");
    this.bar.innerHTML = `
      <button type="button" class="run-button" name="all">Run all cells</button>
      <button type="button" class="run-button" name="stop" hidden>Stop</button>
      <button type="button" class="run-button" name="restart" hidden>Restart</button>
      <span class="run-status" role="status">Every cell runs here, in your browser. Nothing to install.</span>`;
    [this.all, this.stopButton, this.again] = this.bar.querySelectorAll("button");
    this.status = this.bar.querySelector("[role=status]");
    this.all.addEventListener("click", () => this.runAll());
    this.stopButton.addEventListener("click", () => this.stop());
    this.again.addEventListener("click", () => this.restart());
    if (!kept) document.querySelector("article.bd-article h1").after(this.bar);
  }

  say(text) {
    this.status.textContent = text;
  }

  // Said in the bar, and beside every cell that waits: the bar may be far above.
  sayLoading(megabytes) {
    if (!this.busy) return; // what comes in later is nobody's concern
    const all = megabytes <= settings.megabytes ? ` of about ${settings.megabytes}` : "";
    this.say(`Python is loading: ${megabytes}${all} MB.`);
    for (const cell of [this.busy, ...this.queue]) if (cell?.state === "waiting") cell.said.textContent = this.status.textContent;
  }

  hearState(state, reason) {
    if (state === "loading") this.say("Python is loading.");
    if (state === "ready") this.say("Python is ready.");
    if (state === "gone") {
      this.cells.forEach((cell) => RAN.includes(cell.state) && cell.become("not run"));
      this.why = `Python could not go on: ${reason}. Run the cell again, and it starts anew.`;
      if (reason === "stopped") this.why = "Stopped.";
      if (reason.startsWith("Stopped after")) this.why = `${reason} It starts anew with the next cell that you run.`;
      this.say(this.why);
    }
    if (state !== "ready" && document.activeElement === this.again) this.all.focus();
    this.again.hidden = state !== "ready";
  }

  // Run a cell. The ones before it that have not run yet go first; solutions that are still closed do not.
  run(cell) {
    const before = this.cells.filter((other) => other.number < cell.number && !RAN.includes(other.state));
    this.asked = cell;
    this.add([...before.filter((other) => !other.box.closest("details:not([open])")), cell]);
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
    if (cells.at(-1) === this.busy) this.say(`Cell ${this.busy.number} still runs: stop it first, or wait.`);
    const waiting = new Set(this.queue);
    const added = cells.filter((cell) => !waiting.has(cell) && cell !== this.busy);
    added.forEach((cell) => cell.begin());
    this.queue.push(...added);
    if (!this.busy) this.working = this.work();
  }

  async work() {
    this.showStop(true);
    const total = () => this.cells.length;
    while (this.queue.length) {
      const cell = this.busy = this.queue.shift();
      try {
        const ok = await this.python.run(cell.number, cell.source, (message) => cell.hear(message));
        cell.end(ok);
        this.say(`Cell ${cell.number} of ${total()}: ${cell.said.textContent || cell.state}.`);
        if (!ok && cell.state === "failed") this.forget(`Cell ${cell.number} failed, so that this one did not run.`);
      } catch {
        cell.put();
        cell.outputs.stream({ name: "stderr", text: `${this.why}\n` });
        cell.become("stopped");
        this.forget(this.why);
      }
      this.busy = null;
    }
    this.showStop(false);
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
    waiting.forEach((cell) => cell.showStored());
    if (why && waiting.includes(this.asked)) this.asked.notice(why);
  }

  // Stop what runs, or take a cell that still waits, and those behind it, out of the queue.
  stop(cell) {
    const place = this.queue.indexOf(cell);
    if (place >= 0) {
      this.queue.splice(place).forEach((other) => other.showStored());
      this.say(`Cell ${cell.number} will not run.`);
      return;
    }
    this.forget();
    this.python.stop();
    this.say("Stopped. Python starts anew with the next cell that you run.");
  }

  async restart() {
    this.stop();
    await this.working;
    this.cells.forEach((cell) => cell.outputs && cell.showStored());
    this.say("Python starts anew with the next cell that you run.");
  }
}

window.nncoursePage = new Page();
