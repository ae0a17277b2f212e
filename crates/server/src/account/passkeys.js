// Passkeys (Web Authentication): fetches the question, lets the browser sign it, sends the answer with the page's form.
"use strict";

(() => {
  const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
  const text = (buffer) =>
    btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  const trouble = (words) => {
    const place = document.getElementById("passkey-trouble");
    if (place) place.textContent = words;
  };

  const question = async (path) => {
    const answer = await fetch(path, { headers: { accept: "application/json" }, credentials: "same-origin" });
    if (!answer.ok) throw new Error("the server gave no question");
    return answer.json();
  };

  const create = async () => {
    const asked = await question("/account/security/passkeys/question");
    asked.challenge = bytes(asked.challenge);
    asked.user.id = bytes(asked.user.id);
    for (const known of asked.excludeCredentials) known.id = bytes(known.id);
    const made = await navigator.credentials.create({ publicKey: asked });
    return {
      id: text(made.rawId),
      client: text(made.response.clientDataJSON),
      authenticator: text(made.response.getAuthenticatorData()),
      key: text(made.response.getPublicKey()),
      algorithm: made.response.getPublicKeyAlgorithm(),
    };
  };

  const sign = async () => {
    const asked = await question("/account/sign-in/passkey/question");
    asked.challenge = bytes(asked.challenge);
    const signed = await navigator.credentials.get({ publicKey: asked });
    return {
      id: text(signed.rawId),
      client: text(signed.response.clientDataJSON),
      authenticator: text(signed.response.authenticatorData),
      signature: text(signed.response.signature),
    };
  };

  const arm = (id, work) => {
    const place = document.getElementById(id);
    if (!place || !window.PublicKeyCredential) return;
    place.hidden = false;
    const form = place.querySelector("form");
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      trouble("");
      try {
        form.elements.answer.value = JSON.stringify(await work());
        form.submit();
      } catch (error) {
        trouble(`The browser did not use a passkey: ${error.message}`);
      }
    });
  };

  arm("passkey-add", create);
  arm("passkey-sign-in", sign);
})();
