// vCards as cards (RFC 9555, 2). What has no property of JSContact goes along as it is, and comes out again. Pure.

import type { Address, Anniversary, Card, CardEmail, Link, Medium, NameComponent, PartialDate, Phone } from "../card.ts";
import { type Line, linesOf, plain, split } from "./lines.ts";

/** A card that is not on the host yet. */
export type NewCard = Partial<Omit<Card, "id" | "addressBookIds">> & {
  keywords?: Record<string, true>;
  onlineServices?: Record<string, { uri: string; service?: string }>;
  vCardProps?: [string, Record<string, string>, "unknown", string][];
};

export const CARDS_MAX = 20_000;
/** What is made anew in each file, and says nothing of anybody. */
const PASSED_OVER = ["VERSION", "PRODID", "REV", "BEGIN", "END", "PROFILE", "CLASS", "SORT-STRING", "X-ABLABEL", "LABEL"];

/** Reads all vCards of a text. */
export function readCards(text: string): NewCard[] {
  const cards: NewCard[] = [];
  let lines: Line[] | undefined;
  for (const line of linesOf(text)) {
    const mark = line.value.trim().toUpperCase() === "VCARD" ? line.name : "";
    if (mark === "BEGIN") lines = [];
    else if (mark === "END") {
      if (lines?.length && cards.length < CARDS_MAX) cards.push(cardOf(lines));
      lines = undefined;
    } else lines?.push(line);
  }
  return cards.map((card) => named(card, cards));
}

/** A member is named by `urn:uuid:` and the uid; Apple's programs write the uid of the card itself without that. */
function named(card: NewCard, all: readonly NewCard[]): NewCard {
  if (!card.members) return card;
  const uids = new Set(all.map(({ uid }) => uid));
  const known = (name: string) => {
    const short = name.replace(/^urn:uuid:/i, "");
    return [name, short, `urn:uuid:${short}`].find((one) => uids.has(one)) ?? name;
  };
  return { ...card, members: Object.fromEntries(Object.keys(card.members).map((name) => [known(name), true as const])) };
}

function cardOf(lines: readonly Line[]): NewCard {
  const card: NewCard = {};
  for (const line of lines) {
    const take = TAKERS[line.name];
    if (take) take(card, line);
    else if (!PASSED_OVER.includes(line.name)) {
      (card.vCardProps ??= []).push([line.name.toLowerCase(), {}, "unknown", line.value]);
    }
  }
  // A name that its parts make up is said once.
  const { name } = card;
  if (name?.components && name.full === name.components.map(({ value }) => value).join(" ")) delete name.full;
  return card;
}

type Map_<T> = Record<string, T> | undefined;

function added<T>(map: Map_<T>, letter: string, value: T): Record<string, T> {
  return { ...map, [`${letter}${Object.keys(map ?? {}).length + 1}`]: value };
}

const typesOf = ({ parameters }: Line) => (parameters["type"] ?? "").toLowerCase().split(",");

function placed(line: Line): { contexts?: Record<string, true>; pref?: number } {
  const types = typesOf(line);
  const contexts: Record<string, true> = {};
  if (types.includes("home")) contexts["private"] = true;
  if (types.includes("work")) contexts["work"] = true;
  const said = Number(line.parameters["pref"]);
  const pref = types.includes("pref") ? 1 : said >= 1 && said <= 100 ? Math.floor(said) : undefined;
  return { ...(Object.keys(contexts).length > 0 ? { contexts } : {}), ...(pref === undefined ? {} : { pref }) };
}

type Take = (card: NewCard, line: Line) => void;

const TAKERS: Record<string, Take> = {
  FN: (card, { value }) => {
    const full = plain(value).trim();
    if (full) card.name = { ...card.name, full };
  },
  N: (card, { value }) => {
    const [surname = "", given = "", more = "", before = "", after = ""] = split(value, ";").map((part) => part.replace(/,/g, " ").trim());
    const all = [["title", before], ["given", given], ["given2", more], ["surname", surname], ["credential", after]] as const;
    const components: NameComponent[] = all.filter(([, text]) => text !== "").map(([kind, text]) => ({ kind, value: text }));
    if (components.length > 0) card.name = { ...card.name, components, isOrdered: true };
  },
  NICKNAME: (card, { value }) => {
    for (const name of split(value, ",").filter(Boolean)) card.nicknames = added(card.nicknames, "n", { name });
  },
  ORG: (card, { value }) => {
    const [name = "", ...units] = split(value, ";").map((part) => part.trim());
    const rest = units.filter(Boolean).map((unit) => ({ name: unit }));
    if (name || rest.length > 0) {
      card.organizations = added(card.organizations, "o", { ...(name ? { name } : {}), ...(rest.length > 0 ? { units: rest } : {}) });
    }
  },
  TITLE: (card, { value }) => void (value.trim() && (card.titles = added(card.titles, "t", { name: plain(value), kind: "title" }))),
  ROLE: (card, { value }) => void (value.trim() && (card.titles = added(card.titles, "t", { name: plain(value), kind: "role" }))),
  EMAIL: (card, line) => {
    const address = plain(line.value).trim();
    if (address) card.emails = added<CardEmail>(card.emails, "e", { address, ...placed(line) });
  },
  TEL: (card, line) => {
    const number = plain(line.value).trim().replace(/^tel:/i, "");
    const features: Record<string, true> = {};
    for (const [type, feature] of PHONES) if (typesOf(line).includes(type)) features[feature] = true;
    const said = Object.keys(features).length > 0 ? { features } : {};
    if (number) card.phones = added<Phone>(card.phones, "p", { number, ...said, ...placed(line) });
  },
  ADR: (card, line) => {
    const parts = split(line.value, ";").map((part) => part.trim());
    const kinds = ["postOfficeBox", "apartment", "name", "locality", "region", "postcode", "country"];
    const components = kinds.flatMap((kind, place) => (parts[place] ? [{ kind, value: parts[place].replace(/\n/g, ", ") }] : []));
    if (components.length > 0) card.addresses = added<Address>(card.addresses, "a", { components, ...placed(line) });
  },
  URL: (card, line) => void (line.value.trim() && (card.links = added<Link>(card.links, "l", { uri: plain(line.value).trim(), ...placed(line) }))),
  IMPP: (card, { value }) => void (value.trim() && (card.onlineServices = added(card.onlineServices, "s", { uri: plain(value).trim() }))),
  NOTE: (card, { value }) => void (value.trim() && (card.notes = added(card.notes, "n", { note: plain(value) }))),
  BDAY: (card, line) => anniversary(card, "birth", line),
  ANNIVERSARY: (card, line) => anniversary(card, "wedding", line),
  PHOTO: (card, line) => picture(card, "photo", line),
  LOGO: (card, line) => picture(card, "logo", line),
  UID: (card, { value }) => void (value.trim() && (card.uid = plain(value).trim())),
  CATEGORIES: (card, { value }) => {
    for (const word of split(value, ",").map((one) => one.trim()).filter(Boolean)) card.keywords = { ...card.keywords, [word]: true };
  },
  KIND: (card, { value }) => void (/^(group|org|individual|location)$/i.test(value.trim()) && (card.kind = value.trim().toLowerCase())),
  MEMBER: (card, { value }) => void (value.trim() && (card.members = { ...card.members, [value.trim()]: true })),
};
TAKERS["X-ADDRESSBOOKSERVER-KIND"] = TAKERS["KIND"] as Take;
TAKERS["X-ADDRESSBOOKSERVER-MEMBER"] = TAKERS["MEMBER"] as Take;
TAKERS["X-ANNIVERSARY"] = TAKERS["ANNIVERSARY"] as Take;

/** What vCards call a kind of telephone, and what JSContact does. */
export const PHONES = [
  ["cell", "mobile"],
  ["voice", "voice"],
  ["fax", "fax"],
  ["pager", "pager"],
  ["text", "text"],
  ["video", "video"],
] as const;

function anniversary(card: NewCard, kind: string, { value }: Line): void {
  const date = dateOf(value.trim());
  if (date) card.anniversaries = added<Anniversary>(card.anniversaries, "d", { kind, date });
}

/** `1985-04-12`, `19850412`, `--0412`, `1985`, with a time perhaps (RFC 6350, 4.3.1). */
export function dateOf(text: string): PartialDate | undefined {
  const [, y, m, d] = /^(\d{4}|--)-?(\d{2})?-?(\d{2})?(?:T.*)?$/.exec(text) ?? [];
  if (y === undefined) return undefined;
  const [month, day] = [Number(m ?? 0), Number(d ?? 0)];
  if (month > 12 || day > 31 || (y === "--" && month === 0)) return undefined;
  // Apple's programs write 1604 where nobody said a year.
  const year = y === "--" || y === "1604" ? {} : { year: Number(y) };
  return { "@type": "PartialDate", ...year, ...(month ? { month } : {}), ...(month && day ? { day } : {}) };
}

function picture(card: NewCard, kind: string, line: Line): void {
  const value = line.value.trim();
  const types = typesOf(line);
  const isPacked = /^(b|base64)$/i.test(line.parameters["encoding"] ?? "") || types.includes("base64");
  const type = types.find((one) => /^(jpeg|jpg|png|gif|webp)$/.test(one))?.replace("jpg", "jpeg") ?? "jpeg";
  const uri = isPacked ? `data:image/${type};base64,${value.replace(/\s+/g, "")}` : plain(value);
  if (/^(data:image\/|https:)/i.test(uri)) card.media = added<Medium>(card.media, "m", { kind, uri });
}
