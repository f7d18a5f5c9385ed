// Cards as vCards (RFC 9555, 3). Version 3.0 (RFC 2426), which every program reads; groups are written as Apple's programs do. Pure.

import { type Anniversary, type Card, fullName, isGroup, listed, nameOf } from "../card.ts";
import { escaped, folded } from "./lines.ts";
import { type NewCard, PHONES } from "./read.ts";

type Placed = { contexts?: Record<string, true>; pref?: number };
export type Written = NewCard | Card;

/** Several cards, one behind the other. Pictures have to be `data:` addresses already. */
export function writeCards(cards: readonly Written[]): string {
  return cards.map((card) => linesOf(card as NewCard).map(folded).join("")).join("");
}

function linesOf(card: NewCard): string[] {
  const lines = ["BEGIN:VCARD", "VERSION:3.0"];
  const put = (name: string, value: string | undefined, types: string[] = []) => {
    const type = types.length > 0 ? `;TYPE=${types.join(",")}` : "";
    if (value) lines.push(`${name}${type}:${value}`);
  };
  put("UID", card.uid && escaped(card.uid));
  put("FN", escaped(fullName(card.name) || nameOf(card)) || " ");
  put("N", names(card));
  put("NICKNAME", listed(card.nicknames).map(({ name }) => escaped(name)).join(","));
  for (const { name, units } of listed(card.organizations)) put("ORG", [name ?? "", ...(units ?? []).map((unit) => unit.name)].map(escaped).join(";"));
  for (const { name, kind } of listed(card.titles)) put(kind === "role" ? "ROLE" : "TITLE", escaped(name));
  for (const one of listed(card.emails)) put("EMAIL", escaped(one.address), ["INTERNET", ...types(one)]);
  for (const one of listed(card.phones)) {
    const kinds = PHONES.filter(([, feature]) => one.features?.[feature]).map(([type]) => type.toUpperCase());
    put("TEL", escaped(one.number), [...kinds, ...types(one)]);
  }
  for (const one of listed(card.addresses)) put("ADR", address(one.components ?? [], one.full), types(one));
  for (const one of listed(card.links)) put("URL", escaped(one.uri), types(one));
  for (const { uri } of listed(card.onlineServices)) put("IMPP", uri && escaped(uri));
  for (const { note } of listed(card.notes)) put("NOTE", escaped(note));
  for (const one of listed(card.anniversaries)) put(one.kind === "birth" ? "BDAY" : one.kind === "wedding" ? "ANNIVERSARY" : "", dateText(one));
  for (const { kind, uri } of listed(card.media)) picture(lines, kind, uri ?? "");
  put("CATEGORIES", Object.keys(card.keywords ?? {}).map(escaped).join(","));
  if (isGroup(card)) {
    lines.push("X-ADDRESSBOOKSERVER-KIND:group");
    for (const uid of Object.keys(card.members ?? {})) put("X-ADDRESSBOOKSERVER-MEMBER", uid.includes(":") ? uid : `urn:uuid:${uid}`);
  }
  for (const [name, , , value] of card.vCardProps ?? []) {
    if (/^[a-z0-9-]+$/i.test(name)) put(name.toUpperCase(), value.replace(/[\r\n]+/g, " "));
  }
  return [...lines.filter((line) => !line.startsWith(":")), "END:VCARD"];
}

/** Surname, given name, more of these, and what stands before and behind. */
function names({ name, ...card }: NewCard): string {
  const all = (...kinds: string[]) =>
    (name?.components ?? []).filter(({ kind }) => kinds.includes(kind)).map(({ value }) => escaped(value)).join(" ");
  if (name?.components?.length) {
    return [all("surname", "surname2"), all("given"), all("given2"), all("title"), all("credential", "generation")].join(";");
  }
  return `${escaped(fullName(name) || nameOf(card))};;;;`;
}

function types({ contexts, pref }: Placed): string[] {
  return [...(contexts?.["private"] ? ["HOME"] : []), ...(contexts?.["work"] ? ["WORK"] : []), ...(pref === 1 ? ["PREF"] : [])];
}

function address(components: readonly { kind: string; value: string }[], full: string | undefined): string | undefined {
  const own = ["postOfficeBox", "apartment", "locality", "region", "postcode", "country"];
  const of = (isIt: (kind: string) => boolean) =>
    escaped(components.filter(({ kind }) => isIt(kind)).map(({ value }) => value).join(" "));
  const one = (name: string) => of((kind) => kind === name);
  const street = of((kind) => kind !== "separator" && !own.includes(kind)) || (components.length === 0 ? escaped(full ?? "") : "");
  const parts = [one("postOfficeBox"), one("apartment"), street, one("locality"), one("region"), one("postcode"), one("country")];
  return parts.some(Boolean) ? parts.join(";") : undefined;
}

function dateText({ date }: Anniversary): string | undefined {
  if ("utc" in date) return date.utc.slice(0, 10);
  const { year, month, day } = date;
  const two = (n: number) => String(n).padStart(2, "0");
  if (!month) return year ? String(year) : undefined;
  if (!year) return day ? `--${two(month)}-${two(day)}` : `--${two(month)}`;
  return [String(year).padStart(4, "0"), two(month), ...(day ? [two(day)] : [])].join("-");
}

function picture(lines: string[], kind: string, uri: string): void {
  const [, type = "", octets] = /^data:image\/([a-z0-9.+-]+)[^,]*;base64,(.+)$/is.exec(uri) ?? [];
  const name = { photo: "PHOTO", logo: "LOGO" }[kind];
  if (!name) return;
  if (octets) lines.push(`${name};ENCODING=b;TYPE=${type.toUpperCase()}:${octets}`);
  else if (/^https:/i.test(uri)) lines.push(`${name};VALUE=uri:${uri.replace(/\s/g, "")}`);
}
