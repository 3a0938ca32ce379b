// Gradient descent, clipping and Rprop on the bit counter's surface, from a start that the reader picks.
// The walks are computed here, with the arithmetic of nncourse.training.walk.

import { choice, cross, dot, html, line, number, plot, rect, slider, stepper, svg, teller, text } from "./figure.js";

// Add up in the order in which NumPy does (8 numbers or a multiple of it): where a walk is thrown about, the smallest
// difference grows from step to step.
function sum(values, from = 0, count = values.length) {
  if (count > 128) {
    const half = (count >> 4) << 3;
    return sum(values, from, half) + sum(values, from + half, count - half);
  }
  const s = values.slice(from, from + 8);
  for (let i = 8; i < count; i++) s[i % 8] += values[from + i];
  return s[0] + s[1] + (s[2] + s[3]) + (s[4] + s[5] + (s[6] + s[7]));
}

// E and its two slopes: forward through all states of all examples, and back.
function errorAndSlopes([v_x, v_f], { bits, sums }) {
  const n = sums.length;
  const size = bits.length * n;
  const f = new Float64Array(size + n);
  bits.forEach((row, t) => {
    for (let i = 0, k = t * n; i < n; i++, k++) f[k + n] = f[k] * v_f + row[i] * v_x;
  });
  const delta = f.slice(size).map((output, i) => output - sums[i]);
  const E = sum(delta.map((residual) => residual * residual)) / 2;
  const parts = [new Float64Array(size), new Float64Array(size)];
  for (let t = bits.length - 1; t >= 0; t--)
    for (let i = 0, k = t * n; i < n; i++, k++) {
      parts[0][k] = delta[i] * bits[t][i];
      parts[1][k] = delta[i] * f[k];
      delta[i] *= v_f;
    }
  return [E, parts.map((part) => sum(part))];
}

// Rules: each gives a function that makes new weights of weights, slopes and E.
const descent = ({ eta }) => (v, slopes) => v.map((weight, i) => weight - eta * slopes[i]);

function clipped(data) {
  const step = descent(data);
  return (v, slopes) => {
    const [a, b] = slopes.map(Math.abs);
    const most = Math.max(a, b);
    const norm = most * Math.sqrt((a / most) * (a / most) + (b / most) * (b / most));
    return step(v, norm > data.limit ? slopes.map((slope) => slope * (data.limit / norm)) : slopes);
  };
}

function rprop({ rprop: { first, plus, minus, smallest, largest } }, variant) {
  const [delta, before] = [[first, first], [0, 0]];
  let last = Infinity;
  return (v, slopes, E) => {
    const back = variant === "Rprop+" || (variant === "iRprop+" && E > last);
    last = E;
    return v.map((weight, i) => {
      let sign = Math.sign(slopes[i]);
      const change = sign * before[i];
      if (change < 0 && variant !== "Rprop-") {
        if (back) weight -= sign * delta[i];
        sign = 0;
      }
      delta[i] = Math.min(largest, Math.max(smallest, delta[i] * (change > 0 ? plus : change < 0 ? minus : 1)));
      before[i] = sign;
      return weight - sign * delta[i];
    });
  };
}

// The walk of "descent", "clipped" or a variant of Rprop: all points and errors, until a number is not finite.
export function walk(data, name, start) {
  const rule = ({ descent, clipped }[name] ?? rprop)(data, name);
  const [points, losses] = [[], []];
  let v = start;
  while (points.length <= data.steps) {
    const [E, slopes] = errorAndSlopes(v, data);
    if (![...v, E, ...slopes].every(Number.isFinite)) break;
    points.push(v);
    losses.push(E);
    v = rule(v, slopes, E);
  }
  return { points, losses, diverged: points.length <= data.steps };
}

const pair = (point) => `(${point.map((part) => (Math.abs(part) < 1e3 ? number(part) : short(part))).join(", ")})`;
function short(value) {
  if (!value || (Math.abs(value) >= 0.01 && Math.abs(value) < 1e4)) return number(value);
  const [digits, power] = value.toExponential(1).split("e");
  return `${number(Number(digits), 1)}e${number(Number(power), 0)}`;
}
const square = ([x, y], r, look) => rect(x - r, y - r, 2 * r, 2 * r, look);
const LOOKS = [["red dashed", cross], ["orange", dot], ["green", square]];

export default function draw(box, data) {
  const { surface, steps } = data;
  const map = plot(box, {
    label: "The error of the bit counter over its two weights, and three walks on it", width: 360, height: 330,
    x: surface.x, y: surface.y, xlabel: "vₓ", ylabel: svg("tspan", {}, "v", svg("tspan", { dy: 3, class: "small" }, "f")),
  });
  surface.levels.forEach((rings) => map.back.append(map.area(rings, "blue")));
  map.back.append(dot(map.at([1, 1]), 6, "hollow"));
  map.svg.classList.add("pick");
  const fall = plot(box, {
    label: "The error after every step, on a scale of powers of ten", width: 290, height: 270,
    x: [0, 1.03 * steps], y: [-8, 12], xticks: [0, 100, 200, 300], yticks: [-8, -4, 0, 4, 8], xlabel: "step", ylabel: "log₁₀ E",
  });
  const say = teller(box);
  let [variant, step, start, walks] = ["iRprop-", 0, data.start, []];
  const names = () => ["descent", "clipped", variant];

  // The walk's points as far as the panel can show them.
  function near(points) {
    const end = points.findIndex((point) => Math.hypot(...point) > 20);
    if (end < 0) return points;
    const [a, b] = [points[end - 1], points[end]];
    const share = 20 / Math.hypot(b[0] - a[0], b[1] - a[1]);
    return [...points.slice(0, end), a.map((part, i) => part + share * (b[i] - part))];
  }

  function show(to) {
    step = to;
    const [onMap, onFall] = [[], []];
    const words = walks.map(({ points, losses, diverged }, i) => {
      const [look, mark] = LOOKS[i];
      const way = near(points.slice(0, step + 1));
      onMap.push(map.path(way, look), ...way.slice(1, 9).map((point) => mark(map.at(point), 3, look.split(" ")[0])));
      const errors = losses.slice(0, step + 1).map((E, k) => [k, Math.max(-9, Math.min(13, Math.log10(E)))]);
      onFall.push(fall.path(errors, look), mark(fall.at(errors.at(-1)), 5, look.split(" ")[0]));
      const name = names()[i];
      const [x, y] = fall.at([0.3 * steps, 11.3 - 1.3 * i]);
      onFall.push(line([[x, y], [x + 30, y]], look), mark([x + 15, y], 4, look.split(" ")[0]), text([x + 38, y], name, "strong small", "start"));
      if (diverged && step >= points.length) return `${name} overflowed at step ${points.length}`;
      const end = points[step];
      onMap.push(mark(map.at(way.at(-1)), 5, look.split(" ")[0]));
      const there = end.every((part) => Math.abs(part - 1) < data.near) ? ", arrived" : "";
      return `${name} is at ${pair(end)}, E = ${short(losses[step])}${there}`;
    });
    map.show(...onMap, dot(map.at(start), 7, "ring strong"));
    fall.show(...onFall);
    say(`After ${step} ${step === 1 ? "step" : "steps"} from ${pair(start)}: ${words.join("; ")}.`);
  }

  function again() {
    walks = names().map((name) => walk(data, name, start));
    show(step);
  }

  const label = (letter) => html("span", {}, "Start, v", html("sub", {}, letter));
  const sliders = ["x", "y"].map((side, i) =>
    slider(box, {
      label: label("xf"[i]), min: surface[side][0], max: surface[side][1], step: 0.05, value: start[i],
      words: (value) => number(value),
    }, (value) => {
      start = start.map((part, j) => (i === j ? value : part));
      again();
    }));
  choice(box, "Rprop:", data.variants.map((name) => [name, name]), (name) => {
    variant = name;
    again();
  }, variant);

  const pick = (event) => {
    const place = new DOMPoint(event.clientX, event.clientY).matrixTransform(map.svg.getScreenCTM().inverse());
    map.invert([place.x, place.y]).forEach((part, i) => sliders[i].set(part));
    start = sliders.map(({ input }) => Number(input.value));
    again();
  };
  map.svg.addEventListener("click", pick);
  map.svg.addEventListener("pointermove", (event) => event.buttons && event.pointerType === "mouse" && pick(event));

  data.bits = data.bits.map((row) => Float64Array.from(row));
  again();
  stepper(box, steps, show, "Steps").go(steps);
}
