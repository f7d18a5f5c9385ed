// Making, changing and deleting contacts; each can be undone.

import { NotSet, Said, done, failed } from "../actions/done.ts";
import type { Card } from "../jmap/contacts.ts";
import type { Id } from "../jmap/types.ts";
import { here } from "../store/place.svelte.ts";
import { nameOf } from "./card.ts";
import { contacts } from "./contacts.svelte.ts";
import { create, destroy, update, withPictures } from "./host.ts";
import { texts } from "./words/texts.svelte.ts";

/** What the host does not take, in words. */
export function worded(error: unknown): unknown {
  if (!(error instanceof NotSet)) return error;
  if (error.type === "tooLarge") return new Said(texts.text.tooLarge);
  if (error.type === "invalidProperties") return new Said(texts.text.taken);
  return error;
}

const called = (card: Partial<Card>) => nameOf(card) || texts.text.unnamed;

/** The card as a new one. */
function copied(card: Partial<Card>): Record<string, unknown> {
  const { id: _, ...rest } = card;
  return rest;
}

export async function make(card: Partial<Card>, said = texts.text.made): Promise<Id> {
  let id = await create(copied(card));
  void contacts.refresh();
  done({
    said: said(called(card)),
    undo: async () => {
      await destroy([id]);
      if (here.place.kind === "contacts" && here.place.cardId === id) here.go({ kind: "contacts", cardId: undefined });
      void contacts.refresh();
    },
    redo: async () => {
      id = await create(copied(card));
      void contacts.refresh();
    },
  });
  return id;
}

export async function change(card: Card, patch: Record<string, unknown>): Promise<void> {
  if (Object.keys(patch).length === 0) return;
  // A photo that is taken out is gone with its blob: it is kept here as long as it can be undone.
  const whole = "media" in patch ? await withPictures(card) : card;
  const back = Object.fromEntries(Object.keys(patch).map((name) => [name, whole[name as keyof Card] ?? null]));
  const set = async (values: Record<string, unknown>) => {
    await update(card.id, values);
    await contacts.refresh();
  };
  await set(patch);
  done({ said: texts.text.changed(called({ ...card, ...patch })), undo: () => set(back), redo: () => set(patch) });
}

export async function remove(card: Card): Promise<void> {
  try {
    const whole = await withPictures(card);
    let { id } = card;
    await destroy([id]);
    if (here.place.kind === "contacts" && here.place.cardId === id) here.go({ kind: "contacts", cardId: undefined });
    void contacts.refresh();
    done({
      said: texts.text.deleted(called(card)),
      undo: async () => {
        id = await create(copied(whole));
        void contacts.refresh();
      },
      redo: async () => {
        await destroy([id]);
        void contacts.refresh();
      },
    });
  } catch (error) {
    failed(worded(error));
  }
}
