// Collects what no WebDriver reports the same way: browser tests fail unless `problems` is empty.
// A frame adds to the list of the page around it, where that is of the same origin.
(() => {
  let problems = (window.problems = []);
  try {
    problems = top.problems ??= problems;
  } catch {
    // another origin's page is around us
  }
  const note = (...parts) => problems.push(parts.map(String).join(" "));
  addEventListener("error", (e) => note("error", e.message ?? e.target?.src));
  addEventListener("unhandledrejection", (e) => note("rejection", e.reason));
  addEventListener("securitypolicyviolation", (e) => note("csp", e.effectiveDirective, e.blockedURI));
  const consoleError = console.error;
  console.error = (...parts) => (note("console", ...parts), consoleError(...parts));
  window.globalsBefore = Object.getOwnPropertyNames(window);
})();
