// What the site's search puts first (the page or section of that name, other pages, then the package's names), and
// what it shows of a page.
var Scorer = {
  score: ([, title, , , score]) => {
    const wanted = (new URLSearchParams(location.search).get("q") ?? "").trim().toLowerCase();
    const name = title.split(" > ").at(-1).replace(/^[\d.]+ /, "").toLowerCase();
    return score + (name === wanted ? 50 : 0);
  },
  objNameMatch: 11,
  objPartialMatch: 3,
  objPrio: { 0: 0, 1: 0, 2: -2 },
  objPrioDefault: 0,
  title: 15,
  partialTitle: 7,
  term: 5,
  partialTerm: 2,
};

// A page as its excerpts are taken from it: the text alone, without lists of contents, code and what TeX would say.
function readable(html) {
  const page = new DOMParser().parseFromString(html, "text/html");
  const text = page.querySelector("article.bd-article");
  if (!text) return html;
  for (const part of text.querySelectorAll("pre, button, .run-page, .as-notebook, .live")) part.remove();
  for (const formula of text.querySelectorAll(".math")) {
    const tex = formula.textContent.replace(/\\[()]/g, "");
    formula.replaceWith(/[\\{_^&]/.test(tex) ? " … " : tex);
  }
  for (const told of text.querySelectorAll("dt[id] + dd")) told.previousElementSibling.append(" ", ...told.childNodes);
  page.querySelector("[role=main]").replaceChildren(text);
  return page.documentElement.outerHTML;
}

document.addEventListener("DOMContentLoaded", () => {
  const { htmlToText } = Search;
  Search.htmlToText = (html, anchor) => htmlToText(readable(html), anchor);
});
