// The editor of a cell: colours, indentation, brackets, undo. Escape leaves it, as the help says; the Tab key then passes
// through it, both ways, until the reader writes again.

import { defaultKeymap, history, historyKeymap, indentWithTab, isolateHistory } from "@codemirror/commands";
import { python } from "@codemirror/lang-python";
import { bracketMatching, indentOnInput, indentUnit, syntaxHighlighting } from "@codemirror/language";
import { EditorState } from "@codemirror/state";
import { drawSelection, EditorView, highlightSpecialChars, keymap } from "@codemirror/view";
import { classes } from "./colours.js";

// Make an editor; run is called by Shift+Enter, leave by Escape, change with every new text.
export function edit(parent, text, { label, run, leave, change }) {
  const escape = (view) => {
    view.setTabFocusMode(true);
    leave();
    return true;
  };
  const state = EditorState.create({
    doc: text,
    extensions: [
      keymap.of([{ key: "Shift-Enter", run: () => (run(), true) }, { key: "Escape", run: escape }, indentWithTab, ...defaultKeymap, ...historyKeymap]),
      history(),
      drawSelection(),
      highlightSpecialChars(),
      indentOnInput(),
      indentUnit.of("    "),
      bracketMatching(),
      ...(matchMedia("(max-width: 575.98px)").matches ? [EditorView.lineWrapping] : []),
      python(),
      syntaxHighlighting(classes),
      EditorView.contentAttributes.of({ "aria-label": label, tabindex: "0", spellcheck: "false", autocapitalize: "off" }),
      EditorView.updateListener.of((update) => {
        if (!update.docChanged) return;
        update.view.setTabFocusMode(false);
        change(update.state.doc.toString());
      }),
    ],
  });
  const view = new EditorView({ state, parent });
  view.focus();
  return {
    set: (value) => view.dispatch({
      changes: { from: 0, to: view.state.doc.length, insert: value },
      annotations: isolateHistory.of("full"), // undone in a step of its own
    }),
  };
}
