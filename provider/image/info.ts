/** What is known of an image before it is shipped. */
export interface ImageInfo {
  /** Identifies the content: of the manifest where the source has one, else of the configuration. */
  digest: string;
  /** `linux/amd64`, for example. */
  platform: string;
  labels: Readonly<Record<string, string>>;
  /** Whether the folder or file that the image is in holds no other, of another platform say. */
  isOnlyImage: boolean;
}

/** The label that Astro Runtime's base images carry, and with them every image built on one. */
export const runtimeLabel = "io.astronomer.docker.runtime.version";

/** An image that cannot be read, or must not be shipped. The message is one sentence, no stop. */
export class ImageError extends Error {
  override readonly name = "ImageError";
}

/** What Astro's Deployments run. */
export const astroPlatform = "linux/amd64";

/**
 * Why the image must not be shipped, if it must not. Source: the official client builds for
 * linux/amd64 and refuses an image without the label of Astro Runtime.
 */
export function shipProblem(facts: ImageInfo): string | undefined {
  if (facts.platform !== astroPlatform) {
    return `is for ${facts.platform}, but Astro runs ${astroPlatform}: build it with --platform=${astroPlatform}`;
  }
  if (facts.labels[runtimeLabel] === undefined) {
    return `is not built on Astro Runtime (it has no label ${runtimeLabel}): start its Dockerfile FROM an Astro Runtime image`;
  }
  return undefined;
}
