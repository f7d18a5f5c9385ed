// What is written while the host cannot be reached waits in this browser, with its files, and goes out once it can (offline/). Until then it can
// be taken back.

import { Said, done } from "../actions/done.ts";
import type { Mail } from "../offline/kept.ts";
import { away } from "../offline/away.svelte.ts";
import { toasts } from "../ui/toasts.svelte.ts";
import { composers } from "./composers.svelte.ts";
import type { Composing } from "./composing.svelte.ts";
import { texts } from "./words/texts.svelte.ts";

/** Lets a message wait; gives whether it does. `isLost`: it was sent, and no answer came. */
export async function waits(composing: Composing, at: Date | null, isLost: boolean): Promise<boolean> {
  const number = await put(composing, "mail", at, isLost);
  if (number === undefined) return false;
  let now = number;
  let again: Composing | undefined;
  done({
    said: texts.text.waits.sent,
    undo: async () => {
      again = await takeBack(now);
    },
    redo: async () => {
      if (!again || !composers.list.includes(again)) return;
      now = (await put(again, "mail", at, true)) ?? now;
    },
  });
  return true;
}

/** Lets a draft wait that is closed. */
export async function waitsAsDraft(composing: Composing): Promise<boolean> {
  if ((await put(composing, "draft", null, false)) === undefined) return false;
  toasts.show(texts.text.waits.kept);
  return true;
}

async function put(composing: Composing, kind: Mail["kind"], at: Date | null, isLost: boolean): Promise<number | undefined> {
  const { identity } = composing;
  if (!identity || (!isLost && !away.isNeeded)) return undefined;
  if (kind === "mail" && composing.draft.attachments.some((one) => composing.stateOf(one) !== "there")) return undefined;
  const files = composing.atHand.map(({ attachment: { key }, file }) => ({ key, file: file as Blob }));
  const mail: Mail = { kind, draft: composing.snapshot(), written: composing.written(), identity: { ...identity }, at: at?.toISOString() ?? null, files };
  const number = await away.take(mail, isLost);
  if (number !== undefined) await composers.remove(composing);
  return number;
}

/** Takes a message that waits up again. */
export async function takeBack(number: number): Promise<Composing> {
  const item = await away.drop(number);
  if (!item || item.deed.kind === "change" || item.deed.kind === "destroy") throw new Said(texts.text.tooLate);
  const { draft, files } = item.deed;
  const { beginKept } = await import("./answers.ts");
  const composing = await beginKept({ ...draft, key: crypto.randomUUID() });
  await composing.takeUp(
    files.flatMap(({ key, file }) => {
      const attachment = draft.attachments.find((one) => one.key === key);
      return attachment ? [{ attachment, file: new File([file], attachment.name, { type: attachment.type }) }] : [];
    }),
  );
  composers.add(composing);
  composing.touched();
  return composing;
}
