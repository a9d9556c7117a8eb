// Passkeys need script: a page asks the browser, the browser asks the device. What comes back goes into the
// form, which is sent as any other form.
"use strict";

(() => {
  const bytes = (text) => {
    const plain = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
    return Uint8Array.from(plain, (letter) => letter.charCodeAt(0));
  };
  const text = (buffer) => {
    const plain = Array.from(new Uint8Array(buffer), (byte) => String.fromCharCode(byte)).join("");
    return btoa(plain).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  };
  const listed = (list) => (list || []).map((one) => ({ ...one, id: bytes(one.id) }));

  const create = async (options) => {
    const asked = options.publicKey;
    asked.challenge = bytes(asked.challenge);
    asked.user.id = bytes(asked.user.id);
    asked.excludeCredentials = listed(asked.excludeCredentials);
    const made = await navigator.credentials.create({ publicKey: asked });
    return {
      id: made.id,
      rawId: text(made.rawId),
      type: made.type,
      extensions: {},
      response: {
        attestationObject: text(made.response.attestationObject),
        clientDataJSON: text(made.response.clientDataJSON),
      },
    };
  };

  const get = async (options) => {
    const asked = options.publicKey;
    asked.challenge = bytes(asked.challenge);
    asked.allowCredentials = listed(asked.allowCredentials);
    const given = await navigator.credentials.get({ publicKey: asked });
    const handle = given.response.userHandle;
    return {
      id: given.id,
      rawId: text(given.rawId),
      type: given.type,
      extensions: {},
      response: {
        authenticatorData: text(given.response.authenticatorData),
        clientDataJSON: text(given.response.clientDataJSON),
        signature: text(given.response.signature),
        userHandle: handle ? text(handle) : null,
      },
    };
  };

  const run = async (form) => {
    const begun = await fetch(form.dataset.begin, {
      method: "POST",
      body: new URLSearchParams(new FormData(form)),
    });
    if (begun.redirected) {
      // It takes a fresh proof first.
      window.location.assign(begun.url);
      return;
    }
    if (!begun.ok) {
      throw new Error("not begun");
    }
    const { ceremony, options } = await begun.json();
    const done = form.dataset.passkey === "create" ? await create(options) : await get(options);
    form.elements.ceremony.value = ceremony;
    form.elements.credential.value = JSON.stringify(done);
    form.submit();
  };

  for (const form of document.querySelectorAll("form[data-passkey]")) {
    if (!window.PublicKeyCredential) {
      form.querySelector("[data-unable]").hidden = false;
      continue;
    }
    form.querySelector("[data-able]").hidden = false;
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const told = form.querySelector("[data-failed]");
      told.hidden = true;
      try {
        await run(form);
      } catch {
        // Broken off by its owner, or there is none on this device.
        delete form.dataset.sent;
        told.hidden = false;
      }
    });
  }
})();
