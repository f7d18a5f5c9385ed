// A real host for the scripts in this folder: in a folder of its own, started, killed and started again at the same place.
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { holds, until } from "./browser.mjs";

export const PASSWORD = "Cavalo-marinho 7";

/** Makes the people `names`, and starts it. With a `hostname` it also listens under TLS, with a certificate that it signed itself;
 * `settings` are lines of its configuration. */
export async function host(program, names, { hostname, settings = "" } = {}) {
  const folder = mkdtempSync(join(tmpdir(), "host-"));
  const data = join(folder, "data");
  const env = { ...process.env, CORREIO_RUN_AS: process.env["CORREIO_RUN_AS"] ?? String(process.getuid()) };
  const [port, tlsPort] = [await freePort(), await freePort()];
  const words = ["serve", "--data", data, "--domain", "example.org", "--listen", `http=127.0.0.1:${port}`];
  const file = join(folder, "correio.toml");
  writeFileSync(file, `${hostname === undefined ? "" : `hostname = "${hostname}"\n`}${settings}\n`);
  words.push("--config", file);
  if (hostname !== undefined) words.push("--listen", `https=127.0.0.1:${tlsPort}`);
  let child;

  async function start() {
    child = spawn(program, words, { env, stdio: ["ignore", "pipe", "pipe"] });
    let said = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (octets) => (said += octets));
    await until("the host is ready", () => /^ready$/m.test(said), true, 60_000);
  }

  function command(words, input = "") {
    const { status, stderr } = spawnSync(program, [...words, "--data", data], { env, input });
    holds(words.join(" "), status === 0, String(stderr));
  }

  /** Stops it at once, as a power cut does, and waits until it is gone. */
  async function kill(signal = "SIGKILL") {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once("exit", resolve));
    child.kill(signal);
    await gone;
  }

  await start();
  for (const name of names) command(["user", "add", `${name}@example.org`], `${PASSWORD}\n`);
  return {
    origin: `http://localhost:${port}`,
    /** Under TLS, by its own name. */
    secure: `https://${hostname}:${tlsPort}`,
    start,
    kill,
    command,
    async remove() {
      await kill("SIGTERM");
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
