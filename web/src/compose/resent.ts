// What stands above a message that is passed on as it is (RFC 5322, 3.6.6). Pure.

import type { EmailAddress } from "../jmap/types.ts";

const DAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
/** An encoded word has at most 75 letters (RFC 2047, 2): so many octets of a name are in one. */
const WORD_OCTETS_MAX = 42;

export interface Resent {
  from: EmailAddress;
  to: readonly EmailAddress[];
  date: Date;
  messageId: string;
}

/** The block that comes first in the header; all that is below it stays as it is. */
export function resentHead({ from, to, date, messageId }: Resent): string {
  const fields = [
    `Resent-Date: ${dateOf(date)}`,
    `Resent-From: ${addressOf(from)}`,
    `Resent-To: ${to.map(addressOf).join(",\r\n ")}`,
    `Resent-Message-ID: <${messageId}>`,
  ];
  return `${fields.join("\r\n")}\r\n`;
}

function addressOf({ name, email }: EmailAddress): string {
  const plain = name?.replace(/[\r\n]+/g, " ").trim();
  if (!plain) return email;
  return `${/^[\w .!#$%&'*+/=?^`{|}~-]+$/.test(plain) ? phrase(plain) : encoded(plain)} <${email}>`;
}

/** A dot makes no phrase of its own (RFC 5322, 3.2.5), but a quoted one may hold it. */
const phrase = (plain: string) => (plain.includes(".") ? `"${plain}"` : plain);

function encoded(text: string): string {
  const encoder = new TextEncoder();
  const parts: number[][] = [[]];
  for (const letter of text) {
    const octets = [...encoder.encode(letter)];
    if ((parts.at(-1)?.length ?? 0) + octets.length > WORD_OCTETS_MAX) parts.push([]);
    parts.at(-1)?.push(...octets);
  }
  return parts.map((octets) => `=?utf-8?B?${btoa(String.fromCharCode(...octets))}?=`).join("\r\n ");
}

function dateOf(date: Date): string {
  const two = (n: number) => String(n).padStart(2, "0");
  const day = `${DAYS[date.getUTCDay()]}, ${date.getUTCDate()} ${MONTHS[date.getUTCMonth()]} ${date.getUTCFullYear()}`;
  return `${day} ${two(date.getUTCHours())}:${two(date.getUTCMinutes())}:${two(date.getUTCSeconds())} +0000`;
}
