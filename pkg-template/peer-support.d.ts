/** The views of the panel. */
export type View = "help" | "stories" | "write";

/** `<peer-support>`: attributes `site`, `server`, `country`, `locale`, `mode`, `theme`, `leave-url`, each optional. */
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
