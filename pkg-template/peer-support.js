// @ts-check
/**
 * The loader of peer-support: all that a host page loads before a visitor shows interest.
 *
 * It defines `<peer-support>`, draws the launcher and a static crisis card out of the data below, and fetches the panel
 * itself (glue and wasm) only on intent. Whatever fails after that, the card stays. It uses no `innerHTML`, no inline
 * style and no eval, so that it runs under a strict Content-Security-Policy and Trusted Types.
 */
(() => {
  "use strict";

  /**
   * What the build knows and writes here.
   * - `glue`, `wasm`: the panel, relative to this script; `locales`, `helplines`: folders of files named by language and country.
   * - `crisis`: for each country its emergency numbers and best line, as `cargo xtask helplines` documents it:
   *   `GBg999,c116 123;BRa192p190,c188`.
   * @type {{glue: string, wasm: string, crisis: string, locales: string, helplines: string, strings: Record<string, Record<string, string>>}}
   */
  // @ts-ignore: replaced by the build.
  const build = __PEER_SUPPORT_BUILD__;

  const NAME = "peer-support";
  if (customElements.get(NAME)) return;

  const script = /** @type {HTMLScriptElement | null} */ (document.currentScript ?? document.querySelector(`script[src*="${NAME}.js"]`));
  const base = new URL(".", script?.src ?? location.href).href;

  const SERVICES = /** @type {Record<string, string>} */ ({ g: "emergency", p: "police", a: "ambulance", f: "fire" });

  /** The records of `build.crisis` by country code. */
  const crisis = new Map(build.crisis.split(";").map((record) => [record.slice(0, 2), record.slice(2)]));

  /**
   * An element with attributes (or, for functions, listeners) and children.
   * @param {string} tag
   * @param {Record<string, string | EventListener>} attributes
   * @param {...(Node | string)} children
   */
  const element = (tag, attributes, ...children) => {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (typeof value === "function") node.addEventListener(name, value);
      else node.setAttribute(name, value);
    }
    node.append(...children);
    return node;
  };

  /** @param {string} code */
  const zonesOf = (code) => {
    try {
      const locale = /** @type {any} */ (new Intl.Locale("und-" + code));
      return locale.getTimeZones?.() ?? locale.timeZones ?? [];
    } catch {
      return [];
    }
  };

  /**
   * The countries the visitor may be in, the likeliest first: the one whose time zone the device keeps, then the one its
   * languages name. No request and no prompt is made for it.
   * @returns {string[]}
   */
  const guessCountries = () => {
    const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
    const regions = navigator.languages.map((tag) => /-([A-Z]{2})(-|$)/.exec(tag)?.[1] ?? "").filter((code) => crisis.has(code));
    const inZone = [...regions, ...crisis.keys()].find((code) => zonesOf(code).includes(zone));
    return [...new Set([inZone, ...regions])].filter((code) => code != null).slice(0, 2);
  };

  /** The panel's module, shared by all elements of the page: fetched once, asked for again after a failure. */
  let loading = /** @type {Promise<any> | undefined} */ (undefined);
  const load = () =>
    (loading ??= (async () => {
      const wasm = fetch(base + build.wasm, { credentials: "omit", referrerPolicy: "no-referrer" });
      // A refused import must not leave a second, unhandled rejection behind.
      wasm.catch(() => {});
      const glue = await import(base + build.glue);
      await glue.default({ module_or_path: wasm });
      return glue;
    })().catch((error) => {
      loading = undefined;
      throw error;
    }));

  const css = __PEER_SUPPORT_CSS__;

  class PeerSupport extends HTMLElement {
    #root = this.attachShadow({ mode: "open" });
    /** @type {any} The mounted panel. */
    #panel;
    /** @type {AbortController | undefined} Ends every listener on the page when the element leaves it. */
    #connected;
    /** Drawn on first use: before that, the page pays for a button only. @type {any} */
    #frame;
    #card = element("div", { class: "card" });
    #status = element("p", { role: "status" });
    #container = element("div", { class: "panel" });
    /** @type {HTMLElement | undefined} */
    #launcher;
    #shifts = /** @type {number[]} */ ([]);
    #countries = /** @type {string[]} */ ([]);
    #mounting = false;

    get isInline() {
      return this.getAttribute("mode") === "inline";
    }

    get locale() {
      const wishes = [this.getAttribute("locale"), ...navigator.languages];
      return wishes.map((tag) => (tag ?? "").split("-")[0].toLowerCase()).find((tag) => tag in build.strings) ?? "en";
    }

    connectedCallback() {
      if (this.#connected) return;
      this.#connected = new AbortController();
      this.#draw();
      if (this.isInline) {
        this.#drawFrame();
        const seen = new IntersectionObserver((entries) => entries.some((entry) => entry.isIntersecting) && this.#mount());
        seen.observe(this);
        this.#connected.signal.addEventListener("abort", () => seen.disconnect());
      }
    }

    disconnectedCallback() {
      // An element that is only moved comes back at once and keeps what is written in it.
      queueMicrotask(() => {
        if (this.isConnected) return;
        this.#connected?.abort();
        this.#connected = undefined;
        this.#panel?.unmount();
        this.#panel = this.#frame = undefined;
        this.#root.replaceChildren();
      });
    }

    /** @param {string} [view] The view to show: `help`, `stories` or `write`. */
    open(view) {
      this.#drawFrame();
      const frame = this.#frame;
      if (!this.isInline && !frame.open) {
        // On a phone the sheet covers the page, so the page behind it is out of reach of keyboard and screen reader.
        if (matchMedia("(max-width: 600px)").matches) frame.showModal?.();
        else frame.show?.();
        frame.setAttribute("open", "");
        this.#launcher?.setAttribute("aria-expanded", "true");
        addEventListener("keydown", this.#countShifts, { signal: this.#connected?.signal });
      }
      this.#mount(view);
    }

    close() {
      const frame = this.#frame;
      if (this.isInline || !frame?.open) return;
      removeEventListener("keydown", this.#countShifts);
      frame.close?.();
      frame.removeAttribute("open");
      this.#launcher?.setAttribute("aria-expanded", "false");
      this.#launcher?.focus();
    }

    /** Leaves the page for a neutral one, without a way back to it in the history of this tab. */
    leave() {
      document.documentElement.hidden = true;
      document.title = "";
      this.#panel?.unmount();
      this.remove();
      location.replace(this.getAttribute("leave-url") ?? "https://www.wikipedia.org/");
    }

    /** Three presses of Shift within five seconds leave, also while typing. */
    #countShifts = (/** @type {KeyboardEvent} */ event) => {
      if (event.key !== "Shift") {
        this.#shifts = [];
      } else if (!event.repeat) {
        this.#shifts = [...this.#shifts.slice(-2), event.timeStamp];
        if (this.#shifts.length === 3 && event.timeStamp - this.#shifts[0] < 5000) this.leave();
      }
    };

    /** @param {string} name @param {EventListener} click */
    #button(name, click) {
      return element("button", { type: "button", part: name, click }, build.strings[this.locale][name]);
    }

    #draw() {
      const root = this.#root;
      root.replaceChildren();
      try {
        const sheet = new CSSStyleSheet();
        sheet.replaceSync(css);
        root.adoptedStyleSheets = [sheet];
      } catch {
        root.append(element("style", {}, css));
      }
      if (this.isInline) return;
      this.#launcher = this.#button("launcher", () => this.open());
      this.#launcher.setAttribute("aria-expanded", "false");
      // Intent: what is fetched now is there when the press comes.
      const intend = () => void load().catch(() => {});
      for (const sign of ["pointerenter", "focus", "touchstart"]) {
        this.#launcher.addEventListener(sign, intend, { passive: true, once: true });
      }
      // Links that the owner wrote for browsers without JavaScript stay where they are: nothing jumps.
      root.append(element("slot", {}), element("div", { class: "corner", lang: this.locale, dir: build.strings[this.locale].dir }, this.#launcher));
    }

    #drawFrame() {
      if (this.#frame) return;
      const strings = build.strings[this.locale];
      const select = /** @type {HTMLSelectElement} */ (
        element("select", { "aria-label": strings["other-country"], change: () => select.value && this.#show([select.value]) })
      );
      const names = new Intl.DisplayNames(this.locale, { type: "region" });
      select.append(
        element("option", { value: "" }, strings["other-country"]),
        ...[...crisis.keys()]
          .map((code) => ({ code, name: names.of(code) ?? code }))
          .sort((a, b) => a.name.localeCompare(b.name, this.locale))
          .map(({ code, name }) => element("option", { value: code }, name)),
      );
      this.#frame = element(
        this.isInline ? "section" : "dialog",
        { part: "frame", "aria-label": strings.title, lang: this.locale, dir: strings.dir },
        element(
          "div",
          { class: "static" },
          element(
            "header",
            {},
            // Focus goes here first: a second Enter must not leave the page.
            element("h2", { tabindex: "-1", autofocus: "" }, strings.title),
            this.#button("leave", () => this.leave()),
            ...(this.isInline ? [] : [this.#button("close", () => this.close())]),
          ),
          this.#card,
          select,
          this.#status,
        ),
        this.#container,
      );
      // Escape closes and never leaves; `cancel` is the dialog's own word for it.
      this.#frame.addEventListener("cancel", (/** @type {Event} */ event) => event.preventDefault());
      this.#frame.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
        if (event.key === "Escape" && !event.defaultPrevented) this.close();
      });
      const own = (this.getAttribute("country") ?? "").toUpperCase();
      this.#show(crisis.has(own) ? [own] : guessCountries());
      this.#root.append(this.#frame);
    }

    /** Fills the card with the numbers of these countries. @param {string[]} countries */
    #show(countries) {
      this.#countries = countries;
      const strings = build.strings[this.locale];
      const names = new Intl.DisplayNames(this.locale, { type: "region" });
      const link = (/** @type {string} */ label, /** @type {string} */ number, /** @type {string} */ scheme, body = "") =>
        element("a", { href: `${scheme}:${number.replace(/[^\d+*#]/g, "").replace("#", "%23")}${body && "?body=" + body}` }, element("span", {}, label), element("b", { dir: "ltr" }, number));

      this.#card.replaceChildren(
        ...countries.flatMap((code) => {
          const [emergency, line] = (crisis.get(code) ?? "").split(",");
          const links = [...emergency.matchAll(/([gpaf])([^gpaf]+)/g)].map(([, service, number]) => link(strings[SERVICES[service]], number, "tel"));
          if (line) {
            const [number, keyword] = line.slice(1).split("=");
            const isText = line[0] === "t";
            const label = strings["crisis-line"] + (keyword ? ` · ${strings.text.replace("{keyword}", keyword).replace("{number}", number)}` : "");
            links.push(link(label, number, isText ? "sms" : "tel", keyword));
          }
          return [element("h3", {}, names.of(code) ?? code), ...links];
        }),
      );
    }

    /** Puts the panel over the card, once it is there. @param {string} [view] */
    async #mount(view) {
      if (this.#panel || this.#mounting) return;
      const strings = build.strings[this.locale];
      this.#mounting = true;
      this.#status.textContent = strings.loading;
      try {
        const glue = await load();
        if (!this.isConnected) return;
        this.#panel = glue.mount(this, this.#container, {
          site: this.getAttribute("site") ?? "",
          server: new URL(this.getAttribute("server") ?? base, base).href,
          country: this.#countries[0],
          candidates: this.#countries,
          locale: this.locale,
          theme: this.getAttribute("theme") ?? "auto",
          mode: this.isInline ? "inline" : "launcher",
          view,
          assets: { locales: base + build.locales, helplines: base + build.helplines },
          close: () => this.close(),
          leave: () => this.leave(),
        });
        this.#frame.setAttribute("data-ready", "");
        this.#status.textContent = "";
      } catch (error) {
        this.#status.textContent = strings.failed;
        console.info(`${NAME}: the panel could not load, the static card stays:`, error);
      } finally {
        this.#mounting = false;
      }
    }
  }

  customElements.define(NAME, PeerSupport);

  const ready = () => {
    if (document.querySelector(NAME)) return;
    const own = element(NAME, {});
    for (const [name, value] of Object.entries(script?.dataset ?? {})) {
      own.setAttribute(name.replace(/[A-Z]/g, (letter) => "-" + letter.toLowerCase()), value ?? "");
    }
    document.body.append(own);
  };
  if (document.readyState === "loading") addEventListener("DOMContentLoaded", ready, { once: true });
  else ready();

  const first = () => /** @type {PeerSupport | null} */ (document.querySelector(NAME));
  Object.defineProperty(globalThis, "peerSupport", {
    value: Object.freeze({ open: (/** @type {string} */ view) => first()?.open(view), close: () => first()?.close(), leave: () => first()?.leave() }),
  });
})();
