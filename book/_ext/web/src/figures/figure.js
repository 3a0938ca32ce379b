// What all figures share that a reader can turn: panels of SVG, axes, marks, controls, and a line that says what is shown.
//
// A figure is a module `export default function draw(box, data)`. It fills `box`, a div that is not yet in the page.
// Colours are classes of live.css: blue, orange, green, red, purple, muted; on a mark or on a group of marks.

const SVG = "http://www.w3.org/2000/svg";

function made(element, attributes, children) {
  Object.entries(attributes).forEach(([name, value]) => element.setAttribute(name, value));
  element.append(...children);
  return element;
}

// Make an element of SVG: svg("circle", { cx: 1, cy: 2, r: 3, class: "blue" }).
export const svg = (name, attributes = {}, ...children) => made(document.createElementNS(SVG, name), attributes, children);

// Make an element of HTML: html("p", {}, "text").
export const html = (name, attributes = {}, ...children) => made(document.createElement(name), attributes, children);

// Write a number with so many digits after the point and a true minus sign; sign: "+" too.
export function number(value, digits = 2, sign = false) {
  const text = Math.abs(value).toFixed(digits);
  if (!Number(text)) return text;
  return (value < 0 ? "\u2212" : sign ? "+" : "") + text;
}

// Marks. Coordinates are those of the panel; a path is a list of points [[x, y], ...].
const round = (value) => Math.round(value * 10) / 10;
export const line = (points, look = "") =>
  svg("path", { d: `M${points.map((point) => point.map(round).join(" ")).join("L")}`, class: look });
export const dot = ([cx, cy], r = 4, look = "") => svg("circle", { cx: round(cx), cy: round(cy), r, class: look });
export const cross = ([x, y], r = 4, look = "") =>
  svg("path", { d: `M${round(x - r)} ${round(y - r)}l${2 * r} ${2 * r}m0 ${-2 * r}l${-2 * r} ${2 * r}`, class: look });
export const rect = (x, y, width, height, look = "") =>
  svg("rect", { x: round(x), y: round(y), width: round(width), height: round(height), class: look });

// anchor: "start", "middle" or "end"; the point is the middle of the text's height.
export const text = ([x, y], words, look = "", anchor = "middle") =>
  svg("text", { x: round(x), y: round(y), dy: "0.35em", "text-anchor": anchor, class: look }, words);

// An arrow from one point to another, with a head of so many units.
export function arrow([x, y], [u, v], look = "", head = 7) {
  const length = Math.hypot(u - x, v - y) || 1;
  const [a, b] = [(u - x) / length, (v - y) / length].map((part) => part * Math.min(head, length));
  const wing = (side) => [u - a - side * b * 0.6, v - b + side * a * 0.6];
  return svg("g", { class: look }, line([[x, y], [u, v]]), line([wing(1), [u, v], wing(-1)]));
}

// A panel: at most so many units wide, of which one is a pixel where there is room. At most 360, so that a phone's
// reader can read it; several panels stand side by side where there is room. `back` is a group that stays, and
// show(...marks) puts marks into another one before it.
export function panel(box, width, height, label) {
  let row = box.querySelector(".live-panels");
  if (!row) box.append((row = html("div", { class: "live-panels" })));
  const back = svg("g");
  const front = svg("g");
  const picture = svg("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": label }, back, front);
  picture.style.maxWidth = `${width}px`;
  picture.style.flexBasis = `${0.92 * width}px`; // side by side if they need not shrink by more
  row.append(picture);
  return { svg: picture, back, front, show: (...marks) => front.replaceChildren(...marks) };
}

// Round numbers between two others, about so many.
function ticks([low, high], about = 5) {
  const rough = (high - low) / about;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].find((times) => times * power >= rough) * power;
  const first = Math.ceil(low / step - 1e-9);
  return Array.from({ length: Math.floor(high / step + 1e-9) - first + 1 }, (_, i) => (first + i) * step);
}

// A panel with axes. options: width, height, label, x: [low, high], y: [low, high], xlabel, ylabel, and if wanted
// xticks, yticks (lists of numbers) and digits: [of x, of y]. It has also at([x, y]), the place of a point in the
// panel; invert([left, top]), the other way; area(rings, look), the inside of flat rings [x, y, x, y, ...].
// What goes beyond the axes is cut off.
let clips = 0;
export function plot(box, options) {
  const { width = 360, height = 300, x, y, xlabel, ylabel, digits = [] } = options;
  const [left, right, top, bottom] = [46, width - 8, 8, height - 40];
  const made = panel(box, width, height, options.label);
  const at = ([u, v]) => [
    left + ((u - x[0]) / (x[1] - x[0])) * (right - left),
    bottom - ((v - y[0]) / (y[1] - y[0])) * (bottom - top),
  ];
  const invert = ([u, v]) => [
    x[0] + ((u - left) / (right - left)) * (x[1] - x[0]),
    y[0] + ((bottom - v) / (bottom - top)) * (y[1] - y[0]),
  ];
  const id = `live-clip-${++clips}`;
  made.svg.prepend(svg("clipPath", { id }, rect(left, top, right - left, bottom - top)));
  [made.back, made.front].forEach((group) => group.setAttribute("clip-path", `url(#${id})`));
  const axes = svg("g", { class: "live-axes" });
  const places = (values) => Math.max(0, ...values.map((value) => `${+value.toFixed(6)}`.split(".")[1]?.length ?? 0));
  const [xticks, yticks] = [options.xticks ?? ticks(x), options.yticks ?? ticks(y)];
  for (const value of xticks) {
    const [u] = at([value, y[0]]);
    axes.append(line([[u, bottom], [u, bottom + 4]]), text([u, bottom + 13], number(value, digits[0] ?? places(xticks))));
  }
  for (const value of yticks) {
    const [, v] = at([x[0], value]);
    axes.append(line([[left - 4, v], [left, v]]), text([left - 7, v], number(value, digits[1] ?? places(yticks)), "", "end"));
  }
  axes.append(line([[left, top], [left, bottom], [right, bottom]]));
  axes.append(text([(left + right) / 2, height - 9], xlabel));
  const up = text([0, 0], ylabel);
  up.setAttribute("transform", `translate(9 ${(top + bottom) / 2}) rotate(-90)`);
  axes.append(up);
  made.svg.append(made.back, made.front, axes);
  const area = (rings, look = "") => {
    const ring = (flat) => Array.from({ length: flat.length / 2 }, (_, i) => at([flat[2 * i], flat[2 * i + 1]]).map(round).join(" "));
    return svg("path", { d: rings.map((flat) => `M${ring(flat).join("L")}Z`).join(""), class: `area ${look}`, "fill-rule": "evenodd" });
  };
  return { ...made, at, invert, area, path: (points, look) => line(points.map(at), look) };
}

// Controls. They stand in one row below the panels, in the order in which they are made.
function row(box) {
  const found = box.querySelector(".live-controls");
  if (found) return found;
  const made = html("div", { class: "live-controls" });
  box.insertBefore(made, box.querySelector("output"));
  return made;
}

// A slider with its label and its value in words. change(value) is called when the reader moves it.
export function slider(box, { label, min, max, step = 1, value = min, words = String }, change) {
  const input = html("input", { type: "range", min, max, step, value });
  const shown = html("span", { class: "live-value", "aria-hidden": "true" });
  row(box).append(html("label", { class: "live-slider" }, html("span", {}, label), input, shown));
  const tell = () => {
    shown.textContent = words(Number(input.value));
    input.setAttribute("aria-valuetext", shown.textContent);
  };
  const set = (to) => {
    input.value = to;
    tell();
  };
  input.addEventListener("input", () => {
    tell();
    change(Number(input.value));
  });
  tell();
  return { input, set };
}

// Radio buttons: options is a list of [value, words].
let choices = 0;
export function choice(box, label, options, change, chosen = options[0][0]) {
  const name = `live-choice-${++choices}`;
  const set = html("fieldset", {}, html("legend", {}, label));
  options.forEach(([value, words]) => {
    const input = html("input", { type: "radio", name, value });
    input.checked = value === chosen;
    input.addEventListener("change", () => change(value));
    set.append(html("label", {}, input, words));
  });
  row(box).append(set);
}

// A choice from a long list: a menu. The first option is chosen.
export function menu(box, label, options, change) {
  const select = html("select", {}, ...options.map(([value, words]) => html("option", { value }, words)));
  select.addEventListener("change", () => change(select.value));
  row(box).append(html("label", {}, label, " ", select));
  return select;
}

export function button(box, words, press) {
  const made = html("button", { type: "button", class: "live-button" }, words);
  made.addEventListener("click", press);
  row(box).append(made);
  return made;
}

// Back, Next, Start again and a slider, for states 0 to `last`. show(state) is called at once and at every change.
// A button that has nothing to do says so and keeps the focus. go(state, newLast) moves from elsewhere.
export function stepper(box, last, show, noun = "Step") {
  let at = 0;
  const able = (control, can) => (can ? control.removeAttribute("aria-disabled") : control.setAttribute("aria-disabled", "true"));
  const go = (to, newLast = last) => {
    last = newLast;
    at = Math.max(0, Math.min(last, to));
    place.input.max = last;
    place.set(at);
    able(back, at > 0);
    able(again, at > 0);
    able(next, at < last);
    show(at);
  };
  const back = button(box, "Back", () => at > 0 && go(at - 1));
  const next = button(box, "Next", () => at < last && go(at + 1));
  const again = button(box, "Start again", () => at > 0 && go(0));
  const place = slider(box, { label: noun, min: 0, max: last, words: (value) => `${value} of ${last}` }, (to) => go(to));
  go(0);
  return { go };
}

// A small text that explains the marks of the drawing alone; the caption is for the picture on paper too.
export const key = (box, words) => box.append(html("p", { class: "live-key" }, words));

// The line that says in words what the figure shows, aloud too: returns say(words). Make it before the controls call it.
export function teller(box) {
  const output = html("output", { class: "live-said" });
  box.append(output);
  return (words) => {
    output.textContent = words;
  };
}
