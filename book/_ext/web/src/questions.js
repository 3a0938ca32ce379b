// Quick questions: a reader chooses or writes a number, presses Check, and is told about just that answer, as often as
// wanted. What is said stands in the page, in the closed box "Answers", which is then for paper alone. Nothing is sent;
// the browser keeps which questions were answered right.

import { keep, recall } from "./changes.js";

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

// Read a number as people write it: 0.25, 0,25, 1/4, 2e-3; NaN where it is none.
function read(text) {
  const parts = text.replace(/\s/g, "").replace(/[\u2212\u2013]/g, "-").replaceAll(",", ".").split("/");
  if (parts.length > 2 || !parts.every((part) => NUMBER.test(part))) return NaN;
  const value = Number(parts[0]) / Number(parts[1] ?? 1);
  return Number.isFinite(value) ? value : NaN;
}

// The answer that a number means: the nearest one of those that it belongs to, the right one first, or the last one.
function meant(value, answers, within) {
  const far = (answer) => Math.abs(value - answer.dataset.number);
  const near = answers.filter((answer) => far(answer) <= within * (1 + 1e-9));
  return near.find((answer) => answer.dataset.right) ?? near.sort((a, b) => far(a) - far(b))[0] ?? answers.at(-1);
}

// The answer given in a box and how it is called, or the words that tell what is missing.
function given(box, answers, within) {
  const field = box.querySelector("input[type=text]");
  if (!field) {
    const chosen = box.querySelector("input:checked");
    return chosen ? [answers[chosen.value], chosen.nextElementSibling.textContent] : ["Choose an answer first."];
  }
  if (!field.value.trim()) return ["Write a number first."];
  const value = read(field.value);
  if (Number.isNaN(value)) return ["This is no number that can be read. Write it as 0.25, 0,25 or 1/4."];
  return [meant(value, answers, within), String(Number(value.toPrecision(6))).replace("-", "\u2212")];
}

function prepare(box) {
  const said = box.querySelector("[role=status]");
  const kept = box.querySelector("details");
  const answers = [...kept.querySelectorAll(":scope > div")];
  const key = `nncourse:question:${location.pathname.replace(/\.html$/, "")}:${box.id}`;

  function done() {
    const words = document.createElement("span");
    words.className = "question-done";
    words.textContent = "Answered.";
    if (!box.querySelector(".question-done")) box.querySelector("legend").append(" ", words);
  }

  async function check() {
    await window.MathJax?.startup?.promise; // formulas are copied as they are shown
    const [answer, name] = given(box, answers, Number(kept.dataset.within));
    if (!name) return said.replaceChildren(answer);
    const copy = answer.cloneNode(true);
    const right = "right" in copy.dataset;
    copy.querySelector("strong").textContent = `${name} is ${right ? "" : "not "}right.`;
    said.replaceChildren(copy);
    if (right) {
      keep(key, "right");
      done();
    }
  }

  box.classList.add("question-on");
  box.querySelectorAll("[hidden]").forEach((part) => (part.hidden = false));
  box.querySelector("button").addEventListener("click", check);
  box.querySelector("fieldset").addEventListener("keydown", (event) => event.key === "Enter" && check());
  if (recall(key) !== null) done();
}

document.querySelectorAll(".questions > .question").forEach(prepare);
