// The client of the account that is open, and whether the host can be reached.

import { Client, type Response_ } from "../jmap/client.ts";
import { fetchSession } from "../jmap/session.ts";
import type { Session } from "../jmap/types.ts";

/** What stands in for the host where that cannot be reached (`offline/`). */
export interface StandIn {
  /** Whether it does now. */
  readonly isNeeded: boolean;
  instead(calls: Response_[], isLost: boolean): Promise<Response_[] | undefined> | undefined;
  /** Looks whether the host is there again. */
  retry(): void;
}

class Connection {
  /** Whether the host answers. */
  isReached = $state(true);
  /** Somebody has to log in again; called when they have. */
  loginWanted = $state.raw<(() => void) | undefined>(undefined);
  /** Something that waited could not be done, and is said. */
  hasTroubles = $state(false);
  standIn: StandIn | undefined;
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
    this.use(await fetchSession());
  }

  use(session: Session): void {
    this.#client = new Client(session, {
      logIn: () => this.logIn(),
      reached: (isReached) => {
        if (!this.standIn?.isNeeded) this.isReached = isReached;
        else if (isReached) this.standIn.retry();
      },
      instead: (calls, isLost) => this.standIn?.instead(calls, isLost),
      sessionChanged: () => undefined,
    });
  }

  /** Shows the login in place, once, however many requests wait for it. */
  logIn(): Promise<void> {
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
