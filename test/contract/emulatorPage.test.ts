import assert from "node:assert/strict";
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { chromium, type Browser, type Page } from "playwright-core";
import { startEmulator, type Emulator } from "../../emulator";
import { root } from "../helpers/project";
import { skip } from "../helpers/skip";
import { Api, tar } from "./emulatorSetup";

/** Where Debian, and others, have it. */
const browsers = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

const archive = async (files: Record<string, string>) => gzipSync(await tar(files));

describe("emulator: the page, in a browser", function () {
  this.timeout(120_000);
  let browser: Browser;
  let emulator: Emulator;
  let api: Api;
  let page: Page;
  const problems: string[] = [];

  before(async function () {
    const executablePath = browsers.find((path) => existsSync(path));
    if (executablePath === undefined) skip(this, "no Chromium is installed (apt install chromium)");
    // Its sandbox is not for root, as which CI runs.
    browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
    emulator = await startEmulator({
      deployments: [{ id: "etl", name: "prod-etl" }],
      now: "2026-11-26T09:00:00Z",
    });
    api = new Api(emulator, "v1");
    page = await browser.newPage({ viewport: { width: 1100, height: 900 } });
    page.on("console", (message) => {
      if (message.type() === "error") problems.push(message.text());
    });
    page.on("pageerror", (error) => problems.push(error.message));
    await page.goto(emulator.url);
  });
  after(async () => {
    const started = [browser, emulator] as ({ close: () => Promise<void> } | undefined)[];
    for (const one of started) await one?.close();
  });

  it("shows a deploy as soon as it is made, and its end", async () => {
    const card = page.getByRole("article", { name: "Deployment prod-etl" });
    await card.getByText("No deploy yet.").waitFor();
    await api.ship(
      await archive({
        "dags/orders.py": "from airflow import DAG\n\nschedule = '@daily'\nretries = 1\n",
        "dags/users.py": "users = []\n",
      }),
      { type: "DAG_ONLY", description: "the <b>first</b> one" },
    );
    // A text stays a text.
    await card.getByText("the <b>first</b> one").waitFor();
    await card.getByText("DEPLOYED").waitFor();
    await card.getByRole("cell", { name: "DAGs", exact: true }).waitFor();
  });

  it("shows the files of an upload, and their difference to the deploy before", async () => {
    const id = await api.ship(
      await archive({
        "dags/orders.py": "from airflow import DAG\n\nschedule = '@hourly'\nretries = 1\n",
        "dags/refunds.py": "refunds = []\n",
      }),
      { type: "DAG_ONLY", description: "hourly orders" },
    );
    await page.getByRole("button", { name: `Files of deploy ${id}` }).click();
    const files = page.getByRole("navigation", { name: "Files of the upload" });
    await files.getByText("added").waitFor();
    assert.deepEqual(
      (await files.getByRole("listitem").allInnerTexts()).map((text) => text.trim()),
      ["dags/orders.py changed", "dags/refunds.py added", "dags/users.py removed"],
    );
    await files.getByRole("button", { name: "dags/orders.py" }).click();
    await page.getByRole("heading", { name: "What changed in dags/orders.py" }).waitFor();
    assert.equal(await page.locator(".line-removed").innerText(), "-schedule = '@daily'");
    assert.equal(await page.locator(".line-added").innerText(), "+schedule = '@hourly'");
  });

  it("switches a fault on and off, by the keyboard too", async () => {
    await page.getByLabel("Operation").selectOption("ListDeploys");
    await page.getByLabel("What happens").selectOption("status 500");
    await page.getByLabel("Times").fill("2");
    await page.getByLabel("Times").press("Enter");
    const off = page.getByRole("button", { name: "Switch off ListDeploys" });
    await off.waitFor();
    assert.equal((await api.get("/etl/deploys")).status, 500);
    await page.getByText("500 (fault: status 500)").waitFor();
    await off.focus();
    await page.keyboard.press("Enter");
    await off.waitFor({ state: "detached" });
    assert.equal((await api.get("/etl/deploys")).status, 200);
  });

  it("is readable in light and dark, and the pictures of the documentation can be made from it", async () => {
    const folder = join(root, "node_modules", ".cache", "pictures");
    mkdirSync(folder, { recursive: true });
    const seen = new Set<string>();
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme });
      const contrast = await page.evaluate<{ text: string; ratio: number }[]>(contrastsOfTexts);
      assert.ok(contrast.length > 20);
      for (const { text, ratio } of contrast) assert.ok(ratio >= 4.5, `${text}: ${ratio}`);
      seen.add(await page.evaluate("getComputedStyle(document.documentElement).backgroundColor"));
      const to = process.env.PICTURES === undefined ? folder : join(root, process.env.PICTURES);
      await page.screenshot({ path: join(to, `emulator-${colorScheme}.png`) });
    }
    assert.equal(seen.size, 2);
  });

  it("has labels and landmarks, no error, and neither a token nor a signature", async () => {
    const unnamed = await page.evaluate(
      `[...document.querySelectorAll("button, input, select, section, nav, [role=region]")]
        .filter((node) => !(node.innerText || node.labels?.length || node.ariaLabel ||
          node.getAttribute("aria-labelledby"))).length`,
    );
    assert.equal(unnamed, 0);
    assert.equal(await page.getByRole("main").count(), 1);
    assert.equal(await page.getByRole("heading", { level: 1 }).count(), 1);
    const html = await page.content();
    assert.ok(emulator.signatures.length > 0);
    for (const secret of [emulator.token, ...emulator.signatures])
      assert.ok(!html.includes(secret));
    assert.deepEqual(problems, []);
  });

  it("is not served under another host name, nor shown in a frame", async () => {
    const { status, headers } = await fetch(emulator.url);
    assert.equal(status, 200);
    assert.match(headers.get("content-security-policy") ?? "", /frame-ancestors 'none'/);
    const foreign = await browser.newPage();
    const url = emulator.url.replace("127.0.0.1", "localhost");
    await foreign.goto(`${url}/health`);
    // The same machine and port under another name is another origin.
    const pressed = await foreign.evaluate(
      `fetch("${emulator.url}/_emulator/clock/advance", { method: "POST", body: '{"ms":1}',
        headers: { "content-type": "application/json" } }).then(() => "done", () => "refused")`,
    );
    assert.equal(pressed, "refused");
    await foreign.close();
  });
});

/** In the browser: the contrast of each visible text with what is behind it, as WCAG 2 has it. */
const contrastsOfTexts = `(() => {
  const channels = (color) => color.match(/[\\d.]+/g).map(Number);
  const luminance = (color) => {
    const [r, g, b] = channels(color).slice(0, 3).map((value) => {
      const part = value / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (node) => {
    for (let one = node; one; one = one.parentElement) {
      const color = getComputedStyle(one).backgroundColor;
      if (channels(color)[3] !== 0) return color;
    }
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const found = [];
  while (walker.nextNode()) {
    const node = walker.currentNode.parentElement;
    const text = walker.currentNode.data.trim();
    if (text === "" || !node.checkVisibility() || node.closest("option, script")) continue;
    const [a, b] = [getComputedStyle(node).color, behind(node)].map(luminance).sort((x, y) => y - x);
    found.push({ text, ratio: (a + 0.05) / (b + 0.05) });
  }
  return found;
})()`;
