/* Passkeys: asks the browser for what the server wants signed, and sends the answer with the form around the button. */

function bytes(text) {
  const plain = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
  return Uint8Array.from(plain, (letter) => letter.charCodeAt(0));
}

function letters(buffer) {
  const plain = String.fromCharCode(...new Uint8Array(buffer));
  return btoa(plain).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

function decoded(options) {
  const out = { ...options, challenge: bytes(options.challenge) };
  if (options.user) out.user = { ...options.user, id: bytes(options.user.id) };
  for (const list of ["allowCredentials", "excludeCredentials"]) {
    if (options[list]) out[list] = options[list].map((each) => ({ ...each, id: bytes(each.id) }));
  }
  return out;
}

function encoded(credential) {
  const response = {};
  for (const part of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (credential.response[part]) response[part] = letters(credential.response[part]);
  }
  return JSON.stringify({
    id: credential.id,
    rawId: letters(credential.rawId),
    type: credential.type,
    response,
    clientExtensionResults: {},
    authenticatorAttachment: credential.authenticatorAttachment ?? undefined,
  });
}

async function ask(place, form) {
  const headers = { "X-Requested-With": "fetch", "X-CSRFToken": form.elements.namedItem("csrf_token").value };
  const answer = await fetch(place.dataset.options, { method: "POST", headers, credentials: "same-origin" });
  if (!answer.ok) throw new Error(String(answer.status));
  const publicKey = decoded(await answer.json());
  if ("create" in place.dataset) return navigator.credentials.create({ publicKey });
  return navigator.credentials.get({ publicKey });
}

for (const place of document.querySelectorAll("[data-passkey]")) {
  const form = place.closest("form");
  const button = place.querySelector("[data-ask]");
  const show = (name, on) => { place.querySelector(`[data-${name}]`).hidden = !on; };
  if (!window.PublicKeyCredential) {
    button.disabled = true;
    show("missing", true);
    continue;
  }
  button.addEventListener("click", async () => {
    show("failed", false);
    show("waiting", true);
    button.disabled = true;
    try {
      form.elements.namedItem(place.dataset.field).value = encoded(await ask(place, form));
      form.submit();
    } catch {
      button.disabled = false;
      show("failed", true);
    }
    show("waiting", false);
  });
  button.disabled = false;  // only now: a press before this would be lost without a word
}
