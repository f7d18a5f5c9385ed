// The door to the rules for the rest of the page. They are loaded when somebody looks at them.

import { failed } from "../actions/done.ts";
import type { Email, EmailAddress, Id } from "../jmap/types.ts";
import { connection } from "../store/connection.svelte.ts";

export const hasRules = () => connection.client.has("rules");

async function deeds(): Promise<typeof import("./deeds.ts")> {
  const [part, { texts }] = await Promise.all([import("./deeds.ts"), import("./words/texts.svelte.ts")]);
  await texts.load();
  return part;
}

/** The rules, once they are known. */
export async function known(): Promise<(typeof import("./rules.svelte.ts"))["rules"]> {
  const { rules } = await import("./rules.svelte.ts");
  await rules.know();
  return rules;
}

export async function block(from: EmailAddress): Promise<void> {
  await (await deeds()).block(from.email).catch(failed);
}

export async function mute(threadId: Id, emails: readonly Email[]): Promise<void> {
  await (await deeds()).mute(threadId, emails).catch(failed);
}

export async function unmute(threadId: Id): Promise<void> {
  await (await deeds()).unmute(threadId).catch(failed);
}

/** The form, once its words are there. */
export async function form(): Promise<typeof import("./RuleForm.svelte")> {
  const [part, { texts }] = await Promise.all([import("./RuleForm.svelte"), import("./words/texts.svelte.ts")]);
  await texts.load();
  return part;
}
