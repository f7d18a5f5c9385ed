// Contacts in Chromium, against a real host that this script starts:
//   node web/tests/contacts.mjs PROGRAM
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
const ana = jmap(origin, user, PASSWORD);
const chromium = await browser(origin, user, PASSWORD);

/** A red square of so many pixels, as PNG. */
const PNG = Buffer.from("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==", "base64");
const side = (page) => page.getByRole("region", { name: "Contacts" });
const list = (page) => page.getByRole("listbox", { name: "Contacts", exact: true });
const card = (page) => page.getByRole("article");
const option = (page, name) => list(page).getByRole("option").filter({ hasText: name });

async function picture(page, name) {
  if (pictures) await page.screenshot({ path: join(pictures, `${name}.png`) });
}

/** All cards of the host that have these words in them. */
async function cards(text) {
  const { ids } = await ana.call("ContactCard/query", { filter: text === undefined ? null : { text } });
  return (await ana.call("ContactCard/get", { ids: ids.slice(0, 400) })).list;
}

async function choose(page, where, item) {
  await button(where, "More").click();
  await page.getByRole("menuitem", { name: item, exact: true }).click();
}

async function makes(page) {
  await button(page, "Contacts").first().click();
  await side(page).getByText("No contacts yet").waitFor();
  await accessible(page, "no contacts");
  await button(side(page), "New contact").click();
  const form = dialog(page, "New contact");
  await button(form, "Save").click();
  await form.getByRole("alert").filter({ hasText: "Say a name" }).waitFor();
  await form.getByLabel("First names").fill("Inês");
  await form.getByLabel("Surname").fill("Carvalho");
  await form.getByLabel("Organisation").fill("Ateliê Lda.");
  await form.getByLabel("Email 1", { exact: true }).fill("ines at casa");
  await button(form, "Save").click();
  await form.getByRole("alert").filter({ hasText: "email addresses" }).waitFor();
  await form.getByLabel("Email 1", { exact: true }).fill("ines@casa.example");
  await button(form, "Add email").click();
  await form.getByLabel("Email 2", { exact: true }).fill("ines@work.example");
  await form.getByLabel("Email 2: kind").selectOption("Work");
  await form.getByLabel("Phone 1", { exact: true }).fill("+351 912 345 678");
  await button(form, "Add address").click();
  await form.getByLabel("Street").fill("Rua das Flores, 3");
  await form.getByLabel("Postcode").fill("4050-265");
  await form.getByLabel("Town").fill("Porto");
  await form.getByLabel("Day", { exact: true }).fill("29");
  await form.getByLabel("Month").selectOption("February");
  await form.getByLabel("Notes").fill("Likes rye bread.\nTuesdays.");
  await form.locator("input[type=file]").setInputFiles({ name: "ines.png", mimeType: "image/png", buffer: PNG });
  await button(form, "Remove photo").waitFor();
  await accessible(page, "a form");
  await picture(page, "contact-form");
  await button(form, "Save").click();
  await page.getByRole("heading", { name: "Inês Carvalho" }).waitFor();
  await card(page).getByText("29 February").waitFor();
  const [made] = await cards();
  holds("its name", made.name.components.map(({ value }) => value).join(" ") === "Inês Carvalho", JSON.stringify(made));
  holds("its addresses", Object.values(made.emails).map(({ address }) => address).join() === "ines@casa.example,ines@work.example");
  holds("its photo", Object.values(made.media)[0].blobId !== undefined, JSON.stringify(made.media));
  await until("the photo is seen", () => card(page).locator("img").evaluate((image) => image.naturalWidth > 0), true);
  ok("a contact is made with all that one knows of them, and what is wrong is said");
}

async function changes(page) {
  await button(card(page), "Edit").click();
  const form = dialog(page, "Edit");
  await form.getByLabel("Phone 1", { exact: true }).fill("+351 1");
  await form.getByLabel("First names").fill("Inês Maria");
  await button(form, "Cancel").click();
  await button(dialog(page, "Leave without saving?"), "Cancel").click();
  await button(form, "Save").click();
  await page.getByRole("heading", { name: "Inês Maria Carvalho" }).waitFor();
  await button(toast(page, "Inês Maria Carvalho changed"), "Undo").click();
  await page.getByRole("heading", { name: "Inês Carvalho", exact: true }).waitFor();
  const [before] = await cards();
  holds("the number is back", Object.values(before.phones)[0].number === "+351 912 345 678", JSON.stringify(before.phones));
  await choose(page, card(page), "Delete contact");
  await until("it is gone", async () => (await cards()).length, 0);
  await button(toast(page, "Inês Carvalho deleted"), "Undo").click();
  await option(page, "Inês Carvalho").waitFor();
  const [again] = await cards();
  const { id: _, updated: __, media: ___, created: ____, ...rest } = before;
  for (const [name, value] of Object.entries(rest)) holds(`${name} is as it was`, JSON.stringify(again[name]) === JSON.stringify(value), JSON.stringify(again[name]));
  holds("the photo is back", Object.values(again.media)[0].blobId !== undefined, JSON.stringify(again.media));
  ok("a contact is changed and deleted, and both are undone, the photo too");
}

/** Another program changes a contact: it is seen at once. */
async function live(page) {
  await option(page, "Inês Carvalho").click();
  await page.getByRole("heading", { name: "Inês Carvalho" }).waitFor();
  const [one] = await cards();
  await ana.call("ContactCard/set", { update: { [one.id]: { titles: { t: { name: "Padeira" } } } } });
  await card(page).getByText("Padeira").waitFor();
  ok("what other programs change is seen at once");
}

async function groups(page) {
  await choose(page, side(page), "New group");
  const form = dialog(page, "New group");
  await form.getByLabel("Name").fill("Choir");
  await button(form, "Save").click();
  await until("the group is chosen", () => side(page).getByLabel("Show").evaluate((select) => select.selectedOptions[0]?.text), "Choir");
  await side(page).getByText("Nobody found").waitFor();
  await card(page).getByRole("checkbox", { name: "Choir" }).check();
  await option(page, "Inês Carvalho").waitFor();
  await accessible(page, "a group");
  await choose(page, side(page), "Write to all");
  const writing = dialog(page, "New message");
  await writing.getByText("Inês Carvalho").waitFor();
  await button(writing, "Delete draft").click();
  await side(page).getByLabel("Show").selectOption("All contacts");
  await choose(page, side(page), "New address book");
  const book = dialog(page, "New address book");
  await book.getByLabel("Name").fill("Work");
  await button(book, "Save").click();
  await until("the book is chosen", () => side(page).getByLabel("Show").evaluate((select) => select.selectedOptions[0]?.text), "Work");
  await card(page).getByRole("checkbox", { name: "Work" }).check();
  await option(page, "Inês Carvalho").waitFor();
  await choose(page, side(page), "Delete address book");
  await button(dialog(page, "Delete Work?"), "Delete address book").click();
  await toast(page, "Address book Work deleted").waitFor();
  await option(page, "Inês Carvalho").waitFor();
  ok("groups are made, filled and written to; address books are made, filled and deleted");
}

async function transfers(page) {
  const many = Array.from({ length: 1500 }, (_, n) => `BEGIN:VCARD\r\nVERSION:3.0\r\nUID:p-${n}\r\nFN:Pessoa ${String(n).padStart(4, "0")}\r\nN:${String(n).padStart(4, "0")};Pessoa;;;\r\nEMAIL;TYPE=HOME:p${n}@example.net\r\nEND:VCARD\r\n`).join("");
  const put = (text) => page.locator("input[type=file][accept*=vcf]").setInputFiles({ name: "people.vcf", mimeType: "text/vcard", buffer: Buffer.from(text) });
  await put(many);
  await toast(page, "1,500 contacts imported").waitFor({ timeout: 60_000 });
  await side(page).getByText("1,501 contacts").waitFor();
  holds("few rows are there", (await list(page).getByRole("option").count()) < 60);
  await list(page).focus();
  await page.keyboard.press("End");
  await option(page, "Pessoa 1499").waitFor();
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Pessoa 1499" }).waitFor();
  await put(many);
  await toast(page, "0 contacts imported, 1500 there already").waitFor({ timeout: 60_000 });
  await put("hello");
  await toast(page, "There are no contacts in people.vcf").waitFor();
  await side(page).getByRole("searchbox").fill("pessoa 0042");
  await side(page).getByText("1 contact", { exact: true }).waitFor();
  await option(page, "Pessoa 0042").waitFor();
  await side(page).getByRole("searchbox").fill("ines flores");
  await option(page, "Inês Carvalho").click();
  await page.getByRole("heading", { name: "Inês Carvalho" }).waitFor();
  await picture(page, "contacts");
  await accessible(page, "a contact");
  const [download] = await Promise.all([page.waitForEvent("download"), choose(page, card(page), "Export as vCard")]);
  holds("its name", download.suggestedFilename() === "Inês Carvalho.vcf", download.suggestedFilename());
  const text = readFileSync(await download.path(), "utf8").replace(/\r\n /g, "");
  for (const line of ["FN:Inês Carvalho", "N:Carvalho;Inês;;;", "EMAIL;TYPE=INTERNET,WORK:ines@work.example", "TEL;TYPE=CELL:+351 912 345 678", "BDAY:--02-29", "NOTE:Likes rye bread.\\nTuesdays."]) {
    holds("the file", text.includes(`${line}\r\n`), text);
  }
  holds("the photo is in it", /PHOTO;ENCODING=b;TYPE=JPEG:\/9j/.test(text));
  await side(page).getByRole("searchbox").fill("");
  await side(page).getByText("1,501 contacts").waitFor();
  ok("1,500 contacts are imported, found and jumped to, those that are there already are not made twice, and one goes out as a file");
}

async function adds(page) {
  await page.goto(`${origin}/m/`);
  await row(page, 0).waitFor();
  await rowWith(page, "Obras na cozinha").getByText("Re: Obras").click();
  await page.frameLocator('iframe[title="Message from Rui Tavares"]').getByText("Conseguem").waitFor();
  const message = page.getByRole("article").filter({ hasText: "Rui Tavares" }).last();
  await button(message, "More actions").click();
  await page.getByRole("menuitem", { name: "Add to contacts" }).click();
  await toast(page, "Rui Tavares added to contacts").waitFor();
  const [rui] = await cards("tavares");
  holds("the address", Object.values(rui.emails)[0].address === "rui.tavares@example.net", JSON.stringify(rui));
  await button(message, "More actions").click();
  await page.getByRole("menuitem", { name: "Add to contacts" }).click();
  await toast(page, "Rui Tavares is in your contacts already").waitFor();
  ok("who wrote a message comes into the contacts, once");
}

async function completes(page) {
  await page.getByRole("grid").focus();
  await page.keyboard.press("c");
  const writing = dialog(page, "New message");
  await writing.getByRole("combobox", { name: "To", exact: true }).pressSequentially("ines ateli");
  await writing.getByRole("option").filter({ hasText: "ines@work.example" }).waitFor();
  await page.keyboard.press("Enter");
  await writing.getByRole("button", { name: /^Inês Carvalho <ines@casa.example>/ }).waitFor();
  await writing.getByRole("combobox", { name: "To", exact: true }).pressSequentially("ines ateli");
  await until("the one that is there is not offered again", () => writing.getByRole("option").allTextContents(), ["Inês Carvalhoines@work.example"]);
  await writing.getByRole("combobox", { name: "To", exact: true }).fill("");
  await writing.getByRole("button", { name: /^Inês Carvalho <ines@casa.example>/ }).focus();
  await page.keyboard.press("Backspace");
  await writing.getByRole("combobox", { name: "To", exact: true }).pressSequentially("choi");
  await writing.getByRole("option").filter({ hasText: "Group of 1" }).waitFor();
  await page.keyboard.press("Enter");
  await writing.getByRole("button", { name: /^Inês Carvalho <ines@casa.example>/ }).waitFor();
  await button(writing, "Delete draft").click();
  ok("addresses are completed from contacts and groups, without their accents");
}

/** What it looks like elsewhere. */
async function looks() {
  for (const [width, height] of [[1440, 900], [820, 1100], [390, 844], [320, 640]]) {
    for (const colorScheme of ["light", "dark"]) {
      const locale = width === 390 ? "pt-PT" : width === 320 ? "pt-BR" : "en-GB";
      const context = await chromium.context({ viewport: { width, height }, colorScheme, locale });
      const page = await context.newPage();
      await chromium.logIn(page);
      await page.goto(`${origin}/m/contacts`);
      await page.locator(".contact-said").first().waitFor();
      await accessible(page, `contacts, ${width}, ${colorScheme}`);
      await picture(page, `contacts-${width}-${colorScheme}`);
      await page.locator(".contact-row").filter({ hasText: "Inês Carvalho" }).click();
      await page.getByRole("heading", { name: "Inês Carvalho" }).waitFor();
      await accessible(page, `a contact, ${width}, ${colorScheme}`);
      await picture(page, `contact-${width}-${colorScheme}`);
      await page.getByRole("button", { name: /^Edit/ }).click();
      await page.getByRole("dialog").getByRole("textbox").first().waitFor();
      await accessible(page, `a form, ${width}, ${colorScheme}`);
      await picture(page, `contact-form-${width}-${colorScheme}`);
      holds(`no scrolling sideways at ${width}`, await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
      await context.close();
    }
  }
  ok("contacts are read and changed at 1440, 820, 390 and 320 pixels, light and dark, in three languages");
}

try {
  await fill(origin, user, PASSWORD, 20);
  const context = await chromium.context();
  const page = await context.newPage();
  await chromium.logIn(page);
  for (const part of [makes, changes, live, groups, transfers, adds, completes]) await part(page);
  await looks();
  holds("faults", chromium.faults.length === 0, chromium.faults.join("\n"));
  holds("requests to strangers", chromium.strangers.length === 0, chromium.strangers.join("\n"));
  process.stdout.write("the contacts are content\n");
} catch (error) {
  for (const [at, context] of chromium.running.contexts().entries()) {
    for (const [place, page] of context.pages().entries()) await picture(page, `failed-${at}-${place}`).catch(() => undefined);
  }
  throw error;
} finally {
  await chromium.close();
  await running.remove();
}
