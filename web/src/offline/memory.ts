// What is kept, in memory, for tests: as `database.ts` has it.

import type { Id } from "../jmap/types.ts";
import type { All, Around, Item, KeptEmail, KeptOriginal, Place, Sets } from "./kept.ts";

export class Memory implements Place {
  readonly emails = new Map<Id, KeptEmail>();
  readonly originals = new Map<Id, KeptOriginal>();
  #items: Item[] = [];
  #around: Around | undefined;
  #number = 0;

  async all(): Promise<All> {
    return structuredClone({ around: this.#around, emails: [...this.emails.values()], items: this.#items });
  }

  async items(): Promise<Item[]> {
    return structuredClone(this.#items);
  }

  async around(more: Partial<Around>): Promise<void> {
    this.#around = { ...this.#around, ...more } as Around;
  }

  async put(emails: readonly KeptEmail[], originals: readonly KeptOriginal[], dropped: readonly Id[]): Promise<void> {
    for (const one of emails) this.emails.set(one.id, one);
    for (const one of originals) this.originals.set(one.id, one);
    for (const id of dropped) for (const store of [this.emails, this.originals]) store.delete(id);
  }

  async original(id: Id): Promise<KeptOriginal | undefined> {
    return this.originals.get(id);
  }

  async add(deed: Item["deed"], at: number): Promise<number> {
    this.#number += 1;
    this.#items.push({ number: this.#number, at, deed: structuredClone(deed) });
    return this.#number;
  }

  async change(item: Item): Promise<void> {
    this.#items = this.#items.map((one) => (one.number === item.number ? item : one));
  }

  async settle(item: Item, now: ReadonlyMap<Id, Sets>, dropped: readonly Id[]): Promise<void> {
    if (item.troubles) await this.change(item);
    else await this.remove(item.number);
    for (const [id, sets] of now) {
      const one = this.emails.get(id);
      if (one) this.emails.set(id, { ...one, email: { ...one.email, ...sets } });
    }
    await this.put([], [], dropped);
  }

  async remove(number: number): Promise<void> {
    this.#items = this.#items.filter((one) => one.number !== number);
  }
}
