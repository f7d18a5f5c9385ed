// Cells of tables stay cells: Squire takes them for lines, which it joins and replaces.

import type { Editor } from "./editor.ts";

type Cell = HTMLTableCellElement;

/** The cell in which the cursor is. */
export function cellAt(editor: Editor): Cell | undefined {
  const { startContainer } = editor.getSelection();
  const element = startContainer instanceof Element ? startContainer : startContainer.parentElement;
  const cell = element?.closest<Cell>("td, th");
  return cell && editor.getRoot().contains(cell) ? cell : undefined;
}

/** What is pasted into one becomes lines there, and nothing is deleted beyond its ends. */
export function guardCells(editor: Editor): void {
  const root = editor.getRoot();
  editor.addEventListener("willPaste", (event) => {
    const { fragment } = (event as CustomEvent<{ fragment: DocumentFragment }>).detail;
    if (!cellAt(editor)) return setApart(fragment);
    event.preventDefault();
    // Its cleaner is on its way, and then it comes again.
    if (fragment.textContent === "\u200b") return;
    const range = editor.getSelection();
    range.deleteContents();
    range.insertNode(asLines(fragment));
    range.collapse(false);
    // Squire puts the cursor back to where it was.
    queueMicrotask(() => editor.setSelection(range));
  });
  const stop = (event: KeyboardEvent) => {
    if (event.target !== root || (event.key !== "Backspace" && event.key !== "Delete")) return;
    if (!isAtEdge(editor, event.key === "Delete")) return;
    event.preventDefault();
    event.stopPropagation();
  };
  // Squire hears of keys at the text itself, before all who come later.
  root.parentElement?.addEventListener("keydown", stop, { capture: true });
}

/** Two tables with nothing between them would become one. */
export function setApart(nodes: DocumentFragment): void {
  if (nodes.firstElementChild?.matches("table")) nodes.prepend(emptyLine());
  if (nodes.lastElementChild?.matches("table")) nodes.append(emptyLine());
}

function emptyLine(): HTMLElement {
  const line = document.createElement("div");
  line.append(document.createElement("br"));
  return line;
}

/** Whether what is deleted next would reach into a cell, or out of one. */
function isAtEdge(editor: Editor, isForward: boolean): boolean {
  const range = editor.getSelection();
  if (!range.collapsed) return false;
  const { startContainer } = range;
  const element = startContainer instanceof Element ? startContainer : startContainer.parentElement;
  const block = cellAt(editor) ?? (isForward ? lineOf(editor, element) : undefined);
  if (!block || (!block.matches("td, th") && !block.nextElementSibling?.matches("table"))) return false;
  const rest = document.createRange();
  rest.selectNodeContents(block);
  if (isForward) rest.setStart(range.endContainer, range.endOffset);
  else rest.setEnd(startContainer, range.startOffset);
  const nodes = rest.cloneContents();
  const isEmpty = (nodes.textContent ?? "").replace(/\u200b/g, "") === "" && !nodes.querySelector("img");
  // The one line end that keeps an empty cell or line open is nothing.
  return isEmpty && nodes.querySelectorAll("br").length <= (isForward ? 1 : 0);
}

/** The line among those of the text in which something stands. */
function lineOf(editor: Editor, element: Element | null): Element | undefined {
  const root = editor.getRoot();
  let line = element;
  while (line && line.parentElement !== root) line = line.parentElement;
  return line ?? undefined;
}

const BLOCKS = "address,blockquote,dd,div,dl,dt,h1,h2,h3,h4,h5,h6,li,ol,p,pre,table,tr,ul";

/** Lines, and nothing in them that stands apart. */
function asLines(nodes: DocumentFragment): DocumentFragment {
  for (const cell of nodes.querySelectorAll("td, th")) cell.replaceWith(...Array.from(cell.childNodes), " ");
  for (const body of nodes.querySelectorAll("tbody, thead, tfoot, caption, hr")) body.replaceWith(...Array.from(body.childNodes));
  for (let block = nodes.querySelector(BLOCKS); block; block = nodes.querySelector(BLOCKS)) {
    const endsLine = block.lastChild instanceof Element && block.lastChild.matches(`br,${BLOCKS}`);
    const line = block.nextSibling && !endsLine ? [document.createElement("br")] : [];
    block.replaceWith(...Array.from(block.childNodes), ...line);
  }
  return nodes;
}
