import type { ApiVersion, GitProvider, GitRequest } from "./types";

/** What an API version demands of `git` with one provider. */
interface GitRule {
  required: readonly (keyof GitRequest)[];
  refused: readonly (keyof GitRequest)[];
}

interface ApiVersionFacts {
  /** Below the base URL. */
  path: string;
  /** Of each provider that it knows. */
  git: Partial<Record<GitProvider, GitRule>>;
  /** Whether a deploy in an answer has the `git` of its request. */
  answersGit: boolean;
  /** When its support ends, and what to do then: a sentence. */
  end?: string;
}

/** All that differs between the API versions. */
export const apiVersionFacts: Readonly<Record<ApiVersion, ApiVersionFacts>> = {
  v1beta1: {
    path: "/platform/v1beta1",
    git: {
      GITHUB: { required: ["account", "repo", "branch", "commitUrl"], refused: ["remoteUrl"] },
    },
    answersGit: false,
    end: "v1beta1's support ends in January 2027, after which astro:apiVersion must be v1.",
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

/** An address without the path of an API version at its end. */
export function withoutVersionPath(address: string): string {
  const base = address.replace(/\/+$/, "");
  const found = Object.values(apiVersionFacts).find(({ path }) => base.endsWith(path));
  return found ? base.slice(0, -found.path.length).replace(/\/+$/, "") : base;
}
