function render({ model, el }) {
  const region = document.createElement("div");
  region.setAttribute("role", "status");
  region.setAttribute("aria-live", "polite");
  el.append(region);
  const show = () => {
    region.className = `aew-live aew-tone-${model.get("tone") || "plain"}`;
    region.textContent = model.get("text");
    el.classList.toggle("aew-empty", model.get("text") === "");
  };
  model.on("change", show);
  show();
  return () => model.off("change", show);
}

export default { render };
