// The perceptron's line after each mistake, the points that are wrong by it, and how many they are.

import { arrow, choice, cross, dot, key, number, plot, rect, stepper, teller } from "./figure.js";

const EDGE = 2.8;
const pair = ([u, v]) => `(${number(u)}, ${number(v)})`;
const far = (u, v) => [u * 9, v * 9];

export default function draw(box, data) {
  const { points, labels, orders } = data;
  const most = Math.max(...orders.map(({ rows }) => rows.length));
  const plane = plot(box, {
    label: "The points, the line and the side of the yes", width: 330, height: 324,
    x: [-EDGE, EDGE], y: [-EDGE, EDGE], xlabel: "x₁", ylabel: "x₂",
  });
  const count = plot(box, {
    label: "How many points are wrong, after each mistake", width: 310, height: 230,
    x: [-0.5, most + 0.5], y: [-1.5, points.length + 2], xlabel: "mistakes", ylabel: "wrong points",
  });
  const say = teller(box);
  key(box, "The tinted side is the yes. The ringed point was wrong by the dashed line; those in a square are by the solid one.");
  let order = orders[0];

  // The line of the weights w, as a direction along it, and the side of the yes.
  const along = ([u, v]) => far(-v / Math.hypot(u, v), u / Math.hypot(u, v));
  const line = (w, look) => {
    const [a, b] = along(w);
    return plane.path([[a, b], [-a, -b]], look);
  };
  function side(w) {
    const [a, b] = along(w);
    const [c, d] = far(w[0] / Math.hypot(...w), w[1] / Math.hypot(...w));
    return plane.area([[a, b, a + c, b + d, c - a, d - b, -a, -b]], "blue");
  }

  function show(k) {
    const { path, rows, rounds, scores, wrong } = order;
    const [w, old, row] = [path[k], path[k - 1], rows[k - 1]];
    const marks = k ? [side(w)] : [];
    if (k > 1) marks.push(line(old, "muted dashed"));
    if (k) marks.push(line(w, "strong"), arrow(plane.at([0, 0]), plane.at(w.map((part) => part / Math.hypot(...w))), "strong"));
    points.forEach((point, i) => marks.push(labels[i] > 0 ? dot(plane.at(point), 3.5, "blue") : cross(plane.at(point), 3.5, "red")));
    wrong[k].forEach((i) => {
      const [x, y] = plane.at(points[i]);
      marks.push(rect(x - 7, y - 7, 14, 14, "ring purple"));
    });
    if (k) marks.push(dot(plane.at(points[row]), 10, "ring strong"));
    plane.show(...marks);
    const counts = wrong.map((list, i) => [i, list.length]);
    count.show(
      count.path(counts.slice(0, k + 1), "purple"),
      ...counts.slice(0, k + 1).map((point, i) => dot(count.at(point), i === k ? 6 : 3, "purple")),
    );
    const left = `${wrong[k].length} of ${points.length} points ${wrong[k].length === 1 ? "is" : "are"} wrong`;
    if (!k) return say(`No mistake yet, of ${rows.length}: the weights are 0, and so is every score. A score of 0 is wrong: ${left}.`);
    const yes = labels[row] > 0;
    const done = k === rows.length;
    say(
      `Mistake ${k}, in round ${rounds[k - 1]}: a ${yes ? "missed" : "false"} yes at ${pair(points[row])}, score ` +
        `${number(scores[k - 1])}. The point is ${yes ? "added" : "taken away"}: the weights are ${pair(w)}. ` +
        (done ? "No point is wrong any more: it stops." : `Now ${left}, before it ${wrong[k - 1].length}.`),
    );
  }

  const { go } = stepper(box, order.rows.length, show, "Mistake");
  choice(box, "The points come in this order:", orders.map(({ name }, i) => [i, name]), (i) => {
    order = orders[i];
    go(0, order.rows.length);
  }, 0);
}
