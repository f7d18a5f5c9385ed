// A card as it is filled in: texts in fields. What was not touched is not told to the host, and what no field shows stays in the card. Pure.

import {
  type Address,
  type Anniversary,
  type Card,
  type CardEmail,
  type Link,
  type NameComponent,
  type PartialDate,
  type Phone,
  type Place,
  type Where,
  birthdayOf,
  fullName,
  isMobile,
  listed,
  organizationOf,
  placeOf,
  whereOf,
} from "./card.ts";

/** A line of a field that there may be several of; `id` is its place in the card, empty while it is new. */
export interface Line {
  id: string;
  value: string;
  where: Where | "mobile";
}

export interface PlaceLine {
  id: string;
  where: Where;
  place: Place;
}

export interface Form {
  given: string;
  surname: string;
  nickname: string;
  organization: string;
  title: string;
  emails: Line[];
  phones: Line[];
  places: PlaceLine[];
  links: Line[];
  birthday: { day: string; month: string; year: string };
  note: string;
}

export const emptyLine = (where: Line["where"]): Line => ({ id: "", value: "", where });
export const emptyPlace = (): PlaceLine => ({
  id: "",
  where: "private",
  place: { street: "", postcode: "", locality: "", region: "", country: "" },
});

type Said = Partial<Card>;

export function formOf(card: Said): Form {
  const birthday = birthdayOf(card);
  const number = (value: number | undefined) => (value ? String(value) : "");
  return {
    ...namesOf(card),
    nickname: listed(card.nicknames)[0]?.name ?? "",
    organization: organizationOf(card),
    title: listed(card.titles)[0]?.name ?? "",
    emails: linesOf(card.emails, ({ address }) => address, whereOf),
    phones: linesOf(card.phones, ({ number: said }) => said, (phone) => (isMobile(phone) ? "mobile" : whereOf(phone))),
    places: Object.entries(card.addresses ?? {}).map(([id, address]) => ({ id, where: whereOf(address), place: placeOf(address) })),
    links: linesOf(card.links, ({ uri }) => uri, whereOf),
    birthday: { day: number(birthday?.day), month: number(birthday?.month), year: number(birthday?.year) },
    note: listed(card.notes).map(({ note }) => note).join("\n\n"),
  };
}

function linesOf<T>(map: Record<string, T> | undefined, value: (one: T) => string, where: (one: T) => Line["where"]): Line[] {
  return Object.entries(map ?? {}).map(([id, one]) => ({ id, value: value(one), where: where(one) }));
}

/** Of a name that stands there as a whole alone, the last word is the surname. */
function namesOf({ name }: Said): Pick<Form, "given" | "surname"> {
  const all = (kinds: string[]) =>
    (name?.components ?? []).filter(({ kind }) => kinds.includes(kind)).map(({ value }) => value).join(" ");
  if (name?.components?.length) return { given: all(["given", "given2"]), surname: all(["surname", "surname2"]) };
  const said = fullName(name).split(/\s+/).filter(Boolean);
  return { given: said.slice(0, Math.max(1, said.length - 1)).join(" "), surname: said.slice(1).at(-1) ?? "" };
}

/** Whether it says anything by which a card could be called. */
export function isEmpty(form: Form): boolean {
  const { given, surname, nickname, organization, emails, phones } = form;
  const values = [given, surname, nickname, organization, ...[...emails, ...phones].map(({ value }) => value)];
  return values.every((value) => value.trim() === "");
}

/** What is wrong with what was filled in, by the name of its field. What was there before may be as it is. */
export function wrong(card: Said, form: Form): "birthday" | "emails" | undefined {
  const before = formOf(card);
  const isOther = (name: "emails" | "birthday") => JSON.stringify(before[name]) !== JSON.stringify(form[name]);
  if (isOther("emails") && form.emails.some(({ value }) => value.trim() !== "" && !/^[^\s@<>]+@[^\s@<>]+$/.test(value.trim()))) return "emails";
  return isOther("birthday") && dateOf(form.birthday) === undefined ? "birthday" : undefined;
}

/** What changes in a card, by property; `null` takes one away (RFC 8620, 5.3). */
export function patchOf(card: Said, form: Form): Record<string, unknown> {
  const before = formOf(card);
  const patch: Record<string, unknown> = {};
  const isOther = (name: keyof Form) => JSON.stringify(before[name]) !== JSON.stringify(form[name]);
  const put = (name: string, value: object | null) => {
    patch[name] = value !== null && Object.keys(value).length === 0 ? null : value;
  };
  if (isOther("given") || isOther("surname")) put("name", namePatch(card, form));
  if (isOther("nickname")) put("nicknames", first(card.nicknames, "n", form.nickname, (name) => ({ name })));
  if (isOther("organization")) {
    put("organizations", first(card.organizations, "o", form.organization, (name) => ({ name })));
  }
  if (isOther("title")) put("titles", first(card.titles, "t", form.title, (name) => ({ name })));
  if (isOther("emails")) put("emails", map(card.emails, "e", form.emails, emailOf));
  if (isOther("phones")) put("phones", map(card.phones, "p", form.phones, phoneOf));
  if (isOther("links")) put("links", map(card.links, "l", form.links, linkOf));
  if (isOther("places")) put("addresses", places(card.addresses, form.places));
  if (isOther("note")) put("notes", form.note.trim() ? { n1: { ...listed(card.notes)[0], note: form.note.trim() } } : null);
  if (isOther("birthday")) put("anniversaries", birthday(card.anniversaries, form));
  for (const [name, value] of Object.entries(patch)) {
    if (value === null && !(name in card)) delete patch[name];
  }
  return patch;
}

/** Parts of a name that no field shows, such as a title before it, stay where they were. */
function namePatch({ name }: Said, form: Form): object | null {
  const [given, surname] = [form.given.trim(), form.surname.trim()];
  const shown = ["given", "given2", "surname", "surname2"];
  const others = (name?.components ?? []).filter(({ kind }) => !shown.includes(kind));
  const before = others.filter(({ kind }) => kind === "title");
  const after = others.filter(({ kind }) => kind !== "title" && kind !== "separator");
  const own: NameComponent[] = [];
  if (given) own.push({ kind: "given", value: given });
  if (surname) own.push({ kind: "surname", value: surname });
  const components = [...before, ...own, ...after];
  return components.length > 0 ? { components, isOrdered: true } : null;
}

/** The first of a property of which one alone is shown; the others stay. */
function first<T extends object>(old: Record<string, T> | undefined, letter: string, value: string, make: (value: string) => T): object | null {
  const [id, one] = Object.entries(old ?? {})[0] ?? [`${letter}1`, undefined];
  const { [id]: _, ...others } = old ?? {};
  const text = value.trim();
  return text ? { [id]: { ...one, ...make(text) }, ...others } : others;
}

function map<T extends object>(
  old: Record<string, T> | undefined,
  letter: string,
  lines: readonly Line[],
  make: (line: Line, before: T | undefined) => T,
): Record<string, T> {
  const made: Record<string, T> = {};
  for (const line of lines) {
    if (line.value.trim() === "") continue;
    const id = line.id || free(letter, { ...old, ...made });
    made[id] = make({ ...line, value: line.value.trim() }, old?.[id]);
  }
  return made;
}

function free(letter: string, taken: Record<string, unknown>): string {
  let number = 1;
  while (`${letter}${number}` in taken) number += 1;
  return `${letter}${number}`;
}

type Placed = { contexts?: Record<string, true> };

/** Home and work are told apart by fields; other contexts stay. */
function contextsOf(where: Line["where"], before: Placed | undefined): Placed {
  const { private: _p, work: _w, ...others } = before?.contexts ?? {};
  const contexts: Record<string, true> = { ...others, ...(where === "private" || where === "work" ? { [where]: true as const } : {}) };
  return Object.keys(contexts).length > 0 ? { contexts } : {};
}

/** The object as it was, without what is said anew. */
function rest<T extends object>(before: T | undefined, ...names: string[]): Partial<T> {
  return Object.fromEntries(Object.entries(before ?? {}).filter(([name]) => !names.includes(name))) as Partial<T>;
}

const emailOf = ({ value, where }: Line, before?: CardEmail): CardEmail => ({
  ...rest(before, "contexts"),
  address: value,
  ...contextsOf(where, before),
});

const linkOf = ({ value, where }: Line, before?: Link): Link => ({
  ...rest(before, "contexts"),
  uri: /^[a-z][a-z0-9+.-]*:/i.test(value) ? value : `https://${value}`,
  ...contextsOf(where, before),
});

function phoneOf({ value, where }: Line, before?: Phone): Phone {
  const { mobile: _m, cell: _c, ...others } = before?.features ?? {};
  const features: Record<string, true> = { ...others, ...(where === "mobile" ? { mobile: true as const } : {}) };
  const contexts = where === "mobile" ? (before?.contexts ? { contexts: before.contexts } : {}) : contextsOf(where, before);
  return {
    ...rest(before, "contexts", "features"),
    number: value,
    ...contexts,
    ...(Object.keys(features).length > 0 ? { features } : {}),
  };
}

function places(old: Record<string, Address> | undefined, lines: readonly PlaceLine[]): Record<string, Address> {
  const made: Record<string, Address> = {};
  for (const { id: known, where, place } of lines) {
    const components = componentsOf(place);
    const before = known ? old?.[known] : undefined;
    if (components.length === 0 && !before?.full) continue;
    const id = known || free("a", { ...old, ...made });
    const isSame = before !== undefined && JSON.stringify(placeOf(before)) === JSON.stringify(place);
    // What was not changed keeps its parts, which may be finer than the fields.
    const said = isSame ? rest(before, "contexts") : { ...rest(before, "contexts", "components", "full", "isOrdered"), components };
    made[id] = { ...said, ...contextsOf(where, before) } as Address;
  }
  return made;
}

function componentsOf({ street, postcode, locality, region, country }: Place): NameComponent[] {
  const all = [
    ["name", street],
    ["postcode", postcode],
    ["locality", locality],
    ["region", region],
    ["country", country],
  ] as const;
  return all.filter(([, value]) => value.trim() !== "").map(([kind, value]) => ({ kind, value: value.trim() }));
}

function birthday(old: Record<string, Anniversary> | undefined, form: Form): object | null {
  const date = dateOf(form.birthday);
  const id = Object.entries(old ?? {}).find(([, { kind }]) => kind === "birth")?.[0] ?? free("b", old ?? {});
  const { [id]: before, ...others } = old ?? {};
  return date ? { ...others, [id]: { ...before, kind: "birth", date } } : others;
}

/** A day of a month, perhaps of a year; `null` where nothing is said, `undefined` where it is no date. */
export function dateOf({ day, month, year }: Form["birthday"]): PartialDate | null | undefined {
  if (day.trim() === "" && month === "" && year.trim() === "") return null;
  const [d, m, y] = [day, month, year].map((text) => (/^\d+$/.test(text.trim()) ? Number(text) : text.trim() === "" ? 0 : -1));
  if (d === undefined || m === undefined || y === undefined) return undefined;
  // A leap year where no year is said, so that 29 February is a day.
  const end = new Date(Date.UTC(y || 2000, m, 0)).getUTCDate();
  const isDate = d >= 1 && m >= 1 && m <= 12 && d <= end && (y === 0 || (y >= 1800 && y <= 9999));
  return isDate ? { "@type": "PartialDate", ...(y ? { year: y } : {}), month: m, day: d } : undefined;
}
