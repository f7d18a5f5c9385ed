// The door to the composer for the rest of the page. It is loaded when somebody writes.

import { failed } from "../actions/done.ts";
import type { Wanted } from "./composers.svelte.ts";

export async function compose(wanted: Wanted): Promise<void> {
  try {
    await (await import("./main.ts")).open(wanted);
  } catch (error) {
    failed(error);
  }
}

/** A tab that was opened for one message begins with that. */
export async function composeHere(): Promise<void> {
  const key = new URLSearchParams(location.search).get("write");
  if (key !== null) await (await import("./main.ts")).open({ kind: "tab", key });
}

/** Answers the message that is read. */
export async function answer(answering: "sender" | "all"): Promise<void> {
  const emailId = (await import("./asked.ts")).asked();
  if (emailId !== undefined) await compose({ kind: "answer", emailId, answering });
}

export async function forward(): Promise<void> {
  const emailId = (await import("./asked.ts")).asked();
  if (emailId !== undefined) await compose({ kind: "forward", emailId, how: "inline" });
}

/** Brings back what a browser that was killed kept; where it kept nothing, nothing is loaded. */
export async function restoreDrafts(): Promise<void> {
  const databases = await indexedDB.databases?.().catch(() => []);
  if (databases?.some(({ name }) => name === "correio-drafts")) await (await import("./main.ts")).restore();
}
