// Contacts from vCard files and into them.

import { done, failed } from "../actions/done.ts";
import type { Card } from "../jmap/contacts.ts";
import type { Id, SetError } from "../jmap/types.ts";
import { toasts } from "../ui/toasts.svelte.ts";
import { nameOf } from "./card.ts";
import { contacts } from "./contacts.svelte.ts";
import { createAll, destroy, fetchCards, fetchIds, filterOf, withPictures } from "./host.ts";
import { fitting } from "./photo.ts";
import { textOf } from "./vcard/lines.ts";
import { type NewCard, readCards } from "./vcard/read.ts";
import { writeCards } from "./vcard/write.ts";
import { texts } from "./words/texts.svelte.ts";

const FILE_OCTETS_MAX = 64 << 20;
const CARDS_IN_CALL_MAX = 100;
const LETTERS_IN_CALL_MAX = 3_000_000;

/** Imports a file into an address book; it can be undone as one. */
export async function importFile(file: File, bookId: Id, moved: (said: string) => void): Promise<void> {
  const { text } = texts;
  if (file.size > FILE_OCTETS_MAX) return toasts.show(text.tooLargeFile(file.name), "failed");
  const cards = await Promise.all(readCards(textOf(new Uint8Array(await file.arrayBuffer()))).map(withFittingPictures));
  if (cards.length === 0) return toasts.show(text.nothingIn(file.name), "failed");
  let [ids, known, refused]: [Id[], number, number] = [[], 0, 0];
  const put = async () => {
    [ids, known, refused] = [[], 0, 0];
    for (const some of parts(cards)) {
      moved(text.importing(ids.length + known + refused, cards.length));
      const answer = await createAll(some, bookId);
      ids.push(...answer.ids);
      // Of a uid there is one card (RFC 9610, 3): it was imported before.
      const isKnown = ({ type, properties }: SetError) => type === "invalidProperties" && properties?.includes("uid");
      known += answer.refused.filter(isKnown).length;
      refused += answer.refused.filter((error) => !isKnown(error)).length;
    }
    await contacts.refresh();
  };
  try {
    await put();
  } catch (error) {
    failed(error);
  }
  moved("");
  const said = text.importedBut(ids.length, known, refused);
  if (ids.length === 0) return toasts.show(said, known > 0 && refused === 0 ? "done" : "failed");
  const undo = async () => {
    await destroy(ids);
    await contacts.refresh();
  };
  done({ said, undo, redo: put });
}

async function withFittingPictures(card: NewCard): Promise<NewCard> {
  if (!card.media) return card;
  const media: NonNullable<Card["media"]> = {};
  for (const [id, medium] of Object.entries(card.media)) {
    const uri = medium.uri?.startsWith("data:") ? await fitting(medium.uri) : medium.uri;
    if (uri !== undefined) media[id] = { ...medium, uri };
  }
  return { ...card, media };
}

/** In calls of which none is too large. */
export function parts(cards: readonly NewCard[]): NewCard[][] {
  const all: NewCard[][] = [];
  let letters = Number.POSITIVE_INFINITY;
  for (const card of cards) {
    const length = JSON.stringify(card).length;
    const last = all.at(-1);
    if (!last || last.length >= CARDS_IN_CALL_MAX || letters + length > LETTERS_IN_CALL_MAX) {
      all.push([card]);
      letters = length;
    } else {
      last.push(card);
      letters += length;
    }
  }
  return all;
}

/** What is shown, as one file, with the group that it is. */
export async function exportShown(): Promise<void> {
  const { shown } = contacts;
  const ids = await fetchIds(filterOf(shown));
  const groups = shown.group ? [shown.group.id] : shown.text === "" && shown.bookId === undefined ? contacts.groups.map(({ id }) => id) : [];
  await exportCards([...ids, ...groups]);
}

export async function exportCards(ids: readonly Id[]): Promise<void> {
  const { text } = texts;
  const cards: Card[] = [];
  for (const card of await fetchCards(ids)) cards.push(await withPictures(card));
  const name = cards.length === 1 && cards[0] ? fileName(cards[0]) : text.fileName;
  const url = URL.createObjectURL(new Blob([writeCards(cards)], { type: "text/vcard" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = `${name}.vcf`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
  toasts.show(text.exported(cards.length));
}

function fileName(card: Card): string {
  return nameOf(card).replace(/[\\/:*?"<>|\u0000-\u001f]+/g, " ").trim().slice(0, 80) || texts.text.fileName;
}
