// @ts-check
/** Notes that the person has pressed a tab: from then on no address takes them to another page. */

document.addEventListener("click", (event) => {
  const isTab = event.target instanceof Element && event.target.closest("#tw-tabs [role='tab']");
  if (event.isTrusted && isTab) document.documentElement.dataset.gone = "";
}, true);
