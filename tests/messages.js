// What `messages.rs` hands to the panel from outside, in the page itself: thousands of messages would take an hour by WebDriver.
//
// A case is plain JSON, so that it can be kept, cut down and played again: `from` says which way it comes, and what else it has
// is for that way. What JSON cannot say stands in it as `{ "$": name }`, one of `ODD`.
self.made = (() => {
  const NAME = "peer-support";
  /** How long anything may take that is waited for. */
  const PATIENCE_MS = 15000;

  const chain = (depth) => {
    let inner = [];
    for (let n = 0; n < depth; n++) inner = [inner];
    return inner;
  };
  const ODD = {
    undefined: () => undefined,
    nan: () => NaN,
    infinite: () => Infinity,
    huge: () => 1e300,
    bigint: () => 2n ** 70n,
    long: () => "x".repeat(100000),
    lone: () => "\ud800 \udfff",
    deep: () => chain(2000),
    cycle: () => {
      const ring = { peerSupport: 1, type: "open" };
      ring.view = ring.countries = ring;
      return ring;
    },
    // Nothing makes a text or a number of it.
    stubborn: () => ({ valueOf: 1, toString: 1 }),
    boxed: () => new Number(1),
    sparse: () => Array(100000),
    date: () => new Date(NaN),
    map: () => new Map([["peerSupport", 1], ["type", "leave"]]),
    error: () => new TypeError("made up"),
    bytes: () => new Uint8Array(48),
    few: () => new Uint8Array(3),
    blob: () => new Blob(["made up"]),
    port: () => new MessageChannel().port1,
  };
  /** What a script may call a method with besides, and no message can hold. */
  const UNSENT = {
    // As where a method is itself the listener.
    event: () => new Event("click"),
    call: () => () => "write",
    symbol: () => Symbol("write"),
  };
  const TEXTS = [
    "", " ", "help", "stories", "write", "en", "ar", "zh", "xx", "en-GB-oed", "GB", "gb", "US", "??", "demo", "dark", "inline",
    "frame", "static", "constructor", "__proto__", "toString", "ready", "open", "height", "1", "-1", "1e400", "null",
    "<img src=x onerror=owned=1>", "\"><script>owned=1</script>", "javascript:owned=1", "../../console/", "//evil.example/",
    "https://[", "http://localhost:99999/", "%E0%A4%A", "\u202egnp\u0000", "e\u0301\u200d👩‍👩", "a\nb\r\tc", "url(x)", "}*{x:y",
  ];

  /** Numbers below `n`, the same ones for the same seed: mulberry32, which is in the public domain. */
  const chance = (seed) => (n) => {
    seed = (seed + 0x6d2b79f5) | 0;
    let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % n;
  };
  const one = (random, list) => list[random(list.length)];

  /** Anything at all. */
  const any = (random) => {
    switch (random(6)) {
      case 0:
      case 1:
        return one(random, TEXTS);
      case 2:
        return one(random, [0, 1, 2, -1, 0.5, 300, 19999, 20000, 4294967296, true, false, null]);
      case 3:
        return [any(random), one(random, TEXTS)];
      case 4:
        return { [one(random, ["__proto__", "constructor", "length", "0", "type", "then"])]: any(random) };
      default:
        return { $: one(random, Object.keys(ODD)) };
    }
  };

  const set = (object, key, value) =>
    Object.defineProperty(object, key, { value, configurable: true, enumerable: true, writable: true });

  /** Every place in `plan` that can be changed, as what holds it and its key. */
  const places = (plan) =>
    plan && typeof plan === "object" && !("$" in plan)
      ? Object.keys(plan).flatMap((key) => [[plan, key], ...places(plan[key])])
      : [];

  /** `plan`, changed in a place or a few: other types, missing and further fields, and what is no message at all. */
  const changed = (random, plan, others = any) => {
    plan = JSON.parse(JSON.stringify(plan));
    if (random(12) === 0) return others(random);
    for (let n = random(4); n > 0; n--) {
      const [holder, key] = one(random, places(plan)) ?? [];
      if (!holder) break;
      switch (random(5)) {
        case 0:
          if (Array.isArray(holder)) holder.splice(key, 1);
          else delete holder[key];
          break;
        case 1:
          if (Array.isArray(holder)) holder.push(others(random));
          else set(holder, one(random, ["__proto__", "constructor", "then", "toJSON", "type", "view", "px", "id"]), others(random));
          break;
        case 2:
          holder[key] = [holder[key], holder[key]];
          break;
        default:
          set(holder, key, others(random));
      }
    }
    return plan;
  };

  /** What `plan` stands for. Ports are gathered in `ports`. */
  const live = (plan, ports) => {
    if (!plan || typeof plan !== "object") return plan;
    if (Object.hasOwn(plan, "$")) {
      const value = { ...ODD, ...UNSENT }[plan.$]();
      if (plan.$ === "port") ports.push(value);
      return value;
    }
    if (Array.isArray(plan)) return plan.map((part) => live(part, ports));
    const object = {};
    for (const key of Object.keys(plan)) set(object, key, live(plan[key], ports));
    return object;
  };

  const OF_FRAME = ["ready", "open", "failed", "posted", "height", "close", "leave"];
  const message = (type, more) => ({ peerSupport: 1, type, ...more });
  const toldByFrame = (random) => {
    const type = one(random, OF_FRAME);
    return message(type, type === "height" ? { px: random(2) ? any(random) : 300 } : {});
  };
  const toldToFrame = (random) =>
    one(random, [
      message("open", {
        countries: ["GB", "US"], locale: "en", theme: "dark", mode: "", view: "write", "helplines-key": "", accent: "#336699",
        seal: { $: "bytes" },
      }),
      message("open", { view: "write" }),
      message("focus"),
      message("locale", { locale: random(2) ? any(random) : "en" }),
    ]);

  /** The attributes and properties of an element, as a page may write them. */
  const ATTRIBUTES = {
    site: "demo", server: "", country: "GB", locale: "en", mode: "", corner: "top-start", "hide-on": "/*", theme: "dark",
    isolation: "", "leave-url": "/elsewhere.html", "helplines-key": "", dir: "ltr", lang: "en",
  };
  const odd = (random) => one(random, TEXTS);
  const called = (random) => [odd, any, () => ({ $: one(random, Object.keys(UNSENT)) })][random(3)](random);
  const attributes = (random) => {
    const some = {};
    for (const name in ATTRIBUTES) if (random(3) === 0) some[name] = random(2) ? ATTRIBUTES[name] : odd(random);
    // What the loader itself hands on by such a name.
    if (random(3) === 0) some[one(random, ["close", "leave", "base", "panel", "countries", "view", "posted", "crisis", "show"])] = odd(random);
    if (random(4)) some.country = "GB";
    return some;
  };

  /** The case of this number. */
  const at = (seed, number) => {
    const random = chance(Math.imul(seed, 0x9e3779b1) ^ number);
    // Opening and closing takes a while.
    const isOpen = (number & 16) === 0;
    // What takes milliseconds comes more often than what draws a panel.
    switch (random(40)) {
      case 0:
        return { from: "element", attributes: attributes(random), view: called(random), kept: random(3) ? "" : kept(random), press: random(1e6), asksDoctor: random(12) === 0 };
      case 1:
        return { from: "answers", view: one(random, ["stories", "stories", "write", "help"]), locale: one(random, ["en", "de", "ar"]), damage: random(1e9), press: random(1e6) };
      case 2:
        return { from: "begin", data: changed(random, toldToFrame(() => 0)), seal: random(2) ? [] : kept(random), kept: kept(random) };
    }
    switch (random(10)) {
      case 0:
      case 1:
      case 2:
        return { from: "frame", which: random(2), isOpen, data: changed(random, toldByFrame(random)) };
      case 3:
        return { from: "stranger", isOpen, data: random(2) ? toldByFrame(random) : changed(random, toldByFrame(random)) };
      case 4:
        return {
          from: "pretender", isOpen, source: one(random, ["frame", "page", "none"]),
          origin: one(random, ["server", "page", "stranger", "null", ""]), data: toldByFrame(random),
        };
      case 5:
        return { from: "kin", isOpen, data: changed(random, message(one(random, ["open", "focus", "locale"]), { view: "help", locale: "kin" })) };
      default:
        return { from: "page", isOpen, data: changed(random, toldToFrame(random)) };
    }
  };

  /** What a device may have kept: what the panel writes there, and what became of it. */
  const kept = (random) => {
    const lines = ["ab".repeat(32), "7K2M-Q0XD-9F3A-VH5T-1B8Y", one(random, TEXTS), "1,2,3,255,256,-1,x", one(random, TEXTS)];
    return lines.slice(random(5)).join(one(random, ["\n", ",", ""]));
  };

  const pause = (ms = 0) => new Promise((go) => setTimeout(go, ms));
  /** Waits until `holds` gives something. */
  const until = async (what, holds) => {
    for (const end = Date.now() + PATIENCE_MS; ; await pause(5)) {
      const held = holds();
      if (held) return held;
      if (Date.now() > end) throw Error("never happened: " + what);
    }
  };

  /** What was seen that no promise allows. */
  const broken = [];
  /** Answers of what watches in other windows, by what was asked. */
  const said = new Map();
  let draft, server, stranger, element, inside, kin, elsewhere, place, field, address, nInHistory, before;

  const frameOf = (of) => of.shadowRoot.querySelector("iframe");
  const isOpen = () => element.shadowRoot.querySelector("dialog")?.open ?? false;
  /** The page without us. */
  const outside = () => {
    const copy = document.documentElement.cloneNode(true);
    for (const own of copy.querySelectorAll(`${NAME}, ${NAME}-doctor, #place > *`)) own.remove();
    return copy.outerHTML + Object.keys(Object.prototype) + Object.keys(Array.prototype) + document.title;
  };

  const hear = ({ data, source, origin, isTrusted }) => {
    // Made up here.
    if (!isTrusted) return;
    let text = "";
    try {
      text = JSON.stringify(data) ?? "";
    } catch {
      // A ring has no draft in it that the rest had not.
    }
    if (text.includes(draft)) broken.push(`a draft went to a window: ${text.slice(0, 300)}`);
    if (data?.wrong) broken.push(`in the frame: ${data.wrong}`);
    if (data?.told) said.set(data.told, data);
    const frames = [element, inside].map((of) => frameOf(of)?.contentWindow);
    if (data?.told || data?.wrong || !frames.includes(source) || origin !== server) return;
    const isKnown = data?.peerSupport === 1 && OF_FRAME.includes(data.type);
    const more = Object.keys(data ?? {}).filter((key) => !["peerSupport", "type", ...(data.type === "height" ? ["px"] : [])].includes(key));
    if (!isKnown || more.length) broken.push(`the frame says more than it may: ${text.slice(0, 300)}`);
  };

  let nAsked = 0;
  /** Asks what watches in another window; what was sent there before is heard by then. */
  const ask = async (to, more = {}) => {
    const asked = ++nAsked;
    to.postMessage({ asked, ...more }, "*");
    const answer = await until(`a word of the window (${JSON.stringify(more).slice(0, 100)})`, () => said.get(asked) ?? broken[0]);
    said.delete(asked);
    return answer;
  };

  // Before anything of ours is drawn.
  addEventListener("DOMContentLoaded", () => (before = outside()));

  /** Begins to watch, once the panel is drawn in the frame and the draft is written there. */
  const begin = async (options) => {
    ({ draft, server, stranger } = options);
    [element, inside] = document.querySelectorAll(NAME);
    [kin, elsewhere] = document.querySelectorAll("iframe");
    place = document.querySelector("#place");
    field = document.querySelector("#field");
    [address, nInHistory] = [location.href, history.length];
    addEventListener("message", hear);
    // No window of its own for a card to print.
    window.open = () => null;
    field.focus();
  };

  /** What is not as it was promised. */
  const look = (wasOpen) => {
    const found = [...problems.splice(0), ...broken.splice(0)];
    const roots = [...document.querySelectorAll(`${NAME}, ${NAME}-doctor`)].map((own) => own.shadowRoot);
    if (window.owned) found.push("a script ran: " + window.owned);
    if (roots.some((root) => root.querySelector("script, img, [onerror], [href^='javascript:']"))) found.push("a text became an element");
    const now = outside();
    const from = [...now].findIndex((letter, at) => letter !== before[at]);
    if (now !== before) found.push(`the page around has changed: …${now.slice(Math.max(from - 40, 0), from + 80)}…`);
    if (location.href !== address || history.length !== nInHistory) found.push("the address has changed");
    if (!wasOpen && document.activeElement !== field) found.push(`the focus was taken: ${document.activeElement?.localName} ${element.shadowRoot.activeElement?.localName ?? ""}`);
    const { display, height } = frameOf(inside)?.style ?? {};
    if (display !== "block" || !(parseFloat(height) <= 20000)) found.push(`the frame inside the page is ${display}, ${height} high`);
    if (!element.isConnected || !element.shadowRoot.querySelector("[part=launcher]")) found.push("the launcher is gone");
    if (!element.shadowRoot.querySelector('.static a[href="tel:999"]')) found.push("the card has lost its numbers");
    return found;
  };

  const tidyData = (data) => {
    const ports = [];
    return [live(data, ports), ports];
  };
  const WAYS = {
    /** The frame itself, which may say anything. */
    frame: async ({ which, data }) => {
      const own = [element, inside][which];
      const heard = structuredClone(...((pair) => [pair[0], { transfer: pair[1] }])(tidyData(data)));
      // What it may ask for, it gets.
      if (heard?.peerSupport === 1 && ["leave", "failed"].includes(heard.type)) return;
      dispatchEvent(new MessageEvent("message", { data: heard, origin: server, source: frameOf(own).contentWindow }));
    },
    /** A frame of another origin. */
    stranger: ({ data }) => {
      const [value, ports] = tidyData(data);
      const asked = ++nAsked;
      elsewhere.contentWindow.postMessage({ asked, value, ports }, "*", ports);
      return until("a word of the stranger", () => said.delete(asked));
    },
    /** Somebody whose origin or window is not the frame's. */
    pretender: async ({ source, origin, data }) => {
      if (source === "frame" && origin === "server") return;
      const windows = { frame: frameOf(element).contentWindow, page: window, none: null };
      const origins = { server, page: location.origin, stranger };
      dispatchEvent(new MessageEvent("message", { data: live(data, []), origin: origins[origin] ?? origin, source: windows[source] }));
    },
    /** Another frame of the page, to the panel's. */
    kin: async ({ data }) => {
      const [value, ports] = tidyData(data);
      const frame = frameOf(element).contentWindow;
      kin.contentWindow.Function("to", "value", "ports", "to.postMessage(value, '*', ports)")(frame, value, ports);
      const { languages } = await ask(frame);
      if (languages.includes("kin")) broken.push("the frame obeyed a window that is not the page around it");
    },
    /** The page itself, to its panel. */
    page: async ({ data, isOpen }) => {
      const [value, ports] = tidyData(data);
      // It never gives the focus to a panel that is closed; WebKit would take it there.
      if (!isOpen && value?.peerSupport === 1 && value.type === "focus") return;
      frameOf(element).contentWindow.postMessage(value, server, ports);
    },
    /** The page, to a panel that is not drawn yet, in a tab that has kept something. */
    begin: async ({ data, seal, kept }) => {
      const frame = document.createElement("iframe");
      frame.src = `${stranger}/frame/demo#` + encodeURIComponent(JSON.stringify([String(seal), kept]));
      let answer;
      const hear = ({ source, data }) => {
        if (source && source === frame.contentWindow && data?.peerSupport === 1) answer = data.type;
      };
      addEventListener("message", hear);
      place.append(frame);
      try {
        await until("a frame that listens", () => answer === "ready");
        const [value, ports] = tidyData(data);
        frame.contentWindow.postMessage(value, stranger, ports);
        if (value?.peerSupport === 1 && value.type === "open") await until("an answer of the frame", () => answer !== "ready");
        if (answer === "failed") broken.push("the frame could not draw the panel");
        if (answer === "open") frame.contentWindow.postMessage(message("open", { view: "write" }), stranger);
        await pause(20);
        const { ran, helps } = await ask(frame.contentWindow);
        if (ran) broken.push("a script ran in the frame");
        if (answer === "open" && !helps) broken.push("the frame lost its panel");
      } finally {
        removeEventListener("message", hear);
        frame.remove();
      }
    },
    /** Whoever writes the element, calls its methods, or has kept something on the device. */
    element: (it) => panel(it.attributes, it),
    /** The server, or what answers in its place. */
    answers: async (it) => {
      damage = { random: chance(it.damage), only: it.only, n: 0 };
      try {
        await panel({ site: "demo", country: "GB", locale: it.locale, isolation: "shadow" }, it);
      } finally {
        damage = undefined;
      }
    },
  };

  /** Draws a panel in the page, presses what is there, and takes it away. */
  const panel = async (attributes, { view, kept, press, asksDoctor }) => {
    const random = chance(press);
    const own = document.createElement(NAME);
    for (const name in attributes) own.setAttribute(name, attributes[name]);
    if (kept) localStorage.setItem(NAME, kept);
    let became = "";
    for (const what of ["ready", "error"]) own.addEventListener(`${NAME}-${what}`, () => (became = what));
    if (asksDoctor) history.replaceState(null, "", "?peer-support-doctor");
    place.append(own);
    history.replaceState(null, "", address);
    try {
      own.open(live(view, []));
      const isStatic = attributes.isolation === "static";
      if (!isStatic) await until("a panel, or the end of waiting for it", () => became);
      own.open(live(view, []));
      await pause(20);
      const root = own.shadowRoot;
      if (attributes.country === "GB" && !root.querySelector('a[href="tel:999"]')) broken.push("a panel has lost its numbers");
      for (let n = 0; n < 4; n++) {
        for (const field of root.querySelectorAll("textarea, input:not([type]), input[type=search]")) {
          field.value = one(random, TEXTS);
          field.dispatchEvent(new InputEvent("input", { bubbles: true }));
        }
        const pressed = [...root.querySelectorAll("button, summary, [role=tab]")].filter((button) => !button.matches("[part=leave], [part=close], .static *") && !/leave/i.test(button.textContent));
        one(random, pressed)?.click();
        await pause(random(60));
      }
      if (window.owned || root.querySelector("script, img, [onerror], [href^='javascript:']")) broken.push("a text became an element");
      if (asksDoctor) {
        const state = () => document.querySelector(NAME + "-doctor")?.shadowRoot.querySelector("output")?.textContent ?? "";
        await until("the doctor's last word", () => broken[0] ?? (problems[0] || /Things to change|All is well/.test(state())));
      }
      own.setLocale(one(random, TEXTS));
      await pause();
      const close = root.querySelector(".panel button.close");
      close?.click();
      if (close && root.querySelector("dialog")?.open) broken.push("the panel's own button does not close it");
      own.open();
      root.querySelector("dialog")?.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true, composed: true }));
      if (root.querySelector("dialog")?.open) broken.push("Escape does not close it");
    } finally {
      own.destroy();
      document.querySelector(NAME + "-doctor")?.remove();
      localStorage.removeItem(NAME);
      await pause();
    }
  };

  /** How answers are changed now, if they are. */
  let damage;
  const changes = [];
  const realFetch = window.fetch;
  window.fetch = async (...asked) => {
    const answer = await realFetch(...asked);
    const path = new URL(asked[0].url ?? asked[0], location.href).pathname;
    if (!damage || !/\/api\/|\.json$|\.txt$/.test(path) || asked[1]?.method === "POST") return answer;
    const { random } = damage;
    const number = damage.n++;
    const kind = random(8);
    const seed = random(1e9);
    if (damage.only !== undefined && damage.only !== number) return answer;
    const body = path.endsWith("/live") ? stream(chance(seed)) : spoilt(chance(seed), await answer.text());
    const status = kind ? answer.status : one(chance(seed), [200, 400, 404, 422, 428, 429, 500, 503]);
    changes.push(`${path}: ${status} ${body.slice(0, 2000)}`);
    return new Response(body, { status, headers: { "Retry-After": one(chance(seed), ["1", "-1", "99999999999999999999", "soon"]) } });
  };
  /** What JSON can say, of texts and numbers that no server of ours sends. */
  const jsonAny = (random) => {
    const value = any(random);
    const text = JSON.stringify(value);
    return text.includes('"$"') ? one(random, [1e300, -1e300, 9007199254740993, "\ud800", "x".repeat(20000), [[[[[[]]]]]], {}]) : value;
  };
  const spoilt = (random, text) => {
    try {
      return JSON.stringify(changed(random, JSON.parse(text), jsonAny));
    } catch {
      const lines = text.split("\n");
      for (let n = random(4); n > 0; n--) lines.splice(random(lines.length), random(3), ...[odd(random), one(random, lines)].slice(random(3)));
      const spoilt = lines.join("\n");
      return random(6) ? spoilt : spoilt.slice(0, random(spoilt.length));
    }
  };
  const stream = (random) => {
    const told = [{ id: "0123456789abc", kind: "story", topic: "general" }, { thread: "0123456789abc" }];
    let text = "";
    for (let n = 0; n < 20; n++) text += one(random, ["data: ", "data: ", ": ", "", "event: x\n"]) + (JSON.stringify(changed(random, one(random, told), jsonAny)) ?? "") + one(random, ["\n\n", "\n", ""]);
    return text;
  };

  /** Plays one case; what it broke. */
  const play = async (it) => {
    // For who finds another page in this place.
    sessionStorage.setItem("made", JSON.stringify(it));
    changes.length = 0;
    // Panels of their own take the focus when they are drawn.
    const isPanel = ["element", "answers", "begin"].includes(it.from);
    const wants = !!it.isOpen && !isPanel;
    if (wants && !isOpen()) element.open();
    if (!wants) {
      if (isOpen()) {
        const closed = new Promise((go) => element.addEventListener(`${NAME}-close`, go, { once: true }));
        element.close();
        await closed;
      }
      // Where the last case closed it, the focus has come back by now as well.
      await pause();
      field.focus();
    }
    try {
      await WAYS[it.from](it);
      await pause();
      if (!frameOf(element)) throw Error("the frame is gone");
      const told = await ask(frameOf(element).contentWindow);
      if (told.written === false) broken.push("the draft in the frame has changed");
      if (told.ran) broken.push("a script ran in the frame");
      if (told.helps === false) broken.push("the frame lost its panel");
    } catch (error) {
      broken.push(`${error} ${error.stack}`);
    }
    if (isPanel) field.focus();
    const found = look(wants);
    return found.length ? { broken: found, changes: [...changes] } : null;
  };

  return {
    begin,
    play,
    /** Plays cases from `number` on for so long. */
    some: async (seed, number, ms) => {
      const counts = {};
      for (const end = Date.now() + ms; Date.now() < end; number++) {
        const it = at(seed, number);
        const found = await play(it);
        counts[it.from] = (counts[it.from] ?? 0) + 1;
        if (found) return { number, it: JSON.stringify(it), ...found, counts };
      }
      return { number, counts };
    },
  };
})();
