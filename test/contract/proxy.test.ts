import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import https from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { startEmulator } from "../../emulator";
import { upload, UploadError } from "../../provider/blob/upload";
import { createClient } from "../../provider/astro/client";
import { AstroError } from "../../provider/astro/error";
import { proxyFor } from "../../provider/http/proxy";
import { TunnelAgent } from "../../provider/http/tunnel";
import { root } from "../helpers/engine";
import { Proxy, type ProxyAnswer } from "../helpers/proxy";
import { selfSigned } from "../helpers/tls";

const variables = ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"].flatMap((name) => [
  name,
  name.toLowerCase(),
]);
const ref = { organizationId: "o", deploymentId: "d" };
const refused: ProxyAnswer = { status: 403, reason: "Forbidden" };

describe("a proxy that the environment names", () => {
  let proxy: Proxy;
  let before: Record<string, string | undefined>;

  beforeEach(async () => {
    proxy = await Proxy.start();
    before = Object.fromEntries(variables.map((name) => [name, process.env[name]]));
    for (const name of variables) Reflect.deleteProperty(process.env, name);
  });
  afterEach(async () => {
    for (const [name, value] of Object.entries(before)) {
      if (value === undefined) Reflect.deleteProperty(process.env, name);
      else process.env[name] = value;
    }
    await proxy.stop();
  });

  const clientOf = (baseUrl = "https://astro.test") =>
    createClient({ baseUrl, apiVersion: "v1", token: "a-token", requestTimeoutMs: 5000 });

  async function failure(act: Promise<unknown>): Promise<AstroError> {
    const error: unknown = await act.then(
      () => assert.fail("nothing was thrown"),
      (reason: unknown) => reason,
    );
    assert.ok(error instanceof AstroError, String(error));
    return error;
  }

  /** What the proxy is asked for by a read at this address. */
  async function askedFor(baseUrl?: string): Promise<string[]> {
    proxy.answer = () => refused;
    await failure(clientOf(baseUrl).getDeployment(ref));
    return proxy.asked;
  }

  for (const name of ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"]) {
    it(`is asked to connect, with or without a scheme: ${name}`, async () => {
      process.env[name] = proxy.host;
      assert.deepEqual(await askedFor(), ["CONNECT astro.test:443"]);
      process.env[name] = `http://${proxy.host}/`;
      assert.equal((await askedFor("https://astro.test:8443")).at(-1), "CONNECT astro.test:8443");
    });
  }

  const logins: Record<string, string | undefined> = {
    "": undefined,
    "bob:p%40ss@": "bob:p@ss",
    "bob@": "bob:",
    // What is no percent-encoding stands for itself.
    "bob:100%@": "bob:100%",
    "b%C3%B6b:p%3Ass@": "böb:p:ss",
  };
  for (const [login, given] of Object.entries(logins)) {
    it(`is given the credentials of its URL, decoded, and never in a message: ${login}`, async () => {
      process.env.HTTPS_PROXY = `${login}${proxy.host}`;
      proxy.answer = () => ({ status: 407 });
      const { message } = await failure(clientOf().getDeployment(ref));
      assert.deepEqual(proxy.credentials, [given]);
      assert.match(
        message,
        /^Could not read the Deployment d: the proxy 127\.0\.0\.1:\d+ \(HTTPS_PROXY\) refused to connect to astro\.test:443: 407\. Put a valid user name/,
      );
      assert.doesNotMatch(message, /bob|p%40ss|p@ss|100%|böb/);
    });
  }

  for (const entry of ["astro.test", ".astro.test", "test", "*", "other.io, astro.test:443"]) {
    it(`is not asked for a host that NO_PROXY names: ${entry}`, () => {
      process.env.HTTPS_PROXY = proxy.host;
      process.env.NO_PROXY = entry;
      assert.equal(proxyFor(new URL("https://api.astro.test")), undefined);
    });
  }

  for (const entry of ["stro.test", "api.astro.test", "astro.test:8443", "10.0.0.1"]) {
    it(`is asked for a host that NO_PROXY does not name: ${entry}`, async () => {
      process.env.HTTPS_PROXY = proxy.host;
      process.env.NO_PROXY = entry;
      assert.deepEqual(await askedFor(), ["CONNECT astro.test:443"]);
    });
  }

  for (const host of ["127.0.0.1", "localhost"]) {
    it(`is never asked for this machine: ${host}`, async () => {
      for (const name of variables.slice(0, 6)) process.env[name] = `http://${proxy.host}`;
      const emulator = await startEmulator();
      try {
        const { port } = new URL(emulator.url);
        const client = createClient({
          baseUrl: `http://${host}:${port}`,
          apiVersion: "v1",
          token: emulator.token,
          requestTimeoutMs: 5000,
        });
        const [deployment] = emulator.deployments;
        const { organizationId } = emulator;
        const deploymentId = deployment?.id ?? "";
        const { dagsUploadUrl = "" } = await client.createDeploy(
          { organizationId, deploymentId },
          { type: "DAG_ONLY" },
        );
        const folder = mkdtempSync(join(tmpdir(), "astro-proxy-"));
        const path = join(folder, "package.tar.gz");
        writeFileSync(path, "abc");
        assert.ok(await upload(dagsUploadUrl, { path, size: 3, md5: "kAFQmDzST7DWlj99KOF/cg==" }));
        rmSync(folder, { recursive: true });
        await failure(clientOf(`https://${host}:${port}`).getDeployment(ref));
        assert.deepEqual(proxy.asked, []);
      } finally {
        await emulator.close();
      }
    });
  }

  for (const value of ["socks5://127.0.0.1:1080", "http://", "http://a b", "ftp://proxy.test"]) {
    it(`is told where it is none, without its text: ${value}`, () => {
      process.env.HTTPS_PROXY = value.replace("://", "://bob:s3cret@");
      assert.throws(() => clientOf(), {
        message:
          "The environment variable HTTPS_PROXY must name an http or https proxy, such as http://proxy.example.com:3128.",
      });
    });
  }

  const answers: [ProxyAnswer, number, RegExp][] = [
    [{ status: 401 }, 1, /: 401\. Ask the proxy's administrator to allow that host/],
    [refused, 1, /: 403 Forbidden\. Ask the proxy's administrator to allow that host/],
    [{ status: 407 }, 1, /: 407\. Put a valid user name and password for it into HTTPS_PROXY/],
    [{ status: 502 }, 2, /: 502\. Try again later/],
    [
      { status: 503, headers: { "Retry-After": "3600" } },
      1,
      /: 503\. It asks to wait 3600 s\. Try again later/,
    ],
    ["reset", 2, /did not respond \(ECONNRESET\)\. Check HTTPS_PROXY and the network/],
  ];
  for (const [answer, leastTries, said] of answers) {
    it(`that refuses has sent nothing to Astro, the POST neither: ${JSON.stringify(answer)}`, async () => {
      process.env.HTTPS_PROXY = proxy.host;
      proxy.answer = () => answer;
      const error = await failure(clientOf().createDeploy(ref, { type: "DAG_ONLY" }));
      assert.equal(error.outcome, "notProcessed");
      assert.equal(error.status, undefined);
      assert.match(error.message, said);
      assert.doesNotMatch(error.message, /token|permission|Astro's side/);
      assert.ok(
        leastTries === 1 ? proxy.asked.length === 1 : proxy.asked.length > 1,
        `${proxy.asked.length} attempts`,
      );
    });
  }

  it("that nobody is behind has sent nothing to Astro", async () => {
    process.env.HTTPS_PROXY = proxy.host;
    const { host } = proxy;
    await proxy.stop();
    const error = await failure(clientOf().createDeploy(ref, { type: "DAG_ONLY" }));
    assert.equal(error.outcome, "notProcessed");
    assert.ok(
      error.message.includes(`the proxy ${host} (HTTPS_PROXY) did not respond (ECONNREFUSED)`),
      error.message,
    );
    proxy = await Proxy.start();
  });

  it("is named where it never answers", async () => {
    proxy.answer = () => "hang";
    const url = new URL(`http://${proxy.host}`);
    const agent = new TunnelAgent(
      { url, credentials: undefined, variable: "HTTPS_PROXY", name: "p (HTTPS_PROXY)" },
      50,
    );
    const error = await new Promise((resolve) => {
      https.get("https://astro.test", { agent }, resolve).once("error", resolve);
    });
    assert.match(String(error), /the proxy p \(HTTPS_PROXY\) did not respond \(ETIMEDOUT\)/);
  });

  it("is asked by plain http where its URL says https, and told", async () => {
    process.env.HTTPS_PROXY = `https://${proxy.host}`;
    const error = await failure(clientOf().createDeploy(ref, { type: "DAG_ONLY" }));
    assert.equal(error.outcome, "notProcessed");
    assert.match(error.message, /HTTPS_PROXY says https:\/\/, but most proxies are http:/);
  });

  it("that refuses the store keeps the upload URL, and shows nothing of it", async () => {
    process.env.HTTPS_PROXY = proxy.host;
    proxy.answer = () => refused;
    const url = (se: number) => `https://store.test/x?se=${new Date(se).toISOString()}&sig=s3cr3t`;
    const archive = { path: __filename, size: 10, md5: "" };
    for (const [hours, expired] of [
      [1, false],
      [-1, true],
    ] as const) {
      const error: unknown = await upload(url(Date.now() + hours * 3_600_000), archive).catch(
        (reason: unknown) => reason,
      );
      assert.ok(error instanceof UploadError);
      assert.equal(error.expired, expired);
      assert.match(
        error.message,
        /^Could not upload to store\.test: the proxy .* refused to connect to store\.test:443: 403 Forbidden\./,
      );
      assert.doesNotMatch(error.message, /s3cr3t|se=/);
    }
  });

  it("tunnels to hosts whose certificate this machine trusts, and to no others, whatever the environment says", async function () {
    const folder = mkdtempSync(join(tmpdir(), "astro-proxy-"));
    const identity = selfSigned(this, "DNS:astro.test", "IP:192.0.2.1");
    const paths: string[] = [];
    const server = https.createServer(identity, (request, response) => {
      paths.push(request.url ?? "");
      response.end("{}");
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const names = ["astro.test", "192.0.2.1", "other.test", "192.0.2.2"];
    proxy.hosts = Object.fromEntries(names.map((name) => [`${name}:443`, port]));
    const certificate = join(folder, "cert.pem");
    writeFileSync(certificate, identity.cert);
    /** Of a process of its own, since Node.js reads what to trust when it starts. */
    const said = async (name: string, environment: Record<string, string>) => {
      const script = `
        require("ts-node/register/transpile-only");
        const { createClient } = require("./provider/astro/client");
        const settings = { baseUrl: "https://${name}", apiVersion: "v1", token: "t", requestTimeoutMs: 5000, requestBudgetMs: 1 };
        createClient(settings).getDeployment({ organizationId: "o", deploymentId: "d" }).catch((error) => console.log(error.message));
      `;
      const env = { ...process.env, HTTPS_PROXY: proxy.host, ...environment };
      return (await promisify(execFile)(process.execPath, ["-e", script], { cwd: root, env }))
        .stdout;
    };
    const trusting = { NODE_EXTRA_CA_CERTS: certificate };
    const careless = { NODE_TLS_REJECT_UNAUTHORIZED: "0" };
    try {
      // The host answers, though not as Astro does.
      assert.match(
        await said("astro.test", trusting),
        /the response \(200\) is not as Astro documents it/,
      );
      assert.match(
        await said("192.0.2.1", trusting),
        /the response \(200\) is not as Astro documents it/,
      );
      assert.equal(paths.splice(0).length, 2);
      const unverified = /no TLS connection \(/;
      for (const environment of [careless, { ...careless, ...trusting }]) {
        for (const name of "NODE_EXTRA_CA_CERTS" in environment ? names.slice(2) : names) {
          assert.match(await said(name, environment), unverified, name);
        }
      }
      assert.deepEqual(paths, []);
      assert.ok(proxy.asked.includes("CONNECT 192.0.2.2:443"));
    } finally {
      server.closeAllConnections();
      server.close();
      rmSync(folder, { recursive: true });
    }
  });
});
