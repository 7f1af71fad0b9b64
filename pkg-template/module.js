// @ts-check
/**
 * What an app imports: the loader in a function, so that an import does nothing, also where there is no page, such as on a
 * server that renders HTML. The build writes the loader into it, once as a module and once for `require`.
 */

/**
 * Defines `<peer-support>`, once for the page however often it is called; does nothing where there is no page. `index.d.mts`
 * says what `files` is.
 * @param {{ files?: string | URL }} [options]
 */
const define = (options) => {
  if (typeof document === "undefined" || typeof customElements === "undefined") return;
  // @ts-ignore: replaced by the build; no bundler follows an address that is not written with `new URL`.
  const here = __PEER_SUPPORT_HERE__;
  const files = new URL(options?.files ?? here, document.baseURI).href;
  // @ts-ignore: replaced by the build.
  __PEER_SUPPORT_LOADER__;
};

export { define };
