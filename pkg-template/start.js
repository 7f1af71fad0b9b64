// @ts-check
/**
 * The end of the panel's glue: the build writes it behind what wasm-bindgen makes, and the name of that one's default export
 * into it.
 */

/** The wasm, once for all elements of the page: a second one would take the place of the first under its panel. */
let begun = /** @type {Promise<unknown> | undefined} */ (undefined);

/**
 * Gives the loader what draws the panel: `mount` of the wasm, or, where the page refuses wasm or the owner wants it apart,
 * the one of `frame.js`, which is fetched only then.
 * @param {true | Promise<Response | void>} wasm `true` where nobody asked for it
 * @param {Record<string, string>} attributes those of the element
 */
export const start = async (wasm, { isolation }) => {
  try {
    if (wasm === true) throw 0;
    // @ts-ignore: the build writes the name.
    await (begun ??= __PEER_SUPPORT_INIT__({ module_or_path: wasm }));
    // @ts-ignore: it stands above.
    return mount;
  } catch {
    if (wasm !== true) begun = undefined;
    // With the loader's count of failures behind it.
    return (await import(import.meta.url.replace(".js?", "/frame.js?"))).default(isolation);
  }
};
