import { afterEach, describe, expect, it, vi } from "vitest";
import { Client, split } from "./client.ts";
import { MethodError } from "./errors.ts";
import { fill } from "./session.ts";
import type { Session } from "./types.ts";

const MAIL = "urn:ietf:params:jmap:mail";
const session = {
  username: "ana@example.org",
  apiUrl: "https://mail.example.org/jmap/api",
  capabilities: { "urn:ietf:params:jmap:core": { maxCallsInRequest: 16, maxObjectsInGet: 500, maxObjectsInSet: 1000 }, [MAIL]: {} },
  accounts: { A1: { name: "ana", accountCapabilities: { [MAIL]: {} } } },
  primaryAccounts: { [MAIL]: "A1" },
  state: "s",
} as unknown as Session;

function client(answers: (() => Response | Error)[]) {
  const asked: { methodCalls: [string, Record<string, unknown>, string][] }[] = [];
  vi.stubGlobal("navigator", { onLine: true });
  vi.stubGlobal("fetch", async (_: string, init: RequestInit) => {
    asked.push(JSON.parse(String(init.body)));
    const answer = answers.shift()?.();
    if (answer instanceof Response) return answer;
    throw answer;
  });
  const logins: number[] = [];
  const hooks = { logIn: async () => void logins.push(asked.length), reached: () => undefined, sessionChanged: () => undefined };
  return { client: new Client(session, hooks), asked, logins };
}

const answered = (...methodResponses: unknown[]) => () => Response.json({ methodResponses, sessionState: "s" });

afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

describe("calls", () => {
  it("of one turn go in one request, and may refer to each other", async () => {
    const one = client([answered(["Email/query", { ids: ["M1"] }, "1"], ["Email/get", { list: [], notFound: [] }, "2"])]);
    const query = one.client.call("Email/query", { limit: 1 });
    const get = one.client.call("Email/get", { "#ids": query.ref("/ids") });
    await get.answer;
    expect(one.asked.length).toBe(1);
    expect(one.asked[0]?.methodCalls[1]?.[1]).toEqual({ accountId: "A1", "#ids": { resultOf: "1", name: "Email/query", path: "/ids" } });
  });

  it("fail one by one", async () => {
    const one = client([answered(["error", { type: "unsupportedFilter" }, "1"], ["Mailbox/get", { list: [] }, "2"])]);
    const bad = one.client.call("Email/query", {});
    const good = one.client.call("Mailbox/get", { ids: null });
    await expect(bad.answer).rejects.toBeInstanceOf(MethodError);
    await expect(good.answer).resolves.toEqual({ list: [] });
  });

  it("that only read are repeated when nobody answers, those that change something are not", async () => {
    vi.useFakeTimers();
    const lost = () => new TypeError("network");
    const reads = client([lost, answered(["Mailbox/get", { list: [] }, "1"])]);
    const read = reads.client.call("Mailbox/get", { ids: null });
    await vi.runAllTimersAsync();
    await expect(read.answer).resolves.toEqual({ list: [] });
    const sets = client([lost]);
    const set = sets.client.call("Email/set", { destroy: ["M1"] });
    await vi.runAllTimersAsync();
    await expect(set.answer).rejects.toMatchObject({ kind: "unreachable" });
    expect(sets.asked.length).toBe(1);
  });

  it("wait for a login that is over, and go again", async () => {
    const one = client([() => new Response(null, { status: 401 }), answered(["Email/set", { updated: {} }, "1"])]);
    await one.client.call("Email/set", { update: {} }).answer;
    expect(one.logins).toEqual([1]);
    expect(one.asked.length).toBe(2);
  });

  it("are never cut between one and what refers to it", () => {
    const calls = [0, 0, 1, 1, 0, 1].map((refers, id) => ({ refers: refers === 1, id }));
    expect(split(calls, 4).map((some) => some.map((call) => call.id))).toEqual([[0, 1, 2, 3], [4, 5]]);
  });
});

it("puts values into addresses", () => {
  expect(fill("/d/{a}/{b}?x={c}{y}", { a: "A1", b: "ç/d", c: "text/plain" })).toBe("/d/A1/%C3%A7%2Fd?x=text%2Fplain{y}");
});
