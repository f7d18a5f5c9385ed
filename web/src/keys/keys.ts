// What keys do, as Gmail has it. Those of one letter can be switched off (WCAG 2.2, 2.1.4).

import { undo, redo } from "../actions/done.ts";
import { commands, isIn } from "../actions/commands.ts";
import { dialogs } from "../store/dialogs.svelte.ts";
import { mailboxes } from "../store/mailboxes.svelte.ts";
import { here } from "../store/place.svelte.ts";
import { preferences } from "../store/preferences.svelte.ts";
import { selection } from "../store/selection.svelte.ts";
import { answer, compose, forward } from "../compose/open.ts";
import { steps } from "../screens/steps.svelte.ts";
import type { Words } from "../words/en.ts";

export interface Shortcut {
  /** One key, or two that follow one another. */
  keys: string;
  /** What the sheet says. */
  said: (text: Words) => string;
  group: "moving" | "acting" | "choosing" | "other";
  run: () => unknown;
}

const go = (role: string) => () => {
  const id = mailboxes.withRole(role)?.id;
  if (id !== undefined) here.go({ kind: "mailbox", mailboxId: id, threadId: undefined });
};

/** One key with another, which works also where single keys are switched off. */
const PALETTE = "Ctrl+K";

export const SHORTCUTS: readonly Shortcut[] = [
  { keys: "j", said: (t) => t.keys.next, group: "moving", run: () => steps.next() },
  { keys: "k", said: (t) => t.keys.previous, group: "moving", run: () => steps.previous() },
  { keys: "o", said: (t) => t.keys.open, group: "moving", run: () => steps.open() },
  { keys: "u", said: (t) => t.keys.toList, group: "moving", run: () => steps.back() },
  { keys: "n", said: (t) => t.keys.nextMessage, group: "moving", run: () => steps.message(1) },
  { keys: "p", said: (t) => t.keys.previousMessage, group: "moving", run: () => steps.message(-1) },
  { keys: "g i", said: (t) => t.keys.goInbox, group: "moving", run: go("inbox") },
  { keys: "g t", said: (t) => t.keys.goSent, group: "moving", run: go("sent") },
  { keys: "g d", said: (t) => t.keys.goDrafts, group: "moving", run: go("drafts") },
  { keys: "g a", said: (t) => t.keys.goArchive, group: "moving", run: go("archive") },
  { keys: "g c", said: (t) => t.keys.goContacts, group: "moving", run: () => here.go({ kind: "contacts", cardId: undefined }) },
  { keys: "c", said: (t) => t.write.compose, group: "acting", run: () => compose({ kind: "new" }) },
  { keys: "r", said: (t) => t.write.reply, group: "acting", run: () => answer("sender") },
  { keys: "a", said: (t) => t.write.replyAll, group: "acting", run: () => answer("all") },
  { keys: "f", said: (t) => t.write.forward, group: "acting", run: () => forward() },
  { keys: "e", said: (t) => t.act.archive, group: "acting", run: () => commands.archive() },
  { keys: "#", said: (t) => t.act.delete, group: "acting", run: () => commands.delete() },
  { keys: "!", said: (t) => t.act.spam, group: "acting", run: () => (isIn("junk") ? commands.notSpam() : commands.spam()) },
  { keys: "v", said: (t) => t.act.move, group: "acting", run: () => dialogs.show({ kind: "move" }) },
  { keys: "l", said: (t) => t.act.tag, group: "acting", run: () => dialogs.show({ kind: "tags" }) },
  { keys: "s", said: (t) => t.act.star, group: "acting", run: () => commands.star() },
  { keys: "I", said: (t) => t.act.markRead, group: "acting", run: () => commands.read(true) },
  { keys: "U", said: (t) => t.act.markUnread, group: "acting", run: () => commands.read(false) },
  { keys: "x", said: (t) => t.keys.choose, group: "choosing", run: () => steps.choose() },
  { keys: "* a", said: (t) => t.keys.chooseAll, group: "choosing", run: () => selection.all() },
  { keys: "* n", said: (t) => t.keys.chooseNone, group: "choosing", run: () => selection.clear() },
  { keys: "/", said: (t) => t.search, group: "other", run: () => steps.search() },
  { keys: "z", said: (t) => t.undo, group: "other", run: () => undo() },
  { keys: "Z", said: (t) => t.redo, group: "other", run: () => redo() },
  { keys: PALETTE, said: (t) => t.keys.palette, group: "other", run: () => dialogs.show({ kind: "palette" }) },
  { keys: "?", said: (t) => t.keys.sheet, group: "other", run: () => dialogs.show({ kind: "keys" }) },
];

/** A key, wherever it was pressed. */
export interface Pressed {
  key: string;
  ctrlKey: boolean;
  metaKey: boolean;
  altKey: boolean;
  shiftKey: boolean;
}

const SEQUENCE_MS = 1500;

class Keys {
  #before = "";
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Does what a key is for; gives whether it is for anything. */
  press(pressed: Pressed): boolean {
    const { key } = pressed;
    if ((pressed.ctrlKey || pressed.metaKey) && !pressed.altKey && key.toLowerCase() === "z") {
      void (pressed.shiftKey ? redo() : undo());
      return true;
    }
    if ((pressed.ctrlKey || pressed.metaKey) && !pressed.altKey && !pressed.shiftKey && key.toLowerCase() === "k") {
      dialogs.show({ kind: "palette" });
      return true;
    }
    if (pressed.ctrlKey || pressed.metaKey || pressed.altKey) return false;
    if (key === "Escape") return this.#escape();
    if (key === "Delete") {
      void commands.delete();
      return true;
    }
    if (!preferences.values.shortcuts || key.length !== 1) return false;
    const keys = this.#before === "" ? key : `${this.#before} ${key}`;
    this.#forget();
    const found = SHORTCUTS.find((shortcut) => shortcut.keys === keys);
    if (found) {
      void found.run();
      return true;
    }
    const begins = SHORTCUTS.some((shortcut) => shortcut.keys.startsWith(`${key} `));
    if (begins) {
      this.#before = key;
      this.#timer = setTimeout(() => this.#forget(), SEQUENCE_MS);
    }
    return begins;
  }

  #forget(): void {
    clearTimeout(this.#timer);
    this.#before = "";
  }

  #escape(): boolean {
    if (!selection.isEmpty) selection.clear();
    else if (here.threadId !== undefined) steps.back();
    else return false;
    return true;
  }
}

export const keys = new Keys();
