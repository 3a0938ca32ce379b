// Python in colours: for the editor, and for code that a cell shows. The colours are those of the page, in its style.

import { pythonLanguage } from "@codemirror/lang-python";
import { highlightCode, tagHighlighter, tags } from "@lezer/highlight";

// The classes that the book's own highlighter uses, so that one style sheet serves both.
export const classes = tagHighlighter([
  { tag: [tags.keyword, tags.controlKeyword, tags.definitionKeyword, tags.moduleKeyword, tags.operatorKeyword], class: "k" },
  { tag: [tags.bool, tags.null], class: "kc" },
  { tag: [tags.string, tags.special(tags.string)], class: "s2" },
  { tag: [tags.number, tags.integer, tags.float], class: "mi" },
  { tag: [tags.comment, tags.lineComment], class: "c1" },
  { tag: [tags.function(tags.definition(tags.variableName))], class: "nf" },
  { tag: [tags.definition(tags.className), tags.className], class: "nc" },
  { tag: [tags.operator, tags.arithmeticOperator, tags.compareOperator], class: "o" },
]);

// Return a text as a fragment with a coloured span for each word.
export function highlighted(text) {
  const fragment = document.createDocumentFragment();
  const put = (part, names) => {
    const span = document.createElement("span");
    span.className = names;
    span.textContent = part;
    fragment.append(names ? span : part);
  };
  highlightCode(text, pythonLanguage.parser.parse(text), classes, put, () => fragment.append("\n"));
  return fragment;
}
