function save(name, bytes) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([bytes]));
  link.download = name;
  document.body.append(link);
  link.click();
  link.remove();
  // the download has started by then, so the memory can be freed
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

function render({ model, el }) {
  const button = document.createElement("button");
  const said = document.createElement("span");
  let pressed = false;
  button.type = "button";
  button.className = "jupyter-button";
  said.className = "aew-copied";
  said.setAttribute("role", "status");
  const show = () => {
    button.textContent = model.get("label");
    // not only hidden, which styles of the notebook may override: a button without a name tells nobody what it does
    if (!button.textContent) button.remove();
    else if (!button.parentNode) el.prepend(button);
    said.textContent = model.get("said");
    pressed = false;
    button.disabled = false;
  };
  const press = () => {
    pressed = true;
    button.disabled = true;
    model.send({ kind: "save" });
  };
  const receive = (message, buffers) => {
    // the message reaches all views of the form; only the one whose button was pressed saves the file
    if (message.kind === "file" && pressed) save(message.name, buffers[0]);
    pressed = false;
    button.disabled = false;
  };
  button.addEventListener("click", press);
  model.on("change", show);
  model.on("msg:custom", receive);
  el.classList.add("aew-copy");
  el.append(said);
  show();
  return () => {
    model.off("change", show);
    model.off("msg:custom", receive);
  };
}

export default { render };
