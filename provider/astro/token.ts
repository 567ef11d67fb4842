import { jwtDecode } from "jwt-decode";

/** The claims of an API token that is a JWT. They are not verified. */
export interface TokenClaims {
  /** The id of the API token. That of a user's token is not in Astro's records. */
  apiTokenId?: string;
  /** Whether it has permissions: the `astro` CLI takes such tokens for API tokens. */
  isApiToken: boolean;
  /** The token's Organization, if its permissions name exactly one. */
  organizationId?: string;
}

/** @returns undefined if the token is not a readable JWT. */
export function readToken(token: string): TokenClaims | undefined {
  let claims: unknown;
  try {
    claims = jwtDecode(token);
  } catch {
    return undefined;
  }
  if (typeof claims !== "object" || claims === null) return undefined;
  const { apiTokenId, permissions } = claims as Record<string, unknown>;
  const texts = Array.isArray(permissions) ? permissions.map(String) : [];
  const named = texts.flatMap((text) => /^organizationId:(.+)$/.exec(text)?.[1] ?? []);
  const [organizationId, ...others] = new Set(named);
  return {
    ...(organizationId !== undefined && others.length === 0 && { organizationId }),
    ...(typeof apiTokenId === "string" && { apiTokenId }),
    isApiToken: Array.isArray(permissions) && permissions.length > 0,
  };
}
