// <form data-passkey="sign-in|prove|create" hidden>: asks the browser for a passkey when the form is sent, puts the
// answer into [data-passkey-credential] and sends the form. The options stand in <script id="passkey_options">, or come
// from the form's own address (sign-in). The form shows itself only where the browser knows passkeys.

const UNSUPPORTED = "This browser cannot use passkeys here.";

function bytes(text) {
  const base64 = text.replace(/-/g, "+").replace(/_/g, "/");
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}

function text(buffer) {
  const binary = String.fromCharCode(...new Uint8Array(buffer));
  return btoa(binary).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

const named = (list) => (list || []).map((one) => ({ ...one, id: bytes(one.id) }));

async function options(form) {
  const written = document.getElementById("passkey_options");
  if (written) return JSON.parse(written.textContent);
  const response = await fetch(form.action, { headers: { Accept: "application/json" } });
  if (!response.ok) throw new Error("The server did not answer. Try again in a minute.");
  return response.json();
}

async function create(form) {
  const { publicKey } = (await options(form)).creation_options;
  publicKey.challenge = bytes(publicKey.challenge);
  publicKey.user.id = bytes(publicKey.user.id);
  publicKey.excludeCredentials = named(publicKey.excludeCredentials);
  const alone = form.querySelector("[name=passwordless]")?.checked ?? false;
  publicKey.authenticatorSelection = {
    ...publicKey.authenticatorSelection,
    residentKey: alone ? "required" : "discouraged",
    requireResidentKey: alone,
    userVerification: "required",
  };
  const made = await navigator.credentials.create({ publicKey });
  return written(made, {
    attestationObject: text(made.response.attestationObject),
    clientDataJSON: text(made.response.clientDataJSON),
    transports: made.response.getTransports?.() ?? [],
  });
}

async function prove(form) {
  const { publicKey } = (await options(form)).request_options;
  publicKey.challenge = bytes(publicKey.challenge);
  publicKey.allowCredentials = named(publicKey.allowCredentials);
  const got = await navigator.credentials.get({ publicKey });
  return written(got, {
    authenticatorData: text(got.response.authenticatorData),
    clientDataJSON: text(got.response.clientDataJSON),
    signature: text(got.response.signature),
    userHandle: got.response.userHandle ? text(got.response.userHandle) : null,
  });
}

function written(credential, response) {
  return {
    type: credential.type,
    id: credential.id,
    rawId: text(credential.rawId),
    authenticatorAttachment: credential.authenticatorAttachment ?? null,
    clientExtensionResults: credential.getClientExtensionResults(),
    response,
  };
}

async function send(event) {
  const form = event.target;
  const error = form.querySelector("[data-passkey-error]");
  event.preventDefault();
  error.hidden = true;
  try {
    const credential = await (form.dataset.passkey === "create" ? create(form) : prove(form));
    form.querySelector("[data-passkey-credential]").value = JSON.stringify(credential);
    form.submit();
  } catch (failure) {
    error.textContent = failure.name === "NotAllowedError" ? "No passkey was given." : failure.message || UNSUPPORTED;
    error.hidden = false;
  }
}

for (const form of document.querySelectorAll("[data-passkey]")) {
  if (!window.PublicKeyCredential) continue;
  form.hidden = false;
  form.addEventListener("submit", send);
}
