// One code cell of a chapter: its text, which a reader may change and which is kept, its buttons, what it shows.

import { keep, recall } from "./changes.js";
import { Outputs } from "./outputs.js";

const NEEDS = {
  torch: "PyTorch", sklearn: "scikit-learn", gensim: "gensim", nltk: "NLTK", numba: "numba", scipy: "SciPy", threadpoolctl: "threadpoolctl",
};

export const RAN = ["ok", "failed", "left out"]; // in the Python that is there now
const BUSY = ["waiting", "running"];
export const DOUBLE = 300; // milliseconds within which a second click belongs to the first

// The names that a text assigns at the beginning of a line.
function assigned(text) {
  return [...text.matchAll(/^(\w+(?:, \w+)*) =/gm)].flatMap(([, names]) => names.split(", "));
}

function button(text, label, onclick) {
  const made = document.createElement("button");
  made.type = "button";
  made.className = "run-button";
  made.textContent = text;
  made.setAttribute("aria-label", label);
  made.addEventListener("click", onclick);
  return made;
}

export class Cell {
  // page: has run(cell), stop() and keyOf(text); number: the cell's place among the page's code cells, from 1.
  constructor(page, box, number) {
    Object.assign(this, { page, box, number, state: "not run", outputs: null });
    this.input = box.querySelector(".cell_input");
    this.code = this.input.querySelector("pre");
    this.original = this.code.textContent.replace(/\n$/, "");
    this.shown = box.querySelector(".cell_output");
    this.key = page.keyOf(this.original);
    this.tags = [...box.classList].filter((name) => name.startsWith("tag_")).map((name) => name.slice(4));
    this.source = this.original;
    this.addButtons();
    const kept = recall(this.key);
    if (kept !== null && kept !== this.original) this.change(kept);
  }

  addButtons() {
    const { number } = this;
    this.bar = document.createElement("div");
    this.bar.className = "run-bar";
    this.buttons = {
      run: button("Run", `Run cell ${number}`, () => this.page.run(this)),
      stop: button("Stop", `Stop cell ${number}`, (event) => this.stop(event)),
      edit: button("Edit", `Edit cell ${number}`, () => this.edit()),
      reset: button("Reset", `Reset: put back the text of cell ${number}`, () => this.reset()),
      back: this.shown
        ? button("Stored output", `Show the stored output of cell ${number}`, () => this.goBack())
        : button("Clear", `Clear the output of cell ${number}`, () => this.goBack()),
    };
    this.said = document.createElement("span");
    this.said.className = "run-said";
    const name = document.createElement("span");
    name.className = "run-number";
    name.textContent = `Cell ${number}`;
    this.help = document.createElement("span");
    this.help.className = "run-said";
    if (matchMedia("(any-hover: hover)").matches) this.help.textContent = "Shift+Enter runs it. Escape leaves it.";
    this.bar.append(...Object.values(this.buttons), this.said, this.help, name);
    this.input.after(this.bar);
    this.show();
  }

  // Which buttons there are follows from the state.
  show() {
    const { run, stop, edit, reset, back } = this.buttons;
    const busy = BUSY.includes(this.state);
    const held = this.bar.contains(document.activeElement) ? document.activeElement : null;
    run.hidden = busy;
    stop.hidden = !busy;
    edit.hidden = Boolean(this.editor);
    reset.hidden = this.source === this.original;
    back.hidden = busy || !(this.shown ? this.outputs : this.outputs?.box.hasChildNodes());
    this.help.hidden = !this.editor;
    if (held?.hidden) (busy ? stop : run).focus(); // a button that goes hands the keyboard on
    this.box.dataset.run = this.state;
    this.said.textContent = this.words();
  }

  // How the cell stands, in words, beside its buttons.
  words() {
    const done = { waiting: "waits", running: "runs", ok: "ran", failed: "failed", stopped: "stopped" }[this.state];
    const lost = this.source !== this.original && !this.kept ? "but this browser does not keep it" : "";
    let changed = this.source === this.original ? "" : "changed";
    if (RAN.includes(this.state) && this.source !== this.ran) changed = "changed since";
    else if (this.old) changed = "a cell above has changed since";
    return [done, changed, lost].filter(Boolean).join(", ");
  }

  become(state) {
    this.state = state;
    this.show();
  }

  // Whether what it did in this Python is what its text says, after the texts above it.
  get current() {
    return RAN.includes(this.state) && this.source === this.ran && !this.old;
  }

  async edit() {
    let edit;
    try {
      ({ edit } = await import("./editor.js"));
    } catch {
      this.notice("The editor did not arrive: the network is gone, or the course has a new version. Reload the page; your changes stay.");
      return;
    }
    if (this.editor) return;
    this.place = document.createElement("div");
    this.place.className = "run-editor highlight";
    this.place.addEventListener("keydown", (event) => event.stopPropagation()); // the page's shortcuts are not for an editor
    this.input.querySelector(".highlight").replaceWith(this.place);
    this.editor = edit(this.place, this.source, {
      label: `Code of cell ${this.number}. Shift and Enter runs it. Escape leaves it.`,
      run: () => this.page.run(this),
      leave: () => (this.buttons.run.hidden ? this.buttons.stop : this.buttons.run).focus(),
      change: (text) => this.change(text),
    });
    this.show();
  }

  // The reader's text, kept for the next visit.
  change(text) {
    this.source = text;
    this.kept = this.following || keep(this.key, text === this.original ? null : text);
    if (!this.editor && this.code.isConnected && text !== this.code.textContent.trimEnd()) this.code.textContent = `${text}\n`;
    this.show();
  }

  // A text of another's: the editor can undo it, and hands it on.
  write(text) {
    if (this.editor) this.editor.set(text);
    else this.change(text);
  }

  // Another tab has this page too, and changed the cell: both show what is kept.
  follow(text) {
    if (text === this.source) return;
    this.following = true; // what the other tab has written since is not written over
    this.write(text);
    this.following = false;
    this.notice("This cell was changed in another tab.");
  }

  reset() {
    this.write(this.original);
    this.page.say(`Cell ${this.number} has its own text again.`);
  }

  // A run begins: what the cell shows from now on is new.
  begin() {
    const { state, outputs, ran, old } = this;
    this.before = { state, outputs, ran, old };
    this.began = performance.now();
    this.old = false;
    this.ran = this.source;
    this.line(null);
    this.box.querySelector(".run-notice")?.remove();
    this.outputs = new Outputs(this.shown?.querySelector("figure"), this.source === this.original);
    this.become("waiting");
  }

  hear(message) {
    if (message.kind === "started") this.become("running");
    else {
      this.put();
      this.outputs.hear(message);
      if (message.kind === "error") this.line(message.line);
    }
  }

  // The new output stands where the stored one stood, which is kept.
  put() {
    if (this.outputs.box.isConnected) return;
    if (this.shown?.isConnected) this.shown.replaceWith(this.outputs.box);
    else (this.box.querySelector(".cell_output.fresh") ?? this.bar).after(this.outputs.box);
    [...this.box.querySelectorAll(".cell_output.fresh")].filter((old) => old !== this.outputs.box).forEach((old) => old.remove());
  }

  // It will not run after all: it stands as it stood.
  drop() {
    Object.assign(this, this.before);
    this.show();
  }

  // A second click, meant for Run, stops nothing, however late the page hears of it.
  stop({ timeStamp }) {
    if (timeStamp - this.began > DOUBLE) this.page.stop(this);
  }

  end(ok) {
    const lacks = this.lacking(ok);
    const own = this.ran !== this.original;
    if (lacks) this.notice(`This cell ${lacks}.${own ? "" : " Its stored output is shown."}`);
    if (lacks && !own) {
      this.showStored();
      this.become("left out");
    } else {
      this.put();
      this.become(ok ? "ok" : "failed");
      document.dispatchEvent(new Event("nncourse:shown"));
    }
  }

  // Why a cell could not do here what it does: a package is missing, or what a cell above would have made with it.
  lacking(ok) {
    const name = ok ? null : NEEDS[this.outputs.stored.at(-1)?.missing?.split(".")[0]];
    if (name) return `needs ${name}, which the page does not have`;
    if (this.ran !== this.original) return "";
    const needs = this.tags.filter((tag) => tag.startsWith("needs-"));
    const [own, words] = [assigned(this.ran), this.ran.match(/\w+/g) ?? []];
    const goesOn = (cell) => !ok || assigned(cell.source).some((name) => words.includes(name) && !own.includes(name));
    const akin = (cell) => cell.state === "left out" && cell.tags.some((tag) => needs.includes(tag)) && goesOn(cell);
    const above = this.page.cells.slice(0, this.number - 1).find(akin);
    return above ? `goes on from cell ${above.number}, which could not run here` : "";
  }

  // Why it failed or was left out, in a line.
  why() {
    const notice = this.box.querySelector(".run-notice")?.textContent.replace(/^This cell/, `Cell ${this.number}`);
    return notice ?? this.outputs?.stored.at(-1)?.text?.trim().split("\n").at(-1) ?? "";
  }

  notice(text) {
    const box = document.createElement("p");
    box.className = "run-notice";
    box.textContent = text;
    this.box.querySelector(".run-notice")?.remove();
    this.bar.after(box);
  }

  goBack() {
    this.showStored();
    this.page.say(`Cell ${this.number} ${this.shown ? "shows its stored output again" : "shows no output"}.`);
  }

  showStored() {
    const fresh = this.box.querySelector(".cell_output.fresh"); // of this run, or of the one before
    if (this.shown) fresh?.replaceWith(this.shown);
    else fresh?.remove();
    this.outputs = null;
    this.old = false;
    this.line(null);
    this.become("not run");
  }

  // Mark the line of an error, or none.
  line(number) {
    this.box.querySelector(".run-line")?.remove();
    if (!number || this.ran !== this.source) return; // none, or the reader has gone on writing
    const pre = this.box.querySelector(".cell_input pre, .cm-content");
    const mark = document.createElement("div");
    mark.className = "run-line";
    const line = this.box.querySelectorAll(".cm-line")[number - 1];
    const height = Number.parseFloat(getComputedStyle(pre).lineHeight) || 20;
    const top = line ? line.offsetTop : Number.parseFloat(getComputedStyle(pre).paddingTop) + (number - 1) * height;
    Object.assign(mark.style, { top: `${top}px`, height: `${line?.offsetHeight ?? height}px` });
    pre.parentElement.append(mark);
  }
}
