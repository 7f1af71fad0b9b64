// What libraries of 2005 to 2010 leave behind on a page: Prototype.js 1.6 and MooTools 1.2, in what they do to the language and
// to elements. Enumerable, as they were, so that every `for … in` over a list meets them.
(() => {
  const toJSON = (value) => (value && value.toJSON ? value.toJSON() : JSON.stringify(value));
  Object.toJSON = toJSON;
  Object.extend = (to, from) => {
    for (const name in from) to[name] = from[name];
    return to;
  };
  Object.extend(Array.prototype, {
    each(act) {
      for (let at = 0; at < this.length; at++) act(this[at], at);
      return this;
    },
    first() {
      return this[0];
    },
    last() {
      return this[this.length - 1];
    },
    clear() {
      this.length = 0;
      return this;
    },
    // Not that of the language.
    reduce() {
      return this.length > 1 ? this : this[0];
    },
    // As JSON it is a text, and no list.
    toJSON() {
      return "[" + this.map(toJSON).join(", ") + "]";
    },
  });
  Object.extend(String.prototype, {
    toJSON() {
      return '"' + this + '"';
    },
    contains(text) {
      return this.indexOf(text) > -1;
    },
  });
  // Knows lists by their length alone.
  Array.from = (list) => {
    const made = [];
    for (let at = 0; at < (list?.length ?? 0); at++) made[at] = list[at];
    return made;
  };
  Function.prototype.bind = function (that, ...given) {
    const own = this;
    return function (...more) {
      return own.apply(that, given.concat(more));
    };
  };
  Object.extend(HTMLElement.prototype, {
    show() {
      this.style.display = "";
      return this;
    },
    hide() {
      this.style.display = "none";
      return this;
    },
    toggle() {
      return this.style.display === "none" ? this.show() : this.hide();
    },
    select(selector) {
      return [...this.querySelectorAll(selector)];
    },
    update(text) {
      this.textContent = text;
      return this;
    },
    remove() {
      this.parentNode?.removeChild(this);
      return this;
    },
    empty() {
      this.textContent = "";
      return this;
    },
    dispose() {
      return this.remove();
    },
  });
  window.$ = (id) => document.getElementById(id);
  window.$$ = (selector) => [...document.querySelectorAll(selector)];
  // A class of their own, which wraps an event.
  window.Event = function (event) {
    return Object.extend({ event }, { stop() {} });
  };
})();
