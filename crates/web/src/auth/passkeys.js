"use strict";
(() => {
  const { base } = document.currentScript.dataset;
  if (!window.PublicKeyCredential) return;
  const octets = (text) =>
    Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (letter) => letter.charCodeAt(0));
  const text = (buffer) =>
    btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  const ask = async (path, body) => {
    const headers = { "Content-Type": "application/json", "X-Correio-CSRF": "1" };
    const answer = await fetch(base + path, { method: "POST", headers, body: JSON.stringify(body) });
    if (!answer.ok) throw new Error(String(answer.status));
    return answer.status === 204 ? {} : answer.json();
  };
  const known = (list) => list.map((one) => ({ ...one, id: octets(one.id) }));

  const sign = async (wanted) => {
    const options = await ask("/auth/passkey", wanted);
    const publicKey = {
      ...options,
      challenge: octets(options.challenge),
      allowCredentials: known(options.allowCredentials),
    };
    const { id, response } = await navigator.credentials.get({ publicKey });
    return {
      id,
      response: {
        clientDataJSON: text(response.clientDataJSON),
        authenticatorData: text(response.authenticatorData),
        signature: text(response.signature),
        userHandle: response.userHandle ? text(response.userHandle) : null,
      },
    };
  };
  const make = async () => {
    const options = await ask("/auth/passkey", { add: {} });
    const publicKey = {
      ...options,
      challenge: octets(options.challenge),
      user: { ...options.user, id: octets(options.user.id) },
      excludeCredentials: known(options.excludeCredentials),
    };
    const { response } = await navigator.credentials.create({ publicKey });
    return {
      response: {
        clientDataJSON: text(response.clientDataJSON),
        authenticatorData: text(response.getAuthenticatorData()),
        publicKey: text(response.getPublicKey()),
        publicKeyAlgorithm: response.getPublicKeyAlgorithm(),
      },
    };
  };

  const ways = {
    async login() {
      const passkey = await sign({ login: {} });
      const isBrief = document.querySelector("[name=stay]")?.checked;
      await ask("/auth/login", isBrief ? { passkey, stay: "brief" } : { passkey });
    },
    async factor({ ticket }) {
      await ask("/auth/login", { ticket, passkey: await sign({ factor: { ticket } }) });
    },
    async confirm() {
      await ask("/auth/confirm", { passkey: await sign({ confirm: {} }) });
    },
    async add(_, button) {
      const name = button.form.elements.name;
      if (!name.reportValidity()) return true;
      const { recoveryCodes } = await ask("/auth/settings", { addPasskey: { name: name.value, response: await make() } });
      if (!recoveryCodes) return false;
      const shown = document.querySelector("[data-codes]");
      for (const code of recoveryCodes) {
        const row = document.createElement("li");
        row.append(Object.assign(document.createElement("code"), { textContent: code }));
        shown.querySelector("ol").append(row);
      }
      shown.hidden = false;
      shown.scrollIntoView();
      button.form.hidden = true;
      return true;
    },
  };
  for (const button of document.querySelectorAll("[data-passkey]")) {
    const part = button.closest("[data-passkeys]");
    part.hidden = false;
    const said = part.querySelector("[role=alert]");
    button.addEventListener("click", async () => {
      said.hidden = true;
      button.disabled = true;
      try {
        const stays = await ways[button.dataset.passkey](button.dataset, button);
        if (!stays) location.assign(button.dataset.next);
      } catch {
        said.hidden = false;
      }
      button.disabled = false;
    });
  }
})();
