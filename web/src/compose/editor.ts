// The editor for rich text: Squire, without any way by which it makes nodes of HTML itself. What it shall hold comes as nodes; what it
// takes back by undo are the nodes that were there.

import Squire from "squire-rte";
import type { Written } from "./message.ts";

const STATES_MAX = 200;

export interface EditorHooks {
  /** Makes HTML of others fit (see purify.ts). It is there before HTML is handed to the editor. */
  purify(html: string): DocumentFragment;
  /** Files were pasted. */
  files(files: File[]): void;
}

/** What is written on: a message, or a signature. */
export interface Sheet {
  attach(editor: Editor): void;
  detach(): void;
  written(): Written;
  attachFiles(files: File[], isInline: boolean): Promise<void>;
  /** Pictures that came as `data:` become files of it. */
  takeData(): Promise<void>;
  pictureOf(cid: string): string | undefined;
}

export class Editor extends Squire {
  /** By the HTML that Squire knows a state by, the nodes that it had. Squire's constructor asks for it already. */
  declare private states: Map<string, DocumentFragment> | undefined;
  private readonly hand: { nodes?: DocumentFragment | undefined };

  constructor(root: HTMLElement, hooks: EditorHooks) {
    const hand: { nodes?: DocumentFragment | undefined } = {};
    const take = (html: string): DocumentFragment => {
      const { nodes } = hand;
      hand.nodes = undefined;
      return nodes ?? (html.trim() ? hooks.purify(html) : document.createDocumentFragment());
    };
    super(root, {
      blockTag: "DIV",
      undo: { documentSizeThreshold: -1, undoLimit: STATES_MAX },
      sanitizeToDOMFragment: (html: string) => take(html),
      didError: (error: unknown) => console.error(error),
    });
    this.hand = hand;
    this.addEventListener("pasteImage", (event) => {
      const { clipboardData } = (event as CustomEvent<{ clipboardData: DataTransfer }>).detail;
      hooks.files(Array.from(clipboardData.files));
    });
    // Tab leaves the text, as everywhere on the page; lists are indented by their buttons.
    this.setKeyHandler("Tab", null);
    this.setKeyHandler("Shift-Tab", null);
  }

  /** Has these nodes instead of what was there. */
  setContent(nodes: DocumentFragment): void {
    this.hand.nodes = nodes;
    this.setHTML("");
  }

  /** Puts nodes where the cursor is. */
  insertContent(nodes: DocumentFragment): void {
    this.hand.nodes = nodes;
    this.insertHTML(" ", false);
  }

  override _getRawHTML(): string {
    const html = super._getRawHTML();
    const states = (this.states ??= new Map());
    const nodes = document.createDocumentFragment();
    nodes.append(...Array.from(this.getRoot().childNodes, (node) => node.cloneNode(true)));
    states.delete(html);
    states.set(html, nodes);
    const oldest = states.size > 2 * STATES_MAX ? states.keys().next().value : undefined;
    if (oldest !== undefined) states.delete(oldest);
    return html;
  }

  override _setRawHTML(html: string): Squire {
    const nodes = this.states?.get(html);
    if (nodes) this.getRoot().replaceChildren(nodes.cloneNode(true));
    return this;
  }
}
