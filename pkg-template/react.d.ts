/** `<peer-support>` in JSX: write `import type {} from "peer-support/react"` once, anywhere in the app. */
import type { DetailedHTMLProps, HTMLAttributes } from "react";
import type { PeerSupportAttributes, PeerSupportElement } from "./peer-support.js";

declare module "react" {
  namespace JSX {
    interface IntrinsicElements {
      "peer-support": DetailedHTMLProps<HTMLAttributes<PeerSupportElement>, PeerSupportElement> & PeerSupportAttributes;
    }
  }
}
