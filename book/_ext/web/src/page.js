// Run a chapter in its page: a bar for the page, buttons for its cells. Cells run in order, earlier ones first.

import kernel from "./kernel.py";
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
      course: new URL(settings.course, document.baseURI).href,
      kernel,
      worker,
    });
    this.addBar();
    this.cells = [...document.querySelectorAll("div.cell")]
      .filter((box) => box.querySelector(".cell_input pre"))
      .map((box, index) => new Cell(this, box, index + 1));
    this.python.onloading = (bytes) => this.say(`Python is loading: ${(bytes / 1e6).toFixed(0)} of about ${settings.megabytes} MB.`);
    this.python.onstate = (state, reason) => this.hearState(state, reason);
  }

  addBar() {
    this.bar = document.createElement("div");
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
    document.querySelector("article.bd-article h1").after(this.bar);
  }

  say(text) {
    this.status.textContent = text;
  }

  hearState(state, reason) {
    if (state === "loading") this.say("Python is loading.");
    if (state === "ready") this.say("Python is ready.");
    if (state === "gone") {
      this.cells.forEach((cell) => RAN.includes(cell.state) && cell.become("not run"));
      if (reason !== "stopped") this.say(`Python could not go on: ${reason}. Try again; what you changed is kept.`);
    }
    this.again.hidden = state !== "ready";
  }

  // Run a cell. The ones before it that have not run yet go first; solutions that are still closed do not.
  run(cell) {
    const before = this.cells.filter((other) => other.number < cell.number && !RAN.includes(other.state));
    this.add([...before.filter((other) => !other.box.closest("details:not([open])")), cell]);
  }

  runAll() {
    this.add(this.cells);
  }

  add(cells) {
    const text = obstacle();
    if (text) {
      this.say(text);
      return;
    }
    const waiting = new Set(this.queue);
    const added = cells.filter((cell) => !waiting.has(cell) && cell !== this.busy);
    added.forEach((cell) => cell.begin());
    this.queue.push(...added);
    if (!this.busy) this.work();
  }

  async work() {
    this.stopButton.hidden = false;
    this.all.hidden = true;
    const total = () => this.cells.length;
    while (this.queue.length) {
      const cell = this.busy = this.queue.shift();
      try {
        const ok = await this.python.run(cell.number, cell.source, (message) => cell.hear(message));
        cell.end(ok);
        this.say(`Cell ${cell.number} of ${total()}: ${cell.said.textContent || cell.state}.`);
        if (!ok && cell.state === "failed") this.forget();
      } catch (error) {
        cell.put();
        cell.outputs.stream({ name: "stderr", text: error.message === "stopped" ? "Stopped.\n" : `${error.message}\n` });
        cell.become("stopped");
        this.forget();
      }
      this.busy = null;
    }
    this.stopButton.hidden = true;
    this.all.hidden = false;
  }

  // What waits behind a cell that failed does not run.
  forget() {
    this.queue.forEach((cell) => cell.showStored());
    this.queue = [];
  }

  stop() {
    this.forget();
    this.say("Stopped. Python starts anew with the next cell that you run.");
    this.python.stop();
  }

  restart() {
    this.python.stop();
    this.cells.forEach((cell) => cell.outputs && cell.showStored());
    this.say("Python starts anew with the next cell that you run.");
  }
}

window.nncoursePage = new Page();
