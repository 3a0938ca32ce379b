// Small repairs of the theme: formulas, buttons, lists, boxes.

const SMALLEST = 0.62; // of the usual size: a formula can just be read
const ENLARGE = `<svg viewBox="0 0 24 24" aria-hidden="true"><path d="M14 4h6v6M20 4l-7 7M10 20H4v-6M4 20l7-7"/></svg>`;

// An inline formula wider than its column becomes a box that scrolls, so that the page does not.
function boxWideFormulas() {
  const formulas = [...document.querySelectorAll("mjx-container:not([display])")];
  formulas.forEach((formula) => formula.classList.remove("wide"));
  const wide = formulas.filter((formula) => {
    const column = formula.closest("p, li, dd, dt, td, th, h1, h2, h3, h4, summary, div");
    return formula.offsetWidth > column.clientWidth && !formula.closest("table");
  });
  wide.forEach((formula) => formula.classList.add("wide"));
}

// The theme's buttons have their handlers in attributes, which the page's policy does not allow.
function handleButtons() {
  document.querySelector(".btn-fullscreen-button")?.addEventListener("click", () => {
    if (document.fullscreenElement) document.exitFullscreen();
    else document.documentElement.requestFullscreen();
  });
  document.querySelector(".btn-download-pdf-button")?.addEventListener("click", () => print());
}

// A formula that is wider shrinks to its column, as long as it can be read.
function shrinkFormulas() {
  const formulas = [...document.querySelectorAll("mjx-container:is([display], .wide)")];
  formulas.forEach(({ style }) => style.removeProperty("--fit"));
  const shares = formulas.map(({ clientWidth, scrollWidth }) => clientWidth / scrollWidth);
  formulas.forEach((formula, i) => {
    if (!(shares[i] >= SMALLEST && shares[i] < 1)) return; // in a closed box it has no width yet
    formula.style.setProperty("--base", formula.style.fontSize); // MathJax's own
    formula.style.setProperty("--fit", 0.995 * shares[i]);
  });
}

// On a phone a picture has a button that shows it large; the style sheet hides it elsewhere.
function addEnlargers() {
  document.querySelectorAll(".cell_output img").forEach((image) => {
    if (image.parentElement.querySelector(".enlarge")) return;
    const button = document.createElement("button");
    Object.assign(button, { type: "button", className: "enlarge", innerHTML: ENLARGE });
    button.ariaLabel = `Enlarge the figure: ${image.alt.split(/[.:]/)[0]}`;
    button.addEventListener("click", () => enlarge(image));
    image.after(button);
  });
}

function enlarge(image) {
  const dialog = document.createElement("dialog");
  const [large, close] = [image.cloneNode(), document.createElement("button")];
  dialog.className = "large";
  dialog.ariaLabel = "Figure, large";
  Object.assign(close, { type: "button", textContent: "Close" });
  close.addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => dialog.remove());
  dialog.append(close, large);
  document.body.append(dialog);
  dialog.showModal();
}

function fit() {
  boxWideFormulas();
  shrinkFormulas();
  document.dispatchEvent(new Event("nncourse:shown")); // keyboard.js looks what scrolls
}

// The name after #, or nothing where it is no name.
function fragment() {
  try {
    return decodeURIComponent(location.hash.slice(1));
  } catch {
    return "";
  }
}

// A link to something inside a closed box opens the box.
function openTarget() {
  const target = document.getElementById(fragment());
  const box = target?.parentElement?.closest("details:not([open])");
  if (box) {
    box.open = true;
    target.scrollIntoView();
  }
}

// Closed boxes are printed open.
function openForPrint() {
  document.querySelectorAll("details:not([open])").forEach((box) => {
    box.open = true;
    box.dataset.closed = "";
  });
}

function closeAfterPrint() {
  document.querySelectorAll("details[data-closed]").forEach((box) => {
    box.open = false;
    delete box.dataset.closed;
  });
}

// The menu of a formula weighs as much as all that typesets it: it comes with the first click on one with the right
// button, or at once for a reader who has set something in it. The formulas are then made again, with the menu.
async function bringMenu(event) {
  const formula = event.target.closest?.("mjx-container");
  if (!formula || !window.MathJax?.startup?.document || MathJax._.ui) return;
  event.preventDefault();
  const place = [...document.querySelectorAll("mjx-container")].indexOf(formula);
  await addMenu();
  const again = document.querySelectorAll("mjx-container")[place];
  again.dispatchEvent(new MouseEvent("contextmenu", { bubbles: true, cancelable: true, clientX: event.clientX, clientY: event.clientY }));
}

async function addMenu() {
  MathJax.config.options.menuOptions = { settings: { inTabOrder: false, assistiveMml: true } };
  await MathJax.loader.load("ui/menu");
  const { startup } = MathJax;
  const { handlers } = MathJax._.mathjax.mathjax;
  startup.document.removeFromDocument(true);
  handlers.unregister(startup.handler);
  startup.handler = startup.getHandler(); // the menu extends it
  handlers.register(startup.handler);
  startup.document = startup.getDocument();
  await MathJax.typesetPromise();
  fit();
  reloadForSpeech();
}

function bringChosenMenu() {
  try {
    if (localStorage.getItem("MathJax-Menu-Settings") && !MathJax._.ui) return addMenu();
  } catch {
    // The browser keeps nothing, so nothing was set.
  }
  return reloadForSpeech();
}

// MathJax 3 loses its formulas when a reader turns speech on in a formula's menu; on a fresh page it speaks them.
function reloadForSpeech() {
  const speech = MathJax.startup.document.menu?.menu.pool.lookup("explorer");
  if (speech) {
    const set = speech.setter;
    speech.setter = (on) => {
      set(on);
      if (on) setTimeout(() => location.reload());
    };
  }
}

// A long list gets a box to search it and one to choose a kind; the rest is hidden.
function addFilters() {
  document.querySelectorAll(".filterable").forEach((list, number) => {
    const items = [...list.querySelectorAll(":scope > ul > li, :scope > .concordance-entry")];
    const texts = items.map((item) => item.textContent.toLowerCase());
    const kinds = items.map((item) => item.querySelector(".kind")?.textContent ?? "");
    const form = document.createElement("form");
    form.className = "filter";
    form.setAttribute("role", "search");
    form.ariaLabel = `Search the list ${number + 1}`;
    form.innerHTML = `<label>Find <input type="search"></label><label>Kind <select><option value="">all</option></select></label><output></output>`;
    const [words, kind, count] = form.querySelectorAll("input, select, output");
    [...new Set(kinds)].sort().forEach((name) => kind.add(new Option(name)));
    const apply = () => {
      const wanted = words.value.toLowerCase().split(/\s+/);
      items.forEach((item, i) => {
        item.hidden = !((!kind.value || kind.value === kinds[i]) && wanted.every((word) => texts[i].includes(word)));
      });
      count.textContent = `${items.filter((item) => !item.hidden).length} of ${items.length}`;
    };
    form.addEventListener("input", apply);
    form.addEventListener("submit", (event) => event.preventDefault());
    list.prepend(form);
    apply();
  });
}

// The browser runs no modules in a page that was opened as a file: whoever reads it so is told what else there is.
function tellWhatFilesLack() {
  if (location.protocol !== "file:" || !document.getElementById("nncourse-run")) return;
  const box = document.querySelector("div.run-page"); // it would have the buttons
  box.setAttribute("role", "note");
  box.textContent = "You opened this page as a file. All of it can be read, but its code and its live figures run only in a page "
    + "from a web server. Type python -m http.server in the folder of the website, and open http://localhost:8000/.";
}

handleButtons();
addFilters();
openTarget();
tellWhatFilesLack();
fit();
window.addEventListener("load", () => {
  fit();
  document.documentElement.classList.toggle("no-formulas", !window.MathJax?.startup); // their TeX is shown whole
  window.MathJax?.startup?.promise?.then(fit).then(bringChosenMenu);
});
document.addEventListener("nncourse:shown", addEnlargers);
window.addEventListener("resize", fit);
window.addEventListener("hashchange", openTarget);
window.addEventListener("beforeprint", openForPrint);
window.addEventListener("afterprint", closeAfterPrint);
document.addEventListener("toggle", fit, true);
document.addEventListener("contextmenu", bringMenu);
