// What the parts of this scenario share: the account, a browser, and how things are called.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { browser, holds } from "../browser.mjs";
import { jmap } from "../sample.mjs";

export const [origin, user, password, messages = "2000"] = process.argv.slice(2);
const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
export const client = jmap(origin, user, password);
export const host = await browser(origin, user, password);
const began_ms = Date.now();
export const ok = (what) => process.stdout.write(`ok after ${Math.round((Date.now() - began_ms) / 1000)} s: ${what}\n`);

export const dialog = (page, name) => page.getByRole("dialog", { name });
export const button = (where, name) => where.getByRole("button", { name, exact: false });
export const toolbar = (page, pane) => page.locator(pane).getByRole("toolbar");
export const toast = (page, text) => page.getByRole("status").locator("> *").filter({ hasText: text });

export async function mailbox(role) {
  const { list } = await client.call("Mailbox/get", { ids: null });
  return list.find((one) => one.role === role);
}

export const inbox = async () => await mailbox("inbox");

export async function placesOf(subject) {
  const { ids } = await client.call("Email/query", { filter: { subject: `"${subject}"` } });
  const { list } = await client.call("Email/get", { ids, properties: ["mailboxIds", "keywords"] });
  return list;
}

/** No violation of WCAG that can be found by a program. */
export async function accessible(page, what) {
  await page.evaluate(AXE);
  const found = await page.evaluate(() => globalThis.axe.run(document, { iframes: false, resultTypes: ["violations"] }));
  const said = found.violations.map((one) => `${one.id}: ${one.nodes.map((node) => `${node.html.slice(0, 160)} ${node.failureSummary}`).slice(0, 3).join(" | ")}`);
  holds(`axe, ${what}:`, said.length === 0, said.join("\n"));
}

/** Whoever only looks asks for nothing. */
export async function quiet(page, what) {
  await page.waitForTimeout(700);
  const asked = [];
  const note = (request) => asked.push(`${request.url()} ${(request.postData() ?? "").slice(-200)}`);
  page.on("request", note);
  await page.waitForTimeout(800);
  page.off("request", note);
  holds(`nothing is asked for, ${what}:`, asked.length === 0, asked.slice(0, 3).join("\n"));
}
