// @ts-check
/**
 * The panel in a frame, seen from inside: a page of the server's own, where no script of the host page reaches. What it says to
 * the page around, and hears from there, stands in `frame.js`.
 *
 * Words that are being written stay in this document's memory, so they are there when the panel is closed and opened again. An
 * element that is moved in the page has its frame loaded anew: for that they are kept sealed (`keep`).
 */
const VERSION = 1;

/** What the names of the panel's files begin with. @type {string} */
const panelFiles = import.meta.url.slice(0, import.meta.url.lastIndexOf("/"));
/** The server, which may live in a folder: this page is `frame/SITE` below it. */
const base = new URL("..", location.href).href;
const site = decodeURIComponent(location.pathname.slice(location.pathname.lastIndexOf("/") + 1));

/** The origins that may use the site, as its owner wrote them in the configuration. */
const rules = (document.documentElement.dataset.origins ?? "").split(" ");

/**
 * Whether a page of this origin may talk to us. `frame-ancestors` says so already; but a proxy may have lost that header.
 * @param {string} origin
 */
const isAllowed = (origin) =>
  origin === location.origin ||
  rules.some((rule) => {
    if (rule === "loopback") return /^https?:\/\/((.+\.)?localhost|127(\.\d+){3}|\[::1])(:\d+)?$/.test(origin);
    const [scheme, end] = rule.split("*");
    return end ? origin.startsWith(scheme) && origin.endsWith(end) : origin === rule;
  });

/** The origin of the page around, once it has spoken. */
let around = "";
/** @param {string} type @param {object} [more] */
const say = (type, more) => parent.postMessage({ peerSupport: VERSION, type, ...more }, around || "*");

const sheet = (/** @type {string} */ css) => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  return sheet;
};
document.adoptedStyleSheets = [
  sheet(":root{color-scheme:light dark}body{margin:0}:root.fills,.fills body,.fills main{height:100%}"),
];
const main = document.createElement("main");
const root = main.attachShadow({ mode: "open" });
root.adoptedStyleSheets = [
  sheet(
    ".ready{display:grid;grid-template-rows:1fr;height:100%;background:Canvas;color:CanvasText;font:16px/1.5 system-ui}" +
      ".panel{overflow:auto}",
  ),
];
// As the loader's own frame is built, because the panel's sheet knows it.
const box = document.createElement("div");
box.className = "ready";
const container = document.createElement("div");
container.className = "panel";
const status = document.createElement("output");
box.append(container, status);
root.append(box);
document.body.append(main);

let isInline = false;
/** @type {any} */
let panel;

/**
 * Where the words of a post are kept in this tab, and the key that seals them: both from the page around, which cannot read the
 * storage. So neither it nor who finds the storage has the words, and nothing is sent to it about them. They are kept while they are
 * written, because Firefox neither stores nor sends what a document wants to when its frame goes.
 * @type {{place: string, key: CryptoKey} | undefined}
 */
let kept;
/** The words that are kept now. */
let keptWords = "";

const field = () => /** @type {HTMLTextAreaElement | null} */ (root.querySelector("#your-words"));

const forget = () => {
  keptWords = "";
  if (kept) sessionStorage.removeItem(kept.place);
};

const keep = async () => {
  const words = field()?.value;
  if (!kept || words === undefined || words === keptWords) return;
  if (!words) return forget();
  keptWords = words;
  const iv = crypto.getRandomValues(new Uint8Array(IV_BYTES));
  const filled = words.padEnd(words.length + FILLED - (words.length % FILLED), "\0");
  const sealed = await crypto.subtle.encrypt({ name: "AES-GCM", iv }, kept.key, new TextEncoder().encode(filled));
  // Others may have been written meanwhile, or these sent.
  if (keptWords === words) sessionStorage.setItem(kept.place, [...iv, ...new Uint8Array(sealed)].join());
};
/** As the standard for AES-GCM recommends. */
const IV_BYTES = 12;
/** Filled up to so many letters, what is kept does not say how much was written. */
const FILLED = 512;

/** Puts back what was kept by this seal, as soon as there is a field for it, and keeps what is written from now on. @param {any} seal */
const takeOver = async (seal) => {
  const key = await crypto.subtle.importKey("raw", seal.slice(16), "AES-GCM", false, ["encrypt", "decrypt"]);
  const place = "peer-support-" + seal.slice(0, 16).join("-");
  const sealed = Uint8Array.from((sessionStorage.getItem(place) ?? "").split(","), Number);
  kept = { place, key };
  // Buttons change words, too.
  for (const what of ["input", "click"]) root.addEventListener(what, () => setTimeout(() => keep().catch(() => {})));
  if (sealed.length < IV_BYTES) return;
  const words = await crypto.subtle.decrypt({ name: "AES-GCM", iv: sealed.slice(0, IV_BYTES) }, key, sealed.slice(IV_BYTES));
  const put = () => {
    const there = field();
    if (!there) return;
    wait.disconnect();
    there.value = new TextDecoder().decode(words).replace(/\0+$/, "");
    there.dispatchEvent(new InputEvent("input", { bubbles: true }));
  };
  const wait = new MutationObserver(put);
  wait.observe(container, { childList: true, subtree: true });
  panel.show("write");
  put();
};

const leave = () => {
  say("leave");
  // At once, and not when the page around has heard of it.
  panel?.unmount();
  document.documentElement.hidden = true;
  document.body.replaceChildren();
  forget();
};
const close = () => say("close");

/** The presses of Shift in the last five seconds, as the loader counts them in its own page. @type {Set<Event>} */
const shifts = new Set();
const tellShifts = () => {
  const text = `Shift ×${3 - shifts.size}: ${root.querySelector("[part=leave]")?.textContent ?? ""}`;
  if (status.value !== text) status.value = text;
};
addEventListener(
  "keydown",
  (event) => {
    if (event.repeat || !panel) return;
    if (event.key === "Shift") {
      shifts.add(event);
      setTimeout(() => shifts.delete(event) && tellShifts(), 5000);
    } else shifts.clear();
    tellShifts();
    if (shifts.size > 2) leave();
  },
  true,
);
// The panel takes the key for itself, where it has the focus.
addEventListener("keydown", (event) => {
  if (event.key === "Escape" && !event.defaultPrevented && !isInline) close();
});

// Nothing in here takes the focus away from the page around: whoever went on with something there, or closed the panel, while a
// message or an answer was on its way keeps it. What it was for has it when they come back and go to nothing else.
const { focus } = HTMLElement.prototype;
/** @type {HTMLElement | undefined} */
let waiting;
HTMLElement.prototype.focus = function (options) {
  if (document.hasFocus()) focus.call(this, options);
  else waiting = this;
};
addEventListener("focus", () => {
  if (!root.activeElement) waiting?.focus();
  waiting = undefined;
});

// The page around has given us the focus already. WebKit lets a frame of another site move it on only after somebody pressed
// or typed in there; until then Tab begins at the top.
const takeFocus = () => {
  const tab = /** @type {HTMLElement | null} */ (root.querySelector("[role=tab][aria-selected=true]"));
  tab?.focus();
};

/** What came, where it is a short text. @param {unknown} text */
const short = (text) => (typeof text === "string" && text.length <= 200 ? text : undefined);

/** Draws the panel, with what the loader around knows. @param {any} glue @param {any} known */
const draw = (glue, known) => {
  isInline = known.mode === "inline";
  document.documentElement.classList.toggle("fills", !isInline);
  document.documentElement.lang = short(known.locale) ?? "en";
  if (/^(light|dark)$/.test(known.theme)) document.documentElement.style.colorScheme = known.theme;
  main.style.setProperty("--peer-support-accent", short(known.accent) ?? "");
  const countries = Array.isArray(known.countries) ? known.countries.slice(0, 2).map(short) : [];
  panel = glue.mount(main, container, {
    site,
    server: base,
    base,
    panel: panelFiles.slice(base.length),
    countries,
    locale: short(known.locale),
    theme: short(known.theme),
    mode: short(known.mode),
    view: short(known.view),
    "helplines-key": short(known["helplines-key"]),
    close,
    leave,
    posted: () => {
      // What was sent has left its field; after a reply it may hold a post.
      if (!field()?.value) forget();
      say("posted");
    },
  });
  // The panel's words are there a moment later.
  setTimeout(tellShifts);
  root.addEventListener("change", () => setTimeout(tellShifts));
  if (isInline) {
    new ResizeObserver(() => say("height", { px: Math.ceil(box.getBoundingClientRect().height) })).observe(box);
  }
};

if (parent !== self) {
  const loading = (async () => {
    const glue = await import(panelFiles + ".js");
    await glue.default({ module_or_path: panelFiles + ".wasm" });
    return glue;
  })();
  loading.catch(() => {});
  addEventListener("message", async ({ source, origin, data }) => {
    if (source !== parent || data?.peerSupport !== VERSION || !isAllowed(origin)) return;
    around = origin;
    if (data.type === "focus") takeFocus();
    if (data.type === "locale" && panel && short(data.locale)) {
      document.documentElement.lang = data.locale;
      panel.set_locale(data.locale);
      // Its words are there when their file is.
      new MutationObserver((_, words) => words.disconnect(setTimeout(tellShifts))).observe(container, {
        childList: true,
        subtree: true,
      });
    }
    if (data.type !== "open") return;
    if (panel) {
      panel.show(short(data.view) ?? "");
      return;
    }
    try {
      const glue = await loading;
      if (!panel) {
        draw(glue, data);
        // Without TLS a browser has no such key, and a frame of another site may have no storage: then words do not move along.
        takeOver(data.seal).catch(() => {});
      }
      say("open");
    } catch {
      say("failed");
    }
  });
  // Says nothing, so it may go to whoever is around.
  say("ready");
}
