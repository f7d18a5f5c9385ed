"use strict";
(() => {
  // Tells the page around this body how large it is, which keys are pressed in it, where its own links lead, and which of its links say
  // that they lead somewhere; folds what it quotes at its end. The body can be read by nobody else.
  const root = document.documentElement;
  const tell = (message) => parent.postMessage(message, "*");
  let last = "";
  const measure = () => {
    const height = Math.ceil(Math.max(root.getBoundingClientRect().height, document.body.scrollHeight));
    const width = Math.ceil(root.scrollWidth);
    if (last !== height + " " + width) {
      last = height + " " + width;
      tell({ kind: "size", height, width });
    }
  };
  const QUOTES = ".plain > blockquote, .m-gmail_quote, blockquote[type=cite], .m-yahoo_quoted, .m-protonmail_quote";
  // The last thing that is seen. Each node is looked at once: whoever wrote the body may have made it large.
  const lastSeen = () => {
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT);
    let last = null;
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const isText = node.nodeType === Node.TEXT_NODE && node.parentNode.nodeName !== "SCRIPT" && node.data.trim() !== "";
      if (isText || node.nodeName === "IMG" || node.nodeName === "HR") last = node;
    }
    return last;
  };
  // The outermost quote at the end.
  const lastQuote = () => {
    let quote = null;
    for (let at = lastSeen(); at && at !== document.body; at = at.parentNode) if (at.matches && at.matches(QUOTES)) quote = at;
    return quote;
  };
  // Whether anything is said before it; and what is passed on is what one wants to read.
  const hasBefore = (element) => {
    const before = document.createRange();
    before.setStart(document.body, 0);
    before.setEndBefore(element);
    return before.toString().trim() !== "";
  };
  const isPassedOn = (element) => /^\s*-{4,}/.test(element.textContent);
  // Whoever answers between the lines cuts the quote into several, with what they say between them.
  const isAnswered = (element) => element.querySelectorAll(":scope > blockquote").length > 1;
  const fold = () => {
    const quote = lastQuote();
    if (!quote || !hasBefore(quote) || isPassedOn(quote) || isAnswered(quote)) return;
    const isPortuguese = /^pt/i.test(navigator.language);
    const button = document.createElement("button");
    button.type = "button";
    button.className = "quote-button";
    button.textContent = "\u00b7\u00b7\u00b7";
    const show = (isShown) => {
      quote.classList.toggle("quote-folded", !isShown);
      const names = isPortuguese ? ["Mostrar a citação", "Esconder a citação"] : ["Show quoted text", "Hide quoted text"];
      button.setAttribute("aria-expanded", String(isShown));
      button.setAttribute("aria-label", names[Number(isShown)]);
      button.title = names[Number(isShown)];
      measure();
    };
    button.addEventListener("click", () => show(button.getAttribute("aria-expanded") !== "true"));
    quote.before(button);
    show(false);
  };
  const links = () => {
    const found = [];
    for (const link of document.querySelectorAll('a[href^="http"]')) {
      const said = link.textContent.trim().slice(0, 300);
      if (/^\S+\.\S+$/.test(said) && found.length < 200) found.push({ said, leads: link.href.slice(0, 300) });
    }
    if (found.length > 0) tell({ kind: "links", links: found });
  };
  new ResizeObserver(measure).observe(document.body);
  addEventListener("load", measure, true);
  addEventListener("keydown", (event) => {
    const { key, code, ctrlKey, metaKey, altKey, shiftKey } = event;
    tell({ kind: "key", key, code, ctrlKey, metaKey, altKey, shiftKey });
  });
  addEventListener("click", (event) => {
    const link = event.target.closest && event.target.closest('a[href^="#"]');
    if (link) {
      event.preventDefault();
      const found = document.getElementById(link.hash.slice(1)) || document.getElementsByName(link.hash.slice(1))[0];
      if (found) tell({ kind: "scroll", top: Math.round(found.getBoundingClientRect().top) });
    }
  });
  fold();
  links();
  measure();
})();
