// What runs in the page before it is printed. Python calls ready, fit and faults, then fill and afresh for each print.

// No menu, no hidden copy of each formula, whose text would stand in the PDF a second time, and no formula before the
// fonts are there: words in formulas are measured.
window.MathJax = window.MathJax ?? {};
MathJax.options = {
  ...MathJax.options,
  enableMenu: false,
  enableAssistiveMml: false,
  menuOptions: { settings: { assistiveMml: false } },
};
MathJax.chtml = { ...MathJax.chtml, mtextInheritFont: false }; // else words under a brace keep too much room
MathJax.startup = {
  pageReady: async () => {
    await Promise.allSettled([...document.fonts].map((font) => font.load()));
    await MathJax.startup.defaultPageReady();
  },
};

const PICTURES = 0.85;
const SHORT = 5.5; // lines
const SMALLEST = 0.55; // of its size, to which a formula or a table may shrink to fit

// Wait for formulas, fonts and pictures. A screen reader says the TeX of each formula. MathJax's signs come out of its
// style sheet and are no content, so a small space stands for them.
async function ready() {
  await MathJax.startup.promise;
  for (const item of MathJax.startup.document.math) {
    item.typesetRoot.setAttribute("role", "img");
    item.typesetRoot.setAttribute("aria-label", item.math.trim());
    const space = document.createElement("span");
    space.className = "formula-content";
    space.textContent = "\u00a0";
    item.typesetRoot.append(space);
  }
  await document.fonts.ready;
  await Promise.allSettled([...document.images].map((picture) => picture.decode()));
}

const columnOf = (thing) => thing.parentElement.closest("p, li, dd, dt, td, th, div, section, article");

// Give the factor by which a formula shrinks to fit beside its number, or 1.
function factorOf(formula) {
  const column = columnOf(formula).clientWidth;
  const number = formula.parentElement.querySelector(":scope > .eqno")?.offsetWidth ?? 0;
  const inner = formula.querySelector("mjx-math").getBoundingClientRect().width;
  const room = formula.hasAttribute("display") ? column - number - 12 : column;
  return inner > room ? Math.max(SMALLEST, room / inner) : 1;
}

const sizeOf = (thing) => parseFloat(getComputedStyle(thing).fontSize);

// Shrink what is wider than its column, and all pictures a little: they were drawn for a screen. Short paragraphs are
// kept whole; the browser's widows and orphans miss lines with formulas. All is measured before anything is changed,
// since each change lays the whole book out anew.
function fit() {
  document.querySelectorAll("img").forEach((picture) => {
    picture.style.width = `${picture.naturalWidth * PICTURES}px`;
  });
  const formulas = [...document.querySelectorAll("mjx-container")].map((formula) => [formula, factorOf(formula)]);
  const wide = formulas.filter(([, factor]) => factor < 1).map(([formula, factor]) => [formula, factor * sizeOf(formula)]);
  const short = [...document.querySelectorAll("p")].filter(
    (text) => text.offsetHeight < SHORT * parseFloat(getComputedStyle(text).lineHeight),
  );
  wide.forEach(([formula, size]) => (formula.style.fontSize = `${size}px`));
  short.forEach((text) => text.classList.add("short"));
  document.querySelectorAll("table").forEach((table) => {
    for (let size = 1; size > SMALLEST && table.scrollWidth > table.parentElement.clientWidth + 1; size *= 0.95) {
      table.style.fontSize = `${sizeOf(table) * 0.95}px`;
    }
  });
}

const shown = (thing) => `${thing.localName} in ${thing.closest("article")?.id ?? "the front matter"}: ` +
  thing.textContent.trim().replace(/\s+/g, " ").slice(0, 60);

// Say what is missing, not typeset, or cut off at the right edge.
function faults() {
  const found = [];
  document.querySelectorAll(".math:not(.math-source)").forEach((formula) => {
    if (!formula.querySelector("mjx-container")) found.push(`not typeset: ${shown(formula)}`);
  });
  document.querySelectorAll("mjx-merror, mjx-container [style*='color: red']").forEach((error) => {
    found.push(`not understood: ${shown(error)}`);
  });
  document.querySelectorAll("img").forEach((picture) => {
    if (!picture.naturalWidth) found.push(`picture not loaded: ${picture.getAttribute("src")}`);
  });
  document.fonts.forEach((font) => {
    if (font.status === "error") found.push(`font not loaded: ${font.family}`);
  });
  const edge = document.body.getBoundingClientRect().right + 1;
  document.querySelectorAll("body *:not(mjx-container *)").forEach((thing) => {
    const box = thing.getBoundingClientRect();
    if (box.width && box.right > edge) found.push(`${Math.round(box.right - edge)} px too wide: ${shown(thing)}`);
  });
  return found;
}

// Put the page numbers in, from the id of each target to its page.
function fill(pages) {
  document.querySelectorAll(".page-of").forEach((place) => {
    place.textContent = pages[place.dataset.id] ?? "?";
  });
}

// Forget the last layout: a page that was printed before is else divided a little differently.
function afresh() {
  document.body.style.display = "none";
  document.body.getBoundingClientRect();
  document.body.style.display = "";
  document.body.getBoundingClientRect();
}
