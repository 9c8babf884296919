function render({ model, el }) {
  const region = document.createElement("div");
  el.append(region);
  const show = () => {
    const urgent = model.get("urgent");
    region.setAttribute("role", urgent ? "alert" : "status");
    region.setAttribute("aria-live", urgent ? "assertive" : "polite");
    region.className = `aew-live aew-tone-${model.get("tone") || "plain"}`;
    region.textContent = model.get("text");
    el.classList.toggle("aew-empty", model.get("text") === "");
  };
  model.on("change", show);
  show();
  return () => model.off("change", show);
}

export default { render };
