import { jwtDecode } from "jwt-decode";

/** What an API token says of itself, where it is a JWT that can be read. Nothing is verified. */
export interface TokenClaims {
  /** The id of the API token. A user's token holds one that the service's records do not. */
  apiTokenId?: string;
  /** Only API tokens carry permissions; that is how the official client tells them from users'. */
  isApiToken: boolean;
  /** The organization that the token is of, where its permissions name one. */
  organizationId?: string;
}

/** @returns undefined where the token cannot be read: then nothing is known of it. */
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
