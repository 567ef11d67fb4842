// The emulator's page. It shows what `/_emulator/events` sends, and uses the same switches as tests.

/** An element with attributes and children. Texts stay texts: what is deployed is not trusted. */
function element(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key === "onclick") node.addEventListener("click", value);
    else if (value !== undefined) node.setAttribute(key, value);
  }
  node.append(...children.filter((child) => child !== undefined));
  return node;
}

const byId = (id) => document.getElementById(id);

async function call(method, path, body) {
  const response = await fetch(`/_emulator${path}`, {
    method,
    ...(body && { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
  });
  const text = await response.text();
  const answer = text === "" ? undefined : JSON.parse(text);
  if (!response.ok) throw new Error(answer.message);
  return answer;
}

function size(bytes) {
  if (bytes === undefined) return "";
  return bytes < 1024 ? `${bytes} B` : `${(bytes / 1024).toFixed(1)} KiB`;
}

const clockTime = (iso) => element("time", { datetime: iso }, iso.slice(11, 19));
const who = ({ fullName, apiTokenName, id }) => fullName ?? apiTokenName ?? id;

function row(...cells) {
  return element("tr", {}, ...cells.map((cell) => element("td", {}, cell)));
}

function table(headings, rows) {
  const head = headings.map((text) => element("th", { scope: "col" }, text));
  return element(
    "table",
    {},
    element("thead", {}, element("tr", {}, ...head)),
    element("tbody", {}, ...rows),
  );
}

function deployRow(deploy) {
  const { status, statusReason, git, description = "" } = deploy;
  const told = element("span", {}, element("strong", { class: status }, status));
  if (statusReason) told.append(element("div", { class: "quiet" }, statusReason));
  const what = element("span", {}, deploy.type);
  if (deploy.bundleMountPath)
    what.append(element("div", { class: "quiet" }, deploy.bundleMountPath));
  if (deploy.rollbackFromId) what.append(element("div", { class: "quiet" }, "rollback"));
  const about = element("span", {}, description);
  if (git) about.append(element("div", {}, element("code", {}, git.commitSha.slice(0, 10))));
  const files =
    deploy.bytes === undefined
      ? ""
      : element(
          "button",
          {
            class: "link",
            "data-key": `files-${deploy.id}`,
            "aria-label": `Files of deploy ${deploy.id}`,
            onclick: () => showUpload(deploy),
          },
          size(deploy.bytes),
        );
  const time = clockTime(deploy.createdAt);
  return row(time, told, what, about, who(deploy.createdBySubject), files, deploy.runs.join(", "));
}

function deploymentCard({ id, name, status, statusReason, imageTag, deploys, ...deployment }) {
  const title = element("h3", {}, `${name} `, element("code", { class: "quiet" }, id));
  const airflow = `Airflow ${deployment.airflowVersion}, Runtime ${deployment.astroRuntimeVersion}`;
  const dags = `DAG deploys ${deployment.isDagDeployEnabled ? "on" : "off"}`;
  const facts = element("p", {}, element("strong", { class: status }, status));
  if (statusReason) facts.append(`: ${statusReason}`);
  facts.append(element("span", { class: "quiet" }, ` · ${airflow} · ${dags} · image ${imageTag}`));
  const list =
    deploys.length === 0
      ? element("p", { class: "quiet" }, "No deploy yet.")
      : table(
          ["Created", "Status", "Type", "Description, commit", "By", "Upload", "Runs now"],
          deploys.map(deployRow),
        );
  return element("article", { "aria-label": `Deployment ${name}` }, title, facts, list);
}

function faultItem({ id, operation, how, left }) {
  const what = typeof how === "string" ? how : JSON.stringify(how).replace(/[{}"]/g, "");
  const off = element(
    "button",
    { "data-key": `fault-${id}`, onclick: () => call("DELETE", `/faults/${id}`) },
    `Switch off ${operation}`,
  );
  return element("li", {}, `${operation}: ${what}, ${left} left `, off);
}

function requestRow({ time, method, path, operation, status, fault }) {
  const answer = status === undefined ? "none" : String(status);
  return row(
    clockTime(time),
    operation,
    element("code", {}, `${method} ${path}`),
    fault === undefined ? answer : `${answer} (fault: ${fault})`,
  );
}

/** Replaces what is shown, and keeps the keyboard's place in it. */
function fill(id, children) {
  const key = document.activeElement?.getAttribute("data-key");
  byId(id).replaceChildren(...children);
  if (key && !document.activeElement?.hasAttribute("data-key")) {
    byId(id)
      .querySelector(`[data-key="${CSS.escape(key)}"]`)
      ?.focus();
  }
}

function show(state) {
  byId("place").textContent = `${state.url} · Organization ${state.organizationId}`;
  fill("deployments", state.deployments.map(deploymentCard));
  fill("faults", state.faults.map(faultItem));
  fill("requests", state.requests.map(requestRow).reverse());
}

async function showUpload(deploy) {
  const { before, files } = await call("GET", `/deploys/${deploy.id}/files`);
  byId("upload").hidden = false;
  byId("upload-title").textContent = `Files of deploy ${deploy.id}`;
  byId("upload-summary").textContent = before
    ? `Compared with deploy ${before}, the one before.`
    : "There is no deploy before it to compare with.";
  byId("text").replaceChildren();
  byId("files").replaceChildren(
    ...files.map((file) => {
      const open = element(
        "button",
        { class: "link", onclick: () => showText(deploy, file, open) },
        file.name,
      );
      const change = file.change === "same" ? "" : ` ${file.change}`;
      return element("li", {}, open, element("span", { class: file.change }, change));
    }),
  );
  byId("upload").focus();
}

const lineClasses = { "+": "line-added", "-": "line-removed" };

function lines(texts) {
  const shown = texts.map((text) =>
    element("span", { class: `pre-line ${lineClasses[text[0]] ?? ""}` }, text),
  );
  return element("pre", { tabindex: "0" }, ...shown);
}

async function showText(deploy, { name, change }, button) {
  for (const other of byId("files").querySelectorAll("[aria-current]")) {
    other.removeAttribute("aria-current");
  }
  button.setAttribute("aria-current", "true");
  const path = `/deploys/${deploy.id}/text?name=${encodeURIComponent(name)}`;
  const { isText, text, hunks } = await call("GET", path);
  const shown = [];
  if (!isText) shown.push(element("p", {}, "It is not a text, or too large to show."));
  if (isText && change === "changed") {
    shown.push(element("h3", {}, `What changed in ${name}`));
    for (const hunk of hunks) {
      shown.push(element("p", { class: "quiet" }, `From line ${hunk.newStart}`), lines(hunk.lines));
    }
  }
  if (text !== undefined) {
    shown.push(element("h3", {}, name), element("pre", { tabindex: "0" }, text));
  }
  if (isText && change === "removed") shown.push(...hunks.map((hunk) => lines(hunk.lines)));
  byId("text").replaceChildren(...shown);
}

const form = byId("fault");
form.addEventListener("submit", (event) => {
  event.preventDefault();
  const { operation, how, when, times } = Object.fromEntries(new FormData(form));
  void call("POST", "/faults", { operation, how: JSON.parse(how), when, times: Number(times) });
});

const { operations } = await call("GET", "/operations");
form.elements.operation.append(
  ...operations.map((name) => element("option", { value: name }, name === "*" ? "any" : name)),
);

const events = new EventSource("/_emulator/events");
events.addEventListener("message", ({ data }) => {
  byId("connection").textContent = "";
  show(JSON.parse(data));
});
events.addEventListener("error", () => {
  byId("connection").textContent = "The emulator does not answer.";
});
