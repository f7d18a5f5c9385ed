// Mail to look at: conversations of several people, newsletters, attachments, English and Portuguese, and as many plain messages as one likes.
// Everything is the same each time. It is imported as one mbox (docs/jmap/import.md).

const DAY_S = 86_400;

const PEOPLE = [
  ["Ana Sousa", "ana@example.org"],
  ["Rui Tavares", "rui.tavares@example.net"],
  ["Marta Nogueira", "marta@oficina.example"],
  ["João Pedro Lima", "joaopedro@example.com"],
  ["Inês Carvalho", "ines.carvalho@example.net"],
  ["Thomas Weber", "thomas.weber@example.de"],
  ["Claire Fontaine", "claire@atelier.example"],
  ["Beatriz Almeida", "bia.almeida@example.com.br"],
  ["Oliver Grant", "oliver.grant@example.co.uk"],
  ["Câmara Municipal", "noreply@cm.example"],
];

const encoded = (text) => (/^[\x20-\x7e]*$/.test(text) ? text : `=?utf-8?B?${Buffer.from(text).toString("base64")}?=`);
const address = ([name, email]) => `${encoded(name)} <${email}>`;
const base64 = (octets) => Buffer.from(octets).toString("base64").replace(/.{76}/g, "$&\n");

/** The date of mbox separators, in UTC. */
const asctime = (date) => {
  const [week, day, month, year, time] = date.toUTCString().replace(",", "").split(" ");
  return `${week} ${month} ${day} ${time} ${year}`;
};

/** One message as mbox has it. */
function message({ id, from, to, cc, subject, date, replies = [], status = "RO", flagged = false, tags = "", body, html, files = [], fields = [] }) {
  const head = [
    `From ${from[1]} ${asctime(date)}`,
    `From: ${address(from)}`,
    `To: ${to.map(address).join(", ")}`,
    ...(cc ? [`Cc: ${cc.map(address).join(", ")}`] : []),
    `Subject: ${encoded(subject)}`,
    `Date: ${date.toUTCString().replace("GMT", "+0000")}`,
    `Message-ID: <${id}@example.org>`,
    ...(replies.length ? [`In-Reply-To: <${replies.at(-1)}@example.org>`, `References: ${replies.map((one) => `<${one}@example.org>`).join(" ")}`] : []),
    ...fields,
    "MIME-Version: 1.0",
  ];
  const text = ["Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: base64", "", base64(body ?? "")];
  const rich = ["Content-Type: text/html; charset=utf-8", "Content-Transfer-Encoding: base64", "", base64(html ?? "")];
  let content = html === undefined ? text : body === undefined ? rich : multipart("alternative", [text, rich]);
  if (files.length) {
    const parts = files.map(({ name, type, octets }) => [
      `Content-Type: ${type}; name="${name}"`,
      `Content-Disposition: attachment; filename="${name}"`,
      "Content-Transfer-Encoding: base64",
      "",
      base64(octets),
    ]);
    content = multipart("mixed", [content, ...parts]);
  }
  // Where programs of mbox write it: behind all that came with the message.
  const kept = [`Status: ${status}`, ...(flagged ? ["X-Status: F"] : []), ...(tags ? [`X-Keywords: ${tags}`] : [])];
  const end = content.indexOf("");
  return [...head, ...content.slice(0, end), ...kept, ...content.slice(end), "", ""].join("\n");
}

function multipart(kind, parts) {
  const boundary = `b-${kind}-1`;
  const lines = parts.flatMap((part) => [`--${boundary}`, ...part, ""]);
  return [`Content-Type: multipart/${kind}; boundary="${boundary}"`, "", ...lines, `--${boundary}--`];
}

const NEWSLETTER = (title, lead, pictures) => `<!doctype html><html><body style="margin:0;background:#f4f0e8">
<table width="100%" cellpadding="0" cellspacing="0" bgcolor="#f4f0e8"><tr><td align="center" style="padding:24px">
<table width="600" cellpadding="0" cellspacing="0" bgcolor="#ffffff" style="border-radius:8px">
<tr><td bgcolor="#7a3b2e" style="padding:28px;color:#ffffff;font:700 26px Georgia,serif">${title}</td></tr>
<tr><td style="padding:28px;font:16px/1.6 Georgia,serif;color:#333333"><p>${lead}</p>
${pictures ? '<img src="https://pictures.invalid/1.jpg" width="544" height="220" alt="A loaf of bread"><img src="https://pictures.invalid/2.gif" width="1" height="1">' : ""}
<h2 style="color:#7a3b2e">This week</h2><ul><li>Rye with caraway, Tuesday</li><li>Pão de centeio, quarta-feira</li><li>Sourdough class, Saturday at ten</li></ul>
<p><a href="https://bakery.invalid/" style="color:#7a3b2e">Read on the web</a></p></td></tr></table></td></tr></table></body></html>`;

/** Conversations that are worth looking at, the newest first. */
function shown(now, me) {
  const at = (hours) => new Date(now - hours * 3_600_000);
  const [, rui, marta, joao, ines, thomas, claire, bia, oliver, camara] = PEOPLE;
  const pdf = Buffer.from("%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n".padEnd(48_000, " "));
  const png = Buffer.from("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==", "base64");
  return [
    message({ id: "casa-1", from: marta, to: [me], cc: [rui], subject: "Obras na cozinha: orçamento", date: at(50), body: "Olá Ana,\n\nSegue em anexo o orçamento para a cozinha, com as duas opções de que falámos. A bancada em pedra demora mais três semanas.\n\nFico à espera,\nMarta\n", files: [{ name: "orçamento-cozinha.pdf".normalize("NFC").replace(/ç/g, "c"), type: "application/pdf", octets: pdf }, { name: "planta.png", type: "image/png", octets: png }] }),
    message({ id: "casa-2", from: me, to: [marta], cc: [rui], subject: "Re: Obras na cozinha: orçamento", date: at(27), replies: ["casa-1"], body: "Obrigada, Marta. Prefiro a madeira.\n\nO Rui tem uma dúvida sobre os prazos.\n\nAna\n\n> Segue em anexo o orçamento para a cozinha\n" }),
    message({ id: "casa-3", from: rui, to: [marta, me], subject: "Re: Obras na cozinha: orçamento", date: at(3), replies: ["casa-1", "casa-2"], status: "O", flagged: true, tags: "casa", body: "Bom dia,\n\nConseguem começar antes do dia 12? A seguir estamos fora duas semanas, e gostávamos que a parte mais barulhenta já estivesse feita.\n\nUm abraço,\nRui\n" }),
    message({ id: "bread", from: ["Crumb & Crust", "news@bakery.invalid"], to: [me], subject: "Rye is back, and a class on Saturday", date: at(5), status: "O", html: NEWSLETTER("Crumb &amp; Crust", "The mill has sent us the first rye of the year, and it smells of hay.", true), fields: ["List-Unsubscribe: <https://bakery.invalid/u>", "List-Id: <news.bakery.invalid>"] }),
    message({ id: "talk-1", from: thomas, to: [me, oliver], subject: "Slides for Thursday", date: at(30), tags: "work", body: "Hi both,\n\nhere is the first version. Slide 7 needs a better chart; ideas welcome.\n\nThomas\n", files: [{ name: "slides-v1.pdf", type: "application/pdf", octets: pdf }] }),
    message({ id: "talk-2", from: oliver, to: [thomas, me], subject: "Re: Slides for Thursday", date: at(8), replies: ["talk-1"], status: "O", tags: "work", body: "Looks good. For slide 7 I would show the two lines only, and say the rest.\n\nCould you also send the numbers behind it?\n\nOliver\n" }),
    message({ id: "claire", from: claire, to: [me], subject: "A room with a view of the river", date: at(26), flagged: true, html: "<p>Dear Ana,</p><p>the room is <b>yours</b> from the 3rd to the 9th. Breakfast is in the garden if the weather is kind.</p><p>À bientôt,<br>Claire</p>", body: "Dear Ana, the room is yours." }),
    message({ id: "bia", from: bia, to: [me, joao, ines], subject: "Aniversário da avó", date: at(47), status: "O", body: "Oi, gente!\n\nO bolo fica por minha conta. Quem leva as cadeiras?\n\nBeijos,\nBia\n" }),
    message({ id: "camara", from: camara, to: [me], subject: "Recibo n.º 2026/48112: água", date: at(72), body: "Exmo.(a) Sr.(a),\n\nO seu recibo está disponível. Valor: 23,40 €.\n", files: [{ name: "recibo-48112.pdf", type: "application/pdf", octets: pdf }] }),
    message({ id: "ines", from: ines, to: [me], subject: "Fotografias do fim de semana", date: at(96), body: "Ficaram lindas! Mando as restantes logo à noite.\n", files: [{ name: "serra-1.png", type: "image/png", octets: png }, { name: "serra-2.png", type: "image/png", octets: png }] }),
    message({ id: "joao", from: joao, to: [me], subject: "Lunch on Friday?", date: at(120), body: "The place by the market again, at one?\n\nJoão\n" }),
  ];
}

const SUBJECTS = ["Minutes of the meeting", "Fatura de novembro", "Re: the garden fence", "Weekly report", "Convite: jantar de sábado", "Your order has been sent", "Notes on the draft", "Bilhetes para o concerto", "Question about the lease", "Horário da próxima semana"];
const LINES = ["Could you have a look at this before Monday? I think the second part is nearly there.", "Segue o que combinámos. Diga se falta alguma coisa, por favor.", "Thank you for the quick answer; that helps a lot.", "O tempo vai melhorar no fim de semana, por isso podemos ir à praia.", "Attached you find what we talked about, with the changes marked."];

/** Plain messages, one every three hours into the past; the first of them is the one of this index. */
function plain(now, me, count, first = 0) {
  return Array.from({ length: count }, (_, place) => {
    const index = first + place;
    const from = PEOPLE[1 + (index * 7) % (PEOPLE.length - 1)];
    const subject = `${SUBJECTS[(index * 3) % SUBJECTS.length]} ${index + 1}`;
    const date = new Date(now - (6 * DAY_S + index * 10_800) * 1000);
    const body = `${LINES[index % LINES.length]}\n\nNumber ${index + 1}.\n`;
    return message({ id: `plain-${index}`, from, to: [me], subject, date, status: index % 9 === 4 ? "O" : "RO", body });
  });
}

/** Calls JMAP as a program does. */
export function jmap(origin, user, password) {
  const login = `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;
  let session;
  const get = async (url, init = {}) => {
    const answer = await fetch(url, { ...init, headers: { Authorization: login, ...init.headers } });
    if (!answer.ok) throw new Error(`${url}: ${answer.status} ${await answer.text()}`);
    return await answer.json();
  };
  return {
    async session() {
      return (session ??= await get(`${origin}/jmap/session`));
    },
    async call(method, arguments_) {
      const { apiUrl, primaryAccounts, capabilities } = await this.session();
      const accountId = primaryAccounts["urn:ietf:params:jmap:mail"];
      const body = JSON.stringify({ using: Object.keys(capabilities), methodCalls: [[method, { accountId, ...arguments_ }, "0"]] });
      const answer = await get(apiUrl, { method: "POST", headers: { "Content-Type": "application/json" }, body });
      const [name, value] = answer.methodResponses[0];
      if (name === "error") throw new Error(`${method}: ${JSON.stringify(value)}`);
      return value;
    },
    async upload(octets, type) {
      const { uploadUrl, primaryAccounts } = await this.session();
      const url = uploadUrl.replace("{accountId}", primaryAccounts["urn:ietf:params:jmap:mail"]);
      return (await get(url, { method: "POST", headers: { "Content-Type": type }, body: octets })).blobId;
    },
    async download(blobId) {
      const { downloadUrl, primaryAccounts } = await this.session();
      const words = { accountId: primaryAccounts["urn:ietf:params:jmap:mail"], blobId, name: "file", type: "application/octet-stream" };
      const url = downloadUrl.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(words[name]));
      const answer = await fetch(url, { headers: { Authorization: login } });
      if (!answer.ok) throw new Error(`${url}: ${answer.status}`);
      return Buffer.from(await answer.arrayBuffer());
    },
  };
}

/** Fills an account; gives how many messages came in. */
export async function fill(origin, user, password, count, now = Date.now()) {
  const me = ["Ana Sousa", user];
  const client = jmap(origin, user, password);
  const mbox = [...shown(now, me), ...plain(now, me, count)].join("");
  const blobId = await client.upload(Buffer.from(mbox), "application/mbox");
  const answer = await client.call("MailFile/import", { blobId, mailboxId: null, name: "sample.mbox" });
  if (answer.error) throw new Error(JSON.stringify(answer.error));
  for (const name of ["Casa", "Projetos", "Viagens"]) await client.call("Mailbox/set", { create: { a: { name } } });
  const { list } = await client.call("Mailbox/get", { ids: null });
  const parentId = list.find((mailbox) => mailbox.name === "Projetos").id;
  for (const name of ["Horta", "Livro"]) await client.call("Mailbox/set", { create: { a: { name, parentId } } });
  return answer.mailboxes[0]?.imported ?? 0;
}

/** Fills an account with plain messages, in files that a host takes at once. */
export async function fillPlain(origin, user, password, count, now = Date.now()) {
  const client = jmap(origin, user, password);
  const AT_ONCE = 20_000;
  for (let first = 0; first < count; first += AT_ONCE) {
    const mbox = plain(now, ["Ana Sousa", user], Math.min(AT_ONCE, count - first), first).join("");
    const blobId = await client.upload(Buffer.from(mbox), "application/mbox");
    const answer = await client.call("MailFile/import", { blobId, mailboxId: null, name: "plain.mbox" });
    if (answer.error) throw new Error(JSON.stringify(answer.error));
  }
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
  const [origin, user, password, count] = process.argv.slice(2);
  process.stdout.write(`${await fill(origin, user, password, Number(count))} messages\n`);
}
