// What the host is asked for and told of contacts (RFC 9610).

import { ask } from "../jmap/http.ts";
import type { AddressBook, Card, CardFilter } from "../jmap/contacts.ts";
import { downloadUrl } from "../jmap/session.ts";
import type { EmailAddress, Id, SetError } from "../jmap/types.ts";
import { NotSet } from "../actions/done.ts";
import { connection } from "../store/connection.svelte.ts";
import { ROW_PROPERTIES, addressesOf } from "./card.ts";
import type { NewCard } from "./vcard/read.ts";

/** RFC 9610, 3.3: at most so many ids come at once. */
const IDS_MAX = 10_000;
export const ORDER = ["name/given", "name/surname"].map((property) => ({ property, isAscending: true, collation: "i;unicode-casemap" }));
const NO_GROUPS: CardFilter = { operator: "NOT", conditions: [{ kind: "group" }] };
const GROUPS_MAX = 200;

/** What of the contacts is looked at. */
export interface Shown {
  text: string;
  bookId: Id | undefined;
  group: Card | undefined;
}

export function filterOf({ text, bookId, group }: Shown): CardFilter {
  const conditions: CardFilter[] = [NO_GROUPS];
  if (text.trim() !== "") conditions.push({ text: text.trim() });
  if (bookId !== undefined) conditions.push({ inAddressBook: bookId });
  if (group) conditions.push({ operator: "OR", conditions: Object.keys(group.members ?? {}).map((uid) => ({ uid })) });
  return { operator: "AND", conditions };
}

/** All ids that a filter finds, in order. */
export async function fetchIds(filter: CardFilter): Promise<Id[]> {
  const { client } = connection;
  const ids: Id[] = [];
  for (;;) {
    const asked = { filter, sort: ORDER, position: ids.length, limit: IDS_MAX };
    const some = (await client.call("ContactCard/query", asked).answer).ids;
    ids.push(...some);
    if (some.length < IDS_MAX) return ids;
  }
}

/** The address books, the groups, and all that is shown, in one request. */
export async function fetchAll(shown: Shown): Promise<{ books: AddressBook[]; groups: Card[]; ids: Id[] }> {
  const { client } = connection;
  const books = client.call("AddressBook/get", { ids: null });
  const found = client.call("ContactCard/query", { filter: { kind: "group" }, sort: ORDER, limit: GROUPS_MAX });
  const groups = client.call("ContactCard/get", { "#ids": found.ref("/ids"), properties: ROW_PROPERTIES });
  // A group of nobody shows nobody.
  const isNobody = shown.group !== undefined && Object.keys(shown.group.members ?? {}).length === 0;
  const ids = isNobody ? Promise.resolve([]) : fetchIds(filterOf(shown));
  const [{ list: allBooks }, { list: allGroups }, all] = await Promise.all([books.answer, groups.answer, ids]);
  return { books: allBooks, groups: allGroups, ids: all };
}

/** Cards, with these of their properties or whole. */
export async function fetchCards(ids: readonly Id[], properties?: string[]): Promise<Card[]> {
  const { client } = connection;
  const max = client.limits.maxObjectsInGet;
  const cards: Card[] = [];
  for (let at = 0; at < ids.length; at += max) {
    const asked = { ids: ids.slice(at, at + max), ...(properties ? { properties } : {}) };
    cards.push(...(await client.call("ContactCard/get", asked).answer).list);
  }
  return cards;
}

/** The cards whose text has all of these words in it, a few. */
export async function findCards(filter: CardFilter, limit: number): Promise<Card[]> {
  const { client } = connection;
  const found = client.call("ContactCard/query", { filter, sort: ORDER, limit });
  const got = client.call("ContactCard/get", { "#ids": found.ref("/ids"), properties: ROW_PROPERTIES });
  return (await got.answer).list;
}

/** The addresses of everybody in a group, one each. */
export async function addressesIn(group: Card): Promise<EmailAddress[]> {
  const ids = (await fetchAll({ text: "", bookId: undefined, group })).ids;
  return (await fetchCards(ids, ["id", "name", "organizations", "emails"])).flatMap((card) => addressesOf(card).slice(0, 1));
}

/** Makes a card; gives its id. */
export async function create(card: Record<string, unknown>): Promise<Id> {
  const answer = await connection.client.call("ContactCard/set", { create: { card } }).answer;
  refuse(answer.notCreated);
  const made = answer.created?.["card"];
  if (!made) throw new NotSet("serverFail");
  return made.id;
}

export async function update(id: Id, patch: Record<string, unknown>): Promise<void> {
  refuse((await connection.client.call("ContactCard/set", { update: { [id]: patch } }).answer).notUpdated);
}

export async function destroy(ids: readonly Id[]): Promise<void> {
  const { client } = connection;
  const max = client.limits.maxObjectsInSet;
  for (let at = 0; at < ids.length; at += max) {
    const answer = await client.call("ContactCard/set", { destroy: ids.slice(at, at + max) }).answer;
    const refused = Object.values(answer.notDestroyed ?? {}).filter(({ type }) => type !== "notFound");
    if (refused[0]) throw new NotSet(refused[0].type);
  }
}

/** Makes several at once. Gives their ids, and why the others were not made. */
export async function createAll(cards: readonly NewCard[], bookId: Id): Promise<{ ids: Id[]; refused: SetError[] }> {
  const create = Object.fromEntries(cards.map((card, place) => [`n${place}`, { ...card, addressBookIds: { [bookId]: true } }]));
  const answer = await connection.client.call("ContactCard/set", { create }).answer;
  return { ids: Object.values(answer.created ?? {}).map(({ id }) => id), refused: Object.values(answer.notCreated ?? {}) };
}

export async function setBooks(change: {
  create?: string;
  rename?: { id: Id; name: string };
  destroy?: Id;
  isDefault?: Id;
}): Promise<Id | undefined> {
  const answer = await connection.client.call("AddressBook/set", {
    ...(change.create === undefined ? {} : { create: { book: { name: change.create } } }),
    ...(change.rename ? { update: { [change.rename.id]: { name: change.rename.name } } } : {}),
    ...(change.destroy === undefined ? {} : { destroy: [change.destroy], onDestroyRemoveContents: true }),
    ...(change.isDefault === undefined ? {} : { onSuccessSetIsDefault: change.isDefault }),
  }).answer;
  refuse(answer.notCreated ?? answer.notUpdated ?? answer.notDestroyed);
  return answer.created?.["book"]?.id;
}

function refuse(refused: Record<string, SetError> | null): void {
  const first = Object.values(refused ?? {})[0];
  if (first) throw new NotSet(first.type);
}

/** A card with its pictures in it: as it can be made again, also after it and its blobs went. */
export async function withPictures<C extends Partial<Card>>(card: C): Promise<C> {
  if (!card.media) return card;
  const media = Object.entries(card.media).map(async ([id, medium]) => {
    if (medium.blobId === undefined) return [id, medium] as const;
    const { blobId, ...rest } = medium;
    const { client } = connection;
    const type = medium.mediaType ?? "image/jpeg";
    const answer = await ask(downloadUrl(client.session, client.accountId, blobId, "photo", type), {}, "safe");
    return [id, { ...rest, uri: await dataUrl(new Blob([await answer.arrayBuffer()], { type })) }] as const;
  });
  return { ...card, media: Object.fromEntries(await Promise.all(media)) };
}

export function dataUrl(blob: Blob): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result));
    reader.onerror = () => reject(new Error("not read"));
    reader.readAsDataURL(blob);
  });
}

/** Where a picture of a card is seen. */
export function pictureUrl(blobId: Id, type = "image/jpeg"): string {
  const { client } = connection;
  return downloadUrl(client.session, client.accountId, blobId, "photo", type);
}

