// What a rule does, in one line. Pure.

import { tagOf } from "../search/tags.ts";
import type { Rule } from "../jmap/types.ts";
import { type Line, muted, toForm } from "./rule.ts";
import type { Texts } from "./words/en.ts";

/** `folder` says what a folder is called; none: it is gone. */
export function summary(rule: Rule, text: Texts, folder: (id: string) => string | undefined): string {
  const { summary: said } = text;
  const form = toForm(rule);
  const lines = form?.lines.map((line) => ofLine(line, text)) ?? [];
  const what = form ? lines.join(form.isAny ? said.or : said.and) || text.everything : muted(rule) !== undefined ? said.thread : said.other;
  const marks = Object.keys(rule.keywords).map((name) => (name === "$seen" ? said.read : name === "$flagged" ? said.star : said.tag(tagOf(name) ?? name)));
  const deeds = [...Object.keys(rule.mailboxIds ?? {}).map((id) => said.into(folder(id) ?? said.gone)), ...marks, ...(rule.isLast ? [said.last] : [])];
  return `${what} → ${deeds.join(", ")}`;
}

function ofLine({ field, value, isNot }: Line, { fields, summary: said }: Texts): string {
  if (field === "attachment") return isNot ? said.noFiles : said.files;
  return isNot ? said.isNot(fields[field], value) : said.is(fields[field], value);
}
