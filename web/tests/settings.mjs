// The settings of writing, absence, files and activity in Chromium, against a real host that this script starts:
//   node web/tests/settings.mjs PROGRAM
// With a folder behind it, pictures are left there.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { accessible, browser, button, dialog, holds, ok, row, rowWith, toast, until } from "./browser.mjs";
import { PASSWORD, host } from "./host.mjs";
import { fill, jmap } from "./sample.mjs";

const [program, pictures] = process.argv.slice(2);
const running = await host(program, ["ana"]);
const { origin } = running;
const user = "ana@example.org";
running.command(["alias", "add", "shop@example.org", user]);
const ana = jmap(origin, user, PASSWORD);
const chromium = await browser(origin, user, PASSWORD);

async function picture(page, name) {
  if (pictures) await page.screenshot({ path: join(pictures, `${name}.png`) });
}

const identities = async () => (await ana.call("Identity/get", { ids: null })).list;
const item = (page, text) => page.getByRole("listitem").filter({ hasText: text });

async function go(page, section) {
  await page.getByRole("navigation", { name: "Settings" }).getByRole("link", { name: section, exact: true }).click();
}

async function signs(page) {
  await button(page, "Account: ana@example.org").click();
  await page.getByRole("menuitem", { name: "Settings" }).click();
  await go(page, "Identities");
  await button(page, "Edit ana@example.org").click();
  const form = dialog(page, "Edit ana@example.org");
  await form.getByLabel("Name").fill("Ana Sousa");
  await form.getByLabel("Answers go to").fill("nobody");
  await button(form, "Save").click();
  await form.getByRole("alert").filter({ hasText: "nobody is no address" }).waitFor();
  await form.getByLabel("Answers go to").fill("Desk <shop@example.org>");
  await form.getByLabel("Signature").fill("Ana Sousa\nLisbon");
  await form.getByRole("checkbox", { name: "With formatting" }).check();
  const text = form.getByRole("textbox", { name: "Signature" });
  await text.click();
  await page.keyboard.press("Control+Home");
  await page.keyboard.press("Shift+End");
  await page.keyboard.press("Control+B");
  await accessible(page, "an identity");
  await picture(page, "identity");
  await button(form, "Save").click();
  await toast(page, "Identity Ana Sousa <ana@example.org> changed").waitFor();
  const [own] = await identities();
  holds("its name", own.name === "Ana Sousa" && own.replyTo[0].email === "shop@example.org", JSON.stringify(own));
  holds("its signature", own.textSignature === "Ana Sousa\nLisbon" && /<b>Ana Sousa<\/b>/.test(own.htmlSignature), JSON.stringify(own));
  await button(page, "New identity").click();
  const other = dialog(page, "New identity");
  await other.getByLabel("Name").fill("The shop");
  await other.getByLabel("Address", { exact: true }).fill("eva@example.org");
  await button(other, "Save").click();
  await other.getByRole("alert").filter({ hasText: "You may not send from this address." }).waitFor();
  await other.getByLabel("Address", { exact: true }).fill("shop@example.org");
  await other.getByLabel("Signature").fill("The shop");
  await button(other, "Save").click();
  await toast(page, "Identity The shop <shop@example.org> made").waitFor();
  await accessible(page, "identities");
  await picture(page, "identities");
  await page.getByRole("button", { name: /^The shop <shop@example.org>: / }).click();
  await page.getByRole("menuitem", { name: "Use for new messages" }).click();
  await toast(page, "New messages go from The shop <shop@example.org>").waitFor();
  await page.goto(`${origin}/m/`);
  await row(page, 0).waitFor();
  await page.getByRole("grid").focus();
  await page.keyboard.press("c");
  const writing = dialog(page, "New message");
  const from = writing.getByRole("combobox", { name: "From" });
  await from.waitFor();
  holds("from the usual one", (await from.evaluate((select) => select.selectedOptions[0].text)) === "The shop <shop@example.org>");
  await writing.getByRole("textbox", { name: "Message", exact: true }).getByText("The shop").waitFor();
  await from.selectOption("Ana Sousa <ana@example.org>");
  const bold = writing.getByRole("textbox", { name: "Message", exact: true }).locator("b");
  await until("its signature is there as it was written", () => bold.textContent(), "Ana Sousa");
  await button(writing, "Delete draft").click();
  await page.goto(`${origin}/m/settings/identities`);
  await page.getByRole("button", { name: /^The shop <shop@example.org>: / }).last().click();
  await page.getByRole("menuitem", { name: "Delete identity" }).click();
  await button(toast(page, "Identity The shop <shop@example.org> deleted"), "Undo").click();
  await until("it is back", async () => (await identities()).some(({ name }) => name === "The shop"), true);
  ok("identities and signatures are made, used, deleted and brought back, and what is wrong is said");
}

async function goesAway(page) {
  await go(page, "Away");
  await page.getByText("No answers are sent now.").waitFor();
  await page.getByLabel("Answer while I am away").check();
  await button(page, "Save").click();
  await page.getByRole("alert").filter({ hasText: "Say what is answered." }).waitFor();
  await page.getByLabel("What it says").fill("I am at the sea until Monday.");
  await page.getByLabel("From").fill("2026-01-02T09:00");
  await page.getByLabel("Until").fill("2026-01-01T09:00");
  await button(page, "Save").click();
  await page.getByRole("alert").filter({ hasText: "before the beginning" }).waitFor();
  await page.getByLabel("Until").fill("2099-01-01T09:00");
  await button(page, "Save").click();
  await page.getByText("Answers are being sent.").waitFor();
  const [said] = (await ana.call("VacationResponse/get", { ids: null })).list;
  holds("it is on the host", said.isEnabled && said.textBody.startsWith("I am at the sea") && said.fromDate === "2026-01-02T09:00:00Z", JSON.stringify(said));
  await accessible(page, "away");
  await picture(page, "away");
  await page.getByLabel("Answer while I am away").uncheck();
  await button(page, "Save").click();
  await page.getByText("No answers are sent now.").waitFor();
  ok("an answer is given while one is away, and what is wrong is said");
}

async function transfers(page) {
  await go(page, "Import and export");
  await page.getByLabel("Which mail").selectOption("Inbox");
  await accessible(page, "import and export");
  await picture(page, "transfer");
  const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("link", { name: "Download", exact: true }).click()]);
  const mbox = readFileSync(await download.path());
  holds("it is mail", /^From /.test(mbox.toString("latin1")), mbox.toString("latin1").slice(0, 80));
  const put = (name, buffer) => page.locator("input[type=file]").setInputFiles({ name, mimeType: "application/mbox", buffer });
  await page.getByLabel("Into").selectOption("Casa");
  await put("mail.mbox", mbox);
  await page.getByText(/^mail\.mbox: \d+ messages imported/).waitFor();
  const { list } = await ana.call("Mailbox/get", { ids: null });
  const total = (name) => list.find((one) => one.name === name).totalEmails;
  holds("all of it came", total("Casa") > 10, String(total("Casa")));
  await put("mail.mbox", mbox);
  await page.getByText(/^mail\.mbox: 0 messages imported\. \d+ were there already/).waitFor();
  ok("mail goes out as a file and comes in from one, once");
}

async function bringsBack(page) {
  const { ids } = await ana.call("Email/query", { filter: { subject: "Obras na cozinha" } });
  await ana.call("Email/set", { destroy: ids.slice(0, 1) });
  await page.goto(`${origin}/m/settings/activity`);
  await item(page, "Obras").getByRole("checkbox").first().check();
  await accessible(page, "activity");
  await picture(page, "activity");
  await button(page, "Bring back 1 message").click();
  await toast(page, "1 message brought back").waitFor();
  await item(page, /1 message brought back into/).first().waitFor();
  await ana.call("Email/set", { destroy: ids.slice(1, 2) });
  await page.reload();
  await page.getByRole("combobox", { name: "Show" }).selectOption("What was deleted");
  await button(item(page, "deleted for good").first(), "Bring back").click();
  await toast(page, "1 message brought back").waitFor();
  await page.goto(`${origin}/m/`);
  await rowWith(page, "Obras na cozinha").waitFor();
  ok("one sees who did what, and brings back what was deleted");
}

/** What it looks like elsewhere. */
async function looks() {
  for (const [width, height] of [[1440, 900], [390, 844], [320, 640]]) {
    for (const colorScheme of ["light", "dark"]) {
      const locale = width === 390 ? "pt-PT" : width === 320 ? "pt-BR" : "en-GB";
      const context = await chromium.context({ viewport: { width, height }, colorScheme, locale });
      const page = await context.newPage();
      await chromium.logIn(page);
      for (const section of ["identities", "away", "transfer", "activity"]) {
        await page.goto(`${origin}/m/settings/${section}`);
        await page.locator(".settings-column h2").waitFor();
        await until("it is there", () => page.locator(".settings-column [aria-busy]").count(), 0);
        await accessible(page, `${section}, ${width}, ${colorScheme}`);
        holds(`no scrolling sideways at ${width}`, await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
        await picture(page, `${section}-${width}-${colorScheme}`);
      }
      await context.close();
    }
  }
  ok("these settings are read at 1440, 390 and 320 pixels, light and dark, in three languages");
}

try {
  await fill(origin, user, PASSWORD, 20);
  const context = await chromium.context();
  const page = await context.newPage();
  await chromium.logIn(page);
  for (const part of [signs, goesAway, transfers, bringsBack]) await part(page);
  await looks();
  holds("faults", chromium.faults.length === 0, chromium.faults.join("\n"));
  holds("requests to strangers", chromium.strangers.length === 0, chromium.strangers.join("\n"));
  process.stdout.write("the settings are content\n");
} catch (error) {
  for (const [at, context] of chromium.running.contexts().entries()) {
    for (const [place, page] of context.pages().entries()) await picture(page, `failed-${at}-${place}`).catch(() => undefined);
  }
  throw error;
} finally {
  await chromium.close();
  await running.remove();
}
