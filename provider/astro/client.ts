import axios, { isAxiosError, type AxiosInstance, type AxiosResponse } from "axios";
import type * as z from "zod";
import { routeTo } from "../http/agents";
import { cancelled, retryDecision, type RequestFacts } from "../http/failure";
import { parseHttpDate, retry, retryPolicy } from "../http/retry";
import { deadlineAt } from "../system/deadline";
import { version } from "../version";
import { apiVersionFacts } from "./apiVersions";
import { AstroError } from "./error";
import { toAstroError, unreadableAnswer, type Operation } from "./failure";
import { RateLimit, type Method } from "../http/rateLimit";
import type {
  CreateDeployRequest,
  FinalizeDeployRequest,
  HibernationOverride,
  RollbackDeployRequest,
} from "./requests";
import {
  deploymentOptionsSchema,
  deploymentSchema,
  deploymentsPageSchema,
  deploySchema,
  deploysPageSchema,
  hibernationOverrideSchema,
  noContentSchema,
  type Deployment,
  type DeploymentOptions,
  type DeploymentsPage,
  type DeploysPage,
} from "./responses";
import type { ApiVersion, Deploy } from "./types";
import { VersionInUse } from "./versionInUse";

/** How a client connects to Astro. */
export interface ClientSettings {
  /** Where the API is, without the version's path: `https://api.astronomer.io`. */
  baseUrl: string;
  apiVersion: ApiVersion;
  /** An Organization, Workspace or Deployment API token, without `Bearer`. */
  token: string;
  /** The timeout of one request, in milliseconds. */
  requestTimeoutMs: number;
  /** How long a request is retried, in milliseconds. Default the policy's. */
  requestBudgetMs?: number;
  /** Ends requests and the pauses between them. Default never. */
  signal?: AbortSignal | undefined;
  /** Called once, with a message, if the API version has ended and its successor is used instead. */
  report?: (message: string) => void;
}

/** Names a Deployment. */
export interface DeploymentRef {
  organizationId: string;
  deploymentId: string;
}

/** Names a deploy. */
export interface DeployRef extends DeploymentRef {
  deployId: string;
}

/** Which part of a list to read. */
export interface Page {
  /** Default 0. */
  offset?: number;
  /** Default 20; of deploys at most 1000. */
  limit?: number;
}

/** Which of an Organization's Deployments to list. Default all. */
export interface DeploymentsQuery extends Page {
  names?: string[];
  workspaceIds?: string[];
}

/**
 * The deploy operations of Astro's API, and the reads of Deployments.
 *
 * Each throws an {@link AstroError}. Reads are retried on temporary failures; a request that is not
 * safe to repeat is retried only if it certainly was not processed.
 */
export interface AstroClient {
  /** That of the settings until it has ended, then its successor. */
  readonly apiVersion: ApiVersion;
  createDeploy(ref: DeploymentRef, request: CreateDeployRequest): Promise<Deploy>;
  /** @param deadline - When to give up, in milliseconds since 1970. */
  getDeploy(ref: DeployRef, deadline?: number): Promise<Deploy>;
  listDeploys(ref: DeploymentRef, page?: Page): Promise<DeploysPage>;
  finalizeDeploy(ref: DeployRef, request: FinalizeDeployRequest): Promise<Deploy>;
  rollbackDeploy(ref: DeployRef, request: RollbackDeployRequest): Promise<Deploy>;
  /** @param deadline - When to give up, in milliseconds since 1970. */
  getDeployment(ref: DeploymentRef, deadline?: number): Promise<Deployment>;
  listDeployments(organizationId: string, query: DeploymentsQuery): Promise<DeploymentsPage>;
  /** @param deadline - When to give up, in milliseconds since 1970. */
  getDeploymentOptions(ref: DeploymentRef, deadline?: number): Promise<DeploymentOptions>;
  overrideHibernation(ref: DeploymentRef, override: HibernationOverride): Promise<unknown>;
  /**
   * Puts an override back, or ends the present one if there is none. It is sent also if the client
   * was cancelled.
   */
  restoreHibernation(
    ref: DeploymentRef,
    override: HibernationOverride | undefined,
  ): Promise<unknown>;
  /** The time by Astro's clock, as of its last response; by this machine's before the first. */
  now(): Date;
  /** The same client, for work that ends sooner. */
  withSignal(signal: AbortSignal): AstroClient;
}

/** What errors say of the service. */
const astro = {
  service: "Astro's API",
  addressSetting: "astro:baseUrl",
  timeoutSetting: "astro:requestTimeoutSeconds",
} as const satisfies Partial<RequestFacts>;

/** Far more than any response of these operations has. */
const maxAnswerBytes = 16 * 1024 * 1024;

interface Call<T> extends Omit<Operation, "apiVersion" | keyof typeof astro | "proxy"> {
  method: Method;
  path: string;
  schema: z.ZodType<T>;
  /** Whether a repeat is safe: doing it twice is the same as doing it once. */
  repeatable: boolean;
  /** Whether it is sent although the client was cancelled: it undoes something. */
  evenIfCancelled?: boolean;
  body?: object;
  query?: DeploymentsQuery | { deploymentId: string };
}

/** @throws Error if the environment names a proxy that cannot be used. */
export function createClient(settings: ClientSettings): AstroClient {
  const { agents, proxy } = routeTo(settings.baseUrl);
  const instance = axios.create({
    ...agents,
    baseURL: settings.baseUrl,
    headers: {
      Authorization: `Bearer ${settings.token}`,
      "User-Agent": `pulumi-astro-deploy/${version}`,
      "x-astro-client-identifier": "pulumi-astro-deploy",
      "x-astro-client-version": version,
    },
    // A redirect would send the token to another host.
    maxRedirects: 0,
    maxContentLength: maxAnswerBytes,
    // Lists as Astro takes them: `names=a&names=b`.
    paramsSerializer: { indexes: null },
  });
  let clockOffsetMs = 0;
  const readClock = ({ headers }: AxiosResponse) => {
    const time = parseHttpDate(headers.date);
    if (time !== undefined) clockOffsetMs = time - Date.now();
  };
  instance.interceptors.response.use(
    (response) => {
      readClock(response);
      return response;
    },
    (error: unknown) => {
      if (isAxiosError(error) && error.response) readClock(error.response);
      throw error;
    },
  );
  const { report = () => undefined } = settings;
  const shared: Shared = {
    ...settings,
    instance,
    proxy,
    rateLimit: new RateLimit(),
    versions: new VersionInUse(settings.apiVersion, report),
    now: () => new Date(Date.now() + clockOffsetMs),
  };
  return clientOf(shared, settings.signal);
}

/** What clients share that differ only in when their work ends. */
interface Shared extends ClientSettings {
  instance: AxiosInstance;
  proxy: string | undefined;
  rateLimit: RateLimit;
  versions: VersionInUse;
  now: () => Date;
}

function clientOf(shared: Shared, cancel: AbortSignal | undefined): AstroClient {
  const { requestBudgetMs = retryPolicy.requestBudgetMs, versions, now } = shared;
  const call = async <T>(request: Call<T>, apiVersion: ApiVersion, deadline = Infinity) => {
    const signal = request.evenIfCancelled ? undefined : cancel;
    const budget = deadlineAt(Math.min(deadline, Date.now() + requestBudgetMs), signal);
    try {
      return await retry(() => send({ ...shared, apiVersion, signal }, request, deadline), {
        classify: (error) => retryDecision(error, request.repeatable),
        signal: budget.signal,
      });
    } finally {
      budget.release();
    }
  };

  const read = <T>(request: Call<T>, deadline?: number) =>
    versions.read((version) => call(request, version, deadline), request.deployId);
  const getDeployment = (ref: DeploymentRef, deadline?: number) =>
    read(
      {
        name: `read the Deployment ${ref.deploymentId}`,
        permission: "deployment.get",
        method: "GET",
        path: deploymentPath(ref),
        schema: deploymentSchema,
        repeatable: true,
      },
      deadline,
    );
  const create = (ref: DeploymentRef, request: Call<Deploy>) =>
    versions.create(
      (version) => call(request, version),
      () => getDeployment(ref),
    );

  return {
    get apiVersion() {
      return versions.of();
    },
    createDeploy: (ref, body) =>
      create(ref, {
        name: "create the deploy",
        permission: "deployment.deploys.create",
        method: "POST",
        path: deploysPath(ref),
        body,
        schema: deploySchema,
        repeatable: false,
      }),
    getDeploy: (ref, deadline) =>
      read(
        {
          name: `read the deploy ${ref.deployId}`,
          deployId: ref.deployId,
          permission: "deployment.deploys.get",
          method: "GET",
          path: deployPath(ref),
          schema: deploySchema,
          repeatable: true,
        },
        deadline,
      ),
    listDeploys: (ref, page) =>
      read({
        name: `list the deploys of Deployment ${ref.deploymentId}`,
        permission: "deployment.deploys.get",
        method: "GET",
        path: deploysPath(ref),
        ...(page && { query: page }),
        schema: deploysPageSchema,
        repeatable: true,
      }),
    finalizeDeploy: async (ref, body) => {
      const request = {
        name: `finalize the deploy ${ref.deployId}`,
        deployId: ref.deployId,
        permission: "deployment.deploys.update",
        method: "POST",
        path: `${deployPath(ref)}/finalize`,
        body,
        schema: deploySchema,
        repeatable: false,
      } as const;
      const deploy = await call(request, versions.of(ref.deployId));
      versions.release(ref.deployId);
      return deploy;
    },
    rollbackDeploy: async (ref, body) => {
      const deploy = await create(ref, {
        name: `roll back to the deploy ${ref.deployId}`,
        deployId: ref.deployId,
        permission: "deployment.deploys.update",
        method: "POST",
        path: `${deployPath(ref)}/rollback`,
        body,
        schema: deploySchema,
        repeatable: false,
      });
      // It is not finalized.
      versions.release(deploy.id);
      return deploy;
    },
    getDeployment,
    listDeployments: (organizationId, query) =>
      read({
        name: `list the Deployments of Organization ${organizationId}`,
        permission: "organization.deployments.get",
        method: "GET",
        path: `${organizationPath(organizationId)}/deployments`,
        query,
        schema: deploymentsPageSchema,
        repeatable: true,
      }),
    getDeploymentOptions: ({ organizationId, deploymentId }, deadline) =>
      read(
        {
          name: `read the Runtime versions available to the Deployment ${deploymentId}`,
          permission: "organization.deploymentConfigurations.get",
          method: "GET",
          path: `${organizationPath(organizationId)}/deployment-options`,
          query: { deploymentId },
          schema: deploymentOptionsSchema,
          repeatable: true,
        },
        deadline,
      ),
    overrideHibernation: (ref, override) =>
      call(
        {
          ...hibernationCall(ref, override),
          name: `wake up the Deployment ${ref.deploymentId}`,
        },
        versions.of(),
      ),
    restoreHibernation: (ref, override) =>
      call(
        {
          ...hibernationCall(ref, override),
          name: `restore the hibernation of the Deployment ${ref.deploymentId}`,
          evenIfCancelled: true,
        },
        versions.of(),
      ),
    now,
    withSignal: (signal) => clientOf(shared, signal),
  };
}

async function send<T>(settings: Shared, request: Call<T>, deadline: number): Promise<T> {
  const { instance, apiVersion, proxy, rateLimit, requestTimeoutMs, signal } = settings;
  const operation = { ...astro, ...request, apiVersion, proxy };
  await rateLimit.wait(request.method, signal);
  if (signal?.aborted) throw new AstroError(cancelled(operation, "notProcessed", signal));
  const limit = deadlineAt(Math.min(deadline, Date.now() + requestTimeoutMs), signal);
  const response = await instance
    .request<unknown>({
      method: request.method,
      url: apiVersionFacts[apiVersion].path + request.path,
      params: request.query,
      data: request.body,
      // axios' own timeout starts over with every byte; the signal bounds the whole exchange.
      signal: limit.signal,
    })
    .catch((error: unknown) => {
      throw signal?.aborted
        ? new AstroError(cancelled(operation, "unknown", signal))
        : toAstroError(error, operation);
    })
    .finally(limit.release);
  const parsed = request.schema.safeParse(response.data);
  if (parsed.success) return parsed.data;
  const [issue, ...others] = parsed.error.issues;
  const at = issue && issue.path.length > 0 ? issue.path.join(".") : "body";
  const more = others.length > 0 ? `, and ${others.length} more` : "";
  const problem = `${at}: ${issue?.message ?? ""}${more}`;
  throw unreadableAnswer(operation, response.status, problem);
}

/** Sets an override, or ends the present one if none is given. */
function hibernationCall(
  ref: DeploymentRef,
  override: HibernationOverride | undefined,
): Omit<Call<unknown>, "name"> {
  return {
    permission: "deployment.update (or deployment.hibernation.update)",
    path: `${deploymentPath(ref)}/hibernation-override`,
    repeatable: true,
    ...(override
      ? { method: "POST", body: override, schema: hibernationOverrideSchema }
      : { method: "DELETE", schema: noContentSchema }),
  };
}

function organizationPath(organizationId: string): string {
  return `/organizations/${encodeURIComponent(organizationId)}`;
}

function deploymentPath({ organizationId, deploymentId }: DeploymentRef): string {
  return `${organizationPath(organizationId)}/deployments/${encodeURIComponent(deploymentId)}`;
}

function deploysPath(ref: DeploymentRef): string {
  return `${deploymentPath(ref)}/deploys`;
}

function deployPath(ref: DeployRef): string {
  return `${deploysPath(ref)}/${encodeURIComponent(ref.deployId)}`;
}
