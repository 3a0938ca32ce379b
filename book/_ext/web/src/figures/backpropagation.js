// The forward and the backward pass through a network with two nodes in every layer, one node at a time.

import { arrow, dot, key, number, panel, stepper, svg, teller, text } from "./figure.js";

const COLUMNS = [34, 180, 326];
const ROWS = [70, 210];
const RADIUS = 24;
const n = (value) => number(value, 3);
const spot = (layer, i) => [COLUMNS[layer], ROWS[i]];

// Two numbers that are added up, 0.8 − 0.3.
const sum = ([first, second]) => `${n(first)} ${second < 0 ? "−" : "+"} ${n(Math.abs(second))}`;
const times = (first, second) => `${n(first)} · ${second < 0 ? `(${n(second)})` : n(second)}`;

export default function draw(box, data) {
  const { weights, z, a, prime, delta, up, down, grads, after, label, loss, output, eta } = data;
  const picture = panel(box, 360, 290, "A network with two inputs, two hidden nodes and two outputs; values on its edges");
  ["input x", "hidden a⁽¹⁾", "output a⁽²⁾"].forEach((name, layer) =>
    picture.back.append(text([[8, 180, 352][layer], 278], name, "muted", ["start", "middle", "end"][layer])),
  );
  label.forEach((y, i) => picture.back.append(text([326, ROWS[i] + 38], `label ${number(y)}`, "muted small")));
  const say = teller(box);
  key(box, "Blue goes forward: weight times value. Orange goes backward: weight times error term. Green: the weights' slopes.");

  // What stands on the edges of the two layers, node by node.
  const listed = (rows) => rows.map((row) => row.map(n).join(", ")).join("; ");
  const both = ([first, second]) => `to the hidden nodes ${listed(first)}; to the outputs ${listed(second)}`;

  // The states: [words, layer of the edges that speak, their colour, (i, j) => what edge j to i says, which are on].
  const states = [[`One example: the inputs are ${n(a[0][0])} and ${n(a[0][1])}. On every edge stands its weight: ${both(weights)}.`]];
  [1, 2].forEach((layer) =>
    [0, 1].forEach((node) => {
      const name = layer === 1 ? `Hidden node ${node + 1}` : `Output ${node + 1}`;
      states.push([
        `Forward. ${name} adds up weight times value: ${sum(up[layer - 1][node])} = ${n(z[layer - 1][node])}. ` +
          `It says tanh of that, ${n(a[layer][node])}.`,
        layer, "blue", (i, j) => up[layer - 1][i][j], (i) => i === node,
      ]);
    }),
  );
  const off = label.map((y, i) => a[2][i] - y);
  states.push([
    `The labels are ${n(label[0])} and ${n(label[1])}; the outputs are off by ${n(off[0])} and ${n(off[1])}. ` +
      `The loss is half the sum of the squares, ${n(loss[0])}.`,
  ]);
  [0, 1].forEach((node) =>
    states.push([
      `Backward. Output ${node + 1}: how wrong, times how sensitive, ${times(off[node], prime[1][node])}. ` +
        `Its error term is ${n(delta[1][node])}: it should say ${delta[1][node] < 0 ? "more" : "less"}.`,
    ]),
  );
  [0, 1].forEach((node) =>
    states.push([
      `Backward. Hidden node ${node + 1} adds up weight times error term: ${sum(down.map((row) => row[node]))} = ` +
        `${n(down[0][node] + down[1][node])}. Times how sensitive it is, ${n(prime[0][node])}, its error term is ` +
        `${n(delta[0][node])}: it should say ${delta[0][node] < 0 ? "more" : "less"}.`,
      2, "red", (i, j) => down[i][j], (i, j) => j === node,
    ]),
  );
  [2, 1].forEach((layer) =>
    states.push([
      `The slope of a weight: the error term at its end, times the value at its start. Here for the ` +
        `${layer === 2 ? "second" : "first"} layer; the edge at the top: ` +
        `${times(delta[layer - 1][0], a[layer - 1][0])} = ${n(grads[layer - 1][0][0])}. ` +
        `All four: ${listed(grads[layer - 1])}.`,
      layer, "green", (i, j) => grads[layer - 1][i][j], () => true,
    ]),
  );
  states.push([
    `One step: every weight minus ${number(eta, 1)} times its slope: ${both(after)}. With these the outputs are ` +
      `${n(output[0])} and ${n(output[1])}, and the loss falls from ${n(loss[0])} to ${n(loss[1])}.`,
  ]);

  function show(state) {
    const [words, speaks, colour, value, on] = states[state];
    const last = state === states.length - 1;
    const marks = [];
    const labels = [];
    for (const layer of [1, 2])
      for (const i of [0, 1])
        for (const j of [0, 1]) {
          const [from, to] = [spot(layer - 1, j), spot(layer, i)];
          const active = speaks === layer && on(i, j);
          const length = Math.hypot(to[0] - from[0], to[1] - from[1]);
          const at = (share) => from.map((part, k) => part + share * (to[k] - part));
          const ends = [at(RADIUS / length), at(1 - RADIUS / length)];
          if (active && colour === "red") ends.reverse();
          marks.push(arrow(...ends, active ? `${colour} thick` : "muted faint"));
          const shown = active ? value(i, j) : (last ? after : weights)[layer - 1][i][j];
          labels.push(text(at(i === j ? 0.5 : 0.6), number(shown), active ? `${colour} bold tag` : "muted tag"));
        }
    for (const layer of [0, 1, 2])
      for (const i of [0, 1]) {
        const place = spot(layer, i);
        marks.push(dot(place, RADIUS, "hollow"));
        // Node i of layer l speaks from state 2 l + i - 1 on; it has its error term from state 10 - 2 l + i on.
        if (layer === 0 || state >= 2 * layer + i - 1)
          marks.push(text(place, number(last && layer === 2 ? output[i] : last && layer === 1 ? data.hidden[i] : a[layer][i]), "blue"));
        if (layer && state >= 10 - 2 * layer + i && !last)
          marks.push(text([place[0] + 6, place[1] - 36], `δ ${number(delta[layer - 1][i])}`, "red"));
      }
    picture.show(...marks, svg("g", {}, ...labels));
    say(words);
  }

  stepper(box, states.length - 1, show);
}
