// Sending: held on the host for some seconds, so that it can be called back, with this page or without it; or until a time.

import { Said, done } from "../actions/done.ts";
import { deeds } from "../actions/history.svelte.ts";
import { composers } from "./composers.svelte.ts";
import type { Composing } from "./composing.svelte.ts";
import type { Draft } from "./draft.ts";
import { NotDone, NotSent, type Sent, blobsOf, callBack, isLost, mark, send } from "./host.ts";
import { isKeeping } from "./kept.ts";
import { holdFor, holdUntil } from "./later.ts";
import { type Written, renamed } from "./message.ts";
import { waits } from "./waits.ts";
import { whenText } from "./when.ts";
import { texts } from "./words/texts.svelte.ts";

export { STOPS, doubts } from "./checks.ts";

/** For how long a message that was sent can be called back. */
export const UNDO_S = 8;
/** The answer takes its time as well: who sees the button has all of these seconds. */
const WAY_S = 1;

/** Sends it now, or at a time; it stays open when that does not work. */
export async function dispatch(composing: Composing, at: Date | null): Promise<void> {
  const { identity } = composing;
  if (!identity || composing.isSending) return;
  composing.isSending = true;
  composing.refusal = undefined;
  const draft = composing.snapshot();
  const written = composing.written();
  try {
    if (await waits(composing, at, false)) return;
    // A save that is on its way would make a draft that nobody removes.
    await composing.save();
    // It may be gone already, where the answer was lost the last time.
    const before = composing.isDoubtful ? await composing.look() : null;
    const now = composing.snapshot();
    const sent = before ?? (await send(now, identity, written, at ? holdUntil(at) : holdFor(UNDO_S + WAY_S)));
    await composers.remove(composing);
    void mark(draft.original, true);
    remember(sent, now, written, at);
  } catch (error) {
    if (isLost(error) && (await waits(composing, at, true).catch(() => false))) return;
    if (error instanceof NotSent) composing.isOnHost(error.saved, composing.snapshot(), written);
    if (isLost(error)) composing.isDoubtful = true;
    composing.refusal = error instanceof NotSent ? error.why : error;
    await composing.keepHere();
  } finally {
    composing.isSending = false;
  }
}

/** Takes up again what was called back: it is this email, and its files are parts of it. */
async function reopen(emailId: string, draft: Draft, written: Written): Promise<Composing> {
  const names = renamed(draft, written.html, await blobsOf(emailId));
  const attachments = draft.attachments.map((one) => ({ ...one, blobId: names.get(one.key) ?? one.blobId }));
  const { beginKept } = await import("./answers.ts");
  const again = await beginKept({ ...draft, key: crypto.randomUUID(), emailId, attachments });
  void mark(draft.original, false);
  composers.add(again);
  return again;
}

/** Says that it was sent, and how to have it back. */
function remember(sent: Sent, draft: Draft, written: Written, at: Date | null): void {
  let again: Composing | undefined;
  const deed = {
    said: at ? texts.text.willBeSent(whenText(at)) : texts.text.sent,
    undo: async () => {
      try {
        await callBack(sent.submissionId);
      } catch (error) {
        if (error instanceof NotDone) throw new Said(texts.text.tooLate);
        throw error;
      }
      again = await reopen(sent.emailId, draft, written);
    },
    redo: async () => {
      if (again && composers.list.includes(again)) await dispatch(again, at);
    },
  };
  done(deed);
  if (!at) setTimeout(() => deeds.forget(deed), (UNDO_S + WAY_S) * 1000);
}

/** Why it was not sent, for people, and at which field that is said. */
export function refused(error: unknown): { field: "to" | "from" | "files" | "all"; said: string } {
  const { errors } = texts.text;
  if (isLost(error)) return { field: "all", said: isKeeping() ? errors.offline : errors.offlineElsewhere };
  const said = error instanceof NotDone ? error.error : undefined;
  switch (said?.type) {
    case "invalidRecipients":
      return { field: "to", said: errors.invalidRecipients((said["invalidRecipients"] as string[] | undefined) ?? []) };
    case "noRecipients":
      return { field: "to", said: errors.noRecipients };
    case "tooManyRecipients":
      return { field: "to", said: errors.tooManyRecipients(Number(said["maxRecipients"]) || 0) };
    case "forbiddenFrom":
    case "forbiddenMailFrom":
      return { field: "from", said: errors.forbiddenFrom };
    case "tooLarge":
      return { field: "files", said: errors.tooLarge };
    case "notUploaded":
      return { field: "files", said: errors.notUploaded };
    case "blobNotFound":
      return { field: "files", said: errors.blobNotFound };
    case "overQuota":
      return { field: "all", said: errors.overQuota };
    case "forbiddenToSend":
      return { field: "all", said: errors.forbiddenToSend };
    case "noDrafts":
      return { field: "all", said: errors.noDrafts };
    default:
      return { field: "all", said: errors.notSent };
  }
}
