/** The views of the panel. */
export type View = "help" | "stories" | "write";

/**
 * Where the panel is: `auto` puts it into the page and, where the page's Content-Security-Policy refuses that, into a frame of
 * the server's origin; `shadow` and `frame` allow one of the two; `static` is the card with the numbers alone.
 */
export type Isolation = "auto" | "shadow" | "frame" | "static";

/** What the panel is: a button in a corner, a part of the page, or what the owner's own button or link opens. */
export type Mode = "launcher" | "inline" | "link";

/** Where the button stands, by the direction of the page. */
export type Corner = "bottom-end" | "bottom-start" | "top-end" | "top-start";

/** The names of the events. They bubble, cross shadow roots, and have no detail. */
export type PeerSupportEvent =
  | "peer-support-ready"
  | "peer-support-open"
  | "peer-support-close"
  | "peer-support-posted"
  | "peer-support-error";

/** The attributes of `<peer-support>`, each optional; `custom-elements.json` says what they mean. */
export interface PeerSupportAttributes {
  site?: string;
  server?: string;
  country?: string;
  locale?: string;
  mode?: Mode;
  corner?: Corner;
  "hide-on"?: string;
  theme?: "auto" | "light" | "dark";
  isolation?: Isolation;
  "leave-url"?: string;
  "helplines-key"?: string;
}

/**
 * `<peer-support>`: its attributes are properties, each optional and `null` where it is not set. `mode` is read when the element
 * comes into the page; `locale`, `corner` and `hideOn` act at once, the others when the panel is drawn first.
 */
export interface PeerSupportElement extends HTMLElement {
  site: string | null;
  server: string | null;
  country: string | null;
  locale: string | null;
  mode: Mode | null;
  corner: Corner | null;
  /** Paths on which the button is hidden, divided by spaces; `*` stands for anything. */
  hideOn: string | null;
  theme: "auto" | "light" | "dark" | null;
  isolation: Isolation | null;
  leaveUrl: string | null;
  helplinesKey: string | null;

  /** Opens the panel, at a view where one is given. */
  open(view?: View): void;
  /** Closes the panel; what is being written stays. */
  close(): void;
  /** Replaces the page by a neutral one, without a way back in the tab's history. */
  leave(): void;
  /** Speaks another language; what is being written stays. */
  setLocale(locale: string): void;
  /** Takes the element out of the page, with all that was written in it. */
  destroy(): void;
}

declare global {
  interface HTMLElementTagNameMap {
    "peer-support": PeerSupportElement;
  }
  interface GlobalEventHandlersEventMap extends Record<PeerSupportEvent, Event> {}
  /** The `<peer-support>` that was put into the page last. */
  var peerSupport: PeerSupportElement;
}
