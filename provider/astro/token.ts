import { jwtDecode } from "jwt-decode";

/** What an API token says of itself, where it is a JWT that can be read. Nothing is verified. */
export interface TokenClaims {
  /** The id of the API token. A user's token holds one that the service's records do not. */
  apiTokenId?: string;
  /** Only API tokens carry permissions; that is how the official client tells them from users'. */
  isApiToken: boolean;
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
  return {
    ...(typeof apiTokenId === "string" && { apiTokenId }),
    isApiToken: Array.isArray(permissions) && permissions.length > 0,
  };
}
