// @ts-check
/**
 * The snippet builder: an owner's choices become the lines for their page, and a preview of the real panel.
 *
 * It is served by the server that the snippet points at, so what it says of the script's digest is of the very script.
 */

/** What this page says, by language; in the HTML is the English of what stands there anyway. @type {Record<string, Record<string, string>>} */
const TEXTS = {
  en: {
    title: "Put peer-support on your page",
    pageLanguage: "Language of this page",
    choices: "Your choices",
    site: "Site",
    siteIs: "This is {name}.",
    siteUnknown: "This server has no site of this id. Numbers show, and no posts.",
    mode: "How it shows",
    launcher: "A button in the corner",
    inline: "In the page",
    corner: "Corner",
    bottomEnd: "Bottom, at the end of the line",
    bottomStart: "Bottom, at the start of the line",
    topEnd: "Top, at the end of the line",
    topStart: "Top, at the start of the line",
    country: "Country",
    guessed: "Guessed on the visitor’s device",
    noCountry: "Choose one, so that its numbers show where no script runs.",
    countryIs: "Without scripts visitors see: {numbers}.",
    locale: "Language of the panel",
    visitors: "The visitor’s",
    theme: "Colours",
    auto: "As the visitor’s device is set",
    light: "Light",
    dark: "Dark",
    accent: "Colour of the button",
    ownAccent: "A colour of your own",
    accentCode: "Written as #0f5c5c",
    noColour: "This is no colour. Six digits or letters up to f, behind a #.",
    white: "White letters",
    black: "Black letters",
    contrastIs: "{letters}: {ratio} : 1.",
    contrastWeak: "White letters have {weak} : 1, and 4.5 is what can be read. So the letters are black: {ratio} : 1.",
    adjust: "Use {colour}, for white letters with {ratio} : 1",
    isolation: "Where the panel is",
    isolationAuto: "In the page; where its policy refuses that, in a frame",
    isolationShadow: "In the page only",
    isolationFrame: "In a frame that no other script of the page can read",
    isolationStatic: "Numbers only",
    version: "Which version of the script",
    newest: "Always the newest that this server has",
    pinned: "This one, pinned by its digest",
    newestIs: "Corrected numbers and repairs come by themselves.",
    pinnedIs:
      "Browsers run exactly this script, {name}, or none. This server keeps it. Numbers inside it stay as they are today until you build a new snippet.",
    pinnedNot: "Browsers compute the digest on pages with https only. Open this page so.",
    preview: "Preview",
    results: "For your page",
    htmlIs: "HTML, before the end of the body",
    cssIs: "CSS, for your style sheet",
    cspIs: "Content-Security-Policy, where your page has one",
    copyhtml: "Copy the HTML",
    copycss: "Copy the CSS",
    copycsp: "Copy the policy",
    copied: "Copied.",
    notCopied: "The browser did not copy it. It is selected: copy it by keys.",
    local: "In danger now? Call your local emergency number.",
  },
  es: {
    title: "Ponga peer-support en su página",
    pageLanguage: "Idioma de esta página",
    choices: "Lo que usted elige",
    site: "Sitio",
    siteIs: "Es {name}.",
    siteUnknown: "Este servidor no tiene ningún sitio con este nombre. Se ven los números, pero no las historias.",
    mode: "Cómo se muestra",
    launcher: "Un botón en la esquina",
    inline: "En la página",
    corner: "Esquina",
    bottomEnd: "Abajo, al final de la línea",
    bottomStart: "Abajo, al principio de la línea",
    topEnd: "Arriba, al final de la línea",
    topStart: "Arriba, al principio de la línea",
    country: "País",
    guessed: "Se deduce en el dispositivo del visitante",
    noCountry: "Elija uno, para que sus números se vean donde no hay scripts.",
    countryIs: "Sin scripts se ve: {numbers}.",
    locale: "Idioma del panel",
    visitors: "El del visitante",
    theme: "Colores",
    auto: "Como esté configurado el dispositivo del visitante",
    light: "Claro",
    dark: "Oscuro",
    accent: "Color del botón",
    ownAccent: "Un color propio",
    accentCode: "Se escribe así: #0f5c5c",
    noColour: "Esto no es un color. Seis cifras o letras hasta la f, después de #.",
    white: "Letras blancas",
    black: "Letras negras",
    contrastIs: "{letters}: {ratio} : 1.",
    contrastWeak: "Las letras blancas tienen {weak} : 1, y se lee bien desde 4,5. Por eso las letras son negras: {ratio} : 1.",
    adjust: "Usar {colour}, para letras blancas con {ratio} : 1",
    isolation: "Dónde está el panel",
    isolationAuto: "En la página; si su política no lo permite, en un marco",
    isolationShadow: "Solo en la página",
    isolationFrame: "En un marco que ningún otro script de la página puede leer",
    isolationStatic: "Solo números",
    version: "Qué versión del script",
    newest: "Siempre la más nueva que tenga este servidor",
    pinned: "Esta, fijada por su resumen criptográfico",
    newestIs: "Los números corregidos y los arreglos llegan solos.",
    pinnedIs:
      "Los navegadores ejecutan exactamente este script, {name}, o ninguno. Este servidor lo conserva. Los números que lleva dentro quedan como hoy hasta que usted cree otro fragmento.",
    pinnedNot: "Los navegadores calculan el resumen solo en páginas con https. Abra así esta página.",
    preview: "Vista previa",
    results: "Para su página",
    htmlIs: "HTML, antes del final del cuerpo",
    cssIs: "CSS, para su hoja de estilo",
    cspIs: "Content-Security-Policy, si su página tiene una",
    copyhtml: "Copiar el HTML",
    copycss: "Copiar el CSS",
    copycsp: "Copiar la política",
    copied: "Copiado.",
    notCopied: "El navegador no lo copió. Está seleccionado: cópielo con el teclado.",
    local: "¿Está en peligro ahora? Llame al número de emergencias de su país.",
  },
};

/** The order of the words for the services in what the loader says. */
const SERVICES = ["general", "police", "ambulance", "fire"];
const READABLE = 4.5;

const server = new URL("../", location.href);
const form = /** @type {HTMLFormElement} */ (document.querySelector("form"));
const find = (/** @type {string} */ id) => /** @type {any} */ (document.getElementById(id));

/** By country. @type {Record<string, { name: string, emergency: [string, string][], line: [string, string] | null }>} */
let numbers = {};
/** By language, the loader's words divided by `|`. @type {Record<string, string>} */
let words = {};
/** The loader as it is served: its address by content, and its digest. @type {{ name: string, integrity: string } | undefined} */
let loader;

let language = navigator.language.startsWith("es") ? "es" : "en";
const say = (/** @type {string} */ key, /** @type {Record<string, string>} */ values = {}) =>
  TEXTS[language][key].replace(/\{(\w+)\}/g, (_, name) => values[name]);
const decimal = (/** @type {number} */ ratio) =>
  // Never rounded up to what it is not.
  new Intl.NumberFormat(language, { maximumFractionDigits: 1 }).format(Math.floor(ratio * 10) / 10);

/** WCAG's relative luminance. @param {string} colour `#rrggbb` */
const luminance = (colour) => {
  const part = (/** @type {number} */ at) => {
    const value = parseInt(colour.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  };
  return 0.2126 * part(1) + 0.7152 * part(3) + 0.0722 * part(5);
};

/** WCAG's contrast of two colours. @param {string} a @param {string} b */
const contrast = (a, b) => {
  const [dark, light] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (light + 0.05) / (dark + 0.05);
};

/** The lightest shade of a colour on which white can be read. @param {string} colour */
const darkened = (colour) => {
  for (let percent = 99; percent >= 0; percent--) {
    const part = (/** @type {number} */ at) =>
      Math.floor((parseInt(colour.slice(at, at + 2), 16) * percent) / 100)
        .toString(16)
        .padStart(2, "0");
    const shade = "#" + part(1) + part(3) + part(5);
    if (contrast(shade, "#ffffff") >= READABLE) return shade;
  }
  return "#000000";
};

const escaped = (/** @type {string} */ text) =>
  text.replace(/[&<>"]/g, (sign) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[sign] ?? "");

/** What the owner chose: attributes of the element, those that say something. */
const chosen = () => {
  const data = new FormData(form);
  const read = (/** @type {string} */ name) => String(data.get(name) ?? "").trim();
  const isInline = read("mode") === "inline";
  return {
    site: read("site"),
    ...(isInline ? { mode: "inline" } : { corner: read("corner") }),
    country: read("country"),
    locale: read("locale"),
    theme: read("theme"),
    isolation: read("isolation"),
  };
};

/** The owner's colour and that of the letters on it; nothing where they have none, or no colour. */
const colours = () => {
  const colour = find("accent").value.trim().toLowerCase();
  if (!find("own-accent").checked || !/^#[0-9a-f]{6}$/.test(colour)) return;
  return { colour, letters: contrast(colour, "#ffffff") >= READABLE ? "#ffffff" : "#000000" };
};

/** The numbers of the chosen country: text, or HTML with links. @param {boolean} isHtml */
const shownNumbers = (isHtml) => {
  const { country, locale } = chosen();
  const of = numbers[country];
  if (!of) return say("local");
  const names = (words[locale] ?? words[language] ?? "").split("|");
  const dial = (/** @type {string} */ number) =>
    isHtml ? `<a href="tel:${number.replace(/[^0-9*+]/g, "")}" dir="ltr">${escaped(number)}</a>` : number;
  const entry = (/** @type {string} */ name, /** @type {string} */ number) =>
    `${isHtml ? escaped(name) : name}: ${dial(number)}`;
  const all = of.emergency.map(([service, number]) => entry(names[SERVICES.indexOf(service)], number));
  if (of.line) all.push(entry(...of.line));
  return all.join(" · ");
};

/** The lines for the page. */
const html = () => {
  const attributes = Object.entries(chosen()).filter(([, value]) => value);
  const isPinned = new FormData(form).get("version") === "pinned" && loader;
  const src = escaped(new URL(isPinned ? isPinned.name : "peer-support.js", server).href);
  const integrity = isPinned ? ` integrity="${isPinned.integrity}" crossorigin="anonymous"` : "";
  const written = (/** @type {string} */ prefix) =>
    attributes.map(([name, value]) => ` ${prefix}${name}="${escaped(value)}"`).join("");
  const paragraph = `<p>${shownNumbers(true)}</p>`;
  return new FormData(form).get("mode") === "inline"
    ? `<peer-support${written("")}>\n  ${paragraph}\n</peer-support>\n<script src="${src}"${integrity} async></script>`
    : `<script src="${src}"${integrity}${written("data-")} async></script>\n<noscript>${paragraph}</noscript>`;
};

const css = () => {
  const own = colours();
  return own ? `peer-support::part(launcher) {\n  background: ${own.colour};\n  color: ${own.letters};\n}` : "";
};

/** What the page's policy must allow. */
const policy = () => {
  const at = server.origin;
  const inPage = `script-src ${at} 'wasm-unsafe-eval'; connect-src ${at}`;
  switch (chosen().isolation) {
    case "static":
      return `script-src ${at}; connect-src ${at}`;
    case "frame":
      return `script-src ${at}; connect-src ${at}; frame-src ${at}`;
    case "shadow":
      return inPage;
    default:
      return `${inPage}; frame-src ${at}`;
  }
};

/** What is said of the colour, and the shade that is offered. */
const showContrast = () => {
  const [said, adjust] = [find("contrast"), find("adjust")];
  adjust.hidden = true;
  find("accent").disabled = !find("own-accent").checked;
  said.value = "";
  if (!find("own-accent").checked) return;
  const own = colours();
  if (!own) {
    said.value = say("noColour");
    return;
  }
  const [weak, ratio] = [contrast(own.colour, "#ffffff"), contrast(own.colour, own.letters)];
  if (own.letters === "#ffffff") {
    said.value = say("contrastIs", { letters: say("white"), ratio: decimal(ratio) });
    return;
  }
  said.value = say("contrastWeak", { weak: decimal(weak), ratio: decimal(ratio) });
  const shade = darkened(own.colour);
  adjust.hidden = false;
  adjust.textContent = say("adjust", { colour: shade, ratio: decimal(contrast(shade, "#ffffff")) });
  adjust.onclick = () => {
    find("accent").value = shade;
    // The button goes.
    find("accent").focus();
    show();
    preview();
  };
};

/** Says whether the server has the site. */
const showSite = async () => {
  const { site } = chosen();
  let said = "";
  try {
    const answer = site && (await fetch(new URL("api/v1/sites/" + encodeURIComponent(site), server)));
    if (answer) said = answer.ok ? say("siteIs", { name: (await answer.json()).name }) : say("siteUnknown");
  } catch {
    // Nothing is known.
  }
  if (chosen().site === site) find("site-said").value = said;
};

/** Shows everything but the preview anew. */
const show = () => {
  const mode = new FormData(form).get("mode");
  find("corner").disabled = mode === "inline";
  find("colour").hidden = mode === "inline";
  find("country-said").value = chosen().country
    ? say("countryIs", { numbers: shownNumbers(false) })
    : say("noCountry");
  const pinned = /** @type {HTMLInputElement} */ (form.querySelector("[value=pinned]"));
  pinned.disabled = !loader;
  find("version-said").value = !loader
    ? say("pinnedNot")
    : pinned.checked
      ? say("pinnedIs", { name: loader.name })
      : say("newestIs");
  showContrast();
  find("html").textContent = html();
  find("css").textContent = css();
  find("css-result").hidden = !css() || mode === "inline";
  find("csp").textContent = policy();
};

let previewed = "";
/** Shows the panel anew when anything about it is another; not while somebody is typing. */
const preview = () => {
  const own = colours();
  const query = new URLSearchParams(chosen());
  if (own) {
    query.set("accent", own.colour);
    query.set("letters", own.letters);
  }
  if (previewed === `${query}`) return;
  previewed = `${query}`;
  find("shown").src = "preview.html?" + query;
};

/** Everything that is text, in the chosen language. */
const translate = () => {
  document.documentElement.lang = language;
  document.title = say("title");
  find("page-language").value = language;
  for (const place of document.querySelectorAll("[data-text]")) {
    place.textContent = say(/** @type {HTMLElement} */ (place).dataset.text ?? "");
  }
  for (const button of document.querySelectorAll("[data-copies]")) {
    button.textContent = say("copy" + /** @type {HTMLElement} */ (button).dataset.copies);
  }
  find("shown").title = say("preview");
  const named = new Intl.DisplayNames(language, { type: "region" });
  const spoken = new Intl.DisplayNames(language, { type: "language" });
  const fill = (/** @type {HTMLSelectElement} */ select, /** @type {[string, string][]} */ entries) => {
    const { value } = select;
    entries.sort((a, b) => a[1].localeCompare(b[1], language));
    select.replaceChildren(select.options[0], ...entries.map(([code, name]) => new Option(name, code)));
    select.value = value;
  };
  fill(find("country"), Object.keys(numbers).map((code) => [code, named.of(code) ?? code]));
  fill(find("locale"), Object.keys(words).map((tag) => [tag, spoken.of(tag) ?? tag]));
  show();
  preview();
  showSite();
};

/** Copies a result; where the browser does not, selects it. @param {string} id */
const copy = async (id) => {
  find("said").value = "";
  try {
    await navigator.clipboard.writeText(find(id).textContent);
    find("said").value = say("copied");
  } catch {
    getSelection()?.selectAllChildren(find(id));
    find("said").value = say("notCopied");
  }
};

/** The loader as this server sends it: the name of its content and its digest. */
const readLoader = async () => {
  // Only on pages with TLS, and on this machine.
  if (!crypto.subtle) return;
  const bytes = await (await fetch(new URL("peer-support.js", server))).arrayBuffer();
  const digest = async (/** @type {string} */ kind) => new Uint8Array(await crypto.subtle.digest(kind, bytes));
  const hex = [...(await digest("SHA-256")).slice(0, 5)].map((byte) => byte.toString(16).padStart(2, "0"));
  const name = `peer-support-${hex.join("")}.js`;
  if (!(await fetch(new URL(name, server))).ok) return;
  loader = { name, integrity: "sha384-" + btoa(String.fromCharCode(...(await digest("SHA-384")))) };
};

const read = async (/** @type {string} */ name) => (await fetch(name)).json();
form.addEventListener("submit", (event) => event.preventDefault());
form.addEventListener("input", show);
form.addEventListener("change", preview);
find("site").addEventListener("change", showSite);
find("page-language").addEventListener("change", () => {
  language = find("page-language").value;
  translate();
});
for (const button of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-copies]"))) {
  button.onclick = () => copy(button.dataset.copies ?? "");
}
translate();
[numbers, words] = await Promise.all([read("numbers.json"), read("words.json")]);
await readLoader().catch(() => {});
translate();
document.documentElement.dataset.ready = "";
export {};
