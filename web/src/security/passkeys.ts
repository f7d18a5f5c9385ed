// Passkeys, as the browser makes them and has them sign (Web Authentication, 5.1). Not all browsers that we know read the JSON of it by themselves.

import { options } from "./host.ts";

export const isPossible = (): boolean => "PublicKeyCredential" in globalThis && "credentials" in navigator;

export function octets(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (letter) => letter.charCodeAt(0));
}

export function text(buffer: ArrayBuffer): string {
  const letters = Array.from(new Uint8Array(buffer), (octet) => String.fromCharCode(octet)).join("");
  return btoa(letters).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

interface Known {
  type: "public-key";
  id: string;
}

const known = (list: unknown) => (list as Known[]).map((one) => ({ ...one, id: octets(one.id) }));

/** Has a passkey sign that its owner is here. */
export async function sign(): Promise<unknown> {
  const said = await options({ confirm: {} });
  const publicKey = { ...said, challenge: octets(String(said["challenge"])), allowCredentials: known(said["allowCredentials"]) };
  const credential = (await navigator.credentials.get({ publicKey: publicKey as PublicKeyCredentialRequestOptions })) as PublicKeyCredential;
  const { clientDataJSON, authenticatorData, signature, userHandle } = credential.response as AuthenticatorAssertionResponse;
  return {
    id: credential.id,
    response: {
      clientDataJSON: text(clientDataJSON),
      authenticatorData: text(authenticatorData),
      signature: text(signature),
      userHandle: userHandle ? text(userHandle) : null,
    },
  };
}

/** Has one made. */
export async function make(): Promise<unknown> {
  const said = await options({ add: {} });
  const user = said["user"] as { id: string };
  const publicKey = {
    ...said,
    challenge: octets(String(said["challenge"])),
    user: { ...user, id: octets(user.id) },
    excludeCredentials: known(said["excludeCredentials"]),
  };
  const credential = (await navigator.credentials.create({ publicKey: publicKey as unknown as PublicKeyCredentialCreationOptions })) as PublicKeyCredential;
  const response = credential.response as AuthenticatorAttestationResponse;
  return {
    response: {
      clientDataJSON: text(response.clientDataJSON),
      authenticatorData: text(response.getAuthenticatorData()),
      publicKey: text(response.getPublicKey() ?? new ArrayBuffer(0)),
      publicKeyAlgorithm: response.getPublicKeyAlgorithm(),
    },
  };
}
