// Draws the Mermaid diagrams of a page, in the colours of the theme. Pages without a diagram do not load Mermaid.
(() => {
  const diagrams = [...document.querySelectorAll("code.language-mermaid")].map((code) => {
    const figure = document.createElement("div");
    figure.dataset.source = code.textContent;
    figure.style.textAlign = "center";
    figure.style.overflowX = "auto";
    code.closest("pre").replaceWith(figure);
    return figure;
  });
  if (diagrams.length === 0) return;

  const root = document.documentElement;
  const isDark = () => ["ayu", "coal", "navy"].some((theme) => root.classList.contains(theme));

  let drawn;
  const draw = async () => {
    if (drawn === isDark()) return;
    drawn = isDark();
    for (const figure of diagrams) {
      figure.textContent = figure.dataset.source;
      figure.removeAttribute("data-processed");
    }
    const { fontFamily } = getComputedStyle(document.body);
    mermaid.initialize({ startOnLoad: false, theme: drawn ? "dark" : "default", fontFamily });
    await mermaid.run({ nodes: diagrams });
    // On a narrow screen a diagram scrolls: shrunk to fit, its text could not be read.
    for (const svg of diagrams.map((figure) => figure.querySelector("svg"))) {
      svg.style.minWidth = `${Math.min(svg.viewBox.baseVal.width, 520)}px`;
    }
  };

  const script = document.createElement("script");
  script.src = `${path_to_root}mermaid.min.js`;
  script.addEventListener("load", async () => {
    // Mermaid measures its text, so the font has to be there.
    await document.fonts.ready;
    await draw();
    new MutationObserver(draw).observe(root, { attributeFilter: ["class"] });
  });
  document.head.append(script);
})();
