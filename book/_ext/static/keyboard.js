// Repairs of the theme for readers who use a keyboard or a screen reader: names, focus, what is said aloud.

const SCROLLERS = "pre, .cell_output > .output, .pst-scrollable-table-container, mjx-container[display], mjx-container.wide";
const DIALOGS = {
  "pst-primary-sidebar-modal": "Course menu", "pst-secondary-sidebar-modal": "On this page", "pst-search-dialog": "Search",
};
const MODES = { auto: "as the system", light: "light", dark: "dark" };

// The name that a screen reader says contains the words on the button; every part of the page lies in a landmark.
function nameControls() {
  document.querySelectorAll(".search-button-field").forEach((button) => button.removeAttribute("aria-label"));
  document.querySelectorAll(".theme-switch").forEach((icon) => {
    icon.removeAttribute("title");
    icon.ariaHidden = "true";
  });
  document.querySelectorAll("summary:has(> .toctree-toggle)").forEach((toggle) => {
    toggle.ariaLabel = `Pages below ${toggle.closest("li").querySelector("a").textContent}`;
  });
  const sidebar = document.getElementById("pst-primary-sidebar");
  sidebar?.setAttribute("role", "region");
  sidebar?.setAttribute("aria-label", "Course menu");
  const toggle = document.querySelector(".primary-toggle");
  const tell = () => toggle.setAttribute("aria-expanded", sidebar.checkVisibility() && !sidebar.classList.contains("pst-sidebar-hidden"));
  if (toggle && sidebar) {
    toggle.ariaLabel = "Course menu";
    new MutationObserver(tell).observe(sidebar, { attributeFilter: ["class"] });
    addEventListener("resize", tell);
    tell();
  }
  for (const [id, name] of Object.entries(DIALOGS)) document.getElementById(id)?.setAttribute("aria-label", name);
  const text = document.querySelector("article.bd-article > section[id]");
  if (text) document.querySelector("#pst-skip-link a")?.setAttribute("href", `#${text.id}`); // past the tools above it
}

// The buttons that copy are made by another script; each says what it copies.
function nameCopies() {
  document.querySelectorAll("div.cell:has(.cell_input pre)").forEach((cell, place) => {
    for (const [kind, what] of [["input", "code"], ["output", "output"]]) {
      for (const button of cell.querySelectorAll(`.cell_${kind} button.copybtn`)) button.ariaLabel = `Copy the ${what} of cell ${place + 1}`;
    }
  });
  document.querySelectorAll("button.copybtn:not([aria-label])").forEach((button) => (button.ariaLabel = "Copy this code"));
}

// A formula in words, for a name: the browser would leave it out. What has parts is said to where it ends.
const SIGNS = { "\u2212": "minus", "\u2032": "prime", "\u22a4": "transposed", "\u2061": "", "^": "hat", "\u2211": "sum" };
const ABOVE = ["minus", "plus", "prime", "transposed"]; // said without "to the"
const whole = (words, name) => (words.includes(" ") ? `${words}, end ${name},` : words);

function above(words) {
  if (ABOVE.includes(words)) return words;
  return words.startsWith("(") ? `with index ${words.replace(/[()]/g, "").trim()}` : `to the ${whole(words, "power")}`;
}

// node: a part of MathML.
function spoken(node) {
  const parts = [...node.children].map(spoken);
  if (!parts.length) return SIGNS[node.textContent] ?? node.textContent;
  const [base, first, second] = parts;
  if (node.localName === "msqrt") return `root of ${whole(parts.join(" "), "root")}`;
  if (node.localName === "mfrac") return /\s/.test(base + first) ? `the fraction ${base} over ${first}, end fraction,` : `${base} over ${first}`;
  if (node.localName === "msub") return `${base} sub ${whole(first, "sub")}`;
  if (node.localName === "msup") return `${base} ${above(first)}`;
  if (node.localName === "msubsup") return `${base} sub ${whole(first, "sub")} ${above(second)}`;
  return parts.filter(Boolean).join(" ");
}

// The text of an element, its formulas in words.
function inWords(element) {
  const copy = element.cloneNode(true);
  for (const formula of copy.querySelectorAll("mjx-container")) {
    const math = formula.querySelector("mjx-assistive-mml math");
    if (math) formula.replaceWith(` ${spoken(math).replace(/,$/, "")} `);
  }
  return copy.textContent.replace(/\s+/g, " ").trim();
}

// The choices of quick questions, and the questions, are named with their formulas, where there are any.
async function nameQuestions() {
  await window.MathJax?.startup?.promise;
  for (const part of document.querySelectorAll(".question :is(.question-choice, legend)")) {
    if (part.querySelector("mjx-container")) (part.querySelector("input") ?? part.parentElement).setAttribute("aria-label", inWords(part));
  }
}

// What scrolls sideways can be reached and scrolled by keyboard.
function focusScrollers() {
  document.querySelectorAll(`${SCROLLERS}, [data-scrolls]`).forEach((box) => {
    const ways = box.matches(SCROLLERS) && [box.scrollWidth > box.clientWidth + 1 && "x", box.scrollHeight > box.clientHeight + 1 && "y"].filter(Boolean);
    if (ways.length > 0 && box.clientWidth > 0) {
      box.tabIndex = 0;
      box.setAttribute("role", "group");
      box.setAttribute("aria-label", box.localName === "mjx-container" ? "Formula, scrolls" : "Scrolls");
      box.dataset.scrolls = ways.join(" ");
    } else if ("scrolls" in box.dataset) {
      ["tabindex", "role", "aria-label", "data-scrolls"].forEach((name) => box.removeAttribute(name));
    }
  });
}

// A button that was pressed by key keeps the focus, and gets it back from the dialog that it opened; a link in a dialog
// hands it to the section that it leads to.
function keepFocus() {
  let pressed, link;
  const back = () => setTimeout(() => document.activeElement === document.body && pressed?.checkVisibility() && pressed.focus(), 50);
  const go = () => {
    const place = link && document.getElementById(decodeURIComponent(link.hash.slice(1)));
    link = null;
    if (!place) return;
    place.tabIndex = -1;
    place.focus({ preventScroll: true });
  };
  document.addEventListener("click", ({ detail, target }) => {
    link = target.closest("dialog a[href^='#']");
    if (detail || !target.closest("button") || target.closest("dialog")) return;
    pressed = target.closest("button");
    back();
  }, true);
  document.addEventListener("close", () => {
    back();
    setTimeout(go); // after the theme has given the focus back to the button
  }, true);
}

// A link inside of what scrolls is seen when it has the focus.
function showFocused() {
  document.addEventListener("focusin", ({ target }) => {
    if (target.matches(":focus-visible") && target.closest("pre, table")) target.scrollIntoView({ block: "nearest", inline: "center" });
  });
}

// Said aloud: what was copied, which colours are chosen, what a search has found.
function speak() {
  const status = document.createElement("p");
  status.className = "visually-hidden";
  status.setAttribute("role", "status");
  document.querySelector("main").append(status);
  const say = (words) => {
    status.textContent = words;
  };
  document.addEventListener("click", ({ target }) => target.closest("button.copybtn") && say("Copied."));
  const name = () => `Color mode: ${MODES[document.documentElement.dataset.mode]}`;
  const show = () => document.querySelectorAll(".theme-switch-button").forEach((button) => (button.ariaLabel = name()));
  new MutationObserver(() => {
    show();
    say(`${name()}.`);
  }).observe(document.documentElement, { attributeFilter: ["data-mode"] });
  show();
  const results = document.getElementById("search-results");
  const found = () => results.querySelector(".search-summary")?.textContent ?? "";
  if (results) new MutationObserver(() => found() !== status.textContent && say(found())).observe(results, { childList: true, subtree: true, characterData: true });
}

nameControls();
keepFocus();
showFocused();
speak();
document.addEventListener("DOMContentLoaded", () => setTimeout(nameCopies)); // after those who wait for the same
window.addEventListener("load", nameQuestions);
document.addEventListener("nncourse:shown", focusScrollers);
