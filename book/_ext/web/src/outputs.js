// What a cell shows: the same elements that the book has for stored outputs.

function element(tag, className, text) {
  const made = document.createElement(tag);
  made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

function textBlock(className, text) {
  const box = element("div", className);
  box.append(element("pre", "", text));
  return box;
}

const MAKERS = [
  ["text/html", (text) => {
    const box = element("div", "output text_html");
    box.append(new DOMParser().parseFromString(text, "text/html").body);
    box.querySelectorAll("script, iframe, object, embed, form").forEach((found) => found.remove());
    return box;
  }],
  ["text/markdown", (text) => {
    const code = text.match(/^```python\n([\s\S]*)\n```$/);
    if (!code) return textBlock("output text_plain", text);
    const box = element("div", "output text_markdown");
    const inner = element("div", "highlight");
    const pre = element("pre", "", code[1]);
    import("./colours.js").then(({ highlighted }) => pre.replaceChildren(highlighted(code[1])));
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
  constructor(alt) {
    this.box = element("div", "cell_output docutils container fresh");
    this.stored = []; // as a notebook stores them
    this.alt = alt; // what the stored figure's text says, for the first figure of an unchanged cell
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
      this.box.lastElementChild.firstElementChild.append(text);
    } else {
      this.stored.push({ output_type: "stream", name, text });
      this.box.append(textBlock(`output stream${name === "stderr" ? " stderr" : ""}`, text));
    }
  }

  show(data) {
    this.stored.push({ output_type: "display_data", data });
    const [kind, make] = MAKERS.find(([name]) => name in data);
    const made = make(data[kind]);
    if (kind === "image/png" && this.alt) made.firstElementChild.alt = this.alt;
    this.box.append(made);
  }

  error({ name, text, missing }) {
    this.stored.push({ output_type: "error", ename: name, text, missing });
    this.box.append(textBlock("output traceback", text));
  }
}
