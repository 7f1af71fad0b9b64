// @ts-check
/** The page inside the snippet builder: the real panel, with the attributes that stand in the address. */
const chosen = new URLSearchParams(location.search);
const panel = document.createElement("peer-support");
for (const name of ["site", "mode", "corner", "country", "locale", "theme", "isolation"]) {
  const value = chosen.get(name);
  if (value) panel.setAttribute(name, value);
}
const [colour, letters] = [chosen.get("accent"), chosen.get("letters")];
if (/^#[0-9a-f]{6}$/.test(colour ?? "") && /^#[0-9a-f]{6}$/.test(letters ?? "")) {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`peer-support::part(launcher) { background: ${colour}; color: ${letters} }`);
  document.adoptedStyleSheets = [sheet];
}
document.body.append(panel);
const script = document.createElement("script");
script.src = new URL("../peer-support.js", location.href).href;
document.body.append(script);
export {};
