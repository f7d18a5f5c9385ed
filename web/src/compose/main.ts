// Begins the composer: it stands beside the page, so that all of the page can rest while a message fills the screen.

import { mount } from "svelte";
import Composers from "./Composers.svelte";
import "./compose.css";
import { type Wanted, composers } from "./composers.svelte.ts";
import { texts } from "./words/texts.svelte.ts";

// Signatures are written in the settings by the same editor.
export { default as RichText } from "./RichText.svelte";
export { purifier } from "./begin.ts";
export { forgetIdentities } from "./host.ts";
export { texts } from "./words/texts.svelte.ts";

let isMounted = false;

function begin(): void {
  if (isMounted) return;
  isMounted = true;
  const target = document.createElement("div");
  document.getElementById("app")?.after(target);
  mount(Composers, { target });
}

export async function open(wanted: Wanted): Promise<void> {
  void texts.load().then(begin);
  await composers.open(wanted);
}

export async function restore(): Promise<void> {
  await texts.load();
  begin();
  await composers.restore();
}
