"use strict";
(() => {
  // Tells the page around this body how large it is, which keys are pressed in it, and where its own links lead. The body can
  // be read by nobody else, and says nothing of what it holds.
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
  measure();
})();
