// What the site's search puts first: the page or section of that name, other pages, then the package's names.
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
