import type { ApiVersion, GitProvider, GitRequest } from "./types";

/** The fields of `git` that an API version requires and refuses, for one provider. */
interface GitRule {
  required: readonly (keyof GitRequest)[];
  refused: readonly (keyof GitRequest)[];
}

interface ApiVersionFacts {
  /** Appended to the base URL. */
  path: string;
  /** Its rules for each Git provider that it supports. */
  git: Partial<Record<GitProvider, GitRule>>;
  /** Whether a deploy in a response has the `git` of its request. */
  answersGit: boolean;
  /** The announced end of its support, and the version to use instead. */
  end?: { month: string; successor: ApiVersion };
}

/** Everything that differs between the API versions. */
export const apiVersionFacts: Readonly<Record<ApiVersion, ApiVersionFacts>> = {
  v1beta1: {
    path: "/platform/v1beta1",
    git: {
      GITHUB: { required: ["account", "repo", "branch", "commitUrl"], refused: ["remoteUrl"] },
    },
    answersGit: false,
    end: { month: "January 2027", successor: "v1" },
  },
  v1: {
    path: "/v1",
    git: {
      GITHUB: { required: ["account", "repo"], refused: ["remoteUrl"] },
      GENERIC: { required: ["remoteUrl"], refused: ["account", "repo"] },
    },
    answersGit: true,
  },
};

/** The URL without trailing slashes and without the path of an API version at its end. */
export function withoutVersionPath(address: string): string {
  const base = address.replace(/\/+$/, "");
  const found = Object.values(apiVersionFacts).find(({ path }) => base.endsWith(path));
  return found ? base.slice(0, -found.path.length).replace(/\/+$/, "") : base;
}
