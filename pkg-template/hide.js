// @ts-check
/**
 * Takes the launcher out of sight on pages that the owner named: fetched where an element has the attribute `hide-on`.
 *
 * It holds paths, divided by spaces: `/checkout` is that page, `/checkout/*` all below it, `/*\/print` all that end so. Only the
 * path is looked at, not what is behind `?` or `#`. The panel still opens by the owner's own buttons, and by `open()`.
 */

/** How often the address is looked at: pages that become another one without a load tell nobody so in every browser. */
const LOOK_MS = 300;

/** @param {any} host @param {HTMLElement} launcher */
export default (host, launcher) => {
  // Another one as soon as the element has begun anew.
  const { end } = host;
  /** @type {string | undefined} */
  let seen;
  const look = () => {
    if (host.end !== end) return clearInterval(every);
    const rules = host.getAttribute("hide-on") ?? "";
    const now = location.pathname + " " + rules;
    if (now === seen) return;
    seen = now;
    launcher.hidden = rules.split(/\s+/).some((rule) => {
      const pattern = rule.replace(/[^\w*/-]/g, "\\$&").replace(/\*/g, ".*");
      return rule && new RegExp(`^${pattern}$`).test(location.pathname);
    });
  };
  const every = setInterval(look, LOOK_MS);
  look();
};
