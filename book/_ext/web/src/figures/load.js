// Draw a page's figures that a reader can turn. Each has its data beside it and a module of its own, of the same name.

import { html } from "./figure.js";

async function draw(script) {
  const address = new URL(`${script.dataset.figure}.js`, import.meta.url).href;
  const { default: fill } = await import(address);
  const figure = script.closest("figure");
  const box = html("div", { class: "live-box" });
  fill(box, JSON.parse(script.textContent));
  figure.prepend(box);
  figure.classList.add("live-on"); // the picture without scripts is now for paper alone
}

document.querySelectorAll("figure script[data-figure]").forEach(draw);
