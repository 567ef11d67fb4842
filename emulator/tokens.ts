import { createHash, randomBytes } from "node:crypto";
import { newId, type Subject } from "./state/records";

/** API tokens deploy from CI/CD; user tokens come from a person's login. */
export type TokenKind = "apiToken" | "user";

/** A token to begin with. */
export interface TokenSeed {
  /** Default: made up, in the form of a JWT. */
  token?: string | undefined;
  /** Default `apiToken`. */
  kind?: TokenKind | undefined;
  /** Who it stands for. Default: made up. */
  subject?: Partial<Subject> | undefined;
  /** The ids of the Deployments that it may see; others answer 403. Default: all. */
  deployments?: readonly string[] | undefined;
  /** `false` for a token that may only read. Default `true`. */
  canDeploy?: boolean | undefined;
}

/** A token that the emulator knows. */
export interface Token {
  token: string;
  kind: TokenKind;
  subject: Subject;
  deployments: readonly string[] | undefined;
  canDeploy: boolean;
}

/** Where a token is good, as its claims tell. */
export interface TokenScope {
  organizationId: string;
  /** Of a token that is good in one Workspace only. */
  workspaceId?: string | undefined;
}

/**
 * A token in the form of the service's: a JWT whose claims tell an API token (it has
 * `permissions`, which name its organization and Workspace) from a user's. It is signed by nobody.
 */
function makeToken(kind: TokenKind, subject: string, scope: TokenScope): string {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const claims =
    kind === "apiToken"
      ? {
          apiTokenId: subject,
          isAstronomerGenerated: true,
          permissions: [
            `apiTokenId:${subject}`,
            `organizationId:${scope.organizationId}`,
            ...(scope.workspaceId === undefined ? [] : [`workspaceId:${scope.workspaceId}`]),
          ],
        }
      : { scope: "openid profile email", sub: subject };
  const signature = randomBytes(32).toString("base64url");
  return `${part({ alg: "RS256", typ: "JWT" })}.${part(claims)}.${signature}`;
}

/** The subject that a token's claims name; another text has one too, the same at each start. */
function subjectIdOf(token: string): string {
  try {
    const claims: unknown = JSON.parse(
      Buffer.from(token.split(".")[1] ?? "", "base64url").toString("utf8"),
    );
    const { apiTokenId, sub } = claims as { apiTokenId?: unknown; sub?: unknown };
    const id = apiTokenId ?? sub;
    if (typeof id === "string") return id;
  } catch {
    // Any text may be a token.
  }
  return `c${createHash("sha256").update(token).digest("hex").slice(0, 24)}`;
}

function tokenOf(seed: TokenSeed, scope: TokenScope): Token {
  const kind = seed.kind ?? "apiToken";
  const token = seed.token ?? makeToken(kind, seed.subject?.id ?? newId(), scope);
  const id = seed.subject?.id ?? subjectIdOf(token);
  const described: Subject =
    kind === "apiToken"
      ? { id, subjectType: "SERVICEKEY", apiTokenName: "emulator" }
      : { id, subjectType: "USER", fullName: "Emulated User", username: "user@example.com" };
  return {
    token,
    kind,
    subject: { ...described, ...seed.subject },
    deployments: seed.deployments,
    canDeploy: seed.canDeploy ?? true,
  };
}

/** The tokens by their text. */
export class Tokens {
  readonly #tokens = new Map<string, Token>();

  add(seed: TokenSeed, scope: TokenScope): Token {
    const token = tokenOf(seed, scope);
    this.#tokens.set(token.token, token);
    return token;
  }

  /** From now on the token answers 401, as an expired one does. */
  revoke(text: string): void {
    this.#tokens.delete(text);
  }

  /** The valid token of an `Authorization` header. */
  find(authorization: string | undefined): Token | undefined {
    const text = /^Bearer (\S+)$/i.exec(authorization ?? "")?.[1];
    return text === undefined ? undefined : this.#tokens.get(text);
  }
}
