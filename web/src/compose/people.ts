// To whom addresses are completed: people whom one wrote to, who wrote, and contacts.

import { addressesOf, isGroup, listed, nameOf, organizationOf } from "../contacts/card.ts";
import type { Card, CardFilter } from "../jmap/contacts.ts";
import type { EmailAddress } from "../jmap/types.ts";
import { connection } from "../store/connection.svelte.ts";
import { mailboxes } from "../store/mailboxes.svelte.ts";

export interface Person extends EmailAddress {
  /** How much one has to do with them. */
  weight: number;
  /** By what else they are found. */
  also?: string;
  /** It is a group, which stands for all that are in it; its `email` is the id of its card. */
  group?: Card;
}

/** An address of a contact, and what the contact says beside the name. */
export interface Known extends EmailAddress {
  also: string;
  group?: Card;
}

const EMAILS_MAX = 300;
const SUGGESTED_MAX = 6;
const CONTACTS_MAX = 30;
const WORDS_MAX = 8;
let known: Promise<Person[]> | undefined;

export function fetchPeople(): Promise<Person[]> {
  known ??= ask();
  known.catch(() => {
    known = undefined;
  });
  return known;
}

/** Whom one wrote to counts more than who wrote. */
async function ask(): Promise<Person[]> {
  const sent = mailboxes.withRole("sent")?.id;
  const inbox = mailboxes.withRole("inbox")?.id;
  const [written, received] = await Promise.all([
    sent === undefined ? [] : addresses(sent, ["to", "cc", "bcc"]),
    inbox === undefined ? [] : addresses(inbox, ["from"]),
  ]);
  return weighed([
    { addresses: written, weight: 4 },
    { addresses: received, weight: 1 },
  ]);
}

async function addresses(inMailbox: string, fields: ("to" | "cc" | "bcc" | "from")[]): Promise<EmailAddress[]> {
  const { client } = connection;
  const limit = Math.min(EMAILS_MAX, client.limits.maxObjectsInGet);
  const sort = [{ property: "receivedAt" as const, isAscending: false }];
  const query = client.call("Email/query", { filter: { inMailbox }, sort, limit });
  const got = client.call("Email/get", { "#ids": query.ref("/ids"), properties: ["id", ...fields] });
  return (await got.answer).list.flatMap((email) => fields.flatMap((field) => email[field] ?? []));
}

/** Contacts that are meant by some letters. The host has all of them, and finds the few that fit. */
export async function fetchContacts(typed: string): Promise<Known[]> {
  const { client } = connection;
  const words = typed.replace(/"/g, " ").split(/\s+/).filter(Boolean).slice(0, WORDS_MAX);
  if (words.length === 0 || !client.has("contacts")) return [];
  const said = (word: string): CardFilter[] => [{ name: word }, { email: word }, { organization: word }, { nickname: word }];
  const conditions = words.map((word): CardFilter => ({ operator: "OR", conditions: said(word) }));
  const filter: CardFilter = { operator: "AND", conditions };
  const found = client.call("ContactCard/query", { filter, limit: CONTACTS_MAX });
  const got = client.call("ContactCard/get", { "#ids": found.ref("/ids"), properties: ["id", "kind", "name", "nicknames", "organizations", "emails", "members"] });
  return (await got.answer).list.flatMap((card): Known[] => {
    if (isGroup(card)) return [{ name: nameOf(card), email: card.id, also: "", group: card }];
    const also = [organizationOf(card), ...listed(card.nicknames).map(({ name }) => name)].join(" ");
    return addressesOf(card).map((one) => ({ ...one, also }));
  });
}

/** Everybody in a group whom one can write to. */
export async function membersOf(group: Card): Promise<EmailAddress[]> {
  return await (await import("../contacts/host.ts")).addressesIn(group);
}

/** Contacts stand behind those whom one writes to more often, and say what these are called. */
export function joined(people: readonly Person[], contacts: readonly Known[]): Person[] {
  const byAddress = new Map(contacts.map((one) => [one.email.toLowerCase(), one]));
  const known = people.map((one) => {
    const contact = byAddress.get(one.email.toLowerCase());
    return contact ? { ...one, name: contact.name ?? one.name, also: contact.also } : one;
  });
  for (const { email } of people) byAddress.delete(email.toLowerCase());
  return [...known, ...[...byAddress.values()].map((one) => ({ ...one, weight: 0 }))];
}

/** Each once, those that come often and late first. */
export function weighed(sources: readonly { addresses: readonly EmailAddress[]; weight: number }[]): Person[] {
  const people = new Map<string, Person>();
  for (const { addresses, weight } of sources) {
    addresses.forEach(({ name, email }, place) => {
      const key = email.toLowerCase();
      const more = weight * (1 + 1 / (1 + place));
      const person = people.get(key);
      if (!person) people.set(key, { name, email, weight: more });
      else people.set(key, { ...person, name: person.name ?? name, weight: person.weight + more });
    });
  }
  return [...people.values()].sort((a, b) => b.weight - a.weight);
}

/** Who is meant by some letters: a word of the name begins with them, or the address does. */
export function suggest(people: readonly Person[], typed: string, taken: readonly EmailAddress[]): Person[] {
  const words = plain(typed).split(/\s+/).filter(Boolean);
  if (words.length === 0) return [];
  const isTaken = ({ email }: Person) => taken.some((one) => one.email.toLowerCase() === email.toLowerCase());
  const isMeant = ({ name, email: said, also = "", group }: Person) => {
    const email = group ? "" : said;
    const parts = [...plain(`${name ?? ""} ${also}`).split(/[\s,."']+/), plain(email), ...plain(email).split(/[@.+_-]/)];
    return words.every((word) => parts.some((part) => part.startsWith(word)));
  };
  return people.filter((person) => isMeant(person) && !isTaken(person)).slice(0, SUGGESTED_MAX);
}

/** Without accents, in small letters. */
const plain = (text: string) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
