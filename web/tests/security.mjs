// Who gets in as oneself, in the settings of the webmail: password, second factors, passkeys, logins, app passwords and tokens. In Chromium, against
// a real host under TLS that this script starts:
//   node web/tests/security.mjs PROGRAM
// With a folder behind it, pictures are left there.
import { createHmac } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { accessible, browser, button, dialog, enter, holds, ok, toast, until } from "./browser.mjs";
import { PASSWORD, host } from "./host.mjs";

const [program, pictures] = process.argv.slice(2);
const hostname = "mail.example.org";
const running = await host(program, ["ana"], { hostname });
const { origin, secure } = running;
const user = "ana@example.org";
const chromium = await browser(secure, user, PASSWORD, [`--host-resolver-rules=MAP ${hostname} 127.0.0.1`, "--ignore-certificate-errors"]);
const SECURITY = "/m/settings/security";
const NEXT_PASSWORD = "Gaivota azul 12";

async function picture(page, name) {
  if (pictures) await page.screenshot({ path: join(pictures, `${name}.png`), fullPage: false });
}

const section = (page, name) => page.getByRole("region", { name, exact: true });
const item = (page, text) => page.getByRole("listitem").filter({ hasText: text });

async function context(options = {}) {
  const made = await chromium.context({ ignoreHTTPSErrors: true, ...options });
  return made;
}

/** Somebody who is in, at the part of the settings. */
async function inside(options = {}) {
  const made = await context(options);
  const page = await made.newPage();
  await enter(page, secure, SECURITY, user, PASSWORD);
  await page.locator("#set-pop3").waitFor();
  return page;
}

/** What the authenticator app shows at a time (RFC 6238; RFC 4226, 5.3). */
function code(secret, at_ms = Date.now()) {
  const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  const bits = [...secret.replace(/\s/g, "")].map((letter) => letters.indexOf(letter).toString(2).padStart(5, "0")).join("");
  const key = Buffer.from(bits.match(/.{8}/g).map((octet) => Number.parseInt(octet, 2)));
  const moment = Buffer.alloc(8);
  moment.writeBigUInt64BE(BigInt(Math.floor(at_ms / 30_000)));
  const mac = createHmac("sha1", key).update(moment).digest();
  const from = mac[19] & 15;
  return String((mac.readUInt32BE(from) & 0x7fffffff) % 1_000_000).padStart(6, "0");
}

/** Has the host say once that the last proof is too old, as it does after ten minutes. */
async function ages(page, path = "settings") {
  const body = JSON.stringify({ type: "https://correio.example/problems/confirm", status: 403, detail: "confirm first" });
  let isSaid = false;
  await page.route(`**/auth/${path}`, async (route) => {
    if (isSaid || route.request().method() !== "POST") return await route.fallback();
    isSaid = true;
    await route.fulfill({ status: 403, contentType: "application/problem+json", body });
  });
}

const status = async (authorization) => (await fetch(`${origin}/jmap/session`, { headers: { authorization } })).status;
const basic = (password) => `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;
/** Whether a password opens pages. */
async function opens(password) {
  const headers = { "Content-Type": "application/json", "X-Correio-CSRF": "1" };
  const body = JSON.stringify({ login: user, password });
  return (await fetch(`${origin}/auth/login`, { method: "POST", headers, body })).status === 200;
}

async function logins(page) {
  const others = [await inside(), await inside(), await inside()];
  const isIn = (one) => one.evaluate(async () => (await fetch("/auth/session")).status);
  await page.reload();
  const where = section(page, "Where you are logged in");
  await until("all are listed", () => where.getByRole("listitem").count(), 4);
  await where.getByRole("listitem").filter({ hasText: "this one" }).waitFor();
  await accessible(page, "logins");
  await picture(page, "security-logins");
  await where.getByRole("button", { name: /^End: / }).first().click();
  await toast(page, "is logged out").waitFor();
  await until("one less", () => where.getByRole("listitem").count(), 3);
  const states = async () => (await Promise.all(others.map(isIn))).sort();
  await until("one is out", states, [200, 200, 401]);
  await button(where, "End all others").click();
  await button(dialog(page, "End all other logins?"), "End all others").click();
  await until("one is left", () => where.getByRole("listitem").count(), 1);
  await until("all others are out", states, [401, 401, 401]);
  holds("this one is in", (await isIn(page)) === 200);
  for (const other of others) await other.context().close();
  ok("one sees where one is logged in, ends one login and all others");
}

async function password(page) {
  const where = section(page, "Password");
  await button(where, "Change password").click();
  const one = dialog(page, "Change password");
  await one.getByLabel("New password").fill(NEXT_PASSWORD);
  await one.getByLabel("The same once more").fill("Gaivota azul 21");
  await button(one, "Change password").click();
  await one.getByRole("alert").filter({ hasText: "not typed the same twice" }).waitFor();
  await accessible(page, "a new password");
  await picture(page, "security-password");
  await one.getByLabel("The same once more").fill(NEXT_PASSWORD);
  await ages(page);
  await button(one, "Change password").click();
  const proof = dialog(page, "Confirm that it is you");
  await proof.getByLabel("Password", { exact: true }).fill("not the password");
  await button(proof, "Confirm").click();
  await proof.getByRole("alert").filter({ hasText: "That is not right" }).waitFor();
  await accessible(page, "a proof");
  await picture(page, "security-confirm");
  await proof.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await button(proof, "Confirm").click();
  await toast(page, "Password changed").waitFor();
  await one.waitFor({ state: "detached" });
  holds("the old one opens nothing", !(await opens(PASSWORD)));
  holds("the new one does", await opens(NEXT_PASSWORD));
  // Whoever changed it is still in.
  await page.reload();
  await page.locator("#set-pop3").waitFor();
  // Who thinks better of it changes nothing.
  await ages(page);
  await button(section(page, "Password"), "Change password").click();
  await one.getByLabel("New password").fill("Something else 1");
  await one.getByLabel("The same once more").fill("Something else 1");
  await button(one, "Change password").click();
  await button(proof, "Cancel").click();
  await proof.waitFor({ state: "detached" });
  await button(one, "Cancel").click();
  holds("it stays", await opens(NEXT_PASSWORD));
  ok("a password is changed after a proof, and its user stays in");
}

async function app(page) {
  const where = section(page, "Login in two steps");
  await button(where, "Set up an authenticator app").click();
  const one = dialog(page, "Set up an authenticator app");
  await one.getByRole("img", { name: "QR code for the authenticator app" }).waitFor();
  const secret = await one.locator("code").innerText();
  const uri = await one.getByRole("link").getAttribute("href");
  holds("its address", uri.startsWith(`otpauth://totp/${hostname}:`) && uri.includes(`secret=${secret.replace(/\s/g, "")}`), uri);
  const digits = one.getByLabel("The six digits that the app shows now");
  await digits.fill(code(secret, Date.now() + 3_600_000));
  await button(one, "Turn it on").click();
  await one.getByRole("alert").filter({ hasText: "That code is not right" }).waitFor();
  await accessible(page, "an app is set up");
  await picture(page, "security-app");
  await digits.fill(code(secret));
  await button(one, "Turn it on").click();
  const codes = dialog(page, "Recovery codes");
  await codes.waitFor();
  const listed = await codes.locator("code").allInnerTexts();
  holds("ten codes", listed.length === 10 && new Set(listed).size === 10, listed.join());
  await accessible(page, "recovery codes");
  await picture(page, "security-codes");
  // They are shown this once: nothing closes them by chance.
  await page.keyboard.press("Escape");
  await codes.waitFor();
  const began = page.waitForEvent("download");
  await button(codes, "Keep as a file").click();
  const file = await began;
  holds("its name", file.suggestedFilename() === "recovery-codes.txt", file.suggestedFilename());
  const kept = readFileSync(await file.path(), "utf8");
  holds("all are in the file", listed.every((one) => kept.includes(one)) && kept.includes(user), kept);
  await button(codes, "Copy").click();
  await button(codes, "Copied").waitFor();
  holds("they are copied", (await page.evaluate(() => navigator.clipboard.readText())) === listed.join("\n"));
  await button(codes, "I have it").click();
  await where.getByText("10 recovery codes left.").waitFor();
  await where.getByText("Pages ask for a code of your authenticator app, since").waitFor();
  // A code proves who one is as well.
  await ages(page);
  await button(where, "Make new recovery codes").click();
  await button(dialog(page, "Make new recovery codes?"), "Make new ones").click();
  const proof = dialog(page, "Confirm that it is you");
  await button(proof, "Use a code").click();
  await proof.getByLabel("Code of your app, or a recovery code").fill(listed[0]);
  await button(proof, "Confirm").click();
  await until("others", async () => (await codes.locator("code").allInnerTexts()).filter((one) => !listed.includes(one)).length, 10);
  await button(codes, "I have it").click();
  await button(where, "Turn it off").click();
  await button(dialog(page, "Turn the app off?"), "Turn it off").click();
  await toast(page, "Pages ask for no code any more").waitFor();
  await button(where, "Set up an authenticator app").waitFor();
  ok("an authenticator app is set up by picture or letters, with recovery codes that are shown once, and turned off");
}

async function passkeys(page) {
  const session = await page.context().newCDPSession(page);
  await session.send("WebAuthn.enable");
  const options = { protocol: "ctap2", transport: "internal", hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true };
  await session.send("WebAuthn.addVirtualAuthenticator", { options });
  const where = section(page, "Passkeys");
  await button(where, "Add a passkey").click();
  const one = dialog(page, "Add a passkey");
  await one.getByLabel("Name of the passkey").fill("Laptop");
  await accessible(page, "a passkey is named");
  await button(one, "Make").click();
  const codes = dialog(page, "Recovery codes");
  await button(codes, "I have it").click();
  await item(where, "Laptop").waitFor();
  await button(where, "Rename Laptop").click();
  await dialog(page, "Rename Laptop").getByLabel("Name of the passkey").fill("Old laptop");
  await button(dialog(page, "Rename Laptop"), "Save").click();
  await item(where, "Old laptop").waitFor();
  await accessible(page, "passkeys");
  // It proves who one is.
  await ages(page);
  await button(where, "Remove Old laptop").click();
  await button(dialog(page, "Remove Old laptop?"), "Remove").click();
  await button(dialog(page, "Confirm that it is you"), "Use a passkey").click();
  await toast(page, "Old laptop removed").waitFor();
  await until("none is left", () => where.getByRole("listitem").count(), 0);
  ok("a passkey is made, renamed, proves who one is, and is removed");
}

async function programs(page) {
  const where = section(page, "App passwords");
  const make = async (name) => {
    await button(where, "Make: App passwords").click();
    const one = dialog(page, "Make: App passwords");
    await one.getByLabel("Name of the device").fill(name);
    await button(one, "Make").click();
    return one;
  };
  await make("Phone");
  const shown = dialog(page, "For Phone: shown this once");
  const secret = (await shown.locator("code").innerText()).trim();
  await accessible(page, "an app password");
  await picture(page, "security-secret");
  await button(shown, "Copy").click();
  await button(shown, "Copied").waitFor();
  holds("it is copied", (await page.evaluate(() => navigator.clipboard.readText())) === secret);
  await button(shown, "I have it").click();
  await item(where, "Phone").getByText("never used").waitFor();
  holds("a program gets in", (await status(basic(secret))) === 200);
  const again = await make("Phone");
  await again.getByRole("alert").filter({ hasText: "This name cannot be had" }).waitFor();
  await button(again, "Cancel").click();
  await where.getByRole("checkbox", { name: /^Programs need an app password/ }).check();
  await toast(page, "Your main password is for pages alone now").waitFor();
  await until("the main password is for pages", () => status(basic(NEXT_PASSWORD)), 401);
  await page.reload();
  await page.locator("#set-pop3").waitFor();
  await item(where, "Phone").getByText(/· used /).waitFor();
  await button(where, "Remove Phone").click();
  await button(dialog(page, "Remove Phone?"), "Remove").click();
  await until("it lets nobody in any more", () => status(basic(secret)), 401);
  const tokens = section(page, "Access tokens");
  await button(tokens, "Make: Access tokens").click();
  const one = dialog(page, "Make: Access tokens");
  await one.getByLabel("Name of the device").fill("Script");
  await one.getByLabel("Good for so many days").fill("30");
  await accessible(page, "a token is made");
  await button(one, "Make").click();
  const token = (await dialog(page, "For Script: shown this once").locator("code").innerText()).trim();
  await button(dialog(page, "For Script: shown this once"), "I have it").click();
  await item(tokens, "Script").getByText("good until").waitFor();
  holds("a program gets in", (await status(`Bearer ${token}`)) === 200);
  await button(tokens, "Remove Script").click();
  await button(dialog(page, "Remove Script?"), "Remove").click();
  await until("it lets nobody in any more", () => status(`Bearer ${token}`), 401);
  ok("app passwords and tokens are made, shown once, used and revoked");
}

/** On a computer of others the login ends with the browser, and nothing is kept. */
async function brief() {
  const made = await chromium.running.newContext({ ignoreHTTPSErrors: true, locale: "en-GB" });
  const page = await made.newPage();
  const kept = () => page.evaluate(async () => ({ databases: (await indexedDB.databases()).map(({ name }) => name), caches: await caches.keys(), workers: (await navigator.serviceWorker.getRegistrations()).length, said: localStorage.getItem("correio.offline") }));
  // Their own computer first: mail is kept.
  await enter(page, secure, "/m/", user, NEXT_PASSWORD);
  await until("mail is kept", async () => (await kept()).workers, 1);
  await page.goto(`${secure}/auth/login`);
  await made.clearCookies();
  await page.goto(`${secure}/auth/login?next=/m/`);
  await page.getByLabel("Address").fill(user);
  await page.locator("input[type=password]").fill(NEXT_PASSWORD);
  const box = page.getByRole("checkbox", { name: /^This is not my computer/ });
  await box.check();
  await accessible(page, "the login of a computer of others");
  await picture(page, "brief-login");
  await page.locator("form.card button[type=submit]").click();
  await page.getByRole("button", { name: "Write" }).first().waitFor();
  await until("nothing is kept", async () => JSON.stringify(await kept()), JSON.stringify({ databases: [], caches: [], workers: 0, said: "0" }));
  const cookie = async () => (await made.cookies()).find(({ name }) => name === "__Host-correio");
  holds("it ends with the browser", (await cookie()).expires === -1, JSON.stringify(await cookie()));
  const session = await page.evaluate(async () => await (await fetch("/auth/session")).json());
  const hours = (Date.parse(session.expiresAt) - Date.now()) / 3_600_000;
  holds("and after some hours", session.stay === "brief" && hours > 3 && hours < 5, JSON.stringify(session));
  // What is written is on the host alone.
  await page.getByRole("button", { name: "Write" }).first().click();
  await page.getByRole("dialog").getByLabel("Subject").fill("Not here");
  await page.getByText(/^Saved /).waitFor();
  holds("no draft is kept here", (await kept()).databases.length === 0, JSON.stringify(await kept()));
  await button(page.getByRole("dialog"), "Delete draft").click();
  // What the page notes for itself goes with it.
  await page.goto(`${secure}/auth/style.css`);
  await until("nothing else is left", () => page.evaluate(() => Object.keys(localStorage).join()), "correio.offline");
  await page.goto(`${secure}/m/`);
  await page.getByRole("button", { name: "Write" }).first().waitFor();
  // The login in place asks the same, and knows what was said before.
  const login = dialog(page, "Log in again");
  await until("it is noted", () => page.evaluate(() => sessionStorage.getItem("correio.brief")), "1");
  await made.clearCookies();
  await page.getByRole("link", { name: /^Sent/ }).click();
  await login.waitFor();
  holds("it is known", await login.getByRole("checkbox").isChecked());
  await accessible(page, "the login in place");
  await picture(page, "brief-dialog");
  await login.getByLabel("Password").fill(NEXT_PASSWORD);
  await button(login, "Log in").click();
  await login.waitFor({ state: "detached" });
  holds("it ends with the browser as well", (await cookie()).expires === -1);
  await made.clearCookies();
  await page.getByRole("link", { name: /^Inbox/ }).click();
  await login.waitFor();
  await login.getByRole("checkbox").uncheck();
  await login.getByLabel("Password").fill(NEXT_PASSWORD);
  await button(login, "Log in").click();
  await login.waitFor({ state: "detached" });
  holds("one's own computer", (await cookie()).expires > Date.now() / 1000 + 86_400);
  await made.close();
  ok("on a computer of others the login ends with the browser or after some hours, and nothing is kept in it");
}

/** What it looks like elsewhere. */
async function looks() {
  for (const [width, height] of [[1440, 900], [390, 844], [320, 640]]) {
    for (const colorScheme of ["light", "dark"]) {
      const locale = width === 390 ? "pt-PT" : width === 320 ? "pt-BR" : "en-GB";
      const made = await context({ viewport: { width, height }, colorScheme, locale });
      const page = await made.newPage();
      await enter(page, secure, SECURITY, user, NEXT_PASSWORD);
      await page.locator("#set-pop3").waitFor();
      await accessible(page, `${width}, ${colorScheme}`);
      holds(`no scrolling sideways at ${width}`, await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
      await picture(page, `security-${width}-${colorScheme}`);
      await page.getByRole("button", { name: /^(Set up an auth|Configurar um)/ }).click();
      await page.getByRole("dialog").getByRole("img").waitFor();
      await accessible(page, `an app, ${width}, ${colorScheme}`);
      await picture(page, `security-app-${width}-${colorScheme}`);
      await made.close();
    }
  }
  ok("it is read at 1440, 390 and 320 pixels, light and dark, in three languages");
}

try {
  const page = await inside();
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  // From the menu of the account.
  await page.goto(`${secure}/m/`);
  await button(page, "Account: ana@example.org").click();
  await page.getByRole("menuitem", { name: "Password and security" }).click();
  await page.locator("#set-pop3").waitFor();
  for (const part of [logins, password, app, passkeys, programs]) await part(page);
  await brief();
  await looks();
  // Refusals are tried on purpose.
  holds("faults", chromium.faults.length === 0, chromium.faults.join("\n"));
  holds("requests to strangers", chromium.strangers.length === 0, chromium.strangers.join("\n"));
  process.stdout.write("the security is content\n");
} catch (error) {
  for (const [at, one] of chromium.running.contexts().entries()) {
    for (const [place, page] of one.pages().entries()) await picture(page, `failed-${at}-${place}`).catch(() => undefined);
  }
  throw error;
} finally {
  await chromium.close();
  await running.remove();
}
