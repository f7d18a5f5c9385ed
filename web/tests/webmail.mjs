// The webmail in Chromium, against a real host with some thousand messages: what people do with it, found by the names that they read. Each topic
// has a file of its own in `webmail/`.
//   node web/tests/webmail.mjs ORIGIN USER PASSWORD [MESSAGES]
import { tmpdir } from "node:os";
import { join } from "node:path";
import { holds } from "./browser.mjs";
import { fill } from "./sample.mjs";
import { host, messages, ok, origin, password, user } from "./webmail/around.mjs";
import { finds, searches } from "./webmail/finding.mjs";
import { hostile } from "./webmail/hostile.mjs";
import { live, loginEnds, notifies, offline, settings } from "./webmail/living.mjs";
import { budgets, installs, looks, moves } from "./webmail/looking.mjs";
import { acts, chooses, destroys, folders, orders, wipes } from "./webmail/ordering.mjs";
import { alone, doubts, reads } from "./webmail/reading.mjs";

try {
  const imported = await fill(origin, user, password, Number(messages));
  ok(`${imported} messages`);
  await looks("light");
  await looks("dark");
  await budgets();
  const context = await host.context();
  const page = await context.newPage();
  await host.logIn(page);
  const parts = [installs, moves, reads, doubts, alone, acts, chooses, destroys, searches, finds, folders, orders, wipes, notifies, live, hostile, settings, loginEnds, offline];
  try {
    for (const part of parts) await part(page, context);
  } catch (error) {
    // What was to be seen then; the name is said with the error.
    const picture = join(tmpdir(), `webmail-${process.pid}.png`);
    await page.screenshot({ path: picture });
    throw new Error(`${picture} ${host.faults.join(" ")}`, { cause: error });
  }
  holds("the page reports no faults", host.faults.length === 0, host.faults.join("\n"));
  holds("nothing went to other hosts", host.strangers.length === 0, host.strangers.join(" "));
  process.stdout.write("the webmail is content\n");
} finally {
  await host.close();
}
