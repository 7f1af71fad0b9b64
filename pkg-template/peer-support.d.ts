/** The views of the panel. */
export type View = "help" | "stories" | "write";

/**
 * Where the panel is: `auto` puts it into the page and, where the page's Content-Security-Policy refuses that, into a frame of
 * the server's origin; `shadow` and `frame` allow one of the two; `static` is the card with the numbers alone.
 */
export type Isolation = "auto" | "shadow" | "frame" | "static";

/** The attributes of `<peer-support>`, each optional; `custom-elements.json` says what they mean. */
export interface PeerSupportAttributes {
  site?: string;
  server?: string;
  country?: string;
  locale?: string;
  mode?: "launcher" | "inline";
  theme?: "auto" | "light" | "dark";
  isolation?: Isolation;
  "leave-url"?: string;
  "helplines-key"?: string;
}

/**
 * `<peer-support>`: attributes `site`, `server`, `country`, `locale`, `mode`, `theme`, `isolation`, `leave-url`,
 * `helplines-key`, each optional.
 */
export interface PeerSupportElement extends HTMLElement {
  /** Opens the panel, at a view where one is given. */
  open(view?: View): void;
  /** Closes the panel; what is being written stays. */
  close(): void;
  /** Replaces the page by a neutral one, without a way back in the tab's history. */
  leave(): void;
}

declare global {
  interface HTMLElementTagNameMap {
    "peer-support": PeerSupportElement;
  }
  /** The `<peer-support>` that was put into the page last. */
  var peerSupport: PeerSupportElement;
}
