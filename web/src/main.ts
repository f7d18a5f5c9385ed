// Begins: words, session and the first list, each as early as it can be asked for.

import { flushSync, mount } from "svelte";
import App from "./App.svelte";
import { composeHere, restoreDrafts } from "./compose/open.ts";
import { reason } from "./actions/done.ts";
import { LoggedOut, Unreachable } from "./jmap/errors.ts";
import { BASE } from "./jmap/http.ts";
import { fetchParts } from "./screens/parts.ts";
import { connection } from "./store/connection.svelte.ts";
import { fetchBasics, listen } from "./store/start.ts";
import "./style/tokens.css";
import "./style/base.css";
import "./style/ui.css";
import "./style/frame.css";
import "./style/list.css";
import "./style/reader.css";
import "./style/settings.css";
import "./style/writing.css";
import "./style/layout.css";
import { words } from "./words/words.svelte.ts";

const offline = () => import("./offline/main.ts");

async function start(target: HTMLElement): Promise<void> {
  const [, said] = await Promise.allSettled([words.load(), connection.connect()]);
  if (said?.status === "rejected") {
    const isAway = said.reason instanceof Unreachable && localStorage.getItem("correio.kept");
    if (!isAway || !(await (await offline()).wake())) throw said.reason;
  }
  // What waits goes before all that is done now.
  const begin = () => import("./offline/here.ts").then((here) => here.begin()).catch(() => undefined);
  if (localStorage.getItem("correio.queue")) await begin();
  // The page asks for its list in this turn already, and so all of it goes in one request.
  mount(App, { target });
  flushSync();
  const basics = fetchBasics();
  await basics;
  listen();
  fetchParts();
  void begin();
  // What is given to this tab is not brought back as well.
  void composeHere().catch(() => undefined).then(restoreDrafts);
  if (localStorage.getItem("correio.notifies") === "1") void import("./live/notifications.svelte.ts").then(({ notifications }) => notifications.listen());
}

function failed(target: HTMLElement, error: unknown): void {
  if (error instanceof LoggedOut) {
    location.replace(`${BASE}auth/login?next=${encodeURIComponent(location.pathname + location.search)}`);
    return;
  }
  const box = document.createElement("div");
  box.className = "empty";
  box.setAttribute("role", "alert");
  const said = document.createElement("p");
  said.textContent = words.isThere ? `${words.text.errors.start}. ${reason(error)}` : String(error);
  const again = document.createElement("button");
  again.className = "button plain";
  again.textContent = words.isThere ? words.text.retry : "↻";
  again.onclick = () => location.reload();
  box.append(said, again);
  target.replaceChildren(box);
}

const target = document.getElementById("app");
if (target) start(target).catch((error: unknown) => failed(target, error));
