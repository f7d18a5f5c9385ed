// Calls methods. All calls of one turn of the program go in one request (RFC 8620, 3.3), in the order in which they were made, so that
// later ones may refer to the answers of earlier ones.

import { LoggedOut, MethodError, Unreachable } from "./errors.ts";
import { type Repeat, ask } from "./http.ts";
import type { Answer, Arguments, Method, Reference } from "./methods.ts";
import { CAPABILITY, type Id, type Session } from "./types.ts";

/** A call that was made. Await `answer`; it fails with a `MethodError`, or with what became of the whole request. */
export class Call<M extends Method> {
  readonly answer: Promise<Answer<M>>;
  #settle!: { resolve(answer: Answer<M>): void; reject(error: unknown): void };

  constructor(
    readonly id: string,
    readonly method: M,
    readonly arguments_: Record<string, unknown>,
  ) {
    this.answer = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
    });
    // Of calls that only serve later ones nobody waits for the answer.
    this.answer.catch(() => undefined);
  }

  /** What stands at this place of the answer, for a later call of the same turn. */
  ref(path: string): Reference {
    return { resultOf: this.id, name: this.method, path };
  }

  get refers(): boolean {
    return Object.keys(this.arguments_).some((name) => name.startsWith("#"));
  }

  settle(name: string, value: Record<string, unknown>): void {
    if (name === "error") this.#settle.reject(new MethodError(this.method, String(value["type"]), value));
    else this.#settle.resolve(value as Answer<M>);
  }

  fail(error: unknown): void {
    this.#settle.reject(error);
  }
}

type AnyCall = Call<Method>;
/** A call or an answer as it is sent: name, arguments or values, id. */
export type Response_ = [string, Record<string, unknown>, string];

const SAFE = /\/(get|query|changes|queryChanges|statistics)$/;

/** What is asked of whoever has a screen. */
export interface Hooks {
  /** The login is over: comes back when somebody is in again. */
  logIn(): Promise<void>;
  /** Whether the host can be reached. */
  reached(isReached: boolean): void;
  /** The session object is another one now. */
  sessionChanged(): void;
  /** Answers in the place of the host, where that cannot be reached; `isLost`: it was asked, and what became of that is not known. */
  instead?(calls: Response_[], isLost: boolean): Promise<Response_[] | undefined> | undefined;
}

export class Client {
  readonly session: Session;
  readonly accountId: Id;
  readonly #using: string[];
  readonly #hooks: Hooks;
  #queue: AnyCall[] = [];
  #count = 0;

  constructor(session: Session, hooks: Hooks) {
    this.session = session;
    this.#hooks = hooks;
    this.accountId = session.primaryAccounts[CAPABILITY.mail] ?? "";
    this.#using = Object.values(CAPABILITY).filter((name) => name in session.capabilities);
  }

  /** Whether the account has a capability. */
  has(name: keyof typeof CAPABILITY): boolean {
    return CAPABILITY[name] in (this.session.accounts[this.accountId]?.accountCapabilities ?? {});
  }

  /** What the host says of a capability of the account. */
  capability(name: keyof typeof CAPABILITY): Record<string, unknown> {
    return this.session.accounts[this.accountId]?.accountCapabilities[CAPABILITY[name]] ?? {};
  }

  get limits() {
    return this.session.capabilities[CAPABILITY.core];
  }

  /** Calls a method; it goes with all others of this turn. */
  call<M extends Method>(method: M, arguments_: Arguments<M>): Call<M> {
    if (this.#queue.length === 0) queueMicrotask(() => this.#flush());
    this.#count += 1;
    const call = new Call(String(this.#count), method, { accountId: this.accountId, ...arguments_ });
    this.#queue.push(call as unknown as AnyCall);
    return call;
  }

  #flush(): void {
    const calls = this.#queue;
    this.#queue = [];
    for (const some of split(calls, this.limits.maxCallsInRequest)) void this.#send(some);
  }

  async #send(calls: AnyCall[]): Promise<void> {
    try {
      const answers = await this.#post(calls);
      for (const [name, value, id] of answers) calls.find((call) => call.id === id)?.settle(name, value);
      const left = new Unreachable("no answer");
      for (const call of calls) call.fail(left);
    } catch (error) {
      for (const call of calls) call.fail(error);
    }
  }

  async #post(calls: AnyCall[]): Promise<Response_[]> {
    const repeat: Repeat = calls.every((call) => SAFE.test(call.method)) ? "safe" : "never";
    const methodCalls = calls.map((call): Response_ => [call.method, call.arguments_, call.id]);
    const instead = (isLost: boolean) => this.#hooks.instead?.(methodCalls, isLost);
    const init: RequestInit = {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ using: this.#using, methodCalls }),
    };
    for (;;) {
      try {
        const kept = await instead(false);
        if (kept) return kept;
        const answer = await ask(this.session.apiUrl, init, repeat);
        const said = (await answer.json()) as { methodResponses: Response_[]; sessionState: string };
        this.#hooks.reached(true);
        if (said.sessionState !== this.session.state) this.#hooks.sessionChanged();
        return said.methodResponses;
      } catch (error) {
        if (error instanceof Unreachable) {
          this.#hooks.reached(false);
          const kept = await instead(true);
          if (kept) return kept;
        }
        if (!(error instanceof LoggedOut)) throw error;
        await this.#hooks.logIn();
      }
    }
  }
}

/** Cuts calls into requests of at most so many, never between a call and what it refers to. */
export function split<C extends { refers: boolean }>(calls: C[], max: number): C[][] {
  const groups: C[][] = [];
  for (const call of calls) {
    const last = groups.at(-1);
    if (call.refers && last) last.push(call);
    else groups.push([call]);
  }
  const requests: C[][] = [];
  for (const group of groups) {
    const last = requests.at(-1);
    if (last && last.length + group.length <= max) last.push(...group);
    else requests.push([...group]);
  }
  return requests;
}
