// A network unrolled over seven steps: the unrollings that one loss stands in, and how often it counts through each step.

import { arrow, choice, dot, line, number, panel, rect, slider, svg, teller, text } from "./figure.js";

const [WIDE, CELL, LEFT, TOP] = [46, 28, 44, 34];
const low = (step) => String.fromCharCode(0x2080 + step);
const column = (step) => 46 + WIDE * (step - 1);
const [LOSS, STATE, INPUT, BARS] = [20, 88, 156, 194];
const [NEAR, ASIDE] = [15, 5]; // an arrow begins and ends so far from the nodes' middles, and so far from the line between them
const up = (x, from, to) => arrow([x - ASIDE, from - NEAR], [x - ASIDE, to + NEAR], "thin", 6);
const down = (x, from, to) => arrow([x + ASIDE, from + NEAR], [x + ASIDE, to - NEAR], "", 6);

export default function draw(box, { n, forms }) {
  const steps = Array.from({ length: n }, (_, i) => i + 1);
  const network = panel(box, 350, 268, "The network unrolled over its steps, and the unrollings of the chosen loss");
  const table = panel(box, LEFT + n * CELL + 6, TOP + n * CELL + 6, "The table of counts: a row for every loss, a column for every step");
  const say = teller(box);
  let [T, loss, form] = [3, 5, forms[1]];

  const forward = svg("g", { class: "muted" });
  steps.forEach((k) => {
    const x = column(k);
    forward.append(up(x, INPUT, STATE), up(x, STATE, LOSS));
    if (k < n) forward.append(arrow([x + NEAR, STATE - ASIDE], [x + WIDE - NEAR, STATE - ASIDE], "thin", 6));
    forward.append(dot([x, INPUT], 15, "hollow"), text([x, INPUT], `x${low(k)}`));
  });
  network.back.append(forward);
  steps.forEach((k) =>
    table.back.append(
      text([LEFT + CELL * (k - 0.5), TOP - 10], k, "muted"),
      text([LEFT - 12, TOP + CELL * (k - 0.5)], k, "muted"),
    ),
  );
  table.back.append(text([LEFT + (CELL * n) / 2, 8], "through step k", "muted"));
  const side = text([0, 0], "loss of step s", "muted");
  side.setAttribute("transform", `translate(9 ${TOP + (CELL * n) / 2}) rotate(-90)`);
  table.back.append(side);

  // What is pressed with a mouse or a finger to choose a loss.
  function area(s, ...corners) {
    const pressed = rect(...corners, "hit");
    pressed.addEventListener("click", () => {
      loss = s;
      which.set(s);
      show();
    });
    return pressed;
  }

  function show() {
    const counts = form.counts[T - 1];
    const row = counts[loss - 1];
    const starts = form.unrollings[T - 1].filter(([, end]) => end === loss).map(([start]) => start);

    // Blame goes beside the connections, the other way; it stops at the step that is the first of an unrolling.
    const blame = [];
    steps.forEach((k) => {
      const x = column(k);
      if (!row[k - 1]) return;
      blame.push(down(x, STATE, INPUT));
      if (k === loss) blame.push(down(x, LOSS, STATE));
      else blame.push(arrow([x + WIDE - NEAR, STATE + ASIDE], [x + NEAR, STATE + ASIDE], "", 6));
    });
    const nodes = steps.flatMap((k) => {
      const x = column(k);
      const on = row[k - 1] > 0;
      return [
        dot([x, LOSS], 15, k === loss ? "hollow red" : "hollow muted"),
        text([x, LOSS], `E${low(k)}`, k === loss ? "red bold" : "muted"),
        dot([x, STATE], 15, on ? "hollow red" : "hollow muted"),
        text([x, STATE], k > loss ? "" : number(row[k - 1], 0), on ? "red bold" : "muted"),
        area(k, x - WIDE / 2, 0, WIDE, INPUT + 16),
      ];
    });
    const bars = starts.flatMap((start, i) => {
      const [from, to, y] = [column(start + 1) - 17, column(loss) + 17, BARS + 20 * i];
      return [
        rect(from, y - 6, to - from, 12, "red"),
        text([from - 5, y], `h${low(start)}`, "muted", "end"),
      ];
    });
    network.show(svg("g", { class: "red" }, ...blame), ...nodes, ...bars);

    const cells = steps.flatMap((s) =>
      steps.slice(0, s).flatMap((k) => {
        const count = counts[s - 1][k - 1];
        const [x, y] = [LEFT + CELL * (k - 1), TOP + CELL * (s - 1)];
        const cell = rect(x + 1, y + 1, CELL - 2, CELL - 2, "blue");
        cell.setAttribute("fill-opacity", 0.13 * count);
        return [cell, text([x + CELL / 2, y + CELL / 2], count, count ? "" : "muted")];
      }),
    );
    table.show(
      ...cells,
      rect(LEFT - 1, TOP + CELL * (loss - 1) - 1, CELL * n + 2, CELL + 2, "ring red"),
      ...steps.map((s) => area(s, 18, TOP + CELL * (s - 1), CELL * n + LEFT - 18, CELL)),
    );

    const total = counts.flat().reduce((sum, count) => sum + count, 0);
    const states = starts.map((start) => `h${low(start)}`).join(", ");
    say(
      `T = ${T}, ${form.name}. The loss of step ${loss} stands in ` +
        (starts.length
          ? `${starts.length} ${starts.length === 1 ? "unrolling, which begins" : "unrollings, which begin"} in ${states}. `
          : "no unrolling: nothing is learned from it. ") +
        `Through ${loss > 1 ? `the steps 1 to ${loss}` : "step 1"} it counts ${row.slice(0, loss).join(", ")} ` +
        `${loss === 1 && row[0] === 1 ? "time" : "times"}. The whole table adds up to ${total}.`,
    );
  }

  slider(box, { label: "How far back, T", min: 1, max: n, value: T }, (value) => {
    T = value;
    show();
  });
  const which = slider(box, { label: "Loss of step s", min: 1, max: n, value: loss }, (value) => {
    loss = value;
    show();
  });
  choice(box, "Form", forms.map(({ name }, i) => [i, name]), (i) => {
    form = forms[i];
    show();
  }, 1);
  show();
}
