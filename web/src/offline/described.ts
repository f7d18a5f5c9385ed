// What a change is called, in the words by which it was said when it was done. Pure.

import type { Id } from "../jmap/types.ts";
import { tagOf } from "../search/tags.ts";
import type { Words } from "../words/en.ts";
import type { Deed } from "./kept.ts";

export function described(deed: Deed, { done }: Pick<Words, "done">, named: (mailboxId: Id) => string): string {
  if (deed.kind === "destroy") return done.destroyed(deed.ids.length);
  if (deed.kind !== "change") return deed.draft.subject;
  const patches = Object.values(deed.update);
  const count = patches.length;
  const paths = Object.entries(patches[0] ?? {});
  const to = paths.find(([path, value]) => path.startsWith("mailboxIds/") && value !== null)?.[0];
  if (to !== undefined) return done.moved(count, named(unescaped(to.slice("mailboxIds/".length))));
  const [path, value] = paths.find(([path]) => path.startsWith("keywords/")) ?? ["keywords/", true];
  const name = unescaped(path.slice("keywords/".length));
  const isSet = value !== null;
  if (name === "$seen") return isSet ? done.read(count) : done.unread(count);
  if (name === "$flagged") return isSet ? done.starred(count) : done.unstarred(count);
  const tag = tagOf(name) ?? name;
  return isSet ? done.tagged(count, tag) : done.untagged(count, tag);
}

/** RFC 6901, 3. */
const unescaped = (part: string) => part.replace(/~1/g, "/").replace(/~0/g, "~");
