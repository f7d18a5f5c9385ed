// Leaving mailing lists in Chromium, against a real host that this script starts and that speaks to servers elsewhere:
//   node web/tests/lists.mjs PROGRAM
// With a folder behind it, pictures are left there.
import { join } from "node:path";
import { accessible, browser, button, dialog, holds, ok, rowWith, toast, until } from "./browser.mjs";
import { PASSWORD, host } from "./host.mjs";
import { jmap } from "./sample.mjs";

const [program, pictures] = process.argv.slice(2);
const running = await host(program, ["ana"], { settings: "[http]\npicture_proxy = true" });
const { origin } = running;
const user = "ana@example.org";
const ana = jmap(origin, user, PASSWORD);
const chromium = await browser(origin, user, PASSWORD);

async function picture(page, name) {
  if (pictures) await page.screenshot({ path: join(pictures, `${name}.png`) });
}

const SIGNATURE = "DKIM-Signature: v=1; a=rsa-sha256; d=bakery.invalid; s=x; h=From:Subject:List-Unsubscribe:List-Unsubscribe-Post; bh=eA==; b=eA==";
const ONE_CLICK = ["List-Unsubscribe: <mailto:leave@bakery.invalid>, <https://bakery.invalid/u?x=1>", "List-Unsubscribe-Post: List-Unsubscribe=One-Click"];

async function receive(subject, fields) {
  const head = [...fields, "From: Bakery <news@bakery.invalid>", `To: ${user}`, `Subject: ${subject}`, `Message-ID: <${subject.replaceAll(" ", "-")}@bakery.invalid>`, "Date: Mon, 23 Nov 2026 10:00:00 +0000", "MIME-Version: 1.0"];
  const blobId = await ana.upload(Buffer.from(`${head.join("\r\n")}\r\n\r\nBread.\r\n`), "message/rfc822");
  const { list } = await ana.call("Mailbox/get", { ids: null });
  const inbox = list.find(({ role }) => role === "inbox").id;
  const answer = await ana.call("Email/import", { emails: { one: { blobId, mailboxIds: { [inbox]: true } } } });
  holds("the message comes in", answer.created?.one, JSON.stringify(answer));
}

async function leave(page, subject) {
  await rowWith(page, subject).getByText(subject).click();
  await page.getByRole("heading", { name: subject, level: 2 }).waitFor();
  await button(page.getByRole("article"), "Unsubscribe").click();
  return dialog(page, "Leave this mailing list?");
}

/** Where the list cannot be reached, or the message cannot be relied upon, that is said, and the page of the list is offered as before. */
async function refuses(page) {
  const asked = await leave(page, "News of bread");
  await asked.getByText("This host asks bakery.invalid to take you off the list.").waitFor();
  await accessible(page, "a list is left by the host");
  await picture(page, "unsubscribe");
  await button(asked, "Unsubscribe").click();
  await asked.getByText("The list could not be reached. The page of the list at bakery.invalid opens in a new tab.").waitFor();
  await picture(page, "unsubscribe-not");
  await button(asked, "Open the page").waitFor();
  await button(asked, "Cancel").click();
  const forged = await leave(page, "News of nobody");
  await button(forged, "Unsubscribe").click();
  await forged.getByText("The message is not signed").waitFor();
  await button(forged, "Cancel").click();
  const old = await leave(page, "News of old");
  await old.getByText("The page of the list at bakery.invalid opens in a new tab.").waitFor();
  await button(old, "Cancel").click();
  ok("a list that cannot be left by the host is left as before, and it is said why");
}

/** What is said where the list took it: nothing of this host is reached from elsewhere here, so its answer is put in place of the one that it gave. */
async function leaves(page) {
  await page.route("**/jmap/api*", async (route) => {
    if (!(route.request().postData() ?? "").includes("Email/unsubscribe")) return await route.fallback();
    const answer = await route.fetch();
    const body = (await answer.text()).replace('"outcome":"notReached"', '"outcome":"left"');
    await route.fulfill({ response: answer, body });
  });
  const asked = await leave(page, "News of bread");
  await button(asked, "Unsubscribe").click();
  await toast(page, "bakery.invalid took you off the list").waitFor();
  await until("nothing more is asked", () => asked.count(), 0);
  ok("a list that the host left says so");
}

try {
  await receive("News of bread", [SIGNATURE, ...ONE_CLICK]);
  await receive("News of nobody", ONE_CLICK);
  await receive("News of old", [SIGNATURE, "List-Unsubscribe: <https://bakery.invalid/u>"]);
  const context = await chromium.context();
  const page = await context.newPage();
  await chromium.logIn(page);
  for (const part of [refuses, leaves]) await part(page);
  holds("faults", chromium.faults.length === 0, chromium.faults.join("\n"));
  holds("requests to strangers", chromium.strangers.length === 0, chromium.strangers.join("\n"));
  process.stdout.write("the lists are content\n");
} catch (error) {
  for (const [at, context] of chromium.running.contexts().entries()) {
    for (const [place, page] of context.pages().entries()) await picture(page, `failed-${at}-${place}`).catch(() => undefined);
  }
  throw error;
} finally {
  await chromium.close();
  await running.remove();
}
