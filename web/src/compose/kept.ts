// Drafts in this browser, so that nothing typed is lost when it is killed or the host cannot be reached. They are in a database that is
// written through to the disk, and are removed when the host has them and the composer is closed.

import { BRIEF } from "../offline/place.ts";
import type { Draft } from "./draft.ts";

export interface Kept {
  key: string;
  /** Whose it is: others may use this browser. */
  user: string;
  /** What the host does not have yet; `null`: it has all of it. */
  draft: Draft | null;
  emailId: string | null;
  at: number;
}

const NAME = "correio-drafts";
const STORE = "drafts";
let opened: Promise<IDBDatabase> | undefined;

function open(): Promise<IDBDatabase> {
  opened ??= new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: "key" });
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error("no database"));
  });
  return opened;
}

async function change(act: (store: IDBObjectStore) => void): Promise<void> {
  const database = await open();
  await new Promise<void>((resolve, reject) => {
    const transaction = database.transaction(STORE, "readwrite", { durability: "strict" });
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error ?? new Error("not kept"));
    act(transaction.objectStore(STORE));
  });
}

/** Whether this browser keeps drafts: not on a computer of others. */
export const isKeeping = () => sessionStorage.getItem(BRIEF) === null;
export const keep = async (kept: Kept) => (isKeeping() ? change((store) => store.put(kept)) : undefined);
export const forget = (key: string) => change((store) => store.delete(key));

/** All that one user has here, the oldest first. */
export async function all(user: string): Promise<Kept[]> {
  const database = await open();
  const found = await new Promise<Kept[]>((resolve, reject) => {
    const request = database.transaction(STORE).objectStore(STORE).getAll() as IDBRequest<Kept[]>;
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error("not read"));
  });
  return found.filter((kept) => kept.user === user).sort((a, b) => a.at - b.at);
}
