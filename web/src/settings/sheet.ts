// A signature while it is written in the editor of the composer. It has no files: pictures are left out.

import type { Editor, Sheet } from "../compose/editor.ts";
import { type Node_, htmlOf, textOf } from "../compose/nodes.ts";

export class SignatureSheet implements Sheet {
  readonly #nodes: DocumentFragment;
  #editor: Editor | undefined;
  #left = { html: "", text: "" };

  constructor(nodes: DocumentFragment) {
    this.#nodes = nodes;
  }

  attach(editor: Editor): void {
    this.#editor = editor;
    editor.setContent(this.#nodes);
    this.#left = this.written();
  }

  detach(): void {
    this.#left = this.written();
    this.#editor = undefined;
  }

  written(): { html: string; text: string } {
    const root = this.#editor?.getRoot() as unknown as Node_ | undefined;
    if (!root) return this.#left;
    const text = textOf(root).trim();
    // An empty line is no signature.
    return { html: text === "" ? "" : htmlOf(root, () => null), text };
  }

  async attachFiles(): Promise<void> {}

  async takeData(): Promise<void> {
    for (const image of this.#editor?.getRoot().querySelectorAll('img[src^="data:"]') ?? []) image.remove();
  }

  pictureOf(): undefined {
    return undefined;
  }
}
