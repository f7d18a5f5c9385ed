// What the host is asked and told about who gets in (docs/guide/http.md, "Pages that log in").

import { LoggedOut, Refused } from "../jmap/errors.ts";
import { BASE, ask } from "../jmap/http.ts";
import { connection } from "../store/connection.svelte.ts";

/** A passkey, an app password or an access token. */
export interface Device {
  name: string;
  madeAt: string;
  usedAt: string | null;
  /** `null`: it is good until it is removed. */
  expiresAt: string | null;
}

export interface Security {
  passwordSetAt: string;
  onlyAppPasswords: boolean;
  /** Since when pages ask for a code of an authenticator app. */
  appSetAt: string | null;
  /** How many are left. */
  recoveryCodes: number;
  passkeys: Device[];
  appPasswords: Device[];
  tokens: Device[];
}

/** Somebody's login in a browser. */
export interface Session {
  id: string;
  program: string;
  address: string | null;
  madeAt: string;
  usedAt: string;
  expiresAt: string;
  current: boolean;
}

export type Change =
  | { password: { new: string } }
  | { beginApp: Record<string, never> }
  | { confirmApp: { code: string } }
  | { removeApp: Record<string, never> }
  | { newRecoveryCodes: Record<string, never> }
  | { addPasskey: { name: string; response: unknown } }
  | { renamePasskey: { name: string; new: string } }
  | { removePasskey: { name: string } }
  | { onlyAppPasswords: { only: boolean } }
  | { addAppPassword: { name: string } }
  | { removeAppPassword: { name: string } }
  | { addToken: { name: string; days: number | null } }
  | { removeToken: { name: string } };

/** What a change gives; shown this once. */
export interface Given {
  secret?: string;
  uri?: string;
  /** The same as a QR code: so many modules wide, and the dark ones as a path. */
  picture?: { side: number; path: string } | null;
  recoveryCodes?: string[];
}

export type Proof = { password: string } | { code: string } | { passkey: unknown };

/** Whoever is not logged in any more logs in, and goes on. */
async function asked(path: string, init: RequestInit, repeat: "safe" | "never"): Promise<Response> {
  for (;;) {
    try {
      return await ask(`${BASE}auth/${path}`, init, repeat);
    } catch (error) {
      if (!(error instanceof LoggedOut)) throw error;
      await connection.logIn();
    }
  }
}

const telling = (body: unknown): RequestInit => ({
  method: "POST",
  headers: { "Content-Type": "application/json" },
  body: JSON.stringify(body),
});

async function get<T>(path: string): Promise<T> {
  return (await (await asked(path, {}, "safe")).json()) as T;
}

async function tell<T>(path: string, body: unknown): Promise<T> {
  const answer = await asked(path, telling(body), "never");
  return (answer.status === 204 ? {} : await answer.json()) as T;
}

export const fetchSecurity = () => get<Security>("settings");
export const fetchSessions = async () => (await get<{ sessions: Session[] }>("sessions")).sessions;
export const change = (what: Change) => tell<Given>("settings", what);
export const end = (which: { id: string } | { which: "others" }) => tell<{ ended: number }>("sessions/end", which);
/** What a browser has to be told for a passkey to sign or to be made. */
export const options = (wanted: { confirm: object } | { add: object }) => tell<Record<string, unknown>>("passkey", wanted);

/** Proves once more who one is; gives whether the host took it. */
export async function confirm(proof: Proof): Promise<boolean> {
  try {
    await ask(`${BASE}auth/confirm`, telling(proof), "never");
    return true;
  } catch (error) {
    // Here it says that the proof is wrong.
    if (error instanceof LoggedOut) return false;
    throw error;
  }
}

/** The name of a problem of the host, by which it is worded. */
export function problem(error: unknown): string | undefined {
  return error instanceof Refused ? error.type.split("/problems/")[1] : undefined;
}
