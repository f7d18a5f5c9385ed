// Lines of vCards (RFC 6350, 3.3; RFC 2426; vCard 2.1 of older telephones and programs): unfolded, taken apart, and put together. Pure.

export interface Line {
  /** In capitals, without the group before it. */
  name: string;
  /** In small letters, what stands twice joined by commas. */
  parameters: Record<string, string>;
  /** As it stands there, but for quoted-printable and base64 of vCard 2.1. */
  value: string;
}

export const LINES_MAX = 2_000_000;
const FOLDED_OCTETS_MAX = 75;

/** Takes a text apart. What is no line of a vCard is left out. */
export function linesOf(text: string): Line[] {
  const read: Line[] = [];
  for (const line of unfolded(text)) {
    const one = lineOf(line);
    if (one) read.push(one);
  }
  return read;
}

function unfolded(text: string): string[] {
  const lines: string[] = [];
  for (const raw of text.replace(/^\ufeff/, "").split(/\r\n|\n|\r/).slice(0, LINES_MAX)) {
    const before = lines.at(-1);
    if (before !== undefined && /^[ \t]/.test(raw)) lines[lines.length - 1] = before + raw.slice(1);
    // Soft line breaks of vCard 2.1 begin no new line (RFC 2045, 6.7).
    else if (before !== undefined && /^[^:]*;ENCODING=QUOTED-PRINTABLE[^:]*:/i.test(before) && before.endsWith("=")) {
      lines[lines.length - 1] = before.slice(0, -1) + raw;
    } else lines.push(raw);
  }
  return lines;
}

function lineOf(line: string): Line | undefined {
  const [head, value] = cut(line, ":");
  if (value === undefined) return undefined;
  const [full = "", ...said] = pieces(head, ";");
  const name = full.slice(full.indexOf(".") + 1).toUpperCase();
  if (!/^[A-Z0-9-]+$/.test(name)) return undefined;
  const parameters: Record<string, string> = {};
  for (const one of said) {
    const [key, text] = cut(one, "=");
    // vCard 2.1 says types without their name: `TEL;CELL:`.
    const [to, what] = text === undefined ? ["type", key] : [key.toLowerCase(), text.replace(/"/g, "")];
    if (Object.hasOwn(parameters, to)) parameters[to] += `,${what}`;
    else if (to !== "__proto__") parameters[to] = what;
  }
  const types = (parameters["type"] ?? "").toUpperCase().split(",");
  const isPrintable = parameters["encoding"]?.toUpperCase() === "QUOTED-PRINTABLE" || types.includes("QUOTED-PRINTABLE");
  return { name, parameters, value: isPrintable ? printable(value, parameters["charset"]) : value };
}

/** In two at the first sign that stands in no quotes. */
function cut(text: string, sign: string): [string, string | undefined] {
  let isQuoted = false;
  for (let at = 0; at < text.length; at += 1) {
    if (text[at] === '"') isQuoted = !isQuoted;
    else if (text[at] === sign && !isQuoted) return [text.slice(0, at), text.slice(at + 1)];
  }
  return [text, undefined];
}

function pieces(text: string, sign: string): string[] {
  const found: string[] = [];
  let left: string | undefined = text;
  while (left !== undefined) {
    const [one, rest]: [string, string | undefined] = cut(left, sign);
    found.push(one);
    left = rest;
  }
  return found;
}

function printable(text: string, charset = "utf-8"): string {
  const octets: number[] = [];
  const encoder = new TextEncoder();
  for (let at = 0; at < text.length; at += 1) {
    const hex = /^=([0-9A-F]{2})/i.exec(text.slice(at, at + 3))?.[1];
    if (hex === undefined) octets.push(...encoder.encode(text[at]));
    else {
      octets.push(Number.parseInt(hex, 16));
      at += 2;
    }
  }
  return decoded(new Uint8Array(octets), charset);
}

function decoded(octets: Uint8Array, charset: string): string {
  try {
    return new TextDecoder(charset).decode(octets);
  } catch {
    return new TextDecoder().decode(octets);
  }
}

/** A file as text: UTF-8, or what Windows wrote before that. */
export function textOf(octets: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(octets);
  } catch {
    return new TextDecoder("windows-1252").decode(octets);
  }
}

/** A text without its backslashes (RFC 6350, 3.4). */
export function plain(value: string): string {
  return value.replace(/\\([\\,;:nN])/g, (_, c: string) => (c === "n" || c === "N" ? "\n" : c));
}

/** The parts of a value, each plain: between semicolons, or commas. */
export function split(value: string, sign: ";" | ","): string[] {
  const parts: string[] = [];
  let part = "";
  for (let at = 0; at < value.length; at += 1) {
    if (value[at] === "\\") {
      part += value.slice(at, at + 2);
      at += 1;
    } else if (value[at] === sign) {
      parts.push(part);
      part = "";
    } else part += value[at];
  }
  return [...parts, part].map(plain);
}

export function escaped(text: string): string {
  return text.replace(/[\\,;]/g, "\\$&").replace(/\r\n|\n|\r/g, "\\n");
}

/** A line as it is written, folded where it is long; no letter is cut (RFC 6350, 3.2). */
export function folded(line: string): string {
  const encoder = new TextEncoder();
  const lines: string[] = [];
  let [now, octets] = ["", 0];
  for (const letter of line) {
    const size = encoder.encode(letter).length;
    if (octets + size > FOLDED_OCTETS_MAX) {
      lines.push(now);
      [now, octets] = [" ", 1];
    }
    now += letter;
    octets += size;
  }
  return `${[...lines, now].join("\r\n")}\r\n`;
}
