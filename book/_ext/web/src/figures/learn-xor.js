// XOR, learned by a network with two hidden units: what it answers everywhere, its weights and its loss, over the epochs.

import { button, dot, key, line, number, panel, plot, slider, svg, teller, text } from "./figure.js";

const CORNERS = [[0, 0], [0, 1], [1, 0], [1, 1]];
const LEVELS = [0.5, 0.6, 0.7, 0.8, 0.9]; // of an answer, and of what it lacks of 1
const FINE = 2; // the height of a row of the map, in pixels
const MOMENT = 60; // milliseconds

// The network: W holds its nine weights, row by row; the first of each row is the bias.
const hidden = (W, row, [u, v]) => Math.tanh(W[row] + W[row + 1] * u + W[row + 2] * v);
const answer = (W, x) => W[6] + W[7] * hidden(W, 0, x) + W[8] * hidden(W, 3, x);

const NODES = [[16, 18], [16, 70], [16, 122], [113, 18], [113, 70], [113, 122], [210, 70]];
const NAMES = ["1", "x₁", "x₂", "1", "h₁", "h₂", "y"];
// Weight k goes from the first of its two nodes to the second.
const EDGES = [[0, 4], [1, 4], [2, 4], [0, 5], [1, 5], [2, 5], [3, 6], [4, 6], [5, 6]];

export default function draw(box, { every, range, wanted, weights, loss, gap }) {
  const last = loss.length - 1;
  const map = plot(box, {
    label: "What the network answers to every pair of inputs; in the circles, what it answers to the four of XOR",
    width: 252, height: 236, x: range, y: range, xlabel: "x₁", ylabel: "x₂", xticks: [0, 1], yticks: [0, 1],
  });
  const network = panel(box, 226, 236, "The network: its edges are as thick as their weights are large; and its loss over the epochs");
  const say = teller(box);
  const said = box.querySelector("output");

  // The rows of the map, and the part of each where the network answers more than a level (sign 1) or less (sign -1).
  const [[left, bottom], [right, top]] = [map.at([range[0], range[0]]), map.at([range[1], range[1]])];
  const columns = Array.from({ length: 49 }, (_, i) => left + (i / 48) * (right - left));
  const rows = Array.from({ length: (bottom - top) / FINE }, (_, i) => top + FINE * i);
  const values = (W) => rows.map((y) => columns.map((x) => answer(W, map.invert([x, y + FINE / 2]))));
  function region(heights, level, sign) {
    let d = "";
    heights.forEach((row, r) => {
      let from = null;
      const end = (x) => {
        d += `M${from.toFixed(1)} ${rows[r]}H${x.toFixed(1)}v${FINE}H${from.toFixed(1)}z`;
        from = null;
      };
      row.forEach((value, k) => {
        const above = sign * (value - level);
        const before = k ? sign * (row[k - 1] - level) : above;
        const x = k ? columns[k - 1] + (before / (before - above || 1)) * (columns[1] - columns[0]) : left;
        if (above > 0 && from === null) from = x;
        if (above <= 0 && from !== null) end(x);
      });
      if (from !== null) end(right);
    });
    const part = svg("path", { d, class: `area ${sign > 0 ? "blue" : "red"}` });
    part.style.fillOpacity = 0.15;
    return part;
  }

  // Where a hidden unit says 0.
  function cut(W, row) {
    const [b, u, v] = W.slice(row, row + 3);
    const [foot, size] = [-b / (u * u + v * v), 4 / Math.hypot(u, v)];
    return map.path([-size, size].map((t) => [foot * u - t * v, foot * v + t * u]), "strong dashed thin");
  }

  const curve = loss.map((value, i) => [8 + (i / last) * 210, 226 - (value / Math.max(...loss)) * 62]);
  network.back.append(
    line([[8, 226], [218, 226]], "muted thin"),
    line(curve, "muted thin"),
  );

  function show(i) {
    const W = weights[i];
    const heights = values(W);
    const answers = CORNERS.map((x) => answer(W, x));
    map.show(
      ...LEVELS.flatMap((level) => [region(heights, level, 1), region(heights, 1 - level, -1)]),
      cut(W, 0),
      cut(W, 3),
      ...CORNERS.flatMap((x, k) => [
        dot(map.at(x), 18, `hollow ${wanted[k] ? "blue" : "red"}`),
        text(map.at(x), number(answers[k]), wanted[k] ? "blue bold small" : "red bold small"),
      ]),
    );
    network.show(
      ...EDGES.map(([from, to], k) => {
        const edge = line([NODES[from], NODES[to]], W[k] < 0 ? "red dashed" : "blue");
        edge.style.strokeWidth = 0.5 + 3 * Math.abs(W[k]);
        return edge;
      }),
      ...NODES.flatMap((place, k) => [dot(place, 14, "hollow muted"), text(place, NAMES[k])]),
      line(curve.slice(0, i + 1), "strong"),
      dot(curve[i], 5, "strong ringed"),
      text([218, 156], `loss ${number(loss[i], 4)}`, "small", "end"),
    );
    say(
      `After ${every * i} epochs it answers ${answers.map((value) => number(value)).join(", ")} ` +
        `to ${CORNERS.map((x) => x.join("")).join(", ")}. XOR is ${wanted.join(", ")}. The loss is ${number(loss[i], 4)}.`,
    );
  }

  // Nothing moves until a reader wants it; where they want nothing to move, the button leads to the end at once.
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  let [at, timer] = [last, 0];
  const go = (i) => {
    at = i;
    place.set(i);
    if (still) play.textContent = i === last ? "From the start" : "To the end";
    show(i);
  };
  const pause = () => {
    clearInterval(timer);
    timer = 0;
    play.textContent = "Play";
    said.ariaLive = "polite"; // spoken again, now that it stands
    show(at);
  };
  const step = () => {
    if (at + 1 >= last) pause();
    go(at + 1);
  };
  const play = button(box, still ? "From the start" : "Play", () => {
    if (still) return go(at === last ? 0 : last);
    if (timer) return pause();
    said.ariaLive = "off";
    if (at === last) go(0);
    timer = setInterval(step, MOMENT);
    play.textContent = "Pause";
  });
  const place = slider(box, { label: "Epoch", min: 0, max: last, value: last, words: (i) => String(every * i) }, (i) => {
    if (timer) pause();
    go(i);
  });
  const power = [...String(-gap[1])].map((digit) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[digit]).join("");
  key(
    box,
    `Checked: in all ${weights[0].length} weights, at all ${last + 1} moments, backpropagation and central differences ` +
      `agree to ${gap[0]}\u00a0·\u00a010⁻${power}.`,
  );
  show(last);
}
