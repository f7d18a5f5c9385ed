// Takes styles and handlers out of HTML before a parser sees it: the policy of the page refuses both, also in a document that is never
// shown, and would say so each time. What is left is no safer for it; DOMPurify comes behind. Pure, and linear.

export interface Apart {
  /** `style` attributes are called `data-style` in it; handlers are gone. */
  html: string;
  /** What stood in its `style` elements. */
  css: string;
}

const NAME = /[a-z][^\s/>]*/iy;
const ATTRIBUTE = /[^\s/>][^\s/>=]*/y;
const SPACE = /[\s/]+/y;
const VALUE = /\s*=\s*(?:"[^"]*(?:"|$)|'[^']*(?:'|$)|[^\s>]*)/y;

export function apart(html: string): Apart {
  const lower = html.toLowerCase();
  const kept: string[] = [];
  const css: string[] = [];
  let at = 0;
  for (let open = html.indexOf("<"); open >= 0; open = html.indexOf("<", at)) {
    kept.push(html.slice(at, open));
    const name = take(NAME, html, open + 1);
    if (name === undefined) {
      kept.push("<");
      at = open + 1;
      continue;
    }
    const [attributes, end] = tag(html, open + 1 + name.length);
    at = end;
    if (name.toLowerCase() !== "style") {
      kept.push(`<${name}${attributes}>`);
      continue;
    }
    const close = lower.indexOf("</style", at);
    css.push(html.slice(at, close < 0 ? undefined : close));
    const behind = close < 0 ? -1 : html.indexOf(">", close);
    at = behind < 0 ? html.length : behind + 1;
  }
  kept.push(html.slice(at));
  return { html: kept.join(""), css: css.join("\n") };
}

/** The attributes of a tag as they are kept, and where it ends. */
function tag(html: string, from: number): [string, number] {
  let attributes = "";
  let at = from;
  while (at < html.length) {
    at += take(SPACE, html, at)?.length ?? 0;
    const name = take(ATTRIBUTE, html, at);
    if (name === undefined) break;
    at += name.length;
    const value = take(VALUE, html, at) ?? "";
    at += value.length;
    if (/^on/i.test(name)) continue;
    attributes += ` ${/^style$/i.test(name) ? "data-style" : name}${value}`;
  }
  return [attributes, at + 1];
}

function take(what: RegExp, html: string, at: number): string | undefined {
  what.lastIndex = at;
  return what.exec(html)?.[0];
}
