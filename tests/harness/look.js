// What a person would find on the page: by role and accessible name, also in open shadow roots.
// Every script of a test runs after this one, with `ps` at hand.
const ps = (() => {
  // Numbers to dial hold no-break spaces and direction marks that no reader sees.
  const tidy = (text) => (text ?? "").replace(/[\u200e\u200f\u2066-\u2069\u00ad]/g, "").replace(/\s+/g, " ").trim();

  const elements = (scope) => {
    const found = [];
    const walk = (root) => {
      for (const e of root.querySelectorAll("*")) {
        found.push(e);
        if (e.shadowRoot) walk(e.shadowRoot);
      }
    };
    walk(scope ?? document);
    return found;
  };

  const parent = (e) => e.assignedSlot ?? e.parentElement ?? e.getRootNode().host ?? null;
  const isSeen = (e) => {
    if (!e.checkVisibility({ visibilityProperty: true })) return false;
    for (let up = e; up; up = parent(up)) if (up.inert || up.getAttribute("aria-hidden") === "true") return false;
    return true;
  };

  const implicit = [
    ["button", "button, summary, input[type=button], input[type=submit]"],
    ["link", "a[href]"],
    ["radio", "input[type=radio]"],
    ["checkbox", "input[type=checkbox]"],
    ["searchbox", "input[type=search]"],
    ["textbox", "textarea, input:not([type]), input[type=text], input[type=tel], input[type=url], input[type=email], input[type=password]"],
    ["combobox", "select"],
    ["option", "option"],
    ["heading", "h1, h2, h3, h4, h5, h6"],
    ["article", "article"],
    ["dialog", "dialog"],
    ["region", "section"],
    ["status", "output"],
    ["group", "fieldset, details"],
    ["list", "ul, ol"],
    ["listitem", "li"],
    ["table", "table"],
    ["row", "tr"],
  ];
  const roleOf = (e) => {
    const own = e.getAttribute("role");
    return own ? own.split(" ")[0] : (implicit.find(([, selector]) => e.matches(selector)) ?? [""])[0];
  };

  const byIds = (e, attribute) => (e.getAttribute(attribute) ?? "").split(/\s+/).filter(Boolean)
    .map((id) => e.getRootNode().getElementById(id)?.textContent).filter(Boolean).join(" ");
  const fromContent = new Set(["button", "link", "tab", "heading", "option", "radio", "checkbox", "switch", "menuitem", "row"]);
  const nameOf = (e) => tidy(
    byIds(e, "aria-labelledby") || e.getAttribute("aria-label") ||
    [...(e.labels ?? [])].map((label) => label.innerText).join(" ") ||
    (e.localName === "fieldset" ? e.querySelector("legend")?.innerText : "") ||
    (fromContent.has(roleOf(e)) ? e.innerText : "") || e.title || e.value || "",
  );

  const all = (role, scope) => elements(scope).filter((e) => roleOf(e) === role && isSeen(e));
  // An exact name first; else one that begins with it, as "This helped" does when a count follows.
  const find = (role, name, scope) => {
    const there = all(role, scope);
    return there.find((e) => nameOf(e) === name) ?? there.find((e) => nameOf(e).startsWith(name)) ?? null;
  };
  const textOf = (scope) => {
    const roots = [scope ?? document.body, ...elements(scope).map((e) => e.shadowRoot).filter(Boolean)];
    const lines = roots.flatMap((root) => (root instanceof ShadowRoot ? [...root.children] : [root]))
      .filter((e) => e.localName !== "style").map((e) => e.innerText);
    // Nobody reads the choices of a closed list.
    const closed = elements(scope).filter((e) => e.localName === "select").map((e) => e.innerText);
    return tidy(closed.reduce((text, choices) => text.replace(choices, ""), lines.join(" ")));
  };
  const focused = () => {
    let e = document.activeElement;
    while (e?.shadowRoot?.activeElement) e = e.shadowRoot.activeElement;
    return e;
  };
  const describe = (e) => (e ? `${roleOf(e) || e.localName} «${nameOf(e)}»` : "nothing");

  return { all, describe, elements, find, focused, isSeen, nameOf, roleOf, textOf, tidy };
})();
