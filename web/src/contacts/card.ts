// What a contact card says (JSContact, RFC 9553), as far as it is shown or changed here, and how it is read. Properties that are not known
// here stay as they are. Pure.

import type { Address, Card, Contexts, Medium, Name, PartialDate, Phone } from "../jmap/contacts.ts";
import type { EmailAddress } from "../jmap/types.ts";

export type { Address, Anniversary, Card, CardEmail, Link, Medium, NameComponent, PartialDate, Phone } from "../jmap/contacts.ts";

/** What a row of the list says. */
export const ROW_PROPERTIES = ["id", "uid", "kind", "name", "nicknames", "organizations", "emails", "phones", "media", "members", "addressBookIds"];

/** Those of a map, what is preferred first (RFC 9553, 1.5.3). */
export function listed<T extends object>(map: Record<string, T> | undefined): T[] {
  const pref = (one: T) => (one as Contexts).pref ?? 101;
  return Object.values(map ?? {}).sort((a, b) => pref(a) - pref(b));
}

export const isGroup = (card: Pick<Card, "kind">) => card.kind === "group";

/** The name as it is spoken; what was written as a whole counts more than its parts (RFC 9553, 2.2.1). */
export function fullName(name: Name | undefined): string {
  return name?.full?.trim() || (name?.components ?? []).filter(({ kind }) => kind !== "separator").map(({ value }) => value.trim()).filter(Boolean).join(" ");
}

/** What a card is called: by its name, else by the next best that it says. */
export function nameOf(card: Partial<Card>): string {
  const candidates = [
    fullName(card.name),
    listed(card.nicknames)[0]?.name,
    organizationOf(card),
    listed(card.emails)[0]?.address,
    listed(card.phones)[0]?.number,
  ];
  return candidates.find((one) => one?.trim())?.trim() ?? "";
}

export function organizationOf(card: Partial<Card>): string {
  const first = listed(card.organizations)[0];
  return [first?.name, ...(first?.units ?? []).map(({ name }) => name)].filter(Boolean).join(", ");
}

/** The addresses of a card, with its name, as mail is written to them. */
export function addressesOf(card: Partial<Card>): EmailAddress[] {
  const name = fullName(card.name) || organizationOf(card) || null;
  return listed(card.emails).map(({ address }) => ({ name, email: address }));
}

/** Where things are: one of the words that people choose among. */
export type Where = "private" | "work" | "other";

export function whereOf({ contexts }: Contexts): Where {
  if (contexts?.["work"]) return "work";
  return contexts?.["private"] ? "private" : "other";
}

export const isMobile = ({ features }: Phone) => features?.["mobile"] === true || features?.["cell"] === true;

export function photoOf(card: Partial<Card>): Medium | undefined {
  return Object.values(card.media ?? {}).find(({ kind }) => kind === "photo");
}

/** The parts of an address that are asked for one by one, and which kinds of RFC 9553, 2.5.1 are in each. */
export const PLACE = ["street", "postcode", "locality", "region", "country"] as const;
export type Place = Record<(typeof PLACE)[number], string>;

const REST = ["postcode", "locality", "region", "country"];

export function placeOf({ components = [] }: Address): Place {
  const said = (isIt: (kind: string) => boolean) =>
    components.filter(({ kind }) => isIt(kind)).map(({ value }) => value).join(" ").trim();
  const street = said((kind) => kind !== "separator" && !REST.includes(kind));
  const [postcode = "", locality = "", region = "", country = ""] = REST.map((name) => said((kind) => kind === name));
  return { street, postcode, locality, region, country };
}

/** An address in lines, as it stands on an envelope. */
export function lines(address: Address): string[] {
  const { street, postcode, locality, region, country } = placeOf(address);
  const all = [street, [postcode, locality].filter(Boolean).join(" "), region, country].filter(Boolean);
  return all.length > 0 ? all : (address.full ?? "").split("\n").filter(Boolean);
}

export function birthdayOf({ anniversaries }: Partial<Card>): PartialDate | undefined {
  const found = Object.values(anniversaries ?? {}).find(({ kind }) => kind === "birth")?.date;
  if (!found) return undefined;
  if (!("utc" in found)) return found;
  const [year, month, day] = found.utc.slice(0, 10).split("-").map(Number);
  return { year: year ?? 0, month: month ?? 1, day: day ?? 1 };
}

/** By what a link is safe to follow: a page, not a script. */
export function isPage(uri: string): boolean {
  return /^https?:\/\//i.test(uri);
}
