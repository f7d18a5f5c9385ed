// Texts that are written again and again: kept among the preferences of the account (docs/jmap/preferences.md), so that every browser has them.

import { NotSet } from "../actions/done.ts";
import { connection } from "../store/connection.svelte.ts";
import { part } from "../store/patch.ts";

export interface Template {
  id: string;
  name: string;
  subject: string;
  /** `null`: it is plain text. */
  html: string | null;
  text: string;
}

const PREFIX = "webmail.template.";

/** Those among the values of an account that are templates, by name. */
export function templatesOf(values: Record<string, unknown>): Template[] {
  const found = Object.entries(values).flatMap(([name, value]): Template[] => {
    if (!name.startsWith(PREFIX) || typeof value !== "object" || value === null) return [];
    const said = value as Record<string, unknown>;
    const text = (what: string) => (typeof said[what] === "string" ? String(said[what]) : "");
    const html = typeof said["html"] === "string" ? said["html"] : null;
    return [{ id: name.slice(PREFIX.length), name: text("name"), subject: text("subject"), html, text: text("text") }];
  });
  return found.sort((a, b) => a.name.localeCompare(b.name));
}

export async function fetchTemplates(): Promise<Template[]> {
  const { list } = await connection.client.call("Preferences/get", { ids: null }).answer;
  return templatesOf(list[0]?.values ?? {});
}

export async function keepTemplate({ id, ...said }: Template): Promise<void> {
  await set(id, said);
}

export async function removeTemplate(id: string): Promise<void> {
  await set(id, null);
}

async function set(id: string, value: object | null): Promise<void> {
  const patch = { [`values/${part(PREFIX + id)}`]: value };
  const answer = await connection.client.call("Preferences/set", { update: { singleton: patch } }).answer;
  const refused = answer.notUpdated?.["singleton"];
  if (refused) throw new NotSet(refused.type);
}
