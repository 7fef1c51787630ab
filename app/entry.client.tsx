import { setNonce } from "get-nonce";
import { StrictMode, startTransition } from "react";
import { hydrateRoot } from "react-dom/client";
import { HydratedRouter } from "react-router/dom";
import { NonceContext } from "~/components/nonce.ts";

const nonce = document.querySelector<HTMLScriptElement>("script[nonce]")?.nonce || undefined;
// What locks the page's scrolling below a dialog adds a style element and asks here for the nonce.
if (nonce) setNonce(nonce);

startTransition(() => {
  hydrateRoot(
    document,
    <StrictMode>
      <NonceContext value={nonce}>
        <HydratedRouter />
      </NonceContext>
    </StrictMode>,
  );
});
