// Measures formulas with MathJax: [TeX, display] pairs in, as JSON, [width, height, depth] in ex out.

import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
const [, , mathjax] = process.argv;
let text = "";
for await (const part of process.stdin) text += part;

globalThis.MathJax = {
  loader: { paths: { mathjax }, load: ["input/tex", "output/svg", "adaptors/liteDOM"], require },
  startup: { typeset: false },
};
require(`${mathjax}/startup.js`);
await MathJax.startup.promise;
const { adaptor } = MathJax.startup;
const sizes = JSON.parse(text).map(([tex, display]) => {
  const svg = adaptor.firstChild(MathJax.tex2svg(tex, { display }));
  const size = (name) => Number.parseFloat(adaptor.getAttribute(svg, name)) || 0;
  return [size("width"), size("height"), -Number.parseFloat(adaptor.getStyle(svg, "vertical-align")) || 0];
});
console.log(JSON.stringify(sizes));
