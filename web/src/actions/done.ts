// Says what was done, with a button that takes it back, and what did not work, in plain words.

import { MethodError, Refused, Unreachable } from "../jmap/errors.ts";
import { connection } from "../store/connection.svelte.ts";
import { sync } from "../store/sync.ts";
import { toasts } from "../ui/toasts.svelte.ts";
import { words } from "../words/words.svelte.ts";
import { type Deed, deeds } from "./history.svelte.ts";

export function done(deed: Deed): void {
  deeds.note(deed);
  toasts.show(deed.said, "done", { label: words.text.undo, run: () => void undo(deed) });
}

export async function undo(which?: Deed): Promise<void> {
  try {
    // What is still on its way is what was done last.
    await sync.idle();
    const deed = await deeds.undo(which);
    if (deed) toasts.show(words.text.undone(deed.said), "done", { label: words.text.redo, run: () => void redo() });
    else if (!which) toasts.show(words.text.nothingToUndo);
  } catch (error) {
    failed(error);
  }
}

export async function redo(): Promise<void> {
  try {
    const deed = await deeds.redo();
    if (deed) toasts.show(deed.said, "done", { label: words.text.undo, run: () => void undo(deed) });
  } catch (error) {
    failed(error);
  }
}

export function failed(error: unknown): void {
  toasts.show(reason(error), "failed");
}

/** Why something did not work, for people. */
export function reason(error: unknown): string {
  const text = words.text;
  if (error instanceof Said) return error.message;
  if (error instanceof Unreachable) return text.errors.unreachable;
  if (error instanceof NotSet) return ofType(error.type) ?? text.errors.notDone;
  if (error instanceof MethodError) return ofType(error.type) ?? text.errors.notDone;
  if (error instanceof Refused) return text.errors.refused;
  return text.errors.notDone;
}

function ofType(type: string): string | undefined {
  const { errors } = words.text;
  const known: Record<string, string> = {
    overQuota: errors.overQuota,
    requestTooLarge: errors.overQuota,
    unexpectedTotal: errors.changedMeanwhile,
    stateMismatch: errors.changedMeanwhile,
    undoNotFound: errors.cannotUndo,
    notFound: errors.gone,
    unsupportedFilter: errors.cannotSearch,
    serverUnavailable: connection.isReached ? errors.refused : errors.unreachable,
    mailboxHasChild: errors.mailboxHasChild,
    mailboxHasEmail: errors.mailboxHasEmail,
    invalidProperties: errors.badName,
  };
  return known[type];
}

/** The host refused a change of one object. */
export class NotSet extends Error {
  constructor(readonly type: string) {
    super(type);
  }
}

/** Whoever failed knows the words. */
export class Said extends Error {}
