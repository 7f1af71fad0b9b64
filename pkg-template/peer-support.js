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
  /**
   * What the build knows and writes here.
   * - `panel`: the panel's script and wasm, without `.js` and `.wasm`; `data`: the folder of what it fetches when it is
   *   needed. Both are relative to this script.
   * - `crisis`: emergency numbers and the best line of every country, as `xtask/src/helplines/loader.rs` documents it:
   *   `GBIE,BR|999,a192p190|116 123,116 123,188`.
   * @type {{panel: string, data: string, crisis: string, strings: Record<string, Record<string, string>>}}
   */
  // @ts-ignore: replaced by the build.
  const build = __PEER_SUPPORT_BUILD__;
  /** @type {string} */
  // @ts-ignore: replaced by the build.
  const css = __PEER_SUPPORT_CSS__;

  const NAME = "peer-support";
  if (customElements.get(NAME)) return;

  const script = /** @type {HTMLScriptElement | null} */ (document.currentScript);
  const base = new URL(".", script?.src ?? location.href).href;

  /** By country code: emergency numbers, and the line. @type {Map<string, string[]>} */
  const crisis = new Map();
  const [groups, emergencies, lines] = build.crisis.split("|").map((column) => column.split(","));
  groups.forEach((group, at) => {
    for (const code of group.match(/../g) ?? []) crisis.set(code, [emergencies[at], lines.shift() ?? ""]);
  });

  /**
   * An element with properties and children.
   * @param {string} tag
   * @param {Record<string, any>} properties
   * @param {...(Node | string)} children
   * @returns {any}
   */
  const element = (tag, properties, ...children) => {
    const node = Object.assign(document.createElement(tag), properties);
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
    const named = navigator.languages.map((tag) => tag.slice(-2)).filter((code) => crisis.has(code));
    const inZone = [...named, ...crisis.keys()].filter((code) =>
      /** @type {any} */ (new Intl.Locale("und-" + code)).getTimeZones?.()?.includes(zone),
    );
    return [...new Set([...inZone.slice(0, 1), ...named])].slice(0, 2);
  };

  /** The panel's module, shared by all elements of the page: fetched once, asked for again after a failure. */
  let loading = /** @type {Promise<any> | undefined} */ (undefined);
  let failures = 0;
  const load = () =>
    // Firefox remembers that an address gave no module, so the next try asks for another one.
    (loading ??= Promise.all([import(base + build.panel + ".js?" + failures), fetch(base + build.panel + ".wasm")])
      .then(async ([glue, wasm]) => {
        await glue.default({ module_or_path: wasm });
        return glue;
      })
      .catch((error) => {
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
    /** @type {Record<string, string>} */
    const attributes = {};
    for (const { name, value } of host.attributes) attributes[name] = value;
    const isInline = attributes.mode === "inline";
    const locale = /** @type {string} */ (
      [attributes.locale, ...navigator.languages, "en"].map((tag) => tag?.slice(0, 2)).find((tag) => build.strings[tag])
    );
    const strings = build.strings[locale];
    /** @type {any} */
    const places = new Intl.DisplayNames(locale, { type: "region" });

    /** Drawn on first use: before that, a page pays for a button only. @type {any} */
    let frame;
    /** @type {HTMLSelectElement} */
    let select;
    /** @type {any} The mounted panel. */
    let panel;
    let isMounting = false;
    /** @type {string[]} */
    let countries;
    /** When Shift was pressed, the last time first. @type {number[]} */
    let shifts = [];
    const card = element("div", {});
    const status = element("output", {});
    const container = element("div", { className: "panel" });

    const leave = () => {
      document.documentElement.hidden = true;
      destroy();
      location.replace(attributes["leave-url"] ?? "https://www.wikipedia.org/");
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
      if (repeat || !frame.open) return;
      shifts = key === "Shift" ? [timeStamp, ...shifts] : [];
      if (timeStamp - shifts[2] < 5000) leave();
    };

    const button = (/** @type {string} */ name, /** @type {() => void} */ press) =>
      element("button", { part: name, onclick: press }, strings[name]);

    const link = (/** @type {string} */ label, /** @type {string} */ number) =>
      element(
        "a",
        { href: "tel:" + number.replace(/[^\d*+]/g, "") },
        label,
        // Left to right in every language, or the groups of digits would change places.
        element("b", { dir: "ltr" }, number),
      );

    /** Fills the card with the numbers of these countries. @param {string[]} codes */
    const show = (codes) => {
      countries = codes;
      // Shows none where no country is known.
      select.value = codes[0];
      card.replaceChildren(
        ...codes.flatMap((code) => {
          const [emergency, line] = /** @type {string[]} */ (crisis.get(code));
          return [
            element("h3", {}, places.of(code)),
            ...[...emergency.matchAll(/(\D?)(\d+)/g)].map(([, service, number]) => link(strings[service || "g"], number)),
            line && link(strings.line, line),
          ];
        }),
      );
    };

    const draw = () => {
      if (frame) return;
      select = element(
        "select",
        { onchange: () => show([select.value]) },
        ...[...crisis.keys()]
          .map((code) => element("option", { value: code }, places.of(code)))
          .sort((a, b) => a.text.localeCompare(b.text)),
      );
      frame = element(
        isInline ? "section" : "dialog",
        {
          part: "frame",
          ariaLabel: strings.launcher,
          lang: locale,
          dir: "auto",
          // Escape closes and never leaves. In braces: a handler that returns false stops every other key.
          onkeydown: (/** @type {KeyboardEvent} */ event) => {
            if (event.key === "Escape" && !event.defaultPrevented) close();
          },
          onclose: () => launcher.focus(),
        },
        element(
          "div",
          { className: "static" },
          element(
            "header",
            {},
            // Focus goes here first: a second Enter must not leave the page.
            element("h2", { tabIndex: -1, autofocus: true }, strings.launcher),
            button("leave", leave),
            isInline ? "" : button("close", close),
          ),
          card,
          element("label", {}, strings.country, select),
          status,
        ),
        container,
      );
      const own = attributes.country?.toUpperCase();
      show(crisis.has(own) ? [own] : guessCountries());
      root.append(frame);
      addEventListener("keydown", countShifts);
    };

    /** Puts the panel over the card, once it is there. @param {string} [view] */
    const mount = async (view) => {
      if (view) panel?.show(view);
      if (panel || isMounting) return;
      isMounting = true;
      status.textContent = strings.loading;
      try {
        const glue = await load();
        if (host.isConnected) {
          panel = glue.mount(host, container, {
            ...attributes,
            ...build,
            base,
            countries,
            locale,
            view,
            close,
            leave,
          });
          frame.className = "ready";
        }
        status.textContent = "";
      } catch (error) {
        status.textContent = strings.failed;
        console.info(error);
      }
      isMounting = false;
    };

    /** Opens the panel. @param {string} [view] `help`, `stories` or `write` */
    const open = (view) => {
      draw();
      if (!isInline && !frame.open) {
        // On a phone the sheet covers the page, so the page behind it is out of reach of keyboard and screen reader.
        if (innerWidth <= 600) frame.showModal();
        else frame.show();
      }
      mount(view);
    };

    /** Closes the panel; what is written in it stays. */
    const close = () => frame?.close?.();

    const launcher = button("launcher", () => open());
    try {
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(css);
      root.adoptedStyleSheets = [sheet];
    } catch {
      root.append(element("style", {}, css));
    }
    if (isInline) {
      draw();
      frame.open = true;
      new IntersectionObserver((entries, observer) => {
        if (entries.some((entry) => entry.isIntersecting)) mount(observer.disconnect());
      }).observe(host);
    } else {
      // Intent: what is fetched now is there when the press comes.
      launcher.onpointerenter = launcher.onfocus = () => load().catch(() => {});
      // Links that the owner wrote for browsers without JavaScript stay where they are: nothing jumps.
      root.append(element("slot", {}), element("div", { className: "corner", lang: locale }, launcher));
    }
    return { open, close, leave, destroy };
  };

  customElements.define(
    NAME,
    class extends HTMLElement {
      connectedCallback() {
        // @ts-ignore: the one global is the element that came last; its methods are its own.
        self.peerSupport = this;
        // @ts-ignore
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

  const place = () => {
    if (document.querySelector(NAME)) return;
    const own = element(NAME, {});
    for (const { name, value } of script?.attributes ?? []) {
      if (name.startsWith("data-")) own.setAttribute(name.slice(5), value);
    }
    document.body.append(own);
  };
  if (document.readyState === "loading") addEventListener("DOMContentLoaded", place);
  else place();
})();
