// @ts-check
/**
 * The panel in a frame, seen from the host page: fetched when the page refuses wasm, or when the owner wants the panel out of
 * reach of the page's own scripts (`isolation="frame"`). Beside it lies `framed.js`, the other side.
 *
 * A message is an object with `peerSupport`, the version of this list, and `type`:
 *
 * | type | from the frame | from the host page |
 * |---|---|---|
 * | `ready` | it listens | |
 * | `open` | the panel is drawn | draw it, with what the loader knows and a `seal`; or show another `view` |
 * | `failed` | it cannot be drawn | |
 * | `focus` | | take the focus, unless it is elsewhere again |
 * | `locale` | | speak another `locale` |
 * | `posted` | something was posted | |
 * | `height` | inline, it is so many `px` high | |
 * | `close`, `leave` | the visitor wants that | |
 *
 * No message says what somebody wrote, read or looked for. A `seal` is bytes of chance, by which the frame keeps what is being
 * written in a storage that this page cannot read: where the element is moved in the page, a browser loads the frame anew, and only
 * the next document gets the same bytes.
 */
const VERSION = 1;

/** How long a frame may take until it listens; its page and script are two kilobytes. Meanwhile the card shows numbers. */
const PATIENCE_MS = 10000;

/** What the frame keeps words by: the name of a place for them, and a key. */
const SEAL_BYTES = 16 + 32;

/** What a frame inside a page may be high, in pixels: more is no panel. */
const MOST_PX = 20000;

/** What the page's policy refuses of the panel outside a frame, as the owner would allow it. */
let refused = "";

let isTold = false;
/** Tells the owner what to change: one line a page. @param {string} line */
const tell = (line) => {
  if (!isTold) console.warn("peer-support: " + line);
  isTold = true;
};

/**
 * Does `act`, and gives the directives of the page's policy that it violates, as browsers report them.
 * @param {() => Promise<any>} act
 */
const violations = async (act) => {
  /** @type {string[]} */
  const found = [];
  const note = (/** @type {SecurityPolicyViolationEvent} */ { effectiveDirective, disposition }) => {
    if (disposition !== "report") found.push(effectiveDirective);
  };
  addEventListener("securitypolicyviolation", note);
  try {
    await act();
  } catch (problem) {
    found.push(String(problem));
    // The event comes a moment after the error.
    await new Promise((go) => setTimeout(go, 100));
  }
  removeEventListener("securitypolicyviolation", note);
  return found;
};

/** Finds out what the page's policy refuses, by doing it: nothing is concluded from a panel that did not come. */
const findRefused = async () => {
  // The shortest module there is. No browser with wasm finds fault with it, so only a policy makes an error of it.
  const module = new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]);
  if (typeof WebAssembly === "object" && (await violations(async () => WebAssembly.instantiate(module)))[0]) {
    refused = "script-src 'wasm-unsafe-eval'";
  } else if ((await violations(() => fetch(import.meta.url))).includes("connect-src")) {
    refused = "connect-src " + new URL(import.meta.url).origin;
  }
};

/**
 * What draws the panel in a frame.
 * @param {string | undefined} isolation as the owner wants it
 */
export default async (isolation) => {
  if (isolation === "frame") return draw;
  if (!refused) await findRefused();
  if (!refused) throw Error("the panel did not come");
  if (isolation !== "shadow") return draw;
  tell(`this page's Content-Security-Policy refuses the panel; add to it: ${refused}`);
  throw Error(refused);
};

/**
 * Draws the panel into `container`, in a frame; what comes back is used as the wasm's own handle is.
 * @param {HTMLElement} host
 * @param {HTMLElement} container
 * @param {any} config what the loader gives to a panel
 */
const draw = (host, container, config) =>
  new Promise((resolve, reject) => {
    const server = (config.server || config.base).replace(/\/?$/, "/");
    const url = new URL(`frame/${encodeURIComponent(config.site ?? "")}`, new URL(server, document.baseURI));
    const box = /** @type {HTMLElement} */ (container.parentElement);
    const isInline = config.mode === "inline";
    const frame = document.createElement("iframe");
    frame.title = /** @type {string} */ (box.ariaLabel);
    // What the panel does, and nothing else:
    // - it is a script, and talks to its server as a page of it; the server is another origin, so it cannot take the
    //   sandbox away from itself;
    // - what it links to (a chat, a charity's page, a card to print) opens in a window that is an ordinary one;
    // - it dials: a number is a link of another protocol;
    // - it saves a recovery code as a file.
    // It may not navigate this page: to leave, it asks the loader, which knows the owner's `leave-url`.
    frame.setAttribute(
      "sandbox",
      "allow-scripts allow-same-origin allow-popups allow-popups-to-escape-sandbox " +
        "allow-top-navigation-to-custom-protocols allow-downloads",
    );
    // It copies a number or a code when asked to.
    frame.allow = "clipboard-write";
    // Nobody needs to know which page somebody looked for help on.
    frame.referrerPolicy = "no-referrer";
    // By script, which no policy forbids. Not seen until the panel is drawn: till then the card stands in its place.
    frame.style.cssText = "display:none;border:0;width:100%;height:" + (isInline ? "600px" : "100%");
    frame.src = url.href;

    let isReady = false;
    const seal = crypto.getRandomValues(new Uint8Array(SEAL_BYTES));
    const send = (/** @type {string} */ type, /** @type {object} */ more = {}) =>
      frame.contentWindow?.postMessage({ peerSupport: VERSION, type, ...more }, url.origin);

    const root = /** @type {ShadowRoot} */ (container.getRootNode());
    /**
     * Gives the frame the focus, unless the visitor has closed the panel by then or gone on with something else in the page. Firefox
     * takes it only when the frame is drawn.
     */
    const takeFocus = (tries = 60, from = document.activeElement) => {
      if (!box.hasAttribute("open") || document.activeElement !== from) return;
      frame.focus();
      if (root.activeElement === frame) send("focus");
      else if (tries) requestAnimationFrame(() => takeFocus(tries - 1, from));
    };
    // When the visitor opens the panel again.
    const opened = new MutationObserver(() => {
      if (box.hasAttribute("open")) takeFocus();
    });

    const isShown = () => frame.style.display === "block";
    const show = () => {
      if (isShown()) return;
      clearInterval(patience);
      removeEventListener("securitypolicyviolation", note);
      const { activeElement } = root;
      frame.style.display = "block";
      // The loader's line says how to leave by keys. Now the frame has one of its own, which counts its own keys; the loader's
      // goes on telling of its own to who hears it.
      /** @type {HTMLElement} */ (container.nextElementSibling).style.cssText =
        "position:absolute;width:1px;height:1px;padding:0;overflow:hidden;clip-path:inset(50%)";
      if (!isInline) {
        // From the card, which goes.
        if (activeElement) takeFocus();
        opened.observe(box, { attributeFilter: ["open"] });
      }
      if (refused) {
        tell(
          "the panel is in a frame, because this page's Content-Security-Policy refuses it elsewhere. " +
            `To have it in the page, add: ${refused}`,
        );
      }
      resolve({
        show: (/** @type {string} */ view) => send("open", { view }),
        set_locale: (/** @type {string} */ locale) => send("locale", { locale: (config.locale = locale) }),
        unmount: end,
      });
    };

    const end = () => {
      clearInterval(patience);
      opened.disconnect();
      removeEventListener("message", hear);
      removeEventListener("securitypolicyviolation", note);
      frame.remove();
    };
    const fail = (/** @type {string} */ remedy) => {
      // An element that was taken out of the page is no reason to change anything.
      if (frame.isConnected) tell(`visitors see numbers and no panel. ${remedy}`);
      end();
      reject(Error(remedy));
    };
    const allow = (/** @type {string} */ directive) =>
      `Add to this page's Content-Security-Policy: ${refused ? refused + "; or: " : ""}${directive}`;

    const note = (/** @type {SecurityPolicyViolationEvent} */ { effectiveDirective, blockedURI, disposition }) => {
      if (disposition === "report" || !/^(frame|child)-src/.test(effectiveDirective)) return;
      if (blockedURI.startsWith(url.origin)) fail(allow("frame-src " + url.origin));
    };
    const patience = setInterval(() => {
      if (isReady && frame.isConnected) return;
      fail(
        `${url.href} does not answer as a frame. Is ${location.origin} among the origins of this site in the server's ` +
          `configuration?${refused ? ` Or add to this page's Content-Security-Policy: ${refused}` : ""}`,
      );
    }, PATIENCE_MS);

    const hear = (/** @type {MessageEvent} */ { source, origin, data }) => {
      // A window that is gone is null, and so is the window of a frame that is.
      if (!source || source !== frame.contentWindow || origin !== url.origin || data?.peerSupport !== VERSION) return;
      switch (data.type) {
        case "ready":
          // Again when the element was moved in the page, which loads the frame anew.
          isReady = true;
          send("open", {
            countries: config.countries,
            locale: config.locale,
            theme: config.theme,
            mode: config.mode,
            view: config.view,
            "helplines-key": config["helplines-key"],
            accent: getComputedStyle(host).getPropertyValue("--peer-support-accent"),
            seal,
          });
          break;
        case "open":
          show();
          break;
        case "failed":
          fail(`the panel does not start in ${url.href}`);
          break;
        case "height":
          if (isInline && typeof data.px === "number" && data.px > 0 && data.px < MOST_PX) frame.style.height = data.px + "px";
          break;
        case "posted":
          config.posted();
          break;
        case "close":
          config.close();
          break;
        case "leave":
          config.leave();
      }
    };
    addEventListener("message", hear);
    addEventListener("securitypolicyviolation", note);
    container.append(frame);
  });
