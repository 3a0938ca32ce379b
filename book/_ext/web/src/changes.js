// What the browser keeps for the next visit: a reader's changes to cells, and which questions are answered.

// A short mark of a text: a kept change belongs to one version of a cell.
export function mark(text) {
  let sum = 5381;
  for (const character of text) sum = (sum * 33 + character.codePointAt(0)) >>> 0;
  return sum.toString(36);
}

// The browser may refuse to keep anything: then a change lasts as long as the page.
export function recall(key) {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

// Return whether it is kept.
export function keep(key, text) {
  try {
    if (text === null) localStorage.removeItem(key);
    else localStorage.setItem(key, text);
    return true;
  } catch {
    return text === null;
  }
}
