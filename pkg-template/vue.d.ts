/** `<peer-support>` in templates: write `import type {} from "peer-support/vue"` once, anywhere in the app. */
import type { DefineComponent } from "vue";
import type { PeerSupportAttributes } from "./peer-support.js";

declare module "vue" {
  interface GlobalComponents {
    "peer-support": DefineComponent<PeerSupportAttributes>;
  }
}
