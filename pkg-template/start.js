// @ts-check
/**
 * The end of the panel's glue: the build writes it behind what wasm-bindgen makes, and the name of that one's default export
 * into it.
 */

/**
 * Gives the loader what draws the panel: `mount` of the wasm, or, where the page refuses wasm or the owner wants it apart,
 * the one of `frame.js`, which is fetched only then.
 */
export const start = (() => {
  // One for all elements of the page: a second one would take the place of the first under its panel. It stands in here, because
  // the glue has short names of its own outside.
  let begun = /** @type {Promise<unknown> | undefined} */ (undefined);
  // What scripts that record a visit leave out, by the names that they document: `docs/embedding.md` has the sources.
  const classes =
    "rr-block sentry-block fs-exclude ph-no-capture dd-privacy-hidden no-mouseflow smartlook-hide highlight-block amp-block";
  const names = "data-private data-hj-suppress data-sentry-block data-clarity-mask=true data-dd-privacy=hidden data-recording-disable=true";
  /**
   * Answers that the peer space needs first, by address, from when somebody wants to go there until it takes them.
   * @type {Record<string, Promise<Response>>}
   */
  const answers = {};
  /**
   * Asks for them while the peer space is on its way, as it asks itself (`src/api.rs`): no such request needs a preflight.
   * Of the element it takes texts alone: it may be gone from the page, and is not to stay in memory until the last timer ends.
   * @param {any} host
   * @param {string} view
   */
  const askAhead = ({ server, site }, view) => {
    const sites = (server || new URL("..", import.meta.url).href).replace(/\/?$/, "/") + "api/v1/sites/";
    // The site itself, and of its stories the mix that comes first.
    (view === "stories" ? ",,unanswered,new,helpful" : ",").replace(/,(\w*)/g, (_, order) => {
      const address = `${sites}${site ?? ""}${order && `/posts?order=${order}&limit=8`}`;
      const forget = () => delete answers[address];
      try {
        // As long as the peer space itself would wait. Where a browser knows no such signal, nothing is asked ahead.
        const signal = AbortSignal.timeout(20000);
        answers[address] ||= fetch(address, { credentials: "omit", referrerPolicy: "no-referrer", signal });
        // What did not come is asked for again, and what is old is not shown.
        answers[address].catch(forget);
        setTimeout(forget, 20000);
      } catch {
        forget();
      }
      return "";
    });
  };
  /** @param {Element | null} element */
  const mask = (element) => {
    classes.replace(/\S+/g, (name) => (element?.classList.add(name), ""));
    names.replace(/([\w-]+)=?(\w*)/g, (_, name, value) => (element?.setAttribute(name, value), ""));
  };
  /**
   * @param {true | Promise<Response | void>} wasm `true` where nobody asked for it
   * @param {HTMLElement} host the element
   * @param {string} [view] the view that was asked for
   */
  return async (wasm, host, view) => {
    if (wasm !== true && /stories|write/.test(view ?? "")) {
      // The peer space comes beside the panel, and not after it, which finds it in the browser's cache.
      const peers = import.meta.url.replace(/\.js\?.*/, "/peers");
      fetch(peers + ".js?0").catch(() => {});
      fetch(peers + ".wasm").catch(() => {});
      askAhead(host, /** @type {string} */ (view));
    }
    mask(host);
    mask(/** @type {ShadowRoot} */ (host.shadowRoot).querySelector("[lang]"));
    try {
      if (wasm === true) throw 0;
      // @ts-ignore: the build writes the name.
      await (begun ??= __PEER_SUPPORT_INIT__({ module_or_path: wasm }));
      return (/** @type {HTMLElement} */ host, /** @type {HTMLElement} */ container, /** @type {any} */ config) => {
        config.askAhead = (/** @type {string} */ view) => askAhead(host, view);
        config.takeAnswer = (/** @type {string} */ address) => {
          const answer = answers[address];
          delete answers[address];
          return answer;
        };
        // @ts-ignore: it stands above.
        return mount(host, container, config);
      };
    } catch {
      if (wasm !== true) begun = undefined;
      // With the loader's count of failures behind it.
      return (await import(import.meta.url.replace(".js?", "/frame.js?"))).default(host.getAttribute("isolation"));
    }
  };
})();
