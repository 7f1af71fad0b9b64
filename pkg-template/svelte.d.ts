/** `<peer-support>` in components: write `import type {} from "peer-support/svelte"` once, anywhere in the app. */
import type { HTMLAttributes } from "svelte/elements";
import type { PeerSupportAttributes, PeerSupportElement } from "./peer-support.js";

declare module "svelte/elements" {
  interface SvelteHTMLElements {
    "peer-support": HTMLAttributes<PeerSupportElement> & PeerSupportAttributes;
  }
}
