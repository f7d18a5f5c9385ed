// Address books and cards (RFC 9610; JSContact, RFC 9553), as far as this program uses them.

import type { Id } from "./types.ts";

/** RFC 9610, 2. */
export interface AddressBook {
  id: Id;
  name: string;
  isDefault: boolean;
}

/** RFC 9610, 3.3.1, as far as it is asked for. */
export type CardFilter =
  | { operator: "AND" | "OR" | "NOT"; conditions: CardFilter[] }
  | { inAddressBook?: Id; uid?: string; kind?: string; text?: string; name?: string; email?: string; organization?: string; nickname?: string };

export type Contexts = { contexts?: Record<string, true>; label?: string; pref?: number };

export interface NameComponent {
  kind: string;
  value: string;
}

export interface Name {
  components?: NameComponent[];
  isOrdered?: boolean;
  full?: string;
}

export type CardEmail = Contexts & { address: string };
export type Phone = Contexts & { number: string; features?: Record<string, true> };
export type Address = Contexts & { components?: NameComponent[]; full?: string; countryCode?: string };
export type Link = Contexts & { uri: string };
export type Medium = Contexts & { kind: string; blobId?: Id; uri?: string; mediaType?: string };

export interface PartialDate {
  "@type"?: string;
  year?: number;
  month?: number;
  day?: number;
}

export interface Anniversary {
  kind: string;
  date: PartialDate | { "@type": "Timestamp"; utc: string };
}

export interface Card {
  id: Id;
  addressBookIds: Record<Id, true>;
  uid: string;
  kind?: string;
  name?: Name;
  nicknames?: Record<string, { name: string }>;
  organizations?: Record<string, { name?: string; units?: { name: string }[] }>;
  titles?: Record<string, { name: string; kind?: string }>;
  emails?: Record<string, CardEmail>;
  phones?: Record<string, Phone>;
  addresses?: Record<string, Address>;
  links?: Record<string, Link>;
  notes?: Record<string, { note: string }>;
  anniversaries?: Record<string, Anniversary>;
  media?: Record<string, Medium>;
  members?: Record<string, true>;
}
