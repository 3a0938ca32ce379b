// The delta rule walks down its error surface, one step at a time, with one of three step sizes.

import { arrow, choice, dot, key, line, number, plot, stepper, teller } from "./figure.js";

const pair = ([u, v], digits = 2, sign = false) => `(${number(u, digits, sign)}, ${number(v, digits, sign)})`;
const small = (value) => (value < 0.00005 ? "below 0.0001" : number(value, 4));

export default function draw(box, data) {
  const { surface, walks } = data;
  const map = plot(box, {
    label: "The error surface over the two weights, and the walk on it", width: 360, height: 330,
    x: surface.x, y: surface.y, xlabel: "w₁", ylabel: "w₂",
  });
  surface.levels.forEach((rings) => map.back.append(map.area(rings, "blue")));
  map.back.append(dot(map.at(data.best), 5, "hollow"));
  const fall = plot(box, {
    label: "The loss after every step", width: 300, height: 230,
    x: [-1.5, walks[0].loss.length + 0.5], y: [-0.015, data.highest], xlabel: "step", ylabel: "loss",
  });
  const say = teller(box);
  key(box, "The arrow is the next step: minus the slope, times the step size. The ring is the minimum.");
  let walk = walks[1];

  function show(step) {
    const here = walk.path[step];
    const slope = walk.slope[step];
    const move = slope.map((part) => -walk.eta * part);
    const tip = here.map((part, i) => part + move[i]);
    map.show(
      map.path(walk.path.slice(0, step + 1), "red"),
      ...walk.path.slice(0, step).map((point) => dot(map.at(point), 3, "red")),
      arrow(map.at(here), map.at(tip), "strong"),
      dot(map.at(here), 6, "red ringed"),
    );
    const losses = walk.loss.map((loss, i) => [i, loss]);
    fall.show(
      fall.path(losses.slice(0, step + 1), "red"),
      line([fall.at([step, 0]), fall.at([step, walk.loss[step]])], "thin dashed"),
      dot(fall.at(losses[step]), 6, "red ringed"),
    );
    say(
      `After ${step} ${step === 1 ? "step" : "steps"}: weights ${pair(here)}, loss ${small(walk.loss[step])}. ` +
        `The slopes are ${pair(slope, 4)}; the next step is minus ${walk.eta} times that, ${pair(move, 2, true)}.`,
    );
  }

  const { go } = stepper(box, walk.loss.length - 1, show);
  choice(box, "Step size", walks.map(({ eta }, i) => [i, String(eta)]), (i) => {
    walk = walks[i];
    go(0);
  }, 1);
}
