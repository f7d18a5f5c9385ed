// What the editor holds, written as HTML and as text. Both walk the nodes, so that nothing is read that stands in no node. Pure: it takes
// anything that looks like a node.

export interface Node_ {
  nodeType: number;
  nodeName: string;
  nodeValue: string | null;
  childNodes: ArrayLike<Node_>;
  getAttribute?(name: string): string | null;
}

const TEXT = 3;
const EMPTY = ["br", "hr", "img"];
const BLOCKS = ["address", "blockquote", "div", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p", "pre", "table", "tr", "ul"];
const ATTRIBUTES = ["href", "src", "alt", "width", "height", "colspan", "rowspan", "start", "dir", "title"];
/** Not seen in the editor alone: programs that read mail have no style of ours. */
const STYLES: Record<string, string> = {
  blockquote: "margin:0 0 0 .8ex;border-left:2px solid #ccc;padding-left:1ex",
  pre: "white-space:pre-wrap",
  img: "max-width:100%",
  table: "border-collapse:collapse",
  td: "border:1px solid #999;padding:4px 8px;vertical-align:top",
  th: "border:1px solid #999;padding:4px 8px;vertical-align:top",
};

export const SIGNATURE = "correio-signature";

export const escaped = (text: string) =>
  text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;").replace(/"/g, "&quot;").replace(/\u00a0/g, "&nbsp;");

/** As HTML. `source` gives what stands for the address of a picture; `null` leaves it out. */
export function htmlOf(node: Node_, source: (src: string) => string | null): string {
  let html = "";
  for (const child of Array.from(node.childNodes)) {
    if (child.nodeType === TEXT) html += escaped((child.nodeValue ?? "").replace(/\u200b/g, ""));
    const name = child.nodeName.toLowerCase();
    if (!child.getAttribute || !/^[a-z][a-z0-9]*$/.test(name)) continue;
    const attributes = attributesOf(child, name, source);
    if (attributes === undefined) continue;
    html += EMPTY.includes(name) ? `<${name}${attributes}>` : `<${name}${attributes}>${htmlOf(child, source)}</${name}>`;
  }
  return html;
}

function attributesOf(node: Node_, name: string, source: (src: string) => string | null): string | undefined {
  let said = "";
  for (const attribute of ATTRIBUTES) {
    const value = node.getAttribute?.(attribute);
    if (value === null || value === undefined) continue;
    const written = attribute === "src" ? source(value) : value;
    if (written === null) return undefined;
    said += ` ${attribute}="${escaped(written)}"`;
  }
  if (node.getAttribute?.("class") === SIGNATURE) said += ` class="${SIGNATURE}"`;
  const style = STYLES[name];
  return style ? `${said} style="${style}"` : said;
}

/** As text: quotes with `>`, lists with their marks, links with where they lead. */
export function textOf(node: Node_): string {
  const writer = new Writer();
  writer.children(node);
  return writer.text();
}

class Writer {
  readonly #lines: string[] = [];
  #line = "";
  #prefix = "";
  #hasLine = false;

  text(): string {
    this.#end();
    return this.#lines.join("\n").replace(/^\n+|\s+$/g, "");
  }

  children(node: Node_, isPre = false): void {
    let number = Number(node.getAttribute?.("start") ?? 1) || 1;
    for (const child of Array.from(node.childNodes)) {
      const name = child.nodeName.toLowerCase();
      if (child.nodeType === TEXT) this.#words(child.nodeValue ?? "", isPre);
      else if (name === "br") this.#break();
      else if (name === "li") {
        const isNumbered = node.nodeName.toLowerCase() === "ol";
        this.#item(child, isNumbered ? `${number}. ` : "• ");
        number += 1;
      } else if (child.getAttribute) this.#element(child, name, isPre);
    }
  }

  #element(node: Node_, name: string, isPre: boolean): void {
    if (name === "img") return this.#words(node.getAttribute?.("alt") ?? "", false);
    if (name === "a") return this.#link(node);
    if (name === "td" || name === "th") {
      this.children(node);
      return this.#words("\t", true);
    }
    if (!BLOCKS.includes(name)) return this.children(node, isPre);
    this.#end();
    if (name === "hr") this.#lines.push(`${this.#prefix}---`);
    if (node.getAttribute?.("class") === SIGNATURE) this.#lines.push(`${this.#prefix}-- `);
    const before = this.#prefix;
    if (name === "blockquote") this.#prefix = before.endsWith(">") || before.endsWith("> ") ? `${before.trimEnd()}> ` : `${before}> `;
    this.children(node, isPre || name === "pre");
    this.#end();
    this.#prefix = before;
  }

  #item(node: Node_, mark: string): void {
    this.#end();
    const before = this.#prefix;
    this.#line = mark;
    const rest = `${before}${" ".repeat(mark.length)}`;
    const lines = this.#lines.length;
    this.children(node);
    if (this.#line === mark) this.#break();
    this.#end();
    // What follows the first line of it stands under that.
    for (let at = lines + 1; at < this.#lines.length; at += 1) this.#lines[at] = `${rest}${(this.#lines[at] ?? "").slice(before.length)}`;
  }

  #link(node: Node_): void {
    const inner = new Writer();
    inner.children(node);
    const said = inner.text();
    const href = node.getAttribute?.("href") ?? "";
    const plain = href.replace(/^mailto:/i, "").replace(/\/$/, "");
    const isSaid = !href || said.replace(/\/$/, "") === plain || `https://${said.replace(/\/$/, "")}` === plain || `http://${said.replace(/\/$/, "")}` === plain;
    this.#words(isSaid ? said : `${said} <${href}>`, false);
  }

  #words(text: string, isPre: boolean): void {
    const plain = text.replace(/\u200b/g, "");
    const said = isPre ? plain : plain.replace(/[ \t\r\n]+/g, " ");
    const shown = said.replace(/\u00a0/g, " ");
    if (shown === "" || (shown === " " && this.#line === "")) return;
    const lines = isPre ? shown.split("\n") : [shown];
    lines.forEach((line, at) => {
      if (at > 0) this.#break();
      this.#line += line;
      this.#hasLine ||= line !== "";
    });
  }

  #break(): void {
    this.#lines.push(`${this.#prefix}${this.#line.trimEnd()}`.trimEnd());
    this.#line = "";
    this.#hasLine = false;
  }

  #end(): void {
    if (this.#hasLine) this.#break();
  }
}
