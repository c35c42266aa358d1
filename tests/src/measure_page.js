// Measures the page that it was put into, and leaves the result in the document around its frame for
// --dump-dom.
{
  const channels = (color) => color.match(/[\d.]+/g).map(Number);
  const luminance = (color) => {
    const [r, g, b] = channels(color).slice(0, 3).map((c) => {
      c /= 255;
      return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = (element) => {
    for (; element; element = element.parentElement) {
      const color = getComputedStyle(element).backgroundColor;
      if ((channels(color)[3] ?? 1) === 1) return color;
    }
    return "rgb(255, 255, 255)";
  };
  // https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio
  const contrast = (element) => {
    const both = [luminance(getComputedStyle(element).color), luminance(ground(element))];
    return (Math.max(...both) + 0.05) / (Math.min(...both) + 0.05);
  };
  const box = document.querySelector("main").getBoundingClientRect();
  const result = {
    width: innerWidth,
    scroll_width: document.documentElement.scrollWidth,
    main: [box.left, box.right, box.height],
    dark: matchMedia("(prefers-color-scheme: dark)").matches,
    ground: getComputedStyle(document.body).backgroundColor,
    contrasts: [...document.querySelectorAll("h1, p, a")].map(contrast),
    link_heights: [...document.querySelectorAll("a.again")].map((a) => a.offsetHeight),
    links: [...document.links].map((a) => a.getAttribute("href")),
    landmarks: document.querySelectorAll("main").length,
    headings: document.querySelectorAll("h1").length,
    language: document.documentElement.lang,
    standards_mode: document.compatMode === "CSS1Compat",
    resources: performance.getEntriesByType("resource").length,
    animations: document.getAnimations().length,
    text: document.querySelector("main").innerText,
  };
  const output = document.createElement("output");
  output.id = "measured";
  output.textContent = btoa(encodeURIComponent(JSON.stringify(result)));
  parent.document.body.append(output);
}
