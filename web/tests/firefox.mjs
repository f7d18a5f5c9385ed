// Reading, putting in order and writing in Debian's Firefox ESR, against a real host that this script starts:
//   node web/tests/firefox.mjs PROGRAM
// With a folder behind it, pictures are left there.
import { join } from "node:path";
import { holds, ok, until } from "./browser.mjs";
import { PASSWORD, host } from "./host.mjs";
import { firefox } from "./marionette.mjs";
import { fill, jmap } from "./sample.mjs";

const [program, pictures] = process.argv.slice(2);
const running = await host(program, ["ana", "rui"]);
const { origin } = running;
const user = "ana@example.org";
const ana = jmap(origin, user, PASSWORD);
const rui = jmap(origin, "rui@example.org", PASSWORD);
const [ENTER, CONTROL, ESCAPE] = ["\uE007", "\uE009", "\uE00C"];

async function subjects(client, role) {
  const { list: folders } = await client.call("Mailbox/get", { ids: null });
  const id = folders.find((one) => one.role === role).id;
  const { ids } = await client.call("Email/query", { filter: { inMailbox: id }, sort: [{ property: "receivedAt", isAscending: false }] });
  const { list } = await client.call("Email/get", { ids, properties: ["subject"] });
  return ids.flatMap((one) => list.find((email) => email.id === one)?.subject ?? []);
}

async function picture(page, name) {
  if (pictures) await page.picture(join(pictures, `firefox-${name}.png`));
}

async function reads(page) {
  await page.go(`${origin}/auth/login?next=/m/`);
  await page.type("#login", null, user);
  await page.type("#password", null, PASSWORD);
  await page.accessible("the login");
  await page.click("form.card button[type=submit]");
  await page.get("[role=row]", null);
  await until("the list is there", async () => (await page.run(() => document.querySelectorAll("[role=row]").length)) > 5, true);
  await page.accessible("the list");
  await picture(page, "list");
  const first = await page.run(() => document.querySelector("[role=grid]").getAttribute("aria-activedescendant") !== "");
  holds("the list names its row", first);
  await page.run(() => document.querySelector("[role=grid]").focus());
  await page.press("j");
  await page.press("o");
  await page.get("article", null);
  // What is in a frame of an origin of its own says its height alone.
  await until("the body has its height", async () => (await page.run(() => document.querySelector("iframe.body")?.clientHeight ?? 0)) > 20, true);
  await page.accessible("a message");
  await picture(page, "message");
  const subject = await page.run(() => document.querySelector(".reader-pane h2").textContent.trim());
  await page.press("e");
  await until("it is in the archive", async () => (await subjects(ana, "archive")).includes(subject), true);
  await page.run(() => document.querySelector("[role=grid]").focus());
  await page.press("z");
  await until("and back again", async () => (await subjects(ana, "inbox")).includes(subject), true);
  ok("mail is listed, read, put away and brought back in Firefox");
}

async function writes(page) {
  await page.run(() => document.querySelector("[role=grid]").focus());
  await page.press("c");
  await page.get("[role=dialog] [role=textbox]", "Message");
  await page.type("[role=combobox]", "To", "rui@example.org");
  await page.press(ENTER);
  await page.type(".compose-subject", null, "From a fox");
  await page.click(".compose-text");
  for (const letter of "It is ") await page.press(letter);
  await page.press(CONTROL, "b");
  for (const letter of "bold") await page.press(letter);
  await page.press(CONTROL, "b");
  await until("it is bold", () => page.run(() => document.querySelector(".compose-text b")?.textContent), "bold");
  await page.click("[role=toolbar] button", "Table");
  await page.accessible("a message that is written");
  await picture(page, "writing");
  await page.press(ESCAPE);
  await until("a draft", () => subjects(ana, "drafts"), ["From a fox"]);
  await page.click("[role=dialog] button", "Send");
  await until("it came", async () => (await subjects(rui, "inbox"))[0], "From a fox", 40_000);
  const { ids } = await rui.call("Email/query", {});
  const { list } = await rui.call("Email/get", { ids, properties: ["htmlBody", "bodyValues"], fetchAllBodyValues: true });
  const html = list[0].bodyValues[list[0].htmlBody[0].partId].value;
  holds("as it was written", /It is(?: |&nbsp;)<b>bold<\/b>/.test(html), html);
  ok("mail is written, kept as a draft and sent in Firefox");
}

async function settles(page) {
  await page.go(`${origin}/m/settings/security`);
  await page.get("#set-pop3", null);
  await page.accessible("security");
  await picture(page, "security");
  await page.click("button", "Set up an authenticator app");
  await page.get("svg.qr", null);
  await page.accessible("an app is set up");
  ok("who gets in is seen and changed in Firefox");
}

const page = await firefox();
try {
  await fill(origin, user, PASSWORD, 40);
  for (const part of [reads, writes, settles]) await part(page);
  process.stdout.write("the webmail is content in Firefox\n");
} catch (error) {
  await picture(page, "failed").catch(() => undefined);
  throw error;
} finally {
  await page.close();
  await running.remove();
}
