// How much room there is, and how much of it is taken (RFC 9425).

import { connection } from "./connection.svelte.ts";

class Room {
  /** In octets; without a limit there is none. */
  used = $state(0);
  limit = $state<number | undefined>(undefined);

  async fetch(): Promise<void> {
    const { client } = connection;
    if (!client.has("quota")) return;
    const got = await client.call("Quota/get", { ids: null }).answer;
    const octets = got.list.find((quota) => quota.resourceType === "octets");
    this.used = octets?.used ?? 0;
    this.limit = octets?.hardLimit;
  }
}

export const quota = new Room();
