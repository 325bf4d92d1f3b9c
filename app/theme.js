// @ts-check
/** Light or dark before anything is drawn: as chosen last, else as the system says. */

(() => {
  const KEY = "twinbank.look";
  const kept = () => {
    try {
      return localStorage.getItem(KEY);
    } catch {
      return null; // a browser that keeps nothing
    }
  };
  const wanted = () => kept() ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
  const apply = () => {
    if (document.body) document.body.classList.toggle("dark", wanted() === "dark");
    document.documentElement.style.colorScheme = wanted();
  };
  apply();
  addEventListener("DOMContentLoaded", apply);
  addEventListener("twinbank:look", (event) => {
    try {
      localStorage.setItem(KEY, /** @type {CustomEvent} */ (event).detail);
    } catch {
      document.body.classList.toggle("dark");
      return;
    }
    apply();
  });
})();
