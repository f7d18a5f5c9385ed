// What is kept lies in one database for each user, and is written through to the disk where it is their work. Tabs share it.

import type { Id } from "../jmap/types.ts";
import type { All, Around, Item, KeptEmail, KeptOriginal, Place, Sets } from "./kept.ts";

const PREFIX = "correio-kept-";
const VERSION = 1;
const AROUND = "around";

export class Database implements Place {
  readonly #opened: Promise<IDBDatabase>;

  constructor(user: string) {
    this.#opened = open(PREFIX + user);
    this.#opened.catch(() => undefined);
  }

  async close(): Promise<void> {
    (await this.#opened).close();
  }

  async all(): Promise<All> {
    const [around, emails, items] = await this.#read(["around", "emails", "items"], ([around, emails, items]) => [
      around?.get(AROUND),
      emails?.getAll(),
      items?.getAll(),
    ]);
    return { around: around as Around | undefined, emails: emails as KeptEmail[], items: items as Item[] };
  }

  async items(): Promise<Item[]> {
    const [items] = await this.#read(["items"], ([items]) => [items?.getAll()]);
    return items as Item[];
  }

  async original(id: Id): Promise<KeptOriginal | undefined> {
    const [original] = await this.#read(["originals"], ([originals]) => [originals?.get(id)]);
    return original as KeptOriginal | undefined;
  }

  around(more: Partial<Around>): Promise<void> {
    return this.#write(["around"], "relaxed", ([around]) => {
      const known = around?.get(AROUND) as IDBRequest<Around | undefined>;
      known.onsuccess = () => around?.put({ ...known.result, ...more }, AROUND);
    });
  }

  put(list: readonly KeptEmail[], kept: readonly KeptOriginal[], dropped: readonly Id[]): Promise<void> {
    return this.#write(["emails", "originals"], "relaxed", ([emails, originals]) => {
      for (const one of list) emails?.put(one);
      for (const one of kept) originals?.put(one);
      for (const id of dropped) for (const store of [emails, originals]) store?.delete(id);
    });
  }

  async add(deed: Item["deed"], at: number): Promise<number> {
    let number = 0;
    await this.#write(["items"], "strict", ([items]) => {
      const added = items?.add({ deed, at }) as IDBRequest<IDBValidKey>;
      added.onsuccess = () => {
        number = Number(added.result);
      };
    });
    return number;
  }

  change(item: Item): Promise<void> {
    return this.#write(["items"], "strict", ([items]) => void items?.put(item));
  }

  settle(item: Item, now: ReadonlyMap<Id, Sets>, dropped: readonly Id[]): Promise<void> {
    return this.#write(["items", "emails", "originals"], "strict", ([items, emails, originals]) => {
      if (item.troubles) items?.put(item);
      else items?.delete(item.number);
      for (const [id, sets] of now) {
        const known = emails?.get(id) as IDBRequest<KeptEmail | undefined>;
        known.onsuccess = () => known.result && emails?.put({ ...known.result, email: { ...known.result.email, ...sets } });
      }
      for (const id of dropped) for (const store of [emails, originals]) store?.delete(id);
    });
  }

  remove(number: number): Promise<void> {
    return this.#write(["items"], "strict", ([items]) => void items?.delete(number));
  }

  /** Takes all mail out; what waits stays. */
  empty(): Promise<void> {
    return this.#write(["emails", "originals", "around"], "relaxed", (stores) => stores.forEach((store) => store.clear()));
  }

  async #read(names: string[], ask: (stores: IDBObjectStore[]) => (IDBRequest | undefined)[]): Promise<unknown[]> {
    const transaction = (await this.#opened).transaction(names);
    const requests = ask(names.map((name) => transaction.objectStore(name)));
    await finished(transaction);
    return requests.map((request) => request?.result as unknown);
  }

  async #write(names: string[], durability: IDBTransactionDurability, act: (stores: IDBObjectStore[]) => void): Promise<void> {
    const transaction = (await this.#opened).transaction(names, "readwrite", { durability });
    act(names.map((name) => transaction.objectStore(name)));
    await finished(transaction);
  }
}

function finished(transaction: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error ?? new Error("not kept"));
  });
}

function open(name: string): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(name, VERSION);
    request.onupgradeneeded = () => {
      const database = request.result;
      database.createObjectStore("around");
      database.createObjectStore("emails", { keyPath: "id" });
      database.createObjectStore("originals", { keyPath: "id" });
      database.createObjectStore("items", { keyPath: "number", autoIncrement: true });
    };
    request.onsuccess = () => {
      // Whoever deletes it, in another tab, waits for nobody.
      request.result.onversionchange = () => request.result.close();
      resolve(request.result);
    };
    request.onerror = () => reject(request.error ?? new Error("no database"));
  });
}

/** Whose databases are in this browser. */
export async function users(): Promise<string[]> {
  const databases = (await indexedDB.databases?.().catch(() => [])) ?? [];
  return databases.flatMap(({ name }) => (name?.startsWith(PREFIX) ? [name.slice(PREFIX.length)] : []));
}

export function remove(user: string): Promise<void> {
  return new Promise((resolve) => {
    const request = indexedDB.deleteDatabase(PREFIX + user);
    request.onsuccess = request.onerror = () => resolve();
  });
}
