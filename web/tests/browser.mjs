// What the scripts in this folder share: a browser, an account to log in to, and what one looks for by the names that people read.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";

const LAUNCHED = { executablePath: "/usr/bin/chromium", args: ["--no-sandbox", "--disable-gpu"] };
const OPTIONS = { locale: "en-GB", timezoneId: "Europe/Lisbon", viewport: { width: 1440, height: 900 } };

/** Collects what goes wrong in the pages of a browser, and every request that leaves the host. */
function watch(made, origin, { faults, strangers }) {
  made.setDefaultTimeout(30_000);
  made.on("request", (request) => {
    const url = request.url();
    // What begins with chrome is in the browser: its viewer of PDF.
    if (!url.startsWith(origin) && !/^(data|blob|chrome|chrome-extension):/.test(url)) strangers.push(url);
  });
  made.on("weberror", (error) => faults.push(String(error.error().stack)));
  made.on("console", (message) => {
    // A login that is over and a host that is gone are tried on purpose, and browsers say so.
    if (message.type() === "error" && !/Failed to load resource|ERR_INTERNET_DISCONNECTED/.test(message.text())) faults.push(message.text());
  });
}

function keepNothing() {
  try {
    localStorage.setItem("correio.offline", "0");
  } catch {
    // Bodies of mail have no origin, and no storage.
  }
}

/** Logs in by the form. */
export async function enter(page, origin, path, user, password) {
  await page.goto(`${origin}/auth/login?next=${encodeURIComponent(path)}`);
  await page.getByLabel("Address").or(page.getByLabel("Endereço")).fill(user);
  await page.locator("input[type=password]").fill(password);
  await page.locator("form.card button[type=submit]").click();
}

/** A browser that logs in at a host. It keeps no mail for when the host is away, unless a context is made so: what it asks for then is not that of
 * whoever looks. `args`: more words for the browser. */
export async function browser(origin, user, password, args = []) {
  const running = await chromium.launch({ ...LAUNCHED, args: [...LAUNCHED.args, ...args] });
  const faults = [];
  const strangers = [];

  async function context({ keeps = false, ...options } = {}) {
    const made = await running.newContext({ ...OPTIONS, ...options });
    if (!keeps) await made.addInitScript(keepNothing);
    watch(made, origin, { faults, strangers });
    return made;
  }

  async function logIn(page, path = "/m/") {
    await enter(page, origin, path, user, password);
    await row(page, 0).waitFor();
  }

  return { running, context, logIn, faults, strangers, close: () => running.close() };
}

/** A browser whose profile stays in a folder when it is closed. */
export async function lasting(origin, user, password, folder) {
  const context = await chromium.launchPersistentContext(folder, { ...LAUNCHED, ...OPTIONS });
  const [faults, strangers] = [[], []];
  watch(context, origin, { faults, strangers });

  async function logIn(page, path = "/m/", who = user) {
    await enter(page, origin, path, who, password);
    await page.getByRole("grid").or(page.getByText("Nothing here")).or(page.locator(".empty")).first().waitFor();
  }

  return { context, logIn, faults, strangers, close: () => context.close() };
}

/** The row at a place of the list, from 0. */
export const row = (page, place) => page.locator(`[role=row][aria-rowindex="${place + 1}"]:has([role=checkbox], input)`);

/** The first row with this text. */
export const rowWith = (page, text) => page.getByRole("row").filter({ hasText: text }).first();

/** Waits until something is so, and fails with what it is instead. */
export async function until(what, get, want, limit_ms = 15_000) {
  const end = Date.now() + limit_ms;
  let is;
  for (;;) {
    is = await get();
    if (JSON.stringify(is) === JSON.stringify(want)) return;
    if (Date.now() > end) throw new Error(`${what}: ${JSON.stringify(is)}, not ${JSON.stringify(want)}`);
    await new Promise((resolve) => setTimeout(resolve, 40));
  }
}

export function holds(what, isSo, said = "") {
  if (!isSo) throw new Error(`${what} ${said}`);
}

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** No violation of WCAG that can be found by a program. */
export async function accessible(page, what) {
  await page.evaluate(AXE);
  // What is on its way in has not all of its colour yet.
  await page.evaluate(() => Promise.allSettled(document.getAnimations().map((one) => one.finished)));
  const found = await page.evaluate(() => globalThis.axe.run(document, { iframes: false, resultTypes: ["violations"] }));
  const said = found.violations.map((one) => `${one.id}: ${one.nodes.map((node) => `${node.html.slice(0, 200)} ${node.failureSummary}`).slice(0, 3).join(" | ")}`);
  holds(`axe, ${what}:`, said.length === 0, said.join("\n"));
}

export const button = (where, name) => where.getByRole("button", { name, exact: true });
export const dialog = (page, name) => page.getByRole("dialog", { name, exact: true });
export const toast = (page, text) => page.getByRole("status").locator("> *").filter({ hasText: text });
export const ok = (what) => process.stdout.write(`ok: ${what}\n`);
