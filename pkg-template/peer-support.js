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
   * - `panel`: what the names of the panel's files begin with, relative to this script: behind it are `.js`, `.wasm` and
   *   `.txt`, the names of the lines.
   * - `strings`: by language, what the loader says, divided by `|`, in the order of the numbers below.
   * - `crisis`: emergency numbers and the best line of every country, as `xtask/src/helplines/loader.rs` documents it:
   *   `BR,GBIE|a192p190,999|188,116123,116123?`.
   * @type {{panel: string, crisis: string, strings: Record<string, string>}}
   */
  // @ts-ignore: replaced by the build.
  const build = __PEER_SUPPORT_BUILD__;
  /** @type {string} */
  // @ts-ignore: replaced by the build.
  const css = __PEER_SUPPORT_CSS__;

  // Where a text stands in `strings`; the emergency services come first, in the order of this word.
  const SERVICES = "gpaf";
  const LINE = 4;
  const SINGLE = 5;
  const LAUNCHER = 6;
  const LEAVE = 7;
  const CLOSE = 8;
  const COUNTRY = 9;
  const FAILED = 10;

  const NAME = "peer-support";

  /** This script; in the module of the npm package, what says where the panel's files are. @type {HTMLScriptElement | null} */
  // @ts-ignore: replaced by the build.
  const script = __PEER_SUPPORT_SCRIPT__;
  const base = new URL(".", script?.src || location.href).href;

  /**
   * Pages redefine `Array.prototype`, and some of it badly. On the way to the numbers nothing of it is used: no method of
   * an array, and no `for … of`, spreading or destructuring of one.
   * @param {ArrayLike<any> | null} list
   * @param {(item: any, at: number) => void} act
   */
  const each = (list, act) => {
    // @ts-ignore: nothing is less than undefined.
    for (let at = 0; at < list?.length; at++) act(list[at], at);
  };

  /** The attributes, and in camel case the properties, that an element has. */
  const NAMES = "site server country locale mode corner hide-on theme isolation leave-url helplines-key".split(" ");

  /** By country code: emergency numbers, the line, and the row of its name. @type {Map<string, any[]>} */
  const crisis = new Map();
  const columns = build.crisis.split("|");
  const emergencies = columns[1].split(",");
  const lines = columns[2].match(/.*?[,?]/g) ?? [];
  each(columns[0].split(","), (codes, at) =>
    codes.replace(/../g, (/** @type {string} */ code, /** @type {number} */ offset) => {
      crisis.set(code, [emergencies[at ? emergencies.length - at : offset / 2], lines[crisis.size], crisis.size]);
    }),
  );

  /** The visitor's, each with a comma behind it. */
  let languages = "";
  each(navigator.languages, (tag) => (languages += tag + ","));

  /**
   * An element with children and properties.
   * @param {string} tag
   * @param {(Node | string)[]} [children]
   * @param {Record<string, any>} [properties]
   * @returns {any}
   */
  const element = (tag, children = [], properties = {}) => {
    /** @type {any} */
    const node = document.createElement(tag);
    for (const name in properties) node[name] = properties[name];
    each(children, (child) => node.append(child));
    return node;
  };

  /** What came of it. @type {string[] | undefined} */
  let guessed;
  /**
   * At most two countries that the visitor may be in, the likeliest first: the one whose time zone the device keeps, then
   * those its languages name. No request and no prompt is made for it.
   * @returns {string[]}
   */
  const guessCountries = () => {
    if (guessed) return guessed;
    /** @type {string[]} */
    const found = (guessed = []);
    const add = (/** @type {string} */ code) => {
      if (crisis.has(code) && !found[1] && code !== found[0]) found[found.length] = code;
    };
    try {
      const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
      // Several countries share a zone: those that the languages name come first, and mostly are it. To ask for the zones of all
      // takes a phone a fifth of a second.
      each(
        (languages + columns[0]).match(/[A-Z]{2}/g),
        (code) =>
          found[0] ||
          each(/** @type {any} */ (new Intl.Locale("und-" + code)).getTimeZones(), (own) => own === zone && add(code)),
      );
    } catch {
      // Not every browser tells the zones of a country.
    }
    each(languages.match(/[A-Z]{2}(?=,)/g), add);
    return found;
  };

  /** The names of the lines, asked for when the card is drawn first. @type {Promise<string[] | undefined> | undefined} */
  let names;
  const fetchNames = async () => {
    try {
      const rows = (await (await fetch(base + build.panel + ".txt")).text()).split("\n");
      // Anything else that answers under this address has not a row for each country and the end behind them.
      if (rows[crisis.size] === "") return rows;
    } catch {
      // Then the card says "Crisis line".
    }
  };

  /** How often the panel did not come. Firefox remembers that an address gave no module, so the next try asks for another one. */
  let failures = 0;
  /** The panel's wasm, asked for once for all elements of the page. @type {Promise<Response | void> | undefined} */
  let wasm;

  /**
   * Draws into `root`, and gives `host` what it can do. What comes back ends everything that was begun.
   * @param {any} host
   * @param {ShadowRoot} root
   */
  const start = (host, root) => {
    // Links that the owner wrote for browsers without JavaScript stay where they are: nothing jumps, and they are what is
    // left when nothing below works.
    const slot = element("slot");
    root.append(slot);
    each(NAMES, (name) => {
      const property = name.replace(/-./, (/** @type {string} */ mark) => mark[1].toUpperCase());
      // Set before this script came, perhaps.
      const value = host[property];
      Object.defineProperty(host, property, {
        configurable: true,
        get: () => host.getAttribute(name),
        set: (value) => (value == null ? host.removeAttribute(name) : host.setAttribute(name, value)),
      });
      if (value) host[property] = value;
    });
    const isInline = host.mode === "inline";
    /** What the browser calls countries. @type {any} */
    let places = null;
    /** The name of a country. */
    const nameOf = (/** @type {string} */ code) => {
      try {
        places ||= new Intl.DisplayNames(locale, { type: "region" });
        return places.of(code);
      } catch {
        // Codes are better than nothing.
        return code;
      }
    };
    let locale = "";
    /** @type {string[]} */
    let strings;
    const speak = () => {
      const before = locale;
      locale = "";
      each(`${host.locale},${languages}en`.match(/\b[a-z]{2}\b/g), (tag) => {
        if (build.strings[tag]) locale ||= tag;
      });
      // Another attribute has changed: a language that the visitor chose in the panel stays.
      if (locale === before) return;
      strings = build.strings[locale].split("|");
      places = null;
      area.lang = locale;
      launcher.textContent = strings[LAUNCHER];
      panel?.set_locale(locale);
      if (frame) {
        frame.ariaLabel = strings[LAUNCHER];
        tell();
      }
    };
    /** Tells the page what happened, and nothing else. @param {string} what */
    const emit = (what) => {
      try {
        host.dispatchEvent(new Event(NAME + "-" + what, { bubbles: true, composed: true }));
      } catch {
        // Old libraries put something of their own in the place of `Event`.
      }
    };

    /** Drawn on first use: before that, a page pays for a button only. @type {any} */
    let frame;
    /** The list of countries, with its label. @type {HTMLElement} */
    let picker;
    /** @type {any} The mounted panel. */
    let panel;
    /** @type {string[]} */
    let countries;
    /** What became of loading the panel. */
    let note = "";
    /** The view that was asked for last. @type {string | undefined} */
    let wanted;
    /** What has the focus when the panel is closed. @type {any} */
    let back;
    /** The presses of Shift in the last five seconds, unless another key came after them. @type {Set<Event>} */
    const shifts = new Set();
    const card = element("div");
    const container = element("div", [], { className: "panel" });
    const status = element("output", [], { dir: "auto" });

    /** Says what became of loading, and how often Shift must be pressed to leave. Screen readers read it out. */
    const tell = () => {
      const text = `${note} Shift ×${3 - shifts.size}: ${strings[LEAVE]}`;
      if (status.value !== text) status.value = text;
    };

    /** Three presses of Shift within five seconds leave, also while typing. @param {KeyboardEvent} event */
    const countShifts = (event) => {
      if (event.repeat || !isOpen()) return;
      if (event.key === "Shift") {
        shifts.add(event);
        setTimeout(() => shifts.delete(event) && tell(), 5000);
      } else shifts.clear();
      tell();
      if (shifts.size > 2) leave();
    };

    const leave = () => {
      const page = document.documentElement.style;
      const gap = new Text();
      // Important, because a page may have rules that show it.
      page.setProperty("display", "none", "important");
      host.replaceWith(gap);
      // With all that was written in it.
      stop();
      // A page that comes back out of the browser's memory can be used again.
      addEventListener("pageshow", (event) => {
        if (!event.persisted) return;
        page.display = "";
        gap.replaceWith(host);
      });
      let url = "https://wikipedia.org/";
      try {
        // A path of this site, whatever the page's <base> says. What begins like an address and is none must not keep anybody here.
        if (/^(https?:)?\//.test(host.leaveUrl)) url = new URL(host.leaveUrl, location.href).href;
      } catch {}
      try {
        // When all this is in a frame, the page around it must go as well.
        /** @type {Window} */ (top).location.replace(url);
      } catch {
        // It is another's, and does not allow that.
      }
      location.replace(url);
    };

    /**
     * Has another part of ours do its work, of which few pages have need.
     * @param {string} name
     * @param {any} what
     */
    const fetchModule = async (name, what) => (await import(`${base}${build.panel}/${name}.js`)).default(host, what);

    const button = (/** @type {string} */ name, /** @type {number} */ text, /** @type {() => void} */ press) =>
      element("button", [strings[text]], { part: name, onclick: press });

    /**
     * Adds a number to the card, given as the digits to dial; returns the text beside it.
     * @param {string} label
     * @param {string} number
     */
    const addNumber = (label, number) =>
      card.appendChild(
        element(
          "a",
          [
            label,
            // Left to right in every language, or the groups of digits would change places.
            element("b", [number.replace(/\d{3}(?=\d{3})/g, "$& ")], { dir: "ltr" }),
          ],
          { href: "tel:" + number },
        ),
      ).firstChild;

    /** Fills the card with the numbers of these countries. @param {string[]} codes */
    const show = (codes) => {
      countries = codes;
      card.textContent = "";
      each(codes, (code) => {
        const known = /** @type {any[]} */ (crisis.get(code));
        card.append(element("h3", [nameOf(code)]));
        known[0].replace(/(\D?)(\d+)/g, (/** @type {string} */ _, /** @type {string} */ service, /** @type {string} */ number) =>
          addNumber(strings[SERVICES.indexOf(service)], number),
        );
        // Where one source alone lists it a question mark is behind it, elsewhere a comma, which comes before that.
        known[1].replace(/(.+)(.)/, async (/** @type {string} */ _, /** @type {string} */ number, /** @type {string} */ mark) => {
          const single = mark > "," ? strings[SINGLE] : "";
          const text = addNumber(strings[LINE] + single, number);
          // The text alone changes: a link that went would take the focus, or the finger's press, with it.
          text.data = ((await (names ??= fetchNames()))?.[known[2]] || strings[LINE]) + single;
        });
      });
    };

    const isOpen = () => frame?.hasAttribute("open");

    /** Draws the list of countries. */
    const list = () => {
      /** @type {HTMLOptionElement[]} */
      const options = [];
      crisis.forEach((_, code) => (options[options.length] = element("option", [nameOf(code)], { value: code })));
      try {
        options.sort((a, b) => a.text.localeCompare(b.text));
      } catch {
        // See `each`.
      }
      const select = picker.appendChild(element("select", options, { onchange: () => show([select.value]) }));
      // Shows none where no country is known.
      select.value = countries[0];
    };

    const draw = () => {
      if (frame) return;
      frame = element(
        isInline ? "section" : "dialog",
        [
          element(
            "div",
            [
              element("header", [
                // Focus goes here first: a second Enter must not leave the page.
                element("h2", [strings[LAUNCHER]], { tabIndex: -1, autofocus: true }),
                button("leave", LEAVE, leave),
                isInline ? "" : button("close", CLOSE, close),
              ]),
              card,
              (picker = element("label", [strings[COUNTRY]])),
            ],
            { className: "static", dir: "auto" },
          ),
          container,
          status,
        ],
        {
          part: "frame",
          ariaLabel: strings[LAUNCHER],
          // Escape closes and never leaves. In braces: a handler that returns false stops every other key.
          onkeydown: (/** @type {KeyboardEvent} */ event) => {
            if (event.key === "Escape" && !event.defaultPrevented) close();
          },
          onclose: () => {
            (back === host || back === document.body ? launcher : back).focus();
            emit("close");
          },
        },
      );
      const own = host.country?.toUpperCase();
      show(crisis.has(own) ? [own] : guessCountries());
      area.append(frame);
      try {
        // The list is as much work as all else, so it waits for the numbers to be seen, where there are any.
        countries[0] ? setTimeout(list, 100) : list();
      } catch {
        // A page that has broken its timers gets it at once.
        list();
      }
      // Before any listener of the page's can stop it.
      addEventListener("keydown", countShifts, true);
    };

    /**
     * What draws the panel: here, or in a frame, as `start.js` decides. Begun on intent, and begun anew after a failure. Where
     * the owner wants the card alone it draws nothing.
     * @type {any}
     */
    let loading;
    const load = () =>
      (loading ||= (async () => {
        if (host.isolation === "static") return () => {};
        try {
          const asked = host.isolation === "frame" || (wasm ??= fetch(base + build.panel + ".wasm").catch(() => {}));
          // To name anything the first time takes a browser longer than to draw the rest of the card: it looks through all its
          // languages. So it does that while the finger is down, and looks for the country.
          nameOf(NAME);
          host.country || guessCountries();
          return await (await import(base + build.panel + ".js?" + failures)).start(asked, host, wanted);
        } catch {
          loading = wasm = void failures++;
        }
      })());

    /** Puts the panel over the card, once it is there. @param {string} [view] */
    const mount = async (view) => {
      if (view) panel?.show(view);
      if (panel || note === "…") return;
      note = "…";
      tell();
      try {
        const drawPanel = await load();
        // Also while it is out of the page for a moment; unless it went for good.
        if (host.end === stop) {
          /** @type {Record<string, any>} */
          const config = {
            ...build,
            base,
            countries,
            view: wanted,
            close,
            leave,
            posted: () => emit("posted"),
          };
          // None takes the place of what closes the panel or leaves.
          each(host.attributes, ({ name, value }) => (config[name] ??= value));
          config.locale = locale;
          panel = await drawPanel(host, container, config);
          // The element went meanwhile.
          if (host.end !== stop) panel?.unmount();
          else if (panel) {
            frame.className = "ready";
            emit("ready");
          }
        }
        note = "";
      } catch {
        container.textContent = "";
        note = strings[FAILED];
        emit("error");
      }
      tell();
    };

    // Where the browser knows no dialogs the attribute alone shows it.
    const toggle = (/** @type {string} */ method) => {
      try {
        // On a phone the sheet covers the page, so the page behind it is out of reach of keyboard and screen reader. And where the
        // page has put all but a dialog of its own out of reach, so that we would be as well, only this brings us back.
        if (method === "show" && (innerWidth <= 600 || host.closest("[inert]") || document.querySelector(":modal"))) method += "Modal";
        frame[method]();
      } catch {
        frame.toggleAttribute("open");
      }
    };

    /** Opens the panel. @param {string} [view] `help`, `stories` or `write` */
    const open = (view) => {
      // The listener of a button is given an event.
      view = view?.trim && view;
      // Also of a panel that is on its way.
      wanted = view || wanted;
      // What the network brings comes while the card is drawn.
      load();
      draw();
      if (!isOpen()) {
        back = document.activeElement;
        toggle("show");
        emit("open");
      }
      mount(view);
    };

    /** Closes the panel; what is written in it stays. */
    const close = () => {
      if (!isInline && isOpen()) toggle("close");
    };

    const launcher = element("button", [], { part: "launcher", onclick: open });
    // The direction that the page says it has, and none of a style.
    const area = element("div", [], { dir: host.closest("[dir]")?.dir || "ltr" });
    speak();
    root.append(area);
    try {
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(css);
      root.adoptedStyleSheets = [sheet];
    } catch {
      root.append(element("style", [css]));
    }
    if (isInline) {
      draw();
      toggle("");
      slot.remove();
      try {
        new IntersectionObserver((entries, observer) => {
          if (entries.pop()?.isIntersecting) mount(observer.disconnect());
        }).observe(host);
      } catch {
        mount();
      }
    } else {
      // Intent: what is fetched now is there when the press comes.
      launcher.onpointerenter = launcher.onfocus = load;
      if (host.mode !== "link") area.append(launcher);
      if (host.hideOn) {
        launcher.hidden = true;
        // Where that does not come, the button stays in sight.
        fetchModule("hide", launcher).catch(() => (launcher.hidden = false));
      }
    }
    if (/[?&]peer-support-doctor/.test(location.search)) fetchModule("doctor", { ...build, base });

    const stop = () => {
      host.end = observer.disconnect();
      removeEventListener("keydown", countShifts, true);
      root.replaceChildren();
      panel?.unmount();
    };
    // Whatever has changed. All but the language and the mode is read when it is needed.
    const observer = new MutationObserver(speak);
    observer.observe(host, { attributes: true });
    host.open = open;
    host.close = close;
    host.leave = leave;
    host.setLocale = (/** @type {string} */ tag) => {
      host.locale = tag;
    };
    host.destroy = () => {
      host.remove();
      stop();
    };
    host.end = stop;
  };

  if (!customElements.get(NAME)) {
    customElements.define(
      NAME,
      class extends HTMLElement {
        // Written out, because WebKit's own constructor spreads an array.
        constructor() {
          super();
          this.attachShadow({ mode: "open" });
        }

        connectedCallback() {
          // @ts-ignore: the one global is the element that came last; its methods are its own.
          self.peerSupport = this;
          // @ts-ignore: what ends everything that was begun.
          if (!this.end) start(this, /** @type {ShadowRoot} */ (this.shadowRoot));
        }

        disconnectedCallback() {
          // An element that is only moved comes back before anything else happens, and keeps what is written in it.
          setTimeout(() => {
            // @ts-ignore
            if (!this.isConnected) this.end?.();
          });
        }
      },
    );

    // The owner's own buttons and links, wherever they are and whenever they come.
    addEventListener("click", (event) => {
      /** @type {any} */
      let link;
      each(event.composedPath(), (node) => (link ||= node.matches?.("[data-peer-support-open],[href='#peer-support']") && node));
      const panel = /** @type {any} */ (document.querySelector(NAME));
      if (!link || !panel) return;
      event.preventDefault();
      // Not every browser gives the focus to what is pressed.
      link.focus();
      panel.open(link.dataset.peerSupportOpen);
    });
  }

  /** @type {any} */
  let own;
  const place = () => {
    if (document.querySelector(NAME)) return;
    if (!own) {
      own = element(NAME);
      // `leaveUrl` becomes `leave-Url`, and attributes know no capitals.
      for (const name in script?.dataset) own.setAttribute(name.replace(/[A-Z]/g, "-$&"), script.dataset[name]);
    }
    document.body.append(own);
  };
  const begin = () => {
    place();
    // Some pages become the next one by another body. What is written goes along, while the script is still there.
    new MutationObserver(() => script?.isConnected && place()).observe(document.documentElement, { childList: true });
  };
  // Whoever imports the module writes the element where it belongs.
  // @ts-ignore: replaced by the build.
  if (__PEER_SUPPORT_IS_MODULE__) return;
  if (document.readyState === "loading") addEventListener("DOMContentLoaded", begin);
  else begin();
})();
