// Draws the Mermaid diagrams of a page, in the colours of the theme. Pages without a diagram do not load Mermaid.
(() => {
  const diagrams = [...document.querySelectorAll("code.language-mermaid")].map((code) => {
    const figure = document.createElement("div");
    figure.dataset.source = code.textContent;
    figure.style.textAlign = "center";
    code.closest("pre").replaceWith(figure);
    return figure;
  });
  if (diagrams.length === 0) return;

  const root = document.documentElement;
  const isDark = () => ["ayu", "coal", "navy"].some((theme) => root.classList.contains(theme));

  let drawn;
  const draw = () => {
    if (drawn === isDark()) return;
    drawn = isDark();
    for (const figure of diagrams) {
      figure.textContent = figure.dataset.source;
      figure.removeAttribute("data-processed");
    }
    mermaid.initialize({ startOnLoad: false, theme: drawn ? "dark" : "default" });
    mermaid.run({ nodes: diagrams });
  };

  const script = document.createElement("script");
  script.src = `${path_to_root}mermaid.min.js`;
  script.addEventListener("load", () => {
    draw();
    new MutationObserver(draw).observe(root, { attributeFilter: ["class"] });
  });
  document.head.append(script);
})();
