// Repairs of the theme for readers who use a keyboard or a screen reader: names, focus, what is said aloud.

const SCROLLERS =
  "pre, .cell_output > .output, .pst-scrollable-table-container, mjx-container[display], mjx-container.wide, .panels";
const SAID = { "mjx-container": "Formula, scrolls", span: "Figure, scrolls" };
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
  for (const [id, name] of Object.entries(DIALOGS)) document.getElementById(id)?.setAttribute("aria-label", name);
  const text = document.querySelector("article.bd-article > section[id]");
  if (text) document.querySelector("#pst-skip-link a")?.setAttribute("href", `#${text.id}`); // past the tools above it
}

// What scrolls sideways can be reached and scrolled by keyboard.
function focusScrollers() {
  document.querySelectorAll(SCROLLERS).forEach((box) => {
    const ways = [box.scrollWidth > box.clientWidth + 1 && "x", box.scrollHeight > box.clientHeight + 1 && "y"].filter(Boolean);
    if (ways.length && box.clientWidth > 0) {
      box.tabIndex = 0;
      box.setAttribute("role", "group");
      box.setAttribute("aria-label", SAID[box.localName] ?? "Scrolls");
      box.dataset.scrolls = ways.join(" ");
    } else if ("scrolls" in box.dataset) {
      ["tabindex", "role", "aria-label", "data-scrolls"].forEach((name) => box.removeAttribute(name));
    }
  });
}

// A button that was pressed by key keeps the focus, and gets it back from the dialog that it opened.
function keepFocus() {
  let pressed;
  const back = () => setTimeout(() => document.activeElement === document.body && pressed?.checkVisibility() && pressed.focus(), 50);
  document.addEventListener("click", ({ detail, target }) => {
    if (detail || !target.closest("button") || target.closest("dialog")) return;
    pressed = target.closest("button");
    back();
  }, true);
  document.addEventListener("close", back, true);
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
document.addEventListener("nncourse:shown", focusScrollers);
