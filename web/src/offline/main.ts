// The door to what is kept in this browser: loaded when the first list is there, or before it where the host cannot be reached.

import { connection } from "../store/connection.svelte.ts";
import { away } from "./away.svelte.ts";
import { CACHE } from "./bodies.ts";
import { Database, remove, users } from "./database.ts";
import { Keeper } from "./keeper.svelte.ts";
import { USER, whileNobodyKeeps } from "./place.ts";
import { register, unregister } from "./register.ts";
import { waiting } from "./view.ts";

/** "0": this is nobody's own computer. */
export const CHOICE = "correio.offline";

let database: Database | undefined;
let keeper: Keeper | undefined;

/** Whether mail is kept: the browser can, and its user did not say otherwise. */
export function isOn(): boolean {
  return isPossible() && localStorage.getItem(CHOICE) !== "0";
}

export function isPossible(): boolean {
  return "serviceWorker" in navigator && "locks" in navigator && "caches" in globalThis;
}

/** Begins with what is kept, where the host cannot be reached; gives whether there is anything. */
export async function wake(): Promise<boolean> {
  const user = localStorage.getItem(USER);
  if (!isOn() || user === null) return false;
  database = new Database(user);
  const session = await away.begin(database, user);
  if (session) connection.use(session);
  return session !== undefined;
}

/** Keeps mail from now on, and tells the host what waited. */
export async function begin(): Promise<void> {
  if (keeper || !isOn()) return;
  const { user } = connection;
  localStorage.setItem(USER, user);
  await forgetOthers(user);
  database ??= new Database(user);
  keeper = new Keeper(database, user, CACHE + user);
  await away.attach(database, user);
  keeper.start();
  void register();
}

/** Nobody finds the mail of those who used this browser before. What they wrote and did not send stays until they come back. */
async function forgetOthers(user: string): Promise<void> {
  const others = (await users()).filter((other) => other !== user);
  if (others.length === 0) return;
  await whileNobodyKeeps(async () => {
    for (const other of others) await empty(other);
  });
}

async function empty(other: string): Promise<void> {
  await caches.delete(CACHE + other);
  const theirs = new Database(other);
  const isWaiting = waiting(await theirs.items()).length > 0;
  await theirs.empty();
  await theirs.close();
  if (!isWaiting) await remove(other);
}

/** How many messages are kept here, and how much room they take. */
export async function measure(): Promise<{ count: number; octets: number }> {
  const all = await database?.all();
  const whole = all?.emails.filter(({ bodies }) => bodies) ?? [];
  return { count: whole.length, octets: whole.reduce((sum, { octets }) => sum + octets, 0) };
}

/** Keeps mail in this browser, or takes all of it out. */
export async function choose(keeps: boolean): Promise<void> {
  localStorage.setItem(CHOICE, keeps ? "1" : "0");
  if (keeps) return await begin();
  await forget();
}

/** On a computer of others nothing is kept. What was kept of mail goes; what somebody wrote and did not send stays until they come back. */
export async function keepNothing(): Promise<void> {
  localStorage.setItem(CHOICE, "0");
  await takeOut(empty);
}

/** Takes all that is kept out of this browser, whoever it is of. */
export async function forget(): Promise<void> {
  await takeOut(remove);
}

async function takeOut(ofUser: (user: string) => Promise<void>): Promise<void> {
  // From here on no tab begins to keep anything; what one is about to keep is waited for, or it would be put in behind our back.
  localStorage.removeItem(USER);
  keeper?.stop();
  away.detach();
  await whileNobodyKeeps(async () => {
    await database?.close();
    [keeper, database] = [undefined, undefined];
    for (const user of await users()) await ofUser(user);
    await takeShellOut();
  });
}

async function takeShellOut(): Promise<void> {
  await emptyCaches();
  // This waits for a worker that is being put in, which may make its cache anew.
  await unregister();
  await emptyCaches();
}

async function emptyCaches(): Promise<void> {
  for (const name of await caches.keys()) await caches.delete(name);
}
