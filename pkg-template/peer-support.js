// @ts-check
/**
 * The loader of peer-support: all that a host page loads before a visitor shows interest.
 *
 * It defines `<peer-support>`, draws the launcher and a static crisis card out of the data below, and fetches the panel
 * itself (glue and wasm) only on intent. Whatever fails after that, the card stays. It uses no `innerHTML`, no inline
 * style and no eval, so that it runs under a strict Content-Security-Policy and Trusted Types.
 *
 * Every page pays for each byte of it, so what an element knows lives in one closure, whose names the build shortens.
 */
(() => {
  "use strict";

  /**
   * What the build knows and writes here.
   * - `glue`, `wasm`: the panel, relative to this script; `locales`, `helplines`: folders of files named by language and country.
   * - `crisis`: emergency numbers and the best line of every country, as `xtask/src/helplines/loader.rs` documents it:
   *   `GBIE,BR|999,a192p190|116 123,116 123,188`.
   * @type {{glue: string, wasm: string, crisis: string, locales: string, helplines: string, strings: Record<string, Record<string, string>>}}
   */
  // @ts-ignore: replaced by the build.
  const build = __PEER_SUPPORT_BUILD__;
  /** @type {string} */
  // @ts-ignore: replaced by the build.
  const css = __PEER_SUPPORT_CSS__;

  const NAME = "peer-support";
  if (customElements.get(NAME)) return;

  const script = /** @type {HTMLScriptElement | null} */ (document.currentScript ?? document.querySelector(`script[src*="${NAME}.js"]`));
  const base = new URL(".", script?.src ?? location.href).href;

  /** By country code: emergency numbers, and the line. @type {Map<string, string[]>} */
  const crisis = new Map();
  const [groups, emergencies, lines] = build.crisis.split("|").map((column) => column.split(","));
  groups.forEach((group, at) => {
    for (const code of group.match(/../g) ?? []) crisis.set(code, [emergencies[at], lines.shift() ?? ""]);
  });

  /**
   * An element with attributes (or, for functions, listeners) and children.
   * @param {string} tag
   * @param {Record<string, any>} attributes
   * @param {...(Node | string)} children
   * @returns {any}
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

  /**
   * The countries the visitor may be in, the likeliest first: the one whose time zone the device keeps, then the one its
   * languages name. No request and no prompt is made for it.
   * @returns {string[]}
   */
  const guessCountries = () => {
    const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
    const hasZone = (/** @type {string} */ code) => {
      const locale = /** @type {any} */ (new Intl.Locale("und-" + code));
      // The second is the older spelling of the first.
      return (locale.getTimeZones?.() ?? locale.timeZones)?.includes(zone);
    };
    const named = navigator.languages.map((tag) => tag.slice(-2)).filter((code) => crisis.has(code));
    const inZone = [...named, ...crisis.keys()].filter(hasZone);
    return [...new Set([...inZone.slice(0, 1), ...named])].slice(0, 2);
  };

  /** The panel's module, shared by all elements of the page: fetched once, asked for again after a failure. */
  let loading = /** @type {Promise<any> | undefined} */ (undefined);
  let failures = 0;
  const load = () =>
    (loading ??= (async () => {
      const wasm = fetch(base + build.wasm);
      // A refused import must not leave a second, unhandled rejection behind.
      wasm.catch(() => {});
      // Firefox remembers that an address gave no module, so the next try asks for another one.
      const glue = await import(base + build.glue + (failures ? "?" + failures : ""));
      await glue.default({ module_or_path: wasm });
      return glue;
    })().catch((error) => {
      loading = undefined;
      failures++;
      throw error;
    }));

  /**
   * Draws into `root`; what comes back is what the element can do.
   * @param {HTMLElement} host
   * @param {ShadowRoot} root
   */
  const start = (host, root) => {
    const attribute = (/** @type {string} */ name) => host.getAttribute(name) ?? "";
    const isInline = attribute("mode") === "inline";
    const locale = [attribute("locale"), ...navigator.languages].map((tag) => tag.slice(0, 2)).find((tag) => build.strings[tag]) ?? "en";
    const strings = build.strings[locale];
    const places = new Intl.DisplayNames(locale, { type: "region" });
    const language = { lang: locale, dir: strings.dir };

    /** Drawn on first use: before that, a page pays for a button only. @type {any} */
    let frame;
    /** @type {any} The mounted panel. */
    let panel;
    let isMounting = false;
    /** @type {string[]} */
    let countries;
    /** When Shift was pressed lately. @type {number[]} */
    let shifts = [];
    const card = element("div", {});
    const status = element("p", { role: "status" });
    const container = element("div", { class: "panel" });

    const leave = () => {
      document.documentElement.hidden = true;
      document.title = "";
      destroy();
      location.replace(attribute("leave-url") || "https://www.wikipedia.org/");
    };

    /** Ends everything that was begun, and takes the element away. */
    const destroy = () => {
      removeEventListener("keydown", countShifts);
      panel?.unmount();
      root.replaceChildren();
      host.remove();
    };

    /** Three presses of Shift within five seconds leave, also while typing. @param {KeyboardEvent} event */
    const countShifts = ({ key, repeat, timeStamp }) => {
      if (repeat) return;
      shifts = key === "Shift" ? [...shifts.slice(-2), timeStamp] : [];
      if (timeStamp - shifts[shifts.length - 3] < 5000) leave();
    };

    const button = (/** @type {string} */ name, /** @type {() => void} */ press) =>
      element("button", { type: "button", part: name, click: () => press() }, strings[name]);

    const link = (/** @type {string} */ label, /** @type {string} */ number, scheme = "tel", body = "") =>
      element(
        "a",
        { href: `${scheme}:${number.replace(/[^\d*#+]/g, "").replace("#", "%23")}${body && "?body=" + body}` },
        label,
        element("b", { dir: "ltr" }, number),
      );

    /** Fills the card with the numbers of these countries. @param {string[]} codes */
    const show = (codes) => {
      countries = codes;
      card.replaceChildren(
        ...codes.flatMap((code) => {
          const [emergency, line] = crisis.get(code) ?? ["", ""];
          const [number, keyword] = line.replace("t", "").split("=");
          return [
            element("h3", {}, places.of(code) ?? code),
            ...[...emergency.matchAll(/(\D?)(\d+)/g)].map(([, service, number]) => link(strings["service-" + (service || "g")], number)),
            ...(line && [link(strings.line + (keyword ? `: “${keyword}”` : ""), number, line[0] === "t" ? "sms" : "tel", keyword)]),
          ];
        }),
      );
    };

    const draw = () => {
      if (frame) return;
      frame = element(
        isInline ? "section" : "dialog",
        {
          part: "frame",
          "aria-label": strings.title,
          ...language,
          // Escape closes and never leaves.
          keydown: (/** @type {KeyboardEvent} */ event) => event.key === "Escape" && !event.defaultPrevented && close(),
          close: () => {
            removeEventListener("keydown", countShifts);
            launcher.setAttribute("aria-expanded", false);
            launcher.focus();
          },
        },
        element(
          "div",
          { class: "static" },
          element(
            "header",
            {},
            // Focus goes here first: a second Enter must not leave the page.
            element("h2", { tabindex: -1, autofocus: "" }, strings.title),
            button("leave", leave),
            isInline ? "" : button("close", close),
          ),
          card,
          element(
            "select",
            { "aria-label": strings.country, change: (/** @type {any} */ event) => show([event.target.value]) },
            element("option", { value: "" }, strings.country),
            ...[...crisis.keys()]
              .map((code) => element("option", { value: code }, places.of(code) ?? code))
              .sort((a, b) => a.text.localeCompare(b.text, locale)),
          ),
          status,
        ),
        container,
      );
      const own = attribute("country").toUpperCase();
      show(crisis.has(own) ? [own] : guessCountries());
      root.append(frame);
    };

    /** Puts the panel over the card, once it is there. @param {string} [view] */
    const mount = async (view) => {
      if (panel || isMounting) return;
      isMounting = true;
      status.textContent = strings.loading;
      try {
        const glue = await load();
        if (host.isConnected) {
          panel = glue.mount(host, container, {
            site: attribute("site"),
            server: new URL(attribute("server"), base).href,
            country: countries[0],
            candidates: countries,
            locale,
            theme: attribute("theme") || "auto",
            mode: isInline ? "inline" : "launcher",
            view,
            assets: { locales: base + build.locales, helplines: base + build.helplines },
            close,
            leave,
          });
          frame.classList.add("ready");
        }
        status.textContent = "";
      } catch (error) {
        status.textContent = strings.failed;
        console.info(NAME, error);
      }
      isMounting = false;
    };

    /** Opens the panel. @param {string} [view] `help`, `stories` or `write` */
    const open = (view) => {
      draw();
      if (!isInline && !frame.open) {
        // On a phone the sheet covers the page, so the page behind it is out of reach of keyboard and screen reader.
        if (matchMedia("(max-width:600px)").matches) frame.showModal();
        else frame.show();
        launcher.setAttribute("aria-expanded", true);
        addEventListener("keydown", countShifts);
      }
      mount(view);
    };

    /** Closes the panel; what is written in it stays. */
    const close = () => frame?.close?.();

    const launcher = button("launcher", open);
    try {
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(css);
      root.adoptedStyleSheets = [sheet];
    } catch {
      root.append(element("style", {}, css));
    }
    if (isInline) {
      draw();
      addEventListener("keydown", countShifts);
      const seen = new IntersectionObserver((entries) => {
        if (entries.some((entry) => entry.isIntersecting)) mount(seen.disconnect());
      });
      seen.observe(host);
    } else {
      launcher.setAttribute("aria-expanded", false);
      // Intent: what is fetched now is there when the press comes.
      for (const sign of ["pointerenter", "focus", "touchstart"]) {
        launcher.addEventListener(sign, () => load().catch(() => {}), { passive: true, once: true });
      }
      // Links that the owner wrote for browsers without JavaScript stay where they are: nothing jumps.
      root.append(element("slot", {}), element("div", { class: "corner", ...language }, launcher));
    }
    return { open, close, leave, destroy };
  };

  customElements.define(
    NAME,
    class extends HTMLElement {
      connectedCallback() {
        // @ts-ignore: the methods are the element's own.
        if (!this.open) Object.assign(this, start(this, this.shadowRoot ?? this.attachShadow({ mode: "open" })));
      }

      disconnectedCallback() {
        // An element that is only moved comes back at once and keeps what is written in it.
        queueMicrotask(() => {
          if (this.isConnected) return;
          /** @type {any} */ (this).destroy();
          // @ts-ignore: so that it starts anew when it is put into a page again.
          this.open = undefined;
        });
      }
    },
  );

  const first = () => /** @type {any} */ (document.querySelector(NAME));
  // @ts-ignore: the one global.
  self.peerSupport = {
    open: (/** @type {string} */ view) => first()?.open(view),
    close: () => first()?.close(),
    leave: () => first()?.leave(),
  };

  const place = () => {
    if (first()) return;
    const own = element(NAME, {});
    for (const { name, value } of script?.attributes ?? []) {
      if (name.startsWith("data-")) own.setAttribute(name.slice(5), value);
    }
    document.body.append(own);
  };
  if (document.readyState === "loading") addEventListener("DOMContentLoaded", place);
  else place();
})();
