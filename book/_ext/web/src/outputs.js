// What a cell shows: the same elements that the book has for stored outputs.

function element(tag, className, text) {
  const made = document.createElement(tag);
  made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

function textBlock(className, text) {
  const box = element("div", `${className} notranslate`);
  const pre = element("pre", linesInColumns(text.split("\n")) > 1 ? "columns" : "", text);
  box.append(pre);
  return box;
}

// Columns scroll; anything else wraps. run_cells.py says the same of what is stored.
function linesInColumns(lines) {
  return lines.filter((line) => /\S {2,}\S/.test(line)).length;
}

// HTML of a cell, without what would run or change the page around it.
function markup(text) {
  const box = element("div", "output text_html");
  const { body } = new DOMParser().parseFromString(text, "text/html");
  body.querySelectorAll("script, style, link, meta, base, iframe, object, embed, form").forEach((found) => found.remove());
  for (const found of body.querySelectorAll("*")) {
    for (const { name } of [...found.attributes]) if (name.startsWith("on")) found.removeAttribute(name);
  }
  box.append(...body.childNodes);
  return box;
}

// What a terminal would show, without colours: a return to the start of the line has what follows write over it.
function overwritten(text) {
  return text.replace(/\x1b\[[\d;]*m/g, "").replace(/^.*\r(?=[^\r\n])/gm, "").replaceAll("\r", "");
}

const MAKERS = [
  ["text/html", markup],
  ["image/svg+xml", markup],
  ["text/markdown", (text) => {
    const code = text.match(/^```python\n([\s\S]*)\n```$/);
    if (!code) return textBlock("output text_plain", text);
    const box = element("div", "output text_markdown");
    const inner = element("div", "highlight");
    const pre = element("pre", "", code[1]);
    import("./colours.js").then(({ highlighted }) => pre.replaceChildren(highlighted(code[1])), () => {}); // or in one colour
    inner.append(pre);
    box.append(inner);
    return box;
  }],
  ["text/latex", (text) => {
    const formula = `\\[${text.replace(/^\$+|\$+$/g, "")}\\]`;
    const box = element("div", "output text_latex math notranslate nohighlight", formula);
    queueMicrotask(() => window.MathJax?.typesetPromise?.([box]));
    return box;
  }],
  ["image/png", (data) => {
    const image = element("img", "");
    image.src = `data:image/png;base64,${data}`;
    image.alt = "Figure drawn by the cell above.";
    const box = element("div", "output image_png");
    box.append(image);
    return box;
  }],
  ["text/plain", (text) => textBlock("output text_plain", text)],
];

// The area below a cell: empty at first, filled message by message.
export class Outputs {
  // figure: the stored one, if any; its place, for links, and its caption stay. unchanged: so does what it is said to show.
  constructor(figure, unchanged) {
    this.box = element("div", "cell_output docutils container fresh");
    this.box.id = figure?.id ?? "";
    this.stored = []; // as a notebook stores them
    this.caption = figure?.querySelector("figcaption")?.cloneNode(true);
    this.alt = unchanged && figure?.querySelector("img").alt;
  }

  hear(message) {
    if (message.kind === "stream") this.stream(message);
    if (message.kind === "display") this.show(message.data);
    if (message.kind === "error") this.error(message);
  }

  stream({ name, text }) {
    const last = this.stored.at(-1);
    if (last?.name === name) {
      last.text += text;
      const pre = this.box.lastElementChild.firstElementChild;
      if (/[\r\x1b]/.test(last.text)) pre.textContent = overwritten(last.text);
      else pre.append(text);
      if (this.inColumns(text)) pre.className = "columns";
    } else {
      this.stored.push({ output_type: "stream", name, text });
      this.lines = 0;
      this.rest = "";
      this.inColumns(text);
      this.box.append(textBlock(`output stream${name === "stderr" ? " stderr" : ""}`, overwritten(text)));
    }
  }

  // Whether the text of a stream, of which one more piece has come, is in columns; a line may come in many pieces.
  inColumns(piece) {
    const rows = (this.rest + piece).split("\n");
    this.rest = rows.pop();
    this.lines += linesInColumns(rows);
    return this.lines + linesInColumns([this.rest]) > 1;
  }

  show(data) {
    this.stored.push({ output_type: "display_data", data });
    const [kind, make] = MAKERS.find(([name]) => name in data);
    const made = make(data[kind]);
    this.box.append(kind === "image/png" && this.caption ? this.withCaption(made.firstElementChild) : made);
  }

  // The first picture of a cell whose stored one is a figure.
  withCaption(image) {
    const made = element("figure", "align-default");
    if (this.alt) image.alt = this.alt;
    made.append(image, this.caption);
    this.caption = null;
    return made;
  }

  error({ name, text, missing }) {
    this.stored.push({ output_type: "error", ename: name, text, missing });
    this.box.append(textBlock("output traceback", text));
  }
}
