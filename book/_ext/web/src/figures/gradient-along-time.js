// The bit counter's gradient along time: the size of every state's blame, and what every step brings to the slope.

import { choice, cross, dot, html, line, number, plot, rect, slider, svg, teller, text } from "./figure.js";

// Four digits of any number: 0.5000 is "0.500", 0.00001234 "1.23e−5".
function short(value) {
  const size = Math.abs(value);
  if (!size || (size >= 0.01 && size < 1e4)) return number(value, size >= 100 ? 0 : size >= 10 ? 1 : size ? 3 : 0);
  const [digits, power] = value.toExponential(1).split("e");
  return `${number(Number(digits), 1)}e${number(Number(power), 0)}`;
}

const SUPERSCRIPTS = { "-": "⁻", 0: "⁰", 1: "¹", 5: "⁵" };

export default function draw(box, data) {
  const { range, recent, cases } = data;
  const last = cases[0].blame[0].length;
  const sizes = plot(box, {
    label: "The size of every state's blame, on a scale of powers of ten", width: 330, height: 270,
    x: [0, last + 1], y: range, yticks: [], xlabel: "step t", ylabel: "",
  });
  sizes.back.append(text(sizes.at([2, range[1] - 2]), "size of the blame", "", "start"));
  for (let power = 10; power > range[0]; power -= 5) {
    const [x, y] = sizes.at([0, power]);
    const words = `10${[...String(power)].map((sign) => SUPERSCRIPTS[sign]).join("")}`;
    sizes.svg.append(svg("g", { class: "live-axes" }, line([[x - 4, y], [x, y]]), text([x - 6, y], words, "", "end")));
  }
  const parts = plot(box, {
    label: "What every step brings to the slope in v x, as a share of the largest", width: 310, height: 270,
    x: [0, last + 1], y: [-1.05, 1.45], yticks: [-1, -0.5, 0, 0.5, 1], xlabel: "step t", ylabel: "",
  });
  parts.back.append(
    text(parts.at([1, 1.28]), "brought to ∂E/∂vₓ", "", "start"),
    text(parts.at([last + 0.5, 1.28]), `last ${recent}`, "orange", "end"),
    rect(...parts.at([last - recent + 0.5, 1.45]), parts.at([recent, 0])[0] - parts.at([0, 0])[0], 400, "area orange"),
    parts.path([[0, 0], [last + 1, 0]], "muted thin"),
  );
  const say = teller(box);
  let [chosen, v_f] = [cases[0], 0.5];

  function show() {
    const i = data.v_f.indexOf(v_f);
    const blame = chosen.blame[i];
    const [first, final] = chosen.ends[i];
    const most = Math.max(...blame.map(Math.abs));
    const log = (value) => Math.max(range[0] - 9, Math.log10(Math.abs(value)));
    const power = (steps) => [last - steps, Math.max(-1e3, steps * Math.log10(Math.abs(v_f)))];
    const marks = blame.map((part, t) => {
      const place = sizes.at([t + 1, log(part)]);
      return part > 0 ? cross(place, 3, "red") : dot(place, 3, "blue");
    });
    sizes.show(
      ...(v_f ? [sizes.path([power(last - 1), power(0)], "muted thin dashed")] : []),
      ...marks.filter((_, t) => blame[t]),
    );
    const width = parts.at([0.7, 0])[0] - parts.at([0, 0])[0];
    parts.show(
      ...blame.filter(Boolean).length
        ? blame.map((part, t) => {
          const [[x, top], [, end]] = [part / most, 0].map((y) => parts.at([t + 0.65, y]));
          return rect(x, Math.min(top, end), width, Math.abs(top - end), part > 0 ? "red" : "blue");
        })
        : [],
    );
    say(
      `Each step back multiplies the blame by ${number(v_f)}: it is ${short(final)} for the last state, ${short(first)} for ` +
        `the first. Of the slope in vₓ, ${short(chosen.slope[i])}, the last ${recent} steps bring ${short(chosen.new[i])}, the ` +
        `${last - recent} older ones ${short(chosen.old[i])}.`,
    );
  }

  const label = (below) => html("span", {}, "v", html("sub", {}, below));
  slider(box, {
    label: label("f"), min: data.v_f[0], max: data.v_f.at(-1), step: 0.05, value: v_f, words: (value) => number(value),
  }, (value) => {
    v_f = value;
    show();
  });
  choice(box, label("x"), cases.map((found) => [found, number(found.v_x, 1)]), (found) => {
    chosen = found;
    show();
  });
  show();
}
