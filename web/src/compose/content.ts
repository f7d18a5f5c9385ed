// Nodes that a message begins with, made without HTML where there is none.

import { SIGNATURE } from "./nodes.ts";

/** One line below the other. */
export function linesOf(text: string): DocumentFragment {
  const nodes = document.createDocumentFragment();
  for (const line of text.split("\n")) nodes.append(block(line));
  return nodes;
}

function block(text: string): HTMLElement {
  const div = document.createElement("div");
  if (text === "") div.append(document.createElement("br"));
  else div.append(text.replace(/ {2}/g, " \u00a0"));
  return div;
}

/** Room to write, and the signature below. */
export function signed(signature: DocumentFragment | null): DocumentFragment {
  const nodes = document.createDocumentFragment();
  nodes.append(block(""));
  if (signature) nodes.append(block(""), signatureElement(signature));
  return nodes;
}

function signatureElement(signature: DocumentFragment): HTMLElement {
  const element = document.createElement("div");
  element.className = SIGNATURE;
  element.append(signature);
  return element;
}

/** Exchanges the signature in what is written. Where its user changed it or took it away, that was meant. */
export function exchange(root: HTMLElement, from: DocumentFragment | null, to: DocumentFragment | null): boolean {
  const there = root.querySelector<HTMLElement>(`.${SIGNATURE}`);
  const said = (node: Node | null) => (node?.textContent ?? "").replace(/[\s\u200b]+/g, " ").trim();
  if (from ? !there || said(there) !== said(from) : there !== null) return false;
  if (there && to) there.replaceChildren(to);
  else if (there) there.remove();
  else if (to) root.append(block(""), signatureElement(to));
  return true;
}
