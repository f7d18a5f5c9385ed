// Firefox without a window, spoken to as its own developers do in their tests: Marionette, JSON over a socket, `LENGTH:[type, id, command, arguments]`.
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { holds, until } from "./browser.mjs";

const PREFERENCES = {
  "marionette.port": 0,
  "app.normandy.enabled": false,
  "app.update.disabledForTesting": true,
  "browser.aboutwelcome.enabled": false,
  "browser.shell.checkDefaultBrowser": false,
  "browser.startup.homepage_override.mstone": "ignore",
  "datareporting.policy.dataSubmissionEnabled": false,
  "intl.accept_languages": "en-GB",
  "network.captive-portal-service.enabled": false,
  "network.connectivity-service.enabled": false,
};
const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
/** What elements are called in answers (WebDriver, 12.1). */
const ELEMENT = "element-6066-11e4-a52e-4f735466cecf";

export async function firefox(program = "firefox-esr") {
  const profile = mkdtempSync(join(tmpdir(), "firefox-"));
  const lines = Object.entries(PREFERENCES).map(([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});`);
  writeFileSync(join(profile, "user.js"), `${lines.join("\n")}\n`);
  const words = ["--headless", "--marionette", "--no-remote", "--profile", profile];
  // A group of its own, so that all its processes end together.
  const child = spawn(program, words, { env: { ...process.env, HOME: profile, MOZ_HEADLESS: "1" }, stdio: "ignore", detached: true });
  const portSaid = () => {
    try {
      return Number(readFileSync(join(profile, "MarionetteActivePort"), "utf8")) > 0;
    } catch {
      return false;
    }
  };
  await until("Firefox is there", portSaid, true, 60_000);
  const socket = connect(Number(readFileSync(join(profile, "MarionetteActivePort"), "utf8")), "127.0.0.1");
  const waiting = new Map();
  let [read, count] = [Buffer.alloc(0), 0];
  socket.on("data", (octets) => {
    read = Buffer.concat([read, octets]);
    for (let colon = read.indexOf(":"); colon > 0; colon = read.indexOf(":")) {
      const end = colon + 1 + Number(read.subarray(0, colon));
      if (read.length < end) return;
      const said = JSON.parse(read.subarray(colon + 1, end).toString());
      read = read.subarray(end);
      // What it says first is who it is.
      if (Array.isArray(said)) waiting.get(said[1])?.(said);
    }
  });

  async function ask(command, asked = {}) {
    count += 1;
    const id = count;
    const answer = new Promise((resolve) => waiting.set(id, resolve));
    const text = JSON.stringify([0, id, command, asked]);
    socket.write(`${Buffer.byteLength(text)}:${text}`);
    const [, , error, result] = await answer;
    waiting.delete(id);
    if (error) throw new Error(`${command}: ${error.error} ${error.message}`);
    return result;
  }

  await ask("WebDriver:NewSession", { capabilities: { alwaysMatch: { acceptInsecureCerts: true } } });
  await ask("WebDriver:SetTimeouts", { script: 60_000, implicit: 0, pageLoad: 60_000 });
  await ask("WebDriver:SetWindowRect", { width: 1440, height: 900 });

  /** Runs a function in the page, with what it is given. */
  const run = async (act, ...given) => (await ask("WebDriver:ExecuteScript", { script: `return (${act})(...arguments);`, args: given })).value;

  /** Elements that a selector finds, and that have this name for who does not see them, or this text. */
  const find = async (selector, name) =>
    await run(
      (selector, name) =>
        [...document.querySelectorAll(selector)].find((one) => {
          const labels = [one.getAttribute("aria-label"), one.labels?.[0]?.textContent, one.textContent].map((said) => said?.trim());
          return one.checkVisibility() && (name === null || labels.some((said) => said === name || said?.startsWith(name)));
        }) ?? null,
      selector,
      name ?? null,
    );

  /** The same, once it is there. */
  async function get(selector, name) {
    let found = null;
    await until(`${selector} ${name ?? ""}`, async () => (found = await find(selector, name)) !== null, true, 30_000);
    return found[ELEMENT];
  }

  const click = async (selector, name) => await ask("WebDriver:ElementClick", { id: await get(selector, name) });
  const type = async (selector, name, text) => await ask("WebDriver:ElementSendKeys", { id: await get(selector, name), text });

  /** Keys for whatever has the focus; a list is held down together. */
  async function press(...keys) {
    const actions = [...keys.map((value) => ({ type: "keyDown", value })), ...keys.toReversed().map((value) => ({ type: "keyUp", value }))];
    await ask("WebDriver:PerformActions", { actions: [{ type: "key", id: "keys", actions }] });
    await ask("WebDriver:ReleaseActions");
  }

  async function accessible(what) {
    const script = `const done = arguments[arguments.length - 1]; ${AXE}; axe.run(document, { iframes: false, resultTypes: ["violations"] }).then((found) => done(found.violations.map((one) => one.id + ": " + one.nodes.map((node) => node.html.slice(0, 200)).slice(0, 3).join(" | "))), (error) => done([String(error)]));`;
    await run(() => Promise.allSettled(document.getAnimations().map((one) => one.finished)).then(() => null));
    const { value } = await ask("WebDriver:ExecuteAsyncScript", { script, args: [] });
    holds(`axe in Firefox, ${what}:`, value.length === 0, value.join("\n"));
  }

  return {
    ask,
    run,
    find,
    get,
    click,
    type,
    press,
    accessible,
    go: (url) => ask("WebDriver:Navigate", { url }),
    async picture(file) {
      const { value } = await ask("WebDriver:TakeScreenshot", { full: false });
      writeFileSync(file, Buffer.from(value, "base64"));
    },
    async close() {
      socket.destroy();
      const gone = new Promise((resolve) => child.once("exit", resolve));
      process.kill(-child.pid, "SIGKILL");
      await gone;
      rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
