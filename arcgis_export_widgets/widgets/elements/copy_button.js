async function copy(text) {
  if (navigator.clipboard && window.isSecureContext) {
    await navigator.clipboard.writeText(text);
    return true;
  }
  // navigator.clipboard does not exist in notebooks served over plain http
  const area = document.createElement("textarea");
  area.value = text;
  area.style.position = "fixed";
  area.style.opacity = "0";
  document.body.append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  return done;
}

function render({ model, el }) {
  const button = document.createElement("button");
  const said = document.createElement("span");
  button.type = "button";
  button.className = "jupyter-button";
  said.className = "aew-copied";
  said.setAttribute("role", "status");
  const show = () => {
    button.textContent = model.get("label");
    button.disabled = model.get("text") === "";
    said.textContent = "";
  };
  const press = async () => {
    let done = false;
    try {
      done = await copy(model.get("text"));
    } catch (error) {
      console.warn("copying was refused", error);
    }
    said.textContent = model.get(done ? "copied" : "refused");
  };
  button.addEventListener("click", press);
  model.on("change", show);
  el.classList.add("aew-copy");
  el.append(button, said);
  show();
  return () => model.off("change", show);
}

export default { render };
