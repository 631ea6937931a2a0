// Says so where the browser is too old for the app, or the app cannot start. Every browser must understand this file, so it is
// ECMAScript 5 and not part of the bundle.
(function () {
  var root, isOld;

  function show(name) {
    var language = /^de/i.test(navigator.language) ? "de" : "en";
    var text = document.querySelector("#" + name + " [lang=" + language + "]");
    text.hidden = text.parentNode.hidden = false;
  }

  function check() {
    if (!root || root.firstChild) return;
    show(isOld ? "old-browser" : "not-started");
  }

  // What the app needs and the year 2022 brought, in the order of this list: Chrome 97, 103 and 104, Firefox 104, Safari 16.
  isOld = !(
    "noModule" in document.createElement("script") &&
    Array.prototype.findLast &&
    window.AbortSignal &&
    AbortSignal.timeout &&
    window.HTMLDialogElement &&
    window.CSS &&
    CSS.supports("translate: none")
  );

  // React removes a page that fails.
  window.addEventListener("error", function () {
    setTimeout(check, 0);
  });
  window.addEventListener("load", function () {
    root = document.getElementById("root");
    if (isOld) show("old-browser");
    // Longer than the app takes for its first page, which it draws after this event.
    setTimeout(check, 1000);
  });
})();
