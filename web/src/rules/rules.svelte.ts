// The rules of the user, once somebody looks at them, and what is done with them.

import { done } from "../actions/done.ts";
import * as kept from "../actions/kept.ts";
import type { Id, Patch, Rule } from "../jmap/types.ts";
import { connection } from "../store/connection.svelte.ts";
import { sync } from "../store/sync.ts";
import { type Own, muted } from "./rule.ts";
import { texts } from "./words/texts.svelte.ts";

class Rules {
  /** In the order in which the host looks at them; none: not known yet. */
  list = $state.raw<readonly Rule[] | undefined>(undefined);
  readonly mutes = $derived(new Map((this.list ?? []).flatMap((rule): [Id, Rule][] => {
    const threadId = muted(rule);
    return threadId === undefined ? [] : [[threadId, rule]];
  })));
  #asked: Promise<void> | undefined;

  /** Asks for them, once. From then on they are kept current. */
  async know(): Promise<void> {
    this.#asked ??= this.refresh().then(() => void sync.types.set("Rule", () => void this.refresh().catch(() => undefined)));
    try {
      await this.#asked;
    } catch (error) {
      this.#asked = undefined;
      throw error;
    }
  }

  async refresh(): Promise<void> {
    const { list } = await connection.client.call("Rule/get", { ids: null }).answer;
    // Numbers in ids tell which is older.
    const age = ({ id }: Rule) => Number(id.replace(/\D+/g, ""));
    this.list = list.toSorted((one, other) => one.sortOrder - other.sortOrder || age(one) - age(other));
  }

  /** Makes one, behind all others. */
  async make(own: Own): Promise<void> {
    await this.know();
    const last = this.list?.at(-1)?.sortOrder ?? 0;
    await kept.make(this.#kept(), { ...own, sortOrder: last + 1 }, texts.text.made(own.name));
  }

  /** Makes one before all others: whom one blocks and what one mutes is decided before anything else. Its name says what it does. */
  async makeFirst(own: Own): Promise<void> {
    await this.know();
    await kept.make(this.#kept(), { ...own, sortOrder: 0 }, own.name);
  }

  async change(before: Rule, after: Own): Promise<void> {
    await kept.change(this.#kept(), before.id, before, after, texts.text.changed(after.name));
  }

  async turn(rule: Rule, isEnabled: boolean): Promise<void> {
    const said = isEnabled ? texts.text.turnedOn(rule.name) : texts.text.turnedOff(rule.name);
    await kept.change(this.#kept(), rule.id, rule, { ...rule, isEnabled }, said);
  }

  async remove(rule: Rule, said = texts.text.deleted(rule.name)): Promise<void> {
    const { id, ...own } = rule;
    await kept.remove(this.#kept(), id, own, said);
  }

  /** Puts a rule before or behind its neighbour. All get numbers of their own by it. */
  async move(rule: Rule, by: -1 | 1): Promise<void> {
    const before = this.list ?? [];
    const at = before.indexOf(rule);
    const after = before.toSpliced(at, 1).toSpliced(at + by, 0, rule);
    const set = async (order: readonly Rule[]) => {
      const update = Object.fromEntries(order.map(({ id }, index): [Id, Patch] => [id, { sortOrder: index + 1 }]));
      const { notUpdated } = await connection.client.call("Rule/set", { update }).answer;
      await this.refresh();
      kept.refuse(this.#kept(), notUpdated);
    };
    await set(after);
    done({ said: texts.text.moved(rule.name), undo: () => set(before), redo: () => set(after) });
  }

  #kept(): kept.Kept {
    const { tooMany, tooLarge, noFolder } = texts.text;
    const words: Record<string, string> = { overQuota: tooMany, tooLarge, invalidProperties: noFolder };
    return { type: "Rule", why: (type) => words[type], changed: () => this.refresh() };
  }
}

export const rules = new Rules();
