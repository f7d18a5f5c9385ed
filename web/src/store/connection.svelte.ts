// The client of the account that is open, and whether the host can be reached.

import { Client } from "../jmap/client.ts";
import { fetchSession } from "../jmap/session.ts";
import type { Session } from "../jmap/types.ts";

class Connection {
  /** Whether the host answers. */
  isReached = $state(true);
  /** Somebody has to log in again; called when they have. */
  loginWanted = $state.raw<(() => void) | undefined>(undefined);
  #client: Client | undefined;
  #login: Promise<void> | undefined;

  get client(): Client {
    if (!this.#client) throw new Error("not connected");
    return this.#client;
  }

  get user(): string {
    return this.client.session.username;
  }

  async connect(): Promise<void> {
    this.#use(await fetchSession());
  }

  #use(session: Session): void {
    this.#client = new Client(session, {
      logIn: () => this.#logIn(),
      reached: (isReached) => {
        this.isReached = isReached;
      },
      sessionChanged: () => undefined,
    });
  }

  /** Shows the login in place, once, however many requests wait for it. */
  #logIn(): Promise<void> {
    this.#login ??= new Promise<void>((resolve) => {
      this.loginWanted = () => {
        this.loginWanted = undefined;
        this.#login = undefined;
        resolve();
      };
    });
    return this.#login;
  }
}

export const connection = new Connection();
