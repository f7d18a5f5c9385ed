// News, settings, a login that ends, a host that is away.
import { holds, rowWith, until } from "../browser.mjs";
import { accessible, button, client, dialog, host, inbox, ok, origin, password, quiet, toast, user } from "./around.mjs";

export async function live(page) {
  const mail = `From: Rui <rui@example.net>\r\nTo: ${user}\r\nSubject: Acabou de chegar\r\n\r\nOlá!\r\n`;
  const blobId = await client.upload(mail, "message/rfc822");
  const began = Date.now();
  await client.call("Email/import", { emails: { a: { blobId, mailboxIds: { [(await inbox()).id]: true } } } });
  await rowWith(page, "Acabou de chegar").waitFor();
  const took_ms = Date.now() - began;
  holds("news shows soon", took_ms < 5000, `${took_ms} ms`);
  ok(`what others change shows by itself (${took_ms} ms)`);
}

/** Brings a message into the inbox as if it had come. */
async function comes(subject) {
  const blobId = await client.upload(`From: "Rui <b>" <rui@example.net>\r\nTo: ${user}\r\nSubject: ${subject}\r\n\r\nOlá!\r\n`, "message/rfc822");
  await client.call("Email/import", { emails: { a: { blobId, mailboxIds: { [(await inbox()).id]: true } } } });
}

export async function notifies() {
  const context = await host.context();
  const page = await context.newPage();
  // What the desktop would show, of somebody who allows it and looks elsewhere.
  await page.addInitScript(() => {
    const told = [];
    globalThis.told = told;
    globalThis.Notification = class {
      static permission = "default";
      static requestPermission = async () => (this.permission = "granted");
      constructor(title, { body }) {
        told.push(`${title}: ${body}`);
        globalThis.shown = this;
      }
      close() {}
    };
    document.hasFocus = () => false;
  });
  await host.logIn(page);
  await page.goto(`${origin}/m/settings`);
  await button(page, "Tell me of new messages").click();
  await page.getByLabel("Inbox", { exact: true }).waitFor();
  await accessible(page, "notifications");
  await comes("Bom dia");
  await until("it is told", () => page.evaluate(() => globalThis.told), ["Rui <b>: Bom dia"]);
  await page.evaluate(() => globalThis.shown.onclick());
  await page.getByRole("heading", { name: "Bom dia", level: 2 }).waitFor();
  await button(page, "Account").click();
  await page.getByRole("menuitem", { name: "Settings" }).click();
  await page.getByLabel("Inbox", { exact: true }).uncheck();
  await page.getByLabel("Casa", { exact: true }).check();
  const casa = (await client.call("Mailbox/get", { ids: null })).list.find((one) => one.name === "Casa");
  await until("it is kept", async () => (await client.call("Preferences/get", { ids: null })).list[0].values["webmail.notifies"], [casa.id]);
  await button(page, "Do not tell me any more").click();
  await button(page, "Tell me of new messages").waitFor();
  await context.close();
  ok("news is told on the desktop, of the folders that were chosen, and leads to the message");
}

export async function settings(page) {
  await button(page, "Account").click();
  await page.getByRole("menuitem", { name: "Settings" }).click();
  await page.getByLabel("Language").selectOption("pt-PT");
  await page.getByRole("heading", { name: "Definições" }).waitFor();
  await page.getByLabel("Compacta").check();
  await until("it is kept", async () => (await client.call("Preferences/get", { ids: null })).list[0].values["webmail.density"], "compact");
  await page.reload();
  await page.getByRole("heading", { name: "Definições" }).waitFor();
  holds("it is as it was left", await page.getByLabel("Compacta").isChecked());
  await page.getByLabel("Língua").selectOption("en");
  await page.getByLabel("Comfortable").check();
  await page.getByLabel("Group messages into conversations").uncheck();
  await page.getByRole("link", { name: "Inbox" }).click();
  await rowWith(page, "Slides for Thursday").waitFor();
  await until("flat rows", async () => await page.getByRole("row").filter({ hasText: "Slides for Thursday" }).count(), 2);
  await rowWith(page, "Re: Slides for Thursday").getByText("Re: Slides").click();
  await until("one message", async () => await page.getByRole("article").count(), 1);
  await client.call("Preferences/set", { update: { singleton: { "values/webmail.conversations": true } } });
  await until("another browser's choice shows", async () => await page.getByRole("row").filter({ hasText: "Slides for Thursday" }).count(), 1);
  await quiet(page, "settings changed");
  ok("settings count at once, are kept on the host, and come from other browsers");
}

export async function loginEnds(page) {
  await rowWith(page, "Lunch on Friday?").getByRole("checkbox").click();
  await quiet(page, "a row is chosen");
  await page.evaluate(async () => {
    await fetch("/auth/logout", { method: "POST", headers: { "X-Correio-CSRF": "1" } });
  });
  await page.keyboard.press("e");
  const again = dialog(page, "Log in again");
  await again.getByLabel("Password").fill("wrong");
  await page.keyboard.press("Enter");
  await again.getByRole("alert").filter({ hasText: "not right" }).waitFor();
  await again.getByLabel("Password").fill(password);
  await page.keyboard.press("Enter");
  await toast(page, "1 message archived").waitFor();
  await page.getByRole("grid").focus();
  await page.keyboard.press("z");
  await rowWith(page, "Lunch on Friday?").waitFor();
  ok("a login that ends is renewed in place, and what was asked is done");
}

export async function offline(page, context) {
  await context.setOffline(true);
  await page.getByRole("link", { name: "Casa" }).click();
  await page.getByText("The messages could not be loaded").waitFor();
  await page.getByText("The host cannot be reached. What you see may be old.").waitFor();
  await accessible(page, "offline");
  await context.setOffline(false);
  // The browser says that there is a network again, and what failed is asked for anew.
  await page.getByText("Nothing here").waitFor();
  await page.getByText("What you see may be old.").waitFor({ state: "detached" });
  ok("a host that is away is said, and comes back");
}
