// HTML of others made fit for the editor or for a quote. Nothing else in the composer makes nodes of HTML. This part is loaded when there
// is any.

import DOMPurify, { type Config } from "dompurify";
import { apart } from "./attributes.ts";
import { escaped } from "./nodes.ts";

interface Policy {
  createHTML(html: string): string;
  createScriptURL(url: string): string;
}

// DOMPurify has to parse what it cleans. The policy of the page admits this one name, and only DOMPurify gets it (docs/adr/0035).
const factory = (window as { trustedTypes?: { createPolicy(name: string, rules: Policy): Policy } }).trustedTypes;
const policy = factory?.createPolicy("correio-purify", {
  createHTML: (html) => html,
  createScriptURL: () => {
    throw new TypeError("no script is loaded");
  },
});

const common: Config = {
  ...(policy ? { TRUSTED_TYPES_POLICY: policy as unknown as NonNullable<Config["TRUSTED_TYPES_POLICY"]> } : {}),
  ALLOW_DATA_ATTR: false,
  ALLOW_ARIA_ATTR: false,
};

/** Values of all attributes are held against it: other schemes than these are none of ours, and what has none is no address. */
const URIS = /^(?:(?:https?|mailto|tel|cid):|[^a-z]|[a-z+.-]+(?:[^a-z+.:-]|$))/i;

const TAGS =
  "a address b blockquote br caption center cite code dd del div dl dt em h1 h2 h3 h4 h5 h6 hr i img ins li ol p pre s small span strike strong sub sup table tbody td tfoot th thead tr u ul";
const SIGNATURE = "correio-signature";

/** For the editor: what has a meaning, and no looks. Pictures of the message itself get their addresses by `picture`; those of strangers
 * would be fetched from there, and are left out. */
export function forEditor(html: string, picture: (cid: string) => string | undefined): DocumentFragment {
  const fragment = DOMPurify.sanitize(apart(html).html, {
    ...common,
    ALLOWED_TAGS: TAGS.split(" ").concat("#text"),
    ALLOWED_ATTR: ["href", "src", "alt", "width", "height", "colspan", "rowspan", "start", "dir", "class"],
    ALLOWED_URI_REGEXP: URIS,
    RETURN_DOM_FRAGMENT: true,
  });
  for (const element of fragment.querySelectorAll("[class]")) {
    if (element.getAttribute("class") !== SIGNATURE) element.removeAttribute("class");
  }
  for (const image of fragment.querySelectorAll("img")) {
    const src = image.getAttribute("src") ?? "";
    const own = src.startsWith("cid:") ? picture(src.slice(4)) : src.startsWith("data:") ? src : undefined;
    if (own === undefined) image.remove();
    else image.setAttribute("src", own);
  }
  return document.importNode(fragment, true);
}

const QUOTED: Config & { RETURN_DOM_FRAGMENT: true } = {
  ...common,
  FORCE_BODY: true,
  USE_PROFILES: { html: true },
  ADD_ATTR: ["data-style"],
  ADD_URI_SAFE_ATTR: ["data-style"],
  FORBID_TAGS: ["style", "form", "input", "button", "select", "textarea", "option", "dialog", "video", "audio", "source", "track", "picture"],
  FORBID_ATTR: ["style", "id", "name", "tabindex", "popover", "popovertarget"],
  ALLOWED_URI_REGEXP: URIS,
  RETURN_DOM_FRAGMENT: true,
};

/** For a quote: it looks as it did, runs nothing, and its style reaches no further than itself. */
export function forQuote(html: string): string {
  const { html: plain, css } = apart(html);
  const name = `q${crypto.randomUUID().slice(0, 8)}`;
  const style = css.trim() ? `<style>${scoped(css, `.${name}`)}</style>` : "";
  return `<div class="${name}">${style}${written(DOMPurify.sanitize(plain, QUOTED))}</div>`;
}

const EMPTY = ["area", "br", "col", "hr", "img", "wbr"];

/** As HTML. It is never parsed in this page again. */
function written(node: Node): string {
  let html = "";
  for (const child of Array.from(node.childNodes)) {
    if (child.nodeType === Node.TEXT_NODE) html += escaped(child.nodeValue ?? "");
    if (!(child.nodeType === Node.ELEMENT_NODE)) continue;
    const { localName, attributes } = child as Element;
    const said = Array.from(attributes, ({ name, value }) => ` ${name === "data-style" ? "style" : name}="${escaped(value)}"`);
    html += `<${localName}${said.join("")}>`;
    if (!EMPTY.includes(localName)) html += `${written(child)}</${localName}>`;
  }
  return html;
}

/** Rules that reach only what is in an element. `@import` is dropped by the browser as it reads them. */
function scoped(css: string, scope: string): string {
  try {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(css);
    // Nothing in a string of it ends the element that it stands in.
    return rules(sheet.cssRules, scope).replace(/</g, "\\3c ");
  } catch {
    return "";
  }
}

function rules(list: CSSRuleList, scope: string): string {
  let css = "";
  for (const rule of Array.from(list)) {
    if (rule instanceof CSSStyleRule) {
      css += `${selectors(rule.selectorText, scope)}{${rule.style.cssText}}`;
    } else if (rule instanceof CSSMediaRule) css += `@media ${rule.conditionText}{${rules(rule.cssRules, scope)}}`;
  }
  return css;
}

function selectors(text: string, scope: string): string {
  const each = text.split(/,(?![^()[\]]*[)\]])/);
  return each
    .map((one) => {
      const selector = one.trim();
      const inner = selector.replace(/^(?:html|:root)?\s*(?:>\s*)?(?:body)?(?=$|[\s.#[:>+~])/i, "").trim();
      return inner === "" ? scope : `${scope} ${inner.replace(/^[>+~]\s*/, "")}`;
    })
    .join(",");
}

/** A draft of ours taken apart: what was written, and what it quotes. */
export function takeApart(html: string, quoteClass: string): { own: string; quote: string | null; head: string[] } {
  const { html: plain, css } = apart(html);
  const fragment = DOMPurify.sanitize(plain, QUOTED);
  const quote = fragment.querySelector(`.${quoteClass}`);
  if (quote?.previousElementSibling?.matches("br")) quote.previousElementSibling.remove();
  quote?.remove();
  const head = Array.from(quote?.firstElementChild?.children ?? [], (line) => line.textContent ?? "");
  const last = quote?.lastElementChild;
  // It was made to reach no further than the quote when the draft was begun.
  const style = css ? `<style>${css}</style>` : "";
  return { own: written(fragment), quote: last ? style + written(last) : null, head };
}
