// A tree over eight words: the path to a word, its signs, and the product; beside it the probabilities of all words.

import { choice, dot, line, menu, number, panel, rect, teller, text } from "./figure.js";

const [ACROSS, HIGH, RADIUS] = [43, 270, 19];
const n = (value) => number(value, 3);
const sigmoid = (z) => 1 / (1 + Math.exp(-z));

export default function draw(box, data) {
  const { words, today, shares, trees } = data;
  const drawing = panel(box, 348, 318, "The tree over the words, with the path to the chosen one");
  const bars = panel(box, 290, 262, "The probability of every word, and its share of the diary");
  const say = teller(box);
  let [word, tree, network] = [data.first, trees[0], 0];

  const deepest = () => Math.max(...tree.leaves.map(([, depth]) => depth));
  const place = ([x, depth]) => [24 + ACROSS * x, 22 + (HIGH / deepest()) * depth];

  // What is pressed with a mouse or a finger to choose a word.
  function area(y, ...corners) {
    const pressed = rect(...corners, "hit");
    pressed.addEventListener("click", () => {
      word = y;
      select.value = y;
      show();
    });
    return pressed;
  }

  function show() {
    const scores = tree.scores[network];
    const turns = words.map((_, y) => tree.nodes[y].map((node, j) => sigmoid(tree.signs[y][j] * scores[node])));
    const p = turns.map((path) => path.reduce((product, turn) => product * turn, 1));
    const path = tree.nodes[word];

    // The edges: every word's path from the root; that of the chosen word last, with its signs and factors.
    const edges = [];
    const tags = [];
    const steps = (y) => [...tree.nodes[y].map((node) => tree.forks[node]), tree.leaves[y]].map(place);
    words.forEach((_, y) => edges.push(line(steps(y), "muted thin")));
    edges.push(line(steps(word), "red thick"));
    path.forEach((_, j) => {
      const [[a, b], [c, d]] = steps(word).slice(j, j + 2);
      const sign = tree.signs[word][j];
      const aside = Math.max(0, 24 - Math.abs(a - c) / 2); // beside a steep edge: its neighbour is near
      const middle = [Math.min(320, Math.max(28, (a + c) / 2 - sign * aside)), (b + d) / 2];
      tags.push(
        rect(middle[0] - 27, middle[1] - 8, 54, 16, "ground"),
        text(middle, `${number(sign, 0, true)}: ${number(turns[word][j])}`, "red bold small"),
      );
    });
    const forks = tree.forks.flatMap((fork, node) => {
      const on = path.includes(node);
      return [
        dot(place(fork), RADIUS, on ? "hollow red" : "hollow muted"),
        text(place(fork), number(scores[node], 1), on ? "bold small" : "muted small"),
      ];
    });
    const leaves = tree.leaves.map((leaf, y) => {
      const [x, top] = place(leaf);
      return text([x, top + 9], words[y], y === word ? "red bold small" : "small");
    });
    const spots = tree.leaves.map((leaf, y) => area(y, place(leaf)[0] - 20, place(leaf)[1] - 4, 40, 26));
    drawing.show(...edges, ...tags, ...forks, ...leaves, ...spots);

    const wide = (value) => 52 + 290 * value;
    bars.show(
      ...words.flatMap((name, y) => {
        const top = 4 + 27 * y;
        const share = shares[network][y];
        return [
          text([46, top + 11], name, y === word ? "red bold" : "", "end"),
          rect(52, top + 2, wide(p[y]) - 52, 18, y === word ? "red" : "blue"),
          line([[wide(share), top - 1], [wide(share), top + 23]], "strong thick"),
          text([286, top + 11], n(p[y]), y === word ? "bold" : "muted", "end"),
          area(y, 0, top - 2, 290, 27),
        ];
      }),
      rect(10, 234, 18, 14, "blue"),
      text([34, 241], "probability", "muted", "start"),
      line([[126, 232], [126, 250]], "strong thick"),
      text([136, 241], "share of the days", "muted", "start"),
    );

    const name = words[word];
    const day = network ? ` | ${today[network - 1]}` : "";
    const product = (parts) => parts.join(" · ");
    const inside = path.map((node, j) => `σ(${n(scores[node] ? tree.signs[word][j] * scores[node] : 0)})`);
    say(
      `${tree.name === "Huffman" ? "Huffman’s" : "The balanced"} tree, to “${name}”: ` +
        `${tree.signs[word].map((sign) => (sign > 0 ? "left" : "right")).join(", ")}. ` +
        `p(${name}${day}) = ${product(inside)} = ` +
        `${path.length > 1 ? `${product(turns[word].map(n))} = ` : ""}${n(p[word])}. ` +
        `Of ${network ? `the days after ${today[network - 1]}` : "all days"}, ${n(shares[network][word])} are “${name}”. ` +
        `All eight probabilities add up to ${n(p.reduce((sum, part) => sum + part, 0))}. ` +
        `A day of the diary takes ${number(tree.mean)} forks on average.`,
    );
  }

  const select = menu(box, "Word", words.map((name, y) => [y, name]), (y) => {
    word = Number(y);
    show();
  });
  select.value = word;
  choice(box, "Tree", trees.map(({ name }, i) => [i, name]), (i) => {
    tree = trees[i];
    show();
  });
  choice(box, "Scores", ["before training", ...today.map((name) => `trained, after ${name}`)].map((name, i) => [i, name]), (i) => {
    network = i;
    show();
  });
  show();
}
