// The parts of the settings that are loaded when somebody looks at them.

import type { Component } from "svelte";
import { connection } from "../store/connection.svelte.ts";
import { texts } from "./words/texts.svelte.ts";

const PARTS = {
  identities: () => import("./Identities.svelte"),
  rules: async () => {
    const { texts } = await import("../rules/words/texts.svelte.ts");
    const [part] = await Promise.all([import("../rules/Rules.svelte"), texts.load()]);
    return part;
  },
  away: () => import("./Away.svelte"),
  transfer: () => import("./Transfer.svelte"),
  activity: () => import("./Activity.svelte"),
  security: async () => {
    const { texts } = await import("../security/words/texts.svelte.ts");
    const [part] = await Promise.all([import("../security/Security.svelte"), texts.load()]);
    return part;
  },
};

export type Section = keyof typeof PARTS;

/** Those that this host has something for. */
export function sections(): Section[] {
  const { client } = connection;
  const has: Record<Section, boolean> = {
    identities: client.has("submission"),
    rules: client.has("rules"),
    away: client.has("vacation"),
    transfer: client.has("export") || client.has("import"),
    activity: client.has("activity") && client.has("retained"),
    security: true,
  };
  return (Object.keys(PARTS) as Section[]).filter((name) => has[name]);
}

/** A part, once its words are there. */
export async function section(name: Section): Promise<{ default: Component<Record<string, never>> }> {
  const [part] = await Promise.all([PARTS[name](), texts.load()]);
  return part as { default: Component<Record<string, never>> };
}
