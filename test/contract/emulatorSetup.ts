import { request as httpRequest, type OutgoingHttpHeaders } from "node:http";
import { gzipSync } from "node:zlib";
import { pack, type Header } from "tar-stream";
import {
  startEmulator,
  type DeploymentRecord,
  type Emulator,
  type EmulatorOptions,
  type ApiVersion,
} from "../../emulator";

/** Every field that a test looks for in some answer; which of them are there, it asserts. */
export interface Body {
  id: string;
  name: string;
  type: string;
  status: string;
  statusReason: string;
  description: string;
  deploymentId: string;
  createdAt: string;
  createdBySubject: { subjectType: string; fullName: string };
  isDagDeployEnabled: boolean;
  isCicdEnforced: boolean;
  imageRepository: string;
  imageTag: string;
  runtimeVersion: string;
  astroRuntimeVersion: string;
  dagsUploadUrl: string;
  bundleUploadUrl?: string;
  bundleMountPath: string;
  bundles: object[];
  dagTarballVersion: string;
  desiredDagTarballVersion: string;
  git: object;
  rollbackFromId: string;
  internal: object;
  deploys: Body[];
  deployments: Body[];
  limit: number;
  offset: number;
  totalCount: number;
  message: string;
  requestId: string;
  statusCode: number;
  fieldErrors: { field: string; code: string; message: string }[];
}

export interface Answer {
  status: number;
  headers: Headers;
  text: string;
  /** Empty where the answer is not JSON. */
  body: Body;
}

export const apiVersions = ["v1beta1", "v1"] as const;

const bases = { v1beta1: "/platform/v1beta1", v1: "/v1" };

/** Starts emulators and closes them after each test. */
export function emulators(): (options?: EmulatorOptions) => Promise<Emulator> {
  let running: Emulator[] = [];
  afterEach(async () => {
    await Promise.all(running.map((emulator) => emulator.close()));
    running = [];
  });
  return async (options = {}) => {
    const emulator = await startEmulator(options);
    running.push(emulator);
    return emulator;
  };
}

export function firstDeployment(emulator: Emulator): DeploymentRecord {
  const [deployment] = emulator.deployments;
  if (!deployment) throw new Error("the emulator has no Deployment");
  return deployment;
}

/** Speaks plain HTTP to the emulator's API, on paths below the organization's Deployments. */
export class Api {
  constructor(
    readonly emulator: Emulator,
    readonly apiVersion: ApiVersion = "v1beta1",
    readonly token: string | undefined = emulator.token,
    readonly deploymentId: string = firstDeployment(emulator).id,
  ) {}

  get deployments(): string {
    return `${bases[this.apiVersion]}/organizations/${this.emulator.organizationId}/deployments`;
  }

  get(path: string): Promise<Answer> {
    return this.send("GET", this.deployments + path);
  }

  post(path: string, body: unknown = {}): Promise<Answer> {
    return this.send("POST", this.deployments + path, body);
  }

  async send(method: string, path: string, body?: unknown): Promise<Answer> {
    const response = await fetch(this.emulator.url + path, {
      method,
      headers: {
        ...(this.token === undefined ? {} : { authorization: `Bearer ${this.token}` }),
        ...(body === undefined ? {} : { "content-type": "application/json" }),
      },
      ...(body === undefined
        ? {}
        : { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    const isJson = response.headers.get("content-type")?.includes("json") ?? false;
    return {
      status: response.status,
      headers: response.headers,
      text,
      body: (isJson ? JSON.parse(text) : {}) as Body,
    };
  }

  create(body: unknown): Promise<Answer> {
    return this.post(`/${this.deploymentId}/deploys`, body);
  }

  deploy(id: string): Promise<Answer> {
    return this.get(`/${this.deploymentId}/deploys/${id}`);
  }

  finalize(id: string, body: unknown = {}): Promise<Answer> {
    return this.post(`/${this.deploymentId}/deploys/${id}/finalize`, body);
  }

  rollback(id: string, body: unknown = {}): Promise<Answer> {
    return this.post(`/${this.deploymentId}/deploys/${id}/rollback`, body);
  }

  /** Creates a deploy of DAGs, uploads an archive and finalizes. Returns the deploy's id. */
  async ship(bytes: Buffer, create: object = { type: "DAG_ONLY" }): Promise<string> {
    const { body } = await this.create(create);
    const version = await upload(body.bundleUploadUrl ?? body.dagsUploadUrl, bytes);
    const field = body.bundleUploadUrl ? "bundleTarballVersion" : "dagTarballVersion";
    const finalized = await this.finalize(body.id, { [field]: version });
    if (finalized.status !== 200) throw new Error(finalized.text);
    return body.id;
  }
}

/** Uploads to a signed URL, and returns the version. */
export async function upload(url: string, bytes: Buffer): Promise<string> {
  const response = await fetch(url, {
    method: "PUT",
    headers: { "x-ms-blob-type": "BlockBlob" },
    body: new Uint8Array(bytes),
  });
  const version = response.headers.get("x-ms-version-id");
  if (response.status !== 201 || version === null) throw new Error(await response.text());
  return version;
}

/** A tar of these members; a text alone is a file. */
export async function tar(
  members: Record<string, string | (Partial<Header> & { text?: string })>,
): Promise<Buffer> {
  const packing = pack();
  for (const [name, member] of Object.entries(members)) {
    const { text = "", ...header } = typeof member === "string" ? { text: member } : member;
    packing.entry({ ...header, name }, text);
  }
  packing.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of packing) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

export async function dagsArchive(text = "print('a DAG')\n"): Promise<Buffer> {
  return gzipSync(await tar({ "dags/etl.py": text }));
}

/** A request with exactly these headers: fetch would add a length. */
export function rawPut(
  url: string,
  headers: OutgoingHttpHeaders,
  body: string,
): Promise<{ status: number; headers: NodeJS.Dict<string | string[]> }> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(url, { method: "PUT", headers }, (response) => {
      response.resume();
      response.on("end", () => {
        resolve({ status: response.statusCode ?? 0, headers: response.headers });
      });
    });
    request.on("error", reject);
    request.end(body);
  });
}
